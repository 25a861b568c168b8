"""Layout: the files of a pack, and the packs' folders."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from recon.base.month import Month
from recon.base.periods import Periods, folded
from recon.base.result import Side

FOLDER = "evidence"

EXTRACTS: Mapping[Side, str] = {
    Side.ANALYTICS: "contracts.parquet",
    Side.ACCOUNTING: "entries.parquet",
}
RUN, POLICY, CONFIGURATION = "run.json", "policy.json", "configuration.json"
PREVIOUS, SIGNOFFS = "previous.json", "signoffs.json"
SOURCES: Mapping[Side, str] = {side: f"{side.value}.json" for side in Side}
RESULTS, BREAKS, CONTROL_TOTALS = "results.json", "breaks.json", "control_totals.json"
PAGE = "evidence.md"

# What is told of a run, and what follows from that and the extracts; a policy follows from itself,
# written out in full.
TOLD = (RUN, POLICY, CONFIGURATION, PREVIOUS, SIGNOFFS, *SOURCES.values())
DERIVED = (POLICY, CONTROL_TOTALS, RESULTS, BREAKS, PAGE)

Document = Mapping[str, Any]

# The files of order to cash, beside those of both kinds of run.
CASH_EXTRACTS: Mapping[int, str] = {1: "feeds.parquet", 2: "ledger.parquet"}
CASH_SOURCES: Mapping[int, str] = {1: "feeds.json", 2: "ledger.json"}
CASH_TOLD = (RUN, POLICY, CONFIGURATION, PREVIOUS, SIGNOFFS, *CASH_SOURCES.values())
CASH_DERIVED = (POLICY, RESULTS, PAGE)


# A run's folder; one that was blocked got a number.
_RUN = re.compile(r"(\w[\w .-]*_(\d{8}T\d{6}Z)_[0-9a-f]{4})(-\d+)?")


def packs(reports: Path, without: Set[str] = frozenset()) -> list[Path]:
    """The folders of all packs, present or not, oldest first.

    Those of the runs `without` are left out, of which there may be many thousands.
    """
    runs = [
        Path(run.path)
        for month in _folders(reports)
        for run in _folders(month)
        if run.name not in without and _RUN.fullmatch(run.name)
    ]
    return [path / FOLDER for path in sorted(runs, key=lambda p: (second_of(p.name), p.name))]


def _folders(within: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(within) as found:
            return [each for each in found if each.is_dir()]
    except OSError:
        return []


def second_of(run: str) -> str:
    """The second of a run, from its id.

    Of two runs in the same second it does not give the order. '' where it is no id.
    """
    found = _RUN.fullmatch(run)
    return found[2] if found else ""


def run_of(pack: Path) -> str:
    """The id of the run that a pack belongs to."""
    found = _RUN.fullmatch(pack.parent.name)
    return found[1] if found else pack.parent.name


def pack_of(reports: Path, run: str) -> Path:
    """The place where the pack of a run should be."""
    return reports / _month_text(run) / run / FOLDER


def _month_text(run: str) -> str:
    """The month that a run's id begins with."""
    return run.rsplit("_", 2)[0]


def month_of(run: Document) -> Month:
    """The month of a run, with its fiscal periods."""
    return Month.parse(run["month"], Periods.of_table(run.get("periods")))


def named(runs: set[str], text: str) -> set[str]:
    """The runs that a text means: one, or a month's.

    One is meant by its id or an end of it.
    """
    of_month = {run for run in runs if _month_text(run).lower() == folded(text)}
    return of_month or {run for run in runs if run.startswith(text) or run.endswith(text)}
