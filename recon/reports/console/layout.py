"""Pieces of console views: texts, amounts, bars and tables.

Tables are composed here and not by rich's Table, which cuts a number with an ellipsis when room is
short and knows no ASCII ellipsis: here a column gives way as a whole, and numbers stay complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat, zip_longest

from rich.console import Console
from rich.style import Style
from rich.text import Text

from recon.base import money
from recon.base.events import Severity
from recon.base.result import Break, Cause, Reconciliation

GAP = 2
INDENT = 2
RUN_LABEL = 11
LEAST_WIDTH = 78  # a classic Windows console of 80 columns leaves 79
FILE_WIDTH = 100  # of what is no terminal
WIDE = 140  # room for an explanation beside its facts, and for every currency

# Every colour is readable on black and on white, and none comes without its word.
GOOD = Style.parse("green4")
PLAIN = Style.null()
SOFT = Style.parse("dim")
STRONG = Style.parse("bold")
SEVERITY_STYLES = {
    Severity.WARNING: Style.parse("dark_goldenrod"),
    Severity.HIGH: Style.parse("bold dark_orange3"),
    Severity.CRITICAL: Style.parse("bold red3"),
}
WARNING, HIGH, CRITICAL = SEVERITY_STYLES.values()

_ASCII = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "…": "...", "→": "->", "✓": "ok", "×": "x", "’": "'"}
)


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters that are drawn with."""

    full: str
    left_half: str
    right_half: str
    zero: str
    rule: str
    ellipsis: str


