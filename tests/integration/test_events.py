"""Events through the front door: dashboard, files, journal, evidence, Slack."""

from __future__ import annotations

import csv
import json
from pathlib import Path

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
    found = shown(project, "month", "2024-06")
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
    assert "still there" in shown(project, "month", "2024-06")
    project.configure(rest='[accounting.ids]\nstrip_suffix = ".0"\n')
    assert f"{row['event']} is gone" in " ".join(shown(project, "month", "2024-06").split())
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
    shown(project, "month", "2024-06")
    told = json.loads(shown(project, "notify", "2024-06", "--dry-run", "--json"))
    kinds = [alert["kind"] for alert in told["alerts"]]
    assert kinds.count("critical") == 1
    assert "id rule" in json.dumps(told["alerts"])
