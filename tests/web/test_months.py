"""Months and breaks on the page: read, acknowledged, signed by two people."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from recon.record.journal.store import Journal
from recon.web.api import ENTRIES
from recon.web.api.openapi import document
from tests.pages import DOCS
from tests.shell import in_process
from tests.web.visitor import ATTACK, House, fast, house


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Yield a house with a month that has a critical break."""
    with pytest.MonkeyPatch.context() as patch:
        fast(patch)
        yield house(tmp_path_factory.mktemp("months"))


def test_a_month_is_shown_as_its_run_has_recorded_it(made: House) -> None:
    """Verdict, totals, bridge, breaks and reports are those of the journal."""
    with Journal.look(made.settings.reports) as journal:
        (run,) = journal.runs()
        breaks = journal.breaks(run.run_id)
    assert run.reported
    with made.visitor("vera") as visitor:
        assert "June 2024" in visitor.get("/months").text
        page = visitor.get("/months/2024-06").text
        assert run.reported.verdict in page
        assert "90,260.00" in page
        assert all(f"/breaks/{item.name}" in page for item in breaks)
        assert "Sign this run" not in page
        assert ATTACK not in page
        for path in re.findall(r'href="(/runs/[^"]+)"', page):
            sent = visitor.get(path)
            assert (sent.status_code, sent.headers["content-disposition"][:11]) == (
                200, "attachment;",
            )  # fmt: skip
        for path in (f"/runs/{run.run_id}/..%2F..%2Fjournal.db", f"/runs/{run.run_id}/evidence",
                     "/runs/..%2F../journal.db", "/months/2031-01", "/months/x"):  # fmt: skip
            assert visitor.get(path).status_code == 404, path


def test_breaks_are_listed_by_filters(made: House) -> None:
    """As `recon open` lists them, a page at a time."""
    with made.visitor("vera") as visitor:
        every = visitor.get("/api/v1/breaks").status_code
        assert every == 200
        document = visitor.get("/api/v1/breaks").json()
        told = in_process("open", "--json", cwd=made.project.folder).stdout
        names = [each["break"] for each in json.loads(told)["breaks"]]
        assert [each["break"] for each in document["breaks"]] == names
        assert document["count"] == len(names)
        first = visitor.get("/api/v1/breaks?limit=1").json()
        assert (len(first["breaks"]), first["next"]) == (1, 1)
        critical = visitor.get("/api/v1/breaks?severity=critical").json()
        assert [each["severity"] for each in critical["breaks"]] == ["critical"]
        for wrong in ("severity=x", "state=x", "cause=x", "limit=0", "limit=x", "offset=-1"):
            assert visitor.get(f"/api/v1/breaks?{wrong}").status_code == 422, wrong
        assert visitor.get("/breaks?month=1").status_code == 404
        (name,) = [each["break"] for each in critical["breaks"]]
        page = visitor.get(f"/breaks/{name}").text
        assert "Your answer" not in page
        assert visitor.get(f"/breaks/{name.lower()}").status_code == 200
        contract = critical["breaks"][0]["contract_id"]
        told = visitor.get(f"/contracts/{contract}?month=2024-06")
        assert (told.status_code, ATTACK in told.text) == (200, False)
        assert "90,000.00" in told.text


def test_a_break_is_explained_as_its_run_had_it(made: House) -> None:
    """From the evidence, whatever the sources are now; from the sources where it is gone."""
    path, entries = "/contracts/003?month=2024-06", made.project.folder / "data" / "entries.csv"
    with Journal.look(made.settings.reports) as journal:
        (run,) = journal.runs()
    kept = made.settings.reports / run.folder / "evidence"
    with made.visitor("vera") as visitor:
        before = visitor.get(f"/api/v1{path}").json()
        text = entries.read_text(encoding="utf-8")
        entries.write_text(text.replace("90000.00", "100.00"), encoding="utf-8")
        assert visitor.get(f"/api/v1{path}").json() == before
        assert "As the run of" in visitor.get(path).text
        made.site.close()
        kept.rename(kept.with_name("elsewhere"))
        now = visitor.get(path).text
        assert ("As both sides have it now." in now, "90,000.00" in now) == (True, False)
        kept.with_name("elsewhere").rename(kept)
        entries.write_text(text, encoding="utf-8")


