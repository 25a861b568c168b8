"""The plan of a run: messages and places. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from recon.alerts.blocks import Message
from recon.alerts.digest import digest
from recon.alerts.message import Style, critical, critical_event, more_critical, with_id
from recon.alerts.run_summary import RunSummary
from recon.base.events import Severity
from recon.base.result import Break, short_name
from recon.config.slack import Level, Place, SlackSettings, Way
from recon.record.journal.alerts import Alert, AlertKind, Payload
from recon.record.journal.found_events import FoundEvent

# A month with more critical breaks has one problem and not so many: the others share a message.
LARGEST = 25


def style_of(slack: SlackSettings) -> Style:
    """The style of messages."""
    return Style(slack.redact, slack.owners)


def alert_id(*parts: str) -> str:
    """The id of an alert, the same for equal parts."""
    return "A-" + short_name(8, *parts)


def of_run(
    slack: SlackSettings,
    summary: RunSummary,
    news: Sequence[Break],
    at: datetime,
    again: str = "",
    known: Collection[str] = frozenset(),
) -> list[Alert]:
    """The alerts of a run: digest, report, critical findings.

    `news` are the breaks that somebody is mentioned for, `known` the events that alerts have named
    before. A run's alerts have the same ids every time, unless `again` says otherwise.
    """
    maker = _Maker(summary, at, again)
    events = [event for event in summary.events if event.id not in known]
    alerts = list(_digests(slack, summary, news, events, maker))
    grave = [item for item in news if item.severity is Severity.CRITICAL and not item.event]
    return [
        *alerts,
        *_critical_events(slack, summary, events, maker),
        *_criticals(slack, summary, grave, maker),
    ]


class _Maker:
    """Makes the alerts of one run."""

    def __init__(self, summary: RunSummary, at: datetime, again: str) -> None:
        self._summary, self._at, self._again = summary, at, again

    def id(self, kind: AlertKind, place: Place, name: str = "") -> str:
        """The id of an alert of the run."""
        return alert_id(self._summary.run.run_id, kind, str(place), name, self._again)

    def alert(
        self, kind: AlertKind, level: str, place: Place, payload: Payload, name: str = "",
        names: Iterable[str] = (),
    ) -> Alert:  # fmt: skip
        """An alert of the run, its id in small print."""
        run, identifier = self._summary.run, self.id(kind, place, name)
        told: Payload = payload
        if "attachments" in payload:
            told = with_id(dict(payload), identifier)
        return Alert(
            identifier, self._at, run.run_id, str(run.month), kind, level, str(place), told,
            tuple(names),
        )  # fmt: skip


def _digests(
    slack: SlackSettings,
    summary: RunSummary,
    news: Sequence[Break],
    events: Sequence[FoundEvent],
    maker: _Maker,
) -> Iterator[Alert]:
    names = [item.name for item in summary.breaks]
    names += [event.id for event in events if event.severity is not Severity.CRITICAL]
    graver = {Level.HIGH.value} if summary.new_invalid else set()
    there = {item.severity.word for item in news} | graver
    there |= {event.severity.word for event in events}
    for place, mentions in _digest_places(slack, there).items():
        told = digest(summary, style_of(slack), mentions)
        yield maker.alert(AlertKind.DIGEST, summary.level, place, told, names=names)
        if slack.upload and summary.workbook and place.way is Way.CHANNEL:
            file: Message = {
                "text": f"Workbook of run {summary.run.run_id}",
                "file": summary.workbook,
                "thread": maker.id(AlertKind.DIGEST, place),
            }
            yield maker.alert(AlertKind.REPORT, summary.level, place, file)


def _digest_places(slack: SlackSettings, there: Collection[str]) -> Mapping[Place, tuple[str, ...]]:
    """The digest's places for news of these levels, with mentions.

    A level with a place of its own gets the digest there as well when it has news.
    """
    places: dict[Place, tuple[str, ...]] = {slack.place: ()}
    for level in (Level.HIGH, Level.WARNING):
        if level.value in there:
            first = slack.levels[level].first
            places[first.place] = (*places.get(first.place, ()), *first.mentions)
    return places


def _critical_events(
    slack: SlackSettings, summary: RunSummary, events: Sequence[FoundEvent], maker: _Maker
) -> Iterator[Alert]:
    """A message for each critical event, not its lines."""
    first, style = slack.levels[Level.CRITICAL].first, style_of(slack)
    for event in events:
        if event.severity is Severity.CRITICAL:
            told = critical_event(summary, event, style, first.mentions)
            names = [event.id, *(item.name for item in summary.breaks if item.event == event.id)]
            yield maker.alert(
                AlertKind.CRITICAL, Level.CRITICAL, first.place, told, event.id, names
            )


def _criticals(
    slack: SlackSettings, summary: RunSummary, grave: Sequence[Break], maker: _Maker
) -> Iterator[Alert]:
    first, style = slack.levels[Level.CRITICAL].first, style_of(slack)
    for item in grave[:LARGEST]:
        told = critical(summary, item, style, first.mentions)
        yield maker.alert(
            AlertKind.CRITICAL, Level.CRITICAL, first.place, told, item.name, [item.name]
        )
    if left := grave[LARGEST:]:
        told = more_critical(summary, left, style, first.mentions)
        yield maker.alert(
            AlertKind.CRITICAL, Level.CRITICAL, first.place, told, "more", [b.name for b in left]
        )
