"""A run that is to end ends at once, and leaves nothing behind on the server."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from recon.cli import init_proposals
from recon.sources.database import Database
from recon.sources.side_by_side import Stopped
from tests.integration.sqlserver.books import CONTRACTS, ENTRIES, books, refusal, session
from tests.integration.sqlserver.conftest import Endpoint
from tests.integration.sqlserver.test_init import DESCRIBED, tables
from tests.shell import PATIENCE, begun, environment, in_process, one_sentence, recon
from tests.tds.answers import Answer, Fault

Configured = Callable[..., Path]
# Longer than any test waits.
FOR_EVER = 3_600
on_one_process = pytest.mark.skipif(
    sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there"
)


def waiting(to: str, at: tuple[int, int, int] | None = None, fault: Fault = Fault.WAIT) -> Answer:
    """Return the usual answer to a statement, after a very long time."""
    usual = next(answer for answer in books() if answer.to == to)
    return replace(usual, fault=fault, at=at, seconds=FOR_EVER)


def silent(to: str) -> Answer:
    """Return an answer that never comes, whatever else the server is told."""
    return Answer(to, Fault.SILENT, seconds=FOR_EVER)


@on_one_process
@pytest.mark.parametrize(
    "slow",
    [
        pytest.param(waiting(ENTRIES), id="query"),
        pytest.param(waiting(ENTRIES, (2, 0, 0)), id="rows"),
        pytest.param(waiting(CONTRACTS), id="contracts"),
        pytest.param(Answer("BEGIN TRAN", Fault.WAIT, seconds=FOR_EVER), id="transaction"),
        pytest.param(Answer("^LOGIN Ledger", Fault.WAIT, seconds=FOR_EVER), id="login"),
    ],
)  # fmt: skip
def test_ctrl_c_ends_a_running_query(
    endpoint: Endpoint, configured: Configured, slow: Answer
) -> None:
    """Exit code 130, one sentence, and no session is left on the server."""
    endpoint.play(slow, *books())
    config = configured()
    with begun("month", "2024-06", "--config", config, cwd=config.parent) as process:
        endpoint.wait_for("waiting")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    told = err.decode()
    assert told.startswith("recon: ")
    assert "Traceback" not in told
    assert told.count("\n") == 1
    assert out == b""
    endpoint.wait_until_all_are_closed()
    if slow.columns:
        assert endpoint.record("attention")


# What ends one side while the other one's query is running.
REFUSED = Answer("^SELECT COUNT.*dbo.deals", Fault.ERROR, error=(229, "Permission was denied."),
                 after="waiting")  # fmt: skip
LACKING = Answer("dbo.deals.*WHERE 1 = 0", columns=[("contract_id", "nvarchar(40)")],
                 after="waiting")  # fmt: skip


@pytest.mark.parametrize("slow", [waiting(ENTRIES), waiting(ENTRIES, (2, 0, 0))],
                         ids=["query", "rows"])  # fmt: skip
def test_a_side_that_refuses_stops_the_other_one(
    endpoint: Endpoint, configured: Configured, slow: Answer
) -> None:
    """The long query is cancelled; nobody waits for what is not needed any more."""
    endpoint.play(REFUSED, slow, *books())
    error = refusal(configured(query_timeout=FOR_EVER))
    assert error.exit_code == 5
    assert str(error).startswith("The analytics side")
    endpoint.wait_until_all_are_closed()
    assert len(endpoint.record("login")) == 2


# A server that does not answer the cancel either: its machine is frozen, or a firewall swallows it.


@on_one_process
def test_ctrl_c_ends_a_query_though_everything_is_dropped(
    endpoint: Endpoint, configured: Configured
) -> None:
    """No session answers any more, also not those that other threads begin."""
    endpoint.play(waiting(ENTRIES, None, Fault.DROP), *books())
    config = configured()
    with begun("month", "2024-06", "--config", config, cwd=config.parent) as process:
        endpoint.wait_for("dropped")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, b""), err
    assert one_sentence(err.decode()).startswith("recon: Interrupted")
    endpoint.wait_until_all_are_closed()


@on_one_process
@pytest.mark.parametrize(
    ("at", "months"),
    [(None, "2024-06"), ((2, 0, 0), "2024-06..2024-07")],
    ids=["query of a month", "rows of two"],
)
def test_ctrl_c_ends_a_query_though_the_server_is_silent(
    endpoint: Endpoint, configured: Configured, at: tuple[int, int, int] | None, months: str
) -> None:
    """Exit code 130 and the usual sentence; the next run finds everything in order."""
    endpoint.play(waiting(ENTRIES, at, Fault.SILENT), *books())
    config = configured()
    with begun("month", months, "--config", config, cwd=config.parent) as process:
        endpoint.wait_for("waiting")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, b""), err
    told = one_sentence(err.decode())
    assert told.startswith("recon: Interrupted; no report was left half-written.")
    endpoint.wait_until_all_are_closed()
    assert endpoint.record("attention")

    endpoint.play(*books())
    done = in_process("month", "2024-06", "--json", "--config", config, cwd=config.parent)
    assert (done.returncode, done.stderr) == (3, b"")


def init(endpoint: Endpoint, driver: str) -> list[str]:
    """Return the arguments of a `recon init` that asks nothing."""
    return [
        "init", "--server", f"127.0.0.1,{endpoint.port}", "--analytics-database", "Analytics",
        "--accounting-database", "Ledger", "--user", "svc_recon", "--password-env",
        "BOOKS_PASSWORD", "--no-encrypt", *(["--driver", driver] if driver else []), "--yes",
    ]  # fmt: skip


@on_one_process
@pytest.mark.parametrize("command", ["doctor", "init"])
def test_ctrl_c_ends_other_commands_though_the_server_is_silent(
    endpoint: Endpoint, configured: Configured, driver: str, command: str
) -> None:
    """Whoever asks a database can be stopped, and writes nothing then."""
    endpoint.play(silent("GROUP BY currency"), silent("INFORMATION_SCHEMA"), *books())
    config = configured()
    examined = ["doctor", "--month", "2024-06", "--config", str(config)]
    arguments = {"doctor": examined, "init": init(endpoint, driver)}[command]
    with begun(*arguments, cwd=config.parent) as process:
        endpoint.wait_for("waiting")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert "Interrupted" in one_sentence(err.decode())
    assert list(config.parent.iterdir()) == [config]
    endpoint.wait_until_all_are_closed()


def test_ctrl_c_stops_the_last_question_of_init(
    endpoint: Endpoint, driver: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a period column holds is asked aside too: the driver keeps nobody from hearing."""
    described = Answer("INFORMATION_SCHEMA", columns=DESCRIBED, rows=tables("int"))
    endpoint.play(described, *session())
    stopped = []

    def pressed(database: Database, *_: object) -> tuple[object, object]:
        signal.raise_signal(signal.SIGINT)
        try:
            database.supervisor.pause(PATIENCE)
        except Stopped:
            stopped.append(True)
            raise
        return None, None

    monkeypatch.setattr(init_proposals, "extremes", pressed)
    done = in_process(*init(endpoint, driver), cwd=tmp_path)
    assert done.returncode == 130, done.stderr
    assert stopped == [True]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("at", "ending", "code", "said"),
    [
        (None, REFUSED, 5, "does not let the login read"),
        ((2, 0, 0), LACKING, 6, "contract_value"),
    ],
    ids=["query, rights", "rows, columns"],
)
def test_a_failure_is_told_though_the_other_side_is_silent(
    endpoint: Endpoint,
    configured: Configured,
    at: tuple[int, int, int] | None,
    ending: Answer,
    code: int,
    said: str,
) -> None:
    """The failure's own sentence and exit code; nobody waits for the other side for ever."""
    endpoint.play(ending, waiting(ENTRIES, at, Fault.SILENT), *books())
    config = configured()
    done = recon("month", "2024-06", "--config", config, cwd=config.parent)
    assert (done.returncode, done.stdout) == (code, b""), done.stderr
    told = one_sentence(done.stderr.decode())
    assert told.startswith("recon: The analytics side")
    assert said in told
    endpoint.wait_until_all_are_closed()
    assert endpoint.record("attention")


@on_one_process
def test_a_second_ctrl_c_waits_no_longer(endpoint: Endpoint, configured: Configured) -> None:
    """However long recon would wait for the server, who presses again has waited enough."""
    endpoint.play(waiting(ENTRIES, None, Fault.SILENT), *books())
    config = configured()
    script = (
        "import sys; from recon import sources; "
        f"sys.modules['recon.sources.side_by_side'].PATIENCE = {FOR_EVER}; "
        "from recon.__main__ import main; main()"
    )
    command = [sys.executable, "-c", script, "month", "2024-06", "--config", str(config)]
    with subprocess.Popen(
        command, cwd=config.parent, env=environment(), stderr=subprocess.PIPE
    ) as process:
        try:
            endpoint.wait_for("waiting")
            process.send_signal(signal.SIGINT)
            endpoint.wait_for("attention")
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 130, err
    assert "Interrupted" in one_sentence(err.decode())
    endpoint.wait_until_all_are_closed()
