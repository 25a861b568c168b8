"""The lock: one run at a time writes to a folder of reports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from recon.base.errors import Locked, ReportError
from recon.record.lock import locked
from tests.shell import PATIENCE, ROOT, environment

HOLDER = """
import sys
from pathlib import Path
from recon.record.lock import locked
with locked(Path(sys.argv[1]), "recon month 2024-05"):
    print("held", flush=True)
    sys.stdin.read()
"""


def held_by_another(reports: Path) -> subprocess.Popen[str]:
    """Return a process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(reports)], cwd=ROOT, env=environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_one_is_told_who_is_first(tmp_path: Path) -> None:
    """The sentence says what runs, by whom and since when."""
    with (
        held_by_another(tmp_path),
        pytest.raises(Locked, match=r"recon month 2024-05, by .+ on .+, since \d{4}-"),
        locked(tmp_path, "recon month 2024-06", patience=0.3),
    ):
        pytest.fail("both held it")


def test_the_second_one_waits_for_the_first(tmp_path: Path) -> None:
    """A run that ends in time lets the other one in."""
    with held_by_another(tmp_path) as other:
        assert other.stdin is not None
        other.stdin.close()
        with locked(tmp_path, "recon month 2024-06", patience=PATIENCE):
            assert other.wait(PATIENCE) == 0


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    """The operating system gives the lock back."""
    with held_by_another(tmp_path) as other:
        other.kill()
        other.wait(PATIENCE)
        with locked(tmp_path, "recon month 2024-06", patience=PATIENCE):
            assert (tmp_path / ".lock-held-by").read_text(encoding="utf-8").startswith("recon mon")
    assert not (tmp_path / ".lock-held-by").exists()


def test_a_folder_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    """A file in the place of the folder is told as for every report."""
    blocked = tmp_path / "reports"
    blocked.write_text("a file", encoding="utf-8")
    with (
        pytest.raises(ReportError, match="a file is where a folder should be"),
        locked(blocked, "recon month 2024-06"),
    ):
        pytest.fail("a file was locked")
