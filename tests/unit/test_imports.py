"""What starting recon loads: `--help` is there at once, since heavy libraries wait."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import recon
from recon.cli.lazy import LINES, loaded
from recon.reconciliation import revenue
from tests.shell import PATIENCE, ROOT, Project, environment

HEAVY = set(
    "duckdb _duckdb pandas numpy openpyxl pyarrow rich platformdirs pydantic asyncio "
    "logging".split()
)
# All of recon that knows what there is to call, and how a failure is told.
AT_FIRST = set(
    "recon recon.base recon.base.errors recon.base.secrets recon.base.text recon.cli "
    "recon.cli.failures recon.cli.lazy recon.cli.process recon.record "
    "recon.record.log recon.record.log.record".split()
)
SCRIPT = """
import os, runpy, sys
os._exit = sys.exit
sys.argv = ["recon", *sys.argv[1:]]
try:
    runpy.run_module("recon", run_name="__main__")
finally:
    print("\\n".join(sorted(sys.modules)), file=sys.stderr)
"""


def modules(*arguments: str, cwd: Path = ROOT) -> set[str]:
    """Return the modules that a command loads in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout
    return set(done.stderr.split())


def libraries(names: set[str]) -> set[str]:
    """Return the top-level names of modules."""
    return {name.split(".", maxsplit=1)[0] for name in names}


def ours(names: set[str]) -> set[str]:
    """Return the modules that are recon's."""
    return {name for name in names if name.split(".", maxsplit=1)[0] == "recon"}


@pytest.mark.parametrize(
    ("arguments", "more"),
    [
        (["--help"], set()),
        (["month", "--help"], {"recon.cli.month", "recon.cli.options"}),
        (["sample", "--help"], {"recon.cli.sample", "recon.cli.options"}),
    ],
)
def test_help_loads_nothing_heavy(arguments: list[str], more: set[str]) -> None:
    """No database, no frames, no workbook, no console library, and no other command."""
    found = modules(*arguments)
    assert not libraries(found) & HEAVY
    assert ours(found) == AT_FIRST | more


def test_the_version_loads_no_command_line() -> None:
    """Scripts ask for it often."""
    found = modules("--version")
    assert "typer" not in found
    assert ours(found) == {"recon"}


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_a_month_loads_what_it_needs(tmp_path: Path, format_: str) -> None:
    """No frames; a workbook's library only for a workbook, and numpy not even by that."""
    project = Project(tmp_path)
    project.fill("100.00", "100.00")
    line = ["month", "2024-06", "--format", format_, "--config", str(project.config)]
    found = modules(*line, cwd=tmp_path)
    unwanted = {"pandas", "numpy", "openpyxl", "pyarrow", "slack_sdk", "pyodbc"}
    assert libraries(found) & unwanted == ({"openpyxl"} if format_ == "xlsx" else set())
    commands = {name for name in found if name.startswith("recon.cli.")} - AT_FIRST
    assert commands == {"recon.cli.month", "recon.cli.options", "recon.cli.running"}
    assert not {name for name in found if name.startswith("recon.alerts")}


def test_each_command_has_one_first_line() -> None:
    """The one that `recon --help` knows of a command is the one of its docstring."""
    assert {name: str(loaded(name).help).partition("\n")[0] for name in LINES} == LINES


def _modules(script: str) -> list[set[str]]:
    """The modules that each line of a script's output names."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return [set(line.split()) for line in done.stdout.splitlines()]


def test_the_library_loads_nothing_heavy_until_it_is_used() -> None:
    """`import recon` alone is free; the first use of its front door loads the core."""
    script = "import sys, recon; print(*sys.modules); recon.reconcile; print(*sys.modules)"
    before, after = _modules(script)
    assert not before & HEAVY
    assert "duckdb" in after
    assert not after & {"openpyxl", "rich", "typer"}


def test_the_library_offers_its_public_names() -> None:
    """Also before any of them was used; the room of the reconciliation hides none of them."""
    assert {*recon.__all__} <= {*dir(recon)}
    assert recon.reconcile is revenue.reconcile


def test_the_page_starts_without_what_reconciles() -> None:
    """The server listens at once: DuckDB and the rooms behind the page are loaded later."""
    script = "import sys; from recon.web import serving; print(*sys.modules)"
    (found,) = _modules(script)
    assert not found & {"duckdb", "pandas", "numpy", "openpyxl"}
    assert not {name for name in found if name.startswith(("recon.kpi", "recon.store."))}