def test_a_break_is_acknowledged_and_a_month_signed_by_two_people(made: House) -> None:
    """In the journal stand who, from where, and why; nobody signs twice."""
    with made.visitor("paul", address="192.0.2.7") as paul, made.visitor("rita") as rita:
        refused = rita.send("/months/2024-06/sign-off", role="reviewer", comment="ok")
        assert (refused.status_code, "preparer signs first" in refused.text) == (422, True)
        wrong = rita.send("/months/2024-06/sign-off", role="preparer", comment="ok")
        assert wrong.status_code == 403
        left = paul.send("/months/2024-06/sign-off", role="preparer", comment="ok")
        assert (left.status_code, "critical breaks" in left.text) == (422, True)
        name = paul.get("/api/v1/breaks?severity=critical").json()["breaks"][0]["break"]
        empty = paul.send(f"/breaks/{name}/acknowledge", reason=" ")
        assert (empty.status_code, "Say in a few words why" in empty.text) == (422, True)
        assert paul.send(f"/breaks/{name}/acknowledge", reason=ATTACK).status_code == 303
        assert paul.send(f"/breaks/{name}/notes", text=f"See {ATTACK}.").status_code == 303
        page = paul.get(f"/breaks/{name}").text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
        assert "192.0.2.7 by the page" in page
        assert paul.send("/months/2024-06/sign-off", role="x", comment="ok").status_code == 422
        done = paul.send("/months/2024-06/sign-off", role="preparer", comment=f"All. {ATTACK}")
        assert done.headers["location"] == "/months/2024-06"
        again = paul.send("/months/2024-06/sign-off", role="preparer", comment="ok")
        assert again.status_code == 422
        assert (
            rita.send("/months/2024-06/sign-off", role="reviewer", comment="Yes.").status_code
            == 303
        )
        page = rita.get("/months/2024-06").text
        assert "<script>alert" not in page
        assert "yes, by paul (preparer) and rita (reviewer)" in rita.get("/months").text
    with Journal.look(made.settings.reports) as journal:
        (given,) = journal.signatures().values()
        said = {event.kind.value: event for event in journal.events()}
    assert [(each.who, each.role.value) for each in given] == [
        ("paul", "preparer"), ("rita", "reviewer"),
    ]  # fmt: skip
    assert given[0].host.startswith("192.0.2.7 by the page on ")
    assert (said["acknowledged"].who, said["acknowledged"].reason) == ("paul", ATTACK)


def test_one_admin_cannot_sign_as_both(made: House) -> None:
    """Four eyes are four, also of somebody with every role."""
    done = in_process("month", "2024-06", "--format", "csv", cwd=made.project.folder)
    assert done.returncode in (0, 3)
    with made.visitor("ada") as ada:
        left = (
            {"accept": "Known."}
            if "Why they may stay open" in ada.get("/months/2024-06").text
            else {}
        )
        first = ada.send("/months/2024-06/sign-off", role="preparer", comment="ok", **left)
        assert first.status_code == 303, first.text
        second = ada.send("/months/2024-06/sign-off", role="reviewer", comment="ok", **left)
        assert (second.status_code, "different person" in second.text) == (422, True)


def test_before_the_first_run_the_pages_say_so(tmp_path: Path) -> None:
    """No journal, no store: every page is there, and none makes one."""
    with pytest.MonkeyPatch.context() as patch:
        fast(patch)
        fresh = house(tmp_path, runs=False)
        with fresh.visitor("ada") as visitor:
            for path in ("/", "/months", "/breaks", "/loads", "/uploads", "/account"):
                assert visitor.get(path).status_code == 200, path
            assert visitor.get("/api/v1/figures").status_code == 409
            assert visitor.get("/api/v1/months").json()["count"] == 0
    assert not (fresh.settings.reports / "journal.db").exists()


def test_the_description_of_the_api_is_in_the_docs() -> None:
    """docs/openapi.json is what the server says; RECON_UPDATE_GOLDEN=1 writes it anew."""
    path = DOCS / "openapi.json"
    made = json.dumps(document(ENTRIES), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("RECON_UPDATE_GOLDEN"):
        path.write_text(made, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == made
    paths = document(ENTRIES)["paths"]
    ids = [each["operationId"] for of in paths.values() for each in of.values()]
    assert len(ids) == len(set(ids)) == len(ENTRIES)
