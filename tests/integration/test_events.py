"""Events through the front door: dashboard, files, journal, evidence, Slack."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.shell import CONTRACTS, ENTRIES, Project, contract, entry, in_process

DAMAGED = '[accounting.ids] strip_suffix = ".0"'


def book(project: Project, suffix: str = ".0") -> None:
    """Write twelve contract lines, and their entries under ids with a suffix."""
    ids = [f"{1000 + n}" for n in range(12)]
    data = project.folder / "data"
    data.mkdir(exist_ok=True)
    contracts = [contract(key, f"{1200 * (n + 1)}.00") for n, key in enumerate(ids)]
    entries = [entry(f"{key}{suffix}", f"{100 * (n + 1)}.00") for n, key in enumerate(ids)]
    (data / "contracts.csv").write_text(CONTRACTS + "".join(contracts), encoding="utf-8")
    (data / "entries.csv").write_text(ENTRIES + "".join(entries), encoding="utf-8")


def shown(project: Project, *arguments: str) -> str:
    """Return what recon prints, whatever its exit code."""
    return in_process(*arguments, cwd=project.folder).stdout.decode()


def test_an_event_is_told_everywhere_and_goes(tmp_path: Path) -> None:
    """The dashboard, the files, `open` and `explain` name it; once put right it is gone."""
    project = Project(tmp_path)
    book(project)
    full = ("month", "2024-06", "--full", "--format", "csv")
    found = shown(project, *full)
    assert "Put this event right and 24 of 24 breaks are gone." in found
    assert DAMAGED in " ".join(found.split())
    assert "What to fix first" not in found
    (path,) = project.reports.glob("2024-06/*/events.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["kind"], row["lines"], row["breaks_left"]) == ("id_rule", "24", "0")
    with path.with_name("breaks.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {item["event"] for item in csv.DictReader(file)} == {row["event"]}
    assert row["event"] in shown(project, "open")
    assert row["event"] in shown(project, "explain", "1003", "2024-06")
    assert row["event"] in (path.parent / "evidence" / "evidence.md").read_text("utf-8")
    assert "still there" in shown(project, *full)
    project.configure(rest='[accounting.ids]\nstrip_suffix = ".0"\n')
    assert f"{row['event']} is gone" in " ".join(shown(project, *full).split())
    assert not json.loads(shown(project, "open", "--json"))["events"]
    assert "not proven" not in shown(project, "verify", "--all")


def test_an_event_is_one_message(tmp_path: Path) -> None:
    """Slack gets one message of a critical event, and none of its lines."""
    project = Project(tmp_path)
    book(project)
    text = (
        (project.folder / "data" / "contracts.csv").read_text("utf-8").replace("00.00,", "0000.00,")
    )
    (project.folder / "data" / "contracts.csv").write_text(text, encoding="utf-8")
    project.configure(rest="[slack]\nchannel = 'C0123456789'\ntoken_env = 'TOKEN'\n")
    shown(project, "month", "2024-06", "--format", "csv")
    told = json.loads(shown(project, "notify", "2024-06", "--dry-run", "--json"))
    kinds = [alert["kind"] for alert in told["alerts"]]
    assert kinds.count("critical") == 1
    assert "id rule" in json.dumps(told["alerts"])


def _by_days(amount: int) -> str:
    """Return the 30 days of June of a year's contract, to the cent."""
    cents = (2 * 1200 * amount * 30 * 100 + 365) // (2 * 365)
    return f"{cents // 100}.{cents % 100:02d}"


@pytest.mark.parametrize(
    ("kind", "of", "as_amount"),
    [
        ("sign_of_side", "{id}", lambda n: f"-{100 * n}.00"),
        ("unit_of_side", "{id}", lambda n: f"{10_000 * n}.00"),
        pytest.param("id_rule", "US-{id}", lambda n: f"{100 * n}.00", marks=pytest.mark.slow),
        ("policy", "{id}", _by_days),
    ],
)
def test_what_an_event_advises_puts_it_right(
    tmp_path: Path, kind: str, of: str, as_amount: Callable[[int], str]
) -> None:
    """The settings in its advice, written into the configuration, leave nothing of it."""
    project = Project(tmp_path)
    ids = [f"{1000 + n}" for n in range(1, 13)]
    contracts = [contract(key, f"{1200 * n}.00") for n, key in enumerate(ids, start=1)]
    entries = [entry(of.format(id=key), as_amount(n)) for n, key in enumerate(ids, start=1)]
    project.write("contracts.csv", CONTRACTS + "".join(contracts))
    project.write("entries.csv", ENTRIES + "".join(entries))
    project.configure()
    run = ("month", "2024-06", "--json", "--format", "none")
    (event,) = json.loads(shown(project, *run))["events"]
    assert event["kind"] == kind
    tables: defaultdict[str, str] = defaultdict(str)
    for table, key, value in _SETTING.findall(event["advice"]):
        tables[table] += f"{key} = {value}\n"
    for key, value, table in _UNDER.findall(event["advice"]):
        tables[table] += f"{key} = {value}\n"
    assert tables
    sides = {side: tables.pop(side, "") for side in ("analytics", "accounting")}
    rest = "".join(f"[{table}]\n{lines}" for table, lines in tables.items())
    project.configure(**sides, rest=rest)
    again = json.loads(shown(project, *run))
    assert (again["events"], again["breaks"], again["verdict"]) == ([], [], "ready")


_SETTING = re.compile(r'\[([\w.]+)\] (\w+) = ("[^"]*"|\w+)')
_UNDER = re.compile(r'(\w+) = ("[^"]*") under \[([\w.]+)\]')
