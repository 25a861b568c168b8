"""Reporting: a run's folder, complete or not there at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recon.base.month import Month
from recon.base.result import Reconciliation
from recon.reconciliation.adjusting_entries import Proposals, proposals
from recon.reconciliation.rollforward import Key, RollforwardRow, closings, rollforward
from recon.record.evidence import FOLDER, PackContents, write_pack
from recon.record.journal.history import History
from recon.record.run_folder import ReportFolder, put, report_directory
from recon.run.gathering import ReconciledMonth
from recon.run.opened_sources import Progress


@dataclass(frozen=True, slots=True)
class Extras:
    """The contents of the reports beside the reconciliation itself."""

    history: History
    rollforward: Sequence[RollforwardRow]
    opening_recorded: bool
    proposals: Proposals
    notes: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        found: ReconciledMonth,
        history: History,
        recorded: Mapping[Key, int] | None,
        accounts: Mapping[str, str],
        notes: Sequence[str],
    ) -> Extras:
        """The extras of a run.

        `recorded` is last month's closing roll-forward. `accounts` are the ledger's names of
        accounts, by recon's; `notes` are the notices of the run itself.
        """
        result = found.result
        return cls(
            history,
            rollforward(found.session, result, recorded),
            recorded is not None,
            proposals(result.month, result.breaks, accounts, result.events),
            notes,
        )

    @property
    def closings(self) -> dict[Key, int]:
        """The closing balances of this month's roll-forward."""
        return closings(self.rollforward)


@dataclass(frozen=True, slots=True)
class Written:
    """The written reports, their folder, evidence seal and notice."""

    reports: Sequence[Path]
    folder: Path
    seal: str
    notice: str


def write(
    found: ReconciledMonth,
    pack: PackContents,
    extras: Extras,
    formats: Sequence[str],
    step: Progress,
) -> Written:
    """Write reports and evidence into the folder of a run.

    Raises ReportError where they cannot be written, SourceDataError where a source has changed
    since it was compared; then nothing is left.
    """
    settings, result = pack.settings, found.result
    with report_directory(settings.reports, result.month, pack.run_id) as folder:
        reports = _reports(result, pack, extras, formats, step, folder)
        step("Writing the evidence")
        seal = write_pack(folder.path / FOLDER, found.session, pack)
    placed = [folder.final_path(path) for path in reports]
    return Written(placed, folder.final, seal, folder.notice)


@contextmanager
def _without_numpy() -> Iterator[None]:
    """Keep imports in the context from loading numpy.

    No report needs it; openpyxl loads it to know its numbers, in 120 ms of the 270 ms that loading
    openpyxl takes.
    """
    # None cannot be imported; mypy knows only of modules.
    loaded = sys.modules.setdefault("numpy", None)  # type: ignore[arg-type]
    try:
        yield
    finally:
        if loaded is None:
            del sys.modules["numpy"]


def _reports(
    result: Reconciliation,
    pack: PackContents,
    extras: Extras,
    formats: Sequence[str],
    step: Progress,
    folder: ReportFolder,
) -> list[Path]:
    written: list[Path] = []
    if "csv" in formats:
        from recon.reports.csv_files import write_csv

        step("Writing CSV files")
        written += write_csv(
            result,
            folder.path,
            rollforward=extras.rollforward,
            proposals=extras.proposals,
            history=extras.history,
        )
    if "xlsx" in formats:
        step("Writing the workbook")
        written.append(_workbook(result, pack, extras, folder))
    if "html" in formats:
        step("Writing the page")
        written.append(_page(result, pack, extras, written, folder))
    return written


def _page(
    result: Reconciliation,
    pack: PackContents,
    extras: Extras,
    others: Sequence[Path],
    folder: ReportFolder,
) -> Path:
    from recon.reports.html.month import MonthPage, month_page

    files = [path.relative_to(folder.path).as_posix() for path in others]
    contents = MonthPage(
        result,
        pack.run_id,
        pack.settings.sample,
        extras.history,
        [*files, f"{FOLDER}/evidence.md"],
        pack.versions,
        extras.notes,
    )
    # People mail it, so its name holds the run as the workbook's does.
    path = folder.path / f"recon_{pack.run_id}.html"
    path.write_text(month_page(contents), encoding="utf-8", newline="\n")
    return path


def lead_to(written: Written, month: Month) -> str:
    """Make the month's `latest.html` lead to a recorded run.

    Returns '', or a notice where it cannot be written.
    """
    from recon.reports.html.latest import latest_page
    from recon.reports.wording import LATEST

    path = written.folder.parent / LATEST
    try:
        put(path, latest_page(month, path.parent, written.reports).encode())
    except OSError as error:
        return f"{path} cannot be written: {error.strerror}. It still leads to an earlier run."
    return ""


def _workbook(
    result: Reconciliation, pack: PackContents, extras: Extras, folder: ReportFolder
) -> Path:
    with _without_numpy():
        from recon.reports.excel.workbook import write_workbook

    # Excel refuses two open workbooks of one name, so the name holds the run.
    return write_workbook(
        result,
        folder.path / f"recon_{pack.run_id}.xlsx",
        pack.run_id,
        sample=pack.settings.sample,
        versions=pack.versions,
        rollforward=extras.rollforward,
        opening_recorded=extras.opening_recorded,
        proposals=extras.proposals,
        history=extras.history,
        notes=extras.notes,
    )
