"""Run summary: what the journal knows of a run, as its messages tell it. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from recon.base import keys, money
from recon.base.result import Bucket, Cause, Severity, Status
from recon.reconciliation.verdict import verdict_of
from recon.record.journal.alerts import Alert, AlertKind, Delivery, Sent
from recon.record.journal.history import Since, compared
from recon.record.journal.model import Life, Run, SeenBreak, State


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run with its breaks, the gravest and largest first, and what it means after the others.

    `lives` has the breaks by name; `carried` counts the breaks of earlier months that are still
    open. `where` is the folder of its reports or a link to it, `workbook` its file below the
    reports, '' where there is none. `notice` is what to know before anything else, and
    `new_invalid` whether the last run of the month had not as many invalid rows.
    """

    run: Run
    breaks: tuple[SeenBreak, ...]
    since: Since | None
    lives: Mapping[str, Life]
    carried: int
    where: str
    workbook: str = ""
    sample: bool = False
    notice: str = ""
    new_invalid: bool = False

    @property
    def currencies(self) -> list[str]:
        """The currencies, that of the policy first, then those with most lines."""
        main, totals = self.run.policy.get("currency"), self.run.totals
        return sorted(totals, key=lambda c: (c != main, -totals[c].compared, c))

    @property
    def to_fix(self) -> list[SeenBreak]:
        """The breaks as they are to be looked at: those acknowledged come last."""
        states = {name: life.state for name, life in self.lives.items()}
        return sorted(self.breaks, key=lambda item: states.get(item.name) is State.ACKNOWLEDGED)

    @property
    def severities(self) -> Mapping[Severity, int]:
        """How many breaks of each severity there are."""
        return Counter(item.gravity for item in self.breaks)

    @property
    def level(self) -> str:
        """The gravest severity in a word; an invalid row is at least high."""
        return self.run.severity or "matched"

    @property
    def verdict(self) -> str:
        """Whether the month may be closed, in a sentence."""
        anything = any(totals.compared for totals in self.run.totals.values())
        return verdict_of(self.run.month, self.severities, self.run.invalid, anything)

    def masked(self, currency: str) -> bool:
        """Return whether a net difference within tolerance hides a gross one beyond it."""
        # The journal has the policy in words, which begin with the rate.
        rate = re.match(r"\d[\d.]*%", self.run.policy.get("tolerance", ""))
        return self.run.totals[currency].masked(keys.rate(rate[0]) if rate else 0)

    def bridge(self, currency: str) -> list[Bucket]:
        """Return the steps from expected to recognized; they add up to the difference."""
        totals = self.run.totals[currency]
        sums: dict[str, list[int]] = {}
        for item in self.breaks:
            if item.currency == currency:
                sums.setdefault(item.cause, []).append(item.difference)
        left = totals.difference - sum(map(sum, sums.values()))
        steps = [Bucket(Status.WITHIN_TOLERANCE.value, left, totals.within_tolerance)]
        steps += [Bucket(c.value, sum(sums[c]), len(sums[c])) for c in Cause if c in sums]
        return [step for step in steps if step.lines or step.amount]


def in_order(breaks: Iterable[SeenBreak], main: str = "") -> tuple[SeenBreak, ...]:
    """Return breaks as people read them: the gravest, in the main currency, the largest first."""

    def place(item: SeenBreak) -> tuple[int, tuple[bool, str], int, str]:
        return -item.gravity, money.rank(item.currency, main), -abs(item.difference), item.name

    return tuple(sorted(breaks, key=place))


def run_facts(
    run: Run,
    runs: Sequence[Run],
    seen: Mapping[str, Sequence[SeenBreak]],
    lives: Mapping[str, Life],
    carried: int,
    where: str,
    *,
    workbook: str = "",
    sample: bool = False,
    notice: str = "",
) -> RunFacts:
    """Return what is to be told of a run; `runs` are those of its month, `seen` their breaks."""
    now = {item.name: item for item in seen[run.run_id]}
    earlier = [other for other in runs if other.ended < run.ended]
    since = None
    if earlier:
        then = {item.name: item for item in seen[earlier[-1].run_id]}
        since = compared(earlier[-1], then, run.totals, now)
    return RunFacts(
        run,
        in_order(now.values(), run.policy.get("currency", "")),
        since,
        lives,
        carried,
        where,
        workbook,
        sample,
        notice,
        new_invalid=run.invalid > 0 and (not earlier or earlier[-1].invalid != run.invalid),
    )


def told(
    alerts: Iterable[Alert],
    month: str,
    seen: Mapping[str, Sequence[SeenBreak]],
    gone: Collection[str] = (),
) -> dict[str, SeenBreak]:
    """Return the breaks of a month that somebody was told of, as they were then, by name.

    An alert that is `gone` has told nobody, and what it was about is news once more.
    """
    found: dict[str, SeenBreak] = {}
    for alert in alerts:
        if alert.month == month and alert.kind in (AlertKind.DIGEST, AlertKind.CRITICAL):
            names = set(alert.names)
            if alert.id in gone:
                found = {name: item for name, item in found.items() if name not in names}
            else:
                found |= {item.name: item for item in seen.get(alert.run, ()) if item.name in names}
    return found


def fresh(facts: RunFacts, known: Mapping[str, SeenBreak]) -> list[SeenBreak]:
    """Return the breaks that nobody has acknowledged, and nobody was told of as they are now."""
    return [
        item
        for item in facts.breaks
        if facts.lives[item.name].state is State.OPEN
        and (item.name not in known or _essence(known[item.name]) != _essence(item))
    ]


def _essence(item: SeenBreak) -> tuple[object, ...]:
    """Return what must change for a break to be news: another wording or a new name is none."""
    return item.status, item.cause, item.severity, item.expected, item.recognized


def dropped(deliveries: Iterable[Delivery]) -> set[str]:
    """Return the alerts that nobody will ever get."""
    return {item.alert for item in deliveries if item.sent is Sent.VOID}


def sent_at(deliveries: Iterable[Delivery]) -> dict[str, datetime]:
    """Return when each alert was sent."""
    return {item.alert: item.at for item in deliveries if item.sent is Sent.SENT}
