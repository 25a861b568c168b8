"""What goes wrong between recon and a SQL Server: one sentence, or the month right and complete."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from recon.base.errors import ExitCode
from recon.base.result import Side
from recon.sources import driver_errors, odbc
from recon.sources.driver_errors import failure
from tests.integration.sqlserver.books import CONTRACTS, ENTRIES, OLDER, books, month, refusal
from tests.integration.sqlserver.conftest import PASSWORD, Endpoint
from tests.shell import one_sentence, recon
from tests.tds.answers import Answer, Fault

Configured = Callable[..., Path]
DEADLOCK = (
    1205,
    "Transaction (Process ID 52) was deadlocked on lock resources with another process and has "
    "been chosen as the deadlock victim. Rerun the transaction.",
)
WRONG_PASSWORD = (18456, "Login failed for user 'svc_recon'.")
NO_DATABASE = (4060, 'Cannot open database "Ledger" requested by the login. The login failed.')
COMING_UP = (40613, "Database 'Books28000' on server 'sql01' is not currently available. (208)")
BUSY = (40501, "The service is currently busy. Retry the request after 10 seconds.")


def failing(to: str, error: tuple[int, str], times: int = 99) -> Answer:
    """Return an answer that is an error."""
    return Answer(to, Fault.ERROR, error=error, times=times)


def broken(
    to: str, fault: Fault, at: tuple[int, int, int] | None, times: int = 99, seconds: float = 0
) -> Answer:
    """Return the usual answer to a statement, with a fault on its way."""
    usual = next(answer for answer in books() if answer.to == to)
    return replace(usual, fault=fault, at=at, times=times, seconds=seconds)


def attempts(endpoint: Endpoint, database: str) -> int:
    """Return how often somebody logged in to a database."""
    return sum(login["database"] == database for login in endpoint.record("login"))


@pytest.mark.parametrize(
    ("answers", "said", "tried"),
    [
        ([failing("^LOGIN Ledger", WRONG_PASSWORD)], "rejects the login", 1),
        ([failing("^LOGIN Ledger", NO_DATABASE)], "has no such database", 2),
        ([failing("^LOGIN Ledger", COMING_UP)], "is not currently available", 4),
        ([failing("^LOGIN Ledger", BUSY)], "is currently busy", 4),
        ([Answer("^LOGIN Ledger", Fault.CUT)], "was cut off", 4),
        ([failing(ENTRIES, DEADLOCK)], "repeatedly chose the query as a deadlock victim", 4),
        ([failing(ENTRIES, (1222, "Lock request time out period exceeded."))], "locked", 4),
        ([failing(r"\[1900-01-01, 1900-01-01\]", (208, "Invalid object name 'dbo.certificate'."))],
         "has no table or view of that name", 1),
        ([failing(r"\[1900-01-01, 1900-01-01\]", (207, "Invalid column name 'x'."))],
         "has no column of that name", 1),
        ([failing(ENTRIES, (229, "The SELECT permission was denied on the object 'x'."))],
         "does not let the login read", 1),
        ([failing(ENTRIES, (8115, "Arithmetic overflow error."))], "Arithmetic overflow error", 1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_an_error_that_stays_is_told(
    endpoint: Endpoint, configured: Configured, answers: Sequence[Answer], said: str, tried: int
) -> None:
    """A refusal is not tried again, what may pass exactly three times more."""
    endpoint.play(*answers, *books())
    error = refusal(configured())
    assert (error.exit_code, said in str(error)) == (ExitCode.SOURCE_UNREACHABLE, True), error
    assert str(error).startswith("The accounting side (sqlserver 127.0.0.1,")
    assert attempts(endpoint, "Ledger") == tried
    endpoint.wait_until_all_are_closed()


@pytest.mark.parametrize(
    "fault",
    [
        failing("^LOGIN Ledger", NO_DATABASE, 1),
        failing("^LOGIN Ledger", COMING_UP, 3),
        failing("^LOGIN Ledger", BUSY, 2),
        failing("BEGIN TRANSACTION", DEADLOCK, 1),
        failing(ENTRIES, DEADLOCK, 1),
        replace(broken(ENTRIES, Fault.ERROR, (3, 0, 0), 1), error=DEADLOCK),
        Answer("PRELOGIN", Fault.RESET, times=1),
        Answer("^LOGIN Analytics", Fault.HALF, times=2),
        Answer("BEGIN TRANSACTION", Fault.HALF, times=1),
        broken(CONTRACTS, Fault.HALF, None, 1),
        broken(ENTRIES, Fault.HALF, (4, 4, 0), 3),
        Answer("^LOGIN Analytics", Fault.CUT, times=3),
        Answer("sys.databases", Fault.CUT, times=1),
        Answer(f"^SELECT COUNT.*{OLDER}", Fault.RESET, times=1),
        broken(CONTRACTS, Fault.CUT, (1, 0, 0), 1),
        broken(ENTRIES, Fault.CUT, (4, 0, 0), 2),
        broken(ENTRIES, Fault.RESET, (4, 4, 0), 3),
        broken(f"GROUP BY.*{OLDER}", Fault.CUT, (1, 2, 1), 1),
    ],
    ids=lambda answer: f"{answer.fault}-{answer.to}-{answer.at}",
)
def test_an_error_that_passes_costs_an_attempt(
    endpoint: Endpoint, configured: Configured, fault: Answer
) -> None:
    """The month is right and complete, however far the attempt before had come."""
    endpoint.play(fault, *books())
    result = month(configured())
    assert (result.totals["USD"].recognized, len(result.breaks)) == (30_000_000, 1)
    assert result.breaks[0].to_date_difference == 10_000_000
    assert result.sources[Side.ACCOUNTING].rows == 3
    assert attempts(endpoint, "Ledger") + attempts(endpoint, "Analytics") > 2 or (
        fault.to == "PRELOGIN"
    )


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.RESET])
def test_wherever_a_result_is_cut_there_is_no_month(
    endpoint: Endpoint, configured: Configured, fault: Fault
) -> None:
    """Between rows, inside of one, within and after an amount: never a part of the rows."""
    config = configured()
    usual = next(answer for answer in books() if answer.to == ENTRIES)
    length = len(usual.result()) - len(usual.result(0))
    for at in [*((row, 0, 0) for row in range(6)), *((0, 0, byte) for byte in range(1, length, 29)),
               *((4, columns, 0) for columns in range(1, 8))]:  # fmt: skip
        endpoint.play(broken(ENTRIES, fault, at), *books())
        error = refusal(config)
        assert (error.exit_code, "was cut off" in str(error)) == (5, True), (at, error)
        assert attempts(endpoint, "Ledger") == 4


@pytest.mark.parametrize("at", [None, (2, 0, 0)], ids=["before the rows", "between rows"])
def test_a_server_that_drops_everything_ends_the_run_in_time(
    endpoint: Endpoint, configured: Configured, at: tuple[int, int, int] | None
) -> None:
    """Neither the query nor its cancel nor a new login is answered: one sentence, all the same."""
    endpoint.play(broken(ENTRIES, Fault.DROP, at), *books())
    error = refusal(configured(query_timeout=1, login_timeout=1))
    assert error.exit_code == 5
    assert "did not finish the query in time" in str(error) or "does not answer" in str(error)
    assert endpoint.record("dropped")
    endpoint.wait_until_all_are_closed()


@pytest.mark.parametrize("at", [None, (2, 0, 0)], ids=["before the rows", "between rows"])
def test_a_slow_query_ends_in_time(
    endpoint: Endpoint, configured: Configured, at: tuple[int, int, int] | None
) -> None:
    """The server is told to stop, and the query not sent again."""
    endpoint.play(broken(ENTRIES, Fault.WAIT, at, seconds=3_600), *books())
    error = refusal(configured(query_timeout=1))
    assert (error.exit_code, "did not finish the query in time" in str(error)) == (5, True)
    assert attempts(endpoint, "Ledger") == 1
    assert len(endpoint.record("attention")) == 1
    endpoint.wait_until_all_are_closed()


def test_a_slow_query_may_take_its_time(endpoint: Endpoint, configured: Configured) -> None:
    """Within the timeout, patience is rewarded."""
    endpoint.play(broken(ENTRIES, Fault.WAIT, (2, 0, 0), seconds=0.3), *books())
    assert month(configured(query_timeout=30)).totals["USD"].recognized == 30_000_000


def test_a_server_without_encryption_is_told(endpoint: Endpoint, configured: Configured) -> None:
    """Where encryption is wanted, nobody logs in without it."""
    endpoint.play(*books())
    error = refusal(configured(encrypt=True))
    assert (error.exit_code, "does not encrypt; set encrypt" in str(error)) == (5, True)
    assert not endpoint.record("login")


def test_a_certificate_that_nobody_vouches_for_is_told(
    endpoint: Endpoint, encrypting_endpoint: Endpoint, configured: Configured
) -> None:
    """Nobody logs in to a server that may be another one."""
    encrypting_endpoint.play(*books())
    server = f"127.0.0.1,{encrypting_endpoint.port}"
    error = refusal(configured(server=server, encrypt=True))
    assert (error.exit_code, "a certificate that is not trusted" in str(error)) == (5, True), error
    assert not encrypting_endpoint.record("login")


def test_a_certificate_may_be_accepted_unseen(
    endpoint: Endpoint, encrypting_endpoint: Endpoint, configured: Configured
) -> None:
    """Encrypted, the month is the same; who listens reads no name and no password."""
    encrypting_endpoint.play(*books())
    server = f"127.0.0.1,{encrypting_endpoint.port}"
    result = month(configured(server=server, encrypt=True, trust_server_certificate=True))
    assert result.totals["USD"].recognized == 30_000_000
    assert {login["password"] for login in encrypting_endpoint.record("login")} == {PASSWORD}


@pytest.mark.parametrize("silent", ["PRELOGIN", "^LOGIN"])
def test_a_server_that_is_silent_is_told(
    endpoint: Endpoint, configured: Configured, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody accepts the connection and says nothing: the login timeout ends it."""
    monkeypatch.setattr(driver_errors, "WAITS", (0,))
    endpoint.play(Answer(silent, Fault.WAIT, seconds=3_600), *books())
    error = refusal(configured(login_timeout=1))
    assert (error.exit_code, "does not answer" in str(error)) == (5, True)
    endpoint.wait_until_all_are_closed()


