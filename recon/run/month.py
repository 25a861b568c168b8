"""A month: open, reconcile, decide, write, record, alert.

Both sources are opened and reconciled by `reconciled_month`. Nothing is written before everything
is decided, and nothing changes the result once it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from recon.base.errors import ExitCode
from recon.base.events import Severity
from recon.base.month import Month
from recon.base.result import Reconciliation
from recon.config import Settings
from recon.reconciliation.completeness import Completeness
from recon.reconciliation.verdict import verdict
from recon.record.evidence import PackContents
from recon.record.heartbeat import beat
from recon.record.journal.found_events import FoundEvent
from recon.record.journal.history import History, Superseded
from recon.record.journal.model import Run
from recon.record.journal.store import Journal
from recon.record.log import Log
from recon.record.log.lines import counts
from recon.run.alerting import alerted
from recon.run.feed_findings import restated_since
from recon.run.gathering import ReconciledMonth, reconciled_month
from recon.run.opened_sources import Progress
from recon.run.read_ahead import ReadAhead
from recon.run.recording import (
    fullness,
    held_journal,
    month_history,
    pack_contents,
    record,
    record_of,
    with_movement,
)
from recon.run.reporting import Extras, Written, lead_to, write


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run's result, reports and exit code.

    `history` is empty where nothing is written, and `readiness` is None for a month that has long
    ended. `notes` are the notices of the run itself: those of the reconciliation are in the result.
    `seal` is the journal's up to this run, '' where nothing is recorded.
    """

    result: Reconciliation
    run_id: str
    reports: Sequence[Path]
    exit_code: ExitCode
    history: History = field(default_factory=History)
    readiness: Completeness | None = None
    notes: Sequence[str] = ()
    seal: str = ""


@dataclass(frozen=True, slots=True)
class _Decision:
    """Everything that a run reports and proves, before writing."""

    pack: PackContents
    extras: Extras
    readiness: Completeness | None


def run_month(
    settings: Settings,
    month: Month,
    *,
    formats: Sequence[str],
    fail_on: Severity | None = Severity.HIGH,
    progress: Progress = lambda _: None,
    log: Log | None = None,
    today: date | None = None,
    ahead: ReadAhead | None = None,
) -> Outcome:
    """Reconcile a month, write, record, and alert people.

    `formats` are of `csv`, `xlsx` and `html`; without one nothing is written, recorded or sent.
    With `ahead`, months in a row read the same files once. Raises the ReconErrors of the
    configuration, the sources, the lock, the journal and the reports; then nothing is written.
    """
    if not formats:
        with reconciled_month(settings, month, progress, ahead=ahead) as found:
            code = exit_code(found.result, fail_on)
            return Outcome(found.result, _new_run_id(month), [], code, notes=found.left_out)
    log = log or Log()
    step = log.following(progress)
    with reconciled_month(settings, month, progress, log=log, ahead=ahead) as found:
        log.note("compared", verdict(found.result), **counts(found.result))
        with held_journal(settings, f"recon month {month}") as journal:
            decision = _decide(settings, found, journal, fail_on, today)
            written = write(found, decision.pack, decision.extras, formats, step)
            step("Recording the run")
            run = _record(settings.reports, decision, written, journal)
            seal = journal.seal_of(run.run_id)
            failures = (beat(settings.reports, run, seal), lead_to(written, month))
            step("Comparing with the last run")
            history = with_movement(decision.extras.history, journal, settings.reports, run)
        notes = [*decision.extras.notes, *filter(None, (written.notice, *failures))]
        log.recorded(run, decision.readiness, [*found.result.notices, *notes], written.reports)
    first = decision.readiness.notice if decision.readiness else ""
    code, undelivered = alerted(settings, run.run_id, ExitCode(run.exit_code), step, log, first)
    notes += [undelivered] if undelivered else []
    return Outcome(
        found.result, run.run_id, written.reports, code, history, decision.readiness, notes, seal
    )


def _decide(
    settings: Settings,
    found: ReconciledMonth,
    journal: Journal,
    fail_on: Severity | None,
    today: date | None,
) -> _Decision:
    """Compare the result with earlier runs; nothing is written."""
    result = found.result
    past = month_history(journal, found.session, result)
    ready = fullness(settings, found.session, result, journal, today)
    code = exit_code(result, fail_on, past.superseded)
    pack = pack_contents(settings, found, _new_run_id(result.month), fail_on, code, journal)
    recorded = journal.closings(result.month - 1)
    notes = found.left_out + ([ready.notice] if ready and ready.notice else [])
    notes += restated_since(settings, result.month)
    return _Decision(pack, Extras.of(found, past, recorded, settings.accounts, notes), ready)


def _record(reports: Path, decision: _Decision, written: Written, journal: Journal) -> Run:
    """Record a run whose reports are written."""
    pack, extras, ready = decision.pack, decision.extras, decision.readiness
    folder = written.folder.relative_to(reports).as_posix()
    provisional = ready is not None and ready.provisional
    run = record_of(pack, written.seal, extras.history.supersedes, folder, provisional)
    found = [FoundEvent.of(event) for event in pack.result.events]
    record(
        journal, run, pack, extras.history, pack.result.breaks, found, written.folder,
        extras.closings,
    )  # fmt: skip
    return run


def _new_run_id(month: Month) -> str:
    from recon.record.run_folder import new_run_id

    return new_run_id(month, datetime.now(UTC))


def exit_code(
    result: Reconciliation, fail_on: Severity | None, signed: Superseded | None = None
) -> ExitCode:
    """3 for breaks at or above `fail_on`, else 0.

    Invalid rows count as breaks. It is 3 as well where the verdict is not the one that was signed
    off before.
    """
    differs = signed is not None and signed.says_otherwise(result.severity)
    return ExitCode.BREAKS if result.breaks_from(fail_on) or differs else ExitCode.DONE
