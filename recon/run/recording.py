"""Recording: history, record and evidence of a run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from recon.base import temporary
from recon.base.errors import ExitCode, JournalHeld, RanAtOnce, ReconError
from recon.base.events import Severity
from recon.base.result import Break, Reconciliation, Side, Totals
from recon.config import Settings, SourceKind
from recon.reconciliation.completeness import Completeness, Seen, completeness
from recon.reconciliation.totals import to_date_differences
from recon.record import identity
from recon.record.evidence import PackContents, Previous, RunFacts, left_over
from recon.record.journal.chain import Link
from recon.record.journal.found_events import FoundEvent
from recon.record.journal.history import History, history
from recon.record.journal.model import Reported, Run
from recon.record.journal.signing import Signature
from recon.record.journal.store import Journal, Line
from recon.record.lock import locked
from recon.record.run_folder import clear_half_written
from recon.run.gathering import ReconciledMonth
from recon.store.session import Session


def month_history(journal: Journal, session: Session, result: Reconciliation) -> History:
    """The history that the result continues, from the journal."""
    past = journal.past(result.month)
    names = {
        (life.last.contract_id, life.last.revenue_type, life.last.currency): name
        for name, life in past.closable(result.month).items()
    }
    found = to_date_differences(session, list(names))
    to_date = {names[key]: difference for key, difference in found.items()}
    for item in result.breaks:
        to_date[item.name] = item.to_date_difference
    made = history(past, result.month, result.breaks, result.totals, to_date, datetime.now(UTC))
    events = [FoundEvent.of(event) for event in result.events]
    return replace(made, events=journal.event_lives(result.month, events))


def record_of(
    pack: PackContents, evidence: str, supersedes: str, folder: str, provisional: bool
) -> Run:
    """The record of a run; `folder` is below the reports."""
    result = pack.result
    worst = result.severity
    return Run(
        run_id=pack.run_id,
        month=result.month,
        started=pack.started,
        ended=datetime.now(UTC),
        who=pack.user,
        host=pack.host,
        versions=pack.versions,
        policy=dict(result.policy.rows()),
        sources={side.value: result.sources[side].description for side in Side},
        severity=worst.word if worst else "",
        exit_code=int(pack.exit_code),
        folder=folder,
        evidence=evidence,
        invalid=len(result.invalid),
        totals=result.totals,
        supersedes=supersedes,
        provisional=provisional,
        reported=Reported.of(result),
    )


def pack_contents(
    settings: Settings,
    found: ReconciledMonth,
    run_id: str,
    fail_on: Severity | None,
    code: ExitCode,
    journal: Journal,
) -> PackContents:
    """The contents of a run's evidence.

    The run before it may be of another month.
    """
    return PackContents(
        run_id=run_id,
        started=found.started,
        ended=datetime.now(UTC),
        user=identity.who(),
        host=identity.host(),
        versions=identity.versions(),
        settings=settings,
        result=found.result,
        relations=found.relations,
        trails={side: delivery.trail for side, delivery in found.deliveries.items()},
        fail_on=fail_on,
        exit_code=code,
        kept=found.kept,
        **runs_before(settings.reports, journal)._asdict(),
    )


class RunsBefore(NamedTuple):
    """The runs before one, as `RunFacts` has them."""

    signoffs: Sequence[Signature]
    previous: Previous | None
    journal: Link | None
    interrupted: Sequence[Previous]
    follows: str


def runs_before(reports: Path, journal: Journal) -> RunsBefore:
    """The runs before the one to come, of any month."""
    last, signed = journal.last_run(), journal.signatures()
    before = Previous(last.run_id, last.evidence) if last and last.evidence else None
    interrupted = left_over(reports, before, set(journal.run_ids()))
    return RunsBefore(
        signoffs=[signature for of_run in signed.values() for signature in of_run],
        previous=interrupted[-1] if interrupted else before,
        journal=journal.head(),
        interrupted=interrupted,
        follows=last.run_id if last else "",
    )


@contextmanager
def held_journal(settings: Settings, command: str) -> Iterator[Journal]:
    """Yield the journal, to one run at a time."""
    reports = settings.reports
    with locked(reports, command):
        clear_half_written(reports)
        temporary.clear()
        with Journal.at(reports, settings.calendar.periods) as journal:
            yield journal


def record(
    journal: Journal,
    run: Run,
    facts: RunFacts,
    history: History,
    breaks: Sequence[Break],
    events: Sequence[FoundEvent],
    folder: Path,
    closings: Mapping[Line, int] | None = None,
) -> None:
    """Record a run whose reports are written in a folder.

    Raises RanAtOnce where another run came between, and JournalHeld where another program holds
    the journal; then the folder is gone.
    """
    interrupted = {item.run_id: item.sha256 for item in facts.interrupted}
    try:
        journal.record(run, breaks, history.closed, closings, events, interrupted, facts.follows)
    except (RanAtOnce, JournalHeld):
        # Two packs that follow one would fork the chain, and one without a record is no run.
        shutil.rmtree(folder, ignore_errors=True)
        raise


def with_movement(past: History, journal: Journal, reports: Path, run: Run) -> History:
    """The history with reasons why the totals moved.

    Where the evidence of that run is gone or damaged, the history does not say why; `recon verify`
    reports the damage.
    """
    if past.since is None:
        return past
    from recon.record.replay.movement import movement
    from recon.record.replay.stored_run import Pack

    try:
        then = Pack.of(reports / journal.run(past.since.run_id).folder)
        parts = movement(then, Pack.of(reports / run.folder))
    except ReconError:
        return past
    return replace(past, since=replace(past.since, parts=tuple(parts)))


def fullness(
    settings: Settings,
    session: Session,
    result: Reconciliation,
    journal: Journal,
    today: date | None,
) -> Completeness | None:
    """The completeness of the books; None long after the month."""
    # A database delivers older entries added up, without the days on which they were posted.
    is_database = settings.accounting.kind in (SourceKind.SQLSERVER, SourceKind.ODBC)
    day = settings.calendar.day
    return completeness(
        None if is_database else session,
        result.month,
        today or day(datetime.now(UTC)),
        settings.calendar.ready_from,
        _sums(result.totals),
        lambda: [Seen(run.month, day(run.started), _sums(run.totals)) for run in journal.runs()],
    )


def _sums(totals: Mapping[str, Totals]) -> dict[str, int]:
    return {currency: total.recognized for currency, total in totals.items()}
