"""Lines: a run in figures and words, text or JSON."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from recon.base import money
from recon.base.events import Severity
from recon.base.month import Month
from recon.base.result import Reconciliation, Side, Totals
from recon.base.secrets import redacted
from recon.base.text import visible
from recon.config import Settings
from recon.record import identity


class Redacting(logging.Filter):
    """A filter of secrets, however deep in the facts."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Complete a record of a library, and redact it."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - a library's own mistake
            message = str(record.msg)
        own = {"event": "library", "facts": {"library": record.name}, **vars(record)}
        own |= {"msg": redacted(message), "args": None, "facts": _clean(own["facts"])}
        own |= {"levelname": "ERROR"} if record.levelno > logging.ERROR else {}
        vars(record).update(own)
        return True


def _clean(fact: object) -> object:
    """A fact without secrets, in types that JSON has."""
    if isinstance(fact, Mapping):
        return {str(key): _clean(item) for key, item in fact.items()}
    if isinstance(fact, list | tuple):
        return [_clean(item) for item in fact]
    if fact is None or isinstance(fact, bool | int | float):
        return fact
    return redacted(str(fact))


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")


class JsonLine(logging.Formatter):
    """JSON: a document a line, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """A record in a line."""
        known = vars(record)
        head = {"at": _moment(record), "level": record.levelname.lower(), "event": known["event"]}
        return json.dumps({**head, "message": record.msg, **known["facts"]})


class TextLine(logging.Formatter):
    """Text: further lines are indented, so none can be forged."""

    def format(self, record: logging.LogRecord) -> str:
        """A record, facts on its first line, long ones below."""
        facts = dict(_flat(vars(record)["facts"]))
        long = [facts.pop(key) for key in [*facts] if "\n" in str(facts[key])]
        shown = " ".join(f"{key}={_word(value)}" for key, value in facts.items())
        head, *rest = "\n".join(map(str, [record.msg, *long])).splitlines() or [""]
        first = f"{_moment(record)} {record.levelname:7} {head}"
        return visible("\n    ".join([f"{first}  {shown}" if shown else first, *rest]))


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
    """User, machine, versions and configuration, with its SHA-256."""
    digest = ""
    if settings.path:
        with suppress(OSError):
            digest = hashlib.sha256(settings.path.read_bytes()).hexdigest()
    return {
        "month": str(month) if month else None,
        "arguments": sys.argv[1:],
        "user": identity.who(),
        "host": identity.host(),
        "process": os.getpid(),
        "versions": identity.versions(),
        "configuration": str(settings.path or ""),
        "configuration_sha256": digest,
        "sample": settings.sample,
        "reports": str(settings.reports),
    }


def counts(result: Reconciliation) -> dict[str, object]:
    """Rows delivered, lines compared and breaks found."""
    by_severity = Counter(item.severity for item in result.breaks)
    return {
        "delivered": {side.value: result.sources[side].rows for side in Side},
        "invalid": {side.value: result.sources[side].invalid for side in Side},
        "breaks": {severity.word: by_severity[severity] for severity in reversed(Severity)},
        "totals": {c: _totals(totals, c) for c, totals in sorted(result.totals.items())},
    }


def _totals(totals: Totals, currency: str) -> dict[str, object]:
    lines = ("compared", "matched", "within_tolerance", "breaks")
    sums = ("expected", "recognized")
    found = {name: getattr(totals, name) for name in (*lines, *sums)}
    return found | {name: money.plain(found[name], currency) for name in sums}
