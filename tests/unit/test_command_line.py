"""The command line around the commands: help, months, completion, words and places."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from recon.base.calendar import Calendar
from recon.base.errors import MonthError
from recon.base.period_tables import read_periods
from recon.base.periods import Periods
from recon.cli.lazy import GROUPS, LINES, groups
from recon.reports import glossary
from tests.shell import Project, in_process, one_sentence

NOW = datetime(2024, 7, 3, 12, tzinfo=UTC)


def told(folder: Path, *arguments: str) -> str:
    """Return what a command printed; it ended well."""
    done = in_process(*arguments, cwd=folder, env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def test_help_is_there_however_it_is_asked_for(tmp_path: Path) -> None:
    """It is no mistake to type nothing."""
    shown = told(tmp_path, "--help")
    assert all(f"  {name}" in shown for name in LINES)
    assert told(tmp_path) == told(tmp_path, "-h") == told(tmp_path, "help") == shown
    of_month = told(tmp_path, "month", "--help")
    assert told(tmp_path, "help", "month") == told(tmp_path, "month", "-h") == of_month


def test_every_command_is_in_one_group() -> None:
    """The help leaves none out and repeats none."""
    listed = [name for names in groups().values() for name in names]
    assert sorted(listed) == sorted(LINES)
    assert all(f"{title}:" and names for title, names in GROUPS.items())


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2024-06", "2024-06"), ("2024-6", "2024-06"), ("2024/06", "2024-06"),
        ("202406", "2024-06"), ("6/2024", "2024-06"), ("06.2024", "2024-06"),
        ("June 2024", "2024-06"),
        ("jun 2024", "2024-06"), ("2024 june", "2024-06"), ("Sept. 2024", "2024-09"),
        (" may 2024 ", "2024-05"), ("December, 2023", "2023-12"), ("last", "2024-06"),
        ("This", "2024-07"),
    ],
)  # fmt: skip
def test_a_month_as_people_write_it(text: str, month: str) -> None:
    """Numbers in either order, words in either order, and the month before or of today."""
    assert str(Calendar(time_zone="UTC").month(text, NOW)) == month


@pytest.mark.parametrize(
    "text", ["2024-13", "2024-0", "June", "ju 2024", "Juni 2024", "6/24", "2024-06-01", "", "soon"]
)
def test_what_is_no_month(text: str) -> None:
    """A day, a year of two digits and other languages are not guessed at."""
    with pytest.raises(MonthError):
        Calendar().month(text, NOW)


def test_fiscal_periods_keep_their_codes() -> None:
    """`last` is the period before; a calendar month is none of them."""
    ends = [date(2024, 5, 26), date(2024, 6, 30), date(2024, 7, 28), date(2024, 8, 25)]
    rows = [(f"P{number}", begin, end) for number, (begin, end) in enumerate(pairwise(ends))]
    calendar = Calendar(time_zone="UTC", periods=periods(rows))
    assert str(calendar.month("last", NOW)) == "P0"
    assert str(calendar.month("p1", NOW)) == "P1"
    with pytest.raises(MonthError):
        calendar.month("June 2024", NOW)


@pytest.mark.parametrize("shell", ["powershell", "bash", "zsh", "fish"])
def test_a_shell_completes_everything(tmp_path: Path, shell: str) -> None:
    """The script has every command, their options and the values of these."""
    script = told(tmp_path, "completion", shell)
    words = set(script.replace("'", " ").replace('"', " ").replace("=", " ").split())
    assert {*LINES, "critical", "reviewer"} <= words
    option = "unacknowledged" if shell == "fish" else "--unacknowledged"
    assert option in words


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="bash")
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (["mo"], "month"),
        (["month", "--se"], "--severity --segment"),
        (["month", "--severity", ""], "warning high critical"),
        (["sign-off", "2024-06", "--role", "r"], "reviewer"),
        (["store", "b"], "backup"),
    ],
)
def test_bash_completes(tmp_path: Path, typed: list[str], found: str) -> None:
    """As it does when somebody types; it is bash that is tried, so it is started."""
    words = " ".join(f"'{word}'" for word in ("recon", *typed))
    script = (
        f"{told(tmp_path, 'completion', 'bash')}\n"
        f'COMP_WORDS=({words}); COMP_CWORD={len(typed)}; _recon; echo "${{COMPREPLY[*]}}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"{found}\n"


def test_the_glossary_explains_a_word(tmp_path: Path) -> None:
    """Whole or by its beginning; an unknown one gets those most like it."""
    words = glossary.read()
    assert len(words) > 100
    assert all(name in told(tmp_path, "glossary") for name in words)
    said = told(tmp_path, "glossary", "catch", "up")
    assert said.startswith("catch up\n  ")
    assert told(tmp_path, "glossary", "CATCH").startswith("catch up\n  ")
    assert "](" not in "".join("\n".join(glossary.explained(words, word)) for word in words)
    done = in_process("glossary", "mskd", cwd=tmp_path)
    assert done.returncode == 2
    assert "most like it are masked" in one_sentence(done.stderr.decode())


def test_doctor_says_where_everything_is(tmp_path: Path) -> None:
    """Without a look at any source."""
    project = Project(tmp_path)
    text = told(project.folder, "doctor", "--paths")
    assert f"journal        {project.reports / 'journal.db'} (not there yet)" in text
    paths = json.loads(told(project.folder, "doctor", "--paths", "--json"))["paths"]
    assert paths["configuration"] == str(project.config)
    assert paths["store"] == str(project.folder / "store")


def test_messages_are_shown_before_slack_is_set_up(tmp_path: Path) -> None:
    """Those of the last run, with a hint; without any run there is nothing to show."""
    project = Project(tmp_path)
    project.fill("1.00", contracts=["001,Subscription,120000.00,12,2024-06-01,2025-05-31,Aster\n"])
    done = in_process("notify", "--dry-run", cwd=tmp_path)
    assert done.returncode == 2
    assert "No run is recorded yet" in one_sentence(done.stderr.decode())
    assert in_process("month", "2024-06", "--format", "csv", cwd=tmp_path).returncode == 3
    done = in_process("notify", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0
    assert b"Do not close June 2024: 1 critical" in done.stdout
    assert b"nothing was sent" in done.stdout
    assert "[slack] is not set up yet" in one_sentence(done.stderr.decode())


def periods(rows: list[tuple[str, date, date]]) -> Periods:
    """Return fiscal periods, each up to the day on which the next one begins."""
    lines = [f"{code},{first},{end - timedelta(days=1)}" for code, first, end in rows]
    return read_periods(["code,first_day,last_day", *lines])
