"""The tables [calendar] and [tasks]: what they mean, and every mistake in them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from recon.base.calendar import Calendar
from recon.base.errors import ConfigError
from recon.config import Settings, TaskSettings, load

SAMPLE = "[analytics]\nsource = 'sample'\n[accounting]\nsource = 'sample'\n"


def loaded(folder: Path, text: str) -> Settings:
    """Return the settings of a configuration on the sample with some more lines."""
    path = folder / "config" / "recon.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(SAMPLE + text, encoding="utf-8")
    return load(path)


def mistakes(folder: Path, text: str) -> tuple[str, ...]:
    """Return the mistakes of a configuration on the sample with some more lines."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return caught.value.mistakes


def test_left_out_both_are_the_usual(tmp_path: Path) -> None:
    """The third business day without holidays; the close on the first ten days at seven."""
    settings = loaded(tmp_path, "")
    assert settings.calendar == Calendar()
    assert settings.tasks == TaskSettings()
    assert settings.tasks.days == ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10")
    assert len(settings.tasks.months) == 12
    assert settings.home == tmp_path


def test_a_calendar_is_read(tmp_path: Path) -> None:
    """The file of holidays stands beside the configuration; comments and blank lines are none."""
    (tmp_path / "config").mkdir()
    lines = "# ours\n\n2024-12-25   # Christmas Day\n 2025-01-01\n"
    (tmp_path / "config" / "holidays.txt").write_text(lines, encoding="utf-8-sig")
    text = "[calendar]\ntime_zone = 'Asia/Tokyo'\nclose_day = 5\nstart = '2024-01'\n"
    calendar = loaded(tmp_path, text + "holidays = 'holidays.txt'\n").calendar
    assert (calendar.time_zone, calendar.close_day, str(calendar.start)) == (
        "Asia/Tokyo",
        5,
        "2024-01",
    )
    assert calendar.holidays == {date(2024, 12, 25), date(2025, 1, 1)}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (b"2024-13-01\n", "line 1: '2024-13-01'"),
        (b"2024-12-25\n25.12.2024\n20241226\n", "line 2: '25.12.2024', line 3: '20241226'"),
        (b"2023-02-29\n", "line 1: '2023-02-29'"),
        (b"x\n" * 9, "line 5: 'x' and 4 more"),
        ("# Heilige Drei Könige".encode("cp1252"), "is not UTF-8; save it as UTF-8"),
    ],
)
def test_every_wrong_line_of_the_holidays_is_told(tmp_path: Path, lines: bytes, told: str) -> None:
    """With its number."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "h.txt").write_bytes(lines)
    (mistake,) = mistakes(tmp_path, "[calendar]\nholidays = 'h.txt'\n")
    assert mistake.startswith("calendar.holidays: ")
    assert told in mistake


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("close_day = 0", "0 is not a business day from 1 to 20"),
        ("close_day = 21", "21 is not a business day from 1 to 20"),
        ("close_day = '3'", "'3' is not a whole number from 0"),
        ("start = '2024'", "'2024' is not a month in quotes, like '2024-01'"),
        ("start = 2024", "2024 is not a text"),
        ("start = 2024-01-01", "datetime.date(2024, 1, 1) is not a text"),
        ("time_zone = 'Berlin'", "'Berlin' is not a time zone, like 'Europe/Berlin'"),
        ("time_zone = 'localtime'", "'localtime' is not a time zone, like 'Europe/Berlin'"),
        ("holiday = 'x'", "is not a known key; did you mean holidays?"),
    ],
)
def test_mistakes_of_the_calendar(tmp_path: Path, line: str, told: str) -> None:
    """Each with its key."""
    (mistake,) = mistakes(tmp_path, f"[calendar]\n{line}\n")
    assert mistake == f"calendar.{line.split(' ', maxsplit=1)[0]}: {told}"


def test_tasks_are_read(tmp_path: Path) -> None:
    """Every key; numbers in any order, each once."""
    text = r"""[tasks]
account = 'FIN\recon$'
group_managed = true
folder = '\Finance\recon\'
days = "10, 1-3, 2, Last"
months = "1, 4, 7, 10"
time = "06:30"
catch_up_time = "13:00"
escalation = true
escalation_time = "09:00"
time_limit = 90
working_directory = '\\files\recon'
"""
    assert loaded(tmp_path, text).tasks == TaskSettings(
        account="FIN\\recon$",
        group_managed=True,
        folder="Finance\\recon",
        days=("1", "2", "3", "10", "Last"),
        months=("1", "4", "7", "10"),
        time="06:30",
        catch_up_time="13:00",
        escalation=True,
        escalation_time="09:00",
        time_limit=90,
        working_directory="\\\\files\\recon",
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("account = 'svc'", "is not an account like"),
        ("account = 'A\\B\\C'", "is not an account like"),
        ("account = 'A\\B;C'", "is not an account like"),
        ('account = "FIN\\recon"', "is not an account like"),  # a carriage return in it
        ("account = 'SYSTEM'", "is not an account like"),
        ("account = 'FIN\\recon$'", "false does not go with FIN\\recon$"),
        ("account = 'FIN\\svc'\ngroup_managed = true", "true does not go with FIN\\svc"),
        ("folder = 'a/b'", "is not a folder of tasks"),
        ("folder = 'a\\\\b'", "is not a folder of tasks"),
        ("days = '0-3'", "is not numbers from 1 to 31 like '1-10', or Last"),
        ("days = '1-32'", "is not numbers from 1 to 31"),
        ("days = '5-1'", "is not numbers from 1 to 31"),
        ("days = '1-99999999999'", "is not numbers from 1 to 31"),
        ("days = 'last'", "is not numbers from 1 to 31"),
        ("days = '1,,2'", "is not numbers from 1 to 31"),
        ("months = '1-13'", "'1-13' is not numbers from 1 to 12 like '1-10'"),
        ("months = 'Last'", "is not numbers from 1 to 12"),
        ("time = '7:00'", "'7:00' is not a time of day like '07:00'"),
        ("time = '24:00'", "is not a time of day"),
        ("time = 07:00:00", "is not a text"),
        ("time = '12:00'", "12:00 is also the value of time"),
        ("time_limit = 0", "0 is no limit"),
        ("working_directory = 'recon'", "is not a full path like"),
        ("working_directory = 'C:recon'", "is not a full path like"),
        ("working_directory = 'C:\\a\"b'", "is not a full path like"),
    ],
)
def test_mistakes_of_the_tasks(tmp_path: Path, line: str, told: str) -> None:
    """Each with its key and what it should look like."""
    (mistake,) = mistakes(tmp_path, f"[tasks]\n{line}\n")
    assert mistake.startswith("tasks.")
    assert told in mistake
