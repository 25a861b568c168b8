"""Figures as a page: one file, or a server's.

The tables are as in every other format. A small script of ours filters them and drills down, from
rows that the page brings; without it the page is whole, too. Nothing is fetched from elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from xml.etree.ElementTree import Element

from recon.kpi.detail import Detail
from recon.kpi.measures import MEASURES, Measure
from recon.kpi.query import PREVIOUS, YEAR
from recon.kpi.result import Column, Figures, Table
from recon.reports.figures import picture
from recon.reports.figures.looks import page_script, page_style
from recon.reports.figures.page_data import page_data
from recon.reports.figures.wording import control_lines, heading, origin, shown
from recon.reports.html.elements import Child, Children, element, written
from recon.reports.html.page import facts, paragraph, section

INLINE = "inline"
_EARLIER = (f"_{PREVIOUS}", f"_{YEAR}")
_MANY_TICKS, _TICK = 16, 5


def figures_page(
    figures: Figures,
    detail: Detail,
    *,
    script: str = INLINE,
    style: str = INLINE,
    before: Children = None,
    after: Children = None,
) -> str:
    """The page of a view as text, for UTF-8.

    `script` and `style` are addresses of what `page_script` and `page_style` give, or `inline`:
    then the page needs nothing else, and its own policy holds the browser to that. `before` and
    `after` are put around it, such as a server's navigation.
    """
    inline = INLINE in (script, style)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", **{"http-equiv": "Content-Security-Policy", "content": _policy()})
        if inline else None,
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", heading(figures)),
        _raw("style", page_style()) if style == INLINE
        else element("link", rel="stylesheet", href=style),
    )  # fmt: skip
    body = element(
        "body",
        element("main", before, *figures_content(figures, detail), after),
        _raw("script", page_data(figures, detail), type="application/json", id="figures-data"),
        _raw("script", page_script()) if script == INLINE
        else element("script", src=script, defer="defer"),
    )  # fmt: skip
    return "<!DOCTYPE html>\n" + written(element("html", head, body, lang="en")) + "\n"


def figures_content(figures: Figures, detail: Detail) -> Iterator[Element]:
    """Yield a page's elements: filters, tables, origin."""
    yield element("h1", heading(figures))
    yield element("p", origin(figures), class_="soft")
    yield element("form", id="filters", hidden="hidden", aria_label="Filters")
    yield element("p", id="only", hidden="hidden", aria_live="polite")
    yield from (paragraph(note, kind="note") for note in figures.notes)
    for table in figures.tables:
        asking = detail.tables.get(table.name)
        yield _section(table, asking.query.by if asking else ())
    yield _means(figures, detail)
    grain = f"The filters of this page work on {detail.grain}." if detail.grain else ""
    lines = [*control_lines(figures), *([grain] if grain else [])]
    yield section("Where these figures come from", [paragraph(line) for line in lines])


def _section(table: Table, by: Sequence[str]) -> Element:
    made = section(
        table.title,
        paragraph(table.empty, kind="soft") if not table.rows else None,
        _charts(table) if table.rows else None,
        (_cards(table) if table.chart == "cards" else _grid(table, by)) if table.rows else None,
        [paragraph(note, kind="soft") for note in (*_left_out(table), *table.notes)],
    )
    made.set("data-table", table.name)
    return made


def _left_out(table: Table) -> Iterator[str]:
    if table.left_out:
        rows = len(table.rows)
        yield f"{rows:,} of {rows + table.left_out:,} rows; the total has all."


def _cards(table: Table) -> Element:
    """A measure a line, with its changes and its months."""
    width = 1 + 2 * table.compared
    titles: list[tuple[str, str]] = [("", ""), ("now", "number")]
    for place in range(1, width, 2):
        for column in table.columns[place : place + 2]:
            titles.append((column.title.rpartition(", ")[2], _look(column)))
    months = max(map(len, table.trends.values()), default=0)
    rows: list[Child] = []
    for row in table.rows:
        if table.has_currency:
            name = row.currency or "without currency"
            group = element("td", name, class_="group", colspan=len(titles) + 1)
            rows.append(element("tr", group))
        for at in range(0, len(table.columns), width):
            cells = [
                _cell(value, column, row.currency, titles[1 + place][0])
                for place, (value, column) in enumerate(
                    zip(row.values[at : at + width], table.columns[at : at + width], strict=True)
                )
            ]
            trend = table.trends.get((row.currency, table.columns[at].name), ())
            title = element("td", table.columns[at].title, class_="name", **_tip(table.columns[at]))
            rows.append(
                element("tr", title, cells, element("td", picture.spark(trend), class_="bar less"))
            )
    return _table([*titles, (f"{months} months" if months else "", "bar less")], rows, "figures")