def test_a_closed_port_is_told(
    endpoint: Endpoint, configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens, and the sentence says where."""
    monkeypatch.setattr(driver_errors, "WAITS", (0,))
    error = refusal(configured(server="127.0.0.1,1", login_timeout=1))
    assert error.exit_code == ExitCode.SOURCE_UNREACHABLE
    assert "127.0.0.1,1/" in str(error)
    assert "check the server's name" in str(error)


def test_a_query_that_is_not_utf_8_is_told(
    endpoint: Endpoint, configured: Configured, tmp_path: Path
) -> None:
    """The file and its key; the server is not asked."""
    endpoint.play(*books())
    query = tmp_path / "entries.sql"
    query.write_bytes("SELECT 'Zo\u00eb' AS customer".encode("latin-1"))
    error = refusal(configured(accounting={"query": str(query)}))
    assert error.exit_code == ExitCode.CONFIGURATION
    assert f"accounting.query: {query}: it is not UTF-8" in str(error)


def test_no_room_for_what_is_delivered(
    endpoint: Endpoint, configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk under the temporary files is nobody's lost connection: once is enough."""
    endpoint.play(*books())

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(odbc, "_write", full)
    error = refusal(configured())
    assert error.exit_code == ExitCode.REPORT
    assert "side cannot be stored: No space left on device. Make room in the folder" in str(error)
    endpoint.wait_until_all_are_closed()


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (failing("^LOGIN", WRONG_PASSWORD), 5, "rejects the login"),
        (failing(ENTRIES, (229, "The SELECT permission was denied.")), 5, "does not let"),
        (Answer("SELECT CAST", columns=[("", "decimal(19,4)")], rows=[["1"]]), 6, "1234.56"),
    ],
    ids=["login", "rights", "decimals"],
)
def test_the_command_says_it_in_one_sentence(
    endpoint: Endpoint, configured: Configured, answer: Answer, code: int, said: str
) -> None:
    """The exit code and a line on standard error; no result, no report, no secret."""
    endpoint.play(answer, *books())
    config = configured()
    done = recon("month", "2024-06", "--json", "--config", config, cwd=config.parent)
    assert done.returncode == code
    assert done.stdout == b""
    assert said in one_sentence(done.stderr.decode())
    assert PASSWORD not in done.stderr.decode()
    assert not list(config.parent.rglob("*.csv"))


