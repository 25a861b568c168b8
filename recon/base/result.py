"""The result of a reconciliation: breaks, totals, the bridge.

The model of a break is that of `recon.base.breaks`; all of it can be imported from here.
Amounts are ten-thousandths of the currency unit (see `recon.base.money`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol

from recon.base import money
from recon.base.breaks import (
    TIMING,
    AnyCause,
    Break,
    CarriedDifference,
    Cause,
    Certainty,
    Counterpart,
    EarlierValue,
    Entry,
    Flag,
    Status,
    fingerprint,
    short_name,
)
from recon.base.events import Event, Severity
from recon.base.frames import amount, frame
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.text import counted

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "LINE_COLUMNS", "TIMING", "AnyCause", "Break", "Bucket", "CarriedDifference", "Cause",
    "Certainty", "Counterpart", "CurrencyPart", "EarlierValue", "Entry", "Flag", "InvalidRow",
    "Lines",
    "Reconciliation", "Side", "SourceFacts", "Status", "Totals", "fingerprint", "short_name",
]  # fmt: skip


class Side(StrEnum):
    """The two sides that are compared."""

    ANALYTICS = "analytics"
    ACCOUNTING = "accounting"


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """A row that cannot be compared.

    `row` counts from 1 in the order in which the source delivers its contract lines, or the
    entries of the month. `place` names it in the source, as `entries.csv, line 12`. `amount` is the
    contract value or the amount posted, None where it cannot be read; customer and owner are those
    of the contract, as far as it is known.
    """

    side: Side
    row: int
    id: str
    reason: str
    place: str = ""
    currency: str = ""
    amount: int | None = None
    customer: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of a currency, or of a part."""

    expected: int
    recognized: int
    gross_difference: int
    contract_lines: int
    inactive_lines: int
    matched: int
    within_tolerance: int
    breaks: int

    def masked(self, ppm: int) -> bool:
        """Whether a small net difference hides a gross one.

        The tolerance is in millionths.
        """
        allowed = ppm * abs(self.expected)
        return abs(self.difference) * 1_000_000 <= allowed < self.gross_difference * 1_000_000

    @property
    def difference(self) -> int:
        """The net difference: recognized less expected."""
        return self.recognized - self.expected

    @property
    def compared(self) -> int:
        """The lines with revenue in the month, on either side.

        The others, outside their term for the most part, match trivially and would flatter the
        rate.
        """
        return self.matched - self.inactive_lines + self.within_tolerance + self.breaks

    @property
    def match_rate(self) -> str:
        """The matching share of compared lines, as `97.31%`.

        Lines within tolerance match.
        """
        return money.share(self.compared - self.breaks, self.compared)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One step of the bridge from expected to recognized.

    `gross` adds the differences of its lines without their signs; journals before recon 0.3 have
    not kept it.
    """

    bucket: str
    amount: int
    lines: int
    gross: int = 0


@dataclass(frozen=True, slots=True)
class CurrencyPart:
    """The totals of a part of one currency.

    The part is a segment, a revenue type or a kind of revenue.
    """

    by: str
    name: str
    currency: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """One side's delivery; for accounting, the month's entries.

    `repeated` are the rows that are equal to an earlier one in every column. Of the invalid ones,
    `unread_amounts` have none that could be read.
    """

    rows: int
    invalid: int
    control_total: Mapping[str, int]
    description: str = "data frame"
    repeated: int = 0
    unread_amounts: int = 0

    @property
    def compared(self) -> int:
        """The rows that were compared with the other side."""
        return self.rows - self.invalid - self.repeated


LINE_COLUMNS = (
    "contract_id", "revenue_type", "kind", "currency", "customer", "segment", "owner", "status",
    "cause", "severity", "expected", "recognized", "difference", "allowed", "to_date_expected",
    "to_date_recognized", "unrecognized_remainder", "entries", "flags", "event",
)  # fmt: skip


class Lines(Protocol):
    """All compared lines, read in batches to spare memory."""

    columns: tuple[str, ...]

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[tuple[object, ...]]: ...

    def texts(self, expression: str, made: Mapping[str, str]) -> Iterator[str]:
        """A text for each line.

        It is SQL over the columns that `made` makes, by name.
        """
        ...

    def to_pandas(self) -> pd.DataFrame:
        """The lines as a data frame, with int64 ten-thousandths."""
        ...


# The columns of data frames.
_TOTALS = (
    "currency", "expected", "recognized", "difference", "gross_difference", "contract_lines",
    "matched", "within_tolerance", "breaks", "match_rate",
)  # fmt: skip
BREAK_COLUMNS = (
    "name", "contract_id", "revenue_type", "currency", "customer", "segment", "owner", "status",
    "cause", "candidates", "certainty", "severity", "expected", "recognized", "difference",
    "percent", "allowed", "to_date_expected", "to_date_recognized", "to_date_difference", "flags",
    "entry_ids", "explanation", "event",
)  # fmt: skip
_EVENTS = (
    "id", "kind", "severity", "sentence", "advice", "mark", "lines", "net", "gross", "breaks_left",
)  # fmt: skip
_INVALID = ("side", "row", "place", "id", "customer", "owner", "currency", "amount", "reason")
_AMOUNTS = frozenset(
    "expected recognized difference gross_difference allowed to_date_expected to_date_recognized "
    "to_date_difference unrecognized_remainder amount gross".split()
)


def _break_row(item: Break) -> list[object]:
    return [_plain(getattr(item, name)) for name in BREAK_COLUMNS]


def _event_row(event: Event) -> list[object]:
    return [
        {code: amount(units, code) for code, units in getattr(event, name).items()}
        if name in ("net", "gross")
        else _plain(getattr(event, name))
        for name in _EVENTS
    ]


def _invalid_row(row: InvalidRow) -> list[object]:
    return [_plain(getattr(row, name)) for name in _INVALID]


def _plain(value: object) -> object:
    """A value in words, without recon's own types."""
    if isinstance(value, Severity):
        return value.word
    if isinstance(value, StrEnum):
        return value.value
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


