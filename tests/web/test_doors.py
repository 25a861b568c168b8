"""Who gets in, and what they may do there: every route as every role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from recon.record.access import schema
from recon.record.access.model import RIGHTS, Part, Right
from recon.record.access.people import People
from recon.web.app import application
from recon.web.door import HEADERS
from recon.web.rates import Rates, Throttle
from recon.web.routes import ROUTES
from tests.web.visitor import BASE, PASSWORD, PEOPLE, House, fast, house, limited

# The rights by role as a person would say them; the table of the code is held against it.
MAY = {
    Part.VIEWER: "read loads",
    Part.UPLOADER: "loads upload",
    Part.PREPARER: "read loads undo answer sign",
    Part.REVIEWER: "read loads answer sign",
    Part.ADMIN: "read loads upload undo answer sign",
}
INLINE = re.compile(r'<style|<script(?! src="/static/)|\son\w+=|style=|javascript:')
ELSEWHERE = (
    "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "",
    "/\t/evil.example", "javascript:alert(1)", "/\r\nSet-Cookie: a=b",
)  # fmt: skip
FILLED = {
    "name": "x", "load": "1", "upload": "x", "month": "2024-06", "run": "x", "contract": "001",
    "document": "x",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Yield a house whose people have cheap hashes."""
    with pytest.MonkeyPatch.context() as patch:
        fast(patch)
        yield house(tmp_path_factory.mktemp("doors"))


def path_of(template: str) -> str:
    """A path with something in each place."""
    return re.sub(r"{(\w+)(:\w+)?}", lambda found: FILLED[found[1]], template)


def test_the_rights_of_the_roles_are_those_that_the_documentation_names() -> None:
    """Anybody may log in, and whoever has may see the first page; the rest is listed."""
    for part, words in MAY.items():
        assert RIGHTS[part] == {Right.ANYBODY, Right.KNOWN, *map(Right, words.split())}


def test_no_route_is_without_its_right(made: House) -> None:
    """What the server answers is what the table lists, each with a right."""
    served = {
        (method, found.path)
        for found in application(made.site, work=False).routes
        if isinstance(found, Route)
        for method in found.methods or ()
        if method != "HEAD"
    }
    assert served == {(entry.method, entry.path) for entry in ROUTES}
    assert len(served) == len(ROUTES)
    open_to_all = {entry.path for entry in ROUTES if entry.right is Right.ANYBODY}
    assert open_to_all == {"/static/{name}", "/login", "/enter", "/api/v1/openapi.json"}


def test_nobody_gets_past_the_login(made: House) -> None:
    """Without a session, pages lead to the login and the API answers 401."""
    with made.visitor() as nobody:
        for entry in ROUTES:
            if entry.right is Right.ANYBODY:
                continue
            answer = nobody.client.request(entry.method, path_of(entry.path))
            if entry.is_api:
                assert (entry.path, answer.status_code) == (entry.path, 401)
                assert answer.headers["content-type"] == "application/problem+json"
            else:
                assert (entry.path, answer.status_code) == (entry.path, 303)
                assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize("name", PEOPLE)
def test_every_route_as_every_role(made: House, name: str) -> None:
    """403 where the right is missing; where it is there, a change still needs the secret."""
    (part,) = PEOPLE[name]
    with made.visitor(name) as visitor:
        for entry in ROUTES:
            if entry.path in ("/logout", "/login", "/enter"):
                continue
            answer = visitor.client.request(entry.method, path_of(entry.path))
            said = (entry.method, entry.path, answer.status_code)
            if entry.right not in RIGHTS[part]:
                assert said == (entry.method, entry.path, 403)
                assert "may not do this" in answer.text
            elif entry.method == "GET":
                assert answer.status_code in (200, 404, 422, 409), said
            else:
                assert said == (entry.method, entry.path, 403)
                assert "form is out of date" in answer.text
    # The same by token, which needs no secret: then it is the content that is refused.
    with made.visitor() as program:
        token = made.token(name)
        for entry in ROUTES:
            if not entry.is_api or entry.right is Right.ANYBODY:
                continue
            answer = program.client.request(entry.method, path_of(entry.path), headers=token)
            allowed = entry.right in RIGHTS[part]
            assert (entry.path, answer.status_code == 403) == (entry.path, not allowed) or (
                entry.path == "/api/v1/uploads"
            ), answer.text


