"""Days in text that could mean two things, never guessed.

`03/04/2024` is 3 April or 4 March. Where any value of its column, or else of its side, has one
meaning alone, such as `13/04/2024`, that order holds for the whole column, and a notice says so.
Where both orders occur, the rows are invalid; where nothing settles it, recon asks.

Nothing of this is looked at before a day could not be read: nearly all sides have ISO's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from recon.base.errors import SourceDataError
from recon.base.fields import PERIOD
from recon.base.result import Side
from recon.store.columns import Columns
from recon.store.day_notations import ORDERS, in_order, is_open, kinds
from recon.store.session import Session, literal

DAYS = {
    Side.ANALYTICS: ("booking_date", "start_date", "close_date", "terminated_on"),
    Side.ACCOUNTING: (PERIOD,),
}
_OF = {Side.ANALYTICS: "contract_id", Side.ACCOUNTING: "entry_id"}
_ISO = r"\d{4}-\d{2}(-\d{2}([ T]\d{2}:.*)?)?|\d{6}|\d{8}"
_WORDS = {"dmy": "day/month/year", "mdy": "month/day/year"}
_EXAMPLES = 2

# The days of a column as written, each with the id of a row.
_Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asking:
    """A source, as a question names it.

    `setting` is whether the configuration could answer.
    """

    description: str
    setting: bool = False


@dataclass(slots=True)
class Notations:
    """Notations of a side's days, by column.

    `torn` are the columns with both orders, each with two examples.
    """

    kinds: dict[str, list[str]] = field(default_factory=dict)
    torn: dict[str, tuple[str, str]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def has_texts(given: Columns) -> bool:
    """Whether a side has days in text."""
    return any(given.kind(column) == "VARCHAR" for column in DAYS[given.side])


def notations(
    connection: Session, given: Columns, relation: str, asking: Asking | None
) -> Notations:
    """The notations of a side's days.

    Without `asking`, open days stay unread. Raises SourceDataError where nothing settles their
    order.
    """
    texts = _odd(connection, given, relation)
    found = Notations({column: kinds(days) for column, days in texts.items()})
    if asking is None:
        return found
    opened = {column: _open(days) for column, days in texts.items()}
    orders = {column: _orders(days) for column, days in opened.items() if days}
    sure = {order for each in orders.values() if len(each) == 1 for order in each}
    unsettled = {}
    for column, each in orders.items():
        days = opened[column]
        if not each:
            found.torn[column] = _both(days)
        elif len(each) == 1 or _are_the_same(days):
            found.kinds[column].append(each[0])
            found.notices += _settled(given.side, column, days, each)
        elif len(sure) == 1 and len(orders) > len(found.torn):
            (order,) = sure
            found.kinds[column].append(order)
            found.notices.append(_read_as(given.side, column, order, "as other columns show"))
        else:
            unsettled[column] = days
    if unsettled:
        raise SourceDataError(_question(given.side, unsettled, asking))
    return found


def _odd(connection: Session, given: Columns, relation: str) -> dict[str, dict[str, str]]:
    """Days not in ISO's notation, by column."""
    read = [column for column in DAYS[given.side] if given.kind(column) == "VARCHAR"]
    if not read:
        return {}
    listed = ", ".join(f"{{c: {literal(column)}, t: {given.text(column)}}}" for column in read)
    rows = connection.execute(
        f"""SELECT day.c, day.t, min(id) FROM (
            SELECT coalesce({given.text(_OF[given.side])}, 'a row without {_OF[given.side]}') AS id,
                unnest([{listed}]) AS day FROM {relation})
        WHERE day.t IS NOT NULL AND NOT regexp_full_match(day.t, {literal(_ISO)})
        GROUP BY ALL ORDER BY min(id), day.t"""
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for column, text, of in rows:
        found.setdefault(column, {})[text] = of
    return found


def _open(days: _Texts) -> dict[str, str]:
    """The open days that are a day in any order."""
    return {
        text: of
        for text, of in days.items()
        if is_open(text) and any(in_order(text, order) for order in ORDERS)
    }


def _orders(days: _Texts) -> list[str]:
    return [order for order in ORDERS if all(in_order(text, order) for text in days)]


def _are_the_same(days: _Texts) -> bool:
    return all(in_order(text, "dmy") == in_order(text, "mdy") for text in days)


def _both(days: _Texts) -> tuple[str, str]:
    """A day of each order alone."""
    first, second = (
        next(text for text in days if not in_order(text, order)) for order in ("mdy", "dmy")
    )
    return first, second


def _settled(side: Side, column: str, days: _Texts, orders: Sequence[str]) -> list[str]:
    if len(orders) > 1:
        return []
    proof = next(text for text in days if not all(in_order(text, order) for order in ORDERS))
    return [_read_as(side, column, orders[0], f"as {proof} shows")]


def _read_as(side: Side, column: str, order: str, why: str) -> str:
    return f"The dates in {column!r} of the {side} side are read as {_WORDS[order]}, {why}."


def _question(side: Side, unsettled: Mapping[str, _Texts], asking: Asking) -> str:
    """Sentence on days: both meanings of two, and the remedy."""
    columns = ", ".join(map(repr, unsettled))
    days = next(iter(unsettled.values()))
    open_ones = [text for text in days if in_order(text, "dmy") != in_order(text, "mdy")]
    shown = " and ".join(
        _both_ways(text, days[text], setting=asking.setting) for text in open_ones[:_EXAMPLES]
    )
    remedy = "deliver them as DATE, or as text like 2024-06-30"
    if asking.setting:
        remedy = f'set dates = "dmy" or dates = "mdy" under [{side}] of the configuration'
    return (
        f"The dates in {columns} of the {side} side ({asking.description}) could be day/month or "
        f"month/day: {shown}; {remedy}."
    )


def _both_ways(text: str, of: str, *, setting: bool) -> str:
    one, other = (
        f"{in_order(text, order)}" + f' (dates = "{order}")' * setting for order in ORDERS
    )
    return f'{of}: "{text}" is {one} or {other}'
