"""What all tests share: slow ones are left out unless asked for; in CI a skip is a failure."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from recon.base import secrets
from recon.store import session as duckdb_session
from tests.java import has_java

# No test depends on how fast the machine is. In CI the same examples every time: a failure there is
# to be one that can be looked into. To explain a failing example of a whole month, hypothesis would
# reconcile it for half an hour more.
settings.register_profile(
    "recon",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
settings.load_profile("recon")

# Where a script has started the tests in its background, Ctrl-C is switched off for all that they
# start, and recon respects it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Fixtures that play half a year or all of it, keep recon busy to be stopped, load all feeds of the
# sample, or start what pip alone does not bring: a server, its driver, an office, a Java.
SLOW_FIXTURES = {
    "year", "half_year", "large", "sample_of_feeds", "postgres", "driver", "recalculated", "spark",
}  # fmt: skip
# Files whose slow tests take the longest: one that is begun last leaves the other cores idle.
DEAREST = (
    "test_figures_page.py", "test_close.py", "test_databases.py", "test_chance_terms.py",
    "test_verify.py", "test_publish_databases.py", "test_spark.py", "test_slack.py",
    "test_browser.py", "test_init.py", "test_double_booking.py", "test_feeds_sample.py",
    "test_forecasting.py", "test_types.py", "test_power_cut.py", "test_stopping.py",
)  # fmt: skip
SLOW = """\
{} slow tests were NOT SELECTED: databases, LibreOffice, Apache Spark, power cuts, whole years,
long properties, and whatever else waits for others. What they need, and how they are run:
    python -m pip install ".[test-slow]" && python -m pytest -m slow"""
LEFT_OUT = "slow tests left out"

_skipped: list[str] = []
_left_out = pytest.StashKey[int]()


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let processes share what they compile, also where none of it may be beside its source."""
    with pytest.MonkeyPatch.context() as patched:
        if os.environ.get("PYTHONDONTWRITEBYTECODE"):
            patched.delenv("PYTHONDONTWRITEBYTECODE")
            patched.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("compiled")))
        yield


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test hide what another one has read as a secret."""
    monkeypatch.setattr(secrets, "_known", [])


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave files in the cache: no test cuts the power, test_on_disk replays what one would."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember every skip with its reason."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        _skipped.append(f"{report.nodeid}: {reason}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark the tests that need a slow fixture."""
    for item in items:
        if SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(specname="pytest_collection_modifyitems", trylast=True)
def pytest_begin_with_the_dearest(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files of slow tests in front."""
    if not _is_fast(config):
        place = {name: number for number, name in enumerate(DEAREST)}
        items.sort(key=lambda item: place.get(item.path.name, len(place)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what is loaded by now out of every later collection of garbage.

    Tests of failures collect it, so that what is left of a workbook complains to them.
    """
    if _is_fast(session.config):
        _plan_for_few_rows()
    gc.collect()
    gc.freeze()


# What looks for ways that pay where there are many rows.
_FOR_MANY_ROWS = {
    "build_side_probe_side", "column_lifetime", "common_subexpressions", "common_subplan",
    "duplicate_groups", "join_order", "projection_pullup", "unused_columns",
}  # fmt: skip


def _plan_for_few_rows() -> None:
    """Spare DuckDB what does not pay on the small books of tests, and the second thread.

    Of a month of a few lines nine tenths are planning, and a quarter of that is this. Slow tests
    plan as users' runs do, as do processes of their own.
    """
    with duckdb_session.open_session() as session:
        known = {name for (name,) in session.execute("FROM duckdb_optimizers()").fetchall()}
    less = {"disabled_optimizers": ",".join(sorted(_FOR_MANY_ROWS & known)), "threads": 1}
    usual = duckdb_session._config
    duckdb_session._config = lambda *asked: {**less, **usual(*asked)}


def _is_fast(config: pytest.Config) -> bool:
    return bool(config.option.markexpr == "not slow")


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Count the slow tests that were left out."""
    for item in items:
        if _is_fast(item.config) and item.get_closest_marker("slow"):
            item.config.stash[_left_out] = item.config.stash.get(_left_out, 0) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over the count of a worker; each one collects all tests."""
    left_out = getattr(node, "workeroutput", {}).get(LEFT_OUT, 0)
    node.config.stash[_left_out] = max(left_out, node.config.stash.get(_left_out, 0))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run where CI should have run what was skipped."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[LEFT_OUT] = session.config.stash.get(_left_out, 0)
    if _skipped and os.environ.get("CI"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say loudly what was not checked."""
    left_out = config.stash.get(_left_out, 0)
    for line in _not_tested(fast=_is_fast(config)):
        terminalreporter.line(line)
    if left_out:
        terminalreporter.section("NOT SELECTED, because slow")
        terminalreporter.line(SLOW.format(f"{left_out:,}"))
    if _skipped:
        terminalreporter.section("NOT CHECKED, because skipped")
        for line in _skipped:
            terminalreporter.line(line)


def _not_tested(fast: bool) -> Iterator[str]:
    if fast:
        yield "No SQL Server was tested, and NOTHING on Apache Spark: their tests are slow ones."
        return
    if not os.environ.get("RECON_TEST_SQLSERVER"):
        yield "No SQL Server was tested: RECON_TEST_SQLSERVER names none."
    if not has_java():
        yield "NOTHING was tested on Apache Spark: Java 17 or newer is not installed."
