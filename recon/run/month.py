"""A month: gather, decide, then write, record and tell."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from recon.base import temporary
from recon.base.errors import ExitCode, ReconError
from recon.base.month import Month
from recon.base.result import Reconciliation, Severity
from recon.config import Settings
from recon.reconciliation.completeness import Completeness
from recon.reconciliation.verdict import verdict
from recon.record.heartbeat import beat
from recon.record.journal.history import History, Superseded
from recon.record.journal.model import Run
from recon.record.journal.store import Journal
from recon.record.lock import locked
from recon.record.log import Log
from recon.record.log.lines import counts
from recon.record.run_folder import clear_half_written
from recon.run.books import Books
from recon.run.gathering import Gathered, Progress, gathered, reconciled
from recon.run.recording import fullness, month_history, pack_contents, record_of, with_movement
from recon.run.reporting import Extras, write


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run comes to; `history` is that of the month, empty where nothing is written.

    `readiness` says how full the books are, None for a month that has long ended. `notes` are
    those notices of the result that the run itself has added.
    """

    result: Reconciliation
    run_id: str
    reports: Sequence[Path]
    exit_code: ExitCode
    history: History = field(default_factory=History)
    readiness: Completeness | None = None
    notes: Sequence[str] = ()


def run_month(
    settings: Settings,
    month: Month,
    *,
    formats: Sequence[str],
    fail_on: Severity | None = Severity.HIGH,
    progress: Progress = lambda _: None,
    log: Log | None = None,
    today: date | None = None,
    books: Books | None = None,
) -> Outcome:
    """Reconcile a month, write its reports and record the run; `formats` are of `csv` and `xlsx`.

    `books` spare months in a row to read the same files again. Without a format it is a look, not
    a run: nothing is written and nothing recorded. Raises the ReconErrors of the configuration, the
    sources, the lock, the journal and the reports; then nothing is written.
    """
    if not formats:
        with reconciled(settings, month, progress, books=books) as (_, result):
            return Outcome(result, _new_run_id(month), [], exit_code(result, fail_on))
    log = log or Log()
    step = log.following(progress)
    with gathered(settings, month, progress, log=log, books=books) as sides:
        log.note("compared", verdict(sides.result), **counts(sides.result))
        # What follows, one run at a time does.
        with locked(settings.reports, f"recon month {month}"):
            clear_half_written(settings.reports)
            temporary.clear()
            with Journal.at(settings.reports) as journal:
                outcome, run = _recorded(settings, sides, journal, formats, fail_on, step, today)
            beaten = beat(settings.reports, run)
        told = _with_notices(outcome.result, [beaten])
        log.recorded(run, outcome.readiness, told.notices, outcome.reports)
    code, undelivered = _alerted(settings, outcome, step, log)
    found = _with_notices(told, [undelivered])
    notes = found.notices[len(sides.result.notices) :]
    return replace(outcome, result=found, exit_code=code, notes=notes)


def _recorded(
    settings: Settings,
    sides: Gathered,
    journal: Journal,
    formats: Sequence[str],
    fail_on: Severity | None,
    step: Progress,
    today: date | None,
) -> tuple[Outcome, Run]:
    """Write the reports and the evidence, and record the run."""
    result, run_id = sides.result, _new_run_id(sides.result.month)
    past = month_history(journal, sides.session, result)
    code = exit_code(result, fail_on, past.superseded)
    pack = pack_contents(settings, sides, run_id, fail_on, code, journal)
    ready = fullness(settings, sides.session, result, journal, today)
    # The evidence has no such notice: it holds what follows from the extracts alone.
    shown = replace(sides, result=_with_notices(result, [ready.notice if ready else ""]))
    recorded = journal.closings(result.month - 1)
    extras = Extras.of(sides, past, recorded, settings.accounts)
    written = write(shown, pack, extras, formats, step)
    step("Recording the run")
    folder = written.folder.relative_to(settings.reports).as_posix()
    provisional = ready is not None and ready.provisional
    run = record_of(sides, run_id, code, written.seal, past.supersedes, folder, provisional)
    journal.record(run, result.breaks, past.closed, extras.closings)
    step("Comparing with the last run")
    past = with_movement(past, journal, settings.reports, run)
    told = _with_notices(shown.result, [written.notice])
    return Outcome(told, run_id, written.reports, code, past, ready), run


def _with_notices(result: Reconciliation, notices: Sequence[str]) -> Reconciliation:
    """Return a result with more to tell the reader; blank notices are none."""
    return replace(result, notices=(*result.notices, *filter(None, notices)))


def _alerted(
    settings: Settings, outcome: Outcome, step: Progress, log: Log
) -> tuple[ExitCode, str]:
    """Tell people of a recorded run; return the exit code, and what to say of alerts that wait.

    Where an alert waits, 8 goes before 0 and 3: whoever watches exit codes is the last one who
    can hear of the breaks, and the verdict itself stands in the reports and the journal.
    """
    run_id, code, ready = outcome.run_id, outcome.exit_code, outcome.readiness
    if settings.slack is None:
        return code, ""
    from recon.alerts.service import after_run

    step("Telling Slack")
    try:
        told = after_run(settings, run_id, ready.notice if ready else "")
        said, sent = told.sentence, len(told.sent)
    except ReconError as error:
        said, sent = f"Slack was not told: {error} `recon notify {run_id}` tells it.", 0
    log.step_ended()
    _log_alerts(settings, run_id, log)
    log.note("alerts_waiting" if said else "alerts", said or "Slack was told", sent=sent)
    return (ExitCode.ALERT, said) if said else (code, "")


def _log_alerts(settings: Settings, run_id: str, log: Log) -> None:
    """Tell the log every alert of a run, whether it was sent or waits."""
    with suppress(ReconError), Journal.look(settings.reports) as journal:
        for alert in journal.alerts.all():
            if alert.run == run_id:
                told = {"kind": alert.kind.value, "place": alert.place, "alert": alert.id}
                log.note("alert", str(alert.payload.get("text", "")), **told)


def _new_run_id(month: Month) -> str:
    from recon.record.run_folder import new_run_id

    return new_run_id(month, datetime.now(UTC))


def exit_code(
    result: Reconciliation, fail_on: Severity | None, signed: Superseded | None = None
) -> ExitCode:
    """Return 3 where a break or an invalid row is at or above `fail_on`, else 0.

    It is 3 as well where the verdict is not the one that was signed off before.
    """
    differs = signed is not None and signed.says_otherwise(result.severity)
    return ExitCode.BREAKS if result.breaks_from(fail_on) or differs else ExitCode.DONE
