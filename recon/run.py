"""A run: the one place where the steps meet.

Gather (open the sources), decide (reconcile), apply (write the reports): nothing is written
before everything is decided.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from recon import identity
from recon.config import Settings
from recon.engine import Session, open_session
from recon.errors import ExitCode, ReconError, SourceDataError
from recon.evidence import FOLDER, PackFacts, Previous, write_pack
from recon.heartbeat import beat
from recon.journal.history import History, Superseded, history
from recon.journal.model import Run, SeenBreak
from recon.journal.signing import signatures
from recon.journal.store import Journal
from recon.lock import locked
from recon.log import Log
from recon.log.facts import counts
from recon.model import Reconciliation, Severity, Side
from recon.month import Month
from recon.provisional import fullness
from recon.readiness import Readiness
from recon.reconciliation import reconcile_relations
from recon.reports.directory import clear_half_written
from recon.reports.words import verdict
from recon.sources import fetched, source
from recon.sources.delivery import Delivery, Request, Scratch
from recon.summary import to_date_differences

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run comes to; `history` is that of the month, empty where nothing is written.

    `readiness` says how full the books are, None for a month that has long ended.
    """

    result: Reconciliation
    run_id: str
    reports: Sequence[Path]
    exit_code: ExitCode
    history: History = field(default_factory=History)
    readiness: Readiness | None = None

    @property
    def provisional(self) -> bool:
        """Whether less is posted than usual by this day, so that breaks may vanish again."""
        return self.readiness is not None and self.readiness.provisional


def run_month(
    settings: Settings,
    month: Month,
    *,
    formats: Sequence[str],
    fail_on: Severity | None = Severity.HIGH,
    progress: Progress = lambda _: None,
    log: Log | None = None,
    today: date | None = None,
) -> Outcome:
    """Reconcile a month, write its reports and record the run; `formats` are of `csv` and `xlsx`.

    Without a format it is a look, not a run: nothing is written and nothing recorded. Raises the
    ReconErrors of the configuration, the sources, the lock, the journal and the reports; then
    nothing is written.
    """
    if not formats:
        with reconciled(settings, month, progress) as (_, result):
            return Outcome(result, _new_run_id(month), [], exit_code(result, fail_on))
    started, log = datetime.now(UTC), log or Log()
    step = log.following(progress)
    with _opened(settings, month, progress, log=log) as sides:
        session, result = sides.session, sides.result
        log.note("compared", verdict(result), **counts(result))
        # What follows, one run at a time does.
        with locked(settings.reports, f"recon month {month}"):
            clear_half_written(settings.reports)
            with Journal.at(settings.reports) as journal:
                past = _history(journal, session, result)
                code = exit_code(result, fail_on, past.superseded)
                run_id = _new_run_id(month)
                pack = _pack_facts(settings, sides, run_id, started, fail_on, code, journal)
                ready = fullness(settings, session, result, journal, today)
                shown = _with_notices(sides, [ready.notice if ready else ""])
                written, notice, seal = _write_reports(shown, pack, past, formats, step)
                step("Recording the run")
                run = _record_of(result, run_id, started, code, seal, past.supersedes)
                journal.record(run, _seen(result), [closed for _, closed in past.resolved])
            told = _with_notices(shown, [beat(settings.reports, run), notice]).result
        log.recorded(run, ready, told.notices, written)
    code, undelivered = _alerted(settings, run_id, code, step, log)
    told = replace(told, notices=(*told.notices, *filter(None, [undelivered])))
    return Outcome(told, run_id, written, code, past, ready)


def _alerted(
    settings: Settings, run_id: str, code: ExitCode, step: Progress, log: Log
) -> tuple[ExitCode, str]:
    """Tell people of a recorded run; return the exit code, and what to say of alerts that wait.

    Where an alert waits, 8 goes before 0 and 3: whoever watches exit codes is the last one who
    can hear of the breaks, and the verdict itself stands in the reports and the journal.
    """
    if settings.slack is None:
        return code, ""
    from recon.alerts.service import after_run

    step("Telling Slack")
    try:
        told = after_run(settings, run_id)
        said, sent = told.sentence, len(told.sent)
    except ReconError as error:
        said, sent = f"Slack was not told: {error} `recon notify {run_id}` tells it.", 0
    log.step_ended()
    log.note("alerts", said or "Slack was told", sent=sent)
    return (ExitCode.ALERT, said) if said else (code, "")


def _with_notices(sides: _Sides, notices: Sequence[str]) -> _Sides:
    """Return the sides with more to tell the reader; blank notices are none.

    The evidence has them not: it holds what follows from the extracts alone.
    """
    told = (*sides.result.notices, *filter(None, notices))
    return replace(sides, result=replace(sides.result, notices=told))


def _new_run_id(month: Month) -> str:
    from recon.reports.directory import new_run_id

    return new_run_id(month, datetime.now(UTC))


