"""The guard: who asks, and whether they may.

A person is known by a token (of the API), by the header of a proxy that is believed, or by a
session. What changes something needs the secret of the session besides, which pages of other sites
cannot read.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from recon.record.access.model import Person, Right
from recon.record.access.people import People
from recon.web.door import SAFE
from recon.web.problems import Refused
from recon.web.site import Site

NOBODY = Person("nobody", frozenset())
API = "/api/"
SECRET_HEADER = "x-recon-proxy-secret"  # noqa: S105 - the name of a header
CSRF_HEADER = "x-csrf-token"
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Known:
    """A person who asks, and how they are known.

    `fresh` is the secret of a session that begins with this answer.
    """

    person: Person
    by_token: bool = False
    fresh: str = ""


class LoginNeeded(Refused):
    """A request that needs a login."""

    def __init__(self) -> None:
        super().__init__(
            401,
            "Log in first; a program sends a token, as docs/page.md shows.",
            {"WWW-Authenticate": "Bearer"},
        )


def cookie_name(request: Request) -> str:
    """The name of the session's cookie.

    Cookies know no ports, so that two servers of one machine would take each other's.
    """
    return session_cookie(request.url.scheme == "https", request.url.port or 0)


def session_cookie(secure: bool, port: int) -> str:
    """The cookie's name; `__Host-` lets only this host set it."""
    return f"__Host-recon_{port}" if secure else f"recon_{port}"


def set_session(answer: Response, secure: bool, port: int, secret: str) -> None:
    """Let the browser keep the secret of a session."""
    name = session_cookie(secure, port)
    answer.set_cookie(name, secret, httponly=True, samesite="lax", secure=secure, path="/")


def known(site: Site, request: Request) -> Known:
    """The person who asks; raises LoginNeeded for a bad token."""
    with site.people() as people:
        authorization = request.headers.get("authorization", "")
        if authorization.lower().startswith(_BEARER) and request.url.path.startswith(API):
            person = people.of_token(authorization[len(_BEARER) :].strip())
            if person is None:
                raise LoginNeeded
            return Known(person, by_token=True)
        secret = request.cookies.get(cookie_name(request), "")
        web = site.settings.web
        person = people.of_session(secret, web.session_hours, web.idle_minutes) if secret else None
        named = _by_proxy(site, request)
        if named is None:
            return Known(person or NOBODY)
        return _of_proxy(people, named, person, address(request))


def _of_proxy(people: People, named: str, person: Person | None, address: str) -> Known:
    if person and person.name.casefold() == named.casefold():
        return Known(person)
    found = people.known(named)
    if found is None:
        raise Refused(
            403,
            f"You are {named}, whom recon does not know yet; ask an administrator to add you.",
        )
    secret = people.begin_session(found.name, address)
    people.note(found.name, address, "login", found.name, "by the proxy")
    return Known(people.of_session(secret, 1, 1) or found, fresh=secret)


def _by_proxy(site: Site, request: Request) -> str | None:
    """The user's name in a header of a proxy."""
    header = site.settings.web.user_header
    if header is None or not site.proxy_secret:
        return None
    sent = request.headers.get(SECRET_HEADER, "")
    if not hmac.compare_digest(sent.encode(), site.proxy_secret.encode()):
        return None
    if not is_proxy(site, request.scope["state"].get("peer", "")):
        return None
    names = request.headers.getlist(header)
    return names[0].strip() if len(names) == 1 and names[0].strip() else None


def is_proxy(site: Site, address: str) -> bool:
    """Whether an address is one of the configured proxies."""
    import ipaddress

    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in ipaddress.ip_network(each) for each in site.settings.web.proxies)


def address(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client else "unknown"


def check(right: Right, found: Known) -> None:
    """Raise LoginNeeded or Refused where a right is missing."""
    if right is Right.ANYBODY:
        return
    if found.person is NOBODY:
        raise LoginNeeded
    if not found.person.may(right):
        raise Refused(403, f"{found.person.name} may not do this; it needs the right to {right}.")


def check_form(request: Request, found: Known, sent: str) -> None:
    """Raise Refused for a change without the session's secret."""
    if request.method in SAFE or found.by_token:
        return
    secret = found.person.csrf
    if not secret or not hmac.compare_digest(secret.encode(), sent.encode()):
        raise Refused(403, "This form is out of date; load the page again, then send it again.")
