"""Cells: the SQL that reads a feed's columns exactly.

A column is first its text (trimmed, its value mapped), then its value; one that cannot be read is
NULL, and `reasons` says why. Texts are named `t_` and our name, values `v_` and our name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from recon.base.feed import Feed, OwnIds
from recon.base.feeds import NUMBERS, FeedColumn, Type
from recon.base.result import Side
from recon.store.amount_notations import number
from recon.store.columns import VISIBLE, Columns
from recon.store.day_notations import SERIAL, day_in
from recon.store.session import literal, name

# The column that says why a line is no row, where a file has such lines.
RAGGED = "recon_ragged"
# Up to four decimals need no rounding.
_PLAIN = r"[+-]?\d{1,14}(?:\.\d{0,4})?"
_NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)"
_WIDE, _LARGEST = "DECIMAL(28, 10)", "99999999999999"
# One group of three digits: they may be thousands, or decimals.
_OPEN = r"[+-]?[1-9]\d{0,2}[.,]\d{3}"
_CERTAIN = ("dotted", "year first", "day named", "month named")
_YES, _NO = ("yes", "y", "true", "t", "1", "x"), ("no", "n", "false", "f", "0")
# Ids of what all feeds share, unless a feed has its own.
SHARED_IDS = ("product_id", "customer_id")


class Cells:
    """The SQL of a feed's columns.

    `header` are the columns of the file with their types; `ragged` where lines have another number
    of fields.
    """

    def __init__(self, feed: Feed, header: Mapping[str, str], *, ragged: bool = False) -> None:
        self.feed, self.ragged = feed, ragged
        theirs = {column.strip().lower(): column for column in header}
        taken = {theirs.get(their.strip().lower(), "") for their in feed.columns.values()}
        self.theirs: dict[str, str] = {}
        for ours in feed.kind.by_name:
            if ours in feed.fixed:
                continue
            their = theirs.get(feed.columns.get(ours, ours).strip().lower())
            if their and (ours in feed.columns or their not in taken):
                self.theirs[ours] = their
        self.found = [
            column
            for column in feed.kind.columns
            if column.name in self.theirs or column.name in feed.fixed
        ]
        kinds = {ours: header[their] for ours, their in self.theirs.items()}
        self._columns = Columns(cast(Side, feed.key), kinds, ())
        self._columns.names = self.theirs
        self._texts = Columns(cast(Side, feed.key), {f"t_{ours}": "VARCHAR" for ours in kinds}, ())

    @property
    def missing(self) -> list[str]:
        """The needed columns that the file lacks."""
        have = {column.name for column in self.found}
        kind = self.feed.kind
        lacking = [column for column in kind.needed if column not in have]
        if kind.either and not have & set(kind.either):
            lacking.append(" or ".join(kind.either))
        return lacking

    def texts(self) -> str:
        """The select list of the texts."""
        listed = [f"{self._text(column)} AS t_{column.name}" for column in self.found]
        return ", ".join([*listed, *([RAGGED] if self.ragged else [])])

    def cleaned(self) -> dict[str, str]:
        """Conditions on the file's own cells by kind of cleaning."""
        trimmed, mapped = [], []
        for ours, their in self.theirs.items():
            if self._columns.kind(ours) != "VARCHAR":
                continue
            raw = name(their)
            # Most texts have nothing to trim, which is seen at once.
            plain = f"{raw} {VISIBLE} AND {raw}[-1] {VISIBLE}"
            trimmed.append(
                f"CASE WHEN {plain} THEN false ELSE {raw} <> {self._columns.text(ours)} END"
            )
            if ours in self.feed.values:
                listed = ", ".join(literal(their.lower()) for their in self.feed.values[ours])
                mapped.append(f"lower({self._columns.text(ours)}) IN ({listed})")
        return {
            kind: f"coalesce({' OR '.join(parts)}, false)"
            for kind, parts in (("trimmed", trimmed), ("mapped", mapped))
            if parts
        }

    def amounts(self) -> str:
        """The columns of whether amounts are plain, and odd ones.

        `p_` and our name is true for a plain number. `recon_odd` has the others, read as numbers:
        a list, one item a column; NULL where all of a row are plain, as nearly all are. All columns
        share one expression, which takes long to plan.
        """
        columns = [f"t_{column.name}" for column in self._amounts]
        if not columns:
            return "CAST(NULL AS VARCHAR[]) AS recon_odd"
        currency = literal(self.feed.currency)
        if any(found.name == "currency" for found in self.found):
            currency = f"coalesce(upper(t_currency), {currency})"
        decimal = self.feed.decimal
        written = number("t", decimal, currency, known=decimal is not None)
        plain = {text: f"regexp_full_match({self._pointed(text)}, '{_PLAIN}')" for text in columns}
        all_plain = " AND ".join(f"coalesce({is_plain}, true)" for is_plain in plain.values())
        odd = ", ".join(f"CASE WHEN NOT {plain[text]} THEN {text} END" for text in columns)
        said = "".join(f"{is_plain} AS p{text[1:]}, " for text, is_plain in plain.items())
        return (
            f"{said}CASE WHEN {all_plain} THEN NULL "
            f"ELSE list_transform([{odd}], lambda t: {written}) END AS recon_odd"
        )

    @property
    def _amounts(self) -> list[FeedColumn]:
        return [column for column in self.found if column.type in NUMBERS]

    def _pointed(self, text: str) -> str:
        """A text with a point before decimals."""
        return text if self.feed.decimal != "," else f"translate({text}, ',.', '.~')"

    def values(self) -> str:
        """The columns of values, from texts and odd amounts."""
        return ", ".join(f"{self._value(column)} AS v_{column.name}" for column in self.found)

    def finer(self) -> str:
        """Whether a number has more decimals than are kept."""
        point = "," if self.feed.decimal == "," else "."
        # Most amounts are too short for it, which is seen at once.
        parts = [
            rf"CASE WHEN strlen(t_{column.name}) > {places + 1} "
            rf"THEN regexp_matches(t_{column.name}, '[{point}]\d{{{places}}}\d*[1-9]') END"
            for column in self._amounts
            for places in (10 if column.type is Type.RATE else 4,)
        ]
        return f"coalesce({' OR '.join(parts) or 'false'}, false)"

    def open_amount(self, column: FeedColumn) -> str:
        """Whether an amount could mean two numbers, or ''."""
        written = self.theirs.get(column.name) and self._columns.kind(column.name) == "VARCHAR"
        counts = column.type in NUMBERS
        if self.feed.decimal or not counts or not written:
            return ""
        return f"regexp_full_match(t_{column.name}, '{_OPEN}')"

    def _text(self, column: FeedColumn) -> str:
        ours = column.name
        if ours in self.feed.fixed:
            return literal(self.feed.fixed[ours])
        text = self._columns.text(ours)
        if ours not in self.feed.values:
            return text
        mapped = " ".join(
            f"WHEN {literal(their.lower())} THEN {literal(our)}"
            for their, our in self.feed.values[ours].items()
        )
        return f"CASE lower({text}) {mapped} ELSE {text} END"

    def _value(self, column: FeedColumn) -> str:
        text = f"t_{column.name}"
        if column.type is Type.RATE:
            amount = self._amount(column, text)
            return f"list_transform([{amount}], lambda r: CASE WHEN r > 0 THEN r END)[1]"
        if column.type in NUMBERS:
            return self._amount(column, text)
        if column.type is Type.DAY:
            return self._day(text)
        if column.type is Type.MONTH:
            return f"strftime(month_start({self._texts.month(text)}), '%Y-%m')"
        if column.type is Type.ID:
            return self._id(column, text)
        return _simple(column.type, text)

    def _id(self, column: FeedColumn, text: str) -> str:
        if column.name in SHARED_IDS and self.feed.ids is OwnIds.OWN:
            return f"{literal(self.feed.name + ':')} || exact_id({text})"
        return f"exact_id({text})"

    def _amount(self, column: FeedColumn, text: str) -> str:
        """Exact, rounded half away from zero at the type's decimals."""
        odd = f"recon_odd[{self._amounts.index(column) + 1}]"
        wide = (
            f"list_transform([{odd}], lambda n: CASE WHEN regexp_full_match(n, '{_NUMBER}') "
            f"THEN TRY_CAST(n AS {_WIDE}) END)[1]"
        )
        return (
            f"CASE WHEN p_{column.name} "
            f"THEN CAST({self._pointed(text)} AS {column.sql_type}) "
            f"ELSE list_transform([{wide}], lambda w: "
            f"CASE WHEN abs(w) <= {_LARGEST} THEN CAST(w AS {column.sql_type}) END)[1] END"
        )

    def _day(self, text: str) -> str:
        """A date from 1900 on, in the feed's notation."""
        own = []
        if self.feed.date_format:
            day = f"CAST(try_strptime({text}, {literal(self.feed.date_format)}) AS DATE)"
            own.append(f"CASE WHEN {day} >= DATE '1900-01-01' THEN {day} END")
        if self.feed.dates:
            own.append(day_in(text, [self.feed.dates]))
        certain = () if self.feed.dates == SERIAL else _CERTAIN
        return f"coalesce({', '.join([self._texts.day(text), *own, day_in(text, certain)])})"


def _simple(kind: Type, text: str) -> str:
    """The value of a text whose reading no setting changes."""
    if kind is Type.WHOLE:
        whole = rf"regexp_full_match({text}, '[+-]?\d{{1,15}}(\.0*)?')"
        return f"CASE WHEN {whole} THEN CAST(CAST({text} AS DECIMAL(18, 2)) AS BIGINT) END"
    if kind is Type.CURRENCY:
        return f"CASE WHEN regexp_full_match(upper({text}), '[A-Z]{{3}}') THEN upper({text}) END"
    if kind is Type.FLAG:
        yes, no = (", ".join(map(literal, words)) for words in (_YES, _NO))
        return (
            f"CASE WHEN lower({text}) IN ({yes}) THEN true "
            f"WHEN lower({text}) IN ({no}) THEN false END"
        )
    return text