@pytest.mark.parametrize("keyword", ["PWD", "pwd", "Password", "PASSWORD "])
@pytest.mark.parametrize("value", ["s3cret", "{s3cret}", "{s3;cr}}et}", "s3cret;UID=svc_recon"])
def test_an_echoed_password_is_not_shown(
    endpoint: Endpoint, configured: Configured, keyword: str, value: str
) -> None:
    """A message that repeats the connection string is shown without what is secret in it."""
    text = f"The driver got SERVER=x;{keyword}={value};APP=recon and gave up."
    endpoint.play(failing("^LOGIN Ledger", (50001, text)), *books())
    error = str(refusal(configured()))
    assert "SERVER=x" in error
    for secret in ("s3", "cr}}et", "svc_recon"):
        assert secret not in error


def test_a_database_that_is_not_there_goes_before_the_login() -> None:
    """Where a server says both, the missing database is the reason for the failed login."""
    text = (
        "[28000] [Microsoft][ODBC Driver 17 for SQL Server][SQL Server]Login failed for user 'x'. "
        '(18456) (SQLDriverConnect); [28000] [Microsoft][SQL Server]Cannot open database "Ledger" '
        "requested by the login. The login failed. (4060)"
    )
    error = Exception("28000", text)
    assert "has no such database" in str(failure(Side.ACCOUNTING, "sqlserver", error))
    assert driver_errors.attempts_more(error) == 1