def test_a_token_has_no_more_than_its_roles_and_opens_no_page(made: House) -> None:
    """Of somebody with every right, one for reading reads; pages take none."""
    with made.visitor() as program:
        reading = made.token("ada", Part.VIEWER)
        assert program.get("/api/v1/months", headers=reading).status_code == 200
        undo = program.client.post("/api/v1/loads/1/undo", json={}, headers=reading)
        assert undo.status_code == 403
        assert program.get("/months", headers=reading).status_code == 303
        wrong = {"Authorization": "Bearer recon_no-such-token"}
        assert program.get("/api/v1/months", headers=wrong).status_code == 401


def test_disabled_people_expired_and_revoked_tokens_are_out_at_once(made: House) -> None:
    """A session ends with its person, a token with its day, its person, or by being revoked."""
    reports = made.settings.reports
    with People.at(reports) as people:
        people.add("gone", PASSWORD, [Part.VIEWER])
    with made.visitor("gone") as visitor, made.visitor() as program:
        token = made.token("gone", Part.VIEWER)
        assert visitor.get("/months").status_code == 200
        assert program.get("/api/v1/me", headers=token).status_code == 200
        with People.at(reports) as people:
            people.disable("gone")
        assert visitor.get("/months").status_code == 303
        assert program.get("/api/v1/me", headers=token).status_code == 401
        assert visitor.login("gone").status_code == 401
        with People.at(reports) as people:
            people.disable("gone", disabled=False)
            (newest, *_) = people.tokens()
            people.revoke(newest.id)
        assert program.get("/api/v1/me", headers=token).status_code == 401
        old = made.token("gone", Part.VIEWER)
        with schema.opened(reports / schema.NAME) as connection:
            connection.execute("UPDATE tokens SET expires = '2020-01-01T00:00:00+00:00'")
        assert program.get("/api/v1/me", headers=old).status_code == 401


def test_nothing_that_opens_a_door_is_kept_readable(made: House) -> None:
    """Neither passwords nor tokens nor sessions stand in the file of access."""
    with made.visitor("paul") as visitor:
        session = next(iter(visitor.client.cookies.values()))
    token = made.token("paul")["Authorization"].removeprefix("Bearer ")
    kept = b"".join(path.read_bytes() for path in made.settings.reports.glob("access.db*"))
    assert b"$argon2id$" in kept
    for secret in (PASSWORD, session, token):
        assert secret.encode() not in kept


def test_the_session_begins_anew_at_login_and_its_cookie_is_closed(made: House) -> None:
    """A session that somebody else has planted is not the one that logs in."""
    with made.visitor() as visitor:
        visitor.client.cookies.set("recon_8765", "planted", domain="127.0.0.1")
        answer = visitor.login("vera")
        cookies = answer.headers.get_list("set-cookie")
        (session,) = [each for each in cookies if each.startswith("recon_8765=")]
        assert "planted" not in session
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(session.split("; "))
        first = session.split(";")[0]
        again = visitor.login("vera").headers.get_list("set-cookie")
        assert first not in " ".join(again)
        # The one before ended with it.
        with made.visitor() as thief:
            assert thief.get("/", headers={"Cookie": first}).status_code == 303


def test_cookies_are_secure_behind_tls(made: House) -> None:
    """Over https the cookie is of this host alone, and is never sent in the clear."""
    with made.visitor(base="https://127.0.0.1:8765") as visitor:
        cookies = visitor.login("vera").headers.get_list("set-cookie")
        (session,) = [each for each in cookies if each.startswith("__Host-recon_8765=")]
        assert "Secure" in session.split("; ")
        assert visitor.get("/").headers["strict-transport-security"]


def test_sessions_expire_and_logging_out_ends_them(made: House) -> None:
    """After too long, or too long without a request, and at once by logging out."""
    with made.visitor("vera") as visitor:
        cookie = "; ".join(f"{name}={value}" for name, value in visitor.client.cookies.items())
        assert visitor.send("/logout").status_code == 303
        assert visitor.get("/", headers={"Cookie": cookie}).status_code == 303
    for column in ("created", "seen"):
        with made.visitor("vera") as visitor:
            assert visitor.get("/").status_code == 200
            with schema.opened(made.settings.reports / schema.NAME) as connection:
                connection.execute(f"UPDATE sessions SET {column} = {column} - 40000")
            assert visitor.get("/").status_code == 303


