"""Counterparts: lines off by opposite amounts, which one move explains.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from collections import defaultdict

from recon.base import money
from recon.base.result import Cause, Counterpart
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.broken_line import BrokenLine, OffsettingLine
from recon.reconciliation.causes.other_months import misplaced
from recon.reconciliation.compare import BROKEN, LACKING
from recon.store.session import Session, is_any

# What makes two lines that are off by opposite amounts a pair.
_PAIRS = (
    (Cause.WRONG_TYPE, "a.id_key = b.id_key AND a.currency = b.currency AND a.type <> b.type"),
    (Cause.WRONG_CONTRACT,
     "a.buyer = b.buyer AND a.currency = b.currency AND a.id_key <> b.id_key"),
    (Cause.WRONG_CURRENCY, "a.id_key = b.id_key AND a.type = b.type AND a.currency <> b.currency"),
)  # fmt: skip
# The lines that are off, and how many are off by the same amount.
_OFF = f"""
    SELECT line, id, id_key, type, currency, buyer, difference,
        known_contract, {LACKING} AS lacks, {BROKEN} AS broken, to_date_expected,
        to_date_recognized, count(*) OVER (PARTITION BY currency, difference) AS alike
    FROM lines_off"""
# An id and what it is without one of its letters: two ids that are one edit apart share one of
# these, so that not every id is held against every other one that is off by the same amount.
_KEYS = """list_append(list_transform(range(len(id_key)), lambda i: {
        key: left(id_key, i) || substr(id_key, i + 2), place: i, letter: substr(id_key, i + 1, 1)}),
    {key: id_key, place: -1, letter: ''})"""
# Two ids that share one are an edit apart where a letter is another one, is missing, or has changed
# places with its neighbour.
_ONE_EDIT = """(u.cut.place = c.cut.place OR -1 IN (u.cut.place, c.cut.place)
    OR abs(u.cut.place - c.cut.place) = 1 AND u.cut.letter = c.cut.letter)"""
# Lines that lack an amount, and those whose id differs by one edit and that have it too much. Of a
# contract that analytics knows, `common` is whether other lines expect the amount as well: then two
# of them may be off by it for reasons of their own.
_MISTYPED = f"""
    over AS (FROM off WHERE NOT lacks),
    candidates AS (
        SELECT line, id_key, type, currency, buyer, difference, unnest({_KEYS}) AS cut
        FROM (SELECT * REPLACE (-difference AS difference) FROM off WHERE lacks)
        SEMI JOIN over USING (type, currency, difference)),
    mistyped AS (
        SELECT DISTINCT u.line AS over, c.line AS lacks, u.known_contract, c.type, c.currency,
            c.difference AS expected
        FROM (SELECT *, unnest({_KEYS}) AS cut FROM over) u
        JOIN candidates c ON u.type = c.type AND u.currency = c.currency
            AND u.cut.key = c.cut.key AND u.difference = c.difference AND {_ONE_EDIT}
        WHERE u.id_key <> c.id_key AND (u.buyer = c.buyer AND u.known_contract) IS NOT TRUE),
    expecting AS (
        SELECT type, currency, expected, count(*) > 1 AS common
        FROM lines_compared SEMI JOIN (FROM mistyped WHERE known_contract)
            USING (type, currency, expected)
        GROUP BY ALL)"""

# How many lines of a contract are off but add up to nothing: their types are wrong.
CANCELLING = """
    SELECT id_key, currency, CASE WHEN sum(difference) = 0 THEN count(*) END AS total
    FROM lines_off GROUP BY id_key, currency"""


# So many of the lines that one may belong together with are named.
_NAMED = 12


def offsetting_lines(connection: Session) -> dict[int, dict[Cause, OffsettingLine]]:
    """Lines that are off by the opposite amount, by line.

    Each has them by cause. Of several, the one of the same revenue type and then the first by id is
    named.
    """
    if not is_any(connection, "breaks a JOIN lines_off b ON a.difference = -b.difference"):
        return {}
    rows = connection.execute(
        f"""WITH off AS MATERIALIZED ({_OFF}), {_MISTYPED}
        SELECT line, cause, first(id ORDER BY same DESC, id, type, currency),
            first(type ORDER BY same DESC, id, type, currency),
            first(currency ORDER BY same DESC, id, type, currency),
            list(other ORDER BY same DESC, id, type, currency)[:{_NAMED}],
            list(id || ' ' || type ORDER BY same DESC, id, type, currency)[:{_NAMED}],
            greatest(count(*), max(claims)), count(*) = max(claims), bool_or(common),
            first(to_date_expected ORDER BY same DESC, id, type, currency),
            first(to_date_recognized ORDER BY same DESC, id, type, currency)
        FROM ({_offsetting()}) GROUP BY line, cause"""
    ).fetchall()
    found: defaultdict[int, dict[Cause, OffsettingLine]] = defaultdict(dict)
    for line, cause, *other in rows:
        found[line][Cause(cause)] = OffsettingLine(*other)
    return dict(found)


def _offsetting() -> str:
    """SELECT of breaks with each offsetting line and the cause."""
    pairs = [
        (
            cause,
            f"off a JOIN off b ON a.broken AND a.difference = -b.difference AND {condition}",
            "a.alike > 1 OR b.alike > 1" if cause is Cause.WRONG_CONTRACT else "false",
        )
        for cause, condition in _PAIRS
    ] + [
        (
            Cause.MISTYPED_CONTRACT,
            f"mistyped m LEFT JOIN expecting e USING (type, currency, expected) "
            f"JOIN off a ON a.broken AND a.line = m.{one} JOIN off b ON b.line = m.{other}",
            "m.known_contract AND e.common",
        )
        for one, other in (("over", "lacks"), ("lacks", "over"))
    ]
    return " UNION ALL ".join(
        f"""SELECT a.line, '{cause}' AS cause, b.line AS other, b.id, b.type, b.currency,
            a.type = b.type AS same, b.to_date_expected, b.to_date_recognized,
            coalesce({common}, false) AS common, count(*) OVER (PARTITION BY b.line) AS claims
        FROM {pair}"""
        for cause, pair, common in pairs
    )


def wrong_type(line: BrokenLine) -> str | None:
    """Over its revenue types, the contract lacks nothing."""
    other = line.offsetting_line(Cause.WRONG_TYPE)
    if other:
        return (
            f"{_both(line)} on {other.revenue_type} of the same contract cancel out: "
            "posted under the wrong type."
        )
    if line.lines_that_cancel > 1:
        return (
            f"The differences on {line.lines_that_cancel} lines of the contract cancel out: "
            "posted under the wrong types."
        )
    return None


def wrong_contract(line: BrokenLine) -> str | None:
    """Another contract of the customer is off by the opposite."""
    other = line.offsetting_line(Cause.WRONG_CONTRACT)
    together = line.offsetting_line(Cause.POSTED_TOGETHER)
    # One entry that has the amounts of both was not moved from one to the other.
    if other is None or (together and [*together.numbers] == [*other.numbers]):
        return None
    return (
        f"{_both(line)} on {other.contract_id} {other.revenue_type} of the same customer: "
        "posted on the wrong contract."
    )


def _both(line: BrokenLine) -> str:
    here, there = wording.signed(line, line.difference), wording.signed(line, -line.difference)
    return f"{here} here and {there}"


def mistyped_contract(line: BrokenLine) -> str | None:
    """An unknown id is one edit from a lacking line's."""
    other = line.offsetting_line(Cause.MISTYPED_CONTRACT)
    if other is None or not other.single:
        return None
    right, wrong, amount = line.contract_id, other.contract_id, -line.difference
    if not line.lacks:
        right, wrong, amount = wrong, right, -amount
    # A line that has too much may be of a known contract, too; an unknown one expects nothing.
    known = line.known_contract if not line.lacks else other.to_date_expected != 0
    where = "where it is too much" if known else "which analytics does not know"
    return (
        f"{wording.amount(line, amount)} is on {wrong}, {where}, "
        f"and is missing on {right}, one character away: the id is mistyped."
    )


def wrong_currency(line: BrokenLine) -> str | None:
    """The same number was posted in another currency."""
    other = line.offsetting_line(Cause.WRONG_CURRENCY)
    if other is None or not other.balanced:
        return None
    right, wrong, amount = line.currency, other.currency, -line.difference
    if abs(line.recognized) > abs(line.expected):
        right, wrong, amount = wrong, right, -amount
    return f"{money.pretty(amount, line.currency)} was posted in {wrong} instead of {right}."


def counterpart(line: BrokenLine, cause: Cause) -> Counterpart | None:
    """Line off by the opposite amount, or None.

    None, too, where the lines of a contract cancel out only all together.
    """
    if cause is Cause.WRONG_PERIOD and (found := misplaced(line)):
        return Counterpart(
            line.contract_id, line.revenue_type, line.currency, found.other_month,
            line.to_date_expected, line.to_date_recognized,
        )  # fmt: skip
    other = line.offsetting_line(cause)
    if other is None or cause is Cause.POSTED_TOGETHER:
        return None
    return Counterpart(
        other.contract_id, other.revenue_type, other.currency, 0,
        other.to_date_expected, other.to_date_recognized,
    )  # fmt: skip
