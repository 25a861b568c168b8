"""The journal's file: append-only, versioned, and written by one at a time."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from recon.base.errors import ReportError, UsageError
from recon.base.events import Severity
from recon.base.month import Month
from recon.base.result import Break, Bucket, Cause, Counterpart, Entry, Flag, Totals
from recon.record.journal.acknowledgements import acknowledgement, note
from recon.record.journal.history import compared
from recon.record.journal.model import Event, Kind, Reported, Role, Run, State
from recon.record.journal.open_items import Resolution
from recon.record.journal.schema import MIGRATIONS, TABLES, opened, transaction
from recon.record.journal.signing import Pen, Signature, signed, signed_off, unacknowledged
from recon.record.journal.store import NAME, Journal
from tests.example import reconciliation
from tests.shell import PATIENCE, environment, in_process, one_sentence
from tests.unit.test_open_items import seen

JUNE, JULY = Month.parse("2024-06"), Month.parse("2024-07")
NOW = datetime(2024, 7, 3, 7, 15, tzinfo=UTC)


def a_run(run_id: str = "2024-06_20240703T071500Z_3f9a", month: Month = JUNE) -> Run:
    """Return a run that saw one break."""
    return Run(
        run_id=run_id,
        month=month,
        started=NOW,
        ended=NOW,
        who="anna",
        host="pc",
        versions={"recon": "0.1.0"},
        policy={"tolerance": "1%"},
        sources={"analytics": "contracts.csv"},
        severity="critical",
        exit_code=3,
        folder=f"{month}/{run_id}",
        evidence="",
        invalid=2,
        totals={"USD": Totals(10, 20, 10, 1, 0, 0, 0, 1)},
        reported=Reported("Do not close.", ("USD",), {"USD": (Bucket("not_posted", 10, 1),)}),
    )


def recorded(folder: Path, *breaks: Break) -> None:
    """Make a journal of one run."""
    with Journal.at(folder) as journal:
        journal.record(a_run(), breaks or [seen(severity=Severity.CRITICAL)])


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    """Runs, breaks and events are read as they were written."""
    run, items = a_run(), [seen("C-2", -200), seen("C-1", -100)]
    with Journal.at(tmp_path) as journal:
        journal.record(run, items)
        journal.record(
            a_run("2024-07_x", JULY), [], [Resolution(items[1].name, JULY, "Made good.")]
        )
    with Journal.at(tmp_path) as journal:
        assert journal.runs(JUNE) == [run]
        assert journal.breaks(run.run_id) == items
        assert [(event.number, event.kind) for event in journal.events()] == [
            (1, Kind.RUN),
            (2, Kind.RUN),
            (3, Kind.RESOLVED),
        ]
        assert journal.open_item(items[1].name).state is State.RESOLVED
        assert journal.latest_month() == JULY


def test_a_break_comes_out_as_it_went_in(tmp_path: Path) -> None:
    """Whole: its entries, the other causes, its counterpart and what speaks against booking it."""
    other = Counterpart("C-9", "Support", "USD", -1, 2**70, -1)
    changes = {
        "counterpart": other, "against": ("Äpfel, \U0001f9fe",), "flags": (Flag.SPELLING,),
        "candidates": (Cause.NOT_POSTED, Cause.ENDED), "expected": 2**70, "allowed": 2**65,
        "entries": (Entry("E-1", 2**66, -3, "", "2024-05-02"),), "concerned": ("E-1",),
    }  # fmt: skip
    items = [*reconciliation().breaks, seen(**changes)]  # type: ignore[arg-type]
    recorded(tmp_path, *items)
    with Journal.look(tmp_path) as journal:
        found = {item.name: item for item in journal.breaks(a_run().run_id)}
    assert found == {item.name: item for item in items}


OLD_SCHEMA = 3
# The tables by the schema with which they came.
NEWER = {"found_events": 5, "links": 6, "repeats": 7}


def of_schema_3(folder: Path) -> None:
    """Turn a journal into one of schema 3, as recon wrote it before breaks were kept whole."""
    of_schema(folder, OLD_SCHEMA)


def of_schema(folder: Path, schema: int) -> None:
    """Turn a journal into one of an earlier schema."""
    with closing(sqlite3.connect(folder / "old.db", isolation_level=None)) as connection:
        for script in MIGRATIONS[:schema]:
            connection.executescript(script)
        connection.execute("ATTACH ? AS new", (str(folder / NAME),))
        for table in (known for known in TABLES if NEWER.get(known, 0) <= schema):
            columns = ", ".join(
                row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")
            )
            connection.execute(f"INSERT INTO main.{table} SELECT {columns} FROM new.{table}")
            for action in ("UPDATE", "DELETE"):
                connection.execute(
                    f"CREATE TRIGGER {table}_{action.lower()} BEFORE {action} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
                )
        connection.execute(f"PRAGMA user_version = {schema}")
    for ending in ("", "-wal", "-shm"):
        (folder / f"{NAME}{ending}").unlink(missing_ok=True)
    (folder / "old.db").rename(folder / NAME)


@pytest.mark.parametrize("schema", [3, 4, 5])
def test_a_journal_without_seals_is_sealed_as_it_is_found(tmp_path: Path, schema: int) -> None:
    """Every event of it, once; what is changed from then on is found."""
    recorded(tmp_path, *reconciliation().breaks)
    with Journal.at(tmp_path) as journal:
        held = journal.open_item(reconciliation().breaks[0].name)
        journal.say(acknowledgement(held, "Known.", None, NOW, "anna", "pc"))
    of_schema(tmp_path, schema)
    with Journal.at(tmp_path) as journal:
        sealed = journal.proof()
        assert list(sealed.links) == [event.number for event in journal.events()] == [1, 2]
        assert sealed.damage == []
    with Journal.at(tmp_path) as journal:
        assert journal.proof() == sealed
        journal.record(a_run("2024-06_later"), reconciliation().breaks)
        assert list(journal.proof().links.items())[:2] == list(sealed.links.items())
    with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER events_update")
        connection.execute("UPDATE events SET who = 'eve' WHERE kind = 'acknowledged'")
    with Journal.look(tmp_path) as journal:
        assert journal.proof().damage != []


def test_a_journal_of_schema_3_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its runs and breaks are there, less what was not kept; the same books change nothing."""
    recorded(tmp_path, *reconciliation().breaks)
    with Journal.at(tmp_path) as journal:
        held = reconciliation().breaks[0].name
        life = journal.open_item(held)
        journal.say(acknowledgement(life, "Known.", None, NOW, "anna", "pc"))
    of_schema_3(tmp_path)
    with Journal.at(tmp_path) as journal:
        (old,) = journal.runs()
        assert old == replace(a_run(), reported=None)
        found = {item.name: item for item in journal.breaks(old.run_id)}
        assert {name: item.reported for name, item in found.items()} == {
            item.name: item.reported for item in reconciliation().breaks
        }
        assert all(not item.entries for item in found.values())
        journal.record(a_run("2024-06_later"), reconciliation().breaks)
        assert journal.run("2024-06_later").reported == a_run().reported
        assert journal.open_item(held).state is State.ACKNOWLEDGED
        now = {item.name: item for item in journal.breaks("2024-06_later")}
        since = compared(old, found, a_run().totals, now)
        assert since.nothing
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        for table in ("runs", "breaks"):
            with pytest.raises(sqlite3.IntegrityError, match="the journal is append-only"):
                connection.execute(f"UPDATE {table} SET rowid = rowid")


