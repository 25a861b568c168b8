"""Single errors: each changes a line or two of a book, and says which cause is the truth.

A planter takes a book and a line that nothing was planted on, and returns the keys that break by it
with the causes that are right there, or None where the line is not one for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from tests.benchmarks.planted.books import FIRST, NOW, Book, Entry, Key, Line, first_day, rounded

Truth = Mapping[Key, str] | None


@dataclass(frozen=True)
class Planter:
    """An error that can be planted, and the cause that is the truth."""

    cause: str
    plant: Callable[[Book, Line], bool | Line]

    def __call__(self, book: Book, line: Line) -> Truth:
        """Plant the error on a line."""
        done = self.plant(book, line)
        if done is False:
            return None
        keys = [line.key] + ([done.key] if isinstance(done, Line) else [])
        return dict.fromkeys(keys, self.cause)


def _only(book: Book, line: Line) -> Entry | None:
    """Return the line's entry of the month, if it is one entry and no other fault is near."""
    entries = book.of(line)
    return entries[0] if len(entries) == 1 and entries[0].amount > 0 else None


def duplicate_entry(book: Book, line: Line) -> bool:
    """Post the month's entry twice on one document."""
    if not (entry := _only(book, line)):
        return False
    book.add(line, replace(entry, entry_id=book.new_id()))
    return True


def posted_again(book: Book, line: Line) -> bool:
    """Post the month's entry again on another document."""
    if not (entry := _only(book, line)):
        return False
    book.add(line, book.entry(line, NOW, entry.amount, f"M-{book.new_id()}"))
    return True


def sign_flipped(book: Book, line: Line) -> bool:
    """Turn the sign of the month's entry."""
    if not (entry := _only(book, line)):
        return False
    book.change(line, entry, replace(entry, amount=-entry.amount))
    return True


def credit_note(book: Book, line: Line) -> bool:
    """Take the month back on a document of its own."""
    if not (entry := _only(book, line)):
        return False
    book.add(line, book.entry(line, NOW, -entry.amount, f"CN-{book.new_id()}"))
    return True


def decimal_shift(book: Book, line: Line) -> bool:
    """Post ten times the amount."""
    if not (entry := _only(book, line)):
        return False
    book.change(line, entry, replace(entry, amount=10 * entry.amount))
    return True


def digits_swapped(book: Book, line: Line) -> bool:
    """Exchange two digits of the amount."""
    if not (entry := _only(book, line)):
        return False
    digits = str(entry.amount)
    places = [i for i in range(len(digits) - 3) if digits[i] != digits[i + 1] != "0"]
    if not places:
        return False
    i = places[0]
    swapped = int(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :])
    if len(str(swapped)) != len(digits) or 50 * abs(swapped - entry.amount) < entry.amount:
        return False
    book.change(line, entry, replace(entry, amount=swapped))
    return True


def wrong_period(book: Book, line: Line) -> bool:
    """Post the month's entry one to six months away, or a year off."""
    if not (entry := _only(book, line)):
        return False
    away = book.random.choice((-1, -1, -2, -3, -6, -12, 12, 1, 1))
    first = min(e.period for e in book.entries[line.key])
    if not max(FIRST, first) <= NOW + away and away != 12:
        return False
    if 0 < away < 12 and book.last < NOW + away:
        return False
    book.change(line, entry, replace(entry, period=NOW + away))
    return True


def catch_up(book: Book, line: Line) -> bool:
    """Post last month's entry in this month."""
    last = book.of(line, NOW - 1)
    if not _only(book, line) or len(last) != 1 or line.start > NOW - 3:
        return False
    book.change(line, last[0], book.entry(line, NOW, last[0].amount))
    return True


def not_posted(book: Book, line: Line) -> bool:
    """Forget the month's entry."""
    if not (entry := _only(book, line)):
        return False
    book.change(line, entry)
    return True


def wrong_type(book: Book, line: Line) -> bool | Line:
    """Post the month's entry on another type of the contract."""
    others = [o for o in book.lines if o.contract_id == line.contract_id and o is not line]
    return _moved(book, line, others)


def wrong_contract(book: Book, line: Line) -> bool | Line:
    """Post the month's entry on another contract of the customer."""
    others = [
        o for o in book.by_customer()[line.customer]
        if o.contract_id != line.contract_id and o.revenue_type == line.revenue_type
    ]  # fmt: skip
    return _moved(book, line, others)


