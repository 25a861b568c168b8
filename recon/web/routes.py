"""All routes, each with the right that it asks for."""

from __future__ import annotations

from recon.record.access.model import Right
from recon.web.api import ENTRIES
from recon.web.pages import (
    breaks,
    contracts,
    entrance,
    figures,
    files,
    home,
    loads,
    months,
    uploads,
)
from recon.web.route import Body, Entry

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
    Entry("GET", "/months", Right.READ, months.months),
    Entry("GET", "/months/{month}", Right.READ, months.month),
    Entry("POST", "/months/{month}/sign-off", Right.SIGN, months.sign, Body.FORM),
    Entry("GET", "/runs/{run}/{name}", Right.READ, months.report),
    Entry("GET", "/breaks", Right.READ, breaks.breaks),
    Entry("GET", "/breaks/{name}", Right.READ, breaks.one),
    Entry("POST", "/breaks/{name}/acknowledge", Right.ANSWER, breaks.acknowledge, Body.FORM),
    Entry("POST", "/breaks/{name}/notes", Right.ANSWER, breaks.note, Body.FORM),
    Entry("GET", "/contracts/{contract}", Right.READ, contracts.contract),
)
ROUTES = (*PAGES, *ENTRIES)
