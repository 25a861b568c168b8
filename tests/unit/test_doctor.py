"""The doctor's parts that need no server: addresses, exit codes, clocks, space, the page."""

from __future__ import annotations

import io
from collections import namedtuple
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest.mock import Mock

import pytest

from recon.base.calendar import Calendar
from recon.base.errors import ConfigError, ExitCode, SourceDataError, SourceUnreachable
from recon.base.fields import needed
from recon.base.month import Month
from recon.base.result import Side
from recon.config import DatabaseSettings, Settings, SourceKind, SourceSettings
from recon.record.run_folder import new_run_id
from recon.reports.console.dashboard import make_console
from recon.setup.doctor import content, machine, network
from recon.setup.doctor.database import DatabaseSubject
from recon.setup.doctor.database_checks import clocks, encryption
from recon.setup.doctor.examination import last_month
from recon.setup.doctor.model import (
    Check,
    Finding,
    State,
    document,
    exit_code,
    failed,
    ok,
    refused,
    skipped,
    warning,
)
from recon.setup.doctor.network import keywords, odbc_address, sql_server_address
from recon.setup.doctor.steps import Silence, Step, run_steps
from recon.setup.doctor.view import ConsoleWatcher
from recon.sources.database import POSTGRESQL
from recon.sources.side_by_side import Stopped, Supervisor
from tests.golden_files import check_golden

JUNE = Month.parse("2024-06")
NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("server", "host", "port"),
    [
        ("SQL01", "SQL01", 1433),
        (" SQL01 ", "SQL01", 1433),
        ("sql01.corp.example", "sql01.corp.example", 1433),
        ("SQL01,1500", "SQL01", 1500),
        ("SQL01, 1500", "SQL01", 1500),
        ("tcp:SQL01", "SQL01", 1433),
        ("tcp:books.database.windows.net,1433", "books.database.windows.net", 1433),
        ("TCP:SQL01,1500", "SQL01", 1500),
        (r"SQL01\FINANCE", "SQL01", None),
        (r"tcp:SQL01\FINANCE", "SQL01", None),
        (r"SQL01\FINANCE,1500", "SQL01", 1500),
        ("10.0.0.5", "10.0.0.5", 1433),
        (".", None, None),
        (r".\SQLEXPRESS", None, None),
        ("(local)", None, None),
        ("localhost", None, None),
        (r"(localdb)\MSSQLLocalDB", None, None),
        ("lpc:SQL01", None, None),
        (r"np:\\SQL01\pipe\sql\query", None, None),
        (r"\\SQL01\pipe\sql\query", None, None),
    ],
)
def test_names_of_sql_servers(server: str, host: str | None, port: int | None) -> None:
    """Every way to write one; what cannot be told is said."""
    found = sql_server_address(server)
    assert (found.host, found.port) == (host, port)
    assert bool(found.note) == (port is None)


@pytest.mark.parametrize("server", ["SQL01,x", "SQL01,", "SQL01,1433;PWD=x", "SQL01,70000"])
def test_a_port_that_is_none_is_a_mistake_of_the_configuration(server: str) -> None:
    """It is told with its key."""
    with pytest.raises(ConfigError, match=r"analytics\.server: .* is not a port"):
        sql_server_address(server, "analytics.server")


@pytest.mark.parametrize(
    ("connection", "host", "port"),
    [
        ("DRIVER={PostgreSQL Unicode};SERVER=books;DATABASE=ledger", "books", 5432),
        ("driver={PostgreSQL Unicode};server=books; port = 6000 ;uid=recon", "books", 6000),
        ("DRIVER={PostgreSQL Unicode};Servername=books", "books", 5432),
        ("DRIVER={PostgreSQL Unicode};SERVER=/tmp;PORT=5432", None, None),
        ("DRIVER={Amazon Redshift (x64)};HOST=books.example", "books.example", 5439),
        ("DRIVER={ODBC Driver 18 for SQL Server};SERVER=tcp:SQL01,1500", "SQL01", 1500),
        (r"DRIVER={SQL Server};SERVER=SQL01\FINANCE", "SQL01", None),
        ("DRIVER={Other};SERVER={bo;oks}", "bo;oks", None),
        ("DSN=Books", None, None),
        ("", None, None),
    ],
)
def test_addresses_in_connection_strings(
    connection: str, host: str | None, port: int | None
) -> None:
    """The server and the port where they stand there, the driver's own port where it has one."""
    found = odbc_address(connection)
    assert (found.host, found.port) == (host, port)
    assert bool(found.note) == (port is None)


