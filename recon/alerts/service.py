"""The service: due alerts into the queue, then to Slack.

The reconciliation is valid whatever becomes of its alerts. A message that cannot be sent
waits for the next run, `recon escalate` or `recon notify`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from recon.alerts.escalation import EscalationInput, business_days, escalations, repeats
from recon.alerts.message import MONTH, failure, with_id
from recon.alerts.plan import alert_id, of_run, style_of
from recon.alerts.run_summary import (
    RunSummary,
    alerted_breaks,
    alerted_events,
    dropped,
    fresh,
    run_summary,
)
from recon.alerts.sending import Delivered, delivered, sent_directly
from recon.base.errors import ConfigError, ReconError, UsageError
from recon.base.month import Month
from recon.base.result import Break
from recon.base.secrets import redacted
from recon.config import Settings
from recon.config.slack import Level, SlackSettings, usual_slack
from recon.record import identity
from recon.record.journal.alerts import Alert, AlertKind
from recon.record.journal.model import Run, State
from recon.record.journal.store import Journal

# An older run that nobody was told of is no news.
CATCH_UP = timedelta(days=3)


def slack_of(settings: Settings) -> SlackSettings:
    """The settings of Slack; raises ConfigError without any."""
    if settings.slack is None:
        raise ConfigError(
            ["slack: is missing; docs/slack.md says how to set it up"],
            settings.path or "the configuration",
        )
    return settings.slack


def after_run(settings: Settings, run_id: str, notice: str = "") -> Delivered:
    """Send the alerts of a recorded run; none without [slack].

    `notice` is what to know of the run before anything else.
    """
    if settings.slack is None:
        return Delivered()
    with Journal.at(settings.reports, settings.calendar.periods) as journal:
        for run in _untold(journal, run_id, datetime.now(UTC)):
            first = notice if run.run_id == run_id else ""
            journal.alerts.queue(due_alerts(settings, journal, run, notice=first))
        return delivered(settings, journal.alerts)


def _untold(journal: Journal, run_id: str, now: datetime) -> list[Run]:
    """A run, and those before it without their alerts.

    They ended between their record and their alerts. Runs of a time without [slack] are older than
    the last digest, or than a few days.
    """
    digests = [a for a in journal.alerts.all() if a.kind is AlertKind.DIGEST]
    told = {alert.run for alert in digests}
    since = max((alert.at for alert in digests), default=now)
    return [
        run
        for run in journal.runs()
        if run.run_id == run_id
        or (run.run_id not in told and run.ended > since and now - run.ended < CATCH_UP)
    ]


def due_alerts(
    settings: Settings, journal: Journal, run: Run, again: str = "", notice: str = ""
) -> list[Alert]:
    """The alerts of a run; with `again`, a repetition's."""
    summary = _summary(settings, journal, run, notice)
    past = (
        {}
        if again
        else alerted_breaks(
            journal.alerts.all(),
            str(run.month),
            _seen(journal, run.month),
            dropped(journal.alerts.deliveries()),
        )
    )
    known = (
        frozenset[str]()
        if again
        else alerted_events(
            journal.alerts.all(), str(run.month), dropped(journal.alerts.deliveries())
        )
    )
    return of_run(
        slack_of(settings), summary, fresh(summary, past), datetime.now(UTC), again, known
    )


def notify(settings: Settings, text: str, *, dry: bool) -> tuple[list[Alert], Delivered]:
    """Send a run's alerts again, or those that wait.

    `dry` only returns the messages, without [slack] those of the usual settings. `text` is a run or
    a month, as `Journal.run` takes it, and '' the last run. Raises UsageError without any.
    """
    settings = _shown(settings) if dry else settings
    slack_of(settings)
    now = datetime.now(UTC)
    with _journal(settings, look=dry) as journal:
        if not (text := text or journal.last_run_id()):
            command = "recon cash" if journal.option else "recon month"
            raise UsageError(f"No run is recorded yet; `{command}` records the first one.")
        run = journal.run(text)
        waiting = [alert for alert in journal.alerts.waiting() if alert.run == run.run_id]
        alerts = waiting or due_alerts(settings, journal, run, now.isoformat())
        if dry:
            return alerts, Delivered()
        journal.alerts.queue(alerts)
        return alerts, delivered(settings, journal.alerts)


