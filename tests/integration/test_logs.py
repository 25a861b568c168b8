"""What a run leaves for whoever was not there: its log and the heartbeat, whatever ends it."""

from __future__ import annotations

import errno
import gc
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from recon.cli import main
from recon.record.lock import held
from recon.sources import driver_errors, sample
from tests.full_disk import full_disk
from tests.integration.servers import Server, configuration
from tests.shell import (
    CONTRACTS,
    Project,
    contract,
    entry,
    in_process,
)

JSON = "[log]\nformat = 'json'\n"
NAME = re.compile(r"2024-06_\d{8}T\d{6}Z_\d+\.log")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a project of two contracts, one of which is far over; its logs are lines of JSON."""
    made = Project(tmp_path)
    made.fill("100.00", "900.00")
    made.configure(rest=JSON)
    return made


@pytest.fixture
def run(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Return what runs the month in this process, where the system can be made to fail."""
    kept = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    hook = sys.unraisablehook
    monkeypatch.chdir(project.folder)
    for variable in ("RECON_CONFIG", "RECON_DEBUG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("recon.cli.process.keep_private", lambda: None)

    def once(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["recon", "month", *(arguments or ("2024-06",))])
        code = main()
        gc.collect()
        return code, *capsys.readouterr()

    yield once
    sys.unraisablehook = hook
    for number, handler in kept:
        signal.signal(number, handler)


def logs(project: Project) -> list[Path]:
    """Return the logs that are there."""
    return sorted((project.reports / "logs").glob("*"))


def told(project: Project) -> list[dict[str, Any]]:
    """Return the lines of the only log."""
    (path,) = logs(project)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def of(lines: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    """Return the lines of a kind of events."""
    return [line for line in lines if line["event"] == event]


def month(project: Project, *arguments: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run June in a process of its own."""
    return in_process("month", "2024-06", *arguments, cwd=project.folder, env=env)


# A run that ends well


def test_a_log_to_read(project: Project) -> None:
    """A line for each thing that happened, the verdict and the exit code; stderr stays empty."""
    project.configure()
    done = month(project)
    assert (done.returncode, done.stderr) == (3, b"")
    (path,) = logs(project)
    assert NAME.fullmatch(path.name)
    lines = path.read_text(encoding="utf-8").splitlines()
    moment = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{2}:\d{2}"
    assert all(re.match(rf"{moment} (INFO|WARNING|ERROR) ", line) for line in lines)
    text = "\n".join(lines)
    for words in (
        "The run of 2024-06 begins", "versions.recon=", "user=", "host=", "configuration_sha256=",
        "The analytics side is here", "Reading both sides: done", "Reconciling 2024-06: done",
        "Do not close June 2024", "delivered.accounting=2", "breaks.high=1",
        "Writing CSV files: done", "Writing the workbook: done", "Writing the evidence: done",
        "Recording the run: done", "The run is recorded", "exit_code=3", "seconds=",
    ):  # fmt: skip
        assert words in text, words


def test_a_log_for_machines_tells_what_the_run_was(project: Project) -> None:
    """Versions, configuration and counts are those of the run; steps last as long as it did."""
    document = json.loads(month(project, "--json").stdout)
    lines = told(project)
    begun, ended = lines[0], lines[-1]
    assert (begun["event"], ended["event"]) == ("run_begun", "run_ended")
    assert begun["arguments"] == ["month", "2024-06", "--json"]
    assert begun["configuration"] == str(project.config)
    content = project.config.read_bytes()
    assert begun["configuration_sha256"] == hashlib.sha256(content).hexdigest()
    (counts,) = of(lines, "compared")
    assert counts["delivered"] == {"analytics": 2, "accounting": 2}
    assert counts["invalid"] == {"analytics": 0, "accounting": 0}
    assert sum(counts["breaks"].values()) == len(document["breaks"]) == 1
    totals = document["totals"]["USD"]
    assert counts["totals"]["USD"]["recognized"] == totals["recognized"]
    assert {line["source"] for line in of(lines, "fetched")} == {
        document["sources"][side]["description"] for side in document["sources"]
    }
    steps = of(lines, "step_ended")
    assert {step["step"] for step in steps} >= {
        "Reading both sides", "Reconciling 2024-06", "Writing CSV files", "Writing the workbook",
        "Writing the evidence", "Recording the run",
    }  # fmt: skip
    assert sum(step["seconds"] for step in steps) <= ended["seconds"]
    (recorded,) = of(lines, "recorded")
    assert recorded["run_id"] == document["run_id"]
    assert recorded["reports"] == [Path(path).name for path in document["reports"]]
    assert ended["exit_code"] == document["exit_code"] == 3


def test_the_heartbeat_is_that_of_the_last_recorded_run(project: Project) -> None:
    """A run that fails after it changes nothing."""
    document = json.loads(month(project, "--json", "--format", "csv").stdout)
    path = project.reports / "heartbeat.json"
    beat = json.loads(path.read_text())
    assert (beat["run_id"], beat["exit_code"]) == (document["run_id"], 3)
    assert beat["verdict"] in ("high", "critical")
    project.write("entries.csv", "")
    assert month(project).returncode == 6
    assert json.loads(path.read_text()) == beat
    assert not list(project.reports.glob(".heartbeat*"))


def test_the_doctor_misses_runs(project: Project) -> None:
    """A warning, since the next month may be as well as any."""
    month(project, "--format", "csv")
    path = project.reports / "heartbeat.json"
    beat = json.loads(path.read_text())
    path.write_text(json.dumps(beat | {"ended": "2020-01-01T00:00:00+00:00"}))
    done = in_process("doctor", "--month", "2024-06", "--json", cwd=project.folder)
    (check,) = [c for c in json.loads(done.stdout)["checks"] if c["check"] == "last_run"]
    assert (done.returncode, check["state"]) == (0, "warning")
    assert "one is expected every 35 days" in check["found"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["month", "2024-06", "--format", "none"],
        ["month", "2024-066"],
        ["month", "--help"],
        ["explain", "001", "2024-06"],
        ["doctor"],
        ["open"],
    ],
)
def test_what_records_nothing_leaves_no_log(project: Project, arguments: list[str]) -> None:
    """A look is no run."""
    in_process(*arguments, cwd=project.folder)
    assert not project.reports.exists()


def test_a_log_goes_where_the_reports_go(project: Project) -> None:
    """Beside them, or where the configuration says."""
    month(project, "--format", "csv", "--out", "elsewhere")
    assert len(list((project.folder / "elsewhere" / "logs").iterdir())) == 1
    project.configure(rest="[log]\ndirectory = '../protocol'\n")
    month(project, "--format", "csv")
    assert len(list((project.folder / "protocol").iterdir())) == 1
    assert not (project.reports / "logs").exists()


def test_old_logs_of_recon_are_deleted_and_nothing_else(project: Project) -> None:
    """Whatever stands in that folder is somebody's."""
    folder = project.reports / "logs"
    folder.mkdir(parents=True)
    ours, theirs = "2019-12_20200103T070000Z_77.log", ("2019.log", "notes.txt", "x.log.bak")
    for name in (ours, *theirs):
        (folder / name).write_text("old")
    month(project, "--format", "csv")
    left = {path.name for path in logs(project)}
    assert ours not in left
    assert left > {*theirs}
    (log,) = [path for path in logs(project) if NAME.fullmatch(path.name)]
    assert '"event": "pruned"' in log.read_text()


# A run that fails


def no_entries(project: Project) -> None:
    """Take a file away."""
    (project.folder / "data" / "entries.csv").unlink()


def ragged(project: Project) -> None:
    """Leave a line half written."""
    project.write("contracts.csv", CONTRACTS + "001,x\n")


def empty(project: Project) -> None:
    """Deliver nothing on one side."""
    project.write("contracts.csv", CONTRACTS)


def blocked(project: Project) -> None:
    """Put a file where the reports of the month go."""
    project.reports.mkdir()
    (project.reports / "2024-06").write_text("a file")


def damaged(project: Project) -> None:
    """Make the journal unreadable."""
    project.reports.mkdir()
    (project.reports / "journal.db").write_bytes(b"no database" * 1000)


@pytest.mark.parametrize(
    ("fault", "code", "during"),
    [
        (no_entries, 5, "Reading both sides"),
        (ragged, 6, "Reconciling 2024-06"),
        (empty, 6, "Reconciling 2024-06"),
        (blocked, 7, None),
        (damaged, 7, None),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_failed_run_logs_its_sentence_and_exit_code(
    project: Project, fault: Callable[[Project], None], code: int, during: str | None
) -> None:
    """What was told on stderr, and during which step."""
    fault(project)
    done = month(project)
    last = told(project)[-1]
    assert (done.returncode, last["exit_code"], last["level"]) == (code, code, "error")
    assert done.stderr.decode() == f"recon: {last['message']}\n"
    assert during in (None, last["during"])
    assert "traceback" not in last
    assert not (project.reports / "heartbeat.json").exists()


def test_a_configuration_that_cannot_be_read_leaves_no_log(project: Project) -> None:
    """Nobody knows where it would belong."""
    project.configure(rest="[log]\nformat = 'xml'\nlevel = 1\nkeep_days = -1\nfoo = 2\n")
    done = month(project)
    assert done.returncode == 4
    for key in ("log.format", "log.level", "log.keep_days", "log.foo"):
        assert key in done.stderr.decode()
    assert not project.reports.exists()


@pytest.mark.parametrize("closed", [False, True])
def test_a_run_that_is_locked_out_is_logged(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    """Also where it cannot even tell which month is due."""
    monkeypatch.setattr("recon.record.lock.PATIENCE", 0.1)
    folder = project.reports / ".closing" if closed else project.reports
    folder.mkdir(parents=True)
    with held(folder / ".lock", patience=0):
        code, _, err = run(*(["--closed", "--today", "2024-07-20"] if closed else ["2024-06"]))
    last = told(project)[-1]
    assert (code, last["exit_code"]) == (9, 9)
    assert f"recon: {last['message']}\n" in err
    (path,) = logs(project)
    assert path.name.startswith("recon_" if closed else "2024-06_")


def test_an_interruption_is_logged(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the step that it came in."""
    monkeypatch.setattr(
        "recon.reports.csv_files.write_csv", lambda *_, **__: signal.raise_signal(signal.SIGINT)
    )
    assert run()[0] == 130
    last = told(project)[-1]
    assert (last["exit_code"], last["during"]) == (130, "Writing CSV files")
    assert last["message"] == "Interrupted; no report was left half-written."


@pytest.mark.parametrize("debug", [False, True])
def test_a_defect_is_logged_with_its_traceback(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    """Redacted and without what variables held; stderr has the sentence as before."""

    def broken(*_: object, **__: object) -> None:
        held = "what a variable holds"
        raise KeyError(f"PWD=s3cret;{len(held)}")

    monkeypatch.setattr("recon.reports.csv_files.write_csv", broken)
    if debug:
        monkeypatch.setenv("RECON_DEBUG", "1")
        with pytest.raises(KeyError):
            run("2024-06", "--format", "csv")
    else:
        code, _, err = run("2024-06", "--format", "csv")
        assert (code, err.count("\n"), "s3cret" in err) == (1, 1, False)
    last = told(project)[-1]
    assert last["exit_code"] == 1
    assert "This is a defect in recon" in last["message"]
    assert "in broken" in last["traceback"]
    assert "s3cret" not in logs(project)[0].read_text()


# A log that cannot be written


def test_a_folder_that_is_none_ends_nothing(project: Project) -> None:
    """The reports are there, and stderr says what is missing."""
    project.configure(rest="[log]\ndirectory = '../data/entries.csv'\n")
    done = month(project, "--format", "csv")
    assert done.returncode == 3
    assert b"Do not close" in done.stdout
    err = done.stderr.decode()
    assert err.startswith("recon: The log cannot be written: ")
    assert err.count("\n") == 1
    assert len(project.written()) >= 5


@pytest.mark.parametrize(
    "number",
    [errno.EACCES]
    + [pytest.param(n, marks=pytest.mark.slow) for n in (errno.ENOSPC, errno.EROFS, errno.EDQUOT)],
)
def test_a_folder_that_takes_no_log_ends_nothing(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Read-only, full, or not for this account."""
    begin = Path.open

    def refused(self: Path, *arguments: Any, **named: Any) -> Any:
        if self.suffix == ".log":
            raise OSError(number, os.strerror(number), str(self))
        return begin(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", refused)
    code, out, err = run("2024-06", "--format", "csv")
    assert (code, "Do not close" in out, err.count("\n")) == (3, True, 1)
    assert f": {os.strerror(number)}. The run went on without it;" in err
    assert logs(project) == []


@pytest.mark.parametrize(
    "lines", [5, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, 3, 9))]
)
def test_a_disk_that_fills_up_ends_nothing(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    """Whichever line is the first that no longer fits."""
    full_disk(monkeypatch, lines)
    code, out, err = run("2024-06", "--format", "csv")
    assert (code, "Do not close" in out) == (3, True)
    assert err.startswith("recon: The log cannot be written: ")
    assert err.count("\n") == 1
    assert logs(project)[0].read_bytes().count(b"\n") == lines


def test_a_heartbeat_that_cannot_be_written_is_a_notice(project: Project) -> None:
    """The run is recorded all the same."""
    (project.reports / "heartbeat.json").mkdir(parents=True)
    done = month(project, "--format", "csv", "--json")
    assert (done.returncode, done.stderr) == (3, b"")
    assert "The heartbeat " in json.loads(done.stdout)["notices"][-1]


# A month that is not full yet


def usual(project: Project, june: int) -> None:
    """Post twenty entries on the second day after each of four months' end, fewer after June's."""
    keys = [f"{number:03}" for number in range(20)]
    head = "entry_id,contract_id,revenue_type,amount,recognition_period,posted_at\n"
    days = {"2024-03": "2024-04-02", "2024-04": "2024-05-02", "2024-05": "2024-06-02"}
    lines = [
        entry(key, month=name).rstrip() + f",{day}\n"
        for name, day in ({**days, "2024-06": "2024-07-02"}).items()
        for key in keys[: june if name == "2024-06" else 20]
    ]
    project.write("contracts.csv", CONTRACTS + "".join(map(contract, keys)))
    project.write("entries.csv", head + "".join(lines))


@pytest.mark.parametrize(("june", "provisional"), [(17, True), (18, False)])
def test_a_month_with_less_than_usual_is_provisional(
    project: Project, june: int, provisional: bool
) -> None:
    """The report, the document and the log say so; the evidence proves the month as ever."""
    usual(project, june)
    project.configure(rest=JSON + "[calendar]\nstart = '2024-06'\n")
    closed = ("month", "--closed", "--today", "2024-07-03", "--json", "--format", "csv")
    done = in_process(*closed, cwd=project.folder)
    said = [n for n in json.loads(done.stdout)["notices"] if "of the usual" in n]
    words = "By 2024-07-03 accounting holds 85% of the usual for June 2024 (17 USD entries; 20 in"
    assert bool(said) == provisional
    assert all(notice.startswith(words) for notice in said)
    lines = told(project)
    assert len(of(lines, "provisional")) == provisional
    assert len(of(lines, "readiness")) == (not provisional)
    assert not [line for line in of(lines, "notice") if "of the usual" in line["message"]]
    if provisional:
        assert in_process("verify", "--all", cwd=project.folder).returncode == 0


def test_the_least_share_is_configured(project: Project) -> None:
    """Whoever books early wants more of the usual, whoever books late less."""
    usual(project, 18)
    project.configure(rest="[calendar]\nstart = '2024-06'\nready_from = '95%'\n")
    closed = ("month", "--closed", "--today", "2024-07-03", "--json", "--format", "csv")
    notices = json.loads(in_process(*closed, cwd=project.folder).stdout)["notices"]
    assert any("90% of the usual" in notice for notice in notices)


# Secrets


@pytest.fixture(scope="module")
def loaded(server: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Fill the server with a small sample, which everybody here only reads."""
    folder = tmp_path_factory.mktemp("sample")
    sample.make(sample.Recipe(contracts=50), folder / "sample.duckdb")
    sample.export(folder / "sample.duckdb", folder, "csv")
    server.load(folder)


@pytest.fixture
def books(server: Server, loaded: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Give a project whose two sides are databases; the password stands in a variable."""
    monkeypatch.setenv("BOOKS_PASSWORD", server.password)
    return Project(tmp_path / "books")


def connect(project: Project, server: Server, entries: str | None = None, **more: object) -> None:
    """Write the configuration of both databases."""
    path = configuration(server, project.config.parent, entries, **more)
    path.write_text(path.read_text(encoding="utf-8") + JSON, encoding="utf-8")


def nowhere(project: Project, done: subprocess.CompletedProcess[bytes], canary: str) -> None:
    """Assert that a secret, however it is written, is in no file and in nothing that was told."""
    ways = {canary, canary.replace("}", "}}"), json.dumps(canary)[1:-1]}
    left = [path.read_bytes() for path in project.folder.rglob("*") if path.is_file()]
    assert len(left) >= 3
    for content in (done.stdout, done.stderr, *left):
        assert not [way for way in ways if way.encode() in content]


def test_a_password_is_in_nothing_that_a_run_leaves(server: Server, books: Project) -> None:
    """Reports, evidence, journal, log; stdout and stderr."""
    connect(books, server)
    done = month(books)
    assert done.returncode == 3
    nowhere(books, done, server.password)
    fetched = of(told(books), "fetched")
    assert {line["message"] for line in fetched} == {
        "The analytics side is here", "The accounting side is here",
    }  # fmt: skip
    assert all(line["seconds"] > 0 for line in fetched)


@pytest.mark.parametrize("canary", ["can;ary}= ü", "sécret-canary"])
def test_a_wrong_password_is_in_nothing_either(server: Server, books: Project, canary: str) -> None:
    """The server refuses it."""
    connect(books, server)
    done = month(books, BOOKS_PASSWORD=canary)
    assert done.returncode == 5
    assert told(books)[-1]["exit_code"] == 5
    nowhere(books, done, canary)


def test_a_password_that_a_driver_repeats_is_hidden(server: Server, books: Project) -> None:
    """In the words of an error that nobody knows the meaning of."""
    canary = server.password.replace("'", "''")
    failing = (
        f"SELECT CAST('{canary} PWD={canary}' AS INTEGER) AS amount, r.entry_id, r.contract_id, "
        "r.revenue_type, r.recognition_period FROM dbo.revenue_recognition AS r "
        "WHERE r.recognition_period >= ? AND r.recognition_period < ?"
    )
    connect(books, server, failing)
    done = month(books)
    assert done.returncode == 5
    query = books.config.parent / "entries.sql"
    assert server.password in query.read_text()
    query.unlink()
    assert "***" in told(books)[-1]["message"]
    nowhere(books, done, server.password)


def test_every_further_attempt_is_logged(
    server: Server, run: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which one it is, and what the driver said before; the password is not in it."""
    monkeypatch.setenv("BOOKS_PASSWORD", server.password)
    monkeypatch.setattr(driver_errors, "WAITS", (0.1, 0.1, 0.1))
    connect(project, server)
    text = project.config.read_text(encoding="utf-8")
    if "PORT=" not in text:
        pytest.skip("the server of these tests has no port to be changed")
    project.config.write_text(re.sub(r"PORT=\d+", "PORT=9", text), encoding="utf-8")
    assert run()[0] == 5
    retries = [line for line in of(told(project), "retry") if "analytics" in line["message"]]
    assert [line["attempt"] for line in retries] == [2, 3, 4]
    assert all(line["level"] == "warning" and line["wait_seconds"] == 0.1 for line in retries)
    assert all("08001" in line["said"] for line in retries)
    assert server.password not in logs(project)[0].read_text()
