"""`recon explain` as a user runs it."""

from __future__ import annotations

from pathlib import Path

from tests.shell import CONTRACTS, ENTRIES, Project, entry, in_process


def test_a_long_term_is_explained_month_by_month_where_asked(tmp_path: Path) -> None:
    """Else what is far from the month is left out, and a line says so."""
    line = "LONG,Subscription,6000.00,60,2022-01-01,2026-12-31,Aster\n"
    project = Project(tmp_path)
    project.configure()
    project.write("contracts.csv", CONTRACTS + line)
    project.write("entries.csv", ENTRIES + entry("LONG"))
    asked = ("explain", "long", "2024-06")
    short, whole = (
        in_process(*asked, *more, cwd=project.folder).stdout.decode()
        for more in ((), ("--all-months",))
    )
    assert sum(f"{year}-" in whole for year in range(2022, 2027)) == 5
    assert "2022-05" in whole
    assert "2022-05" not in short


def test_a_break_that_nobody_knows_is_none(tmp_path: Path) -> None:
    """Of the sample, too, for which no month is due."""
    sample = in_process("explain", "B-ZZZ", cwd=tmp_path).stderr.decode()
    assert "There is no break 'B-ZZZ'; `recon open` lists them." in sample
    assert "2024" not in sample
    project = Project(tmp_path)
    project.configure()
    line = "C-1,Subscription,6000.00,60,2022-01-01,2026-12-31,Aster\n"
    project.write("contracts.csv", CONTRACTS + line)
    project.write("entries.csv", ENTRIES + entry("C-1"))
    told = in_process("explain", "b-zzz", "2024-06", cwd=project.folder).stderr.decode()
    assert "There is no break 'b-zzz'. Neither analytics nor accounting has a contract" in told
