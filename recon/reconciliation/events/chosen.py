"""Chosen facts: the simplest that explain most become events.

`recon.reconciliation.relations` lists the relations that it reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from recon.base.events import Event, EventKind, Severity
from recon.base.result import short_name
from recon.base.text import counted
from recon.reconciliation.events.found import FEWEST, Found
from recon.reconciliation.events.saying import amounts
from recon.reconciliation.totals import name_events
from recon.store.session import Session

# Of facts that explain about as many lines, the kind that comes first here is the simplest.
_SIMPLEST = (
    EventKind.EXTRACT_TWICE, EventKind.ID_RULE, EventKind.SIGN_OF_SIDE, EventKind.UNIT_OF_SIDE,
    EventKind.MAPPING, EventKind.SHIFTED_MONTH, EventKind.BATCH_TWICE, EventKind.POLICY,
    EventKind.BIAS, EventKind.RATIO, EventKind.REPRICED, EventKind.BATCH_MISSING,
)  # fmt: skip
_RANK = {kind: rank for rank, kind in enumerate(_SIMPLEST)}
_SEVERITIES = {severity.word: severity for severity in Severity}


def chosen(found: Iterable[Found], harmless: Iterable[Found]) -> list[tuple[Found, frozenset[int]]]:
    """The facts that become events, each with its lines.

    One that has lost more than half of its lines to others tells nothing new. Facts by which no
    line breaks come last.
    """
    left, taken, picked = list(found), frozenset[int](), list[tuple[Found, frozenset[int]]]()
    while left:
        open_lines = [(fact, fact.lines - taken) for fact in left]
        open_lines = [
            (fact, lines)
            for fact, lines in open_lines
            if len(lines) >= FEWEST and 2 * len(lines) > len(fact.lines)
        ]
        if not open_lines:
            break
        most = max(len(lines) for _, lines in open_lines)
        best = min(
            (pair for pair in open_lines if 20 * len(pair[1]) >= 19 * most),
            key=lambda pair: (
                _RANK[pair[0].kind], -pair[0].explained * 1000 // pair[0].marked // 50,
                pair[0].mark.axis, pair[0].cost, -len(pair[1]), pair[0].mark.value, pair[0].fact,
            ),
        )  # fmt: skip
        picked.append(best)
        taken |= best[1]
        left = [fact for fact, _ in open_lines if fact is not best[0]]
    rest = ((fact, fact.lines - taken) for fact in harmless)
    return picked + [(fact, lines) for fact, lines in rest if len(lines) >= FEWEST]


class _Line(NamedTuple):
    """Line of an event."""

    line: int
    id: str
    type: str
    currency: str
    difference: int
    to_date_difference: int
    severity: str | None


def events_of(
    connection: Session, found: Sequence[tuple[Found, frozenset[int]]], breaks: int
) -> tuple[Event, ...]:
    """Events of chosen facts, those that settle most breaks first."""
    if not found:
        name_events(connection, {})
        return ()
    numbers = sorted(set().union(*(lines for _, lines in found)))
    rows = connection.execute(
        """SELECT line, id, type, currency, difference, to_date_recognized - to_date_expected,
            severity
        FROM lines_compared LEFT JOIN break_causes USING (line)
        WHERE line IN (SELECT unnest(?)) ORDER BY id_key, type, currency""",
        [numbers],
    ).fetchall()
    known = [_Line(*row) for row in rows]
    groups = [(fact, [line for line in known if line.line in lines]) for fact, lines in found]
    groups.sort(key=lambda group: (-_broken(group[1]), -len(group[1]), _RANK[group[0].kind]))
    events, left, named = list[Event](), breaks, dict[int, str]()
    for fact, lines in groups:
        left -= _broken(lines)
        events.append(_event(fact, lines, left))
        named |= dict.fromkeys((line.line for line in lines), events[-1].id)
    name_events(connection, named)
    return tuple(events)


def _broken(lines: Sequence[_Line]) -> int:
    return sum(line.severity is not None for line in lines)


def _event(fact: Found, lines: Sequence[_Line], left: int) -> Event:
    net, gross = Counter[str](), Counter[str]()
    for line in lines:
        amount = line.to_date_difference if fact.to_date else line.difference
        net[line.currency] += amount
        gross[line.currency] += abs(amount)
    worst = max(_SEVERITIES.get(line.severity or "", Severity.WARNING) for line in lines)
    return Event(
        id="E-" + short_name(12, fact.kind.value, fact.mark.axis.name, fact.mark.value, fact.fact),
        kind=fact.kind,
        sentence=fact.tells(counted(len(lines), "line"), f"{amounts(net)} net"),
        advice=fact.advice,
        keys=tuple((line.id, line.type, line.currency) for line in lines),
        severity=max(worst, Severity.HIGH) if fact.kind is EventKind.BIAS else worst,
        net=dict(net),
        gross=dict(gross),
        mark=fact.mark.words,
        explained=fact.explained,
        marked=fact.marked,
        breaks_left=left,
        setting=fact.setting,
        to_date=fact.to_date,
    )  # fmt: skip
