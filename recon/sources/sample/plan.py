"""The plan: how each cause is planted, the rarest first.

Each takes its candidates from those that the ones before have left.

Only errors beyond the tolerance are planted, and none that an earlier cause would explain as
well: a difference that looks like a slip of the keyboard is one.
"""

from __future__ import annotations

from recon.sources.sample.contracts import TYPES
from recon.sources.sample.rules import POST, REBOOK, REPEAT, REPLACE, Mark, Rule, Step

# The share of postings on contracts that nobody knows, in the same weights as the rules.
UNKNOWN = 25

_SEEN = "beyond({0} - amount, amount, term_months, unit)"
_NO_SLIP = "no_slip({0}, amount, unit)"
_MOVED_SEEN = "beyond(moved, amount, term_months, unit)"
_MOVED_THERE = "beyond(moved, to_amount, to_term_months, unit)"
# The value at once would be another cause, and a round amount may well be missing on another
# contract of the customer.
_USUAL = "{0} <> value AND abs({0}) > ceiling AND {0} % (100 * unit) <> 0"
_LATER = "later AND after2 <> 0"
_NO_SLIP_THERE = "no_slip({0} + {1}, {0}, unit)"

# Another term is another one from the first month on: nothing has agreed with the contract before.
_FIRST = "m = start_month"
_SIGN = "if(temper = 'plus', 1, -1)"
# Nobody overlooks a contract that becomes hundreds of millions: the more, the smaller it is.
_SHIFT = """(CASE WHEN luck % 7 < 3 OR abs(amount) > 50000 * unit THEN 10
    WHEN luck % 7 < 5 OR abs(amount) > 10000 * unit THEN 100 ELSE 1000 END)"""
_SWAPPED = f"""list_filter(typed_swaps(abs(amount) // unit), lambda s:
    beyond(s * unit - abs(amount), amount, term_months, unit)
    AND sign(s * unit - abs(amount)) = {_SIGN})"""
# 2% to 30% and some odd cents.
_ODD = f"""sign(amount) * {_SIGN} * unit
    * (abs(amount) * (20 + luck // 10 % 280) // (1000 * unit) + 1 + luck // 10000 % 97)"""
_FREE_TYPES = f"list_filter({list(TYPES)}, lambda t: NOT list_contains(types, t))"


def _instead(cause: str, weight: int, temper: str, amount: str, only: str, note: str) -> Rule:
    """The rule that one other posting replaces the month's."""
    condition = f"{_SEEN} AND {_NO_SLIP} AND {{1}}".format(f"({amount})", only)
    return Rule(cause, weight, temper, REPLACE, f"'{note}'", condition, amount=amount)


_MOVES = (
    Rule(
        "wrong_contract",
        50,
        "minus",
        REBOOK,
        "'a posting of ' || contract_id || ' booked on ' || to_contract_id",
        f"{_MOVED_SEEN} AND to_amount <> 0 AND {_MOVED_THERE} "
        f"AND {_NO_SLIP.format('amount - moved')} "
        f"AND {_NO_SLIP_THERE.format('to_amount', 'moved')}",
        part="parts",
        to_contract="to_contract_id",
        source="pairs",
        guard="customer",
    ),
    Rule(
        "wrong_type",
        26,
        "minus",
        REBOOK,
        "type || ' booked as ' || to_line_type",
        "documented(dice, 1) AND beyond(amount, to_amount, to_term_months, unit) "
        f"AND {_NO_SLIP_THERE.format('to_amount', 'amount')}",
        to_type="to_line_type",
        source="sisters",
    ),
    Rule(
        "wrong_type",
        26,
        "minus",
        REBOOK,
        "type || ' booked as a type that the contract has not'",
        to_type=f"{_FREE_TYPES}[1 + luck % len({_FREE_TYPES})]",
    ),
    Rule(
        "mistyped_contract",
        40,
        "minus",
        REBOOK,
        "contract_id || ' written as ' || mistyped(contract_id, luck)",
        to_contract="mistyped(contract_id, luck)",
    ),
    Rule(
        "wrong_currency",
        40,
        "minus",
        REBOOK,
        "'the same number in another currency'",
        "currency <> 'KWD' AND (currency <> 'JPY' OR abs(amount) <= 100000 * unit)",
        to_currency="if(currency = 'USD', 'EUR', 'USD')",
    ),
)

_OUTSIDE_THE_TERM = (
    Rule(
        "wrong_start",
        20,
        "plus",
        POST,
        "'recognized from the booking month on'",
        f"m = booking_month AND {_USUAL.format('first_amount')}",
        idle=True,
        amount="first_amount",
    ),
    Rule(
        "not_started",
        20,
        "plus",
        POST,
        "'posted before the start and the booking'",
        f"m < booking_month AND m <= start_month - 2 AND {_USUAL.format('first_amount')}",
        idle=True,
        amount="first_amount",
    ),
    Rule(
        "ended",
        65,
        "plus",
        POST,
        "'the usual amount went on after the end'",
        f"m > close_month AND {_USUAL.format('last_amount')}",
        idle=True,
        amount="last_amount",
    ),
)

