"""Earlier months: causes of a month that went off.

Amounts are ten-thousandths.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from recon.base import money
from recon.base.month import Month
from recon.base.result import Cause


class PostedBefore(NamedTuple):
    """One entry of a line, or a `condensed` sum."""

    month: int
    entry_id: str
    amount: int
    document_ref: str
    condensed: bool


@dataclass(frozen=True, slots=True)
class EarlierMonth:
    """A line's month: the expected amount and the entries.

    `older` where it stands for all months up to this one.
    """

    month: Month
    expected: int
    entries: tuple[PostedBefore, ...]
    older: bool

    @property
    def recognized(self) -> int:
        """The sum of the entries."""
        return sum(entry.amount for entry in self.entries)

    @property
    def difference(self) -> int:
        """Recognized less expected."""
        return self.recognized - self.expected


class Finding(NamedTuple):
    """Causes that fit, and words; no causes where none fits."""

    causes: tuple[Cause, ...]
    words: str


def judge(one: EarlierMonth, value: int, start_month: int, unit: int, currency: str) -> Finding:
    """Causes of a month that went off.

    Only those of its own entries: another line may have had the amount.
    """
    fits = [] if one.older else list(_causes(one, value, start_month, unit))
    if fits:
        return Finding(tuple(cause for cause, _ in fits), f"in {one.month} {fits[0][1]}")
    if not one.older and (extra := _extra(one)):
        return extra
    gap = money.pretty(one.difference, currency, sign=True)
    when = f"up to {one.month}" if one.older else f"in {one.month}"
    return Finding((), f"{when} the entries are {gap} {currency} off, which no cause explains")


def _causes(
    one: EarlierMonth, value: int, start_month: int, unit: int
) -> Iterator[tuple[Cause, str]]:
    """Yield the causes of a month with their words."""
    off, got, due = one.difference, one.recognized, one.expected
    if not one.entries:
        yield Cause.NOT_POSTED, "no entry was posted"
        return
    if due == 0:
        early = one.month.index < start_month
        yield (
            (Cause.NOT_STARTED, "revenue was recognized before the start")
            if early
            else (Cause.ENDED, "revenue was recognized after the end")
        )
        return
    if surplus := _repeated(one):
        yield surplus
    if got == -due:
        yield Cause.SIGN_FLIPPED, f"{_have(one.entries)} the wrong sign"
    for entry in one.entries:
        if entry.amount == off and entry.document_ref and off * due < 0:
            yield Cause.CREDIT_NOTE, f"{entry.entry_id} on {entry.document_ref} takes it back"
            break
    if any(got == due * factor or got * factor == due for factor in (10, 100, 1000)):
        yield (
            Cause.DECIMAL_SHIFT,
            f"{_have(one.entries)} the decimal point shifted",
        )
    if _swapped(got // unit, due // unit):
        yield Cause.DIGITS_SWAPPED, f"{_have(one.entries)} two digits exchanged"
    if got == value:
        yield Cause.FULL_VALUE, "the whole contract value was recognized at once"


def _extra(one: EarlierMonth) -> Finding | None:
    """The entry without which the month agrees, if any."""
    found = [entry for entry in one.entries if entry.amount == one.difference]
    if not found or len(one.entries) < 2 or not one.expected:  # noqa: PLR2004 - one alone is all
        return None
    words = f"{_ids(found)} is too much, and nothing says why it was posted"
    return Finding((Cause.EXTRA_ENTRY,), f"in {one.month} {words}")


def _repeated(one: EarlierMonth) -> tuple[Cause, str] | None:
    """Entry that repeats another one of equal amount."""
    same: defaultdict[int, list[PostedBefore]] = defaultdict(list)
    for entry in one.entries:
        same[entry.amount].append(entry)
    copies = same.get(one.difference, [])
    if len(copies) < 2:  # noqa: PLR2004 - one repeats none
        return None
    alike = len({entry.document_ref for entry in copies}) == 1
    cause = Cause.DUPLICATE_ENTRY if alike else Cause.POSTED_AGAIN
    return cause, f"{_ids(copies)} have the same amount, one of them too many"


def _ids(entries: Sequence[PostedBefore]) -> str:
    named = [entry.entry_id for entry in entries if entry.entry_id]
    if len(named) == len(entries):
        return ", ".join(named)
    return "an entry" if len(entries) == 1 else f"{len(entries)} entries"


def _have(entries: Sequence[PostedBefore]) -> str:
    return f"{_ids(entries)} {'has' if len(entries) == 1 else 'have'}"


def _swapped(got: int, due: int) -> bool:
    """Whether two neighbouring digits are exchanged."""
    one, other = str(abs(got)), str(abs(due))
    if len(one) != len(other) or (got < 0) != (due < 0):
        return False
    places = [n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    first = places[0] if places else 0
    return places == [first, first + 1] and one[first : first + 2] == other[first : first + 2][::-1]


@dataclass(frozen=True, slots=True)
class EarlierValue:
    """Months that another value of the contract would give.

    `recognized` / `expected` is its share of the value.
    """

    first: Month
    last: Month
    recognized: int
    expected: int

    def finding(self, value: int, currency: str) -> Finding:
        """The cause, with the value that fits the months."""
        was = value * self.recognized // self.expected
        return Finding(
            (Cause.AMENDED,),
            f"from {self.first} to {self.last} the entries are those of a value of about "
            f"{money.pretty(was, currency)} {currency} instead of {money.pretty(value, currency)}",
        )


def same_share(months: Sequence[EarlierMonth], unit: int) -> EarlierValue | None:
    """Earlier contract value that fits months in a row.

    Each has the same share of its expected amount, to a minor unit.
    """
    got, due = (sum(getattr(one, side) for one in months) for side in ("recognized", "expected"))
    in_a_row = months[-1].month.index - months[0].month.index == len(months) - 1
    if not in_a_row or got * due <= 0 or any(one.older for one in months):
        return None
    if any(abs(one.recognized * due - one.expected * got) > unit * abs(due) for one in months):
        return None
    return EarlierValue(months[0].month, months[-1].month, got, due)
