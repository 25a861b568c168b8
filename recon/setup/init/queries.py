"""From mapped columns to SELECTs with our names.

The range of an entries query has two `?`, the first day and the first day after it. They are made
into what the period column holds, and not the other way round: so an index still helps, and a
period that is none stays in sight instead of failing the query.
"""

from __future__ import annotations

import re
from enum import StrEnum

from recon.setup.init import names
from recon.setup.init.proposal import Match, Proposal
from recon.setup.init.schema import Column, Family, Table
from recon.sources.database import SQL_SERVER, Database


class Form(StrEnum):
    """The form of a column's periods.

    Those of numbers are integers, those of texts are in quotes.
    """

    DATE = "a date"
    NUMBER_MONTH = "YYYYMM"
    NUMBER_DAY = "YYYYMMDD"
    TEXT_MONTH = "'YYYYMM'"
    TEXT_DASHED_MONTH = "'YYYY-MM'"
    TEXT_DAY = "'YYYYMMDD'"
    TEXT_DASHED_DAY = "'YYYY-MM-DD'"


_MONTH, _DAY = r"(19|20)\d\d{0}(0[1-9]|1[0-2])", r"{0}(0[1-9]|[12]\d|3[01])"
_PATTERNS = {
    Form.TEXT_MONTH: _MONTH.format(""),
    Form.TEXT_DASHED_MONTH: _MONTH.format("-"),
    Form.TEXT_DAY: (_MONTH + _DAY).format(""),
    Form.TEXT_DASHED_DAY: (_MONTH + _DAY).format("-") + r"([ T].*)?",
}
_NUMBERS = {Form.TEXT_MONTH: Form.NUMBER_MONTH, Form.TEXT_DAY: Form.NUMBER_DAY}

# A parameter as text, by form: SQL Server's styles 112 and 23 are YYYYMMDD and YYYY-MM-DD.
_SQL_SERVER = {
    Form.TEXT_MONTH: "LEFT(CONVERT(char(8), CAST(? AS date), 112), 6)",
    Form.TEXT_DASHED_MONTH: "LEFT(CONVERT(char(10), CAST(? AS date), 23), 7)",
    Form.TEXT_DAY: "CONVERT(char(8), CAST(? AS date), 112)",
    Form.TEXT_DASHED_DAY: "CONVERT(char(10), CAST(? AS date), 23)",
}
# PostgreSQL and most others know to_char.
_OTHERS = {
    Form.TEXT_MONTH: "to_char(CAST(? AS date), 'YYYYMM')",
    Form.TEXT_DASHED_MONTH: "to_char(CAST(? AS date), 'YYYY-MM')",
    Form.TEXT_DAY: "to_char(CAST(? AS date), 'YYYYMMDD')",
    Form.TEXT_DASHED_DAY: "to_char(CAST(? AS date), 'YYYY-MM-DD')",
}


def quoted(name: str, product: str) -> str:
    """An identifier, quoted so that any character is safe."""
    if product == SQL_SERVER:
        return "[" + name.replace("]", "]]") + "]"
    return '"' + name.replace('"', '""') + '"'


def table_name(table: Table, product: str) -> str:
    """A table's name with its schema, quoted."""
    return ".".join(quoted(name, product) for name in (table.schema, table.name) if name)


def form_of(column: Column, least: object, most: object) -> Form | None:
    """The form of a column's periods, by its two extremes.

    None where these two are not of one form, or there are none.
    """
    if column.family is Family.DATE:
        return Form.DATE
    forms = {_form(str(value).strip()) for value in (least, most) if value is not None}
    found = forms.pop() if len(forms) == 1 else None
    return found if found is None or column.family is Family.TEXT else _NUMBERS.get(found)


def _form(value: str) -> Form | None:
    return next((form for form, like in _PATTERNS.items() if re.fullmatch(like, value)), None)


def extremes(database: Database, table: Table, column: Column) -> tuple[object, object]:
    """The least and greatest value of a column, or None."""
    name = quoted(column.name, database.product)
    row = database.execute(
        f"SELECT MIN({name}), MAX({name}) FROM {table_name(table, database.product)}"
    ).fetchone()
    return (row[0], row[1]) if row else (None, None)


def contracts_query(proposal: Proposal, product: str) -> str:
    """The SELECT of booked contracts."""
    return (
        "-- Booked contracts, one row a contract and revenue type, from "
        f"{comment(proposal.table)}.\n"
        "-- recon wraps this SELECT for its control totals, so it has no ORDER BY.\n"
        + _notes(proposal)
        + _select(proposal, product, "c")
    )


def entries_query(proposal: Proposal, product: str, form: Form) -> str:
    """The SELECT of recognized revenue, for a range of days."""
    period = proposal.column("recognition_period")
    if period is None:
        raise ValueError("the entries need a column for recognition_period")
    name = f"e.{quoted(period.name, product)}"
    return (
        f"-- Recognized revenue, one row an entry, from {comment(proposal.table)}. recon puts the\n"
        "-- first day, and the first day after the range, into the condition below. It wraps this\n"
        "-- SELECT for its sums and control totals, so it has no ORDER BY.\n"
        + _notes(proposal)
        + _select(proposal, product, "e")
        + f"WHERE {name} >= {_bound(form, product)}\n  AND {name} < {_bound(form, product)}\n"
    )


def _notes(proposal: Proposal) -> str:
    return "".join(f"-- Note: {comment(note)}.\n" for note in proposal.notes)


def _bound(form: Form, product: str) -> str:
    """A day's parameter, converted to the period column's form."""
    if form is Form.DATE:
        return "?"
    text = _SQL_SERVER if product == SQL_SERVER else _OTHERS
    numbers = {number: like for like, number in _NUMBERS.items()}
    if form in numbers:
        return f"CAST({text[numbers[form]]} AS int)"
    return text[form]


def _select(proposal: Proposal, product: str, alias: str) -> str:
    chosen = [match for match in proposal.matches if match.column]
    lines = [_item(match, product, alias) for match in chosen]
    lines += [
        (f"{alias}.{quoted(column.name, product)} AS {quoted(names.snake(column.name), product)}",
         column.kind)
        for column in proposal.compliance
    ]  # fmt: skip
    width = max(len(item) for item, _ in lines) + 1
    items = [
        f"    {item + ('' if item is lines[-1][0] else ','):<{width}}  -- {said}"
        for item, said in lines
    ]
    listed = "\n".join(items)
    return f"SELECT\n{listed}\nFROM {table_name(proposal.table, product)} AS {alias}\n"


def _item(match: Match, product: str, alias: str) -> tuple[str, str]:
    """An item of the SELECT, with its comment."""
    if match.column is None:
        raise ValueError(f"{match.ours} has no column")
    said = "; ".join([match.column.kind, *match.notes])
    return f"{alias}.{quoted(match.column.name, product)} AS {match.ours}", comment(said)


def comment(what: object) -> str:
    """A text that is safe in an SQL comment.

    A line break would end the comment, a `?` would count as a parameter.
    """
    return re.sub(r"[^\w .,:;()+-]", "_", str(what))
