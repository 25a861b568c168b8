"""The documentation as its readers have it: README.md and the pages of `docs/`."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"


def pages() -> list[Path]:
    """README.md and every page of `docs/`, in this order."""
    return [README, *sorted(DOCS.glob("*.md"))]


def text_of(page: Path) -> str:
    """The text of a page."""
    return page.read_text(encoding="utf-8")


def block(mark: str) -> str:
    """The one fenced block that follows a mark, on whichever page it is."""
    begin = f"^<!-- {re.escape(mark)} -->"
    pattern = re.compile(rf"{begin}\n```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    found: list[str] = [text for page in pages() for text in pattern.findall(text_of(page))]
    assert len(found) == 1, f"README.md and docs/ have {len(found)} blocks {mark!r}, not one"
    return found[0]


def links(page: Path) -> list[str]:
    """The targets of all links and pictures of a page, code left out."""
    prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text_of(page), flags=re.DOTALL | re.M)
    return re.findall(r"\]\(([^()\s]+)\)", prose)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    prose = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.DOTALL | re.M)
    made: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#+ (.+)$", prose, flags=re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.add(f"{anchor}-{made[anchor]}" if made[anchor] else anchor)
        made[anchor] += 1
    return found