def _moved(book: Book, line: Line, others: list[Line]) -> bool | Line:
    others = [other for other in others if book.of(other) and other.key not in book.taken]
    if not (entry := _only(book, line)) or len(others) != 1 or not _only(book, others[0]):
        return False
    other = others[0]
    moved = replace(entry, contract_id=other.contract_id, revenue_type=other.revenue_type)
    book.change(line, entry)
    book.add(other, moved)
    return other


def mistyped_contract(book: Book, line: Line) -> bool | Line:
    """Post the month's entry on an id with one digit wrong."""
    if not (entry := _only(book, line)):
        return False
    known = {other.contract_id for other in book.lines}
    wrong = [
        line.contract_id[:i] + digit + line.contract_id[i + 1 :]
        for i in range(2, 8) for digit in "0123456789"
    ]  # fmt: skip
    wrong = [other for other in wrong if other not in known]
    stray = replace(line, contract_id=book.random.choice(wrong))
    book.change(line, entry)
    book.strays.append(replace(entry, contract_id=stray.contract_id))
    return stray


def wrong_currency(book: Book, line: Line) -> bool | Line:
    """Post the month's entry in another currency."""
    if not (entry := _only(book, line)):
        return False
    book.change(line, entry)
    book.strays.append(replace(entry, currency="EUR"))
    return replace(line, currency="EUR")


def full_value(book: Book, line: Line) -> bool:
    """Recognize the whole value in the first month."""
    if line.start != NOW or not (entry := _only(book, line)):
        return False
    book.change(line, entry, replace(entry, amount=line.value))
    return True


def wrong_duration(book: Book, line: Line) -> bool:
    """Spread the value over other months from the start."""
    months = book.random.choice([m for m in (6, 10, 18, 24, 36) if m != line.months])
    other = replace(line, months=months)
    if not other.expected(NOW) or line.start < FIRST or line.start > NOW - 2:
        return False
    book.entries[line.key] = [
        book.entry(line, month, amount)
        for month in range(max(line.start, book.first), book.last + 1)
        if (amount := other.expected(month))
    ]  # fmt: skip
    return True


def wrong_start(book: Book, line: Line) -> bool:
    """Begin one month early."""
    if line.start != NOW + 1:
        return False
    other = replace(line, start=NOW)
    book.entries[line.key] = [
        book.entry(line, month, amount)
        for month in range(NOW, book.last + 1) if (amount := other.expected(month))
    ]  # fmt: skip
    return True


def amended(book: Book, line: Line) -> bool | Line:
    """Change the value in the same row; the ledger spreads the rest from some month on."""
    since = NOW - book.random.randrange(0, 4)
    done = since - line.start
    if done < 2 or line.start + line.months <= NOW + 2 or line.start < book.first:
        return False
    before = line.to_date(since - 1)
    value = line.value * book.random.choice((80, 125, 150)) // 100
    rest, left = value - before, line.months - done
    posted = [e for e in book.entries[line.key] if e.period < since]
    for month in range(since, book.last + 1):
        k = month - since
        amount = rounded(rest, k + 1, left) - rounded(rest, k, left)
        posted.append(book.entry(line, month, amount))
    book.entries[line.key] = posted
    book.replace_line(line, value=value)
    return True


def stopped_by_days(book: Book, line: Line) -> bool:
    """Terminate within the month; the ledger takes it by days."""
    if not (entry := _only(book, line)):
        return False
    day = book.random.randrange(8, 23)
    part = rounded(entry.amount, day, 30)
    later = [e for e in book.entries[line.key] if e.period > NOW]
    for other in later:
        book.change(line, other)
    book.change(line, entry, replace(entry, amount=part))
    stop = first_day(NOW).replace(day=day)
    book.replace_line(line, terminated=stop)
    return True


def remainder_taken(book: Book, line: Line) -> bool:
    """Terminate at the month's end; the ledger takes all that is left."""
    if not (entry := _only(book, line)) or line.start + line.months <= NOW + 2:
        return False
    rest = line.value - line.to_date(NOW - 1)
    for other in [e for e in book.entries[line.key] if e.period > NOW]:
        book.change(line, other)
    book.change(line, entry, replace(entry, amount=rest))
    book.replace_line(line, terminated=date(2024, 6, 30))
    return True


