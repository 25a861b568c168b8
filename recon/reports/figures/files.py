"""Figures as files: CSV, Excel, PDF, always whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from recon.base.errors import ReportError
from recon.kpi.detail import Detail
from recon.kpi.result import Figures
from recon.record.run_folder import move_into_place


def write_csv(figures: Figures, folder: Path) -> list[Path]:
    """Write a CSV file for each table; return their paths."""
    from recon.reports.figures.documents import table_csv

    written = []
    for table in figures.tables:
        # A byte order mark, without which Excel takes it for the local code page.
        content = ("\ufeff" + table_csv(table)).encode()
        path = folder / f"{file_name(figures)}-{table.name}.csv"
        written.append(_placed(path, partial(_write, content)))
    return written


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def write_xlsx(title: str, parts: Sequence[Figures], path: Path) -> Path:
    """Write a workbook; return its path, or one beside it."""
    from recon.reports.figures.excel import write_workbook

    return _placed(path, lambda place: write_workbook(place, title, parts))


def write_pdf(title: str, parts: Sequence[Figures], path: Path) -> Path:
    """Write a PDF; return its path, or one beside it.

    Raises ReportError where ReportLab is not installed.
    """
    try:
        from recon.reports.figures import pdf
    except ImportError as error:
        raise ReportError(
            'A PDF needs ReportLab, which is not installed; `python -m pip install ".[pdf]"` in '
            "recon's folder brings it. A workbook has the same figures."
        ) from error
    return _placed(path, lambda place: pdf.write_pdf(place, title, parts))


def write_page(figures: Figures, detail: Detail, path: Path) -> Path:
    """Write a page; return its path, or one beside it."""
    from recon.reports.figures.page import figures_page

    content = figures_page(figures, detail).encode()
    return _placed(path, partial(_write, content))


def file_name(figures: Figures) -> str:
    """The name of these figures' file, without its ending."""
    return safe(f"{figures.view}-{figures.period}")


def safe(name: str) -> str:
    """A name as every file system takes it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name.replace("..", "-to-")).strip("-.")


def _placed(path: Path, write: Callable[[Path], object]) -> Path:
    """Write beside the place, then move; raises ReportError."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        return move_into_place(partial, path)
    except OSError as error:
        raise ReportError(
            f"{path} cannot be written: {error.strerror or error}. Close it, make room, or choose "
            "another place with --out, then run again."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
