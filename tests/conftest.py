"""What all tests share: in CI, a skipped test is a failure."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

from recon.base import secrets
from tests.java import has_java

# No test depends on how fast the machine is. In CI the same examples every time: a failure there is
# to be one that can be looked into.
settings.register_profile(
    "recon",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("recon")

# Where a script has started the tests in its background, Ctrl-C is switched off for all that they
# start, and recon respects it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_skipped: list[str] = []


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test hide what another one has read as a secret."""
    monkeypatch.setattr(secrets, "_known", [])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember every skip with its reason."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        _skipped.append(f"{report.nodeid}: {reason}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run where CI should have run what was skipped."""
    if _skipped and os.environ.get("CI"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not checked."""
    if not os.environ.get("RECON_TEST_SQLSERVER"):
        terminalreporter.line("No SQL Server was tested: RECON_TEST_SQLSERVER names none.")
    if not has_java():
        terminalreporter.line(
            "NOTHING was tested on Apache Spark: Java 17 or newer is not installed."
        )
    if _skipped:
        terminalreporter.section("NOT CHECKED, because skipped")
        for line in _skipped:
            terminalreporter.line(line)
