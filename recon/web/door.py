"""The door: Host, Origin, proxies, headers of every answer.

A page of another site, or a name that somebody makes lead here, reaches loopback as well: so the
Host must be one of ours, and whatever changes something must come from a page of ours.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recon.config.web import WebSettings
from recon.web import problems
from recon.web.problems import Refused

SAFE = ("GET", "HEAD", "OPTIONS")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer, browsers would send forms without their origin.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_USUAL = (80, 443)
# Nobody's filters are longer; what is asked again and again in one address is work.
LONGEST_PATH, LONGEST_QUERY = 1_000, 8_000
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to


def names(web: WebSettings) -> set[str]:
    """The names, perhaps with ports, by which browsers may come."""
    found = {web.host, *_LOOPBACK}
    if web.host in _EVERYWHERE:
        found |= {socket.gethostname(), socket.getfqdn()}
    named = {f"{_bracketed(host)}:{web.port}" for host in found if host not in _EVERYWHERE}
    # Behind a proxy, and on the usual ports, browsers name none.
    further = set(web.hosts)
    with_ours = {f"{host}:{web.port}" for host in further if not _has_port(host)}
    if web.port in _USUAL:
        further |= {name.rpartition(":")[0] for name in named}
    return {host.lower() for host in named | further | with_ours}


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _has_port(host: str) -> bool:
    return host.rpartition("]")[2].count(":") == 1


class Door:
    """Every request is looked at here first."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app, self._hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse other hosts and origins; add the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        secure = scope["scheme"] == "https"

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), secure=secure)
            await send(message)

        problem = self._problem(scope)
        if problem is None:
            await self._app(scope, receive, answer)
            return
        await problems.as_json(problem, scope["path"])(scope, receive, answer)

    def _problem(self, scope: Scope) -> Refused | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if len(headers.getlist("host")) != 1 or host not in self._hosts:
            return Refused(421, "This server is not known by this name; see docs/page.md on hosts.")
        if len(scope["raw_path"]) > LONGEST_PATH or len(scope["query_string"]) > LONGEST_QUERY:
            return Refused(414, "This address is too long; ask for less at once.")
        if "transfer-encoding" in headers and "content-length" in headers:
            # A proxy that goes by the other one would take the rest for a request of its own.
            return Refused(400, "The request has two lengths.", {"Connection": "close"})
        if scope["method"] in SAFE:
            return None
        if not is_own(headers, scope["scheme"], host):
            return Refused(403, "This request comes from another site.")
        return None


def is_own(headers: Headers, scheme: str, host: str) -> bool:
    """Whether a request that changes something comes from us.

    Programs send no origin; browsers always do with what is not GET, or say where they come from.
    """
    origin = headers.get("origin")
    if origin is not None:
        parts = urlsplit(origin)
        return parts.scheme == scheme and parts.netloc.lower() == host
    return headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _add(headers: MutableHeaders, *, secure: bool) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


class Peer:
    """The address that the connection has, before proxies are believed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the address."""
        if scope["type"] == "http":
            state: MutableMapping[str, Any] = scope.setdefault("state", {})
            state["peer"] = (scope.get("client") or ("", 0))[0]
        await self._app(scope, receive, send)
