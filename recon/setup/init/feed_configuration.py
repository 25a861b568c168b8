"""From proposed feeds to the text of recon.toml."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recon.setup.init.configuration import string
from recon.setup.init.feed_proposal import Proposed
from recon.setup.init.file_configuration import comment, relative

_HEAD = """\
# The configuration of recon, made by `recon init` from a folder of files. Relative paths start
# beside this file. The comments say why, and what to change.

[policy]
currency = {currency}                   # of rows without a currency
"""


_ASCII = ("utf-8", "cp1252", "latin-1")


def head(currency: str) -> str:
    """The text before the feeds in a new configuration."""
    return _HEAD.format(currency=string(currency))


def feed_tables(feeds: Sequence[Proposed], folder: Path | None) -> str:
    """The tables of feeds; paths are absolute without a folder."""
    return "".join("\n" + "\n".join(_table(each, folder)) + "\n" for each in feeds)


def _table(feed: Proposed, folder: Path | None) -> list[str]:
    path = feed.sender.path.absolute()
    place = relative(path, folder) if folder else path.as_posix()
    lines = [f"[{feed.key}]", f'kind = "{feed.kind.name}"', f"path = {string(place)}"]
    lines += _notations(feed)
    if feed.currency:
        lines.append(f"currency = {string(feed.currency)}{_why(feed, 'currency')}")
    if feed.receivable:
        lines.append(f"receivable = {string(feed.receivable)}{_why(feed, 'receivable')}")
    if feed.fixed:
        listed = ", ".join(f"{ours} = {string(value)}" for ours, value in feed.fixed.items())
        lines.append(f"fixed = {{ {listed} }}   # no column has it")
    named = {ours: their for ours, their in feed.columns.items() if ours != their.strip().lower()}
    if named:
        lines.append(f"[{feed.key}.columns]")
        lines += [
            f"{ours} = {string(their)}{_why(feed, f'columns.{ours}')}"
            for ours, their in named.items()
        ]
    for ours, values in feed.values.items():
        lines.append(f"[{feed.key}.values.{ours}]")
        lines += [f"{string(text)} = {string(our)}" for text, our in values.items()]
    return lines


def _notations(feed: Proposed) -> list[str]:
    lines = []
    if encoding := _encoding(feed):
        lines.append(f"encoding = {string(encoding)}")
    delimiters = {each.delimiter for each in feed.sender.looks if each.text}
    if len(delimiters) == 1 and delimiters != {","}:
        written = string(delimiters.pop()).replace("\\U00000009", "\\t")
        lines.append(f"delimiter = {written}")
    sheets = {each.sheet for each in feed.sender.looks if each.sheet}
    if len(sheets) == 1:
        lines.append(f"sheet = {string(sheets.pop())}")
    if feed.decimal:
        lines.append(f"decimal = {string(feed.decimal)}")
    elif feed.amounts:
        both = comment(" and ".join(feed.amounts))
        lines += [f"# {both} could mean two numbers: choose one.",
                  '# decimal = "."', '# decimal = ","']  # fmt: skip
    if feed.dates:
        lines.append(f"dates = {string(feed.dates)}")
    elif feed.orders:
        lines += ["# The dates could mean two days: choose one."]
        lines += [f"# dates = {string(order)}" for order in feed.orders]
    return lines


def _encoding(feed: Proposed) -> str:
    """The encoding of its files, '' for UTF-8.

    Files with no letters but ASCII's are read by any.
    """
    found = [
        each.encoding for each in feed.sender.looks
        if each.text and not (each.head.isascii() and each.encoding in _ASCII)
    ]  # fmt: skip
    usual = max(sorted(set(found)), key=found.count) if found else "utf-8"
    return "" if usual == "utf-8" else usual


def _why(feed: Proposed, setting: str) -> str:
    wanted = f"{feed.key}.{setting}"
    found = [doubt.sentence for doubt in feed.doubts if doubt.setting == wanted]
    return f"   # {comment(found[0])}" if found else ""
