"""A matcher of small books, written from the documentation: one document after the other.

A book has one currency and no kinds. `matching` knows the rules by number and those by amount and
day; `sums` tries every group of the documents that are left, of amounts so large that none adds up
by chance.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, groupby

# A document of a side: its number, its customer, its day, its amount.
Row = tuple[str | None, str | None, int, int]
WINDOW = 5


@dataclass(frozen=True)
class _Document:
    side: int
    ref: str | None
    customer: str | None
    day: int
    amount: int
    at: int

    @property
    def sign(self) -> int:
        return (self.amount > 0) - (self.amount < 0)


Group = list[_Document]
_Key = Callable[[_Document], Hashable]


def matching(first: list[Row], second: list[Row]) -> Counter[tuple[str, tuple[object, ...]]]:
    """The matches of two books: the rule, and the content of the documents in order."""
    open_ones = [
        _Document(side, *row, at)
        for side, rows in ((1, first), (2, second))
        for at, row in enumerate(rows)
        if row[3]
    ]
    known = {(d.side, d.ref) for d in open_ones if d.ref}
    found = Counter[tuple[str, tuple[object, ...]]]()
    for name, rule in _RULES.items():
        fit = open_ones
        if name.startswith("number"):
            fit = [d for d in open_ones if d.ref]
        else:
            # A number that the other side knows belongs to its document there.
            fit = [d for d in open_ones if not d.ref or (3 - d.side, d.ref) not in known]
        taken = set[tuple[int, int]]()
        for group in rule(fit):
            keys = {(d.side, d.at) for d in group}
            assert not taken & keys
            taken |= keys
            found[name, _content(group)] += 1
        open_ones = [d for d in open_ones if (d.side, d.at) not in taken]
    return found


def _content(group: Group) -> tuple[object, ...]:
    return tuple(sorted((d.side, d.ref or "", d.customer or "", d.day, d.amount) for d in group))


def _classes(documents: Iterable[_Document], key: _Key) -> Iterator[tuple[Group, Group]]:
    found: dict[Hashable, tuple[Group, Group]] = defaultdict(lambda: ([], []))
    for d in documents:
        found[key(d)][d.side - 1].append(d)
    yield from found.values()


def _one_to_one(key: _Key) -> Callable[[Group], Iterator[Group]]:
    """Pairs that mean only each other."""

    def rule(documents: Group) -> Iterator[Group]:
        for ours, theirs in _classes(documents, key):
            if len(ours) == len(theirs) == 1:
                yield [*ours, *theirs]

    return rule


def _equal(key: _Key) -> Callable[[Group], Iterator[Group]]:
    """Equal documents in order: those of a day first, then the earliest with the earliest."""

    def rule(documents: Group) -> Iterator[Group]:
        for both in _classes(documents, key):
            ours, theirs = (
                sorted(side, key=lambda d: (d.day, d.customer or "~", d.at)) for side in both
            )
            for day in sorted({d.day for d in ours}):
                of_day = [[d for d in side if d.day == day] for side in (ours, theirs)]
                for one, other in zip(*of_day, strict=False):
                    ours.remove(one)
                    theirs.remove(other)
                    yield [one, other]
            yield from map(list, zip(ours, theirs, strict=False))

    return rule


def _sums(documents: Group) -> Iterator[Group]:
    """The documents of a number whose sums agree, or of one side that are nothing together."""
    for ours, theirs in _classes(documents, lambda d: (d.ref, d.customer)):
        if sum(d.amount for d in ours) == sum(d.amount for d in theirs):
            several = len(ours) + len(theirs) > 2
            if (ours and theirs and several) or not (ours and theirs):
                yield [*ours, *theirs]


def _of_a_sign(documents: Group) -> Iterator[Group]:
    for ours, theirs in _classes(documents, lambda d: (d.ref, d.customer, d.sign)):
        if ours and theirs and len(ours) + len(theirs) > 2:
            yield [*ours, *theirs]


def _near(window: int) -> Callable[[Group], Iterator[Group]]:
    """Equal documents that have one class within the window to pair with, of as many."""

    def rule(documents: Group) -> Iterator[Group]:
        key = lambda d: (d.side, d.customer or "", d.amount, d.day)  # noqa: E731
        classes = [list(group) for _, group in groupby(sorted(documents, key=key), key=key)]

        def near(one: Group) -> list[Group]:
            a = one[0]
            return [
                other for other in classes
                if other[0].side != a.side and other[0].customer == a.customer
                and other[0].amount == a.amount and abs(other[0].day - a.day) <= window
            ]  # fmt: skip

        for ours in classes:
            there = near(ours)
            if ours[0].side == 1 and len(there) == 1 == len(near(there[0])):
                theirs = there[0]
                if len(ours) == len(theirs):
                    pairs = zip(*(sorted(g, key=_by_ref) for g in (ours, theirs)), strict=True)
                    yield from map(list, pairs)

    return rule


def _by_ref(document: _Document) -> tuple[bool, str, int]:
    return document.ref is None, document.ref or "", document.at


_RULES: dict[str, Callable[[Group], Iterator[Group]]] = {
    "number": _equal(lambda d: (d.ref, d.customer, d.amount)),
    "number, other customer": _equal(lambda d: (d.ref, d.amount)),
    "number, other amount": _one_to_one(lambda d: (d.ref, d.customer)),
    "number, sums": _sums,
    "number, other amount of that sign": _one_to_one(lambda d: (d.ref, d.customer, d.sign)),
    "number, several of another amount": _of_a_sign,
    "amount, same day": _near(0),
    "amount, near day": _near(WINDOW),
}


def sums(first: list[Row], second: list[Row]) -> Counter[tuple[object, ...]]:
    """The groups of a customer's documents that mean only each other by their sum."""
    sides = {
        side: [_Document(side, *row, at) for at, row in enumerate(rows)]
        for side, rows in ((1, first), (2, second))
    }
    found, doubtful = list[Group](), list[Group]()
    for side, documents in sides.items():
        for one in documents:
            there = [d for d in sides[3 - side] if abs(d.day - one.day) <= WINDOW]
            solutions = {_content(list(g)): list(g) for g in _adding_up(there, one.amount)}
            for group in solutions.values():
                alone = len(solutions) == 1 and len(group) > 1
                (found if alone else doubtful).append([one, *group])
    found += _whole(sides[1], sides[2])
    claims = Counter(
        (d.side, d.at) for group in {frozenset(g) for g in (*found, *doubtful)} for d in group
    )
    taken = {frozenset(g) for g in found if all(claims[d.side, d.at] == 1 for d in g)}
    return Counter(_content(list(group)) for group in taken)


def _adding_up(documents: Group, amount: int) -> Iterator[tuple[_Document, ...]]:
    for size in range(1, 7):
        for group in combinations(documents, size):
            if sum(d.amount for d in group) == amount:
                yield group


def _whole(first: Group, second: Group) -> Iterator[Group]:
    """All that is open of both sides, if no part of one is a part of the other."""
    if not (2 <= len(first) <= 6 and 2 <= len(second) <= 6):
        return
    days = [d.day for d in (*first, *second)]
    if sum(d.amount for d in first) != sum(d.amount for d in second):
        return
    if max(days) - min(days) > WINDOW:
        return
    parts = {sum(d.amount for d in g) for n in range(1, len(first)) for g in combinations(first, n)}
    others = range(1, len(second))
    if not any(sum(d.amount for d in g) in parts for n in others for g in combinations(second, n)):
        yield [*first, *second]
