"""The frame of a page: head, navigation, and forms.

Style and script are files of this server; nothing is in the page itself, and the policy of every
answer holds the browser to that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element

from starlette.responses import Response

from recon.base.month import Month
from recon.base.result import Break
from recon.base.text import counted, words
from recon.record.access.model import Person, Right
from recon.reports.figures.looks import page_script, page_style
from recon.reports.html.elements import Children, element, written
from recon.reports.html.page import paragraph
from recon.web.asking import Ask, Slice
from recon.web.guard import NOBODY
from recon.web.problems import Refused, title

_BANNER = "SAMPLE DATA: invented contracts and entries, not your books"
# Path, name, and the right to see it.
_PLACES = (
    ("/figures", "Figures", Right.READ),
    ("/months", "Months", Right.READ),
    ("/breaks", "Breaks", Right.READ),
    ("/cash", "Cash", Right.READ),
    ("/uploads", "Uploads", Right.UPLOAD),
    ("/loads", "Loads", Right.LOADS),
)


@cache
def style() -> bytes:
    """The style of all pages."""
    own = resources.files("recon.web").joinpath("static/page.css").read_text(encoding="utf-8")
    return (page_style() + own).encode()


@cache
def script() -> bytes:
    """The script of all pages; each works without it, too."""
    return resources.files("recon.web").joinpath("static/page.js").read_bytes()


@cache
def figures_script() -> bytes:
    """The script of pages of figures."""
    return page_script().encode()


def script_place(name: str) -> str:
    """The address of the script of pages of figures."""
    return f"/static/{name}?v={mark(figures_script())}"


@cache
def mark(content: bytes) -> str:
    """A name for a file's content, for caches."""
    return hashlib.sha256(content).hexdigest()[:12]


def page(
    ask: Ask | None,
    heading: str,
    *parts: Children,
    status: int = 200,
    refresh: int = 0,
    wide: bool = False,
) -> Response:
    """A page of the server, loaded again after `refresh` seconds."""
    person = ask.person if ask else NOBODY
    sample = ask is not None and ask.site.settings.sample and person is not NOBODY
    body = element(
        "body",
        element("a", "Skip to the content", href="#content", class_="skip"),
        _header(ask, person),
        element(
            "main",
            element("p", _BANNER, class_="banner") if sample else None,
            element("h1", heading),
            *parts,
            id="content",
        ),
        class_="wide-page" if wide else "page",
    )
    root = element("html", _head(heading, refresh), body, lang="en")
    return Response("<!DOCTYPE html>\n" + written(root) + "\n", status, media_type="text/html")


def _head(heading: str, refresh: int) -> Element:
    again = {"http-equiv": "refresh", "content": str(refresh)}
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("noscript", element("meta", **again)) if refresh else None,
        element("title", f"{heading} - recon"),
        element("link", rel="icon", href="/static/icon.svg", type="image/svg+xml"),
        element("link", rel="stylesheet", href=f"/static/page.css?v={mark(style())}"),
        element("script", src=f"/static/page.js?v={mark(script())}", defer="defer"),
    )


def _header(ask: Ask | None, person: Person) -> Element:
    if ask is None or person is NOBODY:
        return element("header", element("a", "recon", href="/", class_="home"))
    here = "/" + ask.path.split("/")[1]
    links = [
        element("li", _place(path, name, here))
        for path, name, right in _PLACES
        if person.may(right)
    ]
    return element(
        "header",
        element("a", "recon", href="/", class_="home"),
        element("nav", element("ul", links), aria_label="Main"),
        element(
            "div",
            element("a", person.name, href="/account"),
            form(ask, "/logout", button("Log out", "quiet")),
            class_="who",
        ),
    )


def _place(path: str, name: str, here: str) -> Element:
    current = {"aria_current": "page"} if path == here else {}
    return element("a", name, href=path, **current)