def test_keywords_of_a_connection_string() -> None:
    """Braces are taken off, and what stands in them does not count."""
    text = "DRIVER={A;B}}C=D}; Server = host ;;UID=recon;EMPTY="
    assert keywords(text) == {"DRIVER": "A;B}C=D", "SERVER": "host", "UID": "recon", "EMPTY": ""}


def test_a_server_that_cannot_be_told_is_no_failure() -> None:
    """The driver knows better."""
    found = network.server(DatabaseSettings("analytics", Path("q.sql"), connection="DSN=Books"))
    assert found.state is State.SKIPPED
    assert "names no server" in found.found


def test_an_instance_is_looked_up_by_name_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its port is not guessed: nobody connects."""
    answer = [(2, 1, 6, "", ("10.1.2.3", 0))]
    monkeypatch.setattr(network.socket, "getaddrinfo", lambda *_, **__: answer)
    monkeypatch.setattr(network.socket, "create_connection", lambda *_, **__: 1 / 0)
    found = network.server(DatabaseSettings("analytics", Path("q.sql"), server=r"SQL01\FINANCE"))
    assert found.state is State.OK
    assert "SQL01 is 10.1.2.3; the port of FINANCE is not known" in found.found


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError(), "does not answer within 15 s"),
        (ConnectionRefusedError(), "refuses connections"),
        (OSError(113, "No route to host"), "cannot be reached (No route to host)"),
    ],
)
def test_ports_that_do_not_answer(
    monkeypatch: pytest.MonkeyPatch, error: OSError, said: str
) -> None:
    """Each says what to look at: exit 5."""

    def connect(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(network.socket, "create_connection", connect)
    settings = DatabaseSettings("analytics", Path("q.sql"), server="127.0.0.1")
    found = network.server(settings)
    assert (found.state, found.exit_code) == (State.FAILED, 5)
    assert found.found == f"127.0.0.1, but port 1433 {said}"
    assert found.advice


@pytest.mark.parametrize(
    ("codes", "wanted"),
    [([], 0), ([7], 7), ([7, 6], 6), ([6, 5, 7], 5), ([5, 4], 4), ([7, 4, 6, 5], 4)],
)
def test_the_exit_code_is_the_first_of_those_that_failed(codes: list[int], wanted: int) -> None:
    """4 before 5 before 6 before 7; warnings and skipped checks count for nothing."""
    findings = [ok("a"), warning("b", "c"), skipped("d")]
    findings += [failed(ExitCode(code), "e", "f") for code in codes]
    checks = [Check("x", None, finding) for finding in findings]
    assert exit_code(checks) == wanted
    found = document(checks)
    assert (found["exit_code"], found["ok"]) == (wanted, wanted == 0)


def test_a_document_names_every_check() -> None:
    """Side and advice are there, or null and empty."""
    found = document([Check("login", Side.ANALYTICS, ok("in")), Check("reports", None, ok("y"))])
    assert found["checks"] == [
        {"check": "login", "side": "analytics", "state": "ok", "found": "in", "advice": ""},
        {"check": "reports", "side": None, "state": "ok", "found": "y", "advice": ""},
    ]


def test_what_fails_is_parted_from_what_to_do() -> None:
    """Our sentences have this order; a driver's own words stay whole."""
    parted = refused(SourceUnreachable("The server refuses; check it."), "else")
    assert (parted.found, parted.advice, parted.exit_code) == (
        "The server refuses", "check it", 5,
    )  # fmt: skip
    whole = refused(SourceUnreachable("fails with SQLSTATE HY000: No; no. No."), "ask")
    assert (whole.found, whole.advice) == ("fails with SQLSTATE HY000: No; no. No.", "ask")
    one = refused(ConfigError(["a.b: is missing"]), "write it")
    assert (one.found, one.advice, one.exit_code) == ("a.b: is missing", "write it", 4)
    many = refused(ConfigError(["a: x; y", "b: z"], "recon.toml"), "write it")
    assert many.found == "recon.toml has 2 mistakes:\n  - a: x; y\n  - b: z"


def test_what_needs_a_failed_check_is_skipped_with_the_first_reason() -> None:
    """Reasons are not passed on from skipped check to skipped check."""

    def break_down(_: None) -> Finding:
        raise SourceDataError("It broke; mend it.")

    steps: tuple[Step[None], ...] = (
        Step("read_only", break_down),
        Step("own_choice", lambda _: skipped("cannot be told")),
        Step("second", lambda _: ok("x"), ("read_only", "own_choice")),
        Step("third", lambda _: ok("x"), ("second",)),
        Step("free", lambda _: ok("x"), ("own_choice",)),
    )
    checks = run_steps(steps, None, Side.ANALYTICS, Silence(), Supervisor())
    assert [check.finding.state for check in checks] == [
        State.FAILED, State.SKIPPED, State.SKIPPED, State.SKIPPED, State.OK,
    ]  # fmt: skip
    assert (checks[0].finding.found, checks[0].finding.advice) == ("It broke", "mend it")
    assert {check.finding.found for check in checks[2:4]} == {"not checked, since read only failed"}


