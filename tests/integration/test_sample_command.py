"""`recon sample` as a user runs it."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

from tests.shell import in_process


def test_a_sample_of_ones_own_may_have_one_opening_entry_a_line(tmp_path: Path) -> None:
    """Instead of every month before the first; what has been recognized to date is the same."""
    sums = []
    for history in ("--history", "--no-history"):
        own = ["--contracts", "20", "--last", "2024-01", "--error-rate", "0%", history]
        done = in_process("sample", *own, "--out", tmp_path / history, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        with (tmp_path / history / "entries.csv").open(encoding="utf-8", newline="") as file:
            # One entry lacks its amount, whatever the share of errors.
            amounts = [Decimal(row["amount"]) for row in csv.DictReader(file) if row["amount"]]
        sums.append((sum(amounts), len(amounts)))
    (every, entries), (opened, fewer) = sums
    assert every == opened
    assert fewer < entries
