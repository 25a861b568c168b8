"""The close as a user lives it: months in a row, what stays open, what people say, who signs."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recon.sources import sample
from tests.shell import (
    CONTRACTS,
    ENTRIES,
    Project,
    contract,
    entry,
    in_process,
    one_sentence,
    recon,
)

MONTHS = [f"2024-{number:02}" for number in range(1, 7)]
CSV = ("--format", "csv")  # the workbook takes most of the time of a run
LARGE = "120000.00"  # 10,000.00 a month: whatever is missing is critical


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a project of two large contracts, the second of which has no entry in June."""
    made = Project(tmp_path)
    books(made, {"2024-06": {"001": "10000.00"}})
    return made


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    """Run June of that project once; it is copied, and what it printed is read."""
    made = Project(tmp_path_factory.mktemp("ran"))
    books(made, {"2024-06": {"001": "10000.00"}})
    return made, told(made, "month", "2024-06", "--full", *CSV)


@pytest.fixture
def june(ran: tuple[Project, str], tmp_path: Path) -> Project:
    """Give a copy of it, to go on with."""
    return Project(Path(shutil.copytree(ran[0].folder, tmp_path / "june")))


def books(project: Project, months: Mapping[str, Mapping[str, str]]) -> None:
    """Write both sides: what each contract has posted in each month."""
    lines = [contract(key, LARGE) for key in ("001", "002")]
    project.write("contracts.csv", CONTRACTS + "".join(lines))
    posted = [
        entry(key, amount, month)
        for month, found in months.items()
        for key, amount in found.items()
    ]
    project.write("entries.csv", ENTRIES + "".join(posted))


def run(
    project: Project, *arguments: str, user: str = "anna"
) -> subprocess.CompletedProcess[bytes]:
    """Return what became of a command that somebody gave, in this process."""
    return in_process(*arguments, cwd=project.folder, user=user)


def told(project: Project, *arguments: str, user: str = "anna") -> str:
    """Return what a command printed; it ended well, or with breaks."""
    done = run(project, *arguments, user=user)
    assert done.returncode in (0, 3), done.stderr.decode()
    return done.stdout.decode()


def document(project: Project, *arguments: str, user: str = "anna") -> dict[str, Any]:
    """Return the JSON document that a command printed."""
    found = json.loads(told(project, *arguments, "--json", user=user))
    assert isinstance(found, dict)
    return found


def refused(project: Project, *arguments: str, user: str = "anna") -> str:
    """Return why a command was refused: it is 2, in one sentence, and prints nothing."""
    done = run(project, *arguments, user=user)
    assert (done.returncode, done.stdout) == (2, b"")
    return one_sentence(done.stderr.decode())


def the_break(project: Project) -> str:
    """Return the name of the only open break."""
    (found,) = document(project, "open")["breaks"]
    return str(found["break"])


@pytest.fixture(scope="module")
def half_year(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Project, dict[str, str]]]:
    """Give the folder in which months of the sample were run in a row, and what each printed."""
    project = Project(tmp_path_factory.mktemp("half_year"))
    sample.make(sample.Recipe(contracts=150), project.folder / "sample.duckdb")
    sample.export(project.folder / "sample.duckdb", project.folder / "data", "csv")
    yield project, {month: told(project, "month", month, "--full", *CSV) for month in MONTHS}


def test_months_carry_their_breaks_forward(half_year: tuple[Project, dict[str, str]]) -> None:
    """Each month opens with what the one before has left open, and nothing is lost or doubled."""
    project, printed = half_year
    months = document(project, "history")["months"]
    assert [month["month"] for month in months] == MONTHS[::-1]
    assert {len(month["runs"]) for month in months} == {1}
    before: set[str] = set()
    for month in MONTHS[:4]:
        found = document(project, "open", "--month", month)["breaks"]
        names = [item["break"] for item in found]
        assert len(names) == len(set(names))
        assert max(item["first_month"] for item in found) == month
        older = {item["break"] for item in found if item["first_month"] < month}
        assert older <= before
        before = set(names)
    assert "Carried forward" not in printed[MONTHS[0]]
    assert all("Carried forward" in printed[month] for month in MONTHS[1:])


def test_differences_of_timing_clear_themselves(half_year: tuple[Project, dict[str, str]]) -> None:
    """What was late in one month and made good in the next is closed, and says so."""
    _, printed = half_year
    assert "Timing: 2024-02 (not posted) and 2024-03 (catch up)" in printed["2024-03"]
    assert all("Resolved by this run" in printed[month] for month in MONTHS[1:])
    assert "Since the last run" not in "".join(printed.values())


