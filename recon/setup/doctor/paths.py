"""Paths: the files and folders that recon keeps."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from recon.config import Settings
from recon.record import heartbeat, lock
from recon.record.access.schema import NAME as ACCESS
from recon.record.journal.store import NAME as JOURNAL
from recon.sources import sample


@dataclass(frozen=True, slots=True)
class Kept:
    """A file or folder that recon keeps, and its content."""

    name: str
    path: Path
    what: str


def kept(settings: Settings) -> list[Kept]:
    """The files and folders that a configuration uses."""
    reports = settings.reports
    config = settings.path or settings.home / "config" / "recon.toml"
    logs = settings.log.directory or reports / "logs"
    return [
        Kept("configuration", config, "the sources, the policy and all other settings"),
        Kept("reports", reports, "a folder for each run, by month, with reports and evidence"),
        Kept("journal", reports / JOURNAL, "runs, breaks, acknowledgements, signatures, alerts"),
        Kept("logs", logs, "a log of each run"),
        Kept("heartbeat", reports / heartbeat.NAME, "the last recorded run, for monitoring"),
        Kept("lock", reports / lock.NAME, "held while something is recorded"),
        Kept("store", settings.store, "what `recon load` has loaded"),
        Kept("uploads", settings.store.parent / "uploads", "files that people sent by the page"),
        Kept("access", reports / ACCESS, "people of the page, their roles, and what they did"),
        Kept("sample", sample.sample_path(sample.Recipe()), "the sample, made on first use"),
        Kept("temporary", Path(tempfile.gettempdir()), "what a run needs, removed at its end"),
    ]
