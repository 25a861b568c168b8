"""Lines: a run in figures and words, as lines to read or as JSON; no secret gets there."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from recon.base import money
from recon.base.month import Month
from recon.base.result import Reconciliation, Severity, Side, Totals
from recon.base.secrets import redacted
from recon.config import Settings
from recon.config.log import LogFormat, LogLevel
from recon.record import identity


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened: when, which kind of event, in words, and its facts by name."""

    at: datetime
    level: LogLevel
    event: str
    message: str
    facts: Mapping[str, object] = field(default_factory=dict)


def written(line: Line, form: LogFormat) -> bytes:
    """Return a line as it stands in the file."""
    text = _json(line) if form is LogFormat.JSON else _text(line)
    # A path may hold what is no letter of any alphabet.
    return (text + "\n").encode("utf-8", "backslashreplace")


def _moment(line: Line) -> str:
    return line.at.isoformat(timespec="milliseconds")


def _json(line: Line) -> str:
    head = {"at": _moment(line), "level": line.level.value, "event": line.event}
    told = {"message": redacted(line.message), **_clean(line.facts)}
    return json.dumps(head | told, default=str)


def _clean(facts: Mapping[str, object]) -> dict[str, object]:
    return {key: _redacted(value) for key, value in facts.items()}


def _redacted(value: object) -> object:
    """Return a fact without secrets, in types that JSON has."""
    if isinstance(value, Mapping):
        return {str(key): _redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redacted(str(value))


def _text(line: Line) -> str:
    """Return a line to read; what takes several lines is indented, so that none looks like ours."""
    facts = list(_flat(_clean(line.facts)))
    shown = " ".join(f"{key}={_word(value)}" for key, value in facts if not _long(value))
    below = [str(value) for _, value in facts if _long(value)]
    first = f"{_moment(line)} {line.level.upper():7} {redacted(line.message)}"
    # The message of a configuration with mistakes has a line each; its facts belong to the first.
    head, *rest = first.splitlines()
    lines = [f"{head}  {shown}" if shown else head, *rest]
    return "\n    ".join([*lines, *"\n".join(below).splitlines()])


def _long(value: object) -> bool:
    return isinstance(value, str) and "\n" in value


def _flat(facts: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in facts.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _word(value: object) -> str:
    if isinstance(value, str) and value and not set(value) & set(" \t\r\n\"'="):
        return value
    return json.dumps(value, ensure_ascii=False)


def beginning(settings: Settings, month: Month | None) -> dict[str, object]:
    """Return what is known before anything is read: who, where, which versions and configuration.

    The configuration is told by its SHA-256, '' where there is none.
    """
    return {
        "month": str(month) if month else None,
        "arguments": sys.argv[1:],
        "user": identity.who(),
        "host": identity.host(),
        "process": os.getpid(),
        "versions": identity.versions(),
        "configuration": str(settings.path or ""),
        "configuration_sha256": _sha256(settings),
        "sample": settings.sample,
        "reports": str(settings.reports),
    }


def _sha256(settings: Settings) -> str:
    if settings.path:
        with suppress(OSError):
            return hashlib.sha256(settings.path.read_bytes()).hexdigest()
    return ""


def counts(result: Reconciliation) -> dict[str, object]:
    """Return what was delivered, compared and found."""
    by_severity = Counter(item.severity for item in result.breaks)
    return {
        "delivered": {side.value: result.sources[side].rows for side in Side},
        "invalid": {side.value: result.sources[side].invalid for side in Side},
        "breaks": {severity.word: by_severity[severity] for severity in reversed(Severity)},
        "totals": {c: _totals(totals, c) for c, totals in sorted(result.totals.items())},
    }


def _totals(totals: Totals, currency: str) -> dict[str, object]:
    return {
        "compared": totals.compared,
        "matched": totals.matched,
        "within_tolerance": totals.within_tolerance,
        "breaks": totals.breaks,
        "expected": money.plain(totals.expected, currency),
        "recognized": money.plain(totals.recognized, currency),
    }
