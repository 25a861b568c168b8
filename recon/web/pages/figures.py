"""Figures: each view live, with filters and exports."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from starlette.responses import Response

from recon.base.elsewhere import said_elsewhere
from recon.base.errors import NothingLoaded
from recon.kpi.views import VIEWS
from recon.record.access.model import Right
from recon.reports.figures import files
from recon.reports.figures.documents import table_csv
from recon.reports.figures.page import figures_content
from recon.reports.figures.page_data import page_data
from recon.reports.figures.wording import heading
from recon.reports.html.elements import Children, element
from recon.reports.html.page import paragraph
from recon.web import reading
from recon.web.asking import Ask
from recon.web.pages.shell import button, data, field, page, script_place, to
from recon.web.problems import Refused

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES = {"xlsx": _SHEET, "pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}
_KEPT = ("view", "period", "by", "where", "compare", "top")


def figures(ask: Ask) -> Response:
    """A view of figures; its filters' rows come later."""
    try:
        title, *content = _content(ask)
    except NothingLoaded as error:
        send = to("Send files", "uploads") if ask.person.may(Right.UPLOAD) else None
        return page(ask, "Figures", paragraph(said_elsewhere(error), " ", send, kind="answer soft"))
    later = element("span", hidden="hidden", **data(rows=f"/figures/rows?{_query(ask)}",
                                                    script=script_place("figures.js")))  # fmt: skip
    return page(
        ask,
        title.text or "Figures",
        _views(ask),
        _ask(ask),
        _exports(ask),
        content,
        later,
        wide=True,
    )


def _content(ask: Ask) -> list[Element]:
    """The elements of a view, the same for everybody."""
    # Asked for first: what is kept must not wait for what is kept.
    found, detail = reading.figures_with_queries(ask)
    made: list[Element] = ask.site.kept.get(
        ("content", reading.state(ask)), lambda: list(figures_content(found, detail))
    )
    return made


def _views(ask: Ask) -> Element:
    chosen = ask.asked("view") or "executive"
    links = []
    for view in VIEWS.values():
        query = {"view": view.name} | ({"period": p} if (p := ask.asked("period")) else {})
        link = to(view.title, "figures", **query)
        if view.name == chosen:
            link.set("aria-current", "page")
        links.append(element("li", link))
    return element("nav", element("ul", links, class_="tabs"), aria_label="Views")


def _ask(ask: Ask) -> Element:
    filters = ask.many("where")
    return element(
        "details",
        element("summary", "Another period, other filters, or measures of your choice"),
        element(
            "form",
            field("View, or measures", "view", value=ask.asked("view") or "executive",
                  note="such as revenue,margin"),
            field("Period", "period", value=ask.asked("period"),
                  note="2024-06, 2024-Q2, 2024-01..2024-06, last 90 days"),
            field("By", "by", value=",".join(ask.many("by")), note="such as region,month"),
            field("Only", "where", value=filters[0] if filters else "",
                  note="such as region=North or category!=Sugar"),
            field("Compare", "compare", value=ask.asked("compare"), note="previous, year"),
            button("Show"),
            method="get", action="/figures", class_="filters",
        ),
    )  # fmt: skip


def _exports(ask: Ask) -> Element:
    links: list[Children] = []
    for form, name in (("xlsx", "Excel"), ("pdf", "PDF"), ("csv", "CSV")):
        link = element("a", name, href=f"/figures/export?{_query(ask, format=form)}")
        # The script adds the filters that stand behind the # of the address.
        link.set("data-export", form)
        links += [link, " "]
    return paragraph("As a file: ", links, kind="soft")


def _query(ask: Ask, **more: str) -> str:
    pairs = [(name, value) for name in _KEPT for value in ask.many(name)]
    return urlencode([*pairs, *more.items()])


def rows(ask: Ask) -> Response:
    """The rows of a view, for its page's script."""
    key = ("packed rows", reading.state(ask))
    packed: bytes = ask.site.kept.get(
        key, lambda: gzip.compress(page_data(*reading.figures_with_rows(ask)).encode(), 6)
    )
    return Response(packed, headers={"Content-Encoding": "gzip"}, media_type="application/json")


def export(ask: Ask) -> Response:
    """The figures of the address as a file."""
    form = ask.asked("format")
    if form not in _TYPES:
        raise Refused(422, "format is xlsx, pdf or csv.")
    found = reading.figures(ask)
    headers = {
        "Content-Disposition": f'attachment; filename="{files.file_name(found)}.{form}"',
    }
    if form == "csv":
        text = "\r\n".join(table_csv(table) for table in found.tables)
        # A byte order mark, without which Excel takes it for the local code page.
        return Response(("\ufeff" + text).encode(), headers=headers, media_type=_TYPES[form])
    write = files.write_xlsx if form == "xlsx" else files.write_pdf
    with TemporaryDirectory(prefix="recon-") as folder:
        path = write(heading(found), [found], Path(folder) / f"figures.{form}")
        content = path.read_bytes()
    return Response(content, headers=headers, media_type=_TYPES[form])
