"""Columns whose types have changed between two runs of a month, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recon.store.session import open_session
from tests.shell import CONTRACTS, Project, contract, in_process

ENTRY = {
    "entry_id": "'7'", "contract_id": "'1'", "revenue_type": "'Subscription'", "amount": "100.00",
    "recognition_period": "'2024-06'", "posted_at": "'2024-07-02 09:00:00'",
}  # fmt: skip
JUNE = {
    "integer": "202406", "bigint": "202406::BIGINT", "decimal": "202406::DECIMAL(10, 0)",
    "text": "'2024-06'", "digits": "'202406'", "date": "DATE '2024-06-01'",
    "timestamp": "TIMESTAMP '2024-06-01 00:00:00'", "double": "202406::DOUBLE",
    "timestamptz": "TIMESTAMPTZ '2024-06-01 00:00:00+00'",
}  # fmt: skip


def moved(folder: Path, *runs: dict[str, str]) -> list[dict[str, Any]]:
    """Return what `recon diff` says of two runs with other columns of the one entry."""
    project = Project(folder)
    project.configure(accounting="path = '../data/entries.parquet'")
    path = project.write("contracts.csv", CONTRACTS + contract("1")).with_name("entries.parquet")
    names = []
    for columns in runs:
        listed = ", ".join(f"{sql} AS {column}" for column, sql in columns.items())
        with open_session() as session:
            session.execute(f"COPY (SELECT {listed}) TO '{path.as_posix()}'")
        done = in_process("month", "2024-06", "--json", "--format", "csv", cwd=folder)
        assert done.returncode in (0, 3), done.stderr
        names.append(json.loads(done.stdout)["run_id"])
    done = in_process("diff", *names, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    parts: list[dict[str, Any]] = json.loads(done.stdout)["movement"]
    return parts


@pytest.mark.parametrize(
    ("then", "now"),
    [
        *(pytest.param(*types, marks=pytest.mark.slow) for types in (
            ("integer", "date"), ("date", "bigint"), ("decimal", "timestamp"),
            ("timestamptz", "integer"),
            ("text", "date"), ("digits", "double"), ("double", "timestamp"),
            ("date", "timestamptz"), ("text", "digits"),
        )),
    ],
)  # fmt: skip
def test_a_period_may_have_another_type(tmp_path: Path, then: str, now: str) -> None:
    """The run is recorded; the same month under another type has not changed, nor moved."""
    parts = moved(tmp_path, *(ENTRY | {"recognition_period": JUNE[kind]} for kind in (then, now)))
    texts = {"text", "digits"}
    changed = ["entries changed"] if {then, now} == texts else []
    assert [part["what"] for part in parts] == changed


def test_all_columns_may_have_other_types_at_once(tmp_path: Path) -> None:
    """What means the same has not changed; columns may come in any order."""
    then = {
        "entry_id": "7", "contract_id": "'1'", "amount": "100.00", "document_ref": "12",
        "posted_at": "'2024-07-02 09:00:00'", "recognition_period": JUNE["integer"],
    }  # fmt: skip
    now = {
        "entry_id": "7.0::DOUBLE", "contract_id": "1", "amount": "100.0::DOUBLE",
        "document_ref": "'12'", "posted_at": "TIMESTAMP '2024-07-02 09:00:00'",
        "recognition_period": JUNE["date"],
    }  # fmt: skip
    assert moved(tmp_path, ENTRY | then, dict(reversed((ENTRY | now).items()))) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("column", "then", "now", "changed"),
    [
        ("amount", "100.00", "100.0::DOUBLE", 0),
        ("amount", "'100'", "100.0000::DECIMAL(18, 4)", 0),
        ("amount", "100::INTEGER", "150.00", 1),
        ("entry_id", "7", "7.0::DOUBLE", 0),
        ("contract_id", "'1'", "1", 0),
        ("posted_at", "'2024-07-02 09:00:00'", "TIMESTAMP '2024-07-02 09:00:00'", 0),
        ("posted_at", "TIMESTAMP '2024-07-02 09:00:00'", "TIMESTAMPTZ '2024-07-02 09:00+00'", 0),
        ("posted_at", "20240702", "TIMESTAMP '2024-07-02 09:00:00'", 1),
        ("posted_at", "true", "DATE '2024-07-02'", 1),
        ("posted_at", "NULL", "CAST(NULL AS TIMESTAMP)", 0),
        ("posted_at", "NULL", "TIMESTAMP '2024-07-02 09:00:00'", 1),
        ("posted_at", "[1, 2]", "'abc'::BLOB", 1),
        ("document_ref", "12", "'12'", 0),
    ],
)
def test_any_column_may_have_another_type(
    tmp_path: Path, column: str, then: str, now: str, changed: int
) -> None:
    """Whether it counts as changed is a matter of its value; columns may come in any order."""
    first = ENTRY | {column: then}
    second = dict(reversed((ENTRY | {column: now}).items()))
    parts = {part["what"]: part["rows"] for part in moved(tmp_path, first, second)}
    assert parts == ({"entries changed": 1} if changed else {})


def test_a_column_may_be_missing_in_one_of_them(tmp_path: Path) -> None:
    """What was there and is not has changed."""
    less = {column: sql for column, sql in ENTRY.items() if column != "posted_at"}
    assert [part["what"] for part in moved(tmp_path, ENTRY, less)] == ["entries changed"]
