"""Failures of Spark, each as one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recon.base.errors import ConfigError, ReconError, SourceDataError, SourceUnreachable
from recon.base.secrets import redacted

# By the beginning of Spark's name for an error: what to raise, and what it means; {…} are the
# parameters that the error comes with.
_CONDITIONS: tuple[tuple[str, type[ReconError], str], ...] = (
    ("PATH_NOT_FOUND", SourceUnreachable, "{path} is not there"),
    ("UNABLE_TO_INFER_SCHEMA", SourceUnreachable, "no {format} file is there"),
    ("TABLE_OR_VIEW_NOT_FOUND", SourceUnreachable, "Spark knows no table {relationName}"),
    ("SCHEMA_NOT_FOUND", SourceUnreachable, "Spark knows no schema {schemaName}"),
    ("CATALOG_NOT_FOUND", SourceUnreachable, "Spark knows no catalog {catalogName}"),
    ("PARSE_SYNTAX_ERROR", SourceDataError, "its name cannot be read near {error}"),
    ("DATA_SOURCE_NOT_FOUND", SourceUnreachable, "Spark lacks the package that reads {provider}"),
    ("FAILED_READ_FILE.FILE_NOT_EXIST", SourceUnreachable, "{path} is no longer there"),
    ("FAILED_READ_FILE", SourceDataError, "{path} is not complete, or not what it is said to be"),
)
# By the name of Java's innermost exception.
_CLASSES: tuple[tuple[str, type[ReconError], str], ...] = (
    ("java.lang.ClassNotFoundException", SourceUnreachable, "Spark lacks the package with {told}"),
    ("java.net.ConnectException", SourceUnreachable, "the server cannot be reached"),
    ("java.net.UnknownHostException", SourceUnreachable, "the server {told} is not known"),
    ("java.lang.OutOfMemoryError", ReconError, "the memory of Spark is too small"),
)
_STOPPED = "Spark has stopped"
_MODULE = re.compile(r"No module named '([\w.]+)'")


@contextmanager
def spark_reading(what: str) -> Iterator[None]:
    """Turn a failure of Spark into one sentence.

    `what` begins it, like `The … cannot be read`.

    Raises SourceUnreachable, SourceDataError, ConfigError and ReconError.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as error:
        raise _failure(error, what) from None


def no_session(error: Exception, said: Path, master: str | None) -> ReconError:
    """The reason why no session could be started.

    `said` is what Java wrote before it ended.
    """
    if "stopped SparkContext" in str(error):
        return SourceUnreachable(
            f"Spark cannot be started: {master or 'its master'} does not answer. "
            "Check spark.master in the configuration."
        )
    text = said.read_text(encoding="utf-8", errors="replace") if said.exists() else ""
    if "UnsupportedClassVersionError" in text:
        return ConfigError(
            ["engine: 'spark' needs Java 17 or newer; the one that is found is older"],
            "This machine",
        )
    lines = [line for line in text.splitlines() if "Exception" in line or "Error" in line]
    why = re.sub(r"^.*?\w+(Exception|Error): ", "", _first(lines[0] if lines else str(error)))
    return SourceUnreachable(
        f"Spark cannot be started: {redacted(why)}. Check spark.master in the configuration."
    )


def _failure(error: Exception, what: str) -> ReconError:
    kind, told = _meaning(error)
    hint = "" if told == _STOPPED else " Check it, then run again."
    return kind(redacted(f"{what} on Spark: {told}.{hint}"))


def _meaning(error: Exception) -> tuple[type[ReconError], str]:
    from pyspark.errors import PySparkException, PythonException

    if isinstance(error, PythonException):
        return _of_executor(str(error))
    if isinstance(error, PySparkException) and error.getCondition():
        parameters = error.getMessageParameters() or {}
        return _of_condition(error.getCondition() or "", parameters, error.getMessage())
    try:
        return _of_java(error)
    except Exception:  # noqa: BLE001 - whatever asking a Java that is gone raises
        return SourceUnreachable, _STOPPED


def _of_executor(text: str) -> tuple[type[ReconError], str]:
    """The failure of Python on an executor."""
    if missing := _MODULE.search(text):
        return SourceUnreachable, (
            f"the Python of the executors has no {missing[1]}; send them an environment with recon"
        )
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return SourceUnreachable, _first(lines[-1])


def _of_java(error: Exception) -> tuple[type[ReconError], str]:
    """The innermost of Java's exceptions that has a meaning."""
    chain: list[Any] = []
    now = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    while now is not None:
        chain.append(now)
        now = now.getCause()
    for one in reversed(chain):
        if hasattr(one, "getCondition") and (condition := _asked(one, "getCondition")):
            return _of_condition(condition, dict(one.getMessageParameters()), one.getMessage())
    if not chain:
        return SourceUnreachable, _STOPPED
    inner = chain[-1]
    name, told = inner.getClass().getName(), _first(inner.getMessage() or "")
    for known, kind, meaning in _CLASSES:
        if name == known:
            return kind, meaning.format(told=told)
    return SourceUnreachable, told or name


def _asked(one: Any, method: str) -> str:  # noqa: ANN401 - an object of Java
    try:
        return str(getattr(one, method)() or "")
    except Exception:  # noqa: BLE001 - it has no such method
        return ""


def _of_condition(
    condition: str, parameters: dict[str, str], message: str
) -> tuple[type[ReconError], str]:
    plain = {
        name: re.sub(r"^file:/+", "/", text.replace("`", "")) for name, text in parameters.items()
    }
    for known, kind, meaning in _CONDITIONS:
        if condition.startswith(known):
            try:
                return kind, meaning.format(**plain)
            except KeyError:
                break
    return SourceDataError, _first(message)


def _first(message: str) -> str:
    """The first sentence of a message, without its codes."""
    text = message.strip().splitlines()[0] if message.strip() else "for no reason given"
    return re.sub(r"^\[[A-Z_.]+\] |\.? SQLSTATE: \w+$", "", text).rstrip(".")
