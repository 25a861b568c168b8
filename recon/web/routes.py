"""All routes, each with the right that it asks for."""

from __future__ import annotations

from collections.abc import Iterator

from recon.record.access.model import Right
from recon.web.api import ENTRIES
from recon.web.route import Body, Entry, Handlers

breaks, contracts, entrance, figures, files = (
    Handlers(f"recon.web.pages.{name}")
    for name in ("breaks", "contracts", "entrance", "figures", "files")
)
home, loads, months, statements, uploads = (
    Handlers(f"recon.web.pages.{name}")
    for name in ("home", "loads", "months", "statements", "uploads")
)


def _of_book(book: str, first: str) -> Iterator[Entry]:
    """The pages of the months and breaks of a book."""
    month, one = f"{book}/months/{{month}}", f"{book}/breaks/{{name}}"
    yield Entry("GET", first, Right.READ, months.months)
    yield Entry("GET", month, Right.READ, months.month)
    yield Entry("POST", f"{month}/sign-off", Right.SIGN, months.sign, Body.FORM)
    yield Entry("GET", f"{book}/runs/{{run}}/{{name}}", Right.READ, months.report)
    yield Entry("GET", f"{book}/breaks", Right.READ, breaks.breaks)
    every = f"{book}/breaks/acknowledge"
    yield Entry("POST", every, Right.ANSWER, breaks.acknowledge_all, Body.FORM)
    yield Entry("GET", one, Right.READ, breaks.one)
    yield Entry("POST", f"{one}/acknowledge", Right.ANSWER, breaks.acknowledge, Body.FORM)
    yield Entry("POST", f"{one}/notes", Right.ANSWER, breaks.note, Body.FORM)


_LOAD = "/loads/{load:int}"
PAGES = (
    Entry("GET", "/static/{name}", Right.ANYBODY, files.static),
    Entry("GET", "/login", Right.ANYBODY, entrance.login_form),
    Entry("POST", "/login", Right.ANYBODY, entrance.login, Body.FORM, own=True),
    Entry("GET", "/enter", Right.ANYBODY, entrance.enter),
    Entry("POST", "/logout", Right.KNOWN, entrance.logout, Body.FORM),
    Entry("GET", "/", Right.KNOWN, home.home),
    Entry("GET", "/account", Right.KNOWN, entrance.account),
    Entry("POST", "/account", Right.KNOWN, entrance.change_password, Body.FORM),
    Entry("GET", "/uploads", Right.UPLOAD, uploads.uploads),
    Entry("POST", "/uploads", Right.UPLOAD, uploads.send, Body.FILES),
    Entry("GET", "/uploads/{upload}", Right.LOADS, uploads.upload),
    Entry("GET", "/loads", Right.LOADS, loads.loads),
    Entry("GET", _LOAD, Right.LOADS, loads.load),
    Entry("GET", f"{_LOAD}/rejected.csv", Right.LOADS, loads.rejected_csv),
    Entry("POST", f"{_LOAD}/undo", Right.UNDO, loads.undo, Body.FORM),
    Entry("POST", f"{_LOAD}/accept", Right.UNDO, loads.accept, Body.FORM),
    Entry("GET", "/figures", Right.READ, figures.figures),
    Entry("GET", "/figures/rows", Right.READ, figures.rows),
    Entry("GET", "/figures/export", Right.READ, figures.export),
    *_of_book("", "/months"),
    *_of_book("/cash", "/cash"),
    Entry("GET", "/contracts/{contract}", Right.READ, contracts.contract),
    Entry("GET", "/cash/documents/{document}", Right.READ, statements.statement),
)
ROUTES = (*PAGES, *ENTRIES)
