"""Values that contracts had in earlier runs: entries that still follow them are told as that."""

from __future__ import annotations

import json
from pathlib import Path

from tests.shell import CONTRACTS, ENTRIES, Project, entry, in_process

LINE = "C-1,Subscription,{},12,2024-01-01,2024-12-31,Aster\n"


def test_entries_by_an_earlier_value_are_amended(tmp_path: Path) -> None:
    """Analytics has raised the value in place; the run of May knows the one before."""
    project = Project(tmp_path)
    project.configure()
    posted = [entry("C-1", month=f"2024-{month:02d}") for month in range(1, 7)]
    project.write("entries.csv", ENTRIES + "".join(posted))
    project.write("contracts.csv", CONTRACTS + LINE.format("1200.00"))
    run = ("--format", "csv", "--json")
    assert in_process("month", "2024-05", *run, cwd=project.folder).returncode == 0
    project.write("contracts.csv", CONTRACTS + LINE.format("1500.00"))
    found = json.loads(in_process("month", "2024-06", *run, cwd=project.folder).stdout)
    (broken,) = found["breaks"]
    assert (broken["candidates"], broken["certainty"]) == (["amended"], "certain")
    assert broken["explanation"] == (
        "E-C-1-2024-06 (100.00 USD) is what the contract would give with its value of 2024-05, "
        "1,200.00 USD; 125.00 USD is expected."
    )
    done = in_process("verify", "--all", cwd=project.folder)
    assert done.returncode == 0, done.stdout
