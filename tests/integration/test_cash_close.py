"""The close of order to cash: evidence, history, acknowledgements, signatures."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recon.alerts import delivery
from recon.config import load
from recon.record.access.model import Part
from recon.record.access.people import People
from recon.web.site import Site
from tests.inbox import Inbox
from tests.integration.test_cash import CONFIG, LEDGER, POSTED, faulty
from tests.shell import Project, in_process
from tests.slack_server import slack_server
from tests.web.visitor import PASSWORD, House, fast

CSV = ("--format", "csv")
MENDED = POSTED.replace("2000.00", "200.00").replace("S3,C3", "S3,C2")


def _post(inbox: Inbox, posted: str) -> None:
    (inbox.folder / "ledger.csv").write_text(LEDGER + posted, "utf-8")


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    """June run once, with its breaks."""
    inbox = faulty(tmp_path_factory.mktemp("cash"))
    assert inbox.run("cash", "2024-06", "--quiet")[0] == 3
    yield inbox


def _copy(closed: Inbox, folder: Path) -> Inbox:
    """The closed month, to go on with."""
    return Inbox(Path(shutil.copytree(closed.folder, folder / "copy")))


def _json(inbox: Inbox, *arguments: str, code: int = 0) -> dict[str, Any]:
    found, out, err = inbox.run(*arguments, "--json")
    assert found == code, (out, err)
    document: dict[str, Any] = json.loads(out)
    return document


def _pack(inbox: Inbox) -> Path:
    (pack,) = (inbox.folder / "reports" / "cash" / "2024-06").glob("*/evidence")
    return pack


def test_a_run_is_proven_from_its_own_files_and_a_forged_one_is_not(closed: Inbox) -> None:
    """Whoever changes the result and its hashes is found by the result made again."""
    proof = _json(closed, "verify", "--all")
    assert [run["proven"] for run in proof["runs"]] == [True]
    assert _json(closed, "verify", "2024-06", "--cash")["proven"]
    loads = json.loads((_pack(closed) / "feeds.json").read_text("utf-8"))["loads"]
    assert [(each["feed"], each["rows"]) for each in loads] == [("uk", 6), ("paid", 1)]
    page = (_pack(closed) / "evidence.md").read_text("utf-8")
    assert page.startswith("# Evidence of order to cash of June 2024")
    results, sums = _pack(closed) / "results.json", _pack(closed) / "SHA256SUMS"
    kept = results.read_bytes(), sums.read_bytes()
    try:
        results.write_bytes(kept[0].replace(b'"decimal_shift"', b'"discount_taken"'))
        old, new = (hashlib.sha256(each).hexdigest() for each in (kept[0], results.read_bytes()))
        sums.write_bytes(kept[1].replace(old.encode(), new.encode()))
        (run,) = _json(closed, "verify", "2024-06", "--cash", code=6)["runs"]
        found = {each["what"] for each in run["findings"] if each["file"] == "results.json"}
        assert "breaks[0].cause: discount_taken instead of decimal_shift" in found
    finally:
        results.write_bytes(kept[0])
        sums.write_bytes(kept[1])


def test_the_journal_of_order_to_cash_is_its_own(closed: Inbox) -> None:
    """The months' journal knows nothing of it, and the other way round."""
    assert _json(closed, "open")["breaks"] == []
    found = _json(closed, "open", "--cash")["breaks"]
    assert {each["cause"] for each in found} == {
        "decimal_shift", "posted_twice", "not_posted", "wrong_customer", "wrong_period",
        "not_in_feeds",
    }  # fmt: skip
    (one,) = _json(closed, "open", "--cash", "--cause", "wrong_customer")["breaks"]
    assert (one["contract_id"], one["open_amount"]) == ("S3", "0.00")
    (month,) = _json(closed, "history", "--cash")["months"]
    assert month["runs"][0]["net_difference"] == {"GBP": "1677.60"}
    _, out, _ = closed.run("open", "--cash")
    assert "Document" in out
    assert "Contract" not in out


