"""Mixed books: several errors on a line, several faults in a book, small and no events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations

from tests.benchmarks.planted.books import NOW, Book, Key, Line, book
from tests.benchmarks.planted.errors import ERRORS, plant
from tests.benchmarks.planted.systemic import FAULTS, Found

# An event of a mixed book: the kinds that tell it, and its lines.
Planted = tuple[tuple[str, ...], Found]
# Smaller books, of about 220 lines.
_CUSTOMERS = 120
_TWO_ERRORS = (
    "duplicate_entry", "posted_again", "sign_flipped", "credit_note", "decimal_shift",
    "digits_swapped", "wrong_period", "extra_entry",
)  # fmt: skip
# A turned entry beside the right one on another document is a credit note, one alone a wrong sign.
_LIKE_ONE = {("posted_again", "sign_flipped"), ("credit_note", "wrong_period")}
# Faults of a segment, so that two of them meet in one book.
_OF_SEGMENTS = (
    "segment missing", "segment in another currency", "a month late", "posted with tax",
    "another convention", "prices raised",
)  # fmt: skip


@dataclass
class Mixed:
    """A book with what was planted in it.

    `causes` are the errors of single lines; a line with two of them has both.
    """

    name: str
    book: Book
    events: list[Planted] = field(default_factory=list)
    causes: dict[Key, tuple[str, ...]] = field(default_factory=dict)


def pairs_of_errors(seed: int, prices: str) -> Iterator[Mixed]:
    """A book with every pair of errors, each pair on a line."""
    made = book(seed, prices, _CUSTOMERS)
    by_cause = {planter.cause: planter for planter in ERRORS}
    mixed = Mixed("pairs of errors", made)
    lines = [line for line in made.lines if len(made.of(line)) == 1]
    made.random.shuffle(lines)
    for one, other in sorted({*combinations(_TWO_ERRORS, 2)} - _LIKE_ONE):
        while lines:
            line = lines.pop()
            before = list(made.entries[line.key])
            if by_cause[one].plant(made, line) and _second(made, line, by_cause[other].plant):
                mixed.causes[line.key] = (one, other)
                break
            made.entries[line.key] = before
    yield mixed


def _second(made: Book, line: Line, planter: Callable[[Book, Line], bool | Line]) -> bool:
    """Plant an error on one of a line's entries that another error is on already."""
    kept = made.entries[line.key]
    now = [entry for entry in kept if entry.period == NOW]
    if not now:
        return False
    aside = now[1:]
    made.entries[line.key] = [entry for entry in kept if entry not in aside]
    done = planter(made, line)
    made.entries[line.key] += aside
    return bool(done)


def fault_and_errors(seed: int, prices: str) -> Iterator[Mixed]:
    """Each fault in a book of its own, with single errors on other lines."""
    for fault in FAULTS:
        made = book(seed, prices, _CUSTOMERS)
        lines = fault.plant(made)
        mixed = Mixed(f"{fault.name} and errors", made, [(fault.kinds, lines)])
        made.taken |= lines
        for planter in made.random.sample(ERRORS, 5):
            mixed.causes |= {key: (cause,) for key, cause in plant(made, planter, 1).items()}
        yield mixed


def two_faults(seed: int, prices: str) -> Iterator[Mixed]:
    """Two faults in two segments of a book."""
    named = {fault.name: fault for fault in FAULTS}
    for one, other in combinations(_OF_SEGMENTS, 2):
        made = book(seed, prices, _CUSTOMERS)
        mixed = Mixed(f"{one}, {other}", made)
        for name, segment in ((one, "SMB"), (other, "Public")):
            made.segment = segment
            mixed.events.append((named[name].kinds, named[name].plant(made)))
        yield mixed


def small_events(seed: int, prices: str) -> Iterator[Mixed]:
    """A document of six to ten lines: twice, missing, a month late, a year off."""
    for name, kind, change in _SMALL:
        made = book(seed, prices, _CUSTOMERS)
        chosen = [line for line in made.lines if len(made.of(line)) == 1
                  and made.of(line, NOW - 1)]  # fmt: skip
        lines = made.random.sample(chosen, made.random.randrange(6, 11))
        for line in lines:
            for entry in list(made.entries[line.key]):
                if entry.period in (NOW - 1, NOW):
                    document = f"SMALL-{entry.period}"
                    made.change(line, entry, replace(entry, document=document))
            change(made, line)
        yield Mixed(name, made, [((kind,), {line.key for line in lines})])


def _twice(made: Book, line: Line) -> None:
    (entry,) = made.of(line)
    made.add(line, replace(entry, entry_id=made.new_id()))


def _missing(made: Book, line: Line) -> None:
    made.change(line, *made.of(line))


def _late(made: Book, line: Line) -> None:
    made.last = max(made.last, NOW + 1)
    (entry,) = made.of(line)
    made.change(line, entry, replace(entry, period=NOW + 1))


def _year_off(made: Book, line: Line) -> None:
    (entry,) = made.of(line)
    made.change(line, entry, replace(entry, period=NOW + 12))


_SMALL: tuple[tuple[str, str, Callable[[Book, Line], None]], ...] = (
    ("small batch twice", "batch_twice", _twice),
    ("small batch missing", "batch_missing", _missing),
    ("small batch a month late", "shifted_month", _late),
    ("small batch a year off", "shifted_month", _year_off),
)


def third_broken(seed: int, prices: str) -> Iterator[Mixed]:
    """Three lines in ten with random errors: no event is there."""
    made = book(seed, prices, _CUSTOMERS)
    mixed = Mixed("three in ten broken", made)
    while len(mixed.causes) < 3 * len(made.lines) // 10:
        planter = made.random.choice(ERRORS)
        mixed.causes |= {key: (cause,) for key, cause in plant(made, planter, 1).items()}
    yield mixed


MIXES: Mapping[str, Callable[[int, str], Iterator[Mixed]]] = {
    mix.__name__: mix
    for mix in (pairs_of_errors, fault_and_errors, two_faults, small_events, third_broken)
}
