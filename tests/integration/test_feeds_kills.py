"""Loads that are killed, that meet, and that watch: the store is as if each was loaded once."""

from __future__ import annotations

import random
import subprocess
import time
from decimal import Decimal
from pathlib import Path

import pytest

from recon.config import load
from recon.run import watching
from tests.inbox import FEED, Inbox
from tests.shell import command, environment

_ROWS = 30_000


def _fill(inbox: Inbox) -> Decimal:
    inbox.configure(FEED)
    for file in range(3):
        rows = [
            f"S{file}-{row},2024-0{1 + row % 9}-11,P{row % 50},C{row % 70},{1 + row % 7},1.25"
            for row in range(_ROWS)
        ]
        inbox.put(f"uk-{file}.csv", *rows, at=file)
    total: Decimal = sum((Decimal(1 + row % 7) for row in range(_ROWS)), Decimal(0))
    return total * 3 * Decimal("1.25")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_killed_load_leaves_nothing_half_in(tmp_path: Path, seed: int) -> None:
    """Killed at a random point, also after the first write; then everything again."""
    inbox = Inbox(tmp_path)
    wanted = _fill(inbox)
    chance = random.Random(seed)  # noqa: S311 - when to kill
    for _ in range(4):
        process = subprocess.Popen(
            command("load"), cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(chance.uniform(0.2, 4.0))
        process.kill()
        process.wait()
    inbox.load()
    assert inbox.revenue() == wanted
    assert inbox.ask("SELECT count(*), count(DISTINCT file) FROM loads") == [(3, 3)]
    current = inbox.load()
    assert {file["status"] for file in current["files"]} == {"known"}


@pytest.mark.slow
def test_two_loaders_never_take_the_same_file(tmp_path: Path) -> None:
    """One waits for the other, and finds everything there."""
    inbox = Inbox(tmp_path)
    wanted = _fill(inbox)
    both = [
        subprocess.Popen(
            command("load"), cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]  # fmt: skip
    codes = sorted(process.wait() for process in both)
    assert codes in ([0, 0], [0, 9])
    assert inbox.revenue() == wanted
    assert inbox.ask("SELECT count(*) FROM loads") == [(3,)]


def test_watching_takes_a_file_when_it_is_still(tmp_path: Path) -> None:
    """One that grows between two looks waits, and so does one with another name."""
    inbox = Inbox(tmp_path)
    inbox.configure()
    path = inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.00")
    inbox.put("uk-2.csv.part", "S9,2024-06-03,P1,C1,3,1.00")
    looks = 0

    def grow(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            with path.open("a", encoding="utf-8") as file:
                file.write("S2,2024-06-03,P1,C1,4,1.00\n")

    reports = watching.watched(load(inbox.folder / "config" / "recon.toml"), None, sleep=grow)
    report = next(reports)
    assert looks == 2
    assert [outcome.path for outcome in report.outcomes] == [path]
    assert inbox.revenue() == 7


def test_ctrl_c_between_two_looks_ends_the_watching(tmp_path: Path) -> None:
    """Nothing was under way, so it is no interruption."""
    inbox = Inbox(tmp_path)
    inbox.configure()

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    settings = load(inbox.folder / "config" / "recon.toml")
    assert list(watching.watched(settings, None, sleep=stop)) == []


def test_a_snapshot_that_a_crash_kept_back_is_published(tmp_path: Path) -> None:
    """What was committed is seen after the next start, and a damaged file is made again."""
    inbox = Inbox(tmp_path)
    inbox.configure()
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.00")
    inbox.load()
    current = inbox.store / "read" / "current.json"
    current.write_text('{"snapshot": 1, "tab', encoding="utf-8")
    inbox.load()
    assert inbox.revenue() == 3
    current.unlink()
    inbox.load()
    assert inbox.revenue() == 3
