"""Fixed values: what no column of a file says, the same in every row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.shell import Project, in_process

CONTRACTS = (
    "contract_id,contract_value,duration_months,booking_date\n"
    "C1,1200.00,12,2024-06-01\n"
    "C2,600.00,6,2024-06-01\n"
)
ENTRIES = (
    "contract_id,amount,recognition_period,currency\nC1,100.00,2024-06,x\nC2,$99.00,2024-06,\n"
)
ANALYTICS = "[analytics.fixed]\nrevenue_type = 'Support'\nclose_date = '9999-12-31'\n"
ACCOUNTING = "[accounting.fixed]\nentry_id = ''\nrevenue_type = 'support'\ncurrency = 'usd'\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a project whose files lack columns."""
    made = Project(tmp_path)
    made.write("contracts.csv", "A title\n" + CONTRACTS)
    made.write("entries.csv", ENTRIES)
    return made


def test_every_row_has_a_fixed_value(project: Project) -> None:
    """It stands for a column that is there, too, and the term ends by its duration."""
    project.configure(ANALYTICS, ACCOUNTING)
    config = str(project.config)
    ended = in_process("month", "2024-06", "--config", config, "--json", cwd=project.folder)
    document = json.loads(ended.stdout)
    assert document["totals"]["USD"]["expected"] == "200.00"
    assert document["totals"]["USD"]["recognized"] == "199.00"
    assert [line["revenue_type"] for line in document["breaks"]] == []
    assert document["invalid"] == []
    verified = in_process("verify", "--all", "--config", config, cwd=project.folder)
    assert verified.returncode == 0


def test_mistakes_are_told_all_at_once(project: Project) -> None:
    """No amount and no contract are fixed, no entries have one id, no column is read twice."""
    project.configure(
        "[analytics.fixed]\ncontract_id = 'C1'\nrevenue_type = ''\n",
        "[accounting.columns]\nrevenue_type = 'Kind'\n"
        "[accounting.fixed]\nrevenue_type = 'Support'\nentry_id = 'E1'\namount = '1'\n",
    )
    ended = in_process("month", "--config", str(project.config), cwd=project.folder)
    told = ended.stderr.decode()
    assert ended.returncode == 4
    for part in (
        "analytics.fixed.contract_id: is not a known key",
        "analytics.fixed.revenue_type: '' is not a text",
        "accounting.fixed.revenue_type: is fixed, and a column under [accounting.columns]; leave",
        "accounting.fixed.entry_id: 'E1' would be the id of every entry; \"\" says that they have",
        "accounting.fixed.amount: is not a known key",
    ):
        assert part in told, told


def test_a_query_delivers_its_columns_itself(project: Project) -> None:
    """Elsewhere than in files it would be ignored in silence."""
    project.config.write_text(
        "[analytics]\nsource = 'sample'\n[accounting]\nsource = 'sample'\n"
        "[accounting.fixed]\nrevenue_type = 'Support'\n",
        encoding="utf-8",
    )
    ended = in_process("month", "--config", str(project.config), cwd=project.folder)
    assert ended.returncode == 4
    assert (
        "accounting.fixed.revenue_type: works with source = 'files' alone" in ended.stderr.decode()
    )
