"""`recon month` as a user runs it: exit codes, sentences, streams, and nothing half-written."""

from __future__ import annotations

import errno
import gc
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from recon.cli import main
from recon.record.journal.store import Journal
from tests.shell import (
    CONTRACTS,
    ENTRIES,
    PATIENCE,
    Project,
    begun,
    command,
    contract,
    entry,
    environment,
    in_process,
    one_sentence,
    recon,
    wait_until,
)

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals and devices")
KEYS = {"schema", "run_id", "month", "sources", "policy", "totals", "bridge", "breaks", "invalid"}
KEYS |= {"reports", "exit_code", "flags", "notices", "events", "carried", "verdict"}
BREAK_KEYS = """break contract_id revenue_type currency customer segment owner status cause
    candidates severity expected recognized difference percent allowed to_date_difference flags
    entry_ids explanation certainty event""".split()
TOTAL_KEYS = """expected recognized difference gross_difference contract_lines inactive_lines
    matched within_tolerance breaks match_rate""".split()
REPORTS = [
    "breaks.csv", "bridge.csv", "events.csv", "invalid.csv", "lines.csv", "open_breaks.csv",
    "proposed_entries.csv",
]  # fmt: skip
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a project of two contracts, one of which is 1.50 over: a warning."""
    made = Project(tmp_path)
    made.fill("100.00", "101.50")
    return made


def month(
    project: Project, *arguments: str | Path, **env: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the month in the project's folder."""
    return in_process("month", "2024-06", *arguments, cwd=project.folder, env=env)


def alone(
    project: Project, *arguments: str | Path, **env: str
) -> subprocess.CompletedProcess[bytes]:
    """Run it in a process of its own, whose streams and encodings are the system's."""
    return recon("month", "2024-06", *arguments, cwd=project.folder, env=env)


