"""Bad input is never a defect of recon: one sentence, and the documented exit code.

The corpus grows with every finding: what once ended a run with exit code 1 stands here.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.shell import CONTRACTS, ENTRIES, Project, contract, entry, in_process, one_sentence

HUGE = "9" * 5_000
DEEP = 5_000

CONFIGURATIONS = {
    "deep lists": f"x = {'[' * DEEP}{']' * DEEP}\n",
    "deep tables": f"x = {'{a=' * DEEP}1{'}' * DEEP}\n",
    "a deep key": f"{'.'.join('a' * DEEP)} = 1\n",
    "a deep header": f"[{'.'.join('a' * DEEP)}]\n",
    "a huge integer": f"[policy]\ncap = {HUGE}\n",
    "a huge exponent": "[policy]\ncap = '1e999999999'\n",
    "a large day": "[calendar]\nclose_after = 99999999999999999999\n",
    "a huge tolerance": f"[policy]\ntolerance = '{HUGE}%'\n",
    "no end": "[policy\n",
    "no letters": "\x00\x01\n",
}

AMOUNTS = (
    HUGE,
    f"-{HUGE}",
    f"0.{HUGE}",
    "1e999999999",
    "1e-999999999",
    "٣٤",
    "0x10",
    "NaN",
    "-inf",
)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_that_cannot_be(tmp_path: Path, name: str) -> None:
    """However deep or large: it is a mistake of the configuration."""
    project = Project(tmp_path)
    project.fill("100.00")
    text = project.config.read_text(encoding="utf-8")
    project.config.write_text(CONFIGURATIONS[name] + text, encoding="utf-8")
    done = in_process("month", "2024-06", "--format", "none", cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert b"defect" not in done.stderr
    assert len(done.stderr) < 2_000


def test_logs_may_be_kept_for_ever(tmp_path: Path) -> None:
    """However long that is, it is no defect."""
    project = Project(tmp_path)
    project.fill("100.00")
    text = project.config.read_text(encoding="utf-8")
    project.config.write_text(f"{text}\n[log]\nkeep_days = {'9' * 20}\n", encoding="utf-8")
    done = in_process("month", "2024-06", "--format", "csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("amount", AMOUNTS, ids=lambda text: text[:12])
def test_an_amount_that_cannot_be(tmp_path: Path, amount: str) -> None:
    """The row is invalid, and the month is reconciled without it."""
    project = Project(tmp_path)
    project.write("contracts.csv", CONTRACTS + contract("001") + contract("002"))
    project.write("entries.csv", ENTRIES + entry("001") + entry("002", amount))
    done = in_process("month", "2024-06", "--format", "none", "--json", cwd=tmp_path)
    assert done.returncode in (0, 3, 6), done.stderr
    assert b"defect" not in done.stderr


@pytest.mark.parametrize("length", [HUGE, f"-{HUGE}", "1e999", "9999999999", "2147483648"])
def test_a_duration_that_cannot_be(tmp_path: Path, length: str) -> None:
    """The row is invalid, too."""
    project = Project(tmp_path)
    row = contract("002").replace(",12,", f",{length},")
    assert length in row
    project.write("contracts.csv", CONTRACTS + contract("001") + row)
    project.write("entries.csv", ENTRIES + entry("001") + entry("002"))
    done = in_process("month", "2024-06", "--format", "none", cwd=tmp_path)
    assert done.returncode in (3, 6), done.stderr
    assert b"defect" not in done.stderr


def parquet(project: Project) -> None:
    """Write a small month as Parquet files."""
    paths = "path = '../data/{}.parquet'\n"
    project.configure(paths.format("contracts"), paths.format("entries"))
    data = project.folder / "data"
    data.mkdir()
    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT 'C-' || range AS contract_id, 'Setup' AS revenue_type,
            12 AS duration_months, CAST(1200 AS DECIMAL(12, 2)) AS contract_value,
            DATE '2024-06-01' AS booking_date, DATE '2025-05-31' AS close_date FROM range(20))
            TO '{data / "contracts.parquet"}'"""
        )
        connection.execute(
            f"""COPY (SELECT 'E-' || range AS entry_id, 'C-' || range AS contract_id,
            'Setup' AS revenue_type, CAST(100 AS DECIMAL(12, 2)) AS amount,
            DATE '2024-06-01' AS recognition_period FROM range(20))
            TO '{data / "entries.parquet"}'"""
        )


def changed_type(content: bytearray, place: int) -> None:
    """Let a byte of the footer say something else."""
    content[place] = 0x0F


def flipped(content: bytearray, place: int) -> None:
    """Flip all bits of a byte."""
    content[place] ^= 0xFF


def cut(content: bytearray, place: int) -> None:
    """Let the file end there."""
    del content[place:]


def filled(content: bytearray, place: int) -> None:
    """Let some bytes be the largest ones."""
    content[place : place + 8] = b"\xff" * 8


DAMAGES: tuple[Callable[[bytearray, int], None], ...] = (changed_type, flipped, cut, filled)


@pytest.mark.parametrize("rounds", [2, pytest.param(40, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["contracts", "entries"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_parquet_file(
    tmp_path: Path, damage: Callable[[bytearray, int], None], name: str, rounds: int
) -> None:
    """It is told as one, or what is damaged changes nothing that is read."""
    project = Project(tmp_path)
    parquet(project)
    path, chance = tmp_path / "data" / f"{name}.parquet", random.Random(name)  # noqa: S311 - a test
    whole = path.read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    for _ in range(rounds):
        content = bytearray(whole)
        damage(content, chance.randrange(footer, len(whole)))
        path.write_bytes(content)
        done = in_process("month", "2024-06", "--format", "none", cwd=tmp_path)
        assert done.returncode in (0, 3, 5, 6), done.stderr
        if done.returncode > 3:
            one_sentence(done.stderr.decode())


@pytest.mark.parametrize(
    "words", ["don't know what type: \x0f", "TProtocolException: Invalid data"]
)
def test_what_duckdb_says_of_a_damaged_file(words: str) -> None:
    """It has no kind of its own for it."""
    from recon.base.errors import SourceDataError
    from recon.store.session import reading

    with pytest.raises(SourceDataError, match="damaged"), reading("analytics", "deals.parquet"):
        raise duckdb.Error(words)
    with pytest.raises(duckdb.Error), reading("analytics", "deals.csv"):
        raise duckdb.Error(words)
