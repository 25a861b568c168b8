"""A run: the one place where the steps meet.

Gather (open the sources), decide (reconcile), apply (write the reports): nothing is written
before everything is decided.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from recon.config import Settings
from recon.engine import Session, open_session
from recon.errors import ExitCode, SourceDataError
from recon.model import Reconciliation, Severity, Side
from recon.month import Month
from recon.reconciliation import reconcile_relations
from recon.sources import fetched, source
from recon.sources.delivery import Request, Scratch

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run comes to."""

    result: Reconciliation
    run_id: str
    reports: Sequence[Path]
    exit_code: ExitCode


def run_month(
    settings: Settings,
    month: Month,
    *,
    formats: Sequence[str],
    fail_on: Severity | None = Severity.HIGH,
    progress: Progress = lambda _: None,
) -> Outcome:
    """Reconcile a month and write its reports; `formats` are of `csv` and `xlsx`.

    Raises the ReconErrors of the configuration, the sources and the reports; then nothing is
    written.
    """
    from recon.reports.directory import new_run_id

    with reconciled(settings, month, progress) as (_, result):
        run_id = new_run_id(month, datetime.now(UTC))
        written, notice = _write_reports(settings, result, run_id, formats, progress)
        told = replace(result, notices=(*result.notices, *filter(None, [notice])))
        return Outcome(told, run_id, written, exit_code(result, fail_on))


@contextmanager
def reconciled(
    settings: Settings,
    month: Month,
    progress: Progress = lambda _: None,
    contract: str | None = None,
) -> Iterator[tuple[Session, Reconciliation]]:
    """Yield a month's reconciliation and the session it lives in.

    Where a `contract` is named, every entry of it is there, not only those that the month needs.
    """
    sides = {side.side: source(side) for side in (settings.analytics, settings.accounting)}
    with ExitStack() as opened:
        progress("Reading both sides")
        deliveries = fetched(
            sides, Request(month, contract), opened.enter_context(_scratch()), progress
        )
        session = opened.enter_context(open_session())
        relations = {
            side: opened.enter_context(found.opened(session)) for side, found in deliveries.items()
        }
        progress(f"Reconciling {month}")
        result = reconcile_relations(
            session,
            relations[Side.ANALYTICS],
            relations[Side.ACCOUNTING],
            month,
            settings.policy,
            descriptions={side: found.description for side, found in deliveries.items()},
            compliance=settings.accounting.compliance,
        )
        _refuse_empty(session, result)
        yield session, result


@contextmanager
def _scratch() -> Iterator[Scratch]:
    """Yield what makes a folder that is there while the run lasts."""
    with ExitStack() as made:

        def folder() -> Path:
            found = tempfile.TemporaryDirectory(prefix="recon-", ignore_cleanup_errors=True)
            return Path(made.enter_context(found))

        yield folder


def _refuse_empty(session: Session, result: Reconciliation) -> None:
    """Stop where a side delivered nothing at all: comparing with nothing proves nothing."""
    delivered = {
        Side.ANALYTICS: result.sources[Side.ANALYTICS].rows,
        Side.ACCOUNTING: len(session.execute("SELECT 1 FROM entry_keys LIMIT 1").fetchall()),
    }
    for side, rows in delivered.items():
        if not rows:
            raise SourceDataError(
                f"The {side} side ({result.sources[side].description}) delivers no rows at all; "
                "check that it is the right table or file."
            )


def _write_reports(
    settings: Settings,
    result: Reconciliation,
    run_id: str,
    formats: Sequence[str],
    progress: Progress,
) -> tuple[list[Path], str]:
    if not formats:
        return [], ""
    from recon.reports.directory import report_directory

    with report_directory(settings.reports, result.month, run_id) as folder:
        written: list[Path] = []
        if "csv" in formats:
            from recon.reports.csv_files import write_csv

            progress("Writing CSV files")
            written += write_csv(result, folder.path)
        if "xlsx" in formats:
            from recon.reports.excel import write_workbook

            progress("Writing the workbook")
            # Excel refuses two open workbooks of one name, so the name holds the run.
            path = folder.path / f"recon_{run_id}.xlsx"
            written.append(write_workbook(result, path, run_id, sample=settings.sample))
    return [folder.final_path(path) for path in written], folder.notice


def exit_code(result: Reconciliation, fail_on: Severity | None) -> ExitCode:
    """Return 3 where a break or an invalid row is at or above `fail_on`, else 0."""
    found = result.severity
    broken = fail_on is not None and found is not None and found >= fail_on
    return ExitCode.BREAKS if broken else ExitCode.DONE
