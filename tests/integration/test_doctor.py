"""`recon doctor` through the front door: on PostgreSQL, on files, on the sample."""

from __future__ import annotations

import json
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Postgres
from tests.shell import PATIENCE, Project, begun, command, contract, environment, in_process

NAMES = {"analytics": "contracts", "accounting": "entries"}
DATABASE_CHECKS = (
    "driver", "server", "login", "decimals", "encryption", "database", "permission", "read_only",
    "columns", "rows", "clock",
)  # fmt: skip
TABLES = """
DROP SCHEMA IF EXISTS clinic CASCADE;
CREATE SCHEMA clinic;
CREATE TABLE clinic.contracts (
    contract_id text, revenue_type text, contract_value decimal(19, 4), duration_months int,
    booking_date date, close_date date, currency text);
CREATE TABLE clinic.entries (
    entry_id text, contract_id text, revenue_type text, amount decimal(19, 4),
    recognition_period date, approved_by text);
INSERT INTO clinic.contracts VALUES
    ('001', 'Subscription', 1200, 12, '2024-06-01', '2025-05-31', 'USD'),
    ('002', 'Subscription', 2400, 12, '2024-06-01', '2025-05-31', 'EUR');
INSERT INTO clinic.entries VALUES
    ('E-1', '001', 'Subscription', 100.5, '2024-06-01', 'Kim'),
    ('E-2', '001', 'Subscription', 99.5, '2024-06-30', 'Kim'),
    ('E-3', '001', 'Subscription', 77, '2024-07-01', 'Kim');
CREATE TABLE clinic.secrets (entry_id text);
DO $$ BEGIN
    CREATE ROLE writer LOGIN PASSWORD 'wr1te;me';
EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT USAGE ON SCHEMA clinic TO recon, writer;
GRANT SELECT ON clinic.contracts, clinic.entries TO recon, writer;
GRANT DELETE ON clinic.entries TO writer;
"""
QUERIES = {
    "analytics": "SELECT * FROM clinic.contracts",
    "accounting": "SELECT * FROM clinic.entries "
    "WHERE recognition_period >= ? AND recognition_period < ?",
}


@dataclass(frozen=True)
class Diagnosis:
    """What `recon doctor --json` said."""

    exit_code: int
    document: dict[str, Any]

    def of(self, check: str, side: str | None = "accounting") -> tuple[str, str]:
        """Return the state of a check, and what was found with what to do."""
        (found,) = [
            item
            for item in self.document["checks"]
            if (item["check"], item["side"]) == (check, side)
        ]
        return found["state"], f"{found['found']} -> {found['advice']}"

    @property
    def states(self) -> set[str]:
        """The states of all checks."""
        return {item["state"] for item in self.document["checks"]}


def diagnosis(
    folder: Path, *arguments: str, env: dict[str, str] | None = None, month: str = "2024-06"
) -> Diagnosis:
    """Return what the doctor says; nothing but the document is printed, and no secret in it."""
    done = in_process("doctor", "--json", "--month", month, *arguments, cwd=folder, env=env)
    said = done.stdout.decode()
    assert done.stderr == b""
    for secret in ("tie;out", "wr1te", "n0t-the-one"):
        assert secret not in said
    document = json.loads(said)
    assert list(document) == ["schema", "ok", "exit_code", "checks"]
    assert (document["schema"], document["ok"]) == (1, done.returncode == 0)
    assert document["exit_code"] == done.returncode
    for item in document["checks"]:
        assert list(item) == ["check", "side", "state", "found", "advice"]
        assert bool(item["advice"]) == (item["state"] in ("warning", "failed")), item
    return Diagnosis(done.returncode, document)


@dataclass(frozen=True)
class Books:
    """A project whose two sides are on the PostgreSQL server."""

    folder: Path
    postgres: Postgres

    def configure(
        self,
        query: str = "",
        more: str = "",
        side: str = "accounting",
        rest: str = "",
        **words: Any,
    ) -> None:
        """Write the configuration; `query`, `more` keys and `words` of the connection: a side's."""
        text = rest
        for name, query_file in NAMES.items():
            changed = name == side
            connection = {
                "DRIVER": "{PostgreSQL Unicode}", "SERVER": "127.0.0.1", "DATABASE": "postgres",
                "UID": "recon", "PORT": self.postgres.port, **(words if changed else {}),
            }  # fmt: skip
            written = ";".join(f"{key}={value}" for key, value in connection.items())
            password = "" if "password_env" in more and changed else 'password_env = "BOOKS"\n'
            text += (
                f"[{name}]\nsource = 'odbc'\nconnection = '{written}'\n"
                f"query = '{query_file}.sql'\n{password}{more if changed else ''}\n"
            )
            sql = query if query and changed else QUERIES[name]
            self._write(f"config/{query_file}.sql", sql)
        self._write("config/recon.toml", text)

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def examined(self, *, month: str = "2024-06", **env: str) -> Diagnosis:
        """Return what the doctor says."""
        variables = {"BOOKS": self.postgres.password, "WRITER": "wr1te;me", **env}
        return diagnosis(self.folder, env=variables, month=month)