def form(ask: Ask, action: str, *parts: Children, kind: str = "", files: bool = False) -> Element:
    """A form with the secret of the session."""
    encoding = {"enctype": "multipart/form-data"} if files else {}
    named = {"class_": kind} if kind else {}
    secret = element("input", type="hidden", name="csrf", value=ask.person.csrf)
    return element("form", secret, *parts, method="post", action=action, **encoding, **named)


def field(
    label: str, name: str, kind: str = "text", *, note: str = "", **attributes: str | int
) -> Element:
    """A field with its label, and a note below it."""
    described = {"aria_describedby": f"{name}-note"} if note else {}
    return element(
        "p",
        element("label", label, for_=name),
        element("input", type=kind, name=name, id=name, **described, **attributes),
        element("small", note, id=f"{name}-note") if note else None,
        class_="field",
    )


def area(label: str, name: str, *, note: str = "", value: str = "") -> Element:
    """A field of several lines with its label."""
    described = {"aria_describedby": f"{name}-note"} if note else {}
    return element(
        "p",
        element("label", label, for_=name),
        element("textarea", value, name=name, id=name, rows=3, required="required", **described),
        element("small", note, id=f"{name}-note") if note else None,
        class_="field",
    )


def select(label: str, name: str, options: Iterable[tuple[str, str]], chosen: str = "") -> Element:
    """A choice of one, with its label."""
    listed = [
        element(
            "option", said, value=value, **({"selected": "selected"} if value == chosen else {})
        )
        for value, said in options
    ]
    return element(
        "p",
        element("label", label, for_=name),
        element("select", listed, name=name, id=name),
        class_="field",
    )


def button(text: str, kind: str = "", **attributes: str) -> Element:
    """A button that sends its form."""
    named = {"class_": kind} if kind else {}
    return element("button", text, type="submit", **named, **attributes)


def to(text: str, *path: str, **query: str) -> Element:
    """A link to a place of this server, quoted."""
    return element("a", text, href=address(*path, **query))


def subject(ask: Ask, item: Break, month: Month) -> Element:
    """A link to the contract or document of a break."""
    kind = "documents" if ask.of_cash else "contracts"
    name = item.contract_id
    return to(name, *ask.book, kind, name, month=str(month)) if name else element("span", "none")


def kind_of(ask: Ask, item: Break) -> str:
    """A break's revenue type, or its document's kind."""
    return words(item.revenue_type) if ask.of_cash else item.revenue_type


def address(*path: str, **query: str) -> str:
    """An address of this server."""
    place = "/" + "/".join(quote(part, safe="") for part in path)
    return f"{place}?{urlencode(query)}" if query else place


def pages(ask: Ask, cut: Slice, count: int, noun: str) -> Element | None:
    """Links to the other pages of a list."""
    if count <= cut.limit and not cut.offset:
        return None
    last = min(cut.offset + cut.limit, count)
    links: list[Children] = []
    for word, offset, there in (
        ("Previous", max(cut.offset - cut.limit, 0), cut.offset > 0),
        ("Next", cut.offset + cut.limit, last < count),
    ):
        if there:
            links += [" ", element("a", word, href=_with(ask, offset=str(offset)))]
    shown = f"{min(cut.offset + 1, count):,} to {last:,} of {counted(count, noun)}."
    return element("nav", paragraph(shown, links), aria_label="Pages")


def _with(ask: Ask, **changed: str) -> str:
    pairs = [(name, value) for name, value in ask.query.multi_items() if name not in changed]
    return "?" + urlencode([*pairs, *changed.items()])


def data(**values: str) -> Mapping[str, str]:
    """Attributes for the script, such as `data-upload`."""
    return {f"data_{name}": value for name, value in values.items()}


def problem_page(problem: Refused) -> Response:
    """A refusal as a page."""
    answer = page(
        None,
        title(problem.status),
        paragraph(problem.sentence, kind="answer high"),
        paragraph(element("a", "To the first page", href="/")),
        status=problem.status,
    )
    answer.headers.update(problem.headers)
    return answer
