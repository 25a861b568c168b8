"""Order to cash: match, decide, write, record, alert.

The way of `recon.run.month`, on documents instead of contract lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from recon.base.errors import ExitCode
from recon.base.events import Severity
from recon.base.month import Month
from recon.config import Settings
from recon.reconciliation.cash.entries import CashEntries
from recon.reconciliation.cash.receivable import NAMES, Receivables, verdict
from recon.reconciliation.cash.record import (
    masked,
    recorded_breaks,
    recorded_bridge,
    recorded_totals,
)
from recon.record import identity
from recon.record.evidence import FOLDER, CashContents, write_cash_pack
from recon.record.heartbeat import beat
from recon.record.journal.found_events import FoundEvent
from recon.record.journal.history import History, Superseded, history
from recon.record.journal.model import Reported, Run
from recon.record.journal.store import Journal
from recon.record.log import Log
from recon.record.run_folder import new_run_id, report_directory
from recon.reports.cash.receivable import write_cash
from recon.run.alerting import alerted
from recon.run.cash import Progress, ReconciledCash, entries_of, reconciled_cash
from recon.run.recording import held_journal, record, runs_before
from recon.run.reporting import Written, lead_to


@dataclass(frozen=True, slots=True)
class CashOutcome:
    """A run's result, reports and exit code.

    `history` is empty and `seal` '' where nothing is recorded.
    """

    result: Receivables
    run_id: str
    reports: Sequence[Path]
    exit_code: ExitCode
    sample: bool
    notes: Sequence[str] = ()
    history: History = field(default_factory=History)
    seal: str = ""
    entries: CashEntries | None = None


@dataclass(frozen=True, slots=True)
class Extras:
    """The contents of the reports beside the result itself."""

    history: History
    entries: CashEntries


def run_cash(
    settings: Settings,
    month: Month,
    formats: Sequence[str],
    fail_on: Severity | None = Severity.HIGH,
    progress: Progress = lambda _: None,
    log: Log | None = None,
) -> CashOutcome:
    """Reconcile a month's receivable, write, record, and alert people.

    `settings` are those of the runs of order to cash. `formats` are of `csv`, `xlsx` and `html`;
    without one nothing is written, recorded or sent. Raises the ReconErrors of the configuration,
    the sources, the lock, the journal and the reports; then nothing is written.
    """
    log = log or Log()
    step = log.following(progress)
    with reconciled_cash(settings, month, step if formats else progress) as found:
        result = found.result
        if not formats:
            code, entries = exit_code(result, fail_on), entries_of(found, settings.accounts)
            return CashOutcome(result, "", [], code, found.sample, entries=entries)
        entries = entries_of(found, settings.accounts)
        log.note("compared", verdict(result), breaks=len(result.breaks))
        with held_journal(settings, f"recon cash {month}") as journal:
            past = _history(journal, result)
            contents = _contents(settings, found, fail_on, past, journal)
            written = _write(found, contents, Extras(past, entries), formats, step)
            step("Recording the run")
            run = _run(contents, written, settings.reports, past)
            record(
                journal, run, contents, past, recorded_breaks(result), _events(result),
                written.folder,
            )  # fmt: skip
            seal = journal.seal_of(run.run_id)
            failures = (beat(settings.reports, run, seal), lead_to(written, month))
        notes = list(filter(None, (written.notice, *failures)))
        log.recorded(run, None, [*result.notices, *notes], written.reports)
    code, undelivered = alerted(settings, run.run_id, ExitCode(run.exit_code), step, log)
    notes += [undelivered] if undelivered else []
    return CashOutcome(
        result, run.run_id, written.reports, code, found.sample, notes, past, seal, entries
    )


def exit_code(
    result: Receivables, fail_on: Severity | None, signed: Superseded | None = None
) -> ExitCode:
    """3 for breaks at or above `fail_on`, else 0.

    It is 3 as well where the verdict is not the one that was signed off before.
    """
    differs = signed is not None and signed.says_otherwise(result.severity)
    return ExitCode.BREAKS if result.breaks_from(fail_on) or differs else ExitCode.DONE


def _history(journal: Journal, result: Receivables) -> History:
    """The history that the result continues, from the journal.

    What no longer differs is put right: every difference is one to date.
    """
    past, breaks = journal.past(result.month), recorded_breaks(result)
    gone = past.closable(result.month).keys() - {item.name for item in breaks}
    made = history(
        past, result.month, breaks, recorded_totals(result), dict.fromkeys(gone, 0),
        datetime.now(UTC),
    )  # fmt: skip
    return replace(made, events=journal.event_lives(result.month, _events(result)))


def _events(result: Receivables) -> list[FoundEvent]:
    return [FoundEvent.of(event) for event in result.events]


def _contents(
    settings: Settings,
    found: ReconciledCash,
    fail_on: Severity | None,
    past: History,
    journal: Journal,
) -> CashContents:
    now, month = datetime.now(UTC), found.result.month
    return CashContents(
        run_id=new_run_id(month, now),
        started=found.started,
        ended=now,
        user=identity.who(),
        host=identity.host(),
        versions=identity.versions(),
        settings=settings,
        fail_on=fail_on,
        exit_code=exit_code(found.result, fail_on, past.superseded),
        result=found.result,
        sample=found.sample,
        trails=found.trails,
        places=found.places,
        **runs_before(settings.reports, journal)._asdict(),
    )


def _write(
    found: ReconciledCash,
    contents: CashContents,
    extras: Extras,
    formats: Sequence[str],
    step: Progress,
) -> Written:
    """Write reports and evidence into the folder of a run."""
    result, run_id = found.result, contents.run_id
    with report_directory(contents.settings.reports, result.month, run_id) as folder:
        step("Writing the reports")
        reports = write_cash(
            result, folder.path, formats, run_id, extras.entries, sample=found.sample
        )
        if "html" in formats:
            reports.append(_page(contents, extras, reports, folder.path))
        step("Writing the evidence")
        seal = write_cash_pack(folder.path / FOLDER, found.session, contents)
    placed = [folder.final_path(path) for path in reports]
    return Written(placed, folder.final, seal, folder.notice)


def _page(contents: CashContents, extras: Extras, others: Sequence[Path], folder: Path) -> Path:
    from recon.reports.html.cash import CashPage, cash_page

    files = [path.relative_to(folder).as_posix() for path in others]
    page = CashPage(
        contents.result, contents.run_id, contents.sample, extras.history,
        [*files, f"{FOLDER}/evidence.md"], contents.versions, entries=extras.entries,
    )  # fmt: skip
    path = folder / f"cash_{contents.run_id}.html"
    path.write_text(cash_page(page), encoding="utf-8", newline="\n")
    return path


def _run(contents: CashContents, written: Written, reports: Path, past: History) -> Run:
    """The record of a run."""
    result, totals = contents.result, recorded_totals(contents.result)
    worst = result.severity
    return Run(
        run_id=contents.run_id,
        month=result.month,
        started=contents.started,
        ended=datetime.now(UTC),
        who=contents.user,
        host=contents.host,
        versions=contents.versions,
        policy=result.policy.rows(),
        sources=dict(zip(NAMES, result.descriptions, strict=True)),
        severity=worst.word if worst else "",
        exit_code=contents.exit_code,
        folder=written.folder.relative_to(reports).as_posix(),
        evidence=written.seal,
        invalid=len(result.invalid),
        totals=totals,
        supersedes=past.supersedes,
        reported=Reported(verdict(result), tuple(masked(totals)), recorded_bridge(result)),
    )
