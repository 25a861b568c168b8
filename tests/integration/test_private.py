"""What recon makes is for nobody but the account that ran it, where everybody may read new files.

On Windows files have the rights of their folder, and there is nothing to see here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.shell import PATIENCE, Project, command, environment
from tests.slack_server import slack_server

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="the rights of group and others are those of POSIX"
)
TASKS = "[tasks]\naccount = 'FIN\\svc-recon'\n"

# Makes a session spill what does not fit its memory, and tells what is then among temporary files.
SPILLING = """
import json, os, sys
from pathlib import Path
from recon.store import session as sessions

# An opened session takes no other limits.
config = sessions._config
sessions._config = lambda limit, threads: config("60MB", 1)

def told(place):
    found = {}
    for path in sorted(Path(place).rglob("*")):
        found[str(path.relative_to(place))] = path.stat().st_mode & 0o777
    return found

def tell(name, found):
    (Path(os.environ["TOLD"]) / name).write_text(json.dumps(found), encoding="utf-8")

def spill(session):
    session.execute("CREATE TEMP TABLE spilled AS SELECT range, hash(range) FROM range(8_000_000)")
    tell("spilled", told(os.environ["TMPDIR"]))
"""


def ran(
    line: list[str], cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Return what became of a process that lets everybody read what it makes."""
    return subprocess.run(
        line, cwd=cwd, env=environment(env), capture_output=True, timeout=PATIENCE, check=False,
        umask=0o022,
    )  # fmt: skip


def open_to_others(folder: Path) -> list[str]:
    """Return what below a folder others may use, and in which ways."""
    paths = sorted(folder.rglob("*"))
    return [f"{path} {mode:o}" for path in paths if (mode := path.lstat().st_mode & 0o777) & 0o077]


@dataclass(frozen=True)
class Place:
    """Where a script runs that spills, and what it tells of it."""

    folder: Path

    def ran(self, script: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Return what became of the script, in which everybody may read temporary files."""
        (self.folder / "temporary").mkdir()
        (self.folder / "told").mkdir()
        env = {"TMPDIR": str(self.folder / "temporary"), "TOLD": str(self.folder / "told")}
        line = [sys.executable, "-c", SPILLING + script, *arguments]
        return ran(line, self.folder, env)

    def told(self, name: str) -> Mapping[str, int]:
        """Return the rights of files and folders by their paths, as the script has told them."""
        found: Mapping[str, int] = json.loads((self.folder / "told" / name).read_bytes())
        return found

    def spilled(self) -> set[int]:
        """Return the rights of the folders that were spilled into."""
        found = self.told("spilled")
        assert any(name.endswith(".tmp") for name in found), found
        return {mode for name, mode in found.items() if "/" not in name}


@pytest.mark.slow
def test_everything_that_the_commands_leave_is_private(tmp_path: Path) -> None:
    """Reports, evidence, journal, lock, log, heartbeat, tasks and the sample with its cache."""
    project = Project(tmp_path / "project")
    project.fill("100.00", "250.00")
    project.reports.mkdir(mode=0o755)
    cache = tmp_path / "cache"
    with slack_server() as slack:
        project.configure(rest=f"[slack]\nwebhook_env = 'HOOK'\n{TASKS}")
        env = {"HOOK": slack.webhook, "XDG_CACHE_HOME": str(cache)}
        small = ("--contracts", "20", "--first", "2024-06", "--last", "2024-06")
        for arguments, code in (
            (["month", "2024-06..2024-07"], 3),
            (["sign-off", "2024-06", "--role", "preparer", "--comment", "Known"], 0),
            (["verify", "--all"], 0),
            (["doctor", "--month", "2024-06"], 0),
            (["task", "write", "--out", "tasks"], 0),
            (["sample", *small, "--out", "sample"], 0),
        ):
            done = ran(command(*arguments), project.folder, env)
            assert done.returncode == code, (arguments, done.stderr, done.stdout)
    made = [project.reports, project.folder / "tasks", project.folder / "sample", cache]
    assert [path for folder in made for path in open_to_others(folder)] == []
    names = {path.name for path in project.reports.rglob("*")}
    assert {"journal.db", ".lock", "heartbeat.json", "logs", "evidence", "SHA256SUMS"} <= names
    assert {path.suffix for path in project.reports.rglob("*")} >= {
        ".xlsx",
        ".csv",
        ".json",
        ".log",
    }
    # What was there keeps its rights: whoever made it may share it on purpose.
    assert project.reports.stat().st_mode & 0o777 == 0o755


RUN = """
from recon.run import month, opened_sources
opened, record, seen = opened_sources.open_session, month.Journal.record, {}

def spilling(*given):
    session = opened(*given)
    spill(session)
    return session

def recording(*given, **named):
    record(*given, **named)
    tell("recorded", told("reports"))

opened_sources.open_session, month.Journal.record = spilling, recording
from recon.__main__ import main
main()
"""


def test_what_a_run_spills_is_private(tmp_path: Path) -> None:
    """Gigabytes of books among the temporary files of everybody, and what is beside the journal."""
    Project(tmp_path).fill("100.00", "250.00")
    place = Place(tmp_path)
    done = place.ran(RUN, "month", "2024-06")
    assert done.returncode == 3, done.stderr
    assert place.spilled() == {0o700}
    seen = place.told("recorded")
    assert {"journal.db-wal", "journal.db-shm", ".lock-held-by"} <= set(seen)
    assert {name: mode for name, mode in seen.items() if mode & 0o077} == {}


PYTHON = """
import pandas as pd
import recon
from recon.store import frames

registered = frames.register

def spilling(session, name, frame):
    registered(session, name, frame)
    if name == "entries_frame":
        spill(session)

frames.register = spilling
contracts = pd.DataFrame({
    "contract_id": ["001"], "revenue_type": ["Subscription"], "contract_value": ["1200.00"],
    "duration_months": [12], "booking_date": ["2024-06-01"], "close_date": ["2025-05-31"],
})
entries = pd.DataFrame({
    "entry_id": ["E1"], "contract_id": ["001"], "revenue_type": ["Subscription"],
    "amount": ["100.00"], "recognition_period": ["2024-06"],
})
result = recon.reconcile(contracts, entries, "2024-06")
assert len(list(result.lines)) == 1
kept = os.listdir(os.environ["TMPDIR"])
del result
print(len(kept), os.listdir(os.environ["TMPDIR"]), oct(os.umask(0)))
"""


def test_what_the_python_interface_spills_is_private(tmp_path: Path) -> None:
    """In a folder that goes with the result; what others make in their process stays theirs."""
    place = Place(tmp_path)
    done = place.ran(PYTHON)
    assert done.stdout.decode() == "1 [] 0o22\n", done.stderr.decode()
    assert place.spilled() == {0o700}


FULL = """
from recon.base import temporary

def refuse():
    raise OSError(28, "No space left on device")

def spill(session):
    assert session.execute("SELECT current_setting('temp_directory')").fetchone() == ("",)

temporary.folder = refuse
"""


def test_without_a_private_folder_nothing_is_spilled(tmp_path: Path) -> None:
    """Where there is no room to make one; what fits the memory is reconciled all the same."""
    done = Place(tmp_path).ran(FULL + PYTHON)
    assert done.stdout.decode() == "0 [] 0o22\n", done.stderr.decode()
