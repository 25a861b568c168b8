"""`recon month 2024-06..2024-08`: each month as if it were run alone, and all at a glance."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recon.base.errors import SourceDataError
from recon.base.month import Month
from recon.record.journal.store import Journal
from recon.record.log import Log
from recon.run import opened_sources, read_ahead
from recon.sources.files import FilesSource
from tests.shell import ENTRIES, Project, entry, in_process, one_sentence

MONTHS = ("2024-06", "2024-07", "2024-08")
IDENTITY = ("run_id", "reports")
Documents = dict[str, Any]


def books(folder: Path) -> Project:
    """Return a project of three months, of which the second has a break and the third none."""
    made = Project(folder)
    made.fill("100.00", "100.00")
    amounts = {"2024-06": "101.50", "2024-07": "900.00", "2024-08": "100.00"}
    lines = [entry("001", month=month) + entry("002", amounts[month], month) for month in MONTHS]
    made.write("entries.csv", ENTRIES + "".join(lines))
    return made


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give the books of three months."""
    return books(tmp_path)


def run(
    project: Project, *arguments: str, line: Sequence[str] = ("2024-06..2024-08",)
) -> subprocess.CompletedProcess[bytes]:
    """Run months of a project."""
    return in_process("month", *line, *arguments, cwd=project.folder)


@dataclass(frozen=True)
class Both:
    """The same months in a row and each by itself; how often a side was read in a row."""

    row: Project
    alone: Project
    code: int
    document: Documents
    alone_documents: list[Documents]
    reads: int


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Give three months that were run in a row, and the same ones that were run alone."""
    row, alone = (books(tmp_path_factory.mktemp(name)) for name in ("row", "alone"))
    reads, opened = [], FilesSource.opened
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(FilesSource, "opened", lambda *given: [reads.append(1), opened(*given)][1])
        done = run(row, "--json", "--format", "csv")
        times = len(reads)
    documents = [
        json.loads(run(alone, "--json", "--format", "csv", line=[month]).stdout) for month in MONTHS
    ]
    assert done.stderr == b""
    return Both(row, alone, done.returncode, json.loads(done.stdout), documents, times)


def nameless(documents: list[Documents]) -> list[Documents]:
    """Return documents without what tells one run from another."""
    return [
        {key: value for key, value in document.items() if key not in IDENTITY}
        for document in documents
    ]


def test_each_month_is_a_run_as_if_it_were_alone(both: Both) -> None:
    """The same document but for who it is, the same files, and a record for each."""
    found = json.dumps(nameless(both.document["months"]))
    told = found.replace(str(both.row.folder), str(both.alone.folder))
    assert json.loads(told) == nameless(both.alone_documents)
    with Journal.look(both.row.reports) as journal:
        runs = journal.runs()
    assert [str(recorded.month) for recorded in runs] == list(MONTHS)
    assert [recorded.exit_code for recorded in runs] == [0, 3, 0]
    assert both.row.written() == both.alone.written()
    logs = sorted(path.name[:7] for path in both.row.reports.glob("logs/*.log"))
    assert logs == list(MONTHS)


@pytest.mark.parametrize(("number", "to"), [("SMALL", 0), ("AHEAD", 1)])
def test_months_share_sessions(
    both: Both, monkeypatch: pytest.MonkeyPatch, number: str, to: int
) -> None:
    """Large ones all the same one, others those that have become free; they say the same."""
    monkeypatch.setattr(read_ahead, number, to)
    documents = json.loads(run(both.alone, "--json", "--format", "none").stdout)["months"]
    assert nameless(documents) == nameless(both.alone_documents)


def test_a_month_that_fails_ahead_fails_in_its_turn(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those before it are written, although it failed while they were."""
    reconcile = opened_sources.reconcile_month

    def failing(session: Any, month: Month, *rest: Any) -> Any:
        if str(month) == MONTHS[-1]:
            raise SourceDataError("The entries are beyond belief.")
        return reconcile(session, month, *rest)

    monkeypatch.setattr(opened_sources, "reconcile_month", failing)
    done = run(project, "--format", "csv")
    assert (done.returncode, done.stdout) == (6, b"")
    assert done.stderr == (
        b"recon: The entries are beyond belief. 2024-06..2024-07 are done and recorded; "
        b"run the rest with `recon month 2024-08`.\n"
    )


