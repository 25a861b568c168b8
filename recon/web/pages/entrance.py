"""Logging in and out, and one's own account."""

from __future__ import annotations

import hmac
import secrets
from ipaddress import ip_address
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from starlette.responses import RedirectResponse, Response

from recon.base.elsewhere import said_elsewhere
from recon.base.errors import UsageError
from recon.record.access.model import Part
from recon.reports.html.elements import element
from recon.reports.html.page import Column, facts, paragraph, section, table
from recon.web import guard
from recon.web.asking import Ask
from recon.web.pages.shell import button, field, form, page
from recon.web.problems import Refused

# The secret of the login form, before there is a session.
_BEFORE = "recon_login"


def login_form(ask: Ask) -> Response:
    """The form to log in."""
    return _login(ask, safe_place(ask.asked("next")))


def _login(ask: Ask, back: str, problem: str = "", status: int = 200) -> Response:
    secret = secrets.token_urlsafe(24)
    answer = page(
        None,
        "Log in",
        paragraph(problem, kind="answer high") if problem else None,
        element(
            "form",
            element("input", type="hidden", name="csrf", value=secret),
            element("input", type="hidden", name="next", value=back),
            field("Name", "name", autocomplete="username", required="required",
                  autofocus="autofocus", maxlength=100),
            field("Password", "password", "password", autocomplete="current-password",
                  required="required", maxlength=256),
            button("Log in"),
            method="post", action="/login", class_="narrow",
        ),
        paragraph(
            "Whoever has started the server gets in by the link that it has printed.", kind="soft"
        ),
        status=status,
    )  # fmt: skip
    answer.set_cookie(
        _before(ask), secret, httponly=True, samesite="strict", secure=ask.secure, path="/"
    )
    return answer


def _before(ask: Ask) -> str:
    return f"__Host-{_BEFORE}" if ask.secure else f"{_BEFORE}_{port_of(ask.host)}"


def port_of(host: str) -> int:
    """The port of a host's name, 0 without one."""
    return urlsplit(f"//{host}").port or 0


def safe_place(text: str) -> str:
    """A path of this server, else the first page."""
    is_path = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if is_path and text.isprintable() and "\\" not in text else "/"


def login(ask: Ask) -> Response:
    """Log a person in; the session begins anew."""
    name, back = ask.text("name"), safe_place(ask.text("next"))
    sent, kept = ask.text("csrf"), ask.cookies.get(_before(ask), "")
    if not kept or not hmac.compare_digest(sent.encode(), kept.encode()):
        return _login(ask, back, "This form is out of date; send it again.", 403)
    keys = (f"name {name.casefold()} {ask.address}", f"address {ask.address}")
    logins = ask.site.logins
    if wait := logins.wait(*keys):
        raise Refused(
            429, f"Too many failed logins; try again in {wait} s.", {"Retry-After": str(wait)}
        )
    password = ask.form.get("password")
    with ask.site.people() as people:
        person = people.checked(name, password if isinstance(password, str) else "")
        if person is None:
            logins.failed(*keys)
            people.note(name[:100], ask.address, "login failed")
            return _login(ask, back, "This name and password do not fit.", 401)
        logins.succeeded(keys[0])
        people.end_session(_old(ask))
        secret = people.begin_session(person.name, ask.address)
        people.note(person.name, ask.address, "login")
    return _in(ask, back, secret)


def enter(ask: Ask) -> Response:
    """Let the owner of the server in by its link."""
    if not ask.site.link.use(ask.asked("link")) or not _is_here(ask.address):
        raise Refused(
            403,
            "This link is used up or too old. Start the server again for a new one, or log in.",
        )
    owner = ask.site.owner
    with ask.site.people() as people:
        people.end_session(_old(ask))
        secret = people.begin_session(owner, ask.address, [Part.ADMIN])
        people.note(owner, ask.address, "login", owner, "by the link of the start")
    return _in(ask, "/", secret)


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _old(ask: Ask) -> str:
    return ask.cookies.get(guard.session_cookie(ask.secure, port_of(ask.host)), "")


def _in(ask: Ask, back: str, secret: str) -> Response:
    answer = RedirectResponse(back, 303)
    guard.set_session(answer, ask.secure, port_of(ask.host), secret)
    answer.delete_cookie(
        _before(ask), path="/", secure=ask.secure, httponly=True, samesite="strict"
    )
    return answer


def logout(ask: Ask) -> Response:
    """End the session."""
    with ask.site.people() as people:
        people.end_session(_old(ask))
        people.note(ask.person.name, ask.address, "logout")
    answer = RedirectResponse("/login", 303)
    name = guard.session_cookie(ask.secure, port_of(ask.host))
    answer.delete_cookie(name, path="/", secure=ask.secure, httponly=True, samesite="lax")
    return answer


def account(ask: Ask, problem: str = "", done: str = "") -> Response:
    """One's own roles, and another password."""
    mine = ask.person
    reach = ", ".join([*mine.feeds, *mine.regions])
    return page(
        ask,
        "Account",
        paragraph(problem or done, kind=f"answer {'high' if problem else 'good'}")
        if problem or done
        else None,
        facts([
            ("name", mine.name),
            ("roles", ", ".join(sorted(mine.parts))),
            *([("feeds and regions", reach)] if reach else []),
        ]),
        _password(ask) if _has_password(ask) else None,
        _actions(ask) if Part.ADMIN in mine.parts else None,
        status=422 if problem else 200,
    )  # fmt: skip


def _has_password(ask: Ask) -> bool:
    """Whether this person has a password."""
    with ask.site.people() as people:
        names = [each.person.name for each in people.all() if each.has_password]
    return ask.person.name in names


def _password(ask: Ask) -> Element:
    return section(
        "Another password",
        form(
            ask,
            "/account",
            field("Password now", "now", "password", autocomplete="current-password",
                  required="required"),
            field("New password", "password", "password", autocomplete="new-password",
                  required="required", minlength=12, note="12 letters or more, such as four "
                  "words; other sessions end."),
            field("New password again", "again", "password", autocomplete="new-password",
                  required="required", minlength=12),
            button("Change the password"),
            kind="narrow",
        ),
    )  # fmt: skip


def _actions(ask: Ask) -> Element:
    with ask.site.people() as people:
        found = people.actions(50)
    columns = [Column(name) for name in ("When (UTC)", "Who", "From", "What", "Which")]
    rows = [
        [each.at[:16].replace("T", " "), each.who, each.address, each.what,
         f"{each.subject} {each.detail}".strip()]
        for each in found
    ]  # fmt: skip
    return section("What people did last", table(columns, rows, "cards"))


def change_password(ask: Ask) -> Response:
    """Give oneself another password."""
    now, new, again = (str(ask.form.get(name) or "") for name in ("now", "password", "again"))
    if new != again:
        return account(ask, "The two new passwords are not the same.")
    key = f"password {ask.person.name.casefold()}"
    if wait := ask.site.logins.wait(key):
        raise Refused(429, f"Too many tries; try again in {wait} s.", {"Retry-After": str(wait)})
    with ask.site.people() as people:
        if people.checked(ask.person.name, now) is None:
            ask.site.logins.failed(key)
            return account(ask, "The password now is another one.")
        try:
            people.set_password(ask.person.name, new)
        except UsageError as error:
            return account(ask, said_elsewhere(error))
        people.note(ask.person.name, ask.address, "password changed", ask.person.name)
        secret = people.begin_session(ask.person.name, ask.address)
    return _in(ask, "/account", secret)
