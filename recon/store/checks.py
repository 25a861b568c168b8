"""Checks: why a row cannot be used, as SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from string import ascii_letters

from recon.store.columns import Columns
from recon.store.session import literal

# What follows it in a text is said about the cell, and is no part of it.
NOTE = "\x1f"
_LETTERS = ascii_letters


@dataclass(frozen=True, slots=True)
class Checks:
    """Checks of a side's rows, by column.

    `values` are those that are NULL where a column cannot be read, and what it then is; a column
    that may be blank is listed with a `?` before its name. `faults` are the conditions under which
    a value that can be read is wrong, and what it then is.
    """

    side: Columns
    values: Mapping[str, tuple[str, str]]
    faults: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def _values(self) -> Iterator[tuple[str, str, str]]:
        """Columns as listed, without the optional ones that are missing."""
        for listed, (value, what) in self.values.items():
            if not listed.startswith("?") or listed.removeprefix("?") in self.side.names:
                yield listed, value, what

    @property
    def _faults(self) -> Iterator[tuple[str, str, str]]:
        for column, (wrong, what) in self.faults.items():
            if column in self.side.names:
                yield column, wrong, what

    def passed(self) -> str:
        """The condition that a row can be compared.

        It is faster than the reason why a row cannot.
        """
        return " AND ".join(self._right())

    def failed(self) -> str:
        """The letters of the checks that a row fails."""
        letters = (
            f"CASE WHEN {right} THEN '' ELSE {literal(letter)} END"
            for letter, right in zip(_LETTERS, self._right(), strict=False)
        )
        return f"concat({', '.join(letters)})"

    def _right(self) -> list[str]:
        read = [_read(self.side, listed, value) for listed, value, _ in self._values]
        return read + [f"coalesce(NOT ({wrong}), true)" for _, wrong, _ in self._faults]

    def reason(self, letters: str = _LETTERS) -> str:
        """The reason why a row cannot be compared, else NULL.

        Each check takes long to plan: `letters` are those that any of the rows does not pass.
        """
        parts = []
        for listed, value, what in self._values:
            column = listed.removeprefix("?")
            blank = f"'{column} is missing'" if listed == column else "NULL"
            parts.append(
                f"CASE WHEN {value} IS NOT NULL THEN NULL "
                f"WHEN {self.side.text(column)} IS NULL THEN {blank} "
                f"ELSE {_quoted(self.side, column, what)} END"
            )
        parts += [
            f"CASE WHEN {wrong} THEN {_quoted(self.side, column, what)} END"
            for column, wrong, what in self._faults
        ]
        asked = (p for letter, p in zip(_LETTERS, parts, strict=False) if letter in letters)
        return f"nullif(concat_ws('; ', {', '.join(asked)}), '')"


def _quoted(side: Columns, column: str, what: str) -> str:
    """SQL of a sentence that quotes a column's text.

    A note on the cell comes behind it.
    """
    before, after = literal(f"{column} '"), literal(f"' is {what}")
    cell, note = (f"split_part({side.text(column)}, {literal(NOTE)}, {part})" for part in (1, 2))
    return f"{before} || {cell} || {after} || {note}"


def noted(raw: str, note: str) -> str:
    """SQL of an unreadable cell with a note."""
    return f"{raw} || {literal(f'{NOTE} ({note})')}"


def cell(text: str) -> str:
    """A cell as it came, without a note."""
    return text.partition(NOTE)[0]


def _read(side: Columns, listed: str, value: str) -> str:
    """The condition that a column is readable, or rightly missing."""
    column = listed.removeprefix("?")
    missing = "" if listed == column else f" OR {side.blank(column)}"
    return f"({value} IS NOT NULL{missing})"
