"""A forged journal: whatever is changed in it, `recon verify` says so."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recon.base.errors import JournalHeld, RanAtOnce
from recon.base.month import Month
from recon.config import load
from recon.record.evidence.layout import packs
from recon.record.journal import chain
from recon.record.journal.model import Event, Kind
from recon.record.journal.schema import TABLES
from recon.record.journal.store import NAME, Journal
from recon.run.month import run_month
from tests.shell import Project, in_process, one_sentence

# What is forged here is the journal: the packs stay as they are.
pytestmark = pytest.mark.usefixtures("reperformed_once")
JUNE, MAY = Month.parse("2024-06"), Month.parse("2024-05")


def sign(project: Project, run: str, month: Month) -> None:
    """Sign a run, as preparer and reviewer."""
    with Journal.at(project.reports) as journal:
        journal.say(*(
            Event(0, datetime.now(UTC), who, "FIN-7", Kind.SIGNED_OFF, run, month, "seen", role)
            for who, role in (("dana", "preparer"), ("iris", "reviewer"))
        ))  # fmt: skip


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[str, str]]:
    """Return a project with two signed runs, and the names of the runs by month."""
    project, runs = Project(tmp_path_factory.mktemp("project")), {}
    project.fill("100.00", "150.00", "170.00")
    settings = load(project.config)
    for month in (JUNE, MAY):
        runs[str(month)] = run_month(settings, month, formats=("csv",)).run_id
        sign(project, runs[str(month)], month)
    return project, runs


@pytest.fixture
def project(pristine: tuple[Project, dict[str, str]], tmp_path: Path) -> Project:
    """Return a copy of that project."""
    shutil.copytree(pristine[0].folder, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path)


@contextmanager
def unguarded(folder: Path) -> Iterator[sqlite3.Connection]:
    """Yield the journal as somebody opens it who may write to the folder, without triggers."""
    with closing(sqlite3.connect(folder / NAME, isolation_level=None)) as connection:
        for table in TABLES:
            for action in ("update", "delete"):
                connection.execute(f"DROP TRIGGER {table}_{action}")
        yield connection


def sealed_again(connection: sqlite3.Connection) -> None:
    """Make the chain anew, as a forger would who knows recon."""
    connection.execute("DELETE FROM links")
    chain.extend(connection, 0)


def verified(project: Project, *arguments: str) -> tuple[int, str]:
    """Return how `recon verify` ends, and what it prints."""
    done = in_process("verify", *arguments, cwd=project.folder)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


FORGERIES = {
    "another reviewer": "UPDATE events SET who = 'eve' WHERE who = 'iris' AND month = '2024-06'",
    "no reviewer": "DELETE FROM events WHERE who = 'iris' AND month = '2024-06'",
    "a signature more": "INSERT INTO events SELECT 99, at, 'eve', host, kind, subject, month, "
    "reason, 'reviewer' FROM events WHERE who = 'dana' AND month = '2024-05'",
    "no breaks": "DELETE FROM breaks WHERE run_id LIKE '2024-06%'",
    "a smaller break": "UPDATE breaks SET difference = difference - 10000, expected = "
    "expected + 10000 WHERE run_id LIKE '2024-06%'",
    "other totals": "UPDATE totals SET recognized = recognized + 10000",
    "another bridge": "UPDATE runs SET reported = replace(reported, '\"lines\": 1', "
    "'\"lines\": 2')",
    "another verdict": "UPDATE runs SET severity = '', exit_code = 0",
    "somebody else": "UPDATE runs SET who = 'eve'",
    "no seal": "UPDATE runs SET evidence = ''",
    "another seal": "UPDATE runs SET evidence = replace(evidence, 'a', 'b')",
    "a run less": "DELETE FROM runs WHERE run_id LIKE '2024-06%'",
    "a run more": "INSERT INTO runs SELECT '2024-04_20240501T000000Z_0000', '2024-04', started, "
    "ended, who, host, versions, policy, sources, '', 0, folder, evidence, 0, '', 0, reported "
    "FROM runs LIMIT 1",
    "no number": "UPDATE totals SET expected = 'much'",
    "no JSON": "UPDATE runs SET versions = '{'",
    "no events": "DELETE FROM events",
    "no chain": "DELETE FROM links",
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_not_proven(project: Project, forgery: str) -> None:
    """Reviewers, breaks, totals, seals: what is changed is found and named."""
    with unguarded(project.reports) as connection:
        connection.execute(FORGERIES[forgery])
    code, told = verified(project, "--all")
    assert (code, "journal: NOT PROVEN" in told) == (6, True), told


@pytest.mark.parametrize(
    "forgery",
    [name for name in FORGERIES if name not in ("a signature more", "a run more", "no chain")],
)
def test_a_forgery_with_a_new_chain_is_not_proven(project: Project, forgery: str) -> None:
    """The packs say otherwise: each run's own, and the one after it by the seal that it has."""
    with unguarded(project.reports) as connection:
        connection.execute(FORGERIES[forgery])
        sealed_again(connection)
    code, told = verified(project, "--all")
    assert (code, "NOT PROVEN" in told) == (6, True), told


def test_what_only_a_noted_seal_finds(project: Project) -> None:
    """No pack follows the last signature; a seal that was noted elsewhere knows it."""
    code, told = verified(project, "--all")
    seal = next(line for line in told.splitlines() if "seal is" in line)[-65:-1]
    assert code == 0
    assert verified(project, "--seal", seal.upper())[0] == 0
    with unguarded(project.reports) as connection:
        connection.execute("UPDATE events SET who = 'eve' WHERE who = 'iris' AND month = '2024-05'")
        sealed_again(connection)
    assert verified(project, "--all")[0] == 0
    code, told = verified(project, "--seal", seal)
    assert (code, "seal: NOT PROVEN" in told) == (6, True)


