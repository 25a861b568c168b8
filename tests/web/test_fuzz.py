"""Anything at all asked of the API: never a defect, and answers as they are described."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from recon.record.access.model import Part
from recon.record.access.people import People
from recon.web.app import application
from recon.web.rates import Rates
from tests.web.visitor import BASE, GOOD, PASSWORD, House, fast, house, limited

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Yield a house with a month, a load and no limit on rates."""
    with pytest.MonkeyPatch.context() as patch:
        fast(patch)
        made = limited(house(tmp_path_factory.mktemp("fuzz")), max_upload=100_000)
        made.site.asked = made.site.sent = Rates(10_000_000)
        token = made.token("ada")
        with made.visitor() as program:
            place = "/api/v1/uploads?feed=uk&name=a.csv"
            assert program.client.post(place, content=GOOD, headers=token).status_code == 202
        assert made.work()
        yield made


def test_the_api_holds_whatever_is_asked(made: House) -> None:
    """Every operation, by its description and against it, as somebody with every right."""
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    host = {"Host": BASE.removeprefix("http://")}
    app = application(made.site, work=False)
    described = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers=host)
    headers = {**made.token("ada"), **host}
    checks = [not_a_server_error, content_type_conformance, response_schema_conformance,
              status_code_conformance]  # fmt: skip
    names = ["B-X", "2024-06", "001", "1", "uk", "executive"]
    seen: set[tuple[str, int]] = set()

    def holds(strategy: Any) -> None:
        @settings(
            max_examples=20,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(data=st.data())
        def ask(data: Any) -> None:
            case = data.draw(strategy)
            for name in case.path_parameters or {}:
                if data.draw(st.booleans()):
                    case.path_parameters[name] = data.draw(st.sampled_from(names))
            answer = case.call_and_validate(headers=headers, base_url=BASE, checks=checks)
            seen.add((case.path, answer.status_code))

        ask()

    for found in described.get_all_operations():
        holds(found.ok().as_strategy())
    assert {path for path, status in seen if status < 400} >= {
        "/api/v1/months", "/api/v1/breaks", "/api/v1/loads", "/api/v1/measures", "/api/v1/me",
    }  # fmt: skip


def test_forms_hold_whatever_is_sent(made: House) -> None:
    """Texts of every kind in every field and place of the pages: never a defect."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    words = st.text(max_size=40) | st.sampled_from(["2024-06", "-1", "x" * 3_000, "%00", "../.."])
    fields = ("role", "comment", "accept", "reason", "until", "text", "name", "password", "next",
              "feed", "now", "again")  # fmt: skip
    with People.at(made.settings.reports) as people:
        people.add("fuzzy", PASSWORD, [Part.ADMIN])
    with made.visitor("fuzzy") as visitor:
        secret = visitor.secret()
        name = visitor.get("/api/v1/breaks").json()["breaks"][0]["break"]
        posts = [f"/breaks/{name}/acknowledge", f"/breaks/{name}/notes", "/account", "/login",
                 "/months/2024-06/sign-off", "/loads/1/undo", "/uploads"]  # fmt: skip
        gets = ["/breaks", "/figures", "/figures/rows", "/figures/export", "/loads", "/uploads",
                "/months", "/login", "/enter", "/contracts/001"]  # fmt: skip
        asked = ("month", "severity", "state", "view", "period", "by", "where", "compare", "top",
                 "offset", "limit", "format", "link", *fields)  # fmt: skip

        @settings(
            max_examples=100,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(
            st.sampled_from(posts), st.dictionaries(st.sampled_from(fields), words, max_size=4),
            st.sampled_from(gets), st.dictionaries(st.sampled_from(asked), words, max_size=4),
        )  # fmt: skip
        def ask(post: str, form: dict[str, str], get: str, query: dict[str, str]) -> None:
            form = {name: text.encode("utf-8", "ignore").decode() for name, text in form.items()}
            query = {name: text.encode("utf-8", "ignore").decode() for name, text in query.items()}
            sent = visitor.client.post(post, data={"csrf": secret, **form})
            assert sent.status_code < 500, (post, form, sent.text)
            shown = visitor.get(get, params=query)
            assert shown.status_code < 500, (get, query, shown.text)

        ask()
