"""The table [log]: format, level and age of logs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from recon.base import keys
from recon.base.keys import Keys
from recon.config import values


class LogFormat(StrEnum):
    """Text to read, or a JSON document a line."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """The least severe event that a log keeps.

    The beginning and the end of a run are always kept.
    """

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LogSettings:
    """How runs are logged, and how often one is expected.

    Without a `directory` logs go to `logs` below the reports. They are kept for `keep_days`;
    `recon doctor` expects a run every `expect_run_every_days`. 0 is for ever, and never.
    """

    format: LogFormat = LogFormat.TEXT
    level: LogLevel = LogLevel.INFO
    keep_days: int = 400
    directory: Path | None = None
    expect_run_every_days: int = 35


def read_log(table: Keys, path: Path) -> LogSettings:
    """The settings of logs; a relative directory starts beside `path`."""
    usual, days = LogSettings(), "expect_run_every_days"
    settings = LogSettings(
        format=table.take("format", keys.one_of(LogFormat), usual.format),
        level=table.take("level", keys.one_of(LogLevel), usual.level),
        keep_days=table.take("keep_days", keys.whole, usual.keep_days),
        directory=table.take("directory", values.below(path), None),
        expect_run_every_days=table.take(days, keys.whole, usual.expect_run_every_days),
    )
    table.close()
    return settings
