"""Run summary: the journal's content on a run. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from recon.base import money
from recon.base.result import Break, Bucket
from recon.base.text import counted
from recon.record.journal.alerts import Alert, AlertKind, Delivery, Sent
from recon.record.journal.found_events import FoundEvent
from recon.record.journal.history import Since, compared
from recon.record.journal.model import OpenItem, Run, State


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run with its breaks, and its place among others.

    `open_items` has the breaks by name; `carried` counts the breaks of earlier months that are
    still open. `where` is the folder of its reports or a link to it, `workbook` its file below the
    reports, '' where there is none. `notice` is what to know before anything else, and
    `new_invalid` whether the last run of the month had not as many invalid rows. `events` are the
    facts behind many lines. `seal` is the journal's up to the run, '' where it is not known.
    """

    run: Run
    breaks: tuple[Break, ...]
    since: Since | None
    open_items: Mapping[str, OpenItem]
    carried: int
    where: str
    workbook: str = ""
    sample: bool = False
    notice: str = ""
    new_invalid: bool = False
    events: tuple[FoundEvent, ...] = ()
    seal: str = ""

    @property
    def currencies(self) -> list[str]:
        """The currencies, the policy's first, then by lines."""
        main, totals = self.run.policy.get("currency"), self.run.totals
        return sorted(totals, key=lambda c: (c != main, -totals[c].compared, c))

    @property
    def to_fix(self) -> list[Break]:
        """The breaks without an event in order of work.

        Acknowledged ones come last.
        """
        states = {name: open_item.state for name, open_item in self.open_items.items()}
        alone = (item for item in self.breaks if not item.event)
        return sorted(alone, key=lambda item: states.get(item.name) is State.ACKNOWLEDGED)

    @property
    def level(self) -> str:
        """The worst severity in a word; invalid rows count high."""
        return self.run.severity or "matched"

    @property
    def verdict(self) -> str:
        """Whether the month may be closed, in a sentence."""
        if self.run.reported is None:
            return f"{self.run.month.name}: {counted(self.run.breaks, 'break')}"
        return self.run.reported.verdict

    @property
    def ends(self) -> tuple[str, str]:
        """The words for both ends of the bridge."""
        of_cash = self.run.of_cash
        return ("by the feeds", "by the ledger") if of_cash else ("expected", "recognized")

    @property
    def masked(self) -> tuple[str, ...]:
        """Currencies whose net difference hides a gross one."""
        return self.run.reported.masked if self.run.reported else ()

    @property
    def bridge(self) -> Mapping[str, Sequence[Bucket]] | None:
        """The bridge's steps by currency; None if not kept."""
        return self.run.reported.bridge if self.run.reported else None


def in_order(breaks: Iterable[Break], main: str = "") -> tuple[Break, ...]:
    """Breaks in reading order: the most severe, then the largest.

    Those of the main currency come first within a severity.
    """

    def place(item: Break) -> tuple[int, tuple[bool, str], int, str]:
        return -item.severity, money.rank(item.currency, main), -abs(item.difference), item.name

    return tuple(sorted(breaks, key=place))


def run_summary(
    run: Run,
    runs: Sequence[Run],
    seen: Mapping[str, Sequence[Break]],
    open_items: Mapping[str, OpenItem],
    carried: int,
    where: str,
    *,
    workbook: str = "",
    sample: bool = False,
    notice: str = "",
    events: Sequence[FoundEvent] = (),
    seal: str = "",
) -> RunSummary:
    """The summary of a run.

    `runs` are those of its month, `seen` their breaks.
    """
    now = {item.name: item for item in seen[run.run_id]}
    earlier = [other for other in runs if other.ended < run.ended]
    since = None
    if earlier:
        then = {item.name: item for item in seen[earlier[-1].run_id]}
        since = compared(earlier[-1], then, run.totals, now)
    return RunSummary(
        run,
        in_order(now.values(), run.policy.get("currency", "")),
        since,
        open_items,
        carried,
        where,
        workbook,
        sample,
        notice,
        new_invalid=run.invalid > 0 and (not earlier or earlier[-1].invalid != run.invalid),
        events=tuple(events),
        seal=seal,
    )


def alerted_breaks(
    alerts: Iterable[Alert],
    month: str,
    seen: Mapping[str, Sequence[Break]],
    gone: Collection[str] = (),
) -> dict[str, Break]:
    """The breaks that alerts named, as they were, by name.

    An alert that is `gone` has reached nobody, and its breaks are news once more.
    """
    found: dict[str, Break] = {}
    for alert in alerts:
        if alert.month == month and alert.kind in (AlertKind.DIGEST, AlertKind.CRITICAL):
            names = set(alert.names)
            if alert.id in gone:
                found = {name: item for name, item in found.items() if name not in names}
            else:
                found |= {item.name: item for item in seen.get(alert.run, ()) if item.name in names}
    return found


def alerted_events(
    alerts: Iterable[Alert], month: str, gone: Collection[str] = ()
) -> frozenset[str]:
    """The events that alerts of a month have named.

    An alert that is `gone` has reached nobody.
    """
    return frozenset(
        name
        for alert in alerts
        if alert.month == month and alert.id not in gone
        for name in alert.names
        if name.startswith("E-")
    )


def fresh(summary: RunSummary, known: Mapping[str, Break]) -> list[Break]:
    """The open breaks that no alert has named as now."""
    return [
        item
        for item in summary.breaks
        if summary.open_items[item.name].state is State.OPEN
        and (item.name not in known or _essence(known[item.name]) != _essence(item))
    ]


def _essence(item: Break) -> tuple[object, ...]:
    """The values that make a break news when they change.

    Another wording or a new name is none.
    """
    return item.status, item.cause, item.severity, item.expected, item.recognized


def dropped(deliveries: Iterable[Delivery]) -> set[str]:
    """The alerts that nobody will ever get."""
    return {item.alert for item in deliveries if item.sent is Sent.VOID}


def sent_at(deliveries: Iterable[Delivery]) -> dict[str, datetime]:
    """The moment at which each alert was sent."""
    return {item.alert: item.at for item in deliveries if item.sent is Sent.SENT}
