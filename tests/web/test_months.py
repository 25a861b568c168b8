"""Months and breaks on the page: read, acknowledged, signed by two people."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recon.base.elsewhere import said_elsewhere
from recon.base.errors import NothingLoaded, ReconError, UsageError
from recon.record.journal.store import Journal
from recon.web.api import ENTRIES
from recon.web.api.openapi import document
from recon.web.routes import ROUTES
from tests.pages import DOCS
from tests.shell import in_process
from tests.web.visitor import ATTACK, House, described, fast, house


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
        assert (left.status_code, "1 critical break that nobody" in left.text) == (422, True)
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


def test_all_breaks_of_the_filters_are_acknowledged_at_once(tmp_path: Path) -> None:
    """Those that the person has seen, and no others."""
    with pytest.MonkeyPatch.context() as patch:
        fast(patch)
        fresh = house(tmp_path)
        with fresh.visitor("rita") as rita, fresh.visitor("vera") as vera:
            every = rita.get("/api/v1/breaks").json()["breaks"]
            high = [each["break"] for each in every if each["severity"] == "critical"]
            asked = "/breaks/acknowledge?severity=critical&month=2024-06"
            shown = rita.get(asked.replace("/acknowledge", "")).text
            assert f"Acknowledge {len(high)} break" in shown
            assert "Acknowledge" not in vera.get("/breaks").text
            other = rita.send(asked, reason="Known.", count=str(len(every)))
            assert (other.status_code, "other breaks" in other.text) == (409, True)
            done = rita.send(asked, reason="Known.", count=str(len(high)))
            assert done.headers["location"] == "/breaks?severity=critical&month=2024-06"
            left = rita.get("/api/v1/breaks?state=open").json()["breaks"]
            assert {each["break"] for each in every} - {each["break"] for each in left} == {*high}


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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UsageError("There is no load 3; `recon loads` lists them."), "There is no load 3."),
        (UsageError("--compare must be previous, not 'x'."), "compare must be previous, not 'x'."),
        (UsageError("A is signed by B (`recon open` lists them). Sign with `recon ack`, or not."),
         "A is signed by B."),
        (UsageError("'`recon x`' is no month."), "This is not possible."),
        (UsageError("Nothing of /srv/books/in/uk.csv fits."), "Nothing of uk.csv fits."),
        (UsageError(r"Nothing of C:\books\in\uk.csv fits."), "Nothing of uk.csv fits."),
        (UsageError("1/2 and region=N/A and https://x.example/y are no paths."),
         "1/2 and region=N/A and https://x.example/y are no paths."),
        (NothingLoaded("There is no store in /srv/store yet; `recon load` makes it."),
         "Nothing was loaded yet. Once files are loaded, their figures are here."),
    ],
)  # fmt: skip
def test_errors_are_told_without_paths_and_commands(error: ReconError, said: str) -> None:
    """People at the page have no console, and no business with the server's folders."""
    assert said_elsewhere(error) == said


def test_no_page_names_a_path_or_a_command_of_the_server(made: House) -> None:
    """Not even where the journal is damaged; the log has what was not told."""
    journal = made.settings.reports / "journal.db"
    with made.visitor("vera") as visitor:
        paths = [entry.path for entry in ROUTES if entry.method == "GET" and "{" not in entry.path]
        paths += ["/months/2024-06", "/months/2031-01", "/figures?compare=x", "/figures?by=x",
                  "/contracts/none", "/breaks?month=2024-06", "/loads/7"]  # fmt: skip

        def look() -> None:
            for path in paths:
                text = visitor.get(path).text
                if "openapi" not in path:
                    assert (path, str(made.project.folder) in text, "`recon" in text) == (
                        path, False, False,
                    )  # fmt: skip

        look()
        whole = journal.read_bytes()
        journal.write_bytes(b"no journal")
        look()
        assert "tell whoever runs recon" in visitor.get("/months").text
        journal.write_bytes(whole)
    logs = list(made.settings.reports.glob("logs/*"))
    assert any(str(journal) in path.read_text(encoding="utf-8") for path in logs)


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


def test_answers_on_months_are_as_described(made: House) -> None:
    """Every object of the API is closed: a program's types have all there is, and no more."""
    with made.visitor("vera") as visitor:
        name = visitor.get("/api/v1/breaks").json()["breaks"][0]["break"]
        for path, template in (
            ("/months", ""), ("/months/2024-06", "/months/{month}"), ("/breaks", ""),
            (f"/breaks/{name}", "/breaks/{name}"), ("/contracts/003", "/contracts/{contract}"),
            ("/me", ""), ("/measures", ""), ("/feeds", ""), ("/cash/months", ""),
        ):  # fmt: skip
            answer = visitor.get(f"/api/v1{path}")
            assert answer.status_code == 200, path
            described(path, template)(answer.json())
    assert not [each for each in _objects(document(ENTRIES)) if "additionalProperties" not in each]


def _objects(found: Any) -> Iterator[dict[str, Any]]:
    """The schemas of objects in a description, at any depth."""
    if isinstance(found, dict):
        if "properties" in found and found.get("type") == "object":
            yield found
        found = list(found.values())
    if isinstance(found, list):
        for each in found:
            yield from _objects(each)


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