@pytest.mark.parametrize("table", ["runs", "totals", "breaks", "events"])
@pytest.mark.parametrize("action", ["UPDATE {} SET rowid = rowid", "DELETE FROM {}"])
def test_nothing_is_ever_changed(tmp_path: Path, table: str, action: str) -> None:
    """The file itself refuses, whoever opens it."""
    recorded(tmp_path)
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        before = connection.execute(f"SELECT * FROM {table}").fetchall()
        assert before
        with pytest.raises(sqlite3.IntegrityError, match="the journal is append-only"):
            connection.execute(action.format(table))
        assert connection.execute(f"SELECT * FROM {table}").fetchall() == before


def test_a_run_is_recorded_whole_or_not_at_all(tmp_path: Path) -> None:
    """The same break twice cannot be; then the run is not there either."""
    with Journal.at(tmp_path) as journal:
        with pytest.raises(sqlite3.IntegrityError):
            journal.record(a_run(), [seen(), seen()])
        assert journal.runs() == []
        assert journal.events() == []


def test_a_full_disk_is_told_as_one(tmp_path: Path) -> None:
    """SQLite takes its transaction back by itself then; what there was before stays."""
    recorded(tmp_path)
    with (
        pytest.raises(ReportError, match="disk is full"),
        opened(tmp_path / NAME) as connection,
    ):
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        connection.execute("PRAGMA cache_size = 1")
        with transaction(connection):
            for _ in range(2_000):
                connection.execute(
                    "INSERT INTO events VALUES (NULL, ?, '', '', '', '', '', '', '')", ["x" * 999]
                )
    with Journal.look(tmp_path) as journal:
        assert len(journal.runs()) == 1


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    """A file that a later recon has written is left alone."""
    recorded(tmp_path)
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(ReportError, match="was written by a newer recon") as raised:
        Journal.at(tmp_path).__enter__()
    assert raised.value.exit_code == 7