def _grid(table: Table, by: Sequence[str]) -> Element:
    """A row for each key, with a bar."""
    money = table.has_currency
    drawn = table.chart in ("bar", "line")
    titles = [(name, "name") for name in table.by] + ([("", "")] if money else [])
    for at, column in enumerate(table.columns):
        titles.append((column.title, _look(column)))
        if at == 0 and drawn:
            titles.append(("", "bar"))
    bars = iter(_bars(table)) if drawn else None
    rows: list[Child] = []
    for row in (*table.rows, *table.totals):
        total = not row.keys
        cells: list[Child] = []
        if total:
            cells.append(element("td", "total", colspan=max(len(table.by), 1)))
        for at, key in enumerate(row.keys):
            named = {"data-key": by[at]} if at < len(by) else {}
            cells.append(element("td", key, class_="name", **named))
        if money:
            cells.append(element("td", row.currency, class_="money"))
        for at, (value, column) in enumerate(zip(row.values, table.columns, strict=True)):
            cells.append(_cell(value, column, row.currency, column.title))
            if at == 0 and bars:
                cells.append(element("td", None if total else next(bars), class_="bar"))
        rows.append(element("tr", cells, **({"class": "sum"} if total else {})))
    return _table(titles, rows, "figures")


def _table(titles: Sequence[tuple[str, str]], rows: Iterable[Child], kind: str) -> Element:
    head = [
        element("th", text, scope="col", **({"class": look} if look else {}))
        for text, look in titles
    ]
    body = element("tbody", list(rows))
    made = element("table", element("thead", element("tr", head)), body, class_=kind)
    return element("div", made, class_="wide")


def _cell(value: int | None, column: Column, currency: str, title: str) -> Element:
    kind = _look(column)
    if column.change and value:
        kind += " good" if (value > 0) == (column.better > 0) else " high"
    return element("td", shown(value, column, currency), class_=kind, data_label=title)


def _look(column: Column) -> str:
    """The class of a column; narrow pages hide earlier values."""
    return "number less" if column.name.endswith(_EARLIER) else "number"


def _bars(table: Table) -> Iterator[Element]:
    """Yield a bar for each row, of its currency's scale."""
    limits: dict[str, list[int]] = {}
    for row in table.rows:
        limits.setdefault(row.currency, []).append(row.values[0] or 0)
    for row in table.rows:
        yield picture.bar(limits[row.currency], row.values[0] or 0)


def _charts(table: Table) -> Element | None:
    """A chart of the first measure for each currency."""
    if table.chart != "line" or len(table.by) != 1:
        return None
    column = table.columns[0]
    made = []
    for currency, rows in groupby(table.rows, key=lambda row: row.currency):
        of = [(row.keys[0], row.values[0]) for row in rows]
        tips = [f"{name}: {shown(value, column, currency)} {currency}".strip()
                for name, value in of]  # fmt: skip
        most = shown(max(0, *(value or 0 for _, value in of)), column, currency)
        often = _TICK if len(of) > _MANY_TICKS else 1
        ticks = [element("li", picture.short(name) if not at % often else None)
                 for at, (name, _) in enumerate(of)]  # fmt: skip
        title = f"{column.title} {currency}".strip()
        made.append(
            element(
                "figure",
                element("figcaption", f"{title}, most {most}"),
                picture.chart([value or 0 for _, value in of], [name for name, _ in of], tips),
                element("ol", ticks, class_="ticks", aria_hidden="true"),
            )
        )
    return element("div", made, class_="charts")


def _tip(column: Column) -> dict[str, str]:
    found = MEASURES.get(column.name)
    return {"data-tip": found.sentence} if found else {}


def _means(figures: Figures, detail: Detail) -> Element:
    """The measures of the page, with sentence and formula."""
    names = {column.name for table in figures.tables for column in table.columns}
    known: Mapping[str, Measure] = detail.known
    pairs: list[tuple[str, Children]] = [
        (of.title, [of.sentence or "", " ", element("code", of.formula) if not of.fact else None])
        for name, of in known.items()
        if name in names
    ]
    summary = element("summary", "What these figures are")
    return element("details", summary, facts(pairs), class_="means")


def _raw(tag: str, text: str, **attributes: str) -> Element:
    # The writer leaves scripts and styles as they are, since browsers read no escapes there.
    made = element(tag, **attributes)
    made.text = text
    return made


def _policy() -> str:
    script, style = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
        for text in (page_script(), page_style())
    )
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
        "base-uri 'none'; form-action 'none'"
    )