def test_every_seal_of_the_past_is_known(project: Project) -> None:
    """That of the heartbeat, of each event, and of the last pack's hashes."""
    with Journal.look(project.reports) as journal:
        proof = journal.proof()
    beat = json.loads((project.reports / "heartbeat.json").read_text())
    assert beat["seal"] in proof.links.values()
    seals = [*proof.links.values(), *(run.run["evidence"] for run in proof.runs.values())]
    from recon.record.evidence import verify_seal

    assert all(verify_seal(proof, seal)[1] for seal in seals)
    assert not verify_seal(proof, "0" * 64)[1]


@pytest.mark.parametrize("seal", ["", "beef", "g" * 64])
def test_what_is_no_seal_is_2(project: Project, seal: str) -> None:
    """It is said what one looks like."""
    done = in_process("verify", "--all", "--seal", seal, cwd=project.folder)
    assert done.returncode == 2
    one_sentence(done.stderr.decode())


def test_a_journal_that_is_gone_is_not_proven(project: Project) -> None:
    """Its runs are not, either."""
    (project.reports / NAME).unlink()
    code, told = verified(project, "--all")
    assert code == 6
    assert "is not there" in told
    assert told.count("the journal does not know this run") == 2


def test_a_run_that_was_cut_off_before_its_record(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no run of the journal until the next one has noted it."""

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    settings = load(project.config)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Journal, "record", cut)
        run_month(settings, JUNE, formats=("csv",))
    assert len(packs(project.reports)) == 3
    code, told = verified(project, "--all")
    assert (code, told.count("the journal does not know this run")) == (6, 1)
    run_month(settings, JUNE, formats=("csv",))
    code, told = verified(project, "--all")
    assert (code, told.count("was cut off before it was recorded")) == (0, 1), told


def test_every_value_of_every_row_is_sealed(project: Project) -> None:
    """Whichever of them is changed, the chain no longer holds."""
    tried = 0
    with unguarded(project.reports) as connection:
        assert chain.damage(connection) == []
        for table in ("events", "runs", "totals", "breaks", "closings", "found_events", "links"):
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            for (row,) in connection.execute(f"SELECT rowid FROM {table}").fetchall():
                for column in columns:
                    tried += forged_value(connection, table, row, column, chain.damage)
    assert tried > 150


def forged_value(
    connection: sqlite3.Connection,
    table: str,
    row: int,
    column: str,
    damage: Callable[[sqlite3.Connection], list[str]],
) -> int:
    """Change one value, look for the damage, and take it back."""
    connection.execute("BEGIN")
    connection.execute(
        f"UPDATE {table} SET {column} = CASE typeof({column}) WHEN 'integer' THEN {column} + 1000 "
        f"ELSE coalesce({column}, '') || 'x' END WHERE rowid = ?", (row,),
    )  # fmt: skip
    found = damage(connection)
    connection.execute("ROLLBACK")
    assert found, (table, row, column)
    return 1


def test_locks_that_do_nothing_fork_no_chain(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two runs at once the second to end keeps nothing, and says why."""
    settings, reached = load(project.config), list[str]()

    def meanwhile(*given: object, **options: object) -> object:
        if not reached:
            reached.append("")
            reached[0] = run_month(settings, MAY, formats=("csv",)).run_id
        return write(*given, **options)  # type: ignore[arg-type]

    from recon.run.month import write

    monkeypatch.setattr("recon.run.month.write", meanwhile)
    monkeypatch.setattr("recon.run.recording.locked", lambda *_: nullcontext())
    with pytest.raises(RanAtOnce, match=r"locks do nothing") as caught:
        run_month(settings, JUNE, formats=("csv",))
    assert (caught.value.exit_code, reached[0] in str(caught.value)) == (9, True)
    assert len(packs(project.reports)) == 3
    assert verified(project, "--all")[0] == 0


@pytest.mark.parametrize(
    "how", ["from a transaction", pytest.param("for itself", marks=pytest.mark.slow)]
)
def test_a_journal_held_by_another_program_loses_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """No run of this time is kept, none before it is lost, and the next one goes on from there."""
    monkeypatch.setattr("recon.record.journal.schema.PATIENCE", 0.05)
    before = project.written()
    with closing(sqlite3.connect(project.reports / NAME, isolation_level=None)) as other:
        if how == "for itself":
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(JournalHeld, match="another program holds") as caught:
            run_month(load(project.config), JUNE, formats=("csv",))
        done = in_process("open", "--config", project.config, cwd=project.folder)
        other.execute("ROLLBACK")
    assert caught.value.exit_code == 7
    # Who only reads may do so beside a transaction, and is told where not even that is let.
    assert done.returncode == (7 if how == "for itself" else 0)
    if done.returncode:
        assert "another program holds" in one_sentence(done.stderr.decode())
    assert project.written() == before
    run_month(load(project.config), JUNE, formats=("csv",))
    assert (len(packs(project.reports)), verified(project, "--all")[0]) == (3, 0)


def test_a_clock_that_was_set_back_breaks_no_chain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The names of runs are then in another order than the runs."""
    project = Project(tmp_path)
    project.fill("100.00", "150.00")
    names = iter(f"2024-06_2024070{day}T071500Z_0000" for day in (3, 1))
    monkeypatch.setattr("recon.run.month._new_run_id", lambda _: next(names))
    for _ in range(2):
        run_month(load(project.config), JUNE, formats=("csv",))
    code, told = verified(project, "--all")
    assert code == 0, told
