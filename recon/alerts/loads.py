"""Loads: findings on deliveries into Slack's queue, each once.

One message has what a run of `recon load` found for the first time. It waits like any alert where
Slack cannot be reached.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial

from recon.alerts import blocks
from recon.alerts.blocks import Message, escaped
from recon.alerts.message import SENTENCE, Style, fitting, message, title_of, with_id
from recon.alerts.plan import alert_id, style_of
from recon.alerts.sending import Delivered, delivered, sent_directly
from recon.base.errors import ReconError
from recon.base.text import counted
from recon.config import Settings
from recon.config.slack import Level, SlackSettings
from recon.record import identity
from recon.record.journal.alerts import Alert, AlertKind, Sent
from recon.record.journal.store import Journal
from recon.store.findings import Finding, FindingKind
from recon.store.outcome import REFUSED, Report

# So many feeds are named in a title.
_FEEDS = 3
# What somebody has to see today; the others are warnings.
_HIGH = (FindingKind.REFUSED, FindingKind.MISSING, FindingKind.SIGNED, FindingKind.OVERLAP)


def after_load(settings: Settings, report: Report) -> Delivered:
    """Send the new findings of a run of loads.

    None without [slack]. Never raises: what was loaded is loaded, whatever becomes of its alert.
    """
    slack = settings.slack
    if slack is None or report.dry:
        return Delivered()
    found = findings_of(report)
    try:
        with Journal.at(settings.reports, settings.calendar.periods) as journal:
            dropped = {each.alert for each in journal.alerts.deliveries() if each.sent is Sent.VOID}
            told = {
                name for alert in journal.alerts.all() if alert.kind is AlertKind.LOAD
                and alert.id not in dropped for name in alert.names
            }  # fmt: skip
            news = [each for each in found if each.key not in told]
            if news:
                journal.alerts.queue(alerts_of(slack, news, datetime.now(UTC)))
            return delivered(settings, journal.alerts)
    except (ReconError, OSError):
        alerts = alerts_of(slack, found, datetime.now(UTC)) if found else []
        return next((sent_directly(slack, alert) for alert in alerts), Delivered())


def findings_of(report: Report) -> list[Finding]:
    """The findings of a run: of feeds, files and rows."""
    found = [*report.findings, *report.low]
    for each in report.outcomes:
        name, key = each.path.name, str(each.load)
        found += [_named(one, name) for one in each.findings]
        if each.status == REFUSED and each.load is not None:
            said = f"{name} is refused: {each.reason}."
            found.append(Finding(FindingKind.REFUSED, each.feed, f"refused:{key}", said))
        if each.rejected:
            rows = counted(len(each.rejected), "row")
            first = each.rejected[0]
            said = f"{name}: {rows} rejected; the first, {first.place}: {first.reason}."
            found.append(Finding(FindingKind.REJECTED, each.feed, f"rejected:{key}", said))
        if each.drift:
            drift = f"{name}: {each.drift}"
            found.append(Finding(FindingKind.DRIFT, each.feed, f"drift:{key}", drift))
    return found


def _named(found: Finding, file: str) -> Finding:
    return Finding(found.kind, found.feed, found.key, f"{file}: {found.sentence}")


def alerts_of(slack: SlackSettings, news: Sequence[Finding], at: datetime) -> list[Alert]:
    """The alerts on findings, one for each place."""
    high = any(each.kind in _HIGH for each in news)
    level = Level.HIGH if high else Level.WARNING
    first = slack.levels[level].first
    places = {slack.place: (), first.place: first.mentions}
    alerts = []
    for place, mentions in places.items():
        keys = [each.key for each in news]
        identifier = alert_id("load", str(place), *keys)
        found = digest(news, level.value, style_of(slack), mentions)
        alerts.append(
            Alert(identifier, at, "", "", AlertKind.LOAD, level, str(place),
                  with_id(found, identifier), tuple(keys))
        )  # fmt: skip
    return alerts


def digest(news: Sequence[Finding], level: str, style: Style, to: Iterable[str] = ()) -> Message:
    """The message on findings, the gravest first."""
    ordered = sorted(news, key=lambda each: each.kind not in _HIGH)
    return fitting(partial(_digest, ordered, level, style, tuple(to)), len(ordered))


def _digest(
    news: Sequence[Finding], level: str, style: Style, to: Sequence[str], shown: int
) -> Message:
    feeds = sorted({each.feed for each in news if each.feed})
    of = ", ".join(feeds[:_FEEDS]) + (" and others" if len(feeds) > _FEEDS else "")
    said = f"{counted(len(news), 'finding')} on deliveries" + (f" of {of}" if of else "")
    if all(each.kind is FindingKind.LOW for each in news):
        said = f"{counted(len(news), 'item')} low in stock"
    title = title_of(level, said, sample=False)
    if style.redact:
        kinds = Counter(f"{each.kind.value} ({each.feed})" for each in news)
        lines = [f"{count:,} x {escaped(kind, SENTENCE)}" for kind, count in kinds.items()]
    else:
        lines = [_line(each) for each in news[:shown]]
    parts = [blocks.section(line) for line in lines]
    if not style.redact and (more := len(news) - shown) > 0:
        command = (
            "recon kpi inventory"
            if all(each.kind is FindingKind.LOW for each in news)
            else ("recon loads")
        )
        parts.append(blocks.section(f"*+{more:,} more: `{command}`*"))
    return message(level, title, parts, [f"recon load on {escaped(identity.host(), 200)}"], to)


def _line(found: Finding) -> str:
    head = f"*{found.kind.value}*" + (f" `{escaped(found.feed, 60)}`" if found.feed else "")
    return f"{head}\n{escaped(found.sentence, SENTENCE)}"
