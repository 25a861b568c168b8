"""What is told, when, to whom: the plan of a run, and what nobody has answered in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from recon.alerts.escalation import EscalationInput, business_days, escalations, repeats
from recon.alerts.plan import LARGEST, of_run
from recon.alerts.run_summary import alerted_breaks, fresh
from recon.base.calendar import Calendar
from recon.base.events import Severity
from recon.base.month import Month
from recon.base.result import Break
from recon.config.slack import Level, LevelSettings, Place, SlackSettings, Target, Way
from recon.record.journal.alerts import Alert, AlertKind, Delivery, Sent
from recon.record.journal.model import Event, Kind, Run
from recon.record.journal.open_items import open_items
from tests.example import MONTH, RUN_ID
from tests.unit.test_alerts_message import example_breaks, facts, many, run

CLOSE = Place(Way.CHANNEL, "#close")
AUDIT = Place(Way.CHANNEL, "#audit")
OPS = Place(Way.VARIABLE, "OPS_WEBHOOK")
# A Wednesday.
FIRST = datetime(2024, 7, 3, 7, 15, tzinfo=UTC)
UTC_DAYS = business_days(Calendar(time_zone="UTC", holidays=frozenset({date(2024, 7, 4)})))


def slack(**changes: object) -> SlackSettings:
    """Return the defaults of the specification, with everybody mentioned by their role."""
    levels = {
        Level.WARNING: LevelSettings(Target(CLOSE), Target(CLOSE, ("<@LEAD>",)), days=5),
        Level.HIGH: LevelSettings(
            Target(CLOSE, ("<@LEAD>",)), Target(CLOSE, ("<@CONTROLLER>",)), days=2
        ),
        Level.CRITICAL: LevelSettings(
            Target(CLOSE, ("<@CONTROLLER>",)), Target(AUDIT, ("<@CFO>",)), days=1
        ),
        Level.FAILURE: LevelSettings(
            Target(OPS, ("<!here>",)), Target(CLOSE, ("<@CONTROLLER>",)), hours=4
        ),
    }
    found = SlackSettings(CLOSE, levels, token=Place(Way.VARIABLE, "TOKEN"))
    return replace(found, **changes)  # type: ignore[arg-type]


def kinds(alerts: Sequence[Alert]) -> list[tuple[str, str]]:
    """Return what the alerts are and where they go."""
    return [(alert.kind.value, alert.place) for alert in alerts]


def test_a_run_has_one_digest_and_a_message_for_each_critical_break() -> None:
    """The lead is mentioned for the high ones, the controller for each critical one."""
    found = facts()
    alerts = of_run(slack(), found, found.breaks, FIRST)
    grave = [item for item in found.breaks if item.severity is Severity.CRITICAL]
    assert kinds(alerts) == [("digest", "channel:#close")] + [("critical", "channel:#close")] * len(
        grave
    )
    assert alerts[0].payload["text"].endswith(" <@LEAD>")
    assert [alert.names for alert in alerts[1:]] == [(item.name,) for item in grave]
    assert all("<@CONTROLLER>" in alert.payload["text"] for alert in alerts[1:])
    assert set(alerts[0].names) == {item.name for item in found.breaks}
    assert all(alert.id in str(alert.payload["attachments"]) for alert in alerts)


def test_the_same_alerts_have_the_same_ids() -> None:
    """So that they are queued once, unless somebody asks to be told again."""
    found = facts()
    first = [alert.id for alert in of_run(slack(), found, found.breaks, FIRST)]
    later = FIRST + timedelta(hours=1)
    assert [alert.id for alert in of_run(slack(), found, found.breaks, later)] == first
    again = [alert.id for alert in of_run(slack(), found, found.breaks, later, "again")]
    assert not {*again} & {*first}
    assert len({*first}) == len(first)


def test_a_flood_of_critical_breaks_is_one_message_more() -> None:
    """The largest have messages of their own; every break counts as told."""
    breaks = [replace(item, severity=Severity.CRITICAL) for item in many(60)]
    found = facts(breaks)
    alerts = [a for a in of_run(slack(), found, found.breaks, FIRST) if a.kind != "digest"]
    assert len(alerts) == LARGEST + 1
    assert "35 more critical breaks" in alerts[-1].payload["text"]
    assert {name for alert in alerts for name in alert.names} == {item.name for item in breaks}


def test_a_level_with_a_place_of_its_own_gets_the_digest_there_too() -> None:
    """Only when it has news."""
    levels = {**slack().levels}
    levels[Level.WARNING] = replace(levels[Level.WARNING], first=Target(OPS, ("<@TEAM>",)))
    found = facts()
    news = [item for item in found.breaks if item.severity is not Severity.CRITICAL]
    assert kinds(of_run(slack(levels=levels), found, news, FIRST)) == [
        ("digest", "channel:#close"),
        ("digest", "env:OPS_WEBHOOK"),
    ]
    assert kinds(of_run(slack(levels=levels), found, [], FIRST)) == [("digest", "channel:#close")]


def test_invalid_rows_are_high_and_told_once() -> None:
    """The lead is mentioned for them where the run before had not as many."""
    first, again = facts(), facts(before=[])
    assert (first.new_invalid, again.new_invalid) == (True, False)
    for found, called in ((first, True), (again, False)):
        (digest,) = of_run(slack(), found, [], FIRST)
        assert ("<@LEAD>" in digest.payload["text"]) is called


def test_the_workbook_goes_into_the_thread_of_its_digest() -> None:
    """Where uploads are wanted and a bot can make them."""
    found = facts(workbook="2024-06/x/recon.xlsx")
    assert "report" not in dict(kinds(of_run(slack(), found, [], FIRST)))
    digest, report = of_run(slack(upload=True), found, [], FIRST)
    assert (report.payload["file"], report.payload["thread"]) == (found.workbook, digest.id)


def test_a_run_again_pages_nobody_for_what_has_not_changed() -> None:
    """Another amount is news, another wording or another name is none, nor is what is answered."""
    found = facts()
    alerts = of_run(slack(), found, found.breaks, FIRST)
    known = alerted_breaks(alerts, str(MONTH), {RUN_ID: found.breaks})
    assert fresh(found, known) == []
    assert len(fresh(found, {})) == len(found.breaks)
    first, second, third, *rest = found.breaks
    now = [
        replace(first, recognized=first.recognized + 1),
        replace(second, explanation="Otherwise."),
        replace(third, customer="Renamed"),
        *rest,
    ]
    assert [item.name for item in fresh(facts(now), known)] == [first.name]
    assert alerted_breaks(alerts, "2024-07", {RUN_ID: found.breaks}) == {}


def test_what_was_dropped_has_told_nobody() -> None:
    """Its breaks are news again, but for those that another message told of after it."""
    found = facts()
    seen = {RUN_ID: found.breaks}
    alerts = of_run(slack(), found, found.breaks, FIRST)
    digest, *graver = alerts
    names = [name for alert in graver for name in alert.names]
    assert set(alerted_breaks(alerts, str(MONTH), seen, {digest.id})) == set(names)
    assert not set(alerted_breaks(alerts, str(MONTH), seen, {alert.id for alert in graver})) & set(
        names
    )
    again = of_run(slack(), found, found.breaks, FIRST, "again")
    gone = {alert.id for alert in alerts}
    assert fresh(found, alerted_breaks(alerts, str(MONTH), seen, gone)) == list(found.breaks)
    assert fresh(found, alerted_breaks([*alerts, *again], str(MONTH), seen, gone)) == []


class Story:
    """Runs, what people say and what was sent, as the journal has it; days count from the first."""

    def __init__(self, *breaks: Break) -> None:
        self.breaks = list(breaks)
        self.events: list[Event] = []
        self.seen: dict[str, list[Break]] = {}
        self.runs: list[Run] = []
        self.alerts: list[Alert] = []
        self.deliveries: list[Delivery] = []

    def at(self, day: float) -> datetime:
        """Return a moment."""
        return FIRST + timedelta(days=day)

    def run(
        self, day: float, *breaks: Break, month: Month = MONTH, sent: bool = True,
        provisional: bool = False,
    ) -> None:  # fmt: skip
        """Run a month, and send its digest a minute later."""
        name, at = f"run-{len(self.runs)}", self.at(day)
        self.runs.append(replace(run(name, at, month=month), provisional=provisional))
        self.seen[name] = list(breaks)
        self.events.append(Event(len(self.events), at, "", "", Kind.RUN, name, month))
        names = tuple(item.name for item in breaks)
        self.tell(day, AlertKind.DIGEST, "high", str(month), names, sent=sent)

    def tell(
        self, day: float, kind: AlertKind, level: str, month: str, names: tuple[str, ...] = (),
        *, sent: bool = True, sentence: str = "It failed.",
    ) -> None:  # fmt: skip
        """Queue an alert and send it, unless Slack is down."""
        about = {"about": {"sentence": sentence, "code": 5, "origin": "on x"}}
        alert = Alert(
            f"A-{len(self.alerts)}", self.at(day), "", month, kind, level, str(CLOSE), about, names
        )
        self.alerts.append(alert)
        if sent:
            later = alert.at + timedelta(minutes=1)
            self.deliveries.append(Delivery(alert.id, later, Sent.SENT))

    def acknowledge(self, day: float, item: Break, until: str = "") -> None:
        """Let somebody answer."""
        at = self.at(day)
        self.events.append(
            Event(0, at, "d", "h", Kind.ACKNOWLEDGED, item.name, MONTH, "known", until)
        )

    def due(self, day: float, month: Month = MONTH) -> list[Alert]:
        """Return what is escalated on a day, and remember it."""
        found = escalations(
            slack(),
            EscalationInput(
                open_items(self.events, self.seen, month), self.events, self.runs, self.alerts,
                self.deliveries, self.at(day),
            ),
            UTC_DAYS,
        )  # fmt: skip
        self.alerts += found
        return found


def a_break(severity: str = "high", **changes: object) -> Break:
    """Return a break of a severity."""
    return replace(example_breaks()[0], severity=Severity[severity.upper()], **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("severity", "last", "place", "who"),
    [
        # From Wednesday on, Thursday is a holiday, and then the weekend.
        ("critical", 2, "channel:#audit", "<@CFO>"),
        ("high", 5, "channel:#close", "<@CONTROLLER>"),
        ("warning", 8, "channel:#close", "<@LEAD>"),
    ],
)
def test_what_nobody_acknowledges_goes_on(severity: str, last: int, place: str, who: str) -> None:
    """After one, two and five business days; once."""
    story = Story()
    story.run(0, a_break(severity))
    assert [day for day in range(last + 1) if story.due(day)] == []
    (alert,) = story.due(last + 3 if severity == "critical" else last + 1)
    assert (alert.kind, alert.level, alert.place) == (AlertKind.ESCALATION, severity, place)
    assert alert.payload["text"].endswith(who)
    assert alert.names == (a_break().name,)
    assert all(story.due(day) == [] for day in range(20, 60))


def test_the_time_begins_when_somebody_was_told() -> None:
    """A message that still waits in the queue has told nobody."""
    story = Story()
    story.run(0, a_break(), sent=False)
    assert story.due(30) == []
    story.deliveries.append(Delivery("A-0", story.at(30), Sent.SENT))
    assert story.due(31) == []
    assert len(story.due(40)) == 1


def test_an_escalation_that_was_dropped_is_made_again() -> None:
    """Whoever drops it has corrected where it goes."""
    story = Story()
    story.run(0, a_break())
    (first,) = story.due(10)
    story.deliveries.append(Delivery(first.id, story.at(11), Sent.VOID, "dropped"))
    (second,) = story.due(12)
    assert second.id != first.id
    assert story.due(13) == []


def test_an_answer_stops_the_climb_and_a_change_begins_it_anew() -> None:
    """What was acknowledged was the break as it stood; the time begins with the next alert."""
    story = Story()
    story.run(0, a_break())
    story.acknowledge(1, a_break())
    assert story.due(20) == []
    story.run(21, a_break(recognized=7))
    assert story.due(22) == []
    assert len(story.due(30)) == 1


def test_what_is_resolved_is_not_escalated() -> None:
    """A run without the break closes it."""
    story = Story()
    story.run(0, a_break())
    story.events.append(Event(9, story.at(1), "", "", Kind.RESOLVED, a_break().name, MONTH, "gone"))
    assert story.due(20) == []


def test_a_provisional_month_waits_but_not_for_ever() -> None:
    """Until it is run again, or has ended so long ago that what lacks is lacking."""
    story = Story()
    story.run(0, a_break(), provisional=True)
    assert story.due(28) == []
    assert len(story.due(29)) == 1
    story = Story()
    story.run(0, a_break(), provisional=True)
    story.run(10, a_break())
    assert len(story.due(11)) == 1


def test_repeat_breaks_climb() -> None:
    """Each level is told once; a graver one is news, and late since the first alert."""
    story = Story()
    story.run(0, a_break("warning"))
    assert [alert.level for alert in story.due(20)] == ["warning"]
    story.run(30, a_break("high"), month=MONTH + 1)
    assert [alert.level for alert in story.due(31, MONTH + 1)] == ["high"]
    story.run(60, a_break("critical"), month=MONTH + 2)
    assert [alert.level for alert in story.due(61, MONTH + 2)] == ["critical"]
    assert story.due(90, MONTH + 2) == []


def test_many_overdue_breaks_are_one_message_a_level() -> None:
    """The gravest level first."""
    breaks = [replace(item, contract_id=item.name, owner="") for item in many(90)]
    story = Story()
    story.run(0, *breaks)
    alerts = story.due(40)
    assert [alert.level for alert in alerts] == ["critical", "high", "warning"]
    assert sum(len(alert.names) for alert in alerts) == 90


def test_a_failed_run_is_told_on_after_four_hours() -> None:
    """Unless a run of the month has made it good; once."""
    story = Story()
    story.tell(0, AlertKind.FAILURE, "failure", "2024-06")
    assert story.due(0.15) == []
    (alert,) = story.due(0.2)
    assert "has not succeeded within 4 hours <@CONTROLLER>" in alert.payload["text"]
    story.tell(0.3, AlertKind.FAILURE, "failure", "2024-06", sentence="Another one.")
    assert story.due(1) == []
    story.run(2)
    story.tell(3, AlertKind.FAILURE, "failure", "2024-06")
    assert len(story.due(4)) == 1


def test_a_failure_that_was_made_good_is_not_told_on() -> None:
    """A run of another month makes it not good."""
    story = Story()
    story.tell(0, AlertKind.FAILURE, "failure", "2024-06")
    story.run(0.05, month=MONTH)
    assert story.due(1) == []
    story.tell(2, AlertKind.FAILURE, "failure", "2024-07")
    story.run(2.05, month=MONTH)
    assert len(story.due(3)) == 1


def test_the_same_failure_is_told_once_a_day() -> None:
    """Again after a day, after a good run, for another month, and with another sentence."""
    story = Story()
    story.tell(0, AlertKind.FAILURE, "failure", "2024-06")

    def again(day: float, month: str = "2024-06", sentence: str = "It failed.") -> bool:
        return repeats(story.alerts, story.runs, month, sentence, story.at(day))

    assert again(0.5)
    assert not again(0.999)  # the next day, a minute earlier
    assert not again(0.5, month="2024-07")
    assert not again(0.5, sentence="Another one.")
    story.run(0.6)
    assert not again(0.7)


def test_business_days_leave_out_weekends_and_holidays() -> None:
    """The day of the alert does not count, in the calendar's time zone."""
    calendar = Calendar(time_zone="America/New_York", holidays=frozenset({date(2024, 7, 4)}))
    count = business_days(calendar)
    friday = datetime(2024, 7, 5, 12, tzinfo=UTC)
    assert count(FIRST, friday) == 1
    assert count(friday, friday + timedelta(days=3)) == 1
    assert count(friday, friday + timedelta(hours=15)) == 0
    assert count(friday, friday) == 0
