"""Facts: a run in figures and words, for its log."""

from __future__ import annotations

import hashlib
import os
import sys
from collections import Counter
from contextlib import suppress

from recon import identity
from recon.base import money
from recon.base.month import Month
from recon.base.result import Reconciliation, Severity, Side, Totals
from recon.config import Settings


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
