"""The power is cut at every point of a run: what the journal knows is on the disk.

A disk is played: of a file only the content is there that was synced, of a folder only the names
that it had when it was synced. At every sync and every record of a run the power is cut, and what
is left then is held against the journal.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from recon.base.errors import ReportError
from recon.base.month import Month
from recon.config import load
from recon.record.evidence.sums import SUMS, parsed_sums
from recon.record.journal.store import NAME, Journal
from recon.record.run_folder import clear_half_written
from recon.run.month import run_month
from tests.inbox import Inbox
from tests.shell import Project

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows syncs no folder")

MONTHS = ("2024-06", "2024-05", "2024-06")


@dataclass
class Disk:
    """What of a folder would be there after a power cut, by number of file."""

    root: Path
    contents: dict[int, bytes] = field(default_factory=dict)
    names: dict[int, dict[str, int]] = field(default_factory=dict)
    cuts: int = 0

    def synced(self, descriptor: int) -> None:
        """Keep what is synced now, then cut the power."""
        there = os.fstat(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir():
            self.names[there.st_ino] = {each.name: each.stat().st_ino for each in path.iterdir()}
        elif path.is_file():
            self.contents[there.st_ino] = path.read_bytes()
        self.cut()

    def cut(self) -> None:
        """Hold what is left against the journal, and against what people see."""
        self.cuts += 1
        for folder in recorded(self.root / "reports"):
            left = self.left(f"reports/{folder}")
            hashes, problem = parsed_sums(left[f"evidence/{SUMS}"])
            assert problem == ""
            for name, digest in hashes.items():
                assert hashlib.sha256(left[f"evidence/{name}"]).hexdigest() == digest, name
            assert {"breaks.csv", "lines.csv"} <= left.keys()
        for path in visible(self.root / "reports"):
            assert self.contents.get(path.stat().st_ino) == path.read_bytes(), path

    def left(self, place: str) -> dict[str, bytes]:
        """The files of a folder that are there with their content."""
        number = self.root.stat().st_ino
        for part in place.split("/"):
            number = self.names[number][part]
        return dict(self._below(number))

    def _below(self, number: int, prefix: str = "") -> Iterator[tuple[str, bytes]]:
        for name, each in self.names[number].items():
            if each in self.names:
                yield from self._below(each, f"{prefix}{name}/")
            else:
                yield f"{prefix}{name}", self.contents[each]


def recorded(reports: Path) -> list[str]:
    """The folders of the runs that the journal knows."""
    if not (reports / NAME).exists():
        return []
    with closing(sqlite3.connect(reports / NAME)) as journal:
        if not journal.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchone():
            return []
        return [folder for (folder,) in journal.execute("SELECT folder FROM runs")]


def visible(reports: Path) -> Iterator[Path]:
    """The files that are there for people, whose names may reach the disk before the content."""
    for path in reports.rglob("*"):
        parts = path.relative_to(reports).parts
        hidden = any(part.startswith(".") for part in parts)
        if path.is_file() and not hidden and not parts[0].startswith(("journal.db", "logs")):
            yield path


def test_what_the_journal_knows_survives_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every point of three runs, the first of which makes the folder of reports."""
    project = Project(tmp_path)
    project.fill("100.00", "150.00")
    disk, sync, record = Disk(tmp_path), os.fsync, Journal.record

    def noted(descriptor: int) -> None:
        sync(descriptor)
        disk.synced(descriptor)

    def then_cut(self: Journal, *given: Any, **options: Mapping[str, Any]) -> None:
        record(self, *given, **options)
        disk.cut()

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(Journal, "record", then_cut)
    settings = load(project.config)
    for month in MONTHS:
        run_month(settings, Month.parse(month), formats=("csv", "xlsx"))
    assert len(recorded(project.reports)) == len(MONTHS)
    assert disk.cuts > 60


HOW = pytest.mark.parametrize("plant", [Path.symlink_to, Path.hardlink_to])


@HOW
def test_no_file_of_recon_is_written_through_a_link(
    tmp_path: Path, plant: Callable[[Path, Path], None]
) -> None:
    """Who may write to the folder of reports could have any file of the account overwritten."""
    project = Project(tmp_path)
    project.fill("100.00")
    project.reports.mkdir()
    mine = []
    for name in (".heartbeat.json.partial", "heartbeat.json", ".lock-held-by"):
        mine.append(tmp_path / f"mine{name}")
        mine[-1].write_text("mine", encoding="utf-8")
        plant(project.reports / name, mine[-1])
    run_month(load(project.config), Month.parse("2024-06"), formats=("csv",))
    assert [path.read_text(encoding="utf-8") for path in mine] == ["mine"] * 3


def test_a_lock_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """What it leads to would be locked, or made, in the name of whoever runs recon."""
    project = Project(tmp_path)
    project.fill("100.00")
    project.reports.mkdir()
    (project.reports / ".lock").symlink_to(tmp_path / "mine.txt")
    with pytest.raises(ReportError, match="it is a link"):
        run_month(load(project.config), Month.parse("2024-06"), formats=("csv",))
    assert not (tmp_path / "mine.txt").exists()


@HOW
def test_rejected_rows_are_not_written_through_a_link(
    tmp_path: Path, plant: Callable[[Path, Path], None]
) -> None:
    """Nor the row that a sender would like to have in a file of ours."""
    inbox = Inbox(tmp_path)
    inbox.configure()
    inbox.put("uk-1.csv", "S1,2024-66-01,P,C,1,10.00")
    mine = tmp_path / "mine.txt"
    mine.write_text("mine", encoding="utf-8")
    (tmp_path / "rejected").mkdir()
    for name in ("uk-1.rejected.csv", "uk-1-1.rejected.csv"):
        plant(tmp_path / "rejected" / name, mine)
    assert inbox.run("load")[0] == 3
    assert mine.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(("age", "there"), [(5.0, True), (-5.0, True), (7200.0, False)])
def test_what_was_just_written_may_be_somebody_elses(
    tmp_path: Path, age: float, there: bool
) -> None:
    """Where locks do nothing; what a killed run left goes when nothing was written for an hour."""
    half = tmp_path / "2024-06" / ".2024-06_x.partial"
    half.mkdir(parents=True)
    moment = time.time() - age
    for path in (half / "books.csv", half):
        if path is not half:
            path.touch()
        os.utime(path, (moment, moment))
    clear_half_written(tmp_path)
    assert half.exists() is there
