"""The files of a pack, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
