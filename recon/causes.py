"""Causes: why a line breaks.

A detector takes the facts of a break and gives a sentence where its cause explains the
difference to the minor unit, else None. `DETECTORS` lists them in the order in which they are
named (specification, section 5); the first that fits is the cause, all that fit are candidates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from recon import money
from recon.facts import Facts
from recon.model import Cause, Entry, Status
from recon.month import Month

Detector = Callable[[Facts], str | None]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a line breaks: the cause, all that fit, and one sentence with the numbers in it."""

    cause: Cause
    candidates: tuple[Cause, ...]
    sentence: str


def explain(facts: Facts) -> Explanation:
    """Return the cause of a break and what else would explain it."""
    found = [(cause, said) for cause, detect in DETECTORS if (said := detect(facts))]
    if not found:
        found = [next((c, said) for c, detect in LAST_RESORTS if (said := detect(facts)))]
    cause, sentence = found[0]
    return Explanation(cause, tuple(fit for fit, _ in found), sentence)


def duplicate_entry(facts: Facts) -> str | None:
    """One posting, or the whole batch, stands more than once on the same document."""
    surplus = repeated(facts)
    return _taken_away(facts, surplus) if surplus else None


def repeated(facts: Facts) -> Sequence[Entry]:
    """Return the repeated entries without which the month agrees; none where it does not."""
    surplus = _surplus(facts.entries_of_month)
    for copies in surplus:
        for count in range(1, len(copies)):
            if copies[0].amount * count == facts.difference:
                return copies[-count:]
    batch = [entry for copies in surplus for entry in copies[1:]]
    if len(surplus) > 1 and sum(entry.amount for entry in batch) == facts.difference:
        return batch
    return ()


