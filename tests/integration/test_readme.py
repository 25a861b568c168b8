"""The README: what it shows is what happens."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from recon.base.errors import ExitCode
from recon.base.month import Month
from recon.config import Settings, load
from recon.reconciliation.explain import dossier
from recon.run.gathering import reconciled

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
COMMANDS = ("recon", "recon month")


def block(mark: str) -> str:
    """Return the fenced block that follows a mark."""
    text = README.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {mark} -->\n```\w*\n(.*?)```", text, flags=re.DOTALL)
    assert found, f"README.md has no block {mark}"
    return found[1]


def help_of(command: str) -> str:
    """Return what a command prints for --help, at 80 columns."""
    words = [sys.executable, "-m", *command.split(), "--help"]
    env = {**os.environ, "COLUMNS": "80", "TERMINAL_WIDTH": "80", "PYTHONUTF8": "1"}
    shown = subprocess.run(
        words, cwd=ROOT, env=env, capture_output=True, encoding="utf-8", check=True
    ).stdout
    lines = [line.rstrip() for line in shown.replace("python -m recon", "recon").splitlines()]
    return "\n".join(lines).strip() + "\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_blocks_are_what_the_program_prints(command: str) -> None:
    """Each help text in the README is the program's; RECON_UPDATE_GOLDEN=1 puts it there."""
    text = README.read_text(encoding="utf-8")
    mark = re.escape(f"<!-- help {command} -->")
    wanted = f"<!-- help {command} -->\n```\n{help_of(command)}```\n"
    updated = re.sub(rf"{mark}\n(```\n.*?```\n)?", lambda _: wanted, text, flags=re.DOTALL)
    if os.environ.get("RECON_UPDATE_GOLDEN"):
        README.write_text(updated, encoding="utf-8", newline="\n")
    assert updated == text or os.environ.get("RECON_UPDATE_GOLDEN")


def test_the_python_example_prints_what_it_says() -> None:
    """The example for Python runs and prints the output below it."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block("python"), "README.md", "exec"), {})  # noqa: S102 - our own README
    assert printed.getvalue() == block("python output")


def test_the_configuration_is_one(tmp_path: Path) -> None:
    """The configuration in the README is read without a mistake."""
    path = tmp_path / "config" / "recon.toml"
    path.parent.mkdir()
    path.write_text(block("config"), encoding="utf-8")
    settings = load(path)
    assert settings.analytics.path == path.parent / "deals.csv"
    assert settings.reports == tmp_path / "reports"


def test_the_configuration_of_databases_is_one(tmp_path: Path) -> None:
    """The databases in the README are read without a mistake, beside the SELECTs that we ship."""
    shutil.copytree(ROOT / "config" / "sqlserver", tmp_path / "sqlserver")
    path = tmp_path / "recon.toml"
    path.write_text(block("database config"), encoding="utf-8")
    database = load(path).analytics.database
    assert database is not None
    assert (database.server, database.query.name) == (r"SQL01\FINANCE", "contracts.sql")


def test_the_configuration_of_spark_is_one(tmp_path: Path) -> None:
    """The sides that Spark reads in the README are read without a mistake."""
    path = tmp_path / "recon.toml"
    path.write_text(block("spark config"), encoding="utf-8")
    settings = load(path)
    assert settings.accounting.spark is not None
    assert settings.accounting.spark.description == "Spark delta s3a://books/entries"


def test_the_shipped_configuration_explains_keys_that_exist(tmp_path: Path) -> None:
    """Every key that config/recon.toml explains is one, with its comment sign taken away."""
    text = (ROOT / "config" / "recon.toml").read_text(encoding="utf-8")
    assert load(ROOT / "config" / "recon.toml").sample
    keys = re.sub(r'^# (?=\[|(\w+|"[^"]+") = )', "", text, flags=re.MULTILINE)
    shutil.copy(ROOT / "config" / "holidays.txt", tmp_path)
    path = tmp_path / "recon.toml"
    path.write_text(keys, encoding="utf-8")
    tomllib.loads(keys)
    settings = load(path)
    assert settings.analytics.columns["contract_id"] == "DealID"
    assert settings.accounts["Deferred revenue"] == "2400 Deferred revenue"


def test_the_exit_codes_are_all_there() -> None:
    """The README's table lists every exit code."""
    rows = re.findall(r"^\| (\d+) \| ", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [int(row) for row in rows] == sorted(code.value for code in ExitCode)


def test_the_contract_to_explain_is_one_of_the_sample() -> None:
    """The README's `recon explain` finds its contract, and something to explain."""
    found = re.search(r"`recon explain (\S+) (\S+)`", README.read_text(encoding="utf-8"))
    assert found
    month = Month.parse(found[2])
    with reconciled(Settings(), month) as (session, result):
        told = dossier(session, result, found[1])
    assert any(line.finding for line in told.lines)