def test_the_link_of_the_start_is_good_once_and_here(made: House) -> None:
    """Whoever has started the server gets in by it; nobody else, and never twice."""
    fresh = limited(made)
    secret = fresh.site.link.secret
    with fresh.visitor() as visitor:
        assert visitor.get("/enter?link=guess").status_code == 403
        assert visitor.get(f"/enter?link={secret}").headers["location"] == "/"
        assert fresh.site.owner in visitor.get("/account").text
        assert visitor.get(f"/enter?link={secret}").status_code == 403
        again = limited(made)
        with again.visitor(address="10.0.0.9") as far:
            assert far.get(f"/enter?link={again.site.link.secret}").status_code == 403


def test_forms_of_other_sites_change_nothing(made: House) -> None:
    """The secret, the origin, and where the browser says it comes from: each is looked at."""
    with made.visitor("vera") as visitor:
        good = {"csrf": visitor.secret()}
        for headers, form, status in (
            ({"Origin": BASE}, {"csrf": "guess"}, 403),
            ({"Origin": BASE}, {}, 403),
            ({"Origin": "http://evil.example"}, good, 403),
            ({"Origin": "null"}, good, 403),
            ({"Origin": "https://127.0.0.1:8765"}, good, 403),
            ({"Origin": "http://127.0.0.1:9999"}, good, 403),
            ({"Sec-Fetch-Site": "cross-site"}, good, 403),
            ({"Sec-Fetch-Site": "same-site"}, good, 403),
            ({"Origin": BASE}, good, 303),
        ):
            answer = visitor.client.post("/logout", data=form, headers=headers)
            assert answer.status_code == status, (headers, form)
    with made.visitor() as visitor:
        visitor.get("/login")
        fields = {"name": "vera", "password": PASSWORD, "csrf": "guess"}
        assert visitor.client.post("/login", data=fields).status_code == 403


def test_another_name_for_the_server_is_refused(made: House) -> None:
    """A name that somebody makes lead to loopback opens nothing."""
    with TestClient(application(made.site, work=False), base_url=BASE) as client:
        for host in ("evil.example", "evil.example:8765", "127.0.0.1:9999", "", "127.0.0.1"):
            answer = client.get("/login", headers={"Host": host})
            assert answer.status_code == 421, host
        for host in ("localhost:8765", "127.0.0.1:8765", "[::1]:8765"):
            assert client.get("/login", headers={"Host": host}).status_code == 200
    named = limited(made, hosts=("recon.example.com",))
    with TestClient(application(named.site, work=False), base_url=BASE) as client:
        assert client.get("/login", headers={"Host": "recon.example.com"}).status_code == 200


def test_addresses_and_lengths_that_are_attacks_are_refused(made: House) -> None:
    """A number of 5,000 digits, 6,000 filters, and a body with two lengths."""
    with made.visitor() as program:
        token = made.token("ada")
        for path in (f"/api/v1/loads/{'9' * 5_000}", f"/api/v1/breaks?{'owner=a&' * 6_000}"):
            assert program.get(path, headers=token).status_code == 414
        both = {**token, "Content-Length": "5", "Transfer-Encoding": "chunked"}
        answer = program.client.post("/api/v1/loads/1/undo", content=b"0\r\n\r\n", headers=both)
        assert (answer.status_code, answer.headers["connection"]) == (400, "close")


def test_every_answer_has_the_headers_and_no_page_has_script_or_style_in_it(made: House) -> None:
    """The policy lets nothing run or be fetched that is not a file of this server."""
    with made.visitor("ada") as visitor:
        for entry in ROUTES:
            if entry.method != "GET" or entry.path == "/enter":
                continue
            answer = visitor.get(path_of(entry.path))
            for name, value in HEADERS.items():
                assert name == "Cache-Control" or answer.headers[name] == value, entry.path
            if "text/html" in answer.headers["content-type"]:
                assert answer.headers["cache-control"] == "no-store"
                assert not INLINE.search(answer.text), entry.path
        assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_logins_lead_only_to_places_of_this_server(made: House) -> None:
    """No address brings people to another site after the login."""
    for place in ELSEWHERE:
        with made.visitor() as visitor:
            assert visitor.login("vera", next=place).headers["location"] == "/", place
    with made.visitor() as visitor:
        asked = visitor.get("/breaks?severity=high").headers["location"]
        assert asked == "/login?next=%2Fbreaks%3Fseverity%3Dhigh"
        there = visitor.login("vera", next="/breaks?severity=high")
        assert there.headers["location"] == "/breaks?severity=high"


