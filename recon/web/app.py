"""The application: every route behind the door and the guard."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from recon.web import problems
from recon.web.door import Door, Peer, names
from recon.web.guard import API
from recon.web.pages.shell import problem_page
from recon.web.route import route
from recon.web.routes import ROUTES
from recon.web.site import Site
from recon.web.work import Worker

_THREADS = 120
# Who has opened the browser gets the first page before the rest is loaded.
_SOON = 1.0


def application(site: Site, *, work: bool = True) -> Starlette:
    """The application of a site; without `work`, nothing is loaded."""
    web = site.settings.web

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with site.people() as people:
            people.forget_old_sessions(web.session_hours, of_starts=True)
        # Whoever waits for figures keeps a thread; the others must not wait behind them.
        to_thread.current_default_thread_limiter().total_tokens = _THREADS
        worker = Worker(site)
        if work:
            site.wake = worker.wake
            worker.start()
            later = threading.Timer(_SOON, _warmed)
            later.daemon = True
            later.start()
        yield
        if work:
            await run_in_threadpool(worker.stop)
        await run_in_threadpool(site.close)

    async def failed(request: Request, error: Exception) -> Response:
        problem = problems.refused(error)
        if request.url.path.startswith(API):
            return problems.as_json(problem, request.url.path)
        return problem_page(problem)

    return Starlette(
        routes=[route(entry, site, problem_page) for entry in ROUTES],
        middleware=[
            Middleware(Peer),
            Middleware(ProxyHeadersMiddleware, trusted_hosts=list(web.proxies)),
            Middleware(Door, hosts=names(web)),
        ],
        exception_handlers={HTTPException: failed},
        lifespan=lifespan,
    )


def _warmed() -> None:
    """Load the handlers before the first requests for them."""
    for entry in ROUTES:
        entry.handler.loaded()
