"""The rows of lines.csv, written by DuckDB: a month may have millions of lines.

They are the same, to the byte, as the csv module and `recon.reports.csv_files.guarded` write them.
"""

from __future__ import annotations

from collections.abc import Iterator

from recon.base import money
from recon.base.result import Lines
from recon.store.session import literal, name

_FORMULA_STARTS = "('=', '+', '-', '@', chr(9), chr(13))"
# What a field is quoted for.
_SPECIAL = "concat('[,', chr(34), chr(13), chr(10), ']')"
# Words of our own, which neither a formula nor a quote is hidden in.
_OURS = frozenset(("kind", "currency", "status", "cause", "severity", "entries"))
# By a currency's minor unit: how much of four decimals is cut off where it is zeros.
_ZEROS = {10_000: ".0000", 100: "00", 10: "0"}


def line_rows(lines: Lines, amounts: frozenset[str]) -> Iterator[str]:
    """Yield the lines as rows of a CSV file, line breaks included; `amounts` are such columns."""
    made = {column: _made(column, amounts) for column in lines.columns}
    fields = ", ',', ".join(_field(column, amounts) for column in lines.columns)
    return lines.texts(f"concat({fields}, chr(13), chr(10))", made | {"zeros": _zeros()})


def _made(column: str, amounts: frozenset[str]) -> str:
    """Return what the field of a column is made from: four decimals, or a harmless text."""
    value = name(column)
    if column in amounts:
        return f"CAST(CAST({value} AS DECIMAL(34, 0)) * CAST(0.0001 AS DECIMAL(4, 4)) AS VARCHAR)"
    if column in _OURS:
        return value
    return (
        f"CASE WHEN left({value}, 1) IN {_FORMULA_STARTS} THEN chr(39) || {value} ELSE {value} END"
    )


def _field(column: str, amounts: frozenset[str]) -> str:
    value = name(column)
    if column in amounts:
        short = f"left({value}, length({value}) - length(zeros))"
        return f"CASE WHEN ends_with({value}, zeros) THEN {short} ELSE {value} END"
    if column in _OURS:
        return value
    quoted = f"concat(chr(34), replace({value}, chr(34), chr(34) || chr(34)), chr(34))"
    return f"CASE WHEN regexp_matches({value}, {_SPECIAL}) THEN {quoted} ELSE {value} END"


def _zeros() -> str:
    """Return the SQL of what may be cut off the amounts of a line's currency."""
    by_zeros: dict[str, list[str]] = {}
    for currency, unit in money.minor_units().items():
        by_zeros.setdefault(_ZEROS.get(unit, ""), []).append(literal(currency))
    cases = (f"WHEN currency IN ({', '.join(c)}) THEN '{zeros}'" for zeros, c in by_zeros.items())
    return f"CASE {' '.join(cases)} ELSE '{_ZEROS[100]}' END"