def partial_posting(book: Book, line: Line) -> bool:
    """Post a line in two parts in every month; this month lacks one of them."""
    if not _only(book, line) or line.start > NOW - 3:
        return False
    share = book.random.choice((30, 40, 60))
    part = rounded(book.of(line)[0].amount, share, 100)
    for entry in list(book.entries[line.key]):
        first = replace(entry, amount=part)
        second = book.entry(line, entry.period, entry.amount - part)
        book.change(line, entry, *([first] if entry.period == NOW else [first, second]))
    return True


def posted_together(book: Book, line: Line) -> bool | Line:
    """Post two lines of a customer as one entry on one of them."""
    others = [
        o
        for o in book.by_customer()[line.customer]
        if o is not line and book.of(o) and o.key not in book.taken
    ]
    if not (entry := _only(book, line)) or len(others) != 1:
        return False
    other = others[0]
    if not (kept := _only(book, other)):
        return False
    book.change(line, entry)
    book.change(other, kept, replace(kept, amount=kept.amount + entry.amount))
    return other


def two_causes(book: Book, line: Line) -> bool:
    """Post an entry twice, ten times too large."""
    if not (entry := _only(book, line)):
        return False
    wrong = replace(entry, amount=10 * entry.amount)
    book.change(line, entry, wrong, replace(wrong, entry_id=book.new_id()))
    return True


def extra_entry(book: Book, line: Line) -> bool:
    """Post an amount that nobody can explain beside the right one."""
    if not (entry := _only(book, line)):
        return False
    amount = entry.amount * book.random.randrange(11, 93) // 100 + book.random.randrange(100)
    book.add(line, book.entry(line, NOW, amount, f"M-{book.new_id()}"))
    return True


def ended(book: Book, line: Line) -> bool:
    """Go on after the end of the term."""
    if line.start + line.months != NOW:
        return False
    book.add(line, book.entry(line, NOW, line.expected(NOW - 1)))
    return True


def not_started(book: Book, line: Line) -> bool:
    """Recognize before the start: an amount of its own."""
    if line.start != NOW + 1:
        return False
    book.add(line, book.entry(line, NOW, line.expected(NOW + 1) * 73 // 100))
    return True


def unknown_contract(book: Book, line: Line) -> bool | Line:
    """Post something for a contract that nobody knows."""
    stray = replace(line, contract_id=f"X-{book.random.randrange(10**8):08d}")
    amount = book.random.randrange(1_000, 500_000)
    book.strays.append(book.entry(stray, NOW, amount))
    return stray


def unexplained(book: Book, line: Line) -> bool:
    """Post any amount."""
    if not (entry := _only(book, line)):
        return False
    amount = entry.amount * book.random.randrange(23, 88) // 100 + book.random.randrange(100)
    book.change(line, entry, replace(entry, amount=amount))
    return True


ERRORS: tuple[Planter, ...] = tuple(
    Planter(plant.__name__, plant)
    for plant in (
        duplicate_entry, posted_again, sign_flipped, credit_note, decimal_shift, digits_swapped,
        wrong_period, catch_up, not_posted, wrong_type, wrong_contract, mistyped_contract,
        wrong_currency, full_value, wrong_duration, wrong_start, amended, stopped_by_days,
        remainder_taken, partial_posting, posted_together, two_causes, extra_entry, ended,
        not_started, unknown_contract, unexplained,
    )
)  # fmt: skip

# Causes whose correction is a plain entry.
PLAIN = frozenset({
    "duplicate_entry", "sign_flipped", "decimal_shift", "digits_swapped", "wrong_type",
    "wrong_contract", "mistyped_contract", "wrong_currency", "full_value", "not_posted", "ended",
    "wrong_period",
})  # fmt: skip


def plant(book: Book, planter: Planter, times: int) -> dict[Key, str]:
    """Plant an error on some lines on which nothing was planted yet."""
    truth: dict[Key, str] = {}
    lines = list(book.lines)
    book.random.shuffle(lines)
    for line in lines:
        if times <= 0:
            break
        if line.key in book.taken or not (found := planter(book, line)):
            continue
        if planter.cause == "unknown_contract":
            found = {key: cause for key, cause in found.items() if key != line.key}
        truth.update(found)
        book.taken.update(found)
        book.taken.add(line.key)
        times -= 1
    return truth