def _shown(settings: Settings) -> Settings:
    """The settings to show messages by, without [slack], too."""
    return settings if settings.slack else replace(settings, slack=usual_slack())


def escalate(
    settings: Settings, *, dry: bool, now: datetime | None = None
) -> tuple[list[Alert], Delivered]:
    """Send the escalations that are due, and waiting alerts.

    `dry` only returns the escalations, without [slack] those of the usual settings.
    """
    settings = _shown(settings) if dry else settings
    slack = slack_of(settings)
    with _journal(settings, look=dry) as journal:
        if not dry:
            # Waiting alerts go first: the time to acknowledge their breaks begins now.
            before = delivered(settings, journal.alerts)
        found = escalations(
            slack,
            _escalation_input(journal, now or datetime.now(UTC)),
            business_days(settings.calendar),
        )
        if dry:
            return found, Delivered()
        if not found:
            return found, before
        journal.alerts.queue(found)
        then = delivered(settings, journal.alerts)
        return found, replace(then, sent=(*before.sent, *then.sent))


def alert_failure(
    settings: Settings, month: Month | None, sentence: str, exit_code: int, command: str = MONTH
) -> Delivered:
    """Send an alert of a run that failed; never raises.

    It goes to finance operations. The same failure of a month is sent once a day. Where the journal
    cannot be written, the alert is sent all the same.
    """
    slack = settings.slack
    if slack is None:
        return Delivered()
    named = str(month) if month else ""
    alert = _failure(slack, named, redacted(sentence), exit_code, command)
    try:
        with Journal.at(settings.reports, settings.calendar.periods) as journal:
            runs = journal.runs()
            about = alert.payload["about"]
            if not repeats(journal.alerts.all(), runs, named, about["sentence"], alert.at):
                journal.alerts.queue([alert])
            return delivered(settings, journal.alerts)
    except (ReconError, OSError):
        return sent_directly(slack, alert)


def _failure(slack: SlackSettings, month: str, sentence: str, code: int, command: str) -> Alert:
    first, at = slack.levels[Level.FAILURE].first, datetime.now(UTC)
    origin = f"on {identity.host()}"
    about = {"sentence": sentence, "code": code, "origin": origin}
    about |= {} if command == MONTH else {"command": command}
    message = failure(
        month, sentence, code, origin, style_of(slack), first.mentions, command=command
    )
    identifier = alert_id("failure", month, sentence, at.isoformat())
    return Alert(
        identifier, at, "", month, AlertKind.FAILURE, Level.FAILURE, str(first.place),
        {**with_id(message, identifier), "about": about},
    )  # fmt: skip


def _journal(settings: Settings, *, look: bool) -> AbstractContextManager[Journal]:
    opened = Journal.look if look else Journal.at
    return opened(settings.reports, settings.calendar.periods)


def _summary(settings: Settings, journal: Journal, run: Run, notice: str) -> RunSummary:
    slack, month = slack_of(settings), run.month
    folder = settings.reports / run.folder
    link = slack.report_link
    if link:
        where = link.replace("{month}", quote(str(month))).replace("{run}", run.run_id)
    else:
        where = str(folder)
    carried = [open_item for open_item in journal.standing(month) if open_item.first_month < month]
    workbook = f"{'cash' if run.of_cash else 'recon'}_{run.run_id}.xlsx"
    return run_summary(
        run,
        journal.runs(month),
        _seen(journal, month),
        journal.open_items(month),
        sum(open_item.state is State.OPEN for open_item in carried),
        where,
        workbook=f"{run.folder}/{workbook}" if (folder / workbook).exists() else "",
        sample=settings.sample,
        notice=notice,
        events=journal.found_events(run.run_id),
        seal=journal.seal_of(run.run_id),
    )


def _seen(journal: Journal, month: Month) -> dict[str, list[Break]]:
    return {run.run_id: journal.breaks(run.run_id) for run in journal.runs(month)}


def _escalation_input(journal: Journal, now: datetime) -> EscalationInput:
    return EscalationInput(
        open_items=journal.open_items(journal.latest_month()),
        events=journal.events(),
        runs=journal.runs(),
        alerts=journal.alerts.all(),
        deliveries=journal.alerts.deliveries(),
        now=now,
    )
