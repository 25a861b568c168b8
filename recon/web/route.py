"""Routes: path, right, handler and body of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from importlib import import_module
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from recon.base.elsewhere import hides
from recon.record.access.model import Right
from recon.record.log import Log
from recon.web import guard, problems
from recon.web.asking import Ask, parsed
from recon.web.guard import API, CSRF_HEADER, Known, LoginNeeded
from recon.web.problems import Refused
from recon.web.site import Site

_SMALL = 1_000_000
_FILES, _FIELDS = 20, 50


class Body(Enum):
    """The body that a route takes."""

    NONE = "none"
    FORM = "form"
    FILES = "files"
    JSON = "json"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that answers, loaded with the first request."""

    module: str
    name: str

    def loaded(self) -> Callable[..., Any]:
        """The function itself."""
        found: Callable[..., Any] = getattr(import_module(self.module), self.name)
        return found

    def __call__(self, *given: Ask | Request) -> Any:  # noqa: ANN401 - a response, or one to await
        """Answer."""
        return self.loaded()(*given)


class Handlers:
    """The handlers of a module by their names.

    A server that has just started listens at once; what it takes to reconcile is loaded later.
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Handler:
        """The handler of a name."""
        return Handler(self._module, name)


@dataclass(frozen=True, slots=True)
class Entry:
    """A route and the right that it asks for.

    `own` routes check the secret of their form themselves. `doc` is for the API's description.
    """

    method: str
    path: str
    right: Right
    handler: Handler
    body: Body = Body.NONE
    own: bool = False
    doc: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_api(self) -> bool:
        """Whether it is of the API."""
        return self.path.startswith(API)


def route(entry: Entry, site: Site, show: Callable[[Refused], Response]) -> Route:
    """A route of the server, behind the guard.

    `show` makes a page of a refusal.
    """

    async def endpoint(request: Request) -> Response:
        try:
            return await _answer(entry, site, request)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001 - this is where every failure ends
            return await run_in_threadpool(_failed, entry, site, request, error, show)

    most = _SMALL
    if entry.body in (Body.FILES, Body.RAW):
        # A form has its own lines around the files.
        most = site.settings.web.max_upload + _SMALL
    return Route(entry.path, endpoint, methods=[entry.method], max_body_size=most)


async def _answer(entry: Entry, site: Site, request: Request) -> Response:
    found = await run_in_threadpool(_admitted, entry, site, request)
    sent = request.headers.get(CSRF_HEADER, "")
    parts: dict[str, Any] = {}
    if entry.body is Body.RAW:
        guard.check_form(request, found, sent)
        return await _with_session(
            await entry.handler(_ask(entry, site, request, found), request), found, request
        )
    if entry.body is Body.JSON:
        guard.check_form(request, found, sent)
        _refuse_other_type(request, "application/json")
        parts["body"] = parsed(await request.body())
    elif entry.body in (Body.FORM, Body.FILES):
        files = _FILES if entry.body is Body.FILES else 0
        parts["form"] = await request.form(max_files=files, max_fields=_FIELDS)
        field = parts["form"].get("csrf", "")
        if not entry.own:
            guard.check_form(request, found, sent or (field if isinstance(field, str) else ""))
    ask = _ask(entry, site, request, found, **parts)
    try:
        answer = await run_in_threadpool(entry.handler, ask)
    finally:
        await request.close()
    return await _with_session(answer, found, request)


def _refuse_other_type(request: Request, wanted: str) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != wanted:
        raise Refused(415, f"The body must be {wanted}.")


def _admitted(entry: Entry, site: Site, request: Request) -> Known:
    """The person who asks, with the needed right."""
    found = guard.known(site, request)
    guard.check(entry.right, found)
    who = found.person.name if found.person is not guard.NOBODY else guard.address(request)
    if wait := site.asked.wait(who):
        raise Refused(429, f"Too many requests; wait {wait} s.", {"Retry-After": str(wait)})
    return found


def _ask(entry: Entry, site: Site, request: Request, found: Known, **parts: Any) -> Ask:  # noqa: ANN401
    return Ask(
        site, found.person, guard.address(request), entry.path, request.path_params,
        request.query_params, cookies=request.cookies, secure=request.url.scheme == "https",
        host=request.headers.get("host", ""), **parts,
    )  # fmt: skip


async def _with_session(answer: Response, found: Known, request: Request) -> Response:
    if found.fresh:
        guard.set_session(answer, request.url.scheme == "https", request.url.port or 0, found.fresh)
    return answer


def _failed(
    entry: Entry,
    site: Site,
    request: Request,
    error: Exception,
    show: Callable[[Refused], Response],
) -> Response:
    problem = problems.refused(error)
    if not isinstance(error, Refused | HTTPException) and hides(error):
        _log(site, error)
    if entry.is_api:
        return problems.as_json(problem, request.url.path)
    if isinstance(error, LoginNeeded):
        back = f"?next={quote(_place(request), safe='')}" if request.method == "GET" else ""
        return RedirectResponse(f"/login{back}", 303)
    return show(problem)


def _place(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query


def _log(site: Site, error: Exception) -> None:
    """Write a failure into a log of its own."""
    log = Log()
    log.begin(site.settings, None, "A request of the page has failed")
    log.end(1, f"{type(error).__name__}: {error}", error)