@dataclass(frozen=True)
class Reconciliation:
    """The result of a month, which nothing counts again.

    Every report, the console and Slack read it. `places` are those of the rows that are named, by
    number in their source; `earlier` are values of broken lines' contracts in earlier runs.
    """

    month: Month
    policy: Policy
    sources: Mapping[Side, SourceFacts]
    totals: Mapping[str, Totals]
    bridge: Mapping[str, Sequence[Bucket]]
    breaks: Sequence[Break]
    invalid: Sequence[InvalidRow]
    parts: Sequence[CurrencyPart]
    flags: Mapping[Flag, int]
    notices: Sequence[str]
    lines: Lines = field(compare=False, repr=False)
    events: Sequence[Event] = ()
    carried: Sequence[CarriedDifference] = ()
    places: Mapping[Side, Mapping[int, str]] = field(default_factory=dict)
    earlier: Sequence[EarlierValue] = ()

    @property
    def severity(self) -> Severity | None:
        """The worst severity, or None.

        An invalid row is at least high.
        """
        found = [item.severity for item in self.breaks] + [event.severity for event in self.events]
        return max(found + [Severity.HIGH] * bool(self.invalid), default=None)

    @property
    def verdict(self) -> str:
        """Whether the month may be closed: `ready`, `look`, `do_not_close`."""
        worst = self.severity
        if worst is None:
            return "ready"
        return "do_not_close" if worst >= Severity.HIGH else "look"

    def to_frames(self) -> dict[str, pd.DataFrame]:
        """Totals, bridge, breaks, events, invalid and lines as data frames.

        Amounts are Decimal, with the decimals of their currency. The lines are read from the
        session, all of them.
        """
        return {
            "totals": frame(_TOTALS, self._totals(), _AMOUNTS),
            "bridge": frame(("currency", *Bucket.__slots__), self._steps(), _AMOUNTS),
            "breaks": frame(BREAK_COLUMNS, map(_break_row, self.breaks), _AMOUNTS),
            "events": frame(_EVENTS, map(_event_row, self.events), ()),
            "invalid": frame(_INVALID, (_invalid_row(row) for row in self.invalid), _AMOUNTS),
            "lines": frame(self.lines.columns, self.lines, _AMOUNTS),
        }

    def _totals(self) -> Iterator[tuple[object, ...]]:
        ranked = sorted(self.totals, key=lambda of: money.rank(of, self.policy.currency))
        for currency in ranked:
            values = attrgetter(*_TOTALS[1:])(self.totals[currency])
            yield currency, *values

    def _steps(self) -> Iterator[tuple[object, ...]]:
        for currency, steps in self.bridge.items():
            yield from (
                (currency, *(getattr(step, name) for name in Bucket.__slots__)) for step in steps
            )

    def __repr__(self) -> str:
        sums = "; ".join(
            f"{currency} expected {money.pretty(one.expected, currency)}, "
            f"recognized {money.pretty(one.recognized, currency)}"
            for currency, one in self.totals.items()
        )
        found = f"{counted(len(self.breaks), 'break')}, {counted(len(self.invalid), 'invalid row')}"
        return f"<Reconciliation {self.month}: {self.verdict}, {found}; {sums or 'no revenue'}>"

    def _repr_html_(self) -> str:
        """The totals as a table, for notebooks."""
        table = frame(_TOTALS, self._totals(), _AMOUNTS)
        table.columns = [name.replace("_", " ") for name in _TOTALS]
        return (
            f"<p><strong>{escape(str(self.month))}: {self.verdict.replace('_', ' ')}</strong>, "
            f"{counted(len(self.breaks), 'break')}, {counted(len(self.invalid), 'invalid row')}</p>"
            f"{table.to_html(index=False)}"
        )

    def breaks_from(self, severity: Severity | None) -> bool:
        """Whether anything is at or above a severity; None never.

        Breaks count, events, and invalid rows.
        """
        found = self.severity
        return severity is not None and found is not None and found >= severity

    def masked(self, currency: str) -> bool:
        """Whether net is within tolerance and gross is not."""
        return self.totals[currency].masked(self.policy.tolerance.ppm or 0)