def test_the_page_has_the_findings_and_latest_leads_to_it(closed: Inbox) -> None:
    """One file that fetches nothing: verdict, bridge, breaks, entries, ageing, room to sign."""
    (page,) = (closed.folder / "reports" / "cash" / "2024-06").glob("*/cash_*.html")
    text = page.read_text("utf-8")
    parts = (
        "Do not close the receivable of June 2024", "From the feeds to the ledger",
        "decimal shift", "Proposed entries", "Ageing", "recon sign-off 2024-06 --cash",
    )  # fmt: skip
    for part in parts:
        assert part in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    latest = (closed.folder / "reports" / "cash" / "2024-06" / "latest.html").read_text("utf-8")
    assert f"{page.parent.name}/{page.name}" in latest


def test_two_people_sign_and_a_mended_ledger_closes_the_breaks(
    closed: Inbox, tmp_path: Path
) -> None:
    """Acknowledged breaks hold in the next month; a run after the signature supersedes it."""
    inbox = _copy(closed, tmp_path)
    code, _, err = inbox.run(
        "sign-off", "2024-07", "--cash", "--role", "preparer", "--comment", "x"
    )
    assert (code, "recon cash 2024-07" in err) == (2, True)
    said = _json(inbox, "ack", "S2", "--cash", "--reason", "Asked the bank.")
    assert said["breaks"][0]["open_amount"] == "1800.00"
    for who, role in (("anna", "preparer"), ("bob", "reviewer")):
        said = ("sign-off", "2024-06", "--cash", "--role", role, "--comment", "seen", "--json")
        signed = in_process(*said, cwd=inbox.folder, user=who)
    assert json.loads(signed.stdout)["signed_off"]
    inbox.run("cash", "2024-07", "--quiet", *CSV)
    (kept,) = [e for e in _json(inbox, "open", "--cash")["breaks"] if e["contract_id"] == "S2"]
    assert (kept["state"], kept["open_amount"]) == ("acknowledged", "1800.00")
    assert len(kept["months"]) == 2
    _post(inbox, MENDED)
    inbox.run("cash", "2024-06", "--quiet", *CSV)
    (month,) = _json(inbox, "history", "2024-06", "--cash")["months"]
    last, before = (run["run_id"] for run in month["runs"])
    assert month["runs"][0]["supersedes"] == before
    difference = _json(inbox, "diff", before, last, "--cash")
    assert len(difference["fixed"]) == 2
    moved = {part["what"]: part["moved"]["GBP"] for part in difference["movement"]}
    assert moved["ledger: invoice S2 of C1: 2,000.00 became 200.00"] == {
        "recognized": "-1800.00", "difference": "-1800.00",
    }  # fmt: skip
    assert "SAMPLE" not in inbox.run("diff", before, last, "--cash")[1]
    assert "`recon open --cash` lists them" in inbox.run("note", "B-NONE", "--cash", "x")[2]
    assert _json(inbox, "verify", last, "--cash")["proven"]


def test_the_earliest_closed_month_is_run_once(closed: Inbox, tmp_path: Path) -> None:
    """`--closed` finds it in the journal of order to cash, and ends with 0 if none is due."""
    inbox = _copy(closed, tmp_path)
    shutil.rmtree(inbox.folder / "reports")
    inbox.configure(CONFIG + '[calendar]\nstart = "2024-06"\n')
    asked = ("cash", "--closed", "--today", "2024-07-20", "--quiet", "--format", "csv")
    code, out, err = inbox.run(*asked)
    assert (code, "of June 2024" in out) == (3, True), err
    code, out, _ = inbox.run(*asked)
    assert (code, "2024-07 is due from" in out) == (0, True)


def test_an_open_document_says_what_was_tried(closed: Inbox) -> None:
    """The rules that nothing agrees with are named together."""
    found = _json(closed, "explain", "S6", "2024-06", "--cash")
    (document,) = found["open"]
    assert document["tried"][0].startswith("nothing agrees by number; number, other customer")


