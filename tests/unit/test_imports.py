"""What starting recon loads: `--help` is there at once, since heavy libraries wait."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.shell import ROOT, environment

HEAVY = {"duckdb", "_duckdb", "pandas", "numpy", "openpyxl", "pyarrow", "rich", "platformdirs"}
SCRIPT = """
import runpy, sys
sys.argv = ["recon", *sys.argv[1:]]
try:
    runpy.run_module("recon", run_name="__main__")
finally:
    print("\\n".join(sorted(sys.modules)), file=sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """Return the top-level modules that a command loads in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout
    return {name.split(".", maxsplit=1)[0] for name in done.stderr.split()}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["month", "--help"], ["sample", "--help"]]
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """No database, no frames, no workbook, no console library."""
    modules = loaded(*arguments)
    assert not modules & HEAVY
    assert ("typer" in modules) == ("--help" in arguments)


def test_the_library_loads_nothing_heavy_until_it_is_used() -> None:
    """`import recon` alone is free; the first use of its front door loads the core."""
    script = "import sys, recon; print(*sys.modules); recon.reconcile; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    before, after = (set(line.split()) for line in done.stdout.splitlines())
    assert not before & HEAVY
    assert "duckdb" in after
    assert not after & {"openpyxl", "rich", "typer"}
