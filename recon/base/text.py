"""Numbers of things, names, and texts as people read them."""

from __future__ import annotations

import re
import unicodedata

_TOTAL = re.compile(
    r"(grand |sub-?)?totals?\b|(opening|closing|beginning|ending) balance|net movement|sum\b|summe"
    r"|gesamt|count\b|generated|copyright|confidential|report\b",
    re.IGNORECASE,
)

# Blanks and marks that a spreadsheet may skip, then what begins a formula, also of full width as in
# Japanese; the same for Python and for DuckDB.
_BLANKS = " \N{NO-BREAK SPACE}\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2069\u3000\ufeff"
FORMULA = rf"^[\t\r]|^[{_BLANKS}\t\r\n]*[=+\-@\uff1d\uff0b\uff0d\uff20]"
# Signs that change a terminal or turn a text around, and that nobody sees.
UNSEEN = (
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
MARK = "\N{REPLACEMENT CHARACTER}"


def counted(count: int, noun: str) -> str:
    """A number with its noun: `1 row`, `1,204 rows`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def is_total(label: str) -> bool:
    """Whether a line's first words say totals or remarks."""
    return bool(_TOTAL.match(label))


def visible(text: str) -> str:
    r"""A text as people see it, other letters written out.

    Escape sequences would change a terminal, and signs of direction would turn a name around: they
    become `\x1b` and `\u202e`. Line breaks and blanks of any width stay.
    """
    if text.isprintable():
        return text
    return "".join(letter if _is_seen(letter) else _written_out(letter) for letter in text)


def one_line(text: str) -> str:
    """A visible text in one line."""
    return visible(text).replace("\n", "\\n")


def _is_seen(letter: str) -> bool:
    return letter.isprintable() or letter == "\n" or unicodedata.category(letter) == "Zs"


def _written_out(letter: str) -> str:
    return " " if letter == "\t" else letter.encode("unicode_escape").decode()


def shortened(text: str, most: int = 300) -> str:
    """A text of at most so many letters."""
    return text if len(text) <= most else f"{text[:most]}…"


def words(name: str) -> str:
    """A cause's, status's, column's or bucket's name in words."""
    return name.replace("_", " ")


def guarded(text: str) -> str:
    """A text that no spreadsheet runs, without unseen signs."""
    text = re.sub(UNSEEN, MARK, text)
    return f"'{text}" if re.match(FORMULA, text) else text


def for_duckdb(pattern: str) -> str:
    """A pattern of Python as DuckDB writes it."""
    return re.sub(r"\\u(\w{4})", r"\\x{\1}", pattern)
