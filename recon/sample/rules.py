"""The rules by which errors are planted, one or more a cause.

A rule picks line-months that are eligible (`where`), and says what happens to their postings in
`steps` and how the truth reads in `marks`. Conditions and expressions are SQL over the columns
of `chances` or `pairs` (see `recon.sample.planting`).

Every line has a temper, so that errors of different months never cancel each other to date: a
`plus` line is only ever over-recognized, a `minus` line under-recognized, `timing`, `late` and
`corrected` lines always catch up.
"""

from __future__ import annotations

from dataclasses import dataclass

from recon.sample.contracts import TYPES

# The temper of a line.
TEMPERS = {"plus": 42, "minus": 32, "timing": 12, "late": 8, "corrected": 6}


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to the postings of a line `offset` months after the event's month.

    `takes`: those of the event's part (0: all) are taken away; `books`: they are booked under
    the event's new key and month, times its factor; `posts`: its amount is posted besides.
    """

    offset: int = 0
    takes: bool = False
    books: bool = False
    posts: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """The truth of one month of the event's line, or of where its postings went."""

    cause: str
    offset: int = 0
    there: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to go wrong; `weight` is its share of the broken lines, by truth rows."""

    name: str
    weight: int
    where: str
    steps: tuple[Step, ...]
    marks: tuple[Mark, ...]
    note: str
    amount: str = "NULL"
    part: str = "0"
    factor: str = "1"
    to_contract: str = "NULL"
    to_type: str = "NULL"
    to_currency: str = "NULL"
    to_month: str = "NULL"
    source: str = "chances"
    guard: str = "contract"


_REPLACE = (Step(takes=True, posts=True),)
_REBOOK = (Step(takes=True, books=True),)
_POST = (Step(posts=True),)
_DROP = Step(takes=True)
_LATE = (_DROP, Step(offset=2, posts=True))

_SWAPPED = """list_filter(typed_swaps(abs(amount) // unit), lambda s: (s * unit > abs(amount)) =
    (temper = 'plus') AND beyond(s * unit - abs(amount), amount, term_months, unit))"""
# Nobody overlooks a contract that becomes hundreds of millions: the more, the smaller it is.
_SHIFT = """(CASE WHEN luck % 7 < 3 OR abs(amount) > 50000 * unit THEN 10
    WHEN luck % 7 < 5 OR abs(amount) > 10000 * unit THEN 100 ELSE 1000 END)"""
_MODEST = "abs({0}) <= {1} * unit"
_ODD = "(abs(amount) * (20 + luck // 10 % 280) // (1000 * unit) + 1 + luck // 10000 % 97) * unit"
_FREE_TYPES = f"list_filter({list(TYPES)}, lambda t: NOT list_contains(types, t))"
_BOTH = "to_amount <> 0 AND beyond(moved, to_amount, to_term_months, unit)"
_SEEN_BY = "beyond({0} - amount, amount, term_months, unit) AND NOT plain_slip({0}, amount, unit)"


def _both_ways(cause: str) -> tuple[Mark, ...]:
    return (Mark(cause), Mark(cause, there=True))


def _plus_or_minus(more: str, less: str) -> str:
    return f"CASE temper WHEN 'plus' THEN {more} WHEN 'minus' THEN {less} END"


def _instead(cause: str, weight: int, amount: str, where: str, note: str, seen: bool = True) -> Rule:
    """Return the rule that one posting of another amount replaces those of the month."""
    unlike = f" AND {_SEEN_BY.format(f'({amount})')}" if seen else ""
    where = f"amount <> 0 AND temper IN ('plus', 'minus') AND {where}{unlike}"
    return Rule(cause, weight, where, _REPLACE, (Mark(cause),), f"'{note}'", amount)


def _besides(cause: str, weight: int, amount: str, where: str, note: str) -> Rule:
    """Return the rule that something is posted in a month where nothing is expected."""
    # The usual amount of a term of one month would be the whole value.
    where = f"amount = 0 AND temper = 'plus' AND {where} AND {amount} <> value"
    where += f" AND abs({amount}) > ceiling"
    return Rule(cause, weight, where, _POST, (Mark(cause),), f"'{note}'", amount)


# The rarest chances come first: each rule takes from what the ones before it left.
RULES: tuple[Rule, ...] = (
    Rule(
        "wrong_contract", 50,
        "temper = 'minus' AND amount <> 0 AND beyond(moved, amount, term_months, unit) "
        f"AND {_BOTH} AND NOT plain_slip(amount - moved, amount, unit) "
        "AND NOT plain_slip(to_amount + moved, to_amount, unit)",
        _REBOOK, _both_ways("wrong_contract"), "'a posting of ' || contract_id || ' booked on ' "
        "|| to_contract_id", part="parts", to_contract="to_contract_id", source="pairs", guard="customer",
    ),
    Rule(
        "wrong_type", 26,
        "temper = 'minus' AND amount <> 0 AND documented(dice, 1) "
        "AND beyond(amount, to_amount, to_term_months, unit) "
        "AND NOT plain_slip(to_amount + amount, to_amount, unit)",
        _REBOOK, _both_ways("wrong_type"), "type || ' booked as ' || to_line_type",
        to_type="to_line_type", source="sisters",
    ),
    Rule(
        "wrong_type", 26, "temper = 'minus' AND amount <> 0",
        _REBOOK, _both_ways("wrong_type"), "type || ' booked as another type'",
        to_type=f"{_FREE_TYPES}[1 + luck % len({_FREE_TYPES})]",
    ),
    _besides(
        "wrong_start", 20, "first_amount", "m = booking_month",
        "recognized from the booking month on",
    ),
    Rule(
        "other_convention", 18,
        "temper = 'minus' AND amount <> 0 AND m = start_month "
        f"AND prorated NOT IN (0, longer, shorter) AND {_SEEN_BY.format('prorated')}",
        _REPLACE, (Mark("other_convention"),), "'the first month by its days'", "prorated",
    ),
    _instead(
        "other_convention", 18, "by_days",
        "sign(by_days - amount) * sign(amount) = if(temper = 'plus', 1, -1) AND by_days NOT IN (0, longer, shorter)",
        "recognized by days",
    ),
    _besides(
        "not_started", 20, "first_amount", "m < booking_month AND m <= start_month - 2",
        "posted before the start and the booking",
    ),
    _besides(
        "ended", 65, "last_amount", "m > close_month", "the usual amount went on after the end"
    ),
    Rule(
        "sign_flipped", 40, "temper = 'minus' AND amount <> 0",
        (Step(takes=True, books=True),), (Mark("sign_flipped"),), "'posted with the other sign'",
        factor="-1",
    ),
    _instead(
        "decimal_shift", 40, _plus_or_minus(f"amount * {_SHIFT}", "amount // 10"),
        f"if(temper = 'plus', {_MODEST.format('amount', 300_000)}, amount % (10 * unit) = 0) "
        "AND abs(amount) > 1000 * unit",
        "the decimal point moved", seen=False,
    ),
    _instead(
        "digits_swapped", 40, f"sign(amount) * unit * {_SWAPPED}[1 + luck % len({_SWAPPED})]",
        f"len({_SWAPPED}) > 0", "two digits exchanged", seen=False,
    ),
    _instead(
        "full_value", 25, "value",
        f"temper = 'plus' AND term_months > 1 AND {_MODEST.format('value', 6_000_000)}",
        "the whole contract value at once",
    ),
    _instead(
        "wrong_duration", 35, _plus_or_minus("shorter", "longer"),
        f"term_months > 2 AND {_plus_or_minus('shorter', 'longer')} <> 0",
        "one month too few or too many in the term",
    ),
    Rule(
        "mistyped_contract", 40, "temper = 'minus' AND amount <> 0",
        _REBOOK, _both_ways("mistyped_contract"),
        "contract_id || ' written as ' || mistyped(contract_id, luck)",
        to_contract="mistyped(contract_id, luck)",
    ),
    Rule(
        "wrong_currency", 40, "temper = 'minus' AND amount <> 0 AND currency <> 'KWD'",
        _REBOOK, _both_ways("wrong_currency"), "'posted in another currency, same number'",
        to_currency="if(currency = 'USD', 'EUR', 'USD')",
    ),
    Rule(
        "catch_up", 90,
        "temper = 'late' AND amount <> 0 AND before <> 0 AND before2 <> 0",
        (Step(-2, takes=True), Step(-1, takes=True), Step(posts=True)),
        (Mark("not_posted", -2), Mark("not_posted", -1), Mark("catch_up")),
        "'two months late, made good in ' || period(m)", "before + before2",
    ),
    Rule(
        "wrong_period", 140,
        "temper = 'timing' AND amount <> 0 AND documented(dice, parts) "
        "AND beyond(moved, amount, term_months, unit) AND neighbour <> 0 "
        "AND beyond(moved, neighbour, term_months, unit) AND moved <> neighbour",
        _REBOOK, _both_ways("wrong_period"),
        "'a posting of ' || period(m) || ' recognized in ' || period(neighbour_month)",
        part="parts", to_month="neighbour_month",
    ),
    Rule(
        "wrong_period", 20,
        "temper = 'timing' AND amount <> 0 AND documented(dice, 1) AND parts = 1 "
        "AND neighbour <> 0 AND documented(neighbour_dice, 1)",
        _REBOOK, _both_ways("wrong_period"),
        "'everything of ' || period(m) || ' recognized in ' || period(neighbour_month)",
        to_month="neighbour_month",
    ),
    Rule(
        "corrected", 15, "temper = 'corrected' AND amount <> 0 AND luck % 2 = 0 AND later AND after2 <> 0",
        _LATE, (Mark("not_posted"), Mark("catch_up", 2)),
        "'not posted, made good two months later'", "amount",
    ),
    Rule(
        "corrected", 15,
        "temper = 'corrected' AND amount <> 0 AND luck % 2 = 1 AND later AND after2 <> 0 "
        "AND beyond(moved, amount, term_months, unit) "
        "AND beyond(moved, after2, term_months, unit) "
        "AND NOT plain_slip(after2 - moved, after2, unit)",
        (Step(books=True), Step(offset=2, posts=True)),
        (Mark("duplicate_entry"), Mark("catch_up", 2)),
        "'posted twice, taken back two months later'", "-moved", part="parts",
    ),
    Rule(
        "not_posted", 30, "temper = 'minus' AND amount <> 0 AND after <> 0 AND later AND after2 <> 0",
        (_DROP, Step(1, takes=True), Step(2, takes=True)),
        (Mark("not_posted"), Mark("not_posted", 1), Mark("not_posted", 2)),
        "'not posted for three months'",
    ),
    Rule(
        "not_posted", 80, "temper = 'minus' AND amount <> 0",
        (_DROP,), (Mark("not_posted"),), "'not posted'",
    ),
    Rule(
        "duplicate_entry", 100,
        "temper = 'plus' AND amount <> 0 AND beyond(moved, amount, term_months, unit)",
        (Step(books=True),), (Mark("duplicate_entry"),), "'one posting twice'", part="parts",
    ),
    Rule(
        "duplicate_entry", 30, "temper = 'plus' AND amount <> 0 AND parts > 1",
        (Step(books=True),), (Mark("duplicate_entry"),), "'the whole batch twice'",
    ),
    Rule(
        "unexplained", 90,
        "amount <> 0 AND temper IN ('plus', 'minus') AND "
        + _SEEN_BY.format(f"(amount + sign(amount) * if(temper = 'plus', 1, -1) * {_ODD})")
        + f" AND abs(amount) // 2 > {_ODD}",
        (Step(takes=True, posts=True),), (Mark("unexplained"),), "'an odd amount'",
        f"posting(amount, parts, dice, unit, 1) + sign(amount) * if(temper = 'plus', 1, -1) * {_ODD}",
        part="1",
    ),
)  # fmt: skip

UNKNOWN = 25
WEIGHTS = UNKNOWN + sum(rule.weight for rule in RULES)