_DIGITS = "123456789"
_UNICODE = Glyphs(full="█", left_half="▐", right_half="▌", zero="│", rule="─", ellipsis="…")
_PLAIN = Glyphs(full="#", left_half="#", right_half="#", zero="|", rule="-", ellipsis="..")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, and how it may shrink.

    A column with `least` may be shortened to that many characters, or wrapped; one without is
    always complete. Columns with `drop` are left out where room is short, those without any
    number but 0 first, then the highest all at once; one of an `amount` is named then. A header
    may have two lines.
    """

    header: str
    cells: Sequence[Text]
    right: bool = False
    least: int | None = None
    most: int = 1_000
    wrap: bool = False
    drop: int = 0
    amount: bool = False

    @property
    def zero(self) -> bool:
        """Whether its numbers are nothing but zeros."""
        return self.right and not any(
            digit in cell.plain for cell in self.cells for digit in _DIGITS
        )

    @property
    def full(self) -> int:
        """The width that shows every cell, at most `most`."""
        header = max(len(line) for line in self.header.split("\n"))
        return min(max([header, *(cell.cell_len for cell in self.cells)]), self.most)

    @property
    def narrowest(self) -> int:
        """The width below which the column is left out."""
        return self.full if self.least is None else min(self.least, self.full)


@dataclass(frozen=True, slots=True)
class Pen:
    """The writer for one console, its width and its characters."""

    console: Console

    @property
    def width(self) -> int:
        """The width to write in."""
        return self.console.width

    @property
    def glyphs(self) -> Glyphs:
        """The characters to draw with, chosen as rich does."""
        return _UNICODE if self.console.encoding.startswith("utf") else _PLAIN

    def text(self, said: str, style: Style = PLAIN) -> Text:
        """A text as one line that is safe to print."""
        # A line break or an escape sequence in a name must not reach the terminal.
        line = "".join(letter if letter.isprintable() else " " for letter in said)
        if self.glyphs is _PLAIN:
            line = line.translate(_ASCII)
        encoding = self.console.encoding
        return Text(line.encode(encoding, "replace").decode(encoding), style)

    def heading(self, title: str, note: str = "") -> list[Text]:
        """A section's title over the width, after an empty line."""
        line = Text.assemble(self.text(title, STRONG), (f": {note}" if note else "", SOFT))
        rest = max(self.width - line.cell_len - 1, 0)
        return [Text(), line.append(" " + self.glyphs.rule * rest, SOFT)]

    def paragraph(self, text: Text, indent: int = INDENT) -> list[Text]:
        """A text's lines, wrapped to the width behind an indent."""
        lines = text.wrap(self.console, self.width - indent)
        return [_trimmed(Text(" " * indent) + line) for line in lines]

    def beside(self, label: str, text: Text, room: int) -> Iterator[Text]:
        """A label of fixed width with its text beside it."""
        indent = INDENT + room
        first, *rest = self.paragraph(text, indent) or [Text()]
        yield Text.assemble((f"{'':{INDENT}}{label:<{room}}", SOFT), first[indent:])
        yield from rest

    def run_summary(
        self, reports: Sequence[str], facts: Sequence[tuple[str, str, Style]]
    ) -> Iterator[Text]:
        """The paths of a run's reports, and other remarks.

        Each comes as label, text and style. A path is never torn apart.
        """
        for label, path in zip(chain(["reports"], repeat("")), reports, strict=False):
            yield Text.assemble((f"{'':{INDENT}}{label:<{RUN_LABEL}}", SOFT), self.text(path))
        for label, said, style in facts:
            yield from self.beside(label, self.text(said, style), RUN_LABEL)

    def shorten(self, text: Text, width: int) -> Text:
        """A text cut to a width, with an ellipsis."""
        if text.cell_len <= width:
            return text
        short = text.copy()
        short.truncate(max(width - len(self.glyphs.ellipsis), 0))
        short.rstrip()
        return short.append(self.glyphs.ellipsis)

    def bar(self, amount: int, largest: int, half: int) -> str:
        """A bar left or right of zero.

        The largest amount takes `half` characters.
        """
        # An amount that is there shows, however small.
        steps = max((4 * half * abs(amount) + largest) // (2 * largest), 1) if amount else 0
        whole, rest = divmod(steps, 2)
        glyphs = self.glyphs
        left = (glyphs.left_half * rest + glyphs.full * whole) if amount < 0 else ""
        right = (glyphs.full * whole + glyphs.right_half * rest) if amount > 0 else ""
        return f"{left:>{half}}{glyphs.zero}{right}"

    def fits(self, columns: Sequence[Column]) -> bool:
        """Whether all columns of a table find room."""
        return sum(c.narrowest for c in columns) + GAP * (len(columns) - 1) <= self._table_width

    def table(self, columns: Sequence[Column]) -> list[Text]:
        """A table's lines, header first.

        Columns that find no room are left out; amounts among them are named below.
        """
        kept, hidden = self._kept([column for column in columns if column.cells])
        if not kept:
            return []
        widths = _widths(kept, self._table_width)
        lines = _header(kept, widths)
        for row in zip(*(column.cells for column in kept), strict=True):
            blocks = [self._block(*cell) for cell in zip(row, kept, widths, strict=True)]
            lines += [_line(part, kept, widths) for part in zip_longest(*blocks, fillvalue=Text())]
        if hidden:
            named = ", ".join(column.header.replace("\n", " ") for column in hidden)
            lines += self.paragraph(Text(f"Left out, for want of room: {named}.", SOFT))
        return lines

    def _kept(self, columns: Sequence[Column]) -> tuple[list[Column], list[Column]]:
        """The columns that fit, and the amounts that do not."""
        kept, hidden = list(columns), list[Column]()
        while not self.fits(kept) and any(column.drop for column in kept):
            if zeros := [column for column in kept if column.drop and column.zero]:
                kept = [column for column in kept if column not in zeros]
                continue
            first = max(column.drop for column in kept)
            hidden += [column for column in kept if column.drop == first and column.amount]
            kept = [column for column in kept if column.drop != first]
        return kept, hidden

    @property
    def _table_width(self) -> int:
        return self.width - INDENT

    def _block(self, cell: Text, column: Column, width: int) -> list[Text]:
        if column.wrap:
            return list(cell.wrap(self.console, width))
        return [cell if column.least is None else self.shorten(cell, width)]


@dataclass(frozen=True, slots=True)
class View:
    """A result and the pen that writes it."""

    pen: Pen
    result: Reconciliation

    @property
    def wide(self) -> bool:
        """Whether the console has room for the workbook's further columns."""
        return self.pen.width >= WIDE


def room_for(
    view: View,
    currencies: Sequence[str],
    columns: Callable[[View, Sequence[str]], Sequence[Column]],
) -> int:
    """How many currencies fit side by side, at least one."""
    size = len(currencies)
    while size > 1 and not view.pen.fits(columns(view, currencies[:size])):
        size -= 1
    return size


def numbers(header: str, cells: Sequence[str], drop: int = 0) -> Column:
    """A column of numbers: to the right, always complete."""
    return Column(header, [Text(cell) for cell in cells], right=True, drop=drop)


def amounts(header: str, cells: Sequence[str], drop: int = 0) -> Column:
    """A column of amounts, never left out without a word."""
    return Column(header, [Text(cell) for cell in cells], right=True, drop=drop, amount=True)


def amount_text(amount: int, currency: str, sign: bool = False, style: Style = PLAIN) -> Text:
    """An amount for a column, with thousands separators."""
    return Text(money.pretty(amount, currency, sign), style)


def severity_text(severity: Severity) -> Text:
    """A severity as its word in its colour."""
    return Text(severity.word, SEVERITY_STYLES[severity])


def cause_text(item: Break) -> Text:
    """The cause of a break, and whether others fit."""
    style = SEVERITY_STYLES[Severity.HIGH] if item.cause is Cause.UNEXPLAINED else PLAIN
    return Text(item.named_cause + (" (ambiguous)" if item.ambiguous else ""), style)


SAMPLE = Text.assemble(
    Text(" SAMPLE DATA ", STRONG + Style(reverse=True)),
    "  invented contracts and entries, not your books",
)


def sample_banner() -> Text:
    """The warning that these are the sample's books."""
    return Text("\n") + SAMPLE


def _widths(columns: Sequence[Column], width: int) -> list[int]:
    widths = [column.full for column in columns]
    excess = sum(widths) + GAP * (len(columns) - 1) - width
    while excess > 0:
        spare = [has - column.narrowest for has, column in zip(widths, columns, strict=True)]
        if not any(spare):
            break
        widest = max(range(len(widths)), key=lambda place: (spare[place] > 0, widths[place]))
        widths[widest] -= 1
        excess -= 1
    return widths


def _header(columns: Sequence[Column], widths: Sequence[int]) -> list[Text]:
    titles = [column.header.split("\n") for column in columns]
    height = max(map(len, titles))
    rows = zip(*([""] * (height - len(title)) + title for title in titles), strict=True)
    return [_line([Text(word, SOFT) for word in row], columns, widths) for row in rows]


def _line(cells: Sequence[Text], columns: Sequence[Column], widths: Sequence[int]) -> Text:
    line = Text(" " * INDENT)
    for cell, column, width in zip(cells, columns, widths, strict=True):
        space = " " * max(width - cell.cell_len, 0)
        line += Text(space) + cell if column.right else cell + Text(space)
        line.append(" " * GAP)
    return _trimmed(line)


def _trimmed(line: Text) -> Text:
    # A log is read in editors too: no blanks at the end of its lines.
    line.rstrip()
    return line