@pytest.fixture(scope="module")
def clinic(postgres: Postgres) -> Iterator[Postgres]:
    """Yield the server with small tables of its own."""
    postgres.sql(TABLES)
    yield postgres
    postgres.sql("DROP SCHEMA clinic CASCADE; DROP ROLE writer")


@pytest.fixture
def books(clinic: Postgres, tmp_path: Path) -> Books:
    """Return a project on the server, configured without a mistake."""
    found = Books(tmp_path, clinic)
    found.configure()
    return found


def test_all_is_well(books: Books) -> None:
    """Every check is made, in its order, first of the one side and then of the other."""
    found = books.examined()
    assert (found.exit_code, found.states) == (0, {"ok"})
    assert [(item["check"], item["side"]) for item in found.document["checks"]] == [
        ("configuration", None),
        *((check, "analytics") for check in DATABASE_CHECKS),
        *((check, "accounting") for check in DATABASE_CHECKS),
        ("reports", None),
        ("journal", None),
        ("last_run", None),
        ("free_space", None),
    ]
    assert "PostgreSQL Unicode" in found.of("driver")[1]
    assert "-bit" in found.of("driver")[1]
    assert f"port {books.postgres.port} answers" in found.of("server")[1]
    assert "logged in as recon, PostgreSQL" in found.of("login")[1]
    assert "does not leave this machine" in found.of("encryption")[1]
    assert "snapshot isolation" in found.of("database")[1]
    assert "entries.sql runs and delivers 6 columns" in found.of("permission")[1]
    assert "2 contract lines, sum 1,200.00 USD, 2,400.00 EUR" in found.of("rows", "analytics")[1]
    assert "2 entries in June 2024, sum 200.00 USD" in found.of("rows")[1]
    assert not (books.folder / "reports").exists()


@pytest.mark.parametrize("side", NAMES)
def test_a_wrong_password(books: Books, side: str) -> None:
    """The server answers, the login fails, and what needs it is listed as skipped."""
    books.configure(side=side, more='password_env = "OTHER"')
    found = books.examined(OTHER="n0t-the-one")
    assert found.exit_code == 5
    assert found.of("server", side)[0] == "ok"
    state, said = found.of("login", side)
    assert (state, "the server rejects the login" in said) == ("failed", True)
    for check in DATABASE_CHECKS[3:]:
        assert found.of(check, side) == ("skipped", "not checked, since login failed -> ")
    other = "accounting" if side == "analytics" else "analytics"
    assert all(found.of(check, other)[0] == "ok" for check in DATABASE_CHECKS)