@pytest.mark.slow
def test_months_run_again_leave_what_is_open(project: Project) -> None:
    """June is made good in July and September breaks anew, whichever of them is run once more."""
    # The ledger begins before the contract: it shows that June lacked it.
    months = {"2024-05": "0.00", "2024-07": "20000.00", "2024-08": "10000.00"}
    books(project, {month: {"001": amount} for month, amount in months.items()})
    project.write("contracts.csv", CONTRACTS + contract("001", LARGE))
    told(project, "month", "2024-06..2024-09", *CSV)
    before = document(project, "open")["breaks"]
    assert [(item["first_month"], item["open_amount"]) for item in before] == [
        ("2024-09", "-10000.00")
    ]
    for month in ("2024-07", "2024-08", "2024-06", "2024-09"):
        told(project, "month", month, *CSV)
        assert document(project, "open")["breaks"] == before
        assert document(project, "open", "--month", "2024-07")["breaks"] == []
    sign = ("sign-off", "2024-09", "--role", "preparer", "--comment", "Ok")
    assert "`recon open --severity critical --unacknowledged` lists" in refused(project, *sign)
    assert document(project, "open", "--severity", "critical")["breaks"] == before
    run(project, "ack", before[0]["break"], "--reason", "Known.")
    assert document(project, "open", "--unacknowledged")["breaks"] == []


def test_the_roll_forward_ties_from_month_to_month(
    half_year: tuple[Project, dict[str, str]],
) -> None:
    """Each month opens with what the month before closed with, for every type and segment."""
    project, _ = half_year
    closed: dict[tuple[str, ...], str] = {}
    for month in MONTHS:
        rows = rollforward_rows(project, month)
        for key, amount in closed.items():
            # A type and segment that is used up has no row any more.
            opening = rows[key]["opening"] if key in rows else "0"
            assert Decimal(opening) == Decimal(amount), (month, key)
        closed = {key: row["closing"] for key, row in rows.items()}
        for row in rows.values():
            parts = [Decimal(row[name]) for name in ("opening", "bookings", "changes")]
            less = [Decimal(row[name]) for name in ("terminations", "recognized")]
            assert sum(parts) - sum(less) == Decimal(row["closing"])


def test_the_roll_forward_can_be_looked_at_by_itself(
    half_year: tuple[Project, dict[str, str]],
) -> None:
    """As the run's own report has it, with where its opening comes from."""
    project, _ = half_year
    said = told(project, "rollforward", MONTHS[1])
    assert "Opening: the closing recorded by the run of January 2024." in " ".join(said.split())
    rows = document(project, "rollforward", MONTHS[1])["rows"]
    closed = {
        (row["revenue_type"], row["segment"], row["currency"]): row["closing"] for row in rows
    }
    reported = rollforward_rows(project, MONTHS[1])
    assert {key: Decimal(amount) for key, amount in closed.items()} == {
        key: Decimal(row["closing"]) for key, row in reported.items()
    }


