"""From two sides in files to the text of recon.toml."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from recon.base.policy import SameKey
from recon.base.result import Side
from recon.setup.init import names
from recon.setup.init.configuration import string
from recon.setup.init.file_side import FileSide, optional

_HEAD = """\
# The configuration of recon, made by `recon init` from files. Relative paths start beside this
# file. The comments say why, and what to change.
"""
_POLICY = """\
# The folder of the reports; by default reports/ beside the folder of this file.
# [reports]
# directory = "../reports"

[policy]
tolerance = "1%"                   # of the expected amount
"""
_TITLES = {Side.ANALYTICS: "Booked contracts", Side.ACCOUNTING: "Recognized revenue"}


@dataclass(frozen=True, slots=True)
class Money:
    """The currency of rows that have none, and why."""

    currency: str
    why: str = ""


def configuration(
    sides: Mapping[Side, FileSide], money: Money, folder: Path, calendar: Path | None = None
) -> str:
    """The text of recon.toml in a folder.

    `calendar` is the file of fiscal periods.
    """
    parts = [_HEAD, *(_side(sides[side], folder) for side in Side), _POLICY]
    why = f"   # {comment(money.why)}" if money.why else ""
    lines = [f"currency = {string(money.currency)}{why}"]
    contracts = sides[Side.ANALYTICS]
    if contracts.by_dates:
        lines.append('term = "dates"                     # from start to close, both included')
    if contracts.monthly:
        lines.append('value_basis = "month"              # a value is that of each active month')
    lines += _same_key(contracts)
    if contracts.exact_ids:
        lines.append('ids = "exact"                      # case counts in ids')
    rest = _aliases(sides.values()) + _ids(sides) + _calendar(sides, folder, calendar)
    return "\n".join(parts) + "\n".join(lines) + "\n" + rest


def _calendar(sides: Mapping[Side, FileSide], folder: Path, calendar: Path | None) -> str:
    """The file of fiscal periods, or the place for it."""
    if calendar is not None:
        said = "months are the fiscal periods of this file"
        return f"\n[calendar]\nperiods = {string(relative(calendar, folder))}   # {said}\n"
    code = sides[Side.ACCOUNTING].coded_period
    if code is None:
        return ""
    return (
        f"\n# {comment(code)} is a fiscal period; a file has to say its days, with the columns "
        'code,\n# first_day and last_day:\n# [calendar]\n# periods = "periods.csv"\n'
    )


def _same_key(contracts: FileSide) -> list[str]:
    """The rule for rows of one contract, or both."""
    if contracts.same_key is SameKey.ADD:
        return ['same_key = "add"                   # rows of one contract add up']
    if contracts.same_key is SameKey.VERSIONS:
        return ['same_key = "versions"              # each holds from its valid_from on',
                '# amendment = "catch_up"           # else a change is spread over what is left',
               ]  # fmt: skip
    if contracts.open_key is None:
        return []
    return [f"# {comment(contracts.open_key)} has several rows: choose what they are.",
            '# same_key = "add"                 # they add up',
            '# same_key = "versions"            # each holds from its valid_from on, a column',
           ]  # fmt: skip


def _ids(sides: Mapping[Side, FileSide]) -> str:
    """The rule on ids, for the user to decide."""
    rule = sides[Side.ACCOUNTING].id_rule
    if rule is None:
        return ""
    side, line = rule
    said = "# The ids of both sides would meet by this rule; is it right?"
    return f"\n{said}\n# [{side}.ids]\n# {line}\n"


def _side(side: FileSide, folder: Path) -> str:
    key, first = side.side, side.group.looks[0]
    lines = [f"# {_TITLES[key]}.", f"[{key}]", 'source = "files"']
    lines.append(f"path = {string(relative(side.group.path, folder))}")
    if first.sheet:
        lines.append(f"sheet = {string(first.sheet)}")
    if first.encoding != "utf-8":
        lines.append(f"encoding = {string(first.encoding)}")
    if first.delimiter != ",":
        lines.append(f"delimiter = {string(first.delimiter)}")
    lines += [*_numbers(side), *_days(side), *_rows(side)]
    if side.repeated_ids:
        lines.append('repeated_ids = "keep"              # a document may have several lines')
    if side.compliance:
        listed = ", ".join(string(names.snake(name)) for name in side.compliance)
        lines.append(f"compliance = [{listed}]   # columns that `recon explain` shows")
    lines += ["", f"[{key}.columns]            # recon's name = yours"]
    lines += [
        f"{ours} = {string(side.columns[ours])}" + _why(side.whys.get(ours, ""))
        for ours in optional(key)
        if ours in side.columns
    ]
    lines += [f"{names.snake(name)} = {string(name)}" for name in side.compliance]
    if side.fixed:
        lines += ["", f"[{key}.fixed]              # no column has it: the same in every row"]
        lines += [f"{ours} = {string(value)}" for ours, value in side.fixed.items()]
    return "\n".join(lines) + "\n"


def _numbers(side: FileSide) -> list[str]:
    lines = []
    if side.decimal:
        lines.append(f"decimal = {string(side.decimal)}")
    elif side.amounts:
        both = comment(" and ".join(side.amounts))
        lines += [f"# {both} could mean two numbers: choose one.",
                  '# decimal = "."', '# decimal = ","']  # fmt: skip
    if side.invert:
        lines.append("invert = true                      # nearly all amounts are negative")
    if side.unit:
        lines.append(f"unit = {string(side.unit)}                      # amounts are in cents")
    return lines


def _days(side: FileSide) -> list[str]:
    if side.dates:
        return [f"dates = {string(side.dates)}"]
    if not side.orders:
        return []
    return [
        "# The dates could mean two days: choose one.",
        *(f"# dates = {string(order)}" for order in side.orders),
    ]


def _rows(side: FileSide) -> list[str]:
    lines = []
    if side.skip_foot:
        lines.append(f"skip_foot = {side.skip_foot}                      # lines below the data")
    if side.where:
        lines.append(f"where = {string(side.where)}")
    return lines


def _aliases(sides: Iterable[FileSide]) -> str:
    aliases: dict[str, str] = {}
    unknown: list[str] = []
    for side in sides:
        for alias, name in side.types.aliases.items():
            if alias.casefold() not in map(str.casefold, aliases):
                aliases[alias] = name
        unknown += [value for value in side.types.unknown if value not in unknown]
    if not aliases and not unknown:
        return ""
    lines = ["", "[policy.aliases]            # your name = recon's revenue type"]
    lines += [f"{string(alias)} = {string(name)}" for alias, name in aliases.items()]
    lines += [f'# {string(value)} = ""   # which one is it?' for value in unknown]
    return "\n".join(lines) + "\n"


def _why(text: str) -> str:
    """The comment on a column, unless its name is enough."""
    sure, _, why = text.partition(": ")
    notes = why.partition("; ")[2] if why.startswith(("its name", "part of its name")) else why
    return f"   # {comment(f'{sure}: {notes}')}" if notes and sure != "sure" else ""


def relative(path: Path, folder: Path) -> str:
    """A path beside the configuration, with slashes."""
    try:
        return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()
    except ValueError:  # another drive of Windows
        return path.absolute().as_posix()


def comment(text: str) -> str:
    """A text that is safe in a comment."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