def _seen(result: Reconciliation) -> list[SeenBreak]:
    return [SeenBreak.of(item) for item in result.breaks]


def _history(journal: Journal, session: Session, result: Reconciliation) -> History:
    """Return what the result means after everything that the journal holds."""
    past = journal.past(result.month)
    names = {
        (life.last.contract_id, life.last.revenue_type, life.last.currency): name
        for name, life in past.open(result.month).items()
    }
    found = to_date_differences(session, list(names))
    to_date = {names[key]: difference for key, difference in found.items()}
    for item in result.breaks:
        to_date[SeenBreak.of(item).name] = item.to_date_difference
    return history(past, result.month, _seen(result), result.totals, to_date, datetime.now(UTC))


def _record_of(
    result: Reconciliation,
    run_id: str,
    started: datetime,
    code: ExitCode,
    evidence: str,
    supersedes: str,
) -> Run:
    worst = result.severity
    return Run(
        run_id=run_id,
        month=result.month,
        started=started,
        ended=datetime.now(UTC),
        who=identity.who(),
        host=identity.host(),
        versions=identity.versions(),
        policy=dict(result.policy.rows()),
        sources={side.value: result.sources[side].description for side in Side},
        severity=worst.word if worst else "",
        exit_code=int(code),
        folder=f"{result.month}/{run_id}",
        evidence=evidence,
        invalid=len(result.invalid),
        totals=result.totals,
        supersedes=supersedes,
    )


@dataclass(frozen=True, slots=True)
class _Sides:
    """A month's reconciliation, while both sides can still be selected from."""

    session: Session
    result: Reconciliation
    deliveries: Mapping[Side, Delivery]
    relations: Mapping[Side, str]


def _pack_facts(
    settings: Settings,
    sides: _Sides,
    run_id: str,
    started: datetime,
    fail_on: Severity | None,
    code: ExitCode,
    journal: Journal,
) -> PackFacts:
    """Return what the evidence of a run tells; the run before it may be one of another month."""
    last, signed = journal.last_run(), signatures(journal.events())
    return PackFacts(
        run_id=run_id,
        started=started,
        ended=datetime.now(UTC),
        user=identity.who(),
        host=identity.host(),
        versions=identity.versions(),
        settings=settings,
        result=sides.result,
        relations=sides.relations,
        trails={side: delivery.trail for side, delivery in sides.deliveries.items()},
        fail_on=fail_on,
        exit_code=code,
        signoffs=[signature for of_run in signed.values() for signature in of_run],
        previous=Previous(last.run_id, last.evidence) if last and last.evidence else None,
    )


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
    with _opened(settings, month, progress, contract) as found:
        yield found.session, found.result


@contextmanager
def _opened(
    settings: Settings,
    month: Month,
    progress: Progress,
    contract: str | None = None,
    log: Log | None = None,
) -> Iterator[_Sides]:
    log = log or Log()
    step = log.following(progress)
    sides = {side.side: source(side) for side in (settings.analytics, settings.accounting)}
    with ExitStack() as opened:
        step("Reading both sides")
        deliveries = fetched(
            sides, Request(month, contract), opened.enter_context(_scratch()), progress, log.note
        )
        session = opened.enter_context(open_session())
        relations = {
            side: opened.enter_context(found.opened(session)) for side, found in deliveries.items()
        }
        step(f"Reconciling {month}")
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
        yield _Sides(session, result, deliveries, relations)


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
    sides: _Sides, pack: PackFacts, past: History, formats: Sequence[str], progress: Progress
) -> tuple[list[Path], str, str]:
    """Write the reports and the evidence; return where they are, a notice, the evidence's seal."""
    from recon.reports.directory import report_directory

    result, run_id, settings = sides.result, pack.run_id, pack.settings
    with report_directory(settings.reports, result.month, run_id) as folder:
        written: list[Path] = []
        if "csv" in formats:
            from recon.reports.csv_files import write_csv

            progress("Writing CSV files")
            written += write_csv(result, folder.path, history=past)
        if "xlsx" in formats:
            from recon.reports.excel import write_workbook

            progress("Writing the workbook")
            # Excel refuses two open workbooks of one name, so the name holds the run.
            path = folder.path / f"recon_{run_id}.xlsx"
            written.append(
                write_workbook(result, path, run_id, sample=settings.sample, history=past)
            )
        progress("Writing the evidence")
        seal = write_pack(folder.path / FOLDER, sides.session, pack)
    return [folder.final_path(path) for path in written], folder.notice, seal


def exit_code(
    result: Reconciliation, fail_on: Severity | None, signed: Superseded | None = None
) -> ExitCode:
    """Return 3 where a break or an invalid row is at or above `fail_on`, else 0.

    It is 3 as well where the verdict is not the one that was signed off before.
    """
    found = result.severity
    broken = fail_on is not None and found is not None and found >= fail_on
    differs = signed is not None and signed.says_otherwise(found)
    return ExitCode.BREAKS if broken or differs else ExitCode.DONE
