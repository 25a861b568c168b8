"""The rows of lines.csv, written by DuckDB: a month may have millions of lines.

They are the same, to the byte, as those that `recon.reports.csv_files` writes in Python.
"""

from __future__ import annotations

from collections.abc import Iterator

from recon import money
from recon.engine import literal, name
from recon.summary import LineTable

_FORMULA_STARTS = "('=', '+', '-', '@', chr(9), chr(13))"
# Words of our own, which neither a formula nor a quote is hidden in.
_OURS = frozenset(("kind", "currency", "status", "cause", "severity", "entries"))
# By a currency's minor unit: how much of four decimals is cut off where it is zeros.
_ZEROS = {10_000: ".0000", 100: "00", 10: "0"}


def line_rows(lines: LineTable, amounts: frozenset[str]) -> Iterator[str]:
    """Yield the lines as rows of a CSV file, line breaks included; `amounts` are such columns."""
    fields = ", ',', ".join(_field(column, amounts) for column in lines.columns)
    return lines.texts(f"concat({fields}, chr(13), chr(10))", {"zeros": _zeros()})


def _field(column: str, amounts: frozenset[str]) -> str:
    if column in amounts:
        return _amount(name(column))
    return name(column) if column in _OURS else _text(name(column))


def _zeros() -> str:
    """Return the SQL of what may be cut off the amounts of a line's currency."""
    by_zeros: dict[str, list[str]] = {}
    for currency, unit in money.minor_units().items():
        by_zeros.setdefault(_ZEROS.get(unit, ""), []).append(literal(currency))
    cases = (f"WHEN currency IN ({', '.join(c)}) THEN '{zeros}'" for zeros, c in by_zeros.items())
    return f"CASE {' '.join(cases)} ELSE '{_ZEROS[100]}' END"


def _amount(value: str) -> str:
    four = f"CAST(CAST({value} AS DECIMAL(34, 0)) * CAST(0.0001 AS DECIMAL(4, 4)) AS VARCHAR)"
    short = f"left({four}, length({four}) - length(zeros))"
    return f"CASE WHEN ends_with({four}, zeros) THEN {short} ELSE {four} END"


def _text(value: str) -> str:
    formula = f"left({value}, 1) IN {_FORMULA_STARTS}"
    guarded = f"CASE WHEN {formula} THEN chr(39) || {value} ELSE {value} END"
    special = " OR ".join(f"contains({value}, chr({ord(sign)}))" for sign in ',"\r\n')
    quoted = f"concat(chr(34), replace({guarded}, chr(34), chr(34) || chr(34)), chr(34))"
    return f"CASE WHEN {special} THEN {quoted} ELSE {guarded} END"
