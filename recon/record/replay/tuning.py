"""Tuning: stored months under another tolerance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recon.base.errors import UsageError
from recon.base.month import Month
from recon.base.periods import Periods
from recon.base.policy import Policy
from recon.base.result import Break, Cause
from recon.reconciliation.totals import unknown_segments
from recon.record.journal.store import Journal
from recon.record.replay.stored_run import Pack, replayed


@dataclass(frozen=True, slots=True)
class Tuned:
    """A month under another tolerance: breaks gained and lost.

    Breaks are as the run would have them: those that are gained with the tolerance in question,
    those that are lost with its own. `unknown_segments` are in the policy and not in the month.
    `events` are so many with its own tolerance, `events_then` with the one in question.
    """

    month: Month
    run_id: str
    breaks: int
    gained: tuple[Break, ...]
    lost: tuple[Break, ...]
    unknown_segments: Sequence[str] = ()
    events: int = 0
    events_then: int = 0

    @property
    def ignored(self) -> Mapping[str, int]:
        """The newly ignored value: the lost breaks' gross by currency."""
        found: dict[str, int] = {}
        for item in self.lost:
            found[item.currency] = found.get(item.currency, 0) + abs(item.difference)
        return found

    @property
    def missed(self) -> tuple[Break, ...]:
        """The lost breaks that are proven errors, with one cause."""
        return tuple(
            item for item in self.lost if item.cause is not Cause.UNEXPLAINED and not item.ambiguous
        )


def other_policy(
    table: Mapping[str, Any],
    tolerance: str | None,
    segments: Mapping[str, str],
    types: Mapping[str, str],
) -> Policy:
    """A stored policy with other tolerances; raises ConfigError."""
    changed = dict(table)
    if tolerance is not None:
        changed["tolerance"] = tolerance
    for name, rates in (("segments", segments), ("types", types)):
        rules = dict(changed.get(name, {}))
        stored = {key.strip().casefold(): key for key in rules}
        for key, rate in rates.items():
            known = stored.get(key.strip().casefold(), key)
            rules[known] = {**rules.get(known, {}), "tolerance": rate}
        changed[name] = rules
    return Policy.of(changed)


def stored(
    reports: Path, months: Set[Month] = frozenset(), periods: Periods | None = None
) -> list[Pack]:
    """The evidence of each recorded month's last run.

    `months` are the months to look at, none for all of them. Raises UsageError where a month has no
    run, or none has.
    """
    with Journal.look(reports, periods) as journal:
        last = {run.month: run for run in journal.runs()}
    missing = sorted(months - set(last))
    if missing or not last:
        what = f"of {missing[0]} " if missing else ""
        raise UsageError(f"No run {what}is recorded in {reports}; `recon month` makes one.")
    chosen = sorted(months or last)
    return [Pack.of(reports / last[month].folder) for month in chosen]


def tuned_months(
    packs: Sequence[Pack],
    tolerance: str | None,
    segments: Mapping[str, str],
    types: Mapping[str, str],
    progress: Callable[[str], None] = lambda _: None,
) -> list[Tuned]:
    """Stored months under other tolerances, in the order of `packs`.

    Raises UsageError where a segment is one of none of them: nothing would be lost by it.
    """
    found, unknown = [], {name.strip().casefold(): name for name in segments}
    for pack in packs:
        progress(f"Replaying {pack.month}")
        policy = other_policy(pack.policy_table, tolerance, segments, types)
        month = tuned(pack, policy)
        found.append(month)
        still = {name.strip().casefold() for name in month.unknown_segments}
        unknown = {key: name for key, name in unknown.items() if key in still}
    if unknown:
        raise UsageError(
            f"No stored month has a contract line of the segment {', '.join(unknown.values())}; "
            "check how it is spelled."
        )
    return found


def tuned(pack: Pack, policy: Policy) -> Tuned:
    """A stored month under another policy."""
    with replayed(pack) as (_, result):
        before, events = {item.name: item for item in result.breaks}, len(result.events)
    with replayed(pack, policy) as (session, result):
        unknown = unknown_segments(session, policy)
        after, events_then = {item.name: item for item in result.breaks}, len(result.events)
    return Tuned(
        month=pack.month,
        run_id=pack.run_id,
        breaks=len(before),
        gained=tuple(item for key, item in after.items() if key not in before),
        lost=tuple(item for key, item in before.items() if key not in after),
        unknown_segments=unknown,
        events=events,
        events_then=events_then,
    )
