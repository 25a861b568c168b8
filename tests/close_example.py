"""The close of the example month: its roll-forward and its proposed entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from recon.base.result import Cause
from recon.reconciliation.adjusting_entries import Proposals, proposals
from recon.reconciliation.rollforward import NO_LINE, Key, RollforwardRow
from tests.example import COLUMNS, MONTH, reconciliation

BOOKED = {("Setup", "Enterprise", "USD"): 80_000_000}
CHANGED = {("Subscription", "Enterprise", "JPY"): -1_234_560_000}


def example_proposals() -> Proposals:
    """Return the proposals for the breaks of the example."""
    return proposals(MONTH, reconciliation().breaks)


def example_rollforward() -> tuple[RollforwardRow, ...]:
    """Return a roll-forward that recognizes what the example does, of lines half way through."""
    return tuple(_row(key, lines) for key, lines in sorted(_groups().items(), key=_last))


def _groups() -> dict[Key, list[dict[str, int]]]:
    groups: defaultdict[Key, list[dict[str, int]]] = defaultdict(list)
    for line in _lines():
        unknown = line["cause"] == Cause.UNKNOWN_CONTRACT
        kind, segment = (NO_LINE, "") if unknown else (line["revenue_type"], line["segment"])
        amounts = {name: value for name, value in line.items() if isinstance(value, int)}
        groups[str(kind), str(segment), str(line["currency"])].append(amounts)
    return groups


def _lines() -> Iterator[dict[str, object]]:
    for line in reconciliation().lines:
        yield dict(zip(COLUMNS, line, strict=True))


def _last(item: tuple[Key, object]) -> tuple[str, bool, Key]:
    return item[0][2], item[0][0] == NO_LINE, item[0]


def _row(key: Key, lines: list[dict[str, int]]) -> RollforwardRow:
    recognized = sum(line["recognized"] for line in lines)
    earned = sum(line["to_date_recognized"] for line in lines)
    ended = sum(line["unrecognized_remainder"] for line in lines)
    booked, changed = BOOKED.get(key, 0), CHANGED.get(key, 0)
    closing = 2 * sum(line["to_date_expected"] for line in lines) - earned
    return RollforwardRow(
        *key,
        opening=closing + recognized + ended - booked - changed,
        bookings=booked,
        changes=changed,
        terminations=ended,
        recognized=recognized,
        closing=closing,
        beyond_value=-earned if key[0] == NO_LINE else 0,
    )
