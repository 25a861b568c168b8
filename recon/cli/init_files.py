"""`recon init` with files: two sides found, shown, and written."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import typer
from rich.text import Text

from recon.base.errors import UsageError
from recon.base.month import Month
from recon.base.result import Side
from recon.base.text import counted
from recon.cli import init_questions as questions
from recon.cli import process
from recon.cli.options import progress_shown
from recon.config import Settings
from recon.reports.console.dashboard import make_console
from recon.reports.console.layout import Column, Pen
from recon.setup.init import file_groups as groups
from recon.setup.init.configuration import read_back, string
from recon.setup.init.file_configuration import Money, configuration, relative
from recon.setup.init.file_groups import Group
from recon.setup.init.file_preview import Preview, preview
from recon.setup.init.file_side import DATES, Doubt, FileSide, optional
from recon.setup.init.file_sides import understood
from recon.setup.init.file_written import currency_of
from recon.setup.init.looking import HEAD
from recon.store.day_notations import SERIAL

_NOUNS = {Side.ANALYTICS: "contracts", Side.ACCOUNTING: "entries"}
_HEAD = f"{HEAD >> 20} MB"


def proposed(
    paths: Sequence[str],
    named: Mapping[Side, str | None],
    currency: str | None,
    folder: Path,
    asking: bool,
) -> tuple[str, Month | None]:
    """The configuration's text, and the last month of entries.

    Raises UsageError, ConfigError, SourceDataError and SourceUnreachable.
    """
    left: list[str] = []
    with progress_shown(quiet=False) as progress:
        progress("Looking at the files")
        found = groups.named(named[Side.ANALYTICS], named[Side.ACCOUNTING], paths)
        others = groups.groups(paths, left) if len(found) < len(Side) else []
        calendar, others = groups.calendar(others)
    chosen, rest = _sides(found, others, left, asking)
    sides = understood(chosen, _column if asking else None)
    if asking:
        sides = {side: _answered(each) for side, each in sides.items()}
    money = _money(sides, currency)
    text = configuration(sides, money, folder, calendar)
    settings = _read_back(text, folder, calendar)
    shown = {side: preview(each, settings) for side, each in sides.items()}
    doubts = _calendar_doubts(sides, calendar)
    _print(sides, shown, money, doubts, groups.unused(rest, left))
    return text, shown[Side.ACCOUNTING].last


def _sides(
    found: dict[Side, Group], others: Sequence[Group], left: Sequence[str], asking: bool
) -> tuple[dict[Side, Group], list[Group]]:
    """Each side's files, and those that are neither's."""
    if len(found) == len(Side):
        return found, []
    if found:
        ((side, group),) = found.items()
        other = next(each for each in Side if each is not side)
        return {side: group, other: groups.one(other, others, group)}, []
    chosen, rest, clear = groups.sides(others, left)
    if clear:
        return chosen, rest
    listed = " and ".join(map(str, chosen.values()))
    if not asking:
        raise UsageError(
            f"It is not clear which of {listed} has the contracts; name them with --contracts FILE "
            "and --entries FILE."
        )
    process.say(f"\nIt is not clear which of {listed} has the contracts.")
    if not typer.confirm(f"Is it {chosen[Side.ANALYTICS]}?", default=True):
        chosen = dict(zip(chosen, reversed(chosen.values()), strict=True))
    return chosen, rest


def _column(side: FileSide, ours: str) -> str:
    """The user's choice of a column that is missing."""
    listed = ", ".join(side.profiles)
    process.say(
        f"\nNo column of {side.group.path} looks like {ours}, which recon needs; it has {listed}"
    )
    while (answer := questions.asked_for(f"Your column for {ours}")) not in side.profiles:
        process.say(f"There is no column {answer}.")
    return answer


def _answered(side: FileSide) -> FileSide:
    """A side with the user's answers to open questions."""
    if side.orders:
        columns = (side.profile(ours) for ours in DATES[side.side])
        text = next(text for found in columns if found for text in found.open_days)
        order = questions.order(f"of the {_NOUNS[side.side]}", text, side.orders)
        side = replace(side, dates=order, orders=(), doubts=_without(side, "dates"))
    if side.amounts:
        decimal = questions.decimal(f"of the {_NOUNS[side.side]}", side.amounts)
        side = replace(side, decimal=decimal, amounts=(), doubts=_without(side, "decimal"))
    return side


def _without(side: FileSide, setting: str) -> tuple[Doubt, ...]:
    return tuple(doubt for doubt in side.doubts if not doubt.setting.endswith(setting))


def _money(sides: Mapping[Side, FileSide], currency: str | None) -> Money:
    if currency:
        return Money(currency.upper())
    found, why = currency_of(sides)
    return Money(found or "USD", why if found else "assumed: is it right?")


def _read_back(text: str, folder: Path, calendar: Path | None) -> Settings:
    """The settings of a text before it is written."""
    if calendar is not None:
        here = string(calendar.absolute().as_posix())
        text = text.replace(f"periods = {string(relative(calendar, folder))}", f"periods = {here}")
    return read_back(text)