def _overwrite(path: Path) -> None:
    path.write_bytes(b"This is no database at all. " * 100)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:2_000])


def _scramble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:4_000] = bytes(3_900)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [_overwrite, _cut, _scramble])
@pytest.mark.parametrize("command", [["history"], ["open"], ["month", "2024-06"]])
def test_a_damaged_file_is_one_sentence(
    tmp_path: Path, damage: Callable[[Path], None], command: list[str]
) -> None:
    """It is 7, with what to do, and nothing is written over it."""
    recorded(tmp_path / "reports")
    path = tmp_path / "reports" / NAME
    damage(path)
    before = path.read_bytes()
    (tmp_path / "c.csv").write_text(
        "contract_id,revenue_type,contract_value,duration_months,booking_date,close_date\n"
        "1,Subscription,1200.00,12,2024-06-01,2025-05-31\n"
    )
    (tmp_path / "e.csv").write_text(
        "entry_id,contract_id,revenue_type,amount,recognition_period\n"
        "E,1,Subscription,100.00,2024-06\n"
    )
    (tmp_path / "recon.toml").write_text(
        "[analytics]\nsource='files'\npath='c.csv'\n[accounting]\nsource='files'\npath='e.csv'\n"
    )
    done = in_process(*command, "--config", "recon.toml", "--out", "reports", cwd=tmp_path)
    assert done.returncode == 7, done
    assert "journal" in one_sentence(done.stderr.decode())
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("reports/2024-06/*"))


def test_looking_makes_no_journal(tmp_path: Path) -> None:
    """Where nothing was run there is nothing to see, and nothing is left behind."""
    with Journal.look(tmp_path) as journal:
        assert journal.runs() == []
        assert journal.standing(JUNE) == ()
        assert journal.latest_month() is None
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_may_only_be_read_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever checks the books need not be able to change them."""
    recorded(tmp_path)
    real = sqlite3.connect

    def connect(path: Path, **options: Any) -> sqlite3.Connection:
        if path == tmp_path / NAME:
            refused = sqlite3.OperationalError("attempt to write a readonly database")
            refused.sqlite_errorcode = sqlite3.SQLITE_READONLY
            raise refused
        return real(path, **options)

    monkeypatch.setattr("recon.record.journal.schema.sqlite3.connect", connect)
    with Journal.look(tmp_path) as journal:
        assert [run.run_id for run in journal.runs()] == [a_run().run_id]
        assert len(journal.standing(JUNE)) == 1
    with pytest.raises(ReportError, match="cannot be written"):
        Journal.at(tmp_path).__enter__()


WRITER = """
import sys
from pathlib import Path
from recon.record.journal.store import Journal
from tests.unit.test_journal import a_run, seen
from recon.base.month import Month
for number in range(25):
    with Journal.at(Path(sys.argv[1])) as journal:
        run_id = f"{sys.argv[2]}-{number}"
        journal.record(a_run(run_id), [seen(f"C-{n}", run_index) for n, run_index in
                                       enumerate([number + 1] * 5)])