def test_guessing_passwords_gets_slower_and_slower(made: House) -> None:
    """After some failures even the right password has to wait, by this address alone."""
    fresh = limited(made)
    with fresh.visitor() as visitor, fresh.visitor(address="10.0.0.7") as elsewhere:
        tries = [visitor.login("vera", f"wrong {number}").status_code for number in range(6)]
        assert tries == [401, 401, 401, 401, 429, 429]
        held = visitor.login("vera")
        assert (held.status_code, int(held.headers["retry-after"]) > 0) == (429, True)
        assert elsewhere.login("vera").status_code == 303
        unknown = elsewhere.login("nobody at all").text
        assert "This name and password do not fit." in unknown


def test_waits_double_and_are_forgotten() -> None:
    """1, 2, 4 … seconds after the fourth failure, never more than a quarter of an hour."""
    now = 1_000.0
    throttle = Throttle(lambda: now)
    waits = []
    for _ in range(20):
        throttle.failed("anna")
        waits.append(throttle.wait("anna"))
    assert waits[:8] == [0, 0, 0, 1, 2, 4, 8, 16]
    assert waits[-1] == 900
    assert throttle.wait("rob") == 0
    now += 3_601
    assert throttle.wait("anna") == 0
    throttle.failed("anna")
    throttle.succeeded("anna")
    assert throttle.wait("anna") == 0


def test_a_rate_is_so_many_a_minute() -> None:
    """A full minute's requests at once, then one after the other."""
    now = 0.0
    rates = Rates(3, lambda: now)
    assert [rates.wait("anna") for _ in range(4)] == [0, 0, 0, 20]
    assert rates.wait("rob") == 0
    now += 20
    assert [rates.wait("anna") for _ in range(2)] == [0, 20]


PROXY = """
[web]
hosts = ["recon.example.com"]
proxies = ["10.0.0.5"]
user_header = "X-Forwarded-User"
proxy_secret_env = "RECON_PROXY_SECRET"
"""


def test_a_proxy_names_the_user_only_with_its_secret_and_from_its_address(tmp_path: Path) -> None:
    """Whoever else sends the header is nobody; unknown names get no further."""
    with pytest.MonkeyPatch.context() as patch:
        fast(patch)
        made = house(tmp_path, PROXY, runs=False)
        made.site.proxy_secret = "between us"  # noqa: S105 - of this test
        by = {"Host": "recon.example.com", "X-Forwarded-User": "Vera", "X-Forwarded-Proto": "https",
              "X-Forwarded-For": "192.0.2.7"}  # fmt: skip
        secret = {"X-Recon-Proxy-Secret": "between us"}
        with made.visitor(address="10.0.0.6") as other:
            assert other.get("/", headers={**by, **secret}).status_code == 303
        with made.visitor(address="10.0.0.5") as proxy:
            assert proxy.get("/", headers=by).status_code == 303
            wrong = {"X-Recon-Proxy-Secret": "guess"}
            assert proxy.get("/", headers={**by, **wrong}).status_code == 303
            twice = [*({**by, **secret}).items(), ("X-Forwarded-User", "ada")]
            assert proxy.get("/", headers=twice).status_code == 303
            unknown = proxy.get("/", headers={**by, **secret, "X-Forwarded-User": "eve"})
            assert (unknown.status_code, "does not know" in unknown.text) == (403, True)
            let_in = proxy.get("/", headers={**by, **secret})
            assert let_in.status_code == 200
            assert let_in.headers["set-cookie"].startswith("__Host-recon_")
        with People.at(made.settings.reports) as people:
            (last, *_) = people.actions()
        assert (last.who, last.address, last.what) == ("vera", "192.0.2.7", "login")
