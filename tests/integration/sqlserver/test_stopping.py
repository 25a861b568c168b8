"""A run that is to end ends at once, and leaves nothing behind on the server."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.sqlserver.books import CONTRACTS, ENTRIES, books, refusal
from tests.integration.sqlserver.conftest import Endpoint
from tests.shell import PATIENCE, begun
from tests.tds.answers import Answer, Fault

Configured = Callable[..., Path]
# Longer than any test waits.
FOR_EVER = 3_600


def waiting(to: str, at: tuple[int, int, int] | None = None) -> Answer:
    """Return the usual answer to a statement, after a very long time."""
    usual = next(answer for answer in books() if answer.to == to)
    return replace(usual, fault=Fault.WAIT, at=at, seconds=FOR_EVER)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
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


@pytest.mark.parametrize("slow", [waiting(ENTRIES), waiting(ENTRIES, (2, 0, 0))],
                         ids=["query", "rows"])  # fmt: skip
def test_a_side_that_refuses_stops_the_other_one(
    endpoint: Endpoint, configured: Configured, slow: Answer
) -> None:
    """The long query is cancelled; nobody waits for what is not needed any more."""
    late = Answer("^SELECT COUNT.*dbo.deals", Fault.ERROR, error=(229, "Permission was denied."))
    endpoint.play(late, slow, *books())
    error = refusal(configured(query_timeout=FOR_EVER))
    assert error.exit_code == 5
    assert str(error).startswith("The analytics side")
    endpoint.wait_until_all_are_closed()
    assert len(endpoint.record("login")) == 2