def test_a_closed_port(books: Books) -> None:
    """It is told before anybody waits for a login."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        books.configure(PORT=probe.getsockname()[1])
        found = books.examined()
    assert found.exit_code == 5
    state, said = found.of("server")
    assert (state, "refuses connections" in said) == ("failed", True)
    assert found.of("login") == ("skipped", "not checked, since server failed -> ")


def test_a_name_that_nobody_knows(books: Books) -> None:
    """The name is told, and what to look at."""
    books.configure(SERVER="no-such-server.invalid")
    found = books.examined()
    state, said = found.of("server")
    assert (found.exit_code, state) == (5, "failed")
    assert "no-such-server.invalid is not known" in said


def test_a_database_that_is_not_there(books: Books) -> None:
    """The server says so at the login."""
    books.configure(DATABASE="nowhere")
    found = books.examined()
    state, said = found.of("login")
    assert (found.exit_code, state) == (5, "failed")
    assert "no such database" in said


def test_a_login_that_may_write(books: Books) -> None:
    """A warning names the tables; the month could be reconciled all the same."""
    books.configure(UID="writer", more='password_env = "WRITER"')
    found = books.examined()
    state, said = found.of("read_only")
    assert (found.exit_code, state) == (0, "warning")
    assert "clinic.entries" in said
    assert "clinic.contracts" not in said


def test_a_superuser(books: Books) -> None:
    """Whoever may do everything may write."""
    books.postgres.sql("ALTER ROLE writer SUPERUSER")
    try:
        books.configure(UID="writer", more='password_env = "WRITER"')
        state, said = books.examined().of("read_only")
    finally:
        books.postgres.sql("ALTER ROLE writer NOSUPERUSER")
    assert (state, "superuser" in said) == ("warning", True)


def test_no_permission_to_read(books: Books) -> None:
    """The query does not run; what does not need it is looked at all the same."""
    books.configure("SELECT entry_id FROM clinic.secrets WHERE CAST(? AS date) < CAST(? AS date)")
    found = books.examined()
    state, said = found.of("permission")
    assert (found.exit_code, state) == (5, "failed")
    assert "grant it SELECT" in said
    assert found.of("rows") == ("skipped", "not checked, since permission failed -> ")
    assert {found.of(check)[0] for check in ("read_only", "decimals", "clock")} == {"ok"}


@pytest.mark.parametrize(
    ("amounts", "check", "told"),
    [
        ("", "columns", "no column amount"),
        (", amount, 0 AS Amount", "permission", "several columns named amount"),
    ],
)
def test_a_column_that_is_missing_or_there_twice(
    books: Books, amounts: str, check: str, told: str
) -> None:
    """It is named; the same failure ends a month."""
    books.configure(
        f"SELECT entry_id, contract_id, revenue_type, recognition_period{amounts} "
        "FROM clinic.entries WHERE recognition_period >= ? AND recognition_period < ?"
    )
    found = books.examined()
    state, said = found.of(check)
    assert (found.exit_code, state) == (6, "failed")
    assert told in said


def test_a_compliance_column_that_is_missing(books: Books) -> None:
    """What the configuration names must be there."""
    books.configure(more='compliance = ["approved_by", "Obligation"]')
    state, said = books.examined().of("columns")
    assert (state, "no column obligation" in said) == ("failed", True)


@pytest.mark.parametrize(
    ("kind", "exit_code", "said"),
    [("double precision", 0, "binary floating point"), ("text", 5, "as text")],
)
def test_amounts_that_are_no_decimals(books: Books, kind: str, exit_code: int, said: str) -> None:
    """Floating point is rounded, with a warning; text cannot be added up by a server."""
    books.configure(
        "SELECT entry_id, contract_id, revenue_type, recognition_period, "
        f"CAST(amount AS {kind}) AS amount FROM clinic.entries "
        "WHERE recognition_period >= ? AND recognition_period < ?"
    )
    found = books.examined()
    state, told = found.of("columns")
    assert (found.exit_code, state) == (exit_code, "warning")
    assert said in told
    assert found.of("clock")[0] == "ok"


def test_a_month_without_entries(books: Books) -> None:
    """A warning: the ledger may not be posted yet."""
    found = books.examined(month="2024-09")
    state, said = found.of("rows")
    assert (found.exit_code, state) == (0, "warning")
    assert "no entries in September 2024" in said


@pytest.mark.parametrize("side", NAMES)
def test_a_side_without_any_rows(books: Books, side: str) -> None:
    """Comparing with nothing proves nothing: a month ends with it, so does the check."""
    where = " WHERE 1 = 0" if side == "analytics" else " AND 1 = 0"
    books.configure(QUERIES[side] + where, side=side)
    found = books.examined()
    state, said = found.of("rows", side)
    assert (found.exit_code, state) == (6, "failed")
    assert "at all" in said


def test_a_report_folder_that_is_a_file(books: Books) -> None:
    """Exit 7, and the file stays as it is."""
    place = books.folder / "reports"
    place.write_text("mine", encoding="utf-8")
    found = books.examined()
    state, said = found.of("reports", None)
    assert (found.exit_code, state) == (7, "failed")
    assert "a file is where a folder should be" in said
    assert place.read_text(encoding="utf-8") == "mine"


def test_a_driver_that_is_missing(books: Books) -> None:
    """Those that are there are listed; the way to the server is looked at all the same."""
    books.configure(DRIVER="{No Such Driver}")
    found = books.examined()
    state, said = found.of("driver")
    assert (found.exit_code, state) == (4, "failed")
    assert "No Such Driver is not installed (installed: " in said
    assert "PostgreSQL Unicode" in said
    assert found.of("server")[0] == "ok"
    assert {found.of(check)[0] for check in DATABASE_CHECKS[2:]} == {"skipped"}


def test_a_data_source_that_is_missing(books: Books) -> None:
    """A DSN that this account does not have is a matter of the machine."""
    config = books.folder / "config" / "recon.toml"
    text = config.read_text(encoding="utf-8").replace("DRIVER={PostgreSQL Unicode}", "DSN=Books")
    config.write_text(text, encoding="utf-8")
    found = books.examined()
    assert (found.exit_code, found.of("driver")[0]) == (4, "failed")
    assert "no data source Books" in found.of("driver")[1]


def test_a_connection_that_names_neither_a_driver_nor_a_data_source(books: Books) -> None:
    """A matter of the configuration; nobody could tell where to log in."""
    config = books.folder / "config" / "recon.toml"
    text = config.read_text(encoding="utf-8").replace("DRIVER={PostgreSQL Unicode};", "")
    config.write_text(text, encoding="utf-8")
    found = books.examined()
    assert (found.exit_code, found.of("driver")[0]) == (4, "failed")
    assert "names neither DRIVER nor DSN" in found.of("driver")[1]


def test_a_secret_that_is_missing(books: Books) -> None:
    """The login fails as a month would; the configuration comes first among the exit codes."""
    books.configure(more='password_env = "NOWHERE"')
    books.folder.joinpath("reports").write_text("", encoding="utf-8")
    found = books.examined()
    state, said = found.of("login")
    assert (found.exit_code, state) == (4, "failed")
    assert "accounting.password_env: the variable NOWHERE is not set" in said


def test_every_mistake_of_a_configuration(books: Books) -> None:
    """All are told; both sides are listed, and free space is looked at all the same."""
    books.configure(more='colour = "red"\nlogin_timeout = "soon"')
    found = books.examined()
    state, said = found.of("configuration", None)
    assert (found.exit_code, state) == (4, "failed")
    assert "accounting.colour" in said
    assert "accounting.login_timeout" in said
    for side in NAMES:
        assert found.of("source", side)[0] == "skipped"
    assert found.of("reports", None)[0] == "skipped"
    assert found.of("free_space", None)[0] == "ok"


def test_people_read_lines(books: Books) -> None:
    """A line a check, with a mark and a word; what to do stands below, the sum of it at the end."""
    books.configure(more='password_env = "OTHER"')
    env = {"BOOKS": books.postgres.password, "OTHER": "n0t-the-one"}
    done = in_process("doctor", "--month", "2024-06", cwd=books.folder, env=env)
    said = done.stdout.decode()
    assert (done.returncode, done.stderr) == (5, b"")
    assert "  ✗ FAILED   login          the server rejects the login\n" in said
    assert "→ check the user, the password" in said
    assert "  – skipped  rows           not checked, since login failed\n" in said
    assert said.endswith("Not ready: 1 check failed, 8 skipped (exit code 5)\n")
    assert "n0t-the-one" not in said
    assert "tie;out" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="a signal to another process")
def test_ctrl_c_waits_for_no_login(books: Books) -> None:
    """A server that accepts and says nothing is not waited for: 130."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        books.configure(side="analytics", more="login_timeout = 3600", PORT=silent.getsockname()[1])
        env = {"BOOKS": books.postgres.password}
        with begun("doctor", cwd=books.folder, env=env) as process:
            silent.settimeout(PATIENCE)
            probed, login = silent.accept()[0], silent.accept()[0]
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=PATIENCE)
            probed.close()
            login.close()
    assert (process.returncode, b"Interrupted" in said) == (130, True)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with files of two contracts and an entry each."""
    found = Project(tmp_path)
    found.fill("100.00", "100.00")
    return found


def test_files_that_are_well(project: Project) -> None:
    """Files are found and read, and their rows of the month are added up."""
    found = diagnosis(project.folder)
    assert (found.exit_code, found.states) == (0, {"ok"})
    assert [(item["check"], item["side"]) for item in found.document["checks"]] == [
        ("configuration", None),
        *((check, side) for side in NAMES for check in ("files", "columns", "rows")),
        ("reports", None),
        ("journal", None),
        ("last_run", None),
        ("free_space", None),
    ]
    assert "2 contract lines, sum 2,400.00 USD" in found.of("rows", "analytics")[1]
    assert "2 entries in June 2024, sum 200.00 USD" in found.of("rows")[1]


def test_a_damaged_journal_fails(project: Project) -> None:
    """Every month would end with it; whole, it says how many runs it holds."""
    assert in_process("month", "2024-06", "--format", "csv", cwd=project.folder).returncode == 0
    assert "journal.db, 1 run" in diagnosis(project.folder).of("journal", None)[1]
    for file in project.reports.glob("journal.db*"):
        file.unlink()
    assert diagnosis(project.folder).of("journal", None)[0] == "warning"
    (project.reports / "journal.db").write_bytes(b"garbage" * 1000)
    found = diagnosis(project.folder)
    assert (found.exit_code, found.of("journal", None)[0]) == (7, "failed")
    assert "is damaged" in found.of("journal", None)[1]


def _gone(project: Project) -> None:
    (project.folder / "data" / "entries.csv").unlink()


def _no_amount(project: Project) -> None:
    project.write("entries.csv", "entry_id,contract_id,revenue_type,recognition_period\n")


def _no_entries(project: Project) -> None:
    project.write("entries.csv", "entry_id,contract_id,revenue_type,amount,recognition_period\n")


def _decimal_commas(project: Project) -> None:
    project.fill('"100,00"', '"100,00"')


def _other_month(project: Project) -> None:
    text = (project.folder / "data" / "entries.csv").read_text(encoding="utf-8")
    project.write("entries.csv", text.replace("2024-06", "2024-05"))


@pytest.mark.parametrize(
    ("change", "check", "state", "exit_code", "said"),
    [
        (_gone, "files", "failed", 5, "does not exist"),
        (_no_amount, "columns", "failed", 6, "no column amount"),
        (_no_entries, "rows", "failed", 6, "no entries at all"),
        (_decimal_commas, "rows", "failed", 6, "2 without a readable amount"),
        (_other_month, "rows", "warning", 0, "no entries in June 2024"),
    ],
)
def test_files_that_are_not(
    project: Project,
    change: Callable[[Project], None],
    check: str,
    state: str,
    exit_code: int,
    said: str,
) -> None:
    """What is wrong with them is told, with what to do."""
    change(project)
    found = diagnosis(project.folder)
    assert (found.exit_code, found.of(check)[0]) == (exit_code, state)
    assert said in found.of(check)[1]


def test_a_few_rows_that_cannot_be_read_are_told(project: Project) -> None:
    """They are no reason to warn: a month lists them as invalid."""
    keys = [f"{number:03}" for number in range(30)]
    project.fill("nothing", *["100.00"] * 29, contracts=[contract(key) for key in keys])
    state, said = diagnosis(project.folder).of("rows")
    assert (state, "1 without a readable amount" in said) == ("ok", True)


def test_what_only_spark_reads(project: Project) -> None:
    """It says that it has not looked; the other side is examined as ever."""
    text = project.config.read_text(encoding="utf-8")
    _, accounting = text.split("[accounting]")
    own = '[analytics]\nsource = "spark"\ntable = "finance.deals"\n'
    project.config.write_text(f'engine = "spark"\n{own}[accounting]{accounting}', "utf-8")
    found = diagnosis(project.folder)
    state, said = found.of("source", "analytics")
    assert (state, "only a run on Spark reads it" in said) == ("skipped", True)
    assert found.of("rows")[0] == "ok"


def test_the_sample(tmp_path: Path) -> None:
    """Without a configuration the sample is examined, in its last month unless another is named."""
    config = tmp_path / "config" / "recon.toml"
    config.parent.mkdir()
    config.write_text('[analytics]\nsource="sample"\n[accounting]\nsource="sample"\n', "utf-8")
    found = diagnosis(tmp_path)
    assert (found.exit_code, found.states) == (0, {"ok"})
    assert "entries in June 2024" in found.of("rows")[1]
    done = in_process("doctor", cwd=tmp_path)
    assert (done.returncode, "December 2024" in done.stdout.decode()) == (0, True)
    beyond = diagnosis(tmp_path, month="2025-02")
    assert (beyond.exit_code, beyond.of("sample")[0]) == (6, "failed")
    assert beyond.of("rows")[0] == "skipped"


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe of a shell")
def test_a_reader_may_leave_early(project: Project) -> None:
    """The examination goes on, and its exit code is that of all checks."""
    _no_amount(project)
    line = f"{shlex.join(command('doctor'))} | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=project.folder,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (6, b"")


def test_a_month_that_is_none_is_a_matter_of_the_command_line(tmp_path: Path) -> None:
    """Nothing is examined: exit 2."""
    done = in_process("doctor", "--month", "June", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")


def test_a_path_that_is_too_long_for_windows(project: Project) -> None:
    """A warning, since the folder can be written here; nothing is left of the attempt."""
    project.configure(rest=f"[reports]\ndirectory = '../{'long/' * 40}reports'\n")
    found = diagnosis(project.folder)
    state, said = found.of("reports", None)
    assert (found.exit_code, state) == (0, "warning")
    assert "characters" in said
    assert not (project.folder / "long").exists()
