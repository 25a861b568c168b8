"""The sample of feeds: every planted fault is found and named, and no clean row is rejected."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from recon.sources.sample import feeds
from tests.inbox import Inbox
from tests.shell import in_process

_COUNTED = ("repeated", "updated", "unchanged", "overlapping")


@pytest.fixture(scope="module")
def sample_of_feeds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Inbox, dict[str, Any]]:
    """The sample, loaded once."""
    inbox = Inbox(tmp_path_factory.mktemp("sample"))
    feeds.make(inbox.folder)
    return inbox, inbox.load(code=6)


def _truth(folder: Path) -> list[dict[str, str]]:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_exactly_the_planted_rows_are_rejected(
    sample_of_feeds: tuple[Inbox, dict[str, Any]],
) -> None:
    """By file and row."""
    inbox, document = sample_of_feeds
    planted = {
        (each["file"], int(each["row"]))
        for each in _truth(inbox.folder)
        if each["outcome"] == "rejected"
    }
    found = {
        (Path(file["file"]).name, row["row"])
        for file in document["files"]
        for row in file["rejected_rows"]
    }
    assert found == planted
    assert len(planted) > 250


def test_the_other_faults_are_counted_by_file(
    sample_of_feeds: tuple[Inbox, dict[str, Any]],
) -> None:
    """Rows that came twice, again, corrected, or from another feed."""
    inbox, document = sample_of_feeds
    planted = Counter((each["file"], each["outcome"]) for each in _truth(inbox.folder))
    for file in document["files"]:
        # A new tier, or the same as before, is no fault.
        if file["kind"] == "customers" or file["status"] == "refused":
            continue
        for outcome in _COUNTED:
            assert file[outcome] == planted[Path(file["file"]).name, outcome], (file, outcome)


def test_exactly_the_planted_deliveries_are_findings(
    sample_of_feeds: tuple[Inbox, dict[str, Any]],
) -> None:
    """Days, thin and empty files, drift, refused files and stock: no other is named."""
    inbox, document = sample_of_feeds
    kinds = {"day missing", "day repeated", "thin", "empty", "drift", "refused"}
    planted = {
        (each["file"], each["outcome"]) for each in _truth(inbox.folder) if each["outcome"] in kinds
    }
    found = set()
    for file in document["files"]:
        name = Path(file["file"]).name
        found |= {(name, kind) for kind in file["finding_kinds"] if kind != "overlap"}
        found |= {(name, "refused")} if file["status"] == "refused" else set()
        found |= {(name, "drift") for note in file["notes"] if "unlike the one before" in note}
    assert found == planted
    assert document["finding_kinds"] == ["stock"]
    assert "in 1 product: P-003 has" in document["findings"][0]


def test_three_percent_of_the_rows_have_a_fault(
    sample_of_feeds: tuple[Inbox, dict[str, Any]],
) -> None:
    """More would be another business."""
    inbox, document = sample_of_feeds
    rows = sum(file.get("rows", 0) for file in document["files"])
    assert 0.02 < len(_truth(inbox.folder)) / rows < 0.04


def test_the_corrected_quarter_is_restated(sample_of_feeds: tuple[Inbox, dict[str, Any]]) -> None:
    """Forty prices, ten pence each."""
    _, document = sample_of_feeds
    (file,) = [file for file in document["files"] if "corrected" in file["file"]]
    assert {each["measure"] for each in file["restated"]} == {"revenue"}
    assert sum(each["rows"] for each in file["restated"]) == 40


def test_the_sample_is_the_same_everywhere(tmp_path: Path) -> None:
    """Equal seeds give equal files, another seed others."""
    made = [tmp_path / name for name in ("one", "two", "other")]
    for folder, seed in zip(made, (1, 1, 2), strict=True):
        feeds.make(folder, seed)
    texts = [
        {path.name: path.read_bytes() for path in (folder / "inbox").iterdir()} for folder in made
    ]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


@pytest.mark.slow
def test_a_fresh_checkout_loads_the_sample(tmp_path: Path) -> None:
    """Its configuration has the sample's books and no feeds; what a load says is short.

    Problems come first, a line a feed, the verdict last, in 80 columns.
    """
    inbox = Inbox(tmp_path)
    sides = "[analytics]\nsource = 'sample'\n[accounting]\nsource = 'sample'\n"
    config = inbox.folder / "config" / "recon.toml"
    config.parent.mkdir(exist_ok=True)
    config.write_text(sides, encoding="utf-8")
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path), "COLUMNS": "80"}
    done = in_process("load", "--dry-run", cwd=inbox.folder, env=cache)
    assert done.returncode == 6, done.stderr
    lines = done.stdout.decode().splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("! ")
    assert [line.split()[0] for line in lines if line.startswith("  north ")] == ["north"]
    assert "; look into " in " ".join(lines[-2:])
    assert lines[-1].endswith("Nothing was changed.")