def test_a_stopped_examination_tells_nothing_more() -> None:
    """What a cancelled statement raises is not told as a finding."""
    supervisor = Supervisor()

    def stop(_: None) -> Finding:
        supervisor.stop()
        raise SourceUnreachable("cancelled")

    with pytest.raises(Stopped):
        run_steps((Step("login", stop),), None, None, Silence(), supervisor)


@pytest.mark.parametrize(
    ("seconds", "state", "said"),
    [
        (0.4, State.OK, "of the server agree"),
        (42, State.OK, "is 42 s behind the server"),
        (-299, State.OK, "is 299 s ahead of the server"),
        (300, State.WARNING, "is 5 min behind the server"),
        (-7_140, State.WARNING, "is 119 min ahead of the server"),
        (3_600 * 24 * 60, State.WARNING, "is 1,440 h behind the server"),
    ],
)
def test_clocks(seconds: float, state: State, said: str) -> None:
    """From five minutes on it is worth a warning."""
    found = clocks(NOON, NOON + timedelta(seconds=seconds))
    assert found.state is state
    assert said in found.found


def on_postgresql(found: tuple[object, ...] | None, connection: str) -> DatabaseSubject:
    """Return a side on a PostgreSQL that tells this of its connection, None where it may not."""
    how = DatabaseSettings("accounting", Path("entries.sql"), connection=connection)
    settings = SourceSettings(Side.ACCOUNTING, SourceKind.ODBC, database=how)
    subject = DatabaseSubject(settings, JUNE, "USD", Supervisor(), ExitStack())
    subject.opened = Mock(product=POSTGRESQL)
    subject.opened.execute.return_value.fetchall.return_value = [found] if found else []
    return subject


@pytest.mark.parametrize(
    ("found", "connection", "state", "said"),
    [
        ((1, "TLSv1.3", "10.0.0.7"), "DRIVER={x};SSLMODE=verify-full", State.OK, "(TLSv1.3)"),
        ((1, "TLSv1.3", "10.0.0.7"), "DRIVER={x}", State.WARNING, "certificate is not verified"),
        # A data source keeps its options where they cannot be seen.
        ((1, "TLSv1.3", "10.0.0.7"), "DSN=Books", State.OK, "(TLSv1.3)"),
        ((0, None, "10.0.0.7"), "DSN=Books", State.WARNING, "the connection is not encrypted"),
        ((0, None, "127.0.0.1"), "DSN=Books", State.OK, "does not leave this machine"),
        ((0, None, "local"), "DSN=Books", State.OK, "does not leave this machine"),
        (None, "DSN=Books", State.WARNING, "it is not known whether"),
    ],
)
def test_encryption_on_postgresql(
    found: tuple[object, ...] | None, connection: str, state: State, said: str
) -> None:
    """What leaves the machine is to be encrypted, and the server to be who it says."""
    told = encryption(on_postgresql(found, connection))
    assert told.state is state
    assert said in told.found


Usage = namedtuple("Usage", "free")


@pytest.mark.parametrize(
    ("free", "state", "said"),
    [
        (99_000_000, State.FAILED, "99 MB free"),
        (100_000_000, State.WARNING, "100 MB free"),
        (999_000_000, State.WARNING, "999 MB free"),
        (1_000_000_000, State.OK, "1.0 GB free"),
        (2_500_000_000_000, State.OK, "2,500.0 GB free"),
    ],
)
def test_free_space(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, state: State, said: str
) -> None:
    """A warning under a gigabyte, a failure under a tenth of one; the folder may not exist yet."""
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage(free))
    found = machine.free_space([tmp_path / "not" / "there"])
    assert found.state is state
    assert said in found.found
    assert found.exit_code == (7 if state is State.FAILED else 0)


