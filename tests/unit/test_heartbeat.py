"""The heartbeat: the last recorded run, for whoever watches from outside, and the doctor."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recon.base.month import Month
from recon.config import Settings
from recon.config.log import LogSettings
from recon.record.heartbeat import NAME, beat, last_beat
from recon.record.journal.model import Run
from recon.setup.doctor.machine import last_run

ENDED = datetime(2024, 7, 3, 7, 15, tzinfo=UTC)


def run(**more: Any) -> Run:
    """Return a run of June 2024."""
    told: dict[str, Any] = dict.fromkeys(
        ("run_id", "who", "folder", "evidence", "severity"), ""
    ) | {"month": Month.parse("2024-06"), "started": ENDED, "ended": ENDED, "host": "PC7"}
    told |= {"versions": {"recon": "9.9"}, "policy": {}, "sources": {}, "totals": {}}
    return Run(**told | {"exit_code": 0, "invalid": 0} | more)


def test_it_tells_the_run(tmp_path: Path) -> None:
    """Plain values, whatever reads them."""
    assert beat(tmp_path, run(run_id="2024-06_x", severity="high", exit_code=3), "5e41") == ""
    assert json.loads((tmp_path / NAME).read_text()) == {
        "schema": 1, "month": "2024-06", "run_id": "2024-06_x",
        "ended": "2024-07-03T07:15:00+00:00", "exit_code": 3, "verdict": "high", "host": "PC7",
        "recon": "9.9", "seal": "5e41",
    }  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_the_last_one_counts(tmp_path: Path) -> None:
    """It is replaced as a whole."""
    assert last_beat(tmp_path) is None
    beat(tmp_path, run())
    beat(tmp_path, run(ended=ENDED + timedelta(1), month=Month.parse("2024-07"), exit_code=3))
    found = last_beat(tmp_path)
    assert found is not None
    assert (found.month, found.ended, found.exit_code) == ("2024-07", ENDED + timedelta(1), 3)


def test_a_file_that_is_held_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows whoever reads it holds it."""
    move, attempts = Path.replace, iter([True, True, False])

    def held(self: Path, target: Path) -> Path:
        if next(attempts):
            raise PermissionError(13, "in use")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", held)
    assert beat(tmp_path, run(), waits=(0, 0)) == ""
    assert last_beat(tmp_path)


def test_one_that_cannot_be_written_is_a_notice(tmp_path: Path) -> None:
    """The run is recorded all the same; nothing is left beside it."""
    (tmp_path / NAME).mkdir()
    said = beat(tmp_path, run(), waits=())
    assert said.startswith(f"The heartbeat {tmp_path / NAME} cannot be written: ")
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert beat(tmp_path / "none", run()).endswith("No such file or directory.")


@pytest.mark.parametrize(
    ("days", "expected", "state"),
    [(0, 35, "ok"), (35, 35, "ok"), (36, 35, "warning"), (36, 0, "ok"), (2, 1, "warning")],
)
def test_the_doctor_expects_a_run(tmp_path: Path, days: int, expected: int, state: str) -> None:
    """Every so many days, or never."""
    beat(tmp_path, run(exit_code=3))
    settings = Settings(reports=tmp_path, log=LogSettings(expect_run_every_days=expected))
    found = last_run(settings, ENDED + timedelta(days, hours=1))
    assert found.state == state
    assert "the run of 2024-06 ended on 2024-07-03 with exit code 3" in found.found
    assert (f"{days} days ago" in found.found) == (state == "warning")


def test_no_run_yet_is_well(tmp_path: Path) -> None:
    """Nobody has promised one."""
    found = last_run(Settings(reports=tmp_path / "none"), ENDED)
    assert (found.state, "no run is recorded" in found.found) == ("ok", True)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"ended": 1}', '{"ended": "x"}', "\xff"])
def test_a_heartbeat_that_is_none_is_told(tmp_path: Path, content: str) -> None:
    """And what to do."""
    (tmp_path / NAME).write_text(content, encoding="latin-1")
    found = last_run(Settings(reports=tmp_path), ENDED)
    assert (found.state, found.advice) == ("warning", "delete it; the next run creates it again")