@pytest.mark.slow
def test_slack_is_told_once_of_each_event_and_break(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The digest has both sides' words; another run pages nobody; escalation sees both journals."""
    monkeypatch.setattr(delivery, "PAUSE", 0.0)
    with slack_server() as server:
        faulty(tmp_path)
        toml = tmp_path / "config" / "recon.toml"
        toml.write_text(f"{CONFIG}[slack]\nwebhook_env = 'HOOK'\n", encoding="utf-8")
        for _ in range(2):
            done = in_process(
                "cash", "2024-06", "--quiet", cwd=tmp_path, env={"HOOK": server.webhook}
            )
            assert done.returncode == 3, done.stderr
        digest, critical, again = server.messages
        assert digest["text"].startswith("CRITICAL · Do not close the receivable of June 2024")
        assert "by the ledger" in json.dumps(digest)
        assert "recon ack" in json.dumps(critical)
        assert "--cash" in json.dumps(critical)
        assert "nothing has changed" in json.dumps(again)
        env = {"HOOK": server.webhook}
        late = in_process("escalate", "--dry-run", "--json", cwd=tmp_path, env=env)
        assert late.returncode == 0, late.stderr


@pytest.mark.slow
def test_the_ledger_may_come_from_the_store(closed: Inbox, tmp_path: Path) -> None:
    """Two files of a feed of postings give what the ledger's own file gives."""
    inbox = faulty(tmp_path)
    inbox.configure(
        CONFIG.replace('source = "files"\npath = "../ledger.csv"', 'source = "store"')
        + '[feeds.gl]\nkind = "receivables"\npath = "../inbox/gl*.csv"\ncurrency = "GBP"\n'
    )
    rows = [f"{number},{row}" for number, row in enumerate(POSTED.splitlines(), 1)]
    for at, part in enumerate((rows[:4], rows[4:])):
        inbox.put(f"gl{at}.csv", *part, header=f"posting_id,{LEDGER.strip()}", at=5 + at)
    inbox.load()
    found, known = (
        _json(each, "cash", "2024-06", "--format", "none", code=3) for each in (inbox, closed)
    )
    (twice,) = [each for each in found["breaks"] if each["cause"] == "posted_twice"]
    assert [each["place"] for each in twice["documents"]] == ["gl1.csv, row 3"]
    for key in ("receivable", "bridge", "customers", "events", "entries"):
        assert found[key] == known[key]
    assert [each["cause"] for each in found["breaks"]] == [e["cause"] for e in known["breaks"]]


def test_two_people_close_it_on_the_page(closed: Inbox, tmp_path: Path) -> None:
    """Breaks acknowledged and the run signed by name, as the console tells it afterwards."""
    inbox = _copy(closed, tmp_path)
    settings = load(inbox.folder / "config" / "recon.toml")
    with pytest.MonkeyPatch.context() as patch:
        fast(patch)
        with People.at(settings.reports) as people:
            people.add("paul", PASSWORD, [Part.PREPARER])
            people.add("rita", PASSWORD, [Part.REVIEWER])
        made = House(Project(inbox.folder), Site.of(settings))
        with made.visitor("paul") as paul, made.visitor("rita") as rita:
            asked = "/api/v1/cash/breaks"
            breaks = paul.get(asked).json()["breaks"]
            assert breaks
            for each in breaks:
                name, number = each["break"], each["contract_id"]
                assert number in paul.get(f"/cash/breaks/{name}").text
                statement = paul.get(f"/cash/documents/{number}?month=2024-06")
                assert (statement.status_code, number in statement.text) == (200, True)
                said = paul.send(f"/cash/breaks/{name}/acknowledge", reason="Put right in July.")
                assert said.headers["location"] == f"/cash/breaks/{name}"
            assert {each["state"] for each in rita.get(asked).json()["breaks"]} == {"acknowledged"}
            sign = "/cash/months/2024-06/sign-off"
            early = rita.send(sign, role="reviewer", comment="ok")
            assert (early.status_code, "preparer signs first" in early.text) == (422, True)
            for visitor, role in ((paul, "preparer"), (rita, "reviewer")):
                assert visitor.send(sign, role=role, comment="Held.").status_code == 303
            assert "yes, by paul (preparer) and rita (reviewer)" in rita.get("/cash").text
    (month,) = _json(inbox, "history", "--cash")["months"]
    assert [each["who"] for each in month["runs"][-1]["signatures"]] == ["paul", "rita"]
    told = _json(inbox, "open", "--cash")["breaks"]
    assert {each["acknowledged"]["who"] for each in told} == {"paul"}