def test_a_drive_that_is_not_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows knows no folder above it that exists: exit 7, and what to do."""
    monkeypatch.setattr(machine.Path, "exists", lambda _: False)
    found = machine.free_space([Path("Z:/reports")])
    assert (found.state, found.exit_code) == (State.FAILED, 7)
    assert "cannot be used (No such file or directory)" in found.found
    assert found.advice.startswith("connect its drive")


def test_without_a_place_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be fetched: exit 7."""

    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(machine.tempfile, "gettempdir", none)
    found = machine.free_space([])
    assert (found.state, found.exit_code) == (State.FAILED, 7)
    assert "temporary files" in found.found


def test_the_report_folder_is_left_as_it_was(tmp_path: Path) -> None:
    """Neither a file nor a folder stays of the attempt."""
    assert machine.reports(tmp_path / "a" / "b", JUNE).state is State.OK
    assert list(tmp_path.iterdir()) == []


def test_a_long_path_is_that_of_a_workbook(tmp_path: Path) -> None:
    """The length that counts is that of the longest path of a run."""
    run_id = new_run_id(JUNE, NOON)
    longest = tmp_path / str(JUNE) / f".{run_id}.partial" / f"recon_{run_id}.xlsx"
    room = machine.LONGEST_PATH - len(str(longest)) - 1
    assert machine.reports(tmp_path / ("x" * room), JUNE).state is State.OK
    found = machine.reports(tmp_path / ("x" * (room + 1)), JUNE)
    assert (found.state, "241 characters" in found.found) == (State.WARNING, True)


def test_sums_are_told_by_currency() -> None:
    """Never added across currencies; those with most rows first, the rest counted."""
    sums = [
        content.Sum("JPY", 5, Decimal(7_000_000)),
        content.Sum("USD", 9, Decimal("1234.5")),
        content.Sum("USD", 1, Decimal("0.5")),
        content.Sum("EUR", 3, Decimal("-1.2345")),
        content.Sum("KWD", 1, Decimal(0)),
    ]
    found = content.rows(Side.ACCOUNTING, JUNE, sums, 9)
    assert (found.state, found.found) == (
        State.OK,
        "19 entries in June 2024, sum 1,235.00 USD, 7,000,000 JPY, -1.2345 EUR, "
        "and 1 more currency",
    )


def test_sums_of_floating_point_may_be_no_number() -> None:
    """They are told as they are."""
    found = content.rows(Side.ANALYTICS, JUNE, [content.Sum("USD", 1, Decimal("NaN"))], 1)
    assert found.found == "1 contract line, sum NaN USD"


@pytest.mark.parametrize(
    ("kind", "state"),
    [(Decimal, State.OK), (int, State.OK), (float, State.WARNING), (str, State.WARNING),
     (bool, State.WARNING)],
)  # fmt: skip
def test_forms_of_amounts(kind: type, state: State) -> None:
    """Only exact numbers need no warning."""
    settings = SourceSettings(Side.ACCOUNTING)
    forms = dict.fromkeys(needed(settings.side), content.Form.EXACT)
    found = content.columns(settings, {**forms, "amount": content.of_database(kind), "more": "x"})
    assert found.state is state


@pytest.mark.parametrize(
    ("sums", "unread", "state"),
    [
        (10, {"recognition_period": 12, "amount": 0}, State.WARNING),
        (10, {"recognition_period": 0, "amount": 10}, State.FAILED),
        (10, {"recognition_period": 0, "amount": 1}, State.OK),
        (0, {"recognition_period": 99, "amount": 0}, State.WARNING),
        (0, {"recognition_period": 100, "amount": 0}, State.FAILED),
    ],
)
def test_files_of_which_nothing_can_be_read(
    sums: int, unread: dict[str, int], state: State
) -> None:
    """Of a hundred entries, some of the month: whether it is single rows or the format."""
    found = [content.Sum("USD", sums, Decimal(1))] if sums else []
    assert content.rows(Side.ACCOUNTING, JUNE, found, 100, unread).state is state


def test_the_last_month_is_the_last_closed_one_but_for_the_sample() -> None:
    """The sample ends with 2024."""
    now = datetime(2031, 3, 1, tzinfo=UTC)
    files = SourceKind.FILES
    own = Settings(SourceSettings(Side.ANALYTICS, files), SourceSettings(Side.ACCOUNTING, files))
    assert str(last_month(own, now)) == "2031-02"
    assert str(last_month(Settings(), now)) == "2024-12"
    here = Calendar(time_zone="America/New_York")
    assert str(last_month(replace(own, calendar=here), now)) == "2031-01"


