"""The glossary: words and their meanings, from docs/glossary.md."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from recon.base.errors import UsageError
from recon.base.filters import folded

NAME = "glossary.md"
_WIDEST = 100


def read() -> dict[str, str]:
    """The words with their meanings, as Markdown; raises UsageError."""
    path = _path()
    if path is None:
        raise UsageError("The glossary is not installed; it is docs/glossary.md of recon.")
    words: dict[str, str] = {}
    for part in path.read_text(encoding="utf-8").split("\n## ")[1:]:
        word, _, meaning = part.partition("\n")
        words[word.strip()] = meaning.strip()
    return words


def _path() -> Path | None:
    """The glossary of a copy of the repository, or installed."""
    beside = Path(__file__).parents[2] / "docs" / NAME
    if beside.exists():
        return beside
    try:
        found = [file for file in files("recon") or () if file.name == NAME]
    except PackageNotFoundError:
        return None
    return next((path for file in found if (path := Path(str(file.locate()))).exists()), None)


def listed(words: Mapping[str, str]) -> Iterator[str]:
    """All words, in columns as wide as the console."""
    width = max(map(len, words)) + 2
    columns = max(_width() // width, 1)
    names = list(words)
    rows = -(-len(names) // columns)
    for row in range(rows):
        yield "".join(f"{name:<{width}}" for name in names[row::rows]).rstrip()
    yield ""
    yield "`recon glossary WORD` explains one of them."


def explained(words: Mapping[str, str], text: str) -> Iterator[str]:
    """The meaning of a word, or of those beginning so.

    Raises UsageError where there is none, with those most like it.
    """
    wanted = folded(text)
    by_name = {folded(word): word for word in words}
    found = [name for name in by_name if name == wanted]
    found = found or [name for name in by_name if name.startswith(wanted)]
    found = found or [name for name in by_name if wanted in name]
    if not found:
        near = [by_name[name] for name in get_close_matches(wanted, by_name, cutoff=0.5)]
        like = f"; most like it are {', '.join(near)}" if near else ""
        raise UsageError(
            f"The glossary has no {text!r}{like}. `recon glossary` lists all of its words."
        )
    for number, name in enumerate(found):
        if number:
            yield ""
        yield by_name[name]
        yield from _plain(words[by_name[name]])


def _plain(markdown: str) -> Iterator[str]:
    """Markdown as lines for a console, without its marks."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"(\*\*?|_)(\S(?:.*?\S)?)\1(?!\w)", r"\2", text)
    for paragraph in text.split("\n\n"):
        yield from textwrap.wrap(
            " ".join(paragraph.split()), _width(), initial_indent="  ", subsequent_indent="  "
        )


def _width() -> int:
    return min(shutil.get_terminal_size().columns - 1, _WIDEST)
