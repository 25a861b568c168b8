"""The log: lines to read or for machines, a file a run, and nothing that ends one."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recon.base import secrets
from recon.base.month import Month
from recon.config import Settings
from recon.config.log import LogFormat, LogLevel, LogSettings
from recon.record.log import Log, files
from recon.record.log.lines import JsonLine, Redacting, TextLine
from tests.full_disk import full_disk

JUNE = Month.parse("2024-06")
NOW = datetime(2024, 7, 3, 7, 15, 0, 123_456, tzinfo=UTC)
AT = NOW.astimezone().isoformat(timespec="milliseconds")
HEAD = f"{AT} WARNING "


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a project whose logs are lines of JSON."""
    return Settings(reports=tmp_path / "reports", log=LogSettings(LogFormat.JSON))


@pytest.fixture(autouse=True)
def canary(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give a secret that was read."""
    monkeypatch.setattr(secrets, "_known", [])
    yield secrets.remembered('ca"na\\ry')


def logs(settings: Settings) -> list[Path]:
    """Return the logs that are there."""
    return sorted((settings.reports / "logs").glob("*"))


def told(settings: Settings) -> list[dict[str, Any]]:
    """Return the lines of the only log."""
    (path,) = logs(settings)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def written(form: LogFormat, message: str, **facts: object) -> str:
    """A line of a known moment, redacted and formatted."""
    record = logging.LogRecord("recon", logging.WARNING, "", 0, message, None, None)
    vars(record).update(created=NOW.timestamp(), event="note", facts=facts)
    assert Redacting().filter(record)
    return (TextLine() if form is LogFormat.TEXT else JsonLine()).format(record)


# Lines


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({}, ""),
        ({"rows": 5, "seconds": 0.5}, "  rows=5 seconds=0.5"),
        ({"path": "C:\\a b\\c"}, '  path="C:\\\\a b\\\\c"'),
        ({"a": {"b": {"c": 1}, "d": ""}}, '  a.b.c=1 a.d=""'),
        ({"names": ["x", "y"], "none": None}, '  names=["x", "y"] none=null'),
        ({"x": "a=b", "ü": "ü"}, '  x="a=b" ü=ü'),
    ],
)
def test_a_line_to_read(facts: dict[str, object], shown: str) -> None:
    """When, how grave, what, and the facts."""
    assert written(LogFormat.TEXT, "Done", **facts) == f"{HEAD}Done{shown}"


def test_what_takes_several_lines_is_indented() -> None:
    """Nothing that is told looks like a line of the log."""
    text = written(LogFormat.TEXT, f"a\n{HEAD}forged", traceback="x\ny\n", n=1)
    assert text == f"{HEAD}a  n=1\n    {HEAD}forged\n    x\n    y"


def test_a_line_for_machines() -> None:
    """One document a line, in ASCII."""
    raw = written(LogFormat.JSON, "a\nü", rows=5, where=Path("x"), parts=(1, {"y": "z"}))
    assert raw.isascii()
    assert "\n" not in raw
    assert json.loads(raw) == {
        "at": AT, "level": "warning", "event": "note",
        "message": "a\nü", "rows": 5, "where": "x", "parts": [1, {"y": "z"}],
    }  # fmt: skip


@pytest.mark.parametrize("form", LogFormat)
def test_no_secret_passes(form: LogFormat, canary: str) -> None:
    """Neither in a message nor deep in a fact, and not in the words of an error."""
    raw = written(
        form, f"PWD={canary};x", a=canary, b=[{"c": f"x{canary}x"}], d=KeyError(canary),
        e="https://hooks.slack.com/services/T0/B0/canary", f="xoxb-1-canary",
    )  # fmt: skip
    assert "ca" not in raw.replace("slack.com", "")
    if form is LogFormat.JSON:
        assert json.loads(raw)["b"] == [{"c": "x***x"}]


@pytest.mark.parametrize("form", LogFormat)
def test_a_path_of_any_bytes_is_written(settings: Settings, form: LogFormat) -> None:
    """Linux allows what UTF-8 does not."""
    log, odd = Log(), os.fsdecode(b"a\xffb")
    log.begin(replace(settings, log=LogSettings(form)), JUNE)
    log.note("note", odd, path=odd)
    log.end(0)
    assert log.trouble == ""
    assert logs(settings)[0].read_text(encoding="utf-8").count(r"a\udcffb") == 2


# Files


def test_two_runs_of_a_moment_have_two_logs(tmp_path: Path) -> None:
    """Even where another machine has a process of that number."""
    found = [files.created(tmp_path, JUNE, NOW) for _ in range(3)]
    found.append(files.created(tmp_path, None, NOW))
    for file in found:
        file.close()
    name = f"_20240703T071500Z_{os.getpid()}"
    assert [Path(file.name).name for file in found] == [
        f"2024-06{name}.log", f"2024-06{name}_2.log", f"2024-06{name}_3.log", f"recon{name}.log",
    ]  # fmt: skip


def test_only_old_logs_of_ours_are_deleted(tmp_path: Path) -> None:
    """By the day in their name, whatever else is there and looks like one."""
    old = ["2023-01_20230201T000000Z_1.log", "recon_20230201T000000Z_12_2.log"]
    kept = [
        "2024-06_20240703T071500Z_1.log", "2023-01_20230201T000000Z_1.log.bak", "notes.log",
        "x2023-01_20230201T000000Z_1.log", "2023-01_20239901T000000Z_1.log",
        "2023-01_20230201T000000Z_1.txt", "2023-01_20230201T000000Z_.log",
    ]  # fmt: skip
    for name in old + kept:
        (tmp_path / name).write_text("x")
    (tmp_path / "2022-01_20220201T000000Z_1.log").mkdir()
    assert files.prune(tmp_path, NOW, 400) == 2
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*kept, "2022-01_20220201T000000Z_1.log"}
    # A day before its time it stays.
    assert files.prune(tmp_path, NOW + timedelta(399), 400) == 0
    assert files.prune(tmp_path, NOW + timedelta(401), 400) == 1


def test_a_log_that_is_held_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next run deletes it."""
    (tmp_path / "2023-01_20230201T000000Z_1.log").write_text("x")

    def held(_: Path) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(Path, "unlink", held)
    assert files.prune(tmp_path, NOW, 400) == 0


# Records


def test_a_run_is_told_from_its_beginning_to_its_exit_code(settings: Settings) -> None:
    """Steps have their durations; whoever shows progress hears of them as before."""
    log, heard = Log(), list[str]()
    log.begin(settings, JUNE)
    step = log.following(heard.append)
    step("Reading")
    log.note("retry", "Again", attempt=2)
    step("Writing")
    log.end(3)
    assert heard == ["Reading", "Writing"]
    found = told(settings)
    assert [(item["event"], item["level"]) for item in found] == [
        ("run_begun", "info"), ("step_begun", "info"), ("retry", "warning"),
        ("step_ended", "info"), ("step_begun", "info"), ("step_ended", "info"),
        ("run_ended", "info"),
    ]  # fmt: skip
    assert {"user", "host", "versions", "configuration", "configuration_sha256"} <= set(found[0])
    assert found[3]["step"] == "Reading"
    assert found[3]["seconds"] >= 0
    assert (found[-1]["exit_code"], found[-1]["message"]) == (3, "The run has ended")


def test_a_failed_run_tells_the_sentence_and_where_it_was(settings: Settings, canary: str) -> None:
    """A defect its traceback as well, without what variables held."""
    log = Log()
    log.begin(settings, JUNE)
    log.following(lambda _: None)("Reading")
    try:
        hidden = "a local value"
        raise KeyError(f"{canary} {len(hidden)}")
    except KeyError as error:
        log.end(1, f"This is a defect in recon ({error}).", error)
    last = told(settings)[-1]
    assert (last["level"], last["exit_code"], last["during"]) == ("error", 1, "Reading")
    assert last["message"] == "This is a defect in recon ('*** 13')."
    assert "raise KeyError" in last["traceback"]
    assert "a local value" not in json.dumps(told(settings)[-1:]).replace('hidden = "a', "")


@pytest.mark.parametrize(
    ("code", "level"), [(0, "info"), (3, "info"), (8, "info"), (1, "error"), (5, "error")]
)
def test_a_run_that_is_done_ends_without_an_error(
    settings: Settings, code: int, level: str
) -> None:
    """Breaks are none of the run, and an alert that waits was told as what it is."""
    log = Log()
    log.begin(settings, JUNE)
    log.following(lambda _: None)("Writing")
    log.note("alerts_waiting", "x")
    log.end(code)
    last = told(settings)[-1]
    assert (last["level"], last["exit_code"], "during" in last) == (level, code, level == "error")
    assert [item["level"] for item in told(settings) if item["event"] == "alerts_waiting"] == [
        "warning"
    ]


@pytest.mark.parametrize(
    ("level", "events"),
    [
        (LogLevel.INFO, ["note", "retry", "library"]),
        (LogLevel.WARNING, ["retry", "library"]),
        (LogLevel.ERROR, []),
    ],
)
def test_the_level_leaves_out_what_is_less_grave(
    settings: Settings, level: LogLevel, events: list[str]
) -> None:
    """The beginning and the end are always there."""
    log = Log()
    log.begin(replace(settings, log=replace(settings.log, level=level)), JUNE)
    log.note("note", "x")
    log.note("retry", "x")
    logging.getLogger("pyodbc").warning("x")
    log.end(0)
    assert [item["event"] for item in told(settings)] == ["run_begun", *events, "run_ended"]


def test_libraries_are_heard_from_warnings_on(settings: Settings, canary: str) -> None:
    """What they warn of goes to the log and not to stderr, as long as the run lasts."""
    log, library = Log(), logging.getLogger("slack_sdk.webhook")
    log.begin(settings, JUNE)
    library.setLevel(logging.DEBUG)
    library.debug("to %s", canary)
    library.warning("slow: %s", canary)
    library.critical("worse")
    odd = logging.LogRecord("x", logging.ERROR, "", 0, "odd %d", ("no number",), None)
    logging.getLogger().handlers[-1].handle(odd)
    log.end(0)
    library.warning("too late")
    library.setLevel(logging.NOTSET)
    heard = [item for item in told(settings) if item["event"] == "library"]
    assert [(item["message"], item["level"]) for item in heard] == [
        ("slow: ***", "warning"), ("worse", "error"), ("odd %d", "error"),
    ]  # fmt: skip
    assert not [item for item in logging.getLogger().handlers if "recon" in type(item).__module__]


def test_before_it_begins_nothing_is_kept(settings: Settings) -> None:
    """Commands that record nothing have no log, nor has a command line that is wrong."""
    log = Log()
    log.note("note", "x")
    log.end(9, "x")
    log.expect(settings)
    log.end(0)
    log.end(2, "Wrong")
    assert not settings.reports.exists()


def test_a_failure_before_the_month_is_known_is_kept(settings: Settings) -> None:
    """As where another run holds the lock."""
    log = Log()
    log.expect(settings)
    log.end(9, "In use.")
    (path,) = logs(settings)
    assert re.fullmatch(r"recon_\d{8}T\d{6}Z_\d+\.log", path.name)
    assert [item["event"] for item in told(settings)] == ["run_begun", "run_ended"]
    assert (told(settings)[0]["month"], told(settings)[1]["exit_code"]) == (None, 9)


def test_a_folder_that_cannot_be_made_is_a_sentence(settings: Settings) -> None:
    """The run goes on, and nothing is tried again."""
    settings.reports.write_text("a file")
    log = Log()
    log.begin(settings, JUNE)
    log.note("note", "x")
    log.end(9, "x")
    assert log.trouble == (
        f"The log cannot be written: {settings.reports / 'logs'}: Not a directory. The run went on "
        "without it; make room there or name another folder as [log] directory."
    )


def test_a_disk_that_fills_up_is_a_sentence(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was written before stays readable."""
    log = Log()
    full_disk(monkeypatch, lines=1)
    log.begin(settings, JUNE)
    log.note("note", "x")
    log.note("note", "y")
    log.end(0)
    (path,) = logs(settings)
    assert log.trouble.startswith(f"The log cannot be written: {path}: No space left on device.")
    # Of the line that did not fit there is a part, as the system has it.
    assert path.read_bytes().count(b"\n") == 1
    assert path.read_bytes()[-1:] != b"\n"
    assert not [item for item in logging.getLogger().handlers if "recon" in type(item).__module__]


def test_old_logs_go_when_a_run_begins_and_another_folder_can_be_named(settings: Settings) -> None:
    """0 days keep them all."""
    folder = settings.reports / "elsewhere"
    folder.mkdir(parents=True)
    old = folder / "2020-01_20200201T000000Z_1.log"
    old.write_text("x")
    for days, there in ((0, True), (400, False)):
        log = Log()
        log.begin(replace(settings, log=LogSettings(directory=folder, keep_days=days)), JUNE)
        log.end(0)
        assert old.exists() == there
    assert len(list(folder.iterdir())) == 2
    assert not (settings.reports / "logs").exists()