"""


def test_two_processes_write_at_once_and_nothing_is_mixed_up(tmp_path: Path) -> None:
    """Each waits for the other; every run is there with its own breaks and its own event."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), name],
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b")
    ]
    told = [writer.communicate(timeout=PATIENCE)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], told
    with Journal.at(tmp_path) as journal:
        ids = {f"{name}-{number}" for name in "ab" for number in range(25)}
        assert {run.run_id for run in journal.runs()} == ids
        assert sorted(event.subject for event in journal.events()) == sorted(ids)
        for run_id in ids:
            amount = (int(run_id[2:]) + 1) * 10_000
            assert [item.difference for item in journal.breaks(run_id)] == [amount] * 5


def test_a_break_is_known_by_the_beginning_of_its_name(tmp_path: Path) -> None:
    """In any case, with or without B-; nothing, several or none are told apart."""
    items = [seen(f"C-{number}") for number in range(40)]
    recorded(tmp_path, *items)
    name = items[7].name
    with Journal.at(tmp_path) as journal:
        for text in (name, name.lower(), name[2:], f" {name} ", name[:8]):
            assert journal.open_item(text).name == name
        for text, said in (("", "40 breaks"), ("B-", "40 breaks"), ("B-????", "no break")):
            with pytest.raises(UsageError, match=said):
                journal.open_item(text)


def test_a_run_is_known_by_its_month_and_by_its_end(tmp_path: Path) -> None:
    """The last run of a month, or the one whose name ends so."""
    with Journal.at(tmp_path) as journal:
        for end in ("aaaa", "bbbb"):
            journal.record(a_run(f"2024-06_20240703T071500Z_{end}"), [])
        assert journal.run("aaaa").run_id.endswith("aaaa")
        assert journal.run("2024-06").run_id.endswith("bbbb")
        for text, said in (("cccc", "no run"), ("2024-06_", "2 runs")):
            with pytest.raises(UsageError, match=said):
                journal.run(text)


@pytest.mark.parametrize(
    ("reason", "until", "said"),
    [
        (" ", None, "--reason is empty"),
        ("Known", Month.parse("2024-05"), "first seen in 2024-06; --until is that month or a"),
    ],
)
def test_an_acknowledgement_says_why_and_for_how_long(
    tmp_path: Path, reason: str, until: Month | None, said: str
) -> None:
    """A reason is needed, and a month in which the break was there."""
    recorded(tmp_path)
    with Journal.at(tmp_path) as journal, pytest.raises(UsageError, match=said):
        acknowledgement(journal.open_item(seen().name), reason, until, NOW, "anna", "pc")


def test_what_people_say_is_kept_in_order(tmp_path: Path) -> None:
    """The last acknowledgement holds, and every note stays."""
    recorded(tmp_path)
    with Journal.at(tmp_path) as journal:
        life = journal.open_item(seen().name)
        journal.say(note(life, "First.", NOW, "anna", "pc"), note(life, "Then.", NOW, "bob", "pc"))
        journal.say(acknowledgement(life, "Small.", None, NOW, "anna", "pc"))
        journal.say(acknowledgement(life, "Agreed.", JULY, NOW, "bob", "pc"))
        life = journal.open_item(seen().name)
    assert [(event.who, event.reason) for event in life.notes] == [
        ("anna", "First."),
        ("bob", "Then."),
    ]
    held = life.acknowledged
    assert held is not None
    assert (held.who, held.reason, held.detail) == ("bob", "Agreed.", "2024-07")