@pytest.fixture
def run(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Return what runs the month in this process and gives its code and what it told.

    It is quicker than a process of its own, and the system can be made to fail.
    """
    kept = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    hook = sys.unraisablehook
    monkeypatch.chdir(project.folder)
    for variable in ("RECON_CONFIG", "RECON_DEBUG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("recon.cli.process.keep_private", lambda: None)
    monkeypatch.setattr("recon.record.run_folder.time.sleep", lambda _: None)
    monkeypatch.setattr("recon.record.run_folder.time.sleep", lambda _: None)

    def once(*arguments: str, line: Sequence[str] = ("month", "2024-06")) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["recon", *line, *arguments])
        code = main()
        out, err = capsys.readouterr()
        if code in (1, 7, 130):
            gc.collect()  # what is left of a workbook complains now, and not to pytest
        return code, out, err

    yield once
    sys.unraisablehook = hook
    for number, handler in kept:
        signal.signal(number, handler)


# Exit codes


def test_a_clean_month_is_0(project: Project) -> None:
    """Nothing is told on stderr, and the reports stand in the folder of the run."""
    project.fill("100.00", "100.00")
    done = month(project)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Ready to close June 2024" in done.stdout
    names = project.written()
    assert [name for name in names if name in REPORTS] == REPORTS
    rest = " ".join(name for name in names if name not in REPORTS)
    run = r"recon_2024-06_\d{8}T\d{6}Z_[0-9a-f]{4}"
    assert re.search(rf"latest\.html {run}\.html {run}\.xlsx", rest)


@pytest.mark.parametrize(
    ("amount", "fail_on", "code"),
    [
        ("101.50", "warning", 3),
        ("99900.00", "never", 0),
        ("nonsense", "high", 3),
        *(
            pytest.param(*given, marks=pytest.mark.slow)
            for given in (
                ("101.50", "high", 0), ("900.00", "high", 3), ("nonsense", "critical", 0),
                ("900.00", "critical", 0), ("99900.00", "critical", 3),
            )
        ),
    ],
)  # fmt: skip
def test_fail_on_decides_what_is_3(
    project: Project, run: Run, amount: str, fail_on: str, code: int
) -> None:
    """A break, or a row that cannot be compared, counts from its severity on."""
    project.fill("100.00", amount)
    found, _, err = run("--fail-on", fail_on, "--format", "none")
    assert (found, err) == (code, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["month", "2024-066"], "'2024-066' is not a month; write it as year and month"),
        (["month", "June"], "'June' is not a month"),
        (["month", "2024-13"], "'2024-13' is not a month"),
        (["month", "2024-06", "--format", "pdf"], "--format must be csv, xlsx, html"),
        (["month", "2024-06", "--format", ","], "--format must be csv, xlsx, html"),
        (["month", "2024-06", "--format", "none,csv"], "--format must be csv, xlsx, html"),
        (["month", "2024-06", "--fail-on", "sometimes"], "'sometimes' is not one of 'warning'"),
        (["month", "2024-06", "--top", "-1"], "--top"),
        (["month", "2024-06", "--top", "ten"], "--top"),
        (["month", "2024-06", "2024-07"], "unexpected extra argument"),
        (["month", "2024-06", "--colour"], "No such option: --colour"),
        (["month", "2024-06", "--out"], "requires an argument"),
        (["close"], "No such command 'close'"),
        (["sample", "--error-rate", "NaN"], "--error-rate must be a share like 8%"),
        (["sample", "--format", "xml"], "--format must be csv or parquet"),
    ],
)
def test_a_wrong_command_line_is_2(
    project: Project, run: Run, arguments: list[str], words: str
) -> None:
    """One sentence says what is wrong with it."""
    code, out, err = run(line=arguments)
    assert (code, out) == (2, "")
    assert words in one_sentence(err)
    assert project.written() == []


def test_a_wrong_command_line_tells_where_help_is(project: Project) -> None:
    """Also in a process of its own."""
    done = alone(project, "--top", "-1")
    assert (done.returncode, done.stdout) == (2, b"")
    sentence = one_sentence(done.stderr.decode())
    assert sentence.endswith(". See `python -m recon month --help`.\n")


def test_a_wrong_configuration_is_4(project: Project) -> None:
    """Every mistake is a line of its own."""
    project.configure("colour = 1", "encoding = 'x'")
    done = month(project)
    assert (done.returncode, done.stdout) == (4, b"")
    first, *mistakes = done.stderr.decode().splitlines()
    assert first.startswith("recon: ")
    assert first.endswith("recon.toml has 2 mistakes:")
    assert len(mistakes) == 2
    assert project.written() == []


def test_a_configuration_that_is_not_there_is_4(project: Project) -> None:
    """It is never replaced by the one that would have been found."""
    done = month(project, "--config", "gone.toml")
    assert done.returncode == 4
    assert b"there is no such file; correct --config" in done.stderr
    done = month(project, RECON_CONFIG="gone.toml")
    assert done.returncode == 4
    assert b"RECON_CONFIG" in done.stderr


def test_a_missing_file_is_5(project: Project) -> None:
    """With its path and the key to correct."""
    (project.folder / "data" / "entries.csv").unlink()
    done = month(project)
    assert (done.returncode, done.stdout) == (5, b"")
    assert "entries.csv does not exist; set accounting.path" in one_sentence(done.stderr.decode())
    assert project.written() == []


@pytest.mark.parametrize(
    ("side", "content", "words"),
    [
        ("entries", "", "has no header line"),
        ("entries", ENTRIES, "delivers no rows at all"),
        ("contracts", CONTRACTS, "delivers no rows at all"),
        ("entries", ENTRIES.replace("amount", "Betrag") + entry("001"), "no column amount"),
        (
            "entries",
            ENTRIES + entry("001") + "002,x\n",
            "line 3 of entries.csv: its number of fields",
        ),
        (
            "contracts",
            CONTRACTS + contract("001").replace("2025-05-31", "2024-05-31"),
            "looks like a CRM close date",
        ),
    ],
)
def test_data_of_the_wrong_shape_is_6(
    project: Project, run: Run, side: str, content: str, words: str
) -> None:
    """One sentence says what is wrong."""
    project.write(f"{side}.csv", content)
    code, out, err = run()
    assert (code, out) == (6, "")
    assert words in one_sentence(err)
    assert project.written() == []


@pytest.mark.slow  # a second process to show it
def test_a_ragged_file_is_6(project: Project) -> None:
    """Also in a process of its own."""
    project.write("entries.csv", ENTRIES + entry("001") + "002,x\n")
    done = alone(project)
    assert (done.returncode, done.stdout) == (6, b"")
    assert "line 3 of entries.csv" in one_sentence(done.stderr.decode())


def test_reports_that_cannot_be_written_are_7(project: Project) -> None:
    """A file in the place of the folder, named and with what to do."""
    project.reports.write_text("I am a file")
    done = month(project)
    assert (done.returncode, done.stdout) == (7, b"")
    assert "a file is where a folder should be" in one_sentence(done.stderr.decode())
    assert project.reports.read_text() == "I am a file"


@POSIX
@pytest.mark.parametrize(
    "size", [20_000, *(pytest.param(size, marks=pytest.mark.slow) for size in (0, 1_000))]
)
def test_a_limit_of_the_system_is_7(project: Project, size: int) -> None:
    """Whichever write is the first that no longer fits: nothing remains."""
    import resource

    project.fill(*["900.00"] * 200)
    done = subprocess.run(
        command("month", "2024-06"),
        cwd=project.folder,
        env=environment(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    assert (done.returncode, done.stdout) == (7, b"")
    assert "cannot be written" in one_sentence(done.stderr.decode())
    assert project.written() == []


# What is printed where


def test_json_is_one_document_of_the_documented_keys(project: Project) -> None:
    """Stdout holds it and nothing else; amounts are texts with the currency's decimals."""
    project.fill("100.00", "101.50", "nonsense")
    done = month(project, "--json")
    document = json.loads(done.stdout)
    assert done.stderr == b""
    assert set(document) == KEYS
    assert (document["schema"], document["month"]) == (1, "2024-06")
    assert set(document["sources"]) == {"analytics", "accounting"}
    for side in document["sources"].values():
        assert set(side) == {
            "description", "rows", "control_total", "invalid", "repeated", "unread_amounts",
        }  # fmt: skip
    assert list(document["totals"]["USD"]) == TOTAL_KEYS
    assert [list(item) for item in document["breaks"]] == [BREAK_KEYS] * 2
    assert [list(item) for item in document["bridge"]["USD"]] == [
        ["bucket", "amount", "gross", "lines"]
    ] * 2
    assert [list(item) for item in document["invalid"]] == [
        ["side", "row", "place", "id", "reason"]
    ]
    assert document["breaks"][-1]["difference"] == "1.50"
    assert document["exit_code"] == done.returncode == 3
    assert [Path(path).is_file() for path in document["reports"]] == [True] * 10


def test_messages_go_to_stderr(project: Project, run: Run) -> None:
    """A failed run leaves stdout empty, for scripts that read it."""
    project.write("entries.csv", "")
    _, out, err = run("--json")
    assert out == ""
    assert one_sentence(err)


@pytest.mark.parametrize(
    ("formats", "suffixes"),
    [
        pytest.param("csv", [".csv"] * 4 + [".html"] + [".csv"] * 4, marks=pytest.mark.slow),
        pytest.param("xlsx", [".html", ".xlsx"], marks=pytest.mark.slow),
        ("html", [".html", ".html"]),
        ("CSV, XLSX", [".csv"] * 4 + [".html"] + [".csv"] * 3 + [".xlsx", ".csv"]),
        ("none", []),
    ],
)
def test_only_the_wanted_reports_are_written(
    project: Project, run: Run, formats: str, suffixes: list[str]
) -> None:
    """`none` leaves not even a folder; `latest.html` always leads to the run."""
    assert run("--format", formats)[0] == 0
    assert [Path(name).suffix for name in project.written()] == suffixes
    assert project.reports.exists() == bool(suffixes)


def test_out_takes_the_reports(project: Project, run: Run) -> None:
    """However deep the folder, which need not be there."""
    _, out, _ = run("--out", "a/b/c ü", "--json")
    folder = project.folder / "a" / "b" / "c ü" / "2024-06"
    assert {Path(path).parent.parent for path in json.loads(out)["reports"]} == {folder}
    assert project.written() == []


def test_quiet_is_one_line(run: Run) -> None:
    """The verdict, for a log."""
    assert run("--quiet", "--format", "none")[1].count("\n") == 1


def test_top_0_lists_no_breaks(project: Project, run: Run) -> None:
    """The totals stay."""
    project.fill("100.00", "900.00")
    none = ("--format", "none")
    assert "E-002-2024-06" in run("--full", *none)[1]
    shown = run("--full", "--top", "0", *none)[1]
    assert "E-002-2024-06" not in shown
    assert "1,000.00" in shown


@pytest.mark.parametrize(
    ("arguments", "env"),
    [([], {"NO_COLOR": "1"}), (["--no-color"], {"FORCE_COLOR": "1"})],
)
def test_redirected_output_has_no_escape_codes(
    project: Project, arguments: list[str], env: dict[str, str]
) -> None:
    """Not even those that a customer's name brings along."""
    project.fill("900.00", contracts=[contract("001", customer="A\x1b[31mB\x07")])
    done = month(project, "--format", "none", *arguments, **env)
    assert b"900.00" in done.stdout
    assert b"\x1b" not in done.stdout
    assert b"\x07" not in done.stdout


@pytest.mark.parametrize(
    ("encoding", "arguments"),
    [
        ("ascii", []),
        *(pytest.param(*given, marks=pytest.mark.slow)
          for given in (("cp1252", ["--json"]), ("cp1252", []), ("cp437", []),
                        ("ascii", ["--quiet"]))),
    ],
)  # fmt: skip
def test_no_encoding_stops_a_run(project: Project, encoding: str, arguments: list[str]) -> None:
    """Letters that it lacks are replaced; JSON is ASCII and lacks none."""
    project.fill("900.00", contracts=[contract("001", customer="Größe 大 😀")])
    done = alone(project, "--format", "csv", *arguments, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (3, b"")
    text = done.stdout.decode(encoding)
    if arguments == ["--json"]:
        assert json.loads(text)["breaks"][0]["customer"] == "Größe 大 😀"


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("cp1252", marks=pytest.mark.slow)])
def test_no_encoding_stops_a_message(project: Project, encoding: str) -> None:
    """Not even a message about a path that it cannot write."""
    done = alone(project, "--config", "大😀.toml", PYTHONIOENCODING=encoding)
    assert done.returncode == 4
    assert b"there is no such file" in done.stderr


