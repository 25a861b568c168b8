"""Extractions: SELECTs around the configured query, each with its count.

Entry detail is wanted for the month and its two neighbours. Older entries come condensed, one sum
a key added up on the server, so that a month never pulls years of entries. Detail comes in the
order of its ids: a server delivers in any order it likes, and two runs are to be the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from recon.base.fields import CONDENSED
from recon.sources.delivery import Request

# Older and younger than any ledger.
BEGINNING, END = date(1900, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class QueryPart:
    """A SELECT of an extraction and the one counting it.

    Both come with their parameters. A condensed part delivers one row a key, and how many entries
    went into it. The count of entries also delivers their first and last period, which the evidence
    keeps.
    """

    select: str
    count: str
    parameters: tuple[date | str, ...] = ()
    condensed: bool = False


def contract_parts(query: str, columns: Mapping[str, type]) -> list[QueryPart]:
    """The SELECTs for analytics; `columns` are those of the query."""
    wrapped = f"FROM ({query}) q"
    total = _total("contract_value", columns)
    return [
        QueryPart(
            f"SELECT * {wrapped} ORDER BY contract_id, revenue_type, contract_value",
            f"SELECT COUNT(*), {total} {wrapped}",
        )
    ]


def _total(amount: str, columns: Mapping[str, type]) -> str:
    """The server's sum of amounts, NULL for texts.

    No server reads texts by our notations: most refuse to add them up, some guess.
    """
    return "NULL" if columns.get(amount) is str else f"SUM({amount})"


def entry_parts(
    query: str,
    request: Request,
    columns: Mapping[str, type],
    text: str = "VARCHAR(400)",
    exactly: str | None = "{}",
) -> list[QueryPart]:
    """The SELECTs for accounting.

    `columns` are those of the query, with their types. The query has two `?`: the first day, and
    the first day after the range. `text` is the type in which the server compares the id of a
    contract of which every entry is asked for, and `exactly` the expression in which texts are
    equal only if every letter is: under the server's own collation é may be e. Without
    one, and where amounts are texts, nothing is added up, and every entry is delivered.
    """
    recent, before = (request.month - 1).first_day, (request.month - 2).first_day
    after = (request.month + 2).first_day
    wrapped, total = f"FROM ({query}) q", _total("amount", columns)
    condensed = None if exactly is None or columns.get("amount") is str else columns
    exactly = exactly or "{}"
    older = [(before, recent), (BEGINNING, before)]
    if request.contract is None:
        found = [_part(wrapped, total, recent, after)]
        return found + [
            _part(wrapped, total, *days, columns=condensed, exactly=exactly) for days in older
        ]
    key = request.contract.strip().lower()
    same = f"LOWER(LTRIM(RTRIM(CAST(contract_id AS {text})))) = ?"
    others = f"{wrapped} WHERE CASE WHEN {same} THEN 1 ELSE 0 END = 0"
    found = [_part(f"{wrapped} WHERE {same}", total, *days, key)
             for days in ((BEGINNING, recent), (after, END))]  # fmt: skip
    found += [_part(others, total, *days, key, columns=condensed, exactly=exactly)
              for days in older]  # fmt: skip
    return [_part(wrapped, total, recent, after), *found]


def _part(
    wrapped: str,
    total: str,
    *parameters: date | str,
    columns: Mapping[str, type] | None = None,
    exactly: str = "{}",
) -> QueryPart:
    """Every entry, or condensed ones where the columns are given."""
    count = f"SELECT COUNT(*), {total}, MIN(recognition_period), MAX(recognition_period) {wrapped}"
    if columns is None:
        return QueryPart(f"SELECT * {wrapped} ORDER BY entry_id", count, parameters)
    return QueryPart(_condensed(wrapped, columns, exactly), count, parameters, condensed=True)


def _condensed(wrapped: str, columns: Mapping[str, type], exactly: str) -> str:
    """The SELECT that adds up a range by key.

    Each sum has the first period of its entries. Entries without an amount stay apart: they are
    invalid, and counted as such.
    """
    named = ["contract_id", "revenue_type", *(["currency"] if "currency" in columns else [])]
    keys = [exactly.format(key) if columns.get(key) is str else key for key in named]
    selected = [k if k == name else f"{k} AS {name}" for k, name in zip(keys, named, strict=True)]
    blank = "CASE WHEN amount IS NULL THEN 1 ELSE 0 END"
    # A sum of floats would depend on their order.
    amount = "CAST(amount AS DECIMAL(19, 4))" if columns["amount"] is float else "amount"
    return (
        f"SELECT {', '.join(selected)}, SUM({amount}) AS amount, "
        "MIN(recognition_period) AS recognition_period, "
        f"COUNT(*) AS {CONDENSED} {wrapped} GROUP BY {', '.join([*keys, blank])}"
    )