def pen(who: str, role: Role = Role.PREPARER, comment: str = "Checked", **more: str) -> Pen:
    """Return somebody who is about to sign."""
    return Pen(role, who, "pc", NOW, comment, **more)


def signature(who: str, role: Role = Role.PREPARER) -> Signature:
    """Return a signature that is there already."""
    return Signature(a_run().run_id, JUNE, role, who, "pc", NOW, "Checked")


@pytest.mark.parametrize(
    ("asked", "before", "said"),
    [
        (pen("anna", comment=" "), [], "--comment is empty"),
        (pen("bob", Role.REVIEWER), [], "has no preparer's signature"),
        (pen("ANNA", Role.REVIEWER), [signature("anna")], "must be a different person"),
        (pen("bob"), [signature("anna")], "signed by anna as preparer already"),
    ],
)
def test_who_may_not_sign(asked: Pen, before: list[Signature], said: str) -> None:
    """The preparer first, then somebody else, each once and with a comment."""
    with pytest.raises(UsageError, match=said):
        signed(a_run(), asked, before, [])


@pytest.mark.parametrize(
    ("asked", "left", "said"),
    [
        (pen("anna"), 1, "critical breaks that are open"),
        (pen("anna"), 5, "and 2 more"),
        (pen("anna", accept=" "), 1, "--accept is empty"),
        (pen("anna", accept="Small"), 0, "nothing to accept"),
    ],
)
def test_open_critical_breaks_are_accepted_or_nothing_is_signed(
    asked: Pen, left: int, said: str
) -> None:
    """Who signs over them says why."""
    with pytest.raises(UsageError, match=said):
        signed(a_run(), asked, [], [seen(f"C-{number}") for number in range(left)])


def test_what_was_accepted_stands_with_the_signature(tmp_path: Path) -> None:
    """Both are read back, and the month is signed off by two signatures under one run."""
    recorded(tmp_path)
    with Journal.at(tmp_path) as journal:
        run, left = (
            a_run(),
            unacknowledged(journal.breaks(a_run().run_id), journal.open_items(JUNE)),
        )
        assert [item.contract_id for item in left] == ["C-1"]
        journal.say(*signed(run, pen("anna", accept="Small"), [], left))
        assert signed_off(journal.events(), JUNE) == ""
        given = journal.signatures()[run.run_id]
        assert (given[0].who, given[0].comment, given[0].accepted) == ("anna", "Checked", "Small")
        bob = pen("bob", Role.REVIEWER, accept="Agreed")
        journal.say(*signed(run, bob, given, left))
        assert signed_off(journal.events(), JUNE) == run.run_id
        assert journal.past(JUNE).signed == run
        assert journal.past(JULY).signed is None


def test_two_signatures_under_two_runs_sign_nothing_off() -> None:
    """The reviewer has seen other figures than the preparer."""
    events = [
        Event(n, NOW, who, "pc", Kind.SIGNED_OFF, run, JUNE, "Checked", role)
        for n, (who, run, role) in enumerate([("anna", "a", "preparer"), ("bob", "b", "reviewer")])
    ]
    assert signed_off(events, JUNE) == ""


def test_what_is_acknowledged_or_resolved_or_less_than_critical_need_not_be_accepted(
    tmp_path: Path,
) -> None:
    """Only open critical breaks keep a month from being signed."""
    items = [seen("C-1", severity=Severity.CRITICAL), seen("C-2", severity=Severity.HIGH)]
    items.append(seen("C-3", severity=Severity.CRITICAL))
    recorded(tmp_path, *items)
    with Journal.at(tmp_path) as journal:
        life = journal.open_item(items[0].name)
        journal.say(acknowledgement(life, "Known.", None, NOW, "anna", "pc"))
        closed = [Resolution(items[2].name, JULY, "Made good.")]
        journal.record(a_run("2024-07_x", JULY), [], closed)
        assert unacknowledged(journal.breaks(a_run().run_id), journal.open_items(JUNE)) == []
