"""The outcome of loading feeds: one frozen result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recon.base.errors import ExitCode
from recon.store.feeds.rejecting import Rejected
from recon.store.findings import Finding
from recon.store.load import Loaded

# What becomes of a file.
LOADED, REFUSED, KNOWN = "loaded", "refused", "known"


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """The outcome of one file, and sentences on it.

    `load` is None where nothing was kept; `findings` are what somebody should look into, `drift` is
    the sentence on columns that came or went. `shown` is the name under which people know the file.
    """

    path: Path
    feed: str
    kind: str
    status: str
    load: int | None = None
    loaded: Loaded | None = None
    reason: str = ""
    findings: Sequence[Finding] = ()
    notes: Sequence[str] = ()
    rejected: Sequence[Rejected] = ()
    rejected_file: Path | None = None
    drift: str = ""
    moved_to: Path | None = None
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run of `recon load`.

    `low` are the items whose stock is low, each as a finding; they are the goods', and no fault
    of a delivery. `alerts` is the sentence on alerts that could not be sent, if any.
    """

    outcomes: Sequence[FileOutcome]
    dry: bool
    snapshot: int = 0
    findings: Sequence[Finding] = field(default_factory=list)
    alerts: str = ""
    low: Sequence[Finding] = ()

    @property
    def exit_code(self) -> ExitCode:
        """6 for refused files, 8 for waiting alerts, else 3."""
        if any(each.status == REFUSED for each in self.outcomes):
            return ExitCode.SOURCE_DATA
        if self.alerts:
            return ExitCode.ALERT
        doubtful = any(each.findings or each.rejected for each in self.outcomes)
        return ExitCode.BREAKS if doubtful or self.findings else ExitCode.DONE