def _calendar_doubts(sides: Mapping[Side, FileSide], calendar: Path | None) -> list[Doubt]:
    """The doubt about fiscal periods, if any."""
    code = sides[Side.ACCOUNTING].coded_period
    if calendar is not None:
        return [Doubt(f"months are the fiscal periods of {calendar}", "calendar.periods")]
    if code is None:
        return []
    return [
        Doubt(
            f"{code!r} is the code of a fiscal period: give recon init a file with its days, too "
            "(columns code, first_day, last_day), or name it there",
            "calendar.periods",
        )
    ]


def _print(
    sides: Mapping[Side, FileSide],
    shown: Mapping[Side, Preview],
    money: Money,
    more: Sequence[Doubt],
    unused: str,
) -> None:
    """Print both sides, five rows of each, and the doubts."""
    pen = Pen(make_console(sys.stdout))
    lines = [line for side in Side for line in _side(pen, sides[side], shown[side])]
    lines += _doubts(pen, sides, shown, money, more)
    if unused:
        lines += [Text(), *pen.paragraph(pen.text(unused))]
    for line in lines:
        pen.console.print(line, soft_wrap=True)


def _side(pen: Pen, side: FileSide, shown: Preview) -> Iterator[Text]:
    group = side.group
    files = f", {group.files} files" if group.files > 1 else ""
    yield from pen.heading(f"{_NOUNS[side.side]}: {group}{files}")
    yield from pen.paragraph(pen.text(_read(side, shown)))
    mapped = [
        (
            ours,
            side.columns.get(ours) or f'"{side.fixed[ours]}" in every row',
            side.whys.get(ours, ""),
        )
        for ours in optional(side.side)
        if ours in side.columns or ours in side.fixed
    ]
    ours, theirs, whys = ([pen.text(row[at]) for row in mapped] for at in range(3))
    yield from pen.table(
        [
            Column("recon's column", ours),
            Column("your column", theirs, least=12, wrap=True),
            Column("how sure", whys, least=20, wrap=True),
        ]
    )
    yield Text()
    columns = [[pen.text(row[at]) for row in shown.rows] for at in range(len(shown.columns))]
    yield from pen.table(
        [
            Column(header, cells, right=header in ("value", "amount", "months"), least=8)
            for header, cells in zip(shown.columns, columns, strict=True)
        ]
    )


def _read(side: FileSide, shown: Preview) -> str:
    """The sentence on how a side is written."""
    first = side.group.looks[0]
    by = _DELIMITERS.get(first.delimiter, first.delimiter)
    kind = "workbook" if first.sheet else "Parquet"
    parts = [f"{first.encoding.upper()}, columns separated by {by}" if first.text else kind]
    if first.titles:
        parts.append(f"{counted(first.titles, 'line')} above the header")
    if side.skip_foot:
        parts.append(f"{counted(side.skip_foot, 'line')} below the data")
    if side.decimal:
        parts.append(f"decimals after {side.decimal!r}")
    if side.dates:
        ways = {"dmy": "day first", "mdy": "month first", SERIAL: "days as Excel counts them"}
        parts.append(ways[side.dates])
    if side.invert:
        parts.append("signs reversed")
    read = counted(shown.read, "row")
    if side.group.files > 1:
        read += f" of {side.group.looks[-1].path.name}"
    elif not first.text and not first.whole:
        read += " of its beginning"
    elif not first.whole:
        read += f" of its first {_HEAD} (and its end was looked at)"
    return f"{'; '.join(parts)}. {read} read; the first, as recon reads them:"


_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "|"}


def _doubts(
    pen: Pen,
    sides: Mapping[Side, FileSide],
    shown: Mapping[Side, Preview],
    money: Money,
    more: Sequence[Doubt],
) -> Iterator[Text]:
    """The list of doubts, each with its setting."""
    doubts = [doubt for side in sides.values() for doubt in side.doubts]
    found = [(doubt.setting, doubt.sentence) for doubt in (*doubts, *more)]
    if money.why.endswith("?"):
        found.append(
            (
                "policy.currency",
                f"{money.currency} is assumed: no column, sign or name shows the currency",
            )
        )
    elif money.why:
        found.append(("policy.currency", f"{money.currency}: {money.why}"))
    for side, each in shown.items():
        # Days of an open order are asked about above.
        faults = {} if sides[side].orders else each.reasons
        for reason, rows in list(faults.items())[:3]:
            found.append(
                (f"{side}.columns", f"{counted(rows, 'row')} cannot be compared: {reason}")
            )
        if each.problem:
            found.append((f"{side}.columns.close_date", each.problem))
    yield from pen.heading("Not sure" if found else "Sure of everything")
    if found:
        settings, sentences = ([pen.text(row[at]) for row in found] for at in range(2))
        yield from pen.table(
            [
                Column("setting", settings, least=16, wrap=True),
                Column("what it decides", sentences, least=30, wrap=True),
            ]
        )