_OTHER_TERMS = (
    _instead(
        "other_convention",
        18,
        "minus",
        "prorated",
        f"NOT mismatch AND {_FIRST} AND prorated NOT IN (0, longer, shorter)",
        "the first month by its days",
    ),
    _instead(
        "other_convention",
        18,
        "plus minus",
        "by_days",
        f"NOT mismatch AND {_FIRST} AND sign(by_days - amount) = sign(amount) * {_SIGN} "
        "AND by_days NOT IN (0, longer, shorter)",
        "recognized by days",
    ),
    _instead(
        "wrong_duration",
        18,
        "plus",
        "shorter",
        f"{_FIRST} AND term_months > 2 AND shorter <> 0",
        "over one month less",
    ),
    _instead(
        "wrong_duration",
        17,
        "minus",
        "longer",
        f"{_FIRST} AND term_months > 2",
        "over one month more",
    ),
    _instead(
        "full_value",
        25,
        "plus",
        "value",
        "term_months > 1 AND abs(value) <= 6000000 * unit",
        "the whole contract value at once",
    ),
)

_SLIPS = (
    Rule(
        "sign_flipped",
        40,
        "minus",
        REBOOK,
        "'posted with the other sign'",
        factor=-1,
    ),
    Rule(
        "decimal_shift",
        20,
        "plus",
        REPLACE,
        f"'the decimal point moved: ' || {_SHIFT} || ' times'",
        "abs(amount) BETWEEN 1000 * unit AND 300000 * unit",
        amount=f"amount * {_SHIFT}",
    ),
    Rule(
        "decimal_shift",
        20,
        "minus",
        REPLACE,
        "'the decimal point moved: a tenth'",
        "abs(amount) >= 1000 * unit AND amount % (10 * unit) = 0",
        amount="amount // 10",
    ),
    Rule(
        "digits_swapped",
        40,
        "plus minus",
        REPLACE,
        "'two digits exchanged'",
        f"len({_SWAPPED}) > 0",
        amount=f"sign(amount) * unit * {_SWAPPED}[1 + luck % len({_SWAPPED})]",
    ),
)

_TIMING = (
    Rule(
        "catch_up",
        90,
        "late",
        (Step(-2, takes=True), Step(-1, takes=True), Step(posts=True)),
        "'two months late, made good in ' || period(m)",
        f"before <> 0 AND before2 <> 0 AND {_NO_SLIP.format('amount + before + before2')}",
        amount="before + before2",
        marked=(Mark("not_posted", -2), Mark("not_posted", -1), Mark("catch_up")),
    ),
    Rule(
        "wrong_period",
        140,
        "timing",
        REBOOK,
        "'a posting of ' || period(m) || ' recognized in ' || period(neighbour_month)",
        f"documented(dice, parts) AND {_MOVED_SEEN} AND neighbour <> 0 "
        "AND beyond(moved, neighbour, term_months, unit) AND moved <> neighbour "
        f"AND {_NO_SLIP.format('amount - moved')} "
        f"AND {_NO_SLIP_THERE.format('neighbour', 'moved')}",
        part="parts",
        to_month="neighbour_month",
    ),
    Rule(
        "wrong_period",
        20,
        "timing",
        REBOOK,
        "'all of ' || period(m) || ' recognized in ' || period(neighbour_month)",
        "parts = 1 AND documented(dice, 1) AND neighbour <> 0 AND documented(neighbour_dice, 1) "
        f"AND {_NO_SLIP_THERE.format('neighbour', 'amount')}",
        to_month="neighbour_month",
    ),
    Rule(
        "not_posted",
        15,
        "corrected",
        (Step(takes=True), Step(2, posts=True)),
        "'not posted, made good two months later'",
        f"luck % 2 = 0 AND {_LATER} AND {_NO_SLIP_THERE.format('after2', 'amount')}",
        amount="amount",
        marked=(Mark("not_posted"), Mark("catch_up", 2)),
    ),
    Rule(
        "duplicate_entry",
        15,
        "corrected",
        (Step(books=True), Step(2, posts=True)),
        "'posted twice, taken back two months later'",
        f"luck % 2 = 1 AND {_LATER} AND {_MOVED_SEEN} "
        "AND beyond(moved, after2, term_months, unit) "
        f"AND {_NO_SLIP_THERE.format('after2', '(-moved)')}",
        amount="-moved",
        part="parts",
        marked=(Mark("duplicate_entry"), Mark("catch_up", 2)),
    ),
)

_COMMON = (
    Rule(
        "not_posted",
        30,
        "minus",
        (Step(takes=True), Step(1, takes=True), Step(2, takes=True)),
        "'not posted for three months'",
        f"after <> 0 AND {_LATER}",
        marked=(Mark("not_posted"), Mark("not_posted", 1), Mark("not_posted", 2)),
    ),
    Rule("not_posted", 80, "minus", (Step(takes=True),), "'not posted'"),
    Rule("duplicate_entry", 100, "plus", REPEAT, "'one posting twice'", _MOVED_SEEN, part="parts"),
    Rule("duplicate_entry", 30, "plus", REPEAT, "'the whole batch twice'", "parts > 1"),
    Rule(
        "unexplained",
        90,
        "plus minus",
        REPLACE,
        "'an odd amount'",
        f"{_SEEN} AND {_NO_SLIP} AND abs(amount) > 2 * abs({_ODD})".format(f"(amount + {_ODD})"),
        amount=f"posting(amount, parts, dice, unit, 1) + {_ODD}",
        part="1",
    ),
)

RULES: tuple[Rule, ...] = (
    *_MOVES[:3],
    *_OUTSIDE_THE_TERM,
    *_OTHER_TERMS,
    *_SLIPS,
    *_MOVES[3:],
    *_TIMING,
    *_COMMON,
)
WEIGHTS = UNKNOWN + sum(rule.weight for rule in RULES)
