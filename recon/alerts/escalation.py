"""Escalation: unanswered breaks, and who hears of them next. Pure.

The time to acknowledge begins when somebody first heard of a break (when the message was sent,
not when it was queued) and anew after an acknowledgement that holds no longer. The day on which
that was does not count. A break that comes back month after month becomes graver
(`recon.reconciliation.severity`); each level gets one alert, so that it climbs from one to
the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from recon.alerts.message import MONTH, escalation, failure, with_id
from recon.alerts.plan import alert_id, style_of
from recon.alerts.run_summary import dropped, in_order, sent_at
from recon.base.calendar import Calendar
from recon.base.month import Month
from recon.config.slack import Level, LevelSettings, SlackSettings
from recon.reconciliation.completeness import is_past
from recon.record.journal.alerts import Alert, AlertKind, Delivery
from recon.record.journal.model import Event, Kind, OpenItem, Run, State

BusinessDays = Callable[[datetime, datetime], int]


def business_days(calendar: Calendar) -> BusinessDays:
    """A counter of business days between two moments.

    The day of the first moment does not count, that of the second does.
    """

    def count(start: datetime, end: datetime) -> int:
        first, last = calendar.day(start), calendar.day(end)
        after = (first + timedelta(days=number + 1) for number in range((last - first).days))
        return sum(map(calendar.is_business_day, after))

    return count


_FIRST = (AlertKind.DIGEST, AlertKind.CRITICAL)
# Less than a day: a daily task does not start to the second.
REPEATED = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class EscalationInput:
    """The journal's content that decides on escalations, and the moment."""

    open_items: Mapping[str, OpenItem]
    events: Sequence[Event]
    runs: Sequence[Run]
    alerts: Sequence[Alert]
    deliveries: Sequence[Delivery]
    now: datetime


def escalations(
    slack: SlackSettings, given: EscalationInput, business_days: BusinessDays
) -> list[Alert]:
    """The alerts due: one a level and a failed month.

    `business_days` counts them from one moment to another.
    """
    found = overdue(slack, given, business_days)
    breaks = [_of_level(slack, level, asked, given) for level, asked in found.items() if asked]
    return [*breaks, *_failures(slack, given)]


def overdue(
    slack: SlackSettings, given: EscalationInput, business_days: BusinessDays
) -> dict[Level, dict[str, datetime]]:
    """The overdue breaks by level, with their first alert's time."""
    since = _since(given)
    first = _first_told(given, since)
    gone = _escalated(given, since)
    found: dict[Level, dict[str, datetime]] = {Level(word): {} for word in _BREAKS}
    for name, at in first.items():
        level = Level(given.open_items[name].last.severity.word)
        late = business_days(at, given.now) > slack.levels[level].days
        if late and (name, level) not in gone:
            found[level][name] = at
    return found


_BREAKS = (Level.CRITICAL, Level.HIGH, Level.WARNING)


def _since(given: EscalationInput) -> dict[str, datetime]:
    """The moment from which alerts count, by open break.

    Only breaks that nobody has acknowledged are there.
    """
    full = _full_months(given)
    found = {
        name: open_item.first_seen
        for name, open_item in given.open_items.items()
        if open_item.state is State.OPEN and not full.isdisjoint(open_item.seen)
    }
    for event in given.events:
        if event.kind is Kind.ACKNOWLEDGED and event.subject in found:
            found[event.subject] = max(found[event.subject], event.at)
    return found


def _full_months(given: EscalationInput) -> set[Month]:
    """The months whose last run found the books full.

    Nobody is hurried by the others. Where nobody has run one again since, its breaks do not wait
    for ever.
    """
    last = {run.month: run for run in given.runs}
    today = given.now.date()
    return {of for of, run in last.items() if not run.provisional or is_past(of, today)}


def _first_told(given: EscalationInput, since: Mapping[str, datetime]) -> dict[str, datetime]:
    """The moment of each break's first alert."""
    sent = sent_at(given.deliveries)
    found: dict[str, datetime] = {}
    for alert in given.alerts:
        at = sent.get(alert.id)
        if at is None or alert.kind not in _FIRST:
            continue
        for name in alert.names:
            if name in since and at >= since[name]:
                found[name] = min(at, found.get(name, at))
    return found


def _escalated(given: EscalationInput, since: Mapping[str, datetime]) -> set[tuple[str, str]]:
    gone = dropped(given.deliveries)
    return {
        (name, alert.level)
        for alert in given.alerts
        if alert.kind is AlertKind.ESCALATION and alert.id not in gone
        for name in alert.names
        if name in since and alert.at >= since[name]
    }


def _of_level(
    slack: SlackSettings, level: Level, asked: Mapping[str, datetime], given: EscalationInput
) -> Alert:
    settings = slack.levels[level]
    names = [item.name for item in in_order(given.open_items[name].last for name in asked)]
    message = escalation(
        level, [given.open_items[name] for name in names], asked, settings.days, style_of(slack),
        settings.then.mentions,
    )  # fmt: skip
    identifier = alert_id("escalation", level, given.now.isoformat(), *names)
    month = str(max(max(given.open_items[name].seen) for name in names))
    return Alert(
        identifier, given.now, "", month, AlertKind.ESCALATION, level, str(settings.then.place),
        with_id(message, identifier), tuple(names),
    )  # fmt: skip


def _failures(slack: SlackSettings, given: EscalationInput) -> list[Alert]:
    """The alerts of failed months not made good in time."""
    settings = slack.levels[Level.FAILURE]
    sent = sent_at(given.deliveries)
    late = given.now - timedelta(hours=settings.hours)
    found = []
    for month in sorted({alert.month for alert in given.alerts if alert.kind is AlertKind.FAILURE}):
        streak = _streak(given, month)
        first = [alert for alert in streak if alert.kind is AlertKind.FAILURE][:1]
        told_already = any(alert.kind is AlertKind.ESCALATION for alert in streak)
        if first and not told_already and sent.get(first[0].id, given.now) < late:
            found.append(_of_failure(slack, settings, first[0], given.now))
    return found


def _streak(given: EscalationInput, month: str) -> list[Alert]:
    """A month's failure alerts since its last run.

    '' is for a failure whose month is not known.
    """
    good = max((run.ended for run in given.runs if month in ("", str(run.month))), default=None)
    return [
        alert
        for alert in given.alerts
        if alert.level == Level.FAILURE and alert.month == month
        if good is None or alert.at > good
    ]


def _of_failure(
    slack: SlackSettings, settings: LevelSettings, failed: Alert, now: datetime
) -> Alert:
    about = failed.payload["about"]
    message = failure(
        failed.month, about["sentence"], about["code"], about["origin"], style_of(slack),
        settings.then.mentions, settings.hours, about.get("command", MONTH),
    )  # fmt: skip
    identifier = alert_id("escalation", failed.id)
    return Alert(
        identifier, now, "", failed.month, AlertKind.ESCALATION, Level.FAILURE,
        str(settings.then.place), with_id(message, identifier), (failed.id,),
    )  # fmt: skip


def repeats(
    alerts: Iterable[Alert], runs: Iterable[Run], month: str, sentence: str, now: datetime
) -> bool:
    """Whether people heard of this failure within a day.

    It counts only if it was not made good since.
    """
    good = max((run.ended for run in runs if month in ("", str(run.month))), default=None)
    return any(
        alert.payload["about"]["sentence"] == sentence
        for alert in alerts
        if alert.kind is AlertKind.FAILURE and alert.month == month
        if now - alert.at < REPEATED and (good is None or alert.at > good)
    )
