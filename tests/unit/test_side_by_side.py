"""Side by side: both sides at the same time, and stopped together."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable

import pytest

from recon.base.result import Side
from recon.sources.side_by_side import Stopped, Supervisor, side_by_side
from tests.shell import PATIENCE

Work = Callable[[Supervisor], str]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a side that is told to stop as long as a test has."""
    monkeypatch.setattr(sys.modules[Supervisor.__module__], "PATIENCE", PATIENCE)


def both(analytics: Work, accounting: Work) -> dict[Side, str]:
    """Return what two works return."""
    return side_by_side({Side.ANALYTICS: analytics, Side.ACCOUNTING: accounting}, print)


def test_both_sides_work_at_the_same_time() -> None:
    """Each waits for the other one: one after the other they would never end."""
    met = threading.Barrier(2, timeout=PATIENCE)

    def work(_: Supervisor) -> str:
        met.wait()
        return "here"

    assert both(work, work) == {Side.ANALYTICS: "here", Side.ACCOUNTING: "here"}


def test_a_failure_stops_the_other_side() -> None:
    """The one that waits is woken up, and what the failing one raised is raised."""
    ended = []

    def fail(_: Supervisor) -> str:
        raise ValueError("refused")

    def wait(supervisor: Supervisor) -> str:
        try:
            supervisor.pause(PATIENCE)
        except Stopped:
            ended.append(True)
            raise
        return "never"

    with pytest.raises(ValueError, match="refused"):
        both(wait, fail)
    assert ended == [True]


def test_what_runs_is_cancelled() -> None:
    """Whatever blocks is told to stop from outside."""
    running, cancelled = threading.Event(), threading.Event()

    def fail(_: Supervisor) -> str:
        assert running.wait(PATIENCE)
        raise ValueError("refused")

    def query(supervisor: Supervisor) -> str:
        with supervisor.cancelling(cancelled.set):
            running.set()
            assert cancelled.wait(PATIENCE)
            supervisor.check()
        return "never"

    with pytest.raises(ValueError, match="refused"):
        both(query, fail)
    assert cancelled.is_set()


def test_a_cancel_that_comes_too_early_comes_again() -> None:
    """A query that begins in the very moment of the first cancel does not get away."""
    cancels = threading.Semaphore(0)

    def fail(_: Supervisor) -> str:
        raise ValueError("refused")

    def query(supervisor: Supervisor) -> str:
        with supervisor.cancelling(cancels.release):
            for _ in range(3):
                assert cancels.acquire(timeout=PATIENCE)
            supervisor.check()
        return "never"

    with pytest.raises(ValueError, match="refused"):
        both(query, fail)


def test_nothing_begins_after_the_stop() -> None:
    """A connection that is made too late is not used."""
    supervisor = Supervisor()
    supervisor.stop()
    with pytest.raises(Stopped), supervisor.cancelling(lambda: None):
        pytest.fail("it began")


def test_a_cancel_that_is_never_answered_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver waits for a server that is silent; it is asked once, and then left behind."""
    monkeypatch.setattr(sys.modules[Supervisor.__module__], "PATIENCE", 1.0)
    asked, running, answered = threading.Event(), threading.Event(), threading.Event()
    calls = list[str]()

    def cancel() -> None:
        calls.append("asked")
        asked.set()
        answered.wait(PATIENCE)
        calls.append("returned")

    def fail(_: Supervisor) -> str:
        assert running.wait(PATIENCE)
        raise ValueError("refused")

    def query(supervisor: Supervisor) -> str:
        with supervisor.cancelling(cancel):
            running.set()
            assert answered.wait(PATIENCE)
        return "never"

    with pytest.raises(ValueError, match="refused"):
        both(query, fail)
    assert asked.wait(PATIENCE)
    assert calls == ["asked"]
    answered.set()


def test_nothing_is_closed_that_is_still_being_cancelled() -> None:
    """Where the query ends before the driver has done with its cancel, that is waited for."""
    supervisor, order = Supervisor(), list[str]()
    began, ended = threading.Event(), threading.Event()

    def cancel() -> None:
        began.set()
        assert ended.wait(PATIENCE)
        order.append("cancelled")

    with supervisor.cancelling(cancel):
        supervisor.stop()
        assert began.wait(PATIENCE)
        threading.Timer(0.2, ended.set).start()
    order.append("closed")
    assert order == ["cancelled", "closed"]


def test_a_cancel_that_fails_is_nobodys() -> None:
    """The query has just ended by itself: there is nothing to be cancelled any more."""
    supervisor, tried = Supervisor(), threading.Event()

    def cancel() -> None:
        tried.set()
        raise ValueError("too late")

    with supervisor.cancelling(cancel):
        supervisor.stop()
        assert tried.wait(PATIENCE)


def test_ctrl_c_ends_the_wait_for_those_that_are_stopped() -> None:
    """Somebody has waited enough; whoever listened to Ctrl-C before hears of it, and does after."""
    running, answered = threading.Event(), threading.Event()
    heard, ended = list[object](), list[bool]()

    def listener(*given: object) -> None:
        heard.append(given)

    def fail(_: Supervisor) -> str:
        assert running.wait(PATIENCE)
        raise ValueError("refused")

    def query(supervisor: Supervisor) -> str:
        with supervisor.cancelling(lambda: signal.raise_signal(signal.SIGINT)):
            running.set()
            ended.append(answered.wait(PATIENCE))
        return "never"

    before = signal.signal(signal.SIGINT, listener)
    try:
        with pytest.raises(ValueError, match="refused"):
            both(query, fail)
        assert (ended, signal.getsignal(signal.SIGINT)) == ([], listener)
    finally:
        signal.signal(signal.SIGINT, before)
        answered.set()
    assert heard
