"""Separators: amounts that could mean two numbers, never guessed.

Where an amount of a side is written like `12.000` or `12,000`, its separator may come before
decimals or between thousands. Amounts are read with a decimal point unless `decimal` says
otherwise, and one that proves the point decides it for the side: `12.5`, `0.125`, `1234.567`,
`1,234.56`; `12,000` beside it is 12,000. Whole numbers without a separator decide nothing, nor does
proof of a comma, since `12.000` beside it would be read as 12 all the same. Some currencies have
three decimals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from recon.base import money
from recon.base.errors import SourceDataError
from recon.base.fields import AMOUNTS, CONDENSED
from recon.base.result import Side
from recon.reconciliation.intake import coded
from recon.store.amount_notations import INDIAN
from recon.store.columns import Columns
from recon.store.session import Session, columns, literal, reading

_IDS = {Side.ANALYTICS: "contract_id", Side.ACCOUNTING: "entry_id"}
# Nobody groups the digits of 0.500 or of 1234.567.
_DOUBTFUL = r"[+-]?[1-9]\d{0,2}[.,]\d{3}"
_WITH_POINT = rf"[+-]?(\d*\.\d+|\d+\.|\d{{1,3}}(,\d{{3}})+\.\d*|\d{{1,3}}(,\d{{3}}){{2,}}|{INDIAN})"
# Of nearly every side the first rows decide.
_FIRST = 1_000
_EXAMPLES = 2
# Signs and currencies around an amount, which say nothing about its separator.
_AROUND = r"(?:(?:Rs|Fr|kr)[.,]|[^0-9.,])"

# An id, its amount as written and with nothing but a sign around it, its currency.
_Doubt = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Side whose writing of amounts in text is unknown.

    `column` is the source's name of its amounts; `setting` is whether the configuration could say
    how they are written, by `decimal`.
    """

    column: str
    setting: bool = False


# Of both sides it is known.
NOTHING: Mapping[Side, Unsaid | None] = MappingProxyType({})


def refuse_doubtful(
    connection: Session,
    relations: Mapping[Side, str],
    unsaid: Mapping[Side, Unsaid | None],
    currency: str,
    descriptions: Mapping[Side, str],
    found: Mapping[Side, Mapping[str, str]] = MappingProxyType({}),
) -> None:
    """Stop where amounts could mean two numbers, on both sides.

    `currency` is the policy's; `found` are the columns, where they are known. Raises
    SourceDataError.
    """
    doubts = []
    for side, told in unsaid.items():
        if told is None:
            continue
        with reading(side, descriptions[side]):
            known = found.get(side) or columns(connection, relations[side])
            rows = _doubtful(connection, Columns(side, known, ()), relations[side], currency)
        if rows:
            doubts.append(_question(side, descriptions[side], told, rows))
    if doubts:
        raise SourceDataError(" ".join(doubts))


def _doubtful(connection: Session, given: Columns, relation: str, currency: str) -> list[_Doubt]:
    """First rows that could mean two numbers, none if decided."""
    # A typed column has no separator.
    if given.kind(AMOUNTS[given.side]) != "VARCHAR":
        return []
    separated = _separated(given, relation, currency)
    # Where not one row has a separator, the first look has been at all of them. Most amounts have
    # nothing around them, so that the first look is at these as they are, which plans less.
    amount = given.raw(AMOUNTS[given.side])
    first = f"""SELECT count(*) = 0 OR bool_or({_decides(amount)})
        FROM (FROM {relation} WHERE {_is_separated(given)} LIMIT {_FIRST})"""
    rest = f"SELECT true FROM {separated} WHERE {_decides('bare')} LIMIT 1"
    if any(connection.execute(look).fetchone() == (True,) for look in (first, rest)):
        return []
    fine = ", ".join(map(literal, money.fine_currencies()))
    return connection.execute(
        f"""SELECT id, written, bare, currency FROM {separated}
        WHERE {_doubt("bare")} AND (currency NOT IN ({fine}) OR contains(bare, ','))
        LIMIT {_EXAMPLES}"""
    ).fetchall()


def _separated(given: Columns, relation: str, currency: str) -> str:
    """Rows whose amount has a separator: id, `written`, `bare`, currency."""
    of, text = _IDS[given.side], given.text(AMOUNTS[given.side])
    return f"""(
        SELECT coalesce({given.text(of)}, 'a row without {of}') AS id,
            {text} AS written, {_bare(text)} AS bare,
            {coded(given.text("currency"), currency)} AS currency
        FROM {relation} WHERE {_is_separated(given)})"""


def _is_separated(given: Columns) -> str:
    """The condition that a row's amount has a separator."""
    raw = given.raw(AMOUNTS[given.side])
    # What a server has added up is in its own writing.
    own = f"AND {given.raw(CONDENSED)} IS NULL" if CONDENSED in given.names else ""
    return f"(contains({raw}, '.') OR contains({raw}, ',')) {own}"


def _decides(text: str) -> str:
    return f"(regexp_full_match({text}, '{_WITH_POINT}') AND NOT {_doubt(text)})"


def _bare(text: str) -> str:
    """The SQL of an amount with its sign alone."""
    sign = rf"CASE WHEN regexp_matches({text}, '[(\x{{2212}}-]') THEN '-' ELSE '' END"
    bare = f"{sign} || regexp_replace({text}, '^{_AROUND}+|{_AROUND}+$', '', 'g')"
    return f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9.,]+') THEN {text} ELSE {bare} END"


def _doubt(text: str) -> str:
    return f"regexp_full_match({text}, '{_DOUBTFUL}')"


def _question(side: Side, description: str, told: Unsaid, rows: list[_Doubt]) -> str:
    """Sentence on a column: both meanings, and the remedy."""
    remedy = "deliver it as DECIMAL"
    if told.setting:
        remedy = f'set decimal = "." or decimal = "," under [{side}] of the configuration'
    return (
        f"The amounts in column {told.column!r} of the {side} side ({description}) could mean two "
        "numbers: "
        f"{' and '.join(_both_ways(*row, setting=told.setting) for row in rows)}; {remedy}."
    )


def _both_ways(of: str, written: str, bare: str, currency: str, *, setting: bool) -> str:
    decimal, other = (".", ",") if "." in bare else (",", ".")
    small, large = (
        money.pretty(money.parse_amount(bare.replace(decimal, instead)), currency)
        for instead in (".", "")
    )
    when, else_when = (f' (decimal = "{mark}")' * setting for mark in (decimal, other))
    return f'{of}: "{written}" is {small}{when} or {large}{else_when}'
