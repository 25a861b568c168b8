"""Hints on invalid rows, by why they are invalid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recon.base.fields import AMOUNTS
from recon.base.result import InvalidRow, Side
from recon.base.text import counted, is_total

# Of each side so many kinds of reasons get a hint; the list of invalid rows has every one.
_MOST = 6
_AMOUNT = r"(?:amount|contract_value) '(?P<cell>%s)' is not an amount"
_DATE = r"\w+ '(?P<cell>%s)' is not a (?:date|month)"
_ERROR = r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!)"


@dataclass(frozen=True, slots=True)
class _Advice:
    """The remedy for rows whose reason has a pattern."""

    pattern: re.Pattern[str]
    said: str


def _advice(pattern: str, said: str) -> _Advice:
    return _Advice(re.compile(pattern), said)


# The first one that fits a reason is given.
_ADVICE = (
    _advice(
        rf"\w+ '(?P<cell>{_ERROR})' is ",
        "a cell holds an error of the spreadsheet; mend it there and save it again",
    ),
    _advice(
        r"\w+ '(?P<cell>=.*)' is ",
        "a formula has no stored result; open the workbook in Excel and save it",
    ),
    _advice(
        _AMOUNT % ".*" + r'.* \(decimal = ","\)',
        'amounts have a decimal point, but {side}.decimal is ","',
    ),
    _advice(
        _AMOUNT % r"[^']*\d,\d{1,2}\D*|[^']*\d\.\d{3},\d+\D*",
        'amounts have a decimal comma; set {side}.decimal = "," (for a file)',
    ),
    _advice(
        _AMOUNT % r"[^']*(?:CR|DR|Cr|Dr|[SH])",
        "nothing says which sign CR or DR means; deliver the columns debit and credit, or a sign",
    ),
    _advice(
        # A word alone, such as TBD, is no currency.
        _AMOUNT % r"(?=[^']*\d)[^']*(?:[$€£¥]|\b[A-Z]{3}\b)[^']*",
        "the currency beside an amount is not that of its row; deliver the column currency, or set "
        "policy.currency",
    ),
    _advice(_AMOUNT % ".*", "these cells are not amounts; correct them in the source"),
    _advice(
        r"\w+ '(?P<cell>[3-9]\d{4}(?:\.\d+)?)' is not a (?:date|month)",
        'dates are Excel\'s numbers of days; set {side}.dates = "serial" (for a file), or format '
        "the cells as dates",
    ),
    _advice(
        r"\w+ '(?P<cell>[^']*)' is not clear",
        "the column mixes day/month and month/day; deliver it with dates like 2024-06-30",
    ),
    _advice(
        _DATE % "[^']*" + r" \((?:dates|date_format) = .*\)",
        "these dates are not written as {side}.dates or {side}.date_format says; change the "
        "setting or mend them",
    ),
    _advice(
        _DATE % r"[^']*\d[^']*",
        "these are not calendar dates, or are written in another format; correct them, or set "
        "{side}.date_format (for a file)",
    ),
    _advice(_DATE % ".*", "these cells are not dates; correct them in the source"),
    _advice(
        r"revenue_type '(?P<cell>.*?)' is unknown",
        "add the type under policy.types, or its other name under policy.aliases",
    ),
    _advice(
        r"duration_months '(?P<cell>.*?)' is not a whole number",
        "deliver the term in whole months",
    ),
    _advice(
        r"currency '(?P<cell>.*?)' is not a currency code",
        "deliver codes of three letters, such as USD",
    ),
    _advice(
        r"terminated_on '(?P<cell>.*?)' is before its start",
        "correct the termination or the start in the source",
    ),
    _advice(
        r"(?P<cell>valid_from) is missing",
        'the rows of a key need the day from which each is valid (same_key = "versions"); '
        'deliver it, or set policy.same_key = "add" if they add up',
    ),
    _advice(
        r"(?P<cell>contract_id) is missing",
        "totals below the data are cut off with {side}.skip_foot (for a file); others need an id",
    ),
    _advice(
        r"(?P<cell>\w+) is missing",
        "fill the column in the source, or name another under {side}.columns (for a file)",
    ),
)


_TOTALS = _advice(
    "",
    "a line of totals is no row; set {side}.skip_foot to the number of lines below the data, or "
    "leave it out by {side}.where (for a file)",
)


def hints(invalid: Sequence[InvalidRow]) -> Iterator[str]:
    """Sentences on a side's invalid rows, the most frequent first."""
    found: dict[_Advice, list[tuple[InvalidRow, str]]] = {}
    for row in invalid:
        for advice, cell in [(_TOTALS, row.id)] if is_total(row.id) else _of(row.reason):
            found.setdefault(advice, []).append((row, cell))
    ranked = sorted(found.items(), key=lambda item: -len(item[1]))
    for advice, rows in ranked[:_MOST]:
        (row, cell), *_ = rows
        quoted = advice is _TOTALS or f"'{cell}'" in row.reason
        shown = repr(cell) if quoted else f"{cell} is missing"
        yield (
            f"{counted(len(rows), 'row')} of {row.side} ({shown} in {row.place}"
            f"{', …' * (len(rows) > 1)}): {advice.said.format(side=row.side)}."
        )


def _of(reason: str) -> Iterator[tuple[_Advice, str]]:
    """The advice for each part of a reason, once."""
    if reason.startswith("its contract line is invalid"):
        return
    given = set()
    for part in reason.split("; "):
        for advice in _ADVICE:
            if met := advice.pattern.match(part):
                if advice not in given:
                    yield advice, met["cell"]
                given.add(advice)
                break


def unread_amounts(side: Side, invalid: Sequence[InvalidRow]) -> int:
    """The rows whose amount is missing or unreadable."""
    amount = AMOUNTS[side]
    unread = re.compile(rf"(?:.*; )?{amount} (?:'.*' is not an amount|is missing)", re.DOTALL)
    return sum(bool(unread.match(row.reason)) for row in invalid if row.side is side)
