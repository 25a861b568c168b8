"""The shell of a page: head, sections, tables, facts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from recon.reports.html.elements import Child, Children, element, written
from recon.reports.html.style import STYLE

_BANNER = "SAMPLE DATA: invented contracts and entries, not your books"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, with its cells' class.

    The classes that a page knows are `number`, `name`, `long`, `soft` and `bar`.
    """

    header: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, and its class."""

    cells: Sequence[Children]
    kind: str = ""


def document(title: str, *parts: Children, sample: bool = False, leads_to: str = "") -> str:
    """A whole page as the text of a UTF-8 file.

    It fetches nothing and runs nothing, and its own policy holds the browser to that. With
    `leads_to`, an address from `place`, a browser goes on there at once.
    """
    onward = {"http-equiv": "refresh", "content": f"0; url={leads_to}"}
    banner = element("p", _BANNER, class_="banner") if sample else None
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", **{"http-equiv": "Content-Security-Policy", "content": _policy()}),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", **onward) if leads_to else None,
        element("title", title),
        _style(),
    )
    body = element("body", element("main", banner, *parts))
    return "<!DOCTYPE html>\n" + written(element("html", head, body, lang="en")) + "\n"


def section(title: str, *parts: Children, note: str = "") -> Element:
    """A section with its heading, and a note behind it."""
    behind: Children = [" ", element("small", note)] if note else None
    return element("section", element("h2", title, behind), *parts)


def paragraph(*parts: Children, kind: str = "") -> Element:
    """A paragraph; `kind` is its class."""
    return element("p", *parts, **_class(kind))


def marked(text: str, kind: str) -> Element:
    """A text in the colour of its class."""
    return element("span", text, class_=kind)


def table(
    columns: Sequence[Column], rows: Iterable[Row | Sequence[Children]], kind: str = ""
) -> Element:
    """A table that scrolls where the page is narrow.

    With the class `cards` each row becomes a card there, its headers beside its cells; one with
    the class `drawn` has its bars below the names. A row of one cell is the head of a group.
    """
    head = element("tr", [element("th", c.header, **_class(c.kind)) for c in columns])
    lines = [_row(columns, row) for row in rows]
    titles = element("thead", head) if any(column.header for column in columns) else None
    made = element("table", titles, element("tbody", lines), **_class(kind))
    # Without a link in it, no key would reach what is to the right.
    reached = {} if any(made.iter("a")) else {"tabindex": 0}
    return element("div", made, class_="wide", **reached)


def facts(pairs: Iterable[tuple[str, Children]]) -> Element:
    """Names with their values beside them."""
    named = [(element("dt", name), element("dd", value)) for name, value in pairs]
    return element("dl", [each for pair in named for each in pair], class_="facts")


def listed(items: Iterable[Children]) -> Element:
    """A list with a bullet for each item."""
    return element("ul", [element("li", item) for item in items])


def _row(columns: Sequence[Column], row: Row | Sequence[Children]) -> Element:
    cells, kind = (row.cells, row.kind) if isinstance(row, Row) else (row, "")
    if len(cells) == 1 < len(columns):
        return element("tr", element("td", cells[0], class_="group", colspan=len(columns)))
    made: list[Child] = [
        element("td", cell, **_class(column.kind), **_label(column))
        for column, cell in zip(columns, cells, strict=True)
    ]
    return element("tr", made, **_class(kind))


def _label(column: Column) -> dict[str, str]:
    return {"data-label": column.header} if column.header else {}


def _class(kind: str) -> dict[str, str]:
    return {"class": kind} if kind else {}


def _style() -> Element:
    # The writer leaves a style as it is, since browsers read no escapes there.
    made = Element("style")
    made.text = STYLE
    return made


def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
