"""Tables and code in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return the lines of a table; what stands in a cell can neither end it nor the line."""
    listed = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(map(_cell, row)) + " |" for row in listed]


def _cell(value: object) -> str:
    text = " ".join(str(value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def fenced(text: str, language: str) -> list[str]:
    """Return the lines of a block of code, whatever stands in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *text.strip().splitlines(), fence]