def test_files_are_read_once_and_every_month_proves_itself(both: Both) -> None:
    """The evidence of the months after the first is a copy, and stands for itself."""
    assert both.reads == 2
    done = in_process("verify", "--all", cwd=both.row.folder)
    assert done.returncode == 0, done.stdout
    for name in ("contracts.parquet", "entries.parquet"):
        extracts = {path.read_bytes() for path in both.row.reports.glob(f"*/*/evidence/{name}")}
        assert len(extracts) == 1


def test_the_document_has_each_month_their_sums_and_the_gravest_code(both: Both) -> None:
    """One document on standard output; a line counts in each month anew."""
    document = both.document
    assert list(document) == ["schema", "first", "last", "totals", "months", "exit_code"]
    assert (document["first"], document["last"]) == ("2024-06", "2024-08")
    assert document["totals"]["USD"]["expected"] == "600.00"
    assert document["totals"]["USD"]["difference"] == "801.50"
    assert document["exit_code"] == both.code == 3


def test_a_row_a_month_and_their_sums(project: Project) -> None:
    """Without a format nothing is written; `--fail-on` decides as for one month."""
    line = ["2024-06..2024-07"]
    done = run(project, "--format", "none", "--fail-on", "never", line=line)
    text = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Do not close 1 of 2 months: 1 critical, 1 warning" in text
    rows = [line.split()[0] for line in text.splitlines() if "%  " in line]
    assert rows == [*MONTHS[:2], "Total"]
    assert not project.reports.exists()


def test_a_month_that_fails_is_the_last(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those before it are done, and the sentence says which, and how to run the rest."""
    end = Log.end

    def more_arrives(log: Log, code: int, *arguments: Any) -> None:
        end(log, code, *arguments)
        project.write("entries.csv", ENTRIES + entry("001"))

    monkeypatch.setattr(Log, "end", more_arrives)
    done = run(project, "--format", "csv")
    assert (done.returncode, done.stdout) == (6, b"")
    assert one_sentence(done.stderr.decode()).endswith(
        "changed while it was read; run again when it is complete. 2024-06 is done and recorded; "
        "run the rest with `recon month 2024-07..2024-08`.\n"
    )
    with Journal.look(project.reports) as journal:
        assert [str(recorded.month) for recorded in journal.runs()] == ["2024-06"]
    assert len(list(project.reports.glob("logs/2024-07*.log"))) == 1


@pytest.mark.slow
def test_ctrl_c_loses_no_month_that_is_done(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where it comes while the last one is written."""
    begin = Log.begin

    def interrupted(log: Log, settings: Any, month: Any) -> None:
        begin(log, settings, month)
        if str(month) == MONTHS[-1]:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Log, "begin", interrupted)
    done = run(project, "--format", "csv")
    assert (done.returncode, done.stdout) == (130, b"")
    assert done.stderr == (
        b"recon: Interrupted; no report was left half-written. 2024-06..2024-07 are done and "
        b"recorded; run the rest with `recon month 2024-08`.\n"
    )


@pytest.mark.slow
def test_without_a_folder_for_extracts_every_month_reads_the_files(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The documents are the same."""
    reads, opened = [], FilesSource.opened

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FilesSource, "opened", lambda *given: [reads.append(1), opened(*given)][1])
    monkeypatch.setattr("recon.base.temporary.tempfile.TemporaryDirectory", full)
    documents = json.loads(run(both.alone, "--json", "--format", "none").stdout)["months"]
    assert nameless(documents) == nameless(both.alone_documents)
    assert len(reads) == 2 * len(MONTHS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["2024-12..2024-01"],
            "2024-12..2024-01 is in reverse order; write it as 2024-01..2024-12.",
        ),
        (["2010-01..2024-12"], "2010-01..2024-12 has 180 months; at most 120 can run in a row."),
        (["2024-01..2024-13"], "'2024-13' is not a month"),
        (["2024-01.."], "'2024-01..' is not a range of months; write the first and the last, like"),
        (["2024-01..2024-02", "--closed"], "--closed finds the month itself"),
        (["2024-01..2024-02", "--top", "3"], "--top lists the breaks of one month"),
        (["2024-01..2024-02", "--format", "pdf"], "--format must be csv, xlsx, html"),
    ],
)
def test_a_range_that_is_none_is_2(project: Project, arguments: list[str], words: str) -> None:
    """One sentence says what is wrong with it; nothing is run."""
    done = run(project, line=arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert words in one_sentence(done.stderr.decode())
    assert not project.reports.exists()