def test_a_warning_beside_a_deadlock_changes_nothing() -> None:
    """The server says that the statement has ended, which is no missing driver."""
    text = (
        "[40001] [Microsoft][ODBC Driver 18 for SQL Server][SQL Server]Transaction was deadlocked "
        "(1205) (SQLExecDirectW); [01000] [Microsoft][SQL Server]The statement has been "
        "terminated. (3621)"
    )
    error = Exception("40001", text)
    assert driver_errors.is_transient(error)
    assert "deadlock" in str(failure(Side.ACCOUNTING, "sqlserver", error))


@pytest.mark.parametrize(
    "text",
    [
        "[HY000] FATAL: terminating connection due to administrator command\nserver closed the "
        "connection unexpectedly;\nError while preparing parameters (1) (SQLExecDirectW)",
        "[HY000] The connection has been lost;\nError while preparing parameters (1) "
        "(SQLExecDirectW)",
        "[HY000] internal SAVEPOINT failed (8) (SQLExecDirectW)",
    ],
)
def test_a_cut_without_a_state_is_a_cut(text: str) -> None:
    """PostgreSQL's driver tells one in words only, where it comes before the query itself."""
    error = Exception("HY000", text)
    assert driver_errors.is_transient(error)
    assert "was cut off" in str(failure(Side.ACCOUNTING, "odbc", error))
