"""What Spark and Java say, in our words; the tests that start them are with the integration."""

from __future__ import annotations

import signal
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from recon.base.errors import ConfigError, SourceUnreachable
from recon.base.month import Month
from recon.base.result import Side
from recon.config import SourceSettings
from recon.run.spark import sides
from recon.run.spark.failures import no_session, spark_reading
from recon.sources.delivery import Request
from recon.sources.side_by_side import Stopped, Supervisor
from tests.shell import PATIENCE

OLD_JAVA = """Error: A JNI error has occurred, please check your installation and try again
Exception in thread "main" java.lang.UnsupportedClassVersionError: org/apache/spark/launcher/Main
"""


def test_a_java_that_is_too_old(tmp_path: Path) -> None:
    """It ends before Spark could say anything; what is needed is told."""
    said = tmp_path / "java.txt"
    said.write_text(OLD_JAVA, encoding="utf-8")
    error = no_session(RuntimeError("Java gateway process exited"), said, None)
    assert isinstance(error, ConfigError)
    assert "needs Java 17 or newer; the one that is found is older" in str(error)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x\njava.lang.IllegalArgumentException: No such master: sparc://a", "No such master"),
        ("", "Java gateway process exited"),
    ],
)
def test_whatever_else_keeps_spark_from_starting(tmp_path: Path, text: str, why: str) -> None:
    """The first sentence of Java, without the names of its classes, else that of PySpark."""
    said = tmp_path / "java.txt"
    if text:
        said.write_text(text, encoding="utf-8")
    error = no_session(RuntimeError("Java gateway process exited"), said, "sparc://a")
    assert isinstance(error, SourceUnreachable)
    assert f"Spark cannot be started: {why}" in str(error)
    assert "Exception" not in str(error)


@pytest.mark.slow  # PySpark is half a gigabyte
@pytest.mark.parametrize(
    ("raised", "meaning"),
    [
        ("Traceback …\nModuleNotFoundError: No module named 'recon'\n", "executors has no recon;"),
        ("Traceback …\nOSError: [Errno 28] No space left on device\n", "No space left on device"),
    ],
)
def test_what_fails_on_an_executor(raised: str, meaning: str) -> None:
    """The last line of its Python, and what to send where recon is not there."""
    errors = pytest.importorskip("pyspark.errors", reason="PySpark is not installed")
    with pytest.raises(SourceUnreachable, match=meaning), spark_reading("The month failed"):
        raise errors.PythonException(raised)


def test_ctrl_c_stops_what_is_fetched_for_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database is asked aside: the driver keeps nobody from hearing."""
    stopped = []

    def fetch(_: object, __: object, supervisor: Supervisor) -> None:
        signal.raise_signal(signal.SIGINT)
        try:
            supervisor.pause(PATIENCE)
        except Stopped:
            stopped.append(True)
            raise

    monkeypatch.setattr(sides, "source", lambda _: MagicMock(fetch=fetch))
    settings, request = SourceSettings(Side.ANALYTICS), Request(Month.parse("2024-06"))
    with pytest.raises(KeyboardInterrupt):
        sides.opened(MagicMock(), settings, request, MagicMock(), "USD")
    assert stopped == [True]