def _surplus(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Return the entries of equal amount and document; no document equals no document only."""
    if len(entries) < 2:  # noqa: PLR2004 - one repeats none
        return []
    copies: defaultdict[tuple[int, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        copies[entry.amount, entry.document_ref].append(entry)
    return [same for same in copies.values() if len(same) > 1 and same[0].amount]


def _taken_away(facts: Facts, surplus: Sequence[Entry]) -> str:
    documents = {entry.document_ref for entry in surplus}
    document = f" on {documents.pop()}" if len(documents) == 1 and all(documents) else ""
    amount = _money(facts, sum(entry.amount for entry in surplus))
    repeat = f"repeats a posting of {amount}{document}; without it"
    if len(surplus) > 1:
        repeat = f"repeat postings{document}, {amount} in all; without them"
    ids = _named(surplus, ", ")
    return f"{ids} {repeat} the month agrees with {_money(facts, facts.expected)}."


def _named(entries: Sequence[Entry], between: str) -> str:
    """Return the ids of entries; one without an id is counted."""
    ids = [entry.entry_id for entry in entries if entry.entry_id]
    if len(ids) == len(entries):
        return between.join(ids)
    return "An entry without id" if len(entries) == 1 else f"{len(entries)} entries"


def sign_flipped(facts: Facts) -> str | None:
    """The recognized amount, or one of its entries, has the wrong sign."""
    if facts.expected == 0 or facts.entry_count == 0:
        return None
    if -facts.recognized == facts.expected:
        return f"{_recognized(facts)} has the sign turned; {_expected(facts)}."
    for entry in facts.entries_of_month:
        turned = (entry.amount < 0) != (facts.expected < 0)
        if turned and 2 * entry.amount == facts.difference:
            return f"{_entry(facts, entry)} has the sign turned; {_expected(facts)}."
    return None


def decimal_shift(facts: Facts) -> str | None:
    """The recognized amount, or one of its entries, is 10, 100 or 1000 times too large or small."""
    if facts.expected == 0 or facts.entry_count == 0:
        return None
    for entry, amount in _amounts(facts):
        right = amount - facts.difference
        if shifted := _shift(amount, right):
            return f"{_wrong(facts, entry)} is {shifted} the {_money(facts, right)} that fits."
    return None


def _amounts(facts: Facts) -> Iterator[tuple[Entry | None, int]]:
    """Yield what may be wrong by itself: the recognized amount, then each of several entries."""
    yield None, facts.recognized
    if facts.entry_count > 1:
        for entry in facts.entries_of_month:
            yield entry, entry.amount


def _wrong(facts: Facts, entry: Entry | None) -> str:
    return _entry(facts, entry) if entry else _recognized(facts)


def _shift(amount: int, right: int) -> str | None:
    if amount == 0 or right == 0:
        return None
    for factor in (10, 100, 1000):
        if amount * factor == right:
            return f"1/{factor:,} of"
        if right * factor == amount:
            return f"{factor:,} times"
    return None


def digits_swapped(facts: Facts) -> str | None:
    """Two neighbouring digits of the recognized amount, or of one entry, are exchanged."""
    if facts.expected == 0 or facts.difference % (9 * facts.unit):
        return None
    for entry, amount in _amounts(facts):
        right = amount - facts.difference
        if pair := _swapped(amount, right, facts.currency):
            return (
                f"{_wrong(facts, entry)} has the digits {pair[0]} and {pair[1]} exchanged: "
                f"{_money(facts, right)} fits."
            )
    return None


def _swapped(amount: int, right: int, currency: str) -> str | None:
    """Return the two neighbouring digits whose exchange makes the right amount of one."""
    unit, least = money.minor_unit(currency), money.decimals(currency) + 1
    if right == 0 or (amount < 0) != (right < 0) or amount % unit or right % unit:
        return None
    digits = str(abs(amount) // unit).zfill(least)
    wanted = str(abs(right) // unit).zfill(least)
    if len(wanted) != len(digits):
        # Nobody writes a zero in front: that would be a shifted decimal point.
        return None
    for place in range(len(digits) - 1):
        pair = digits[place : place + 2]
        if pair[0] != pair[1] and digits[:place] + pair[::-1] + digits[place + 2 :] == wanted:
            return pair
    return None


def wrong_period(facts: Facts) -> str | None:
    """An entry stands in the month before or after the one that expects and lacks it."""
    found = misplaced(facts)
    return _moved(facts, *found) if found else None


def misplaced(facts: Facts) -> tuple[Sequence[Entry], int] | None:
    """Return the equal entries one of which is in the wrong month, and how far off it is."""
    neighbours = (
        (-1, facts.before_difference, facts.expected_before),
        (1, facts.after_difference, facts.expected_after),
    )
    for offset, difference, expected in neighbours:
        if difference != -facts.difference:
            continue
        here = [e for e in facts.entries if e.offset == 0 and e.amount == facts.difference]
        there = [e for e in facts.entries if e.offset == offset and e.amount == difference]
        if here and expected:
            return here, offset
        if there and facts.expected:
            return there, -offset
    return None


def _moved(facts: Facts, entries: Sequence[Entry], by: int) -> str:
    """Return the sentence for one of several equal entries: which one it was, nobody can tell."""
    stands = facts.month + entries[0].offset
    return (
        f"{_named(entries, ' or ')} ({_money(facts, entries[0].amount)}) stands in {stands} but "
        f"belongs in {stands + by}, which lacks just that amount."
    )


def catch_up(facts: Facts) -> str | None:
    """The month makes good what earlier months lacked: to date everything agrees."""
    if facts.to_date_recognized != facts.to_date_expected:
        return None
    return (
        f"To date {_money(facts, facts.to_date_recognized)} is recognized, just as expected: "
        f"the month makes good {_signed(facts, facts.difference)} of earlier months."
    )


def wrong_type(facts: Facts) -> str | None:
    """Added up over the revenue types of the contract, nothing is missing."""
    partner = facts.partner(Cause.WRONG_TYPE)
    if partner and partner.balanced:
        return (
            f"{_signed(facts, facts.difference)} here and {_signed(facts, -facts.difference)} on "
            f"{partner.revenue_type} of the same contract cancel out: posted under the wrong type."
        )
    if facts.lines_that_cancel > 1:
        return (
            f"The {facts.lines_that_cancel} lines of the contract that are off add up to nothing: "
            "posted under the wrong types."
        )
    return None


def wrong_contract(facts: Facts) -> str | None:
    """Another contract of the customer is off by just this amount, the other way."""
    partner = facts.partner(Cause.WRONG_CONTRACT)
    if partner is None or not partner.balanced:
        return None
    return (
        f"{_signed(facts, facts.difference)} here and {_signed(facts, -facts.difference)} on "
        f"{partner.contract_id} {partner.revenue_type} of the same customer: "
        "posted on the wrong contract."
    )


def mistyped_contract(facts: Facts) -> str | None:
    """An unknown contract id is one edit away from the one line that lacks the amount."""
    partner = facts.partner(Cause.MISTYPED_CONTRACT)
    if partner is None or not partner.single:
        return None
    right, wrong, amount = facts.contract_id, partner.contract_id, -facts.difference
    if not facts.known_contract:
        right, wrong, amount = wrong, right, -amount
    return (
        f"{_money(facts, amount)} stands on {wrong}, which analytics does not know, "
        f"and is missing on {right}, one character away: the id is mistyped."
    )


def wrong_currency(facts: Facts) -> str | None:
    """The same number was posted in another currency."""
    partner = facts.partner(Cause.WRONG_CURRENCY)
    if partner is None or not partner.balanced:
        return None
    right, wrong, amount = facts.currency, partner.currency, -facts.difference
    if abs(facts.recognized) > abs(facts.expected):
        right, wrong, amount = wrong, right, -amount
    return f"{money.pretty(amount, facts.currency)} was posted in {wrong} instead of {right}."


def full_value(facts: Facts) -> str | None:
    """The whole contract value was recognized at once."""
    if facts.entry_count == 0 or not facts.full_value or facts.recognized != facts.full_value:
        return None
    return (
        f"The whole contract value of {_money(facts, facts.full_value)} was recognized at once; "
        f"{_expected(facts)}."
    )


def _fitting(cause: Cause) -> Detector:
    def detect(facts: Facts) -> str | None:
        label = next((fit.label for fit in facts.fits if fit.cause is cause), None)
        if label is None:
            return None
        return f"{_recognized(facts)} is what the contract gives {label}; {_expected(facts)}."

    return detect


def ended(facts: Facts) -> str | None:
    """Recognition goes on after the line closed or was terminated."""
    if facts.last_month is None or facts.entry_count == 0 or facts.month.index <= facts.last_month:
        return None
    when = f" (closed early on {facts.closed_early_on})" if facts.closed_early_on else ""
    last = Month(facts.last_month)
    return (
        f"{_recognized(facts)} was posted after the last month {last}{when}; nothing is expected."
    )


def not_started(facts: Facts) -> str | None:
    """Recognition comes before the start month."""
    started = facts.start_month is None or facts.month.index >= facts.start_month
    if started or facts.entry_count == 0:
        return None
    return (
        f"{_recognized(facts)} was posted before the start on {facts.term_start}; "
        "nothing is expected."
    )


def unknown_contract(facts: Facts) -> str | None:
    """Accounting knows a contract that analytics does not."""
    if facts.known_contract:
        return None
    return (
        f"{_recognized(facts)} was posted for {facts.contract_id}, a contract that analytics does "
        "not know."
    )


def not_posted(facts: Facts) -> str | None:
    """Revenue is expected and no entry was posted."""
    if facts.entry_count or facts.status is not Status.NOT_RECOGNIZED:
        return None
    return f"No entry was posted; {_expected(facts)}."


def unexplained(facts: Facts) -> str:
    """Say what is known where no cause adds up."""
    if not facts.on_contract:
        return (
            f"{_recognized(facts)} was posted, but the contract has no {facts.revenue_type} line "
            f"in {facts.currency}."
        )
    return (
        f"{_recognized(facts)} against {_money(facts, facts.expected)} expected; "
        f"no rule explains {_signed(facts, facts.difference)}."
    )


DETECTORS: tuple[tuple[Cause, Detector], ...] = (
    (Cause.DUPLICATE_ENTRY, duplicate_entry),
    (Cause.SIGN_FLIPPED, sign_flipped),
    (Cause.DECIMAL_SHIFT, decimal_shift),
    (Cause.DIGITS_SWAPPED, digits_swapped),
    (Cause.WRONG_PERIOD, wrong_period),
    (Cause.CATCH_UP, catch_up),
    (Cause.WRONG_TYPE, wrong_type),
    (Cause.WRONG_CONTRACT, wrong_contract),
    (Cause.MISTYPED_CONTRACT, mistyped_contract),
    (Cause.WRONG_CURRENCY, wrong_currency),
    (Cause.FULL_VALUE, full_value),
    (Cause.WRONG_DURATION, _fitting(Cause.WRONG_DURATION)),
    (Cause.WRONG_START, _fitting(Cause.WRONG_START)),
    (Cause.OTHER_CONVENTION, _fitting(Cause.OTHER_CONVENTION)),
)

# Named only where none of the above fits.
LAST_RESORTS: tuple[tuple[Cause, Detector], ...] = (
    (Cause.ENDED, ended),
    (Cause.NOT_STARTED, not_started),
    (Cause.UNKNOWN_CONTRACT, unknown_contract),
    (Cause.NOT_POSTED, not_posted),
    (Cause.UNEXPLAINED, unexplained),
)


def _money(facts: Facts, amount: int) -> str:
    return f"{money.pretty(amount, facts.currency)} {facts.currency}"


def _signed(facts: Facts, amount: int) -> str:
    return f"{money.pretty(amount, facts.currency, sign=True)} {facts.currency}"


def _recognized(facts: Facts) -> str:
    entries = facts.entries_of_month
    if len(entries) == 1:
        return _entry(facts, entries[0])
    return f"The {_money(facts, facts.recognized)} of {len(entries)} entries"


def _entry(facts: Facts, entry: Entry) -> str:
    return f"{entry.entry_id or 'An entry'} ({_money(facts, entry.amount)})"


def _expected(facts: Facts) -> str:
    return f"{_money(facts, facts.expected)} is expected"