def test_redirected_output_is_utf8(project: Project) -> None:
    """Whatever the machine's code page is."""
    project.fill("900.00", contracts=[contract("001", customer="Größe")])
    done = alone(project, "--format", "none", LC_ALL="C", PYTHONUTF8="0")
    assert "Größe" in done.stdout.decode("utf-8")


def test_the_last_month_is_the_default(run: Run) -> None:
    """Run without a month, it takes the one that has just ended."""
    before = date.today()
    _, out, _ = run("--json", "--format", "none", line=["month"])
    days = {before, date.today()}
    ended = {f"{d.year - (d.month == 1)}-{(d.month - 2) % 12 + 1:02}" for d in days}
    assert json.loads(out)["month"] in ended


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ([], 1),
        *(pytest.param(*given, marks=pytest.mark.slow)
          for given in ((["--json"], 0), (["--json"], 1), ([], 0), (["--quiet"], 0))),
    ],
)  # fmt: skip
def test_a_reader_that_leaves_early_changes_nothing(
    project: Project, arguments: list[str], lines: int
) -> None:
    """As `| head -1` does: the exit code stays, and nobody complains."""
    project.fill(*["900.00"] * 300)
    process = subprocess.Popen(
        command("month", "2024-06", "--top", "300", "--format", "csv", *arguments),
        cwd=project.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    for _ in range(lines):
        process.stdout.readline()
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(timeout=PATIENCE) == 3
    assert len(project.written()) == 9


@POSIX
@pytest.mark.parametrize("arguments", [["--json"], pytest.param([], marks=pytest.mark.slow)])
def test_a_full_disk_under_the_output_is_7(project: Project, arguments: list[str]) -> None:
    """The reports are written by then, and stay."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("month", "2024-06", "--format", "csv", *arguments),
            cwd=project.folder,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 7
    assert "The results cannot be printed: No space left" in one_sentence(done.stderr.decode())
    assert len(project.written()) == 9


@POSIX
@pytest.mark.parametrize(
    ("redirection", "month_text", "code"),
    [
        ("2>&-", "2024", 2),
        (">&- 2>&-", "2024-06", 0),
        *(
            pytest.param(*given, marks=pytest.mark.slow)
            for given in ((">&-", "2024-06", 0), ("2>/dev/full", "x", 2))
        ),
    ],
)
def test_streams_may_be_closed(
    project: Project, redirection: str, month_text: str, code: int
) -> None:
    """As under pythonw: nothing is told, and no message strays into the other stream."""
    line = f'"$0" -m recon month {month_text} --json --format csv {redirection}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable],
        cwd=project.folder,
        env=environment(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


@POSIX
def test_a_terminal_is_told_the_step_and_left_as_it_was(project: Project) -> None:
    """Progress goes to the terminal alone, and the cursor comes back."""
    import pty

    project.fill(*["900.00"] * 300)
    ours, theirs = pty.openpty()
    done = subprocess.run(
        command("month", "2024-06", "--format", "csv"),
        cwd=project.folder,
        env=environment({"TERM": "xterm"}),
        stdout=subprocess.PIPE,
        stderr=theirs,
        timeout=PATIENCE,
        check=False,
    )
    os.close(theirs)
    told = b""
    with suppress(OSError):  # Linux's way to say that the other end is closed
        while part := os.read(ours, 1 << 16):
            told += part
    os.close(ours)
    assert done.returncode == 3
    assert b"\x1b" not in done.stdout
    assert told.rindex(b"\x1b[?25h") > told.rindex(b"\x1b[?25l")


# Large and strange input


@pytest.mark.slow
def test_5000_breaks_are_all_reported(project: Project, run: Run) -> None:
    """In every report, whatever the console leaves out."""
    project.fill(*["900.00"] * 5_000)
    document = json.loads(run("--json")[1])
    assert len(document["breaks"]) == 5_000
    assert document["totals"]["USD"]["difference"] == "4000000.00"
    csv_file, *others = map(Path, document["reports"])
    (workbook,) = (path for path in others if path.suffix == ".xlsx")
    assert csv_file.read_text(encoding="utf-8-sig").count("\n") == 5_001
    with zipfile.ZipFile(workbook) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "/worksheets/" in name]
    assert max(sheet.count(b"<row ") for sheet in sheets) > 5_000


def test_strange_names_reach_every_report(project: Project, run: Run) -> None:
    """Longer than a cell may be, like markup, turned around, like a formula."""
    names = ("A" * 40_000, "[red]x[/red] [/] :smile:", "\u202eabc", "=1+1")
    lines = [contract(f"{number:03}", customer=name) for number, name in enumerate(names, 1)]
    project.fill(*["900.00"] * len(names), contracts=lines)
    code, _, err = run()
    assert (code, err) == (3, "")
    assert len(project.written()) == 11


def test_the_largest_amounts_are_exact(project: Project, run: Run) -> None:
    """All of 64 bits arrives to the ten-thousandth; what is too large is invalid."""
    project.fill("922337203685477.5807", "922337203685477.5808")
    document = json.loads(run("--json", "--format", "none")[1])
    assert document["breaks"][0]["recognized"] == "922337203685477.5807"
    assert "922337203685477.5808" in document["invalid"][0]["reason"]


def test_sums_beyond_64_bits_are_exact(project: Project, run: Run) -> None:
    """In the reports, in the journal and in what is told of it; the roll-forward ties out."""
    largest = "922337203685477.5807"
    project.write("contracts.csv", CONTRACTS + contract("001", largest) + contract("002", largest))
    posted = [entry(key, largest).replace("E-", f"E{n}-") for key in ("001", "002") for n in "123"]
    project.write("entries.csv", ENTRIES + "".join(posted))
    code, out, err = run("--json")
    assert (code, err) == (3, "")
    assert json.loads(out)["totals"]["USD"]["recognized"] == "5534023222112865.4842"
    assert run(line=["history", "--json"])[0] == 0
    with Journal.look(project.reports) as journal:
        (recorded,) = journal.runs()
        breaks = journal.breaks(recorded.run_id)
    assert recorded.totals["USD"].recognized == 6 * (2**63 - 1)
    assert [item.recognized for item in breaks] == [3 * (2**63 - 1)] * 2
    assert run("--quiet", "--format", "csv")[0] == 3
    first, second = (path.name for path in sorted(project.reports.glob("2024-06/*Z_*")))
    assert run(line=["diff", first, second])[0] == 0
    assert run(line=["verify", "--all"])[0] == 0


# In this process, where the system can be made to fail


def fails(code: int) -> Callable[..., Any]:
    """Return a function that fails as the system does."""

    def failing(*arguments: Any, **_: Any) -> Any:
        raise OSError(code, os.strerror(code), *map(str, arguments[:1]))

    return failing


@pytest.mark.parametrize(
    ("place", "code"),
    [
        pytest.param("pathlib.Path.mkdir", errno.EACCES, marks=pytest.mark.slow),
        ("pathlib.Path.mkdir", errno.EROFS),
        ("pathlib.Path.replace", errno.ENOSPC),
        pytest.param("pathlib.Path.replace", errno.EACCES, marks=pytest.mark.slow),
        ("recon.reports.csv_files.line_rows", errno.ENOSPC),
        pytest.param("recon.reports.csv_files._bridge", errno.EIO, marks=pytest.mark.slow),
        pytest.param(
            "recon.reports.excel.workbook.write_workbook", errno.ENOSPC, marks=pytest.mark.slow
        ),
        ("openpyxl.writer.excel.ExcelWriter.save", errno.ENOSPC),
        pytest.param(
            "openpyxl.writer.excel.ExcelWriter.write_data", errno.EACCES, marks=pytest.mark.slow
        ),
    ],
)
def test_whichever_step_fails_nothing_remains(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch, place: str, code: int
) -> None:
    """A full disk, missing rights, a read-only or broken drive: 7, one sentence, no report."""
    monkeypatch.setattr("shutil.copytree", fails(code))
    monkeypatch.setattr(place, fails(code))
    found, out, err = run()
    assert (found, out) == (7, "")
    assert one_sentence(err).endswith("then run again.\n")
    assert project.written() == []


def test_a_folder_that_is_held_gets_another_name(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook that is open keeps its place; the report says where it is instead."""
    move = Path.replace

    def held(self: Path, target: Path) -> Path:
        if not str(target).endswith("-2"):
            raise PermissionError(errno.EACCES, "in use", str(target))
        return move(self, target)

    monkeypatch.setattr(Path, "replace", held)
    code, out, err = run("--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert [Path(path).is_file() for path in document["reports"]] == [True] * 10
    assert any("was blocked by another program" in notice for notice in document["notices"])


def test_an_interruption_in_mid_report_leaves_nothing(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while the workbook is written."""

    def interrupted(*_: Any) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("openpyxl.writer.excel.ExcelWriter.write_data", interrupted)
    assert run() == (130, "", "recon: Interrupted; no report was left half-written.\n")
    assert project.written() == []


def test_a_defect_is_1_and_leaves_nothing(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody foresaw says so, without a traceback."""
    monkeypatch.setattr("recon.reports.excel.workbook.write_workbook", lambda *_, **__: {}["no"])
    code, out, err = run()
    assert (code, out) == (1, "")
    assert err.startswith("recon: This is a defect in recon (KeyError: 'no')")
    assert err.count("\n") == 1
    assert project.written() == []


def test_the_folder_for_temporary_files_may_be_unusable(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is no defect in recon either."""
    monkeypatch.setattr("tempfile.TemporaryDirectory", fails(errno.ENOSPC))
    project.configure(accounting="encoding = 'cp1252'")
    code, out, err = run()
    assert (code, out) == (5, "")
    assert "entries.csv cannot be copied to UTF-8 (No space left" in one_sentence(err)


# Ctrl-C


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give a project that keeps recon busy for some seconds."""
    made = Project(tmp_path_factory.mktemp("large"))
    keys = [f"{number:06}" for number in range(60_000)]
    months = ("2024-06", "2024-07", "2024-08")
    made.write("contracts.csv", CONTRACTS + "".join(map(contract, keys)))
    amounts = [("131.07" if int(key) % 40 == 0 else "100.00") for key in keys]
    made.write(
        "entries.csv",
        ENTRIES
        + "".join(entry(key, a, m) for key, a in zip(keys, amounts, strict=True) for m in months),
    )
    made.configure(accounting="encoding = 'utf-16'")
    entries = made.folder / "data" / "entries.csv"
    made.write("entries.csv", entries.read_text().encode("utf-16"))
    return made


@pytest.fixture
def started(large: Project, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Give a run on the large project; its reports and temporary files go to the test's folder."""
    (tmp_path / "tmp").mkdir()
    there = {"TMPDIR": str(tmp_path / "tmp")}
    line = ("month", "2024-06", "--out", tmp_path / "out")
    with begun(*line, cwd=large.folder, env=there) as process:
        yield process


def stopped(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Assert that a run ends with a sentence, and leaves nothing behind."""
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, b"")
    assert err == b"recon: Interrupted; no report was left half-written.\n"
    left = [path for name in ("out/*", "tmp") for path in folder.glob(f"{name}/**/*")]
    left = [path for path in left if path.parent.name != "logs"]
    assert [path for path in left if path.is_file() or ".partial" in path.name] == []
    assert list((folder / "tmp").iterdir()) == []


def appears(folder: Path, pattern: str) -> None:
    """Wait until a path is there."""
    wait_until(lambda: list(folder.glob(pattern)))


@POSIX
@pytest.mark.parametrize("seconds", [0.0, 0.2, 0.6])
def test_ctrl_c_stops_at_any_time(
    started: subprocess.Popen[bytes], tmp_path: Path, seconds: float
) -> None:
    """While a file is copied into UTF-8, read, compared: at once, and the copy vanishes."""
    appears(tmp_path / "tmp", "*/entries.csv")
    time.sleep(seconds)
    started.send_signal(signal.SIGINT)
    stopped(started, tmp_path)


@POSIX
@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT] * 3])
def test_ctrl_c_leaves_no_half_written_report(
    started: subprocess.Popen[bytes], tmp_path: Path, signals: list[signal.Signals]
) -> None:
    """While reports are written; impatience changes nothing, nor does a polite kill."""
    appears(tmp_path / "out", "*/.*.partial/*")
    for number in signals:
        started.send_signal(number)
        time.sleep(0.02)
    stopped(started, tmp_path)


# The sample


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give the environment of a user whose cache is empty at first."""
    folder = str(tmp_path_factory.mktemp("cache"))
    return {"XDG_CACHE_HOME": folder, "HOME": folder, "XDG_CONFIG_HOME": folder}


@pytest.mark.slow  # makes the whole sample
def test_without_a_configuration_it_is_the_sample_and_says_so(
    tmp_path: Path, cache: dict[str, str]
) -> None:
    """Nobody takes invented figures for the books."""
    done = recon("month", "2024-06", "--format", "csv", cwd=tmp_path, env=cache)
    assert (done.returncode, done.stderr) == (3, b"")
    assert "SAMPLE DATA" in done.stdout.decode().splitlines()[0]
    assert len(list(tmp_path.glob("reports/2024-06/*/*.csv"))) == 8
    done = recon("month", "2024-06", "--quiet", "--format", "none", cwd=tmp_path, env=cache)
    assert done.stdout.startswith(b"SAMPLE DATA")


@pytest.mark.parametrize("arguments", [["2023-12"], ["2025-01"], []])
def test_a_month_outside_the_sample_is_2(
    tmp_path: Path, cache: dict[str, str], arguments: list[str]
) -> None:
    """With the months that it has, and a command that works."""
    done = in_process("month", *arguments, cwd=tmp_path, env=cache)
    assert (done.returncode, done.stdout) == (2, b"")
    sentence = one_sentence(done.stderr.decode())
    assert "The sample covers 2024-01 to 2024-12, not" in sentence
    assert "recon month 2024-06" in sentence
    assert list(tmp_path.iterdir()) == []
