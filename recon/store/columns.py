"""The SQL that reads source columns of any type exactly.

A value that cannot be read as what it should be is NULL; `recon.reconciliation.intake` says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recon.base import money
from recon.base.errors import MissingColumns
from recon.base.periods import Periods
from recon.base.result import Side
from recon.store.day_notations import day_in, month_in
from recon.store.ids import AROUND
from recon.store.periods import code_index
from recon.store.session import literal, name

# The place of a row in its source, where the relation has it.
PLACE = "recon_row"

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
             "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}  # fmt: skip
_SHORT = {"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"}
_FLOATS = {"DOUBLE", "FLOAT"}
# A year from 1900 on.
_YEAR = r"(19|[2-9]\d)\d{2}"
# Wide enough for 64 bits, narrow enough to be multiplied by the scale without an overflow.
_WIDE = "DECIMAL(28, 10)"
_LARGEST = money.plain(money.LARGEST, "")
_BLANKS = literal(" \t\n\r\N{NO-BREAK SPACE}")
# Columns that may be blank, and the dates by which systems say that they are.
_MAY_BE_BLANK = {"start_date", "terminated_on", "valid_from"}
_NO_DATES = ("1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "9999-12-31")
# The years in which books are kept, and those of them whose days are no such dates.
_DAYS, _REAL_DAYS = ("1900-01-01", "9999-12-31"), ("1900-01-02", "9999-12-30")
# Around an id even blanks that nobody sees are no part of it.
_IDS = {"contract_id", "customer_id"}
# The first and the last character of a text that begins and ends with visible ASCII.
VISIBLE = "BETWEEN '!' AND '~'"


class Columns:
    """The SQL of a side's columns, whatever their types.

    A missing optional one is NULL.
    """

    def __init__(self, side: Side, found: Mapping[str, str], required: tuple[str, ...]) -> None:
        self.side = side
        self.types = {column.strip().lower(): kind.upper() for column, kind in found.items()}
        self.names = {column.strip().lower(): column for column in found}
        self.texts: dict[str, str] = {}
        # By column, the notations in which its days are written besides ISO's.
        self.notations: Mapping[str, Sequence[str]] = {}
        missing = [column for column in required if column not in self.types]
        if missing:
            raise MissingColumns(side, missing, [column for column in found if column != PLACE])

    def kind(self, column: str) -> str:
        """The SQL type of a column, without its parameters."""
        return self.types.get(column, "NULL").split("(")[0]

    def has_floats(self, column: str) -> bool:
        """Whether a column is binary floating point."""
        return self.kind(column) in _FLOATS

    def given(self) -> str:
        """Every column unchanged; texts are made only when needed."""
        given = {key: name(f"given_{key}") for key in self.names}
        return ", ".join(f"{name(raw)} AS {given[key]}" for key, raw in self.names.items())

    def said(self, *wanted: str) -> str:
        """The trimmed texts of some columns, each made once.

        See `as_said`.
        """
        texts = [column for column in wanted if self.kind(column) == "VARCHAR"]
        return "".join(f", {self.text(column)} AS {name(f'said_{column}')}" for column in texts)

    def as_said(self, *wanted: str) -> Columns:
        """The same columns, read from the results of `given`.

        Those columns hold every value as it came, those of `said` the trimmed texts.
        """
        kept = Columns(self.side, self.types, ())
        kept.names = {key: f"given_{key}" for key in self.names}
        kept.notations = self.notations
        kept.texts = {
            column: name(f"said_{column}") for column in wanted if self.kind(column) == "VARCHAR"
        }
        return kept

    def raw(self, column: str) -> str:
        """A column as it came, NULL where it is missing."""
        return name(self.names[column]) if column in self.names else "CAST(NULL AS VARCHAR)"

    def place(self) -> str:
        """A row's place in its source, counted from 1.

        The source's own number, or else the order of delivery.
        """
        if PLACE not in self.names:
            return "row_number() OVER ()"
        return f"CAST({name(self.names[PLACE])} AS BIGINT)"

    def text(self, column: str, raw: str = "") -> str:
        """Trimmed text, NULL where blank.

        42.0 from a float column is the id 42.
        """
        if column not in self.names:
            return "CAST(NULL AS VARCHAR)"
        if column in self.texts and not raw:
            return self.texts[column]
        raw = raw or name(self.names[column])
        if self.has_floats(column):
            whole = f"{raw} = floor({raw}) AND abs({raw}) < 1e15"
            text = f"CAST({raw} AS VARCHAR)"
            raw = f"CASE WHEN {whole} THEN CAST(CAST({raw} AS BIGINT) AS VARCHAR) ELSE {text} END"
        if column in _MAY_BE_BLANK:
            return self._unless_none(column, _dated(self._trimmed(column, raw)))
        return self._trimmed(column, raw)

    def _unless_none(self, column: str, text: str) -> str:
        """A text, NULL where it means no date."""
        if column not in self.notations:
            return text
        day = day_in(text, self.notations[column], _NO_DATES[0])
        return f"CASE WHEN NOT {_none(day)} THEN {text} END"

    def real_date(self, column: str) -> str:
        """A date's text, NULL where blank or meaning none."""
        return self._unless_none(column, _dated(self.text(column)))

    def _trimmed(self, column: str, raw: str) -> str:
        if self.kind(column) != "VARCHAR":
            return f"nullif(trim(CAST({raw} AS VARCHAR), {_BLANKS}), '')"
        # Most texts have nothing to trim, which is seen four times faster.
        trimmed = f"nullif(trim({raw}, {_BLANKS}), '')"
        if column in _IDS:
            trimmed = f"nullif(regexp_replace({raw}, '{AROUND}', '', 'g'), '')"
        return f"CASE WHEN {raw} {VISIBLE} AND {raw}[-1] {VISIBLE} THEN {raw} ELSE {trimmed} END"

    def number(self, column: str, *, grouped: bool = True) -> str:
        """An exact decimal, NULL where unreadable.

        Its digits may be `grouped` by commas.
        """
        raw, kind = name(self.names[column]), self.kind(column)
        if kind in _FLOATS:
            return f"CASE WHEN isfinite({raw}) THEN TRY_CAST({raw} AS {_WIDE}) END"
        if kind in _INTEGERS or kind == "DECIMAL":
            return f"TRY_CAST({raw} AS {_WIDE})"
        text = self.text(column)
        plain = rf"regexp_full_match({text}, '[+-]?(\d+(\.\d*)?|\.\d+)')"
        # A comma that could come before decimals has been asked about, unless the side's point was
        # proved; then it groups.
        groups = rf"regexp_full_match({text}, '[+-]?[1-9]\d{{0,2}}(,\d{{3}})+')"
        other = f"WHEN {groups} THEN TRY_CAST(replace({text}, ',', '') AS {_WIDE})"
        return f"CASE WHEN {plain} THEN TRY_CAST({text} AS {_WIDE}) {other if grouped else ''} END"

    def whole(self, column: str) -> str:
        """A whole number, NULL where it is none."""
        if column not in self.names:
            return "CAST(NULL AS INTEGER)"
        if self.kind(column) in _INTEGERS:
            return name(self.names[column])
        number = self.number(column, grouped=False)
        return f"CASE WHEN {number} = floor({number}) THEN {number} END"

    def count(self, column: str) -> str:
        """The rows that a row represents, by default one."""
        if column not in self.names:
            return "CAST(1 AS BIGINT)"
        return f"coalesce(CAST({name(self.names[column])} AS BIGINT), 1)"

    def addend(self, column: str) -> tuple[str, int]:
        """An exact addend, and how many ten-thousandths its 1 is.

        NULL where unreadable. A sum of decimals is much faster than one of what is made of each of
        them.
        """
        if not self._is_exact(column):
            return self.units(column), 1
        raw = name(self.names[column])
        fits = f"{raw} BETWEEN -{_LARGEST} AND {_LARGEST}"
        return raw if self._is_small(column) else f"CASE WHEN {fits} THEN {raw} END", money.SCALE

    def units(self, column: str) -> str:
        """Ten-thousandths, rounded half away from zero.

        NULL where unreadable or beyond 64 bits.
        """
        number = self.number(column)
        short = self._short(column)
        return _in_units(f"TRY_CAST({short} AS DECIMAL(14, 4))" if short else "", number)

    def amounts(self, column: str, relation: str) -> str:
        """SELECT of a relation with an amount read once.

        It adds `amount_short` and `amount_long`. Almost every amount has at most ten digits before
        the point and four behind, which DuckDB keeps and multiplies in 64 bits, many times faster;
        the others take the long way.
        """
        short = self._short(column) or "NULL"
        return f"""
        SELECT *, CASE WHEN amount_short IS NULL THEN {self.number(column)} END AS amount_long
        FROM (SELECT *, TRY_CAST({short} AS DECIMAL(14, 4)) AS amount_short FROM {relation})"""

    def addend_read(self, column: str) -> str:
        """The addend of `addend`, of a relation of `amounts`."""
        return self.addend(column)[0] if self._is_exact(column) else UNITS_READ

    def finer_read(self, column: str) -> str:
        """Whether an amount has more than four decimals, of `amounts`."""
        return "false" if self._is_exact(column) else _FINER

    def _short(self, column: str) -> str:
        """SQL of a possible short amount, '' without one."""
        if self._is_exact(column):
            return name(self.names[column])
        if self.has_floats(column):
            return ""
        text = self.text(column)
        plain = rf"regexp_full_match({text}, '[+-]?\d{{1,10}}(\.\d{{0,4}})?')"
        return f"CASE WHEN {plain} THEN {text} END"

    def _is_exact(self, column: str) -> bool:
        kind, _, scale = self.types[column].rstrip(")").rpartition(",")
        return self.kind(column) in _INTEGERS or (kind.startswith("DECIMAL") and int(scale) <= 4)  # noqa: PLR2004

    def _is_small(self, column: str) -> bool:
        """Whether a column's type is too narrow for excessive amounts."""
        precision, _, scale = self.types[column].partition("(")[2].rstrip(")").partition(",")
        if precision:
            return int(precision) - int(scale) < len(str(money.LARGEST // money.SCALE))
        return self.kind(column) in _SHORT

    def day(self, column: str) -> str:
        """A date from 1900 on, else NULL."""
        if column not in self.names:
            return "CAST(NULL AS DATE)"
        if self._is_moment(column):
            # Of the years of books, only the first and the last day mean none.
            first, last = _REAL_DAYS if column in _MAY_BE_BLANK else _DAYS
            return _ours(name(self.names[column]), first, last)
        text = self.text(column)
        if column not in self.notations:
            return _day_of(text)
        return f"coalesce({_day_of(text)}, {day_in(text, self.notations[column])})"

    def blank(self, column: str) -> str:
        """The condition that a column has no value, seen cheaply."""
        raw = name(self.names[column])
        if column in self.texts:
            return f"{self.texts[column]} IS NULL"
        if column in _MAY_BE_BLANK and self._is_moment(column):
            return f"({raw} IS NULL OR {_none(raw)})"
        return f"{raw} IS NULL"

    def _is_moment(self, column: str) -> bool:
        return self.kind(column) == "DATE" or self.kind(column).startswith("TIMESTAMP")

    def month(self, column: str, periods: Periods | None = None) -> str:
        """A month index from any form of period, else NULL.

        A year before 1900 is mistyped: in the year 202 nothing was recognized. Where there are
        fiscal `periods`, it is their code or a day.
        """
        if self._is_moment(column):
            return f"month_index({_ours(name(self.names[column]))})"
        text = self.text(column)
        if periods:
            return f"coalesce({code_index(text, periods)}, month_index({self.day(column)}))"
        other = "NULL"
        if column in self.notations:
            other = month_in(text, self.notations[column])
        return (
            rf"CASE WHEN regexp_full_match({text}, '{_YEAR}-(0[1-9]|1[0-2])') "
            f"THEN month_index(CAST({text} || '-01' AS DATE)) "
            rf"WHEN regexp_full_match({text}, '{_YEAR}(0[1-9]|1[0-2])') "
            f"THEN CAST(left({text}, 4) AS INTEGER) * 12 + CAST(right({text}, 2) AS INTEGER) - 1 "
            f"ELSE coalesce(month_index({_day_of(text)}), {other}) END"
        )


def _in_units(short: str, long: str) -> str:
    """Ten-thousandths of a short decimal, else of a long one."""
    fits = f"CASE WHEN abs({long}) <= {_LARGEST} THEN CAST({long} * 10000 AS BIGINT) END"
    return f"coalesce(CAST({short} * 10000 AS BIGINT), {fits})" if short else fits


def units_of(each: int, total: str = "total") -> str:
    """Ten-thousandths of a sum of addends.

    A 1 of them is `each` ten-thousandths. Nearly every sum is short, which is multiplied many times
    faster.
    """
    if each == 1:
        return f"CAST({total} AS HUGEINT)"
    short = f"CAST(TRY_CAST({total} AS DECIMAL(14, 4)) * {each} AS BIGINT)"
    return f"coalesce(CAST({short} AS HUGEINT), CAST({total} * {each} AS HUGEINT))"


# The ten-thousandths of an amount, of a relation of `Columns.amounts`.
UNITS_READ = _in_units("amount_short", "amount_long")
_FINER = f"coalesce(amount_long * 10000 <> {_in_units('', 'amount_long')}, false)"


def _dated(text: str) -> str:
    """A text, NULL where it means that there is none."""
    compact = "|".join(day.replace("-", "") for day in _NO_DATES)
    none = rf"({'|'.join(_NO_DATES)})([ T]\d{{2}}:.*)?|{compact}"
    # Texts in order are enough to see that most dates are ordinary ones.
    return (
        f"CASE WHEN {text} BETWEEN '19000102' AND '9999' THEN {text} "
        f"WHEN regexp_full_match({text}, '{none}') THEN NULL ELSE {text} END"
    )


def _none(moment: str) -> str:
    """The condition that a date or moment means none.

    A list of days would be joined to every row.
    """
    day = f"TRY_CAST({moment} AS DATE)"
    early = f"{day} BETWEEN DATE '1899-12-30' AND DATE '1900-01-01' OR {day} = DATE '1753-01-01'"
    return f"coalesce({early} OR {day} = DATE '9999-12-31', false)"


def _ours(moment: str, first: str = _DAYS[0], last: str = _DAYS[1]) -> str:
    """The day of a date or moment.

    NULL outside the years in which books are kept.
    """
    # Moments may lie beyond all days, and those in nanoseconds are too short to be compared.
    day = f"TRY_CAST({moment} AS DATE)"
    return f"CASE WHEN {day} BETWEEN DATE '{first}' AND DATE '{last}' THEN {day} END"


def _day_of(text: str) -> str:
    return (
        rf"CASE WHEN regexp_full_match({text}, '{_YEAR}-\d{{2}}-\d{{2}}([ T]\d{{2}}:.*)?') "
        f"THEN TRY_CAST(left({text}, 10) AS DATE) "
        rf"WHEN regexp_full_match({text}, '{_YEAR}\d{{4}}') "
        f"THEN CAST(try_strptime({text}, '%Y%m%d') AS DATE) END"
    )
