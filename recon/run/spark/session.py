"""The session of Spark, existing or new.

A new one keeps quiet and ends with the run.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recon.base.errors import ConfigError
from recon.config import SparkSettings
from recon.run.spark.failures import no_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PACKAGE = 'pip install "recon[spark]"'
# Each core's groups differ in size: with several for each, none waits long for another.
_GROUPS_A_CORE = 4
_LOG = "status = error\nrootLogger.level = off\n"


@contextmanager
def session(settings: SparkSettings, folder: Path) -> Iterator[SparkSession]:
    """Yield the session of Spark.

    That of spark-submit or of this process, else one that lasts as long as this.

    `folder` takes what a session of our own writes. Raises ConfigError where Java is not
    installed, SourceUnreachable where Spark cannot be started.
    """
    from pyspark.sql import SparkSession

    with _quiet():
        found = SparkSession.getActiveSession()
        if found or "PYSPARK_GATEWAY_PORT" in os.environ:
            yield found or SparkSession.builder.getOrCreate()
            return
        started = _started(settings, folder)
        try:
            yield started
        finally:
            with suppress(Exception):
                started.stop()


def groups(settings: SparkSettings, spark: SparkSession) -> int:
    """Return into how many groups the contracts are divided."""
    return settings.groups or _GROUPS_A_CORE * spark.sparkContext.defaultParallelism


def require() -> None:
    """Raise ConfigError where a requirement of Spark is not installed.

    Before the rest is imported.
    """
    try:
        import pyarrow
        import pyspark
    except ImportError:
        raise ConfigError(
            [f"engine: 'spark' needs PySpark, which is not installed: {PACKAGE}"], "This machine"
        ) from None
    del pyarrow, pyspark


def _started(settings: SparkSettings, folder: Path) -> SparkSession:
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    if not java():
        raise ConfigError(
            ["engine: 'spark' needs Java 17 or newer; install it, or let JAVA_HOME name it"],
            "This machine",
        )
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    configured = SparkConf()
    configured.setAll(_own(settings, folder).items())
    said = folder / "spark.log"
    try:
        # What Java has to say before it logs goes nowhere else than to stderr.
        with said.open("wb") as stderr, _signals_kept():
            # Months in a row share one Java.
            with _ended_if_interrupted():
                gateway = SparkContext._gateway or launch_gateway(configured, {"stderr": stderr})
            SparkContext(conf=configured, gateway=gateway)
            return SparkSession.builder.config(conf=configured).getOrCreate()
    except (PySparkException, Py4JError, OSError, ValueError) as error:
        raise no_session(error, said, configured.get("spark.master", "")) from None


def _own(settings: SparkSettings, folder: Path) -> dict[str, str]:
    """The configuration of a session made here.

    It goes over that of Spark's own files.
    """
    quiet = folder / "log4j2.properties"
    quiet.write_text(_LOG, encoding="ascii")
    told = {
        "spark.app.name": "recon",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "OFF",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet.as_uri()}",
    }
    if settings.master:
        told["spark.master"] = settings.master
    if (settings.master or "").startswith("local"):
        told |= {
            "spark.ui.enabled": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        }
    return told


def java() -> str | None:
    """The Java that Spark would start, or None."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Keep who listens to Ctrl-C: PySpark would."""
    listens = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if listens:
            signal.signal(signal.SIGINT, handler)


@contextmanager
def _ended_if_interrupted() -> Iterator[None]:
    """End a starting Java on Ctrl-C.

    That is where it has not answered yet.

    It would go on by itself: what it is to answer through is gone by then.
    """
    from pyspark import java_gateway

    started: list[subprocess.Popen[bytes]] = []

    def popen(*given: Any, **named: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401
        started.append(subprocess.Popen(*given, **named))  # noqa: S603 - what PySpark starts
        return started[-1]

    before, java_gateway.Popen = java_gateway.Popen, popen
    try:
        yield
    except KeyboardInterrupt:
        for process in started:
            process.kill()
        raise
    finally:
        java_gateway.Popen = before


@contextmanager
def _quiet() -> Iterator[None]:
    """Let PySpark tell its failures as exceptions alone."""
    # Py4J tells Ctrl-C to the root.
    named = ("DataFrameQueryContextLogger", "py4j", None)
    loggers = [logging.getLogger(name) for name in named]
    before = [(logger, logger.disabled) for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"pyspark\.")
            warnings.filterwarnings("ignore", message="PySpark does not yet fully support")
            yield
    finally:
        for logger, disabled in before:
            logger.disabled = disabled