CHECKS = [
    ("Configuration", "", [
        Check("configuration", None, ok("/books/config/recon.toml, found automatically")),
    ]),
    ("Analytics", "sqlserver SQL01\\FINANCE/Analytics, contracts.sql", [
        Check("driver", Side.ANALYTICS, ok(
            "ODBC Driver 18 for SQL Server is installed; Python 3.11.7 and its driver manager are "
            "64-bit, pyodbc is 5.5.0")),
        Check("server", Side.ANALYTICS, skipped("SQL01\\FINANCE is an alias")),
        Check("read_only", Side.ANALYTICS, warning(
            "the login can write: INSERT, UPDATE, DELETE and 2 more",
            "give recon a login that can only read")),
    ]),
    ("Accounting", "odbc connection, entries.sql", [
        Check("login", Side.ACCOUNTING, failed(
            ExitCode.SOURCE_UNREACHABLE, "the server rejects the login",
            "check the user, the password, or the service account's rights")),
        Check("rows", Side.ACCOUNTING, skipped("not checked, since login failed")),
    ]),
    ("Reports", "", [
        Check("configuration", None, failed(
            ExitCode.CONFIGURATION,
            "C:\\books\\config\\recon.toml has 2 mistakes:\n  - a.b: is not 'x' … 'y'\n  - c: no",
            "correct the configuration")),
        Check("reports", None, ok(
            "/finance/" + "a-folder-with-a-long-name/" * 5 + "reports can be written")),
    ]),
]  # fmt: skip


def page(width: int, encoding: str = "utf-8", color: bool = False) -> str:
    """Return what is written of the checks above."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = make_console(stream, color=color, width=width)
    waited: list[str] = []
    watcher = ConsoleWatcher(console, waited.append)
    for title, note, checks in CHECKS:
        watcher.section(title, note)
        for check in checks:
            watcher.begins(check.name)
            watcher.ended(check)
    watcher.verdict([check for _, _, checks in CHECKS for check in checks])
    assert "read only" in waited
    assert waited[-1] == ""
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize(
    ("name", "width", "encoding"),
    [("80", 79, "utf-8"), ("160", 160, "utf-8"), ("ascii", 79, "ascii")],
)
def test_the_page_is_what_was_approved(name: str, width: int, encoding: str) -> None:
    """On a narrow and a wide terminal, and where there is no tick and no cross."""
    check_golden(f"doctor_{name}.txt", page(width, encoding))


def test_states_are_words_whatever_the_console_draws() -> None:
    """In colour they are the same words; a code page without marks shows the words alone."""
    coloured = page(100, color=True)
    assert "\x1b[" in coloured
    for text in (coloured, page(100), page(100, "cp437")):
        for word in ("ok", "warning", "FAILED", "skipped"):
            assert word in text
    assert "✗" not in page(100, "cp437")


def test_a_good_end_says_so() -> None:
    """Without failures one may begin, warnings are counted."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    watcher = ConsoleWatcher(make_console(stream, color=False, width=100))
    watcher.verdict([Check("clock", None, warning("late", "set it"))])
    watcher.verdict([Check("clock", None, ok("right"))])
    stream.flush()
    said = stream.buffer.getvalue().decode()
    assert (
        said == "\n  Ready to reconcile a month, with 1 warning\n\n  Ready to reconcile a month\n"
    )


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        ("DRIVER=/opt/msodbcsql18/libmsodbcsql-18.so;SERVER=sql01,1500", ("sql01", 1500)),
        ("DRIVER={FreeTDS};SERVER=sql01", ("sql01", 1433)),
        ("DRIVER=/usr/lib/libtdsodbc.so;SERVER=sql01,1500", ("sql01", 1500)),
        ("DRIVER={Own};SERVER=sql01,1500", ("sql01", 1500)),
        ("DRIVER={PostgreSQL Unicode};SERVER=pg01", ("pg01", 5432)),
    ],
)
def test_the_port_of_a_driver_by_its_path(connection: str, said: tuple[str, int]) -> None:
    """The library's name says whose it is, or the port stands behind a comma."""
    found = odbc_address(connection)
    assert (found.host, found.port) == said


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        ("DRIVER=x;SERVER=y", "encryption was not asked for"),
        ("DRIVER=x;SERVER=y;Encrypt=Strict", "Encrypt=Strict"),
        (None, "encryption was asked for"),
    ],
)
def test_encryption_is_not_claimed_unasked(connection: str | None, said: str) -> None:
    """Where the login may not see it, what the configuration asks for is told."""
    how = DatabaseSettings("analytics", Path("q.sql"), connection=connection)
    subject = SimpleNamespace(
        how=how, database=SimpleNamespace(product="Microsoft SQL Server"),
        permitted=lambda _: None,
    )  # fmt: skip
    assert said in encryption(cast(DatabaseSubject, subject)).found