def rollforward_rows(project: Project, month: str) -> dict[tuple[str, ...], dict[str, str]]:
    """Return the roll-forward of a month's only run, by type, segment and currency."""
    (path,) = project.reports.glob(f"{month}/*/rollforward.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row["revenue_type"], row["segment"], row["currency"]): row for row in rows}


def test_half_a_year_proves_itself(half_year: tuple[Project, dict[str, str]]) -> None:
    """Every pack is unchanged, chained to the one before, and comes out the same again."""
    project, _ = half_year
    said = told(project, "verify", "--all")
    assert said.splitlines()[-1].startswith("6 runs proven")


def test_the_ageing_ties_to_the_breaks(half_year: tuple[Project, dict[str, str]]) -> None:
    """Count and value by age add up to the list, in every currency."""
    project, _ = half_year
    found = document(project, "open")
    assert found["month"] == MONTHS[-1]
    for currency, rows in found["ageing"].items():
        items = [item for item in found["breaks"] if item["currency"] == currency]
        total = rows.pop("total")
        assert total["breaks"] == len(items) == sum(row["breaks"] for row in rows.values())
        amounts = sum(Decimal(item["open_amount"]) for item in items)
        assert Decimal(total["open_amount"]) == amounts
        assert sum(Decimal(row["open_amount"]) for row in rows.values()) == amounts
        assert rows["3 months and older"]["breaks"] == sum(i["age_months"] >= 3 for i in items)
    page = told(project, "open", "--age")
    assert "3 months and older" in page


def test_the_csv_file_has_what_is_open(half_year: tuple[Project, dict[str, str]]) -> None:
    """The report of a run lists the breaks that `recon open` lists."""
    project, _ = half_year
    (path,) = project.reports.glob(f"{MONTHS[-1]}/*/open_breaks.csv")
    names = {line.split(",")[1] for line in path.read_text("utf-8-sig").splitlines()[1:]}
    assert names == {item["break"] for item in document(project, "open")["breaks"]}


def test_a_late_entry_is_carried_and_cleared(june: Project) -> None:
    """Open in June, carried as nothing changes, closed when July makes it good."""
    name = the_break(june)
    books(june, {"2024-06": {"001": "10000.00"}, "2024-07": {"001": "10000", "002": "20000"}})
    page = told(june, "month", "2024-07", "--full", *CSV)
    assert "Resolved by this run: 1 break" in page
    assert document(june, "open")["breaks"] == []
    assert told(june, "open") == "No break is open at the end of 2024-07.\n"
    (then,) = document(june, "open", "--month", "2024-06")["breaks"]
    assert (then["break"], then["open_amount"], then["state"]) == (name, "-10000.00", "open")
    assert "only an open break can be acknowledged" in refused(
        june, "ack", name, "--reason", "Late"
    )


def test_a_corrected_month_tells_what_was_fixed(june: Project) -> None:
    """The run before is compared with; the third run finds nothing new."""
    books(june, {"2024-06": {"001": "10000.00", "002": "10000.00"}})
    second = told(june, "month", "2024-06", "--full", *CSV)
    assert "1 fixed, 0 new, 0 changed; the net difference moved by +10,000.00 USD" in second
    assert "Nothing differs from the last run" in told(june, "month", "2024-06", "--full", *CSV)
    assert "3 runs, not signed off" in told(june, "history", "2024-06")


def test_what_people_say_of_a_break(june: Project) -> None:
    """Who, when and why stands with it; an acknowledgement ends with its month."""
    name = the_break(june)
    assert f"{name} (002 Subscription, -10,000.00 USD): acknowledged by bob until 2024-06" in told(
        june, "ack", name, "--reason", "The invoice is late.", "--until", "2024-06", user="bob"
    )
    noted = document(june, "note", name.lower(), "Asked again.")["breaks"]
    assert [(n["who"], n["what"]) for n in noted[0]["notes"]] == [("anna", "Asked again.")]
    (found,) = document(june, "open")["breaks"]
    assert found["state"] == "acknowledged"
    held = found["acknowledged"]
    assert (held["who"], held["until"], held["what"]) == ("bob", "2024-06", "The invoice is late.")
    page = " ".join(told(june, "open").split())
    assert "acknowledged by bob until 2024-06: The invoice is late.; anna noted: Asked" in page
    posted = {"001": "10000.00", "002": "10000.00"}
    books(june, {"2024-06": {"001": "10000.00"}, "2024-07": posted})
    told(june, "month", "2024-07", *CSV)
    (found,) = document(june, "open")["breaks"]
    assert (found["state"], found["age_months"], found["open_amount"]) == ("open", 1, "-10000.00")


def test_an_acknowledgement_lapses_when_the_break_changes(project: Project) -> None:
    """Everybody who looks is told so, and a signature asks again."""
    books(project, {"2024-06": {"001": "10000.00", "002": "1100.00"}})
    name = document(project, "month", "2024-06", *CSV)["breaks"][0]["break"]
    assert name == the_break(project)
    told(project, "ack", name, "--reason", "Billed late.", "--until", "2024-08", user="bob")
    prepare = ("sign-off", "2024-06", "--role", "preparer", "--comment", "Looked at.")
    books(project, {"2024-06": {"001": "10000.00", "002": "1050.00"}})
    told(project, "month", "2024-06", *CSV)
    assert document(project, "open")["breaks"][0]["state"] == "acknowledged"
    books(project, {"2024-06": {"001": "10000.00", "002": "500.00"}})
    changed = "changed since acknowledged by bob: was -8,900.00 USD, is -9,500.00 USD in 2024-06"
    page = " ".join(told(project, "month", "2024-06", "--full", *CSV).split())
    assert changed[1:] in page
    assert changed in " ".join(told(project, "open").split())
    (found,) = document(project, "open", "--unacknowledged")["breaks"]
    assert (found["state"], found["acknowledged"]) == ("open", None)
    lapsed = found["changed_since_acknowledged"]
    assert (lapsed["who"], lapsed["until"], lapsed["month"]) == ("bob", "2024-08", "2024-06")
    assert [lapsed[key]["difference"] for key in ("then", "now")] == ["-8900.00", "-9500.00"]
    assert f"{name} (`recon open" in refused(project, *prepare)
    assert "1 of them changed since acknowledged" in refused(project, *prepare)
    told(project, "ack", name, "--reason", "Billed later still.")
    assert "is not signed off yet" in told(project, *prepare)


@pytest.fixture(scope="module")
def two_open(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give a project whose June was run and has two open breaks; it is only read."""
    made = Project(tmp_path_factory.mktemp("two_open"))
    books(made, {"2024-06": {"001": "1.00"}})
    told(made, "month", "2024-06", *CSV)
    return made


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ack", "B-ZZZZ", "--reason", "x"], "There is no break 'B-ZZZZ'; `recon open` lists them"),
        (["ack", "B-", "--reason", "x"], "There are 2 breaks 'B-'"),
        (["ack", "NAME", "--reason", " "], "--reason is empty"),
        (["ack", "NAME", "--reason", "x", "--until", "2024-05"], "was first seen in 2024-06"),
        (["ack", "NAME", "--reason", "x", "--until", "soon"], "'soon' is not a month"),
        (["ack", "NAME", "B-ZZZZ", "--reason", "x"], "There is no break"),
        (["ack", "NAME"], "Missing option '--reason'"),
        (["note", "NAME", " "], "the note is empty"),
        (["note", "B-ZZZZ", "x"], "There is no break"),
        (["sign-off", "2024-05", "--role", "preparer", "--comment", "x"], "No run of 2024-05"),
        (["sign-off", "2024-06", "--role", "boss", "--comment", "x"], "'boss' is not one of"),
    ],
)
def test_what_cannot_be_said(two_open: Project, arguments: list[str], said: str) -> None:
    """It is 2, with the reason, and nothing is written down."""
    before = document(two_open, "open")
    name = before["breaks"][0]["break"]
    asked = [name if argument == "NAME" else argument for argument in arguments]
    assert said in refused(two_open, *asked)
    assert {item["state"] for item in before["breaks"]} == {"open"}
    assert document(two_open, "open") == before


def test_explain_and_every_report_name_the_break(ran: tuple[Project, str]) -> None:
    """What is shown anywhere can be typed."""
    june, page = ran
    name = the_break(june)
    assert name in page
    assert "Since the last run" not in page
    assert f"break         {name}" in told(june, "explain", "002", "2024-06")
    assert document(june, "explain", "002", "2024-06")["lines"][0]["break"]["name"] == name
    (path,) = june.reports.glob("2024-06/*/breaks.csv")
    assert path.read_text("utf-8-sig").splitlines()[1].startswith(f"{name},002,")


def test_a_month_is_signed_off_by_two(june: Project) -> None:
    """Critical breaks first, then the preparer, then somebody else; each only once."""
    prepare = ("sign-off", "2024-06", "--role", "preparer", "--comment", "Looked at.")
    review = ("sign-off", "2024-06", "--role", "reviewer", "--comment", "Agreed.")
    assert "has no preparer's signature" in refused(june, *review, user="bob")
    assert f"nobody has acknowledged: {the_break(june)} (`recon open" in refused(june, *prepare)
    told(june, "ack", the_break(june), "--reason", "Late.")
    assert "2024-06 is not signed off yet" in told(june, *prepare)
    assert "as preparer already" in refused(june, *prepare)
    assert "the reviewer must be a different person" in refused(june, *review, user="ANNA")
    signed = document(june, *review, user="bob")
    assert signed["signed_off"] is True
    assert [item["role"] for item in signed["signatures"]] == ["preparer", "reviewer"]
    (month,) = document(june, "history")["months"]
    assert month["signed_off"] == signed["run_id"]
    assert "2024-06  1 run, signed off\n" in told(june, "history")


def test_what_is_accepted_is_recorded(june: Project) -> None:
    """Each signatory says why a critical break may stay."""
    prepare = ("sign-off", "2024-06", "--role", "preparer", "--comment", "Looked at.")
    review = ("sign-off", "2024-06", "--role", "reviewer", "--comment", "Agreed.")
    told(june, *prepare, "--accept", "Reversed in July.")
    assert "nobody has acknowledged" in refused(june, *review, user="bob")
    signed = document(june, *review, "--accept", "Seen the reversal.", user="bob")
    accepted = [item["accepted"] for item in signed["signatures"]]
    assert accepted == ["Reversed in July.", "Seen the reversal."]
    assert "anna as preparer" in told(june, "history")
    assert "(accepted: Reversed in July.)" in told(june, "history")


@pytest.mark.slow
def test_a_variable_makes_nobody_else(project: Project) -> None:
    """Who signs is who the operating system says, whatever the environment claims."""
    books(project, {"2024-06": {"001": "10000.00", "002": "10000.00"}})
    recon("month", "2024-06", *CSV, cwd=project.folder)
    sign, said = ("sign-off", "2024-06", "--role"), ("--comment", "Ok")
    assert recon(*sign, "preparer", *said, cwd=project.folder).returncode == 0
    claimed = dict.fromkeys(("LOGNAME", "USER", "LNAME", "USERNAME"), "somebody.else")
    done = recon(*sign, "reviewer", *said, cwd=project.folder, env=claimed)
    assert done.returncode == 2
    assert "the reviewer must be a different person" in one_sentence(done.stderr.decode())


def signed_month(project: Project) -> str:
    """Have June's last run signed off; return it."""
    more = ["--accept", "Known."] if document(project, "open")["breaks"] else []
    for user, role in (("anna", "preparer"), ("bob", "reviewer")):
        told(project, "sign-off", "2024-06", "--role", role, "--comment", "Ok", *more, user=user)
    return str(document(project, "history")["months"][0]["signed_off"])


def test_a_run_of_a_signed_month_supersedes_it(june: Project) -> None:
    """It says so, compares with what was signed, and is 3 as the verdict is another one."""
    run_id = signed_month(june)
    books(june, {"2024-06": {"001": "10000.00", "002": "10000.00"}})
    done = run(june, "month", "2024-06", "--full")
    page = done.stdout.decode()
    assert done.returncode == 3
    assert "Signed off before: this run supersedes it" in page
    assert f"{run_id} was signed off by anna as preparer" in page
    assert "The verdict was critical and is clean now." in " ".join(page.split())
    assert "1 fixed, 0 new, 0 changed; the net difference moved by +10,000.00 USD" in page
    assert "exit code  3: done, but the verdict differs from the one that was signed off" in page
    newest = document(june, "history")["months"][0]["runs"][0]
    assert (newest["supersedes"], newest["signed_off"], newest["exit_code"]) == (run_id, False, 3)
    assert "2 runs, signed off, and run again since" in told(june, "history")


def test_a_run_with_the_signed_verdict_is_what_it_was(project: Project) -> None:
    """A later run that says the same supersedes in silence; it can be signed anew."""
    books(project, {"2024-06": {"001": "10000.00", "002": "10000.00"}})
    told(project, "month", "2024-06", *CSV)
    first = signed_month(project)
    done = run(project, "month", "2024-06", "--full", *CSV)
    assert done.returncode == 0
    assert b"Nothing differs from the signed run" in done.stdout
    second = signed_month(project)
    runs = {item["run_id"]: item for item in document(project, "history")["months"][0]["runs"]}
    assert second != first
    assert runs[second]["supersedes"] == first


def test_a_look_supersedes_nothing(june: Project) -> None:
    """Without a report nothing is recorded, so nothing is compared either."""
    signed_month(june)
    done = in_process("month", "2024-06", "--full", "--format", "none", cwd=june.folder)
    assert done.returncode == 3
    assert b"Signed off before" not in done.stdout
    assert len(document(june, "history")["months"][0]["runs"]) == 1


def test_an_empty_journal_is_a_friendly_line(project: Project) -> None:
    """Before the first run there is nothing to list, and looking leaves nothing behind."""
    said = "is recorded here yet; `recon month` creates"
    assert f"No run {said}" in told(project, "history")
    assert f"No run of 2024-06 {said}" in told(project, "history", "2024-06")
    assert f"No run {said}" in told(project, "open")
    assert f"No run {said}" in told(project, "open", "--age")
    assert document(project, "history") == {"schema": 1, "months": []}
    empty = {"schema": 1, "month": None, "breaks": [], "events": [], "ageing": {}}
    assert document(project, "open") == empty
    assert "There is no break" in refused(project, "ack", "B-1", "--reason", "x")
    assert not project.reports.exists()


def test_out_is_another_journal(project: Project) -> None:
    """Reports that went elsewhere are told of there."""
    told(project, "month", "2024-06", "--out", "elsewhere")
    assert "No run is recorded" in told(project, "history")
    assert len(document(project, "history", "--out", "elsewhere")["months"]) == 1
    assert len(document(project, "open", "--out", "elsewhere")["breaks"]) == 1
