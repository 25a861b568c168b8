"""A year that nobody watches: twelve months by `recon month --closed`, through all that goes wrong.

It is played once, day by day on a clock of our own; the tests look at what it has left.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from recon.alerts import delivery
from recon.base.errors import ExitCode
from recon.record.journal.alerts import AlertKind, Sent
from recon.record.journal.model import Run
from recon.record.journal.store import Journal
from tests.clock import Clock, clock_in_hand
from tests.shell import CONTRACTS, ENTRIES, Project, in_process, one_sentence
from tests.slack_server import Reply, SlackServer, slack_server

MONTHS = [f"2024-{number:02}" for number in range(1, 13)]
KEYS = ("001", "002", "003")
CONFIGURATION = """
[calendar]
time_zone = "America/New_York"
start = "2024-01"
holidays = "holidays.txt"
[slack]
webhook_env = "HOOK"
"""
HOLIDAYS = """
2024-05-01 # the third business day of May is the 6th
2024-09-02
2024-12-25
2025-01-01 # and that of January the 6th
"""
NEW_YORK = ZoneInfo("America/New_York")
DOWN = Reply(500, "trouble")


@dataclass(frozen=True)
class Start:
    """What a command that was started on a day has come to."""

    day: str
    code: int
    out: str
    err: str


@dataclass
class Year:
    """A company, its Slack and its clock; `diary` has what the task did, start by start."""

    project: Project
    slack: SlackServer
    clock: Clock
    diary: list[Start] = field(default_factory=list)

    def task(self, day: str, hour: int = 21, minute: int = 0) -> Start:
        """Let the task start on a day, late enough to be on the next one in London."""
        done = self.command(day, "month", "--closed", "--today", day, hour=hour, minute=minute)
        self.diary.append(done)
        return done

    def command(self, day: str, *arguments: str, hour: int = 9, minute: int = 0,
                who: str = "svc-recon") -> Start:  # fmt: skip
        """Return what becomes of a command that somebody gives in the morning of a day."""
        year, month, number = map(int, day.split("-"))
        self.clock.moment = datetime(year, month, number, hour, minute, tzinfo=NEW_YORK)
        cheap = ("--format", "csv", "--quiet") if arguments[0] == "month" else ()
        done: subprocess.CompletedProcess[bytes] = in_process(
            *arguments, *cheap, cwd=self.project.folder,
            env={"HOOK": self.slack.webhook}, user=who,
        )  # fmt: skip
        return Start(day, done.returncode, done.stdout.decode(), done.stderr.decode())

    def sign(self, day: str, month: str, role: str, who: str) -> Start:
        """Return what becomes of a signature."""
        said = ("--role", role, "--comment", "Checked against the bank.")
        return self.command(day, "sign-off", month, *said, who=who)

    def post(self, *months: str, more: str = "") -> None:
        """Let accounting post months: 100.00 for each of the three contracts, and what is more."""
        for month in months:
            lines = [f"E-{key}-{month},{key},Subscription,100.00,{month}\n" for key in KEYS]
            self.project.write(f"ledger/{month}.csv", ENTRIES + "".join(lines) + more)

    def hide(self, hidden: bool) -> None:
        """Take the ledger off the network, or bring it back."""
        there, away = (self.project.folder / "data" / name for name in ("ledger", "away"))
        if hidden:
            there.rename(away)
        else:
            away.rename(there)

    def runs(self) -> list[Run]:
        """Return all runs that are recorded, in order of time."""
        with Journal.look(self.project.reports) as journal:
            return journal.runs()


def winter(year: Year) -> None:
    """January as it should be; when February is due, the ledger is gone for two days."""
    year.post("2024-01")
    assert year.task("2024-02-02").code == 0
    assert year.task("2024-02-05").code == 0
    assert year.task("2024-02-06").code == 0
    year.post("2024-02")
    year.hide(True)
    assert year.task("2024-03-05").code == ExitCode.SOURCE_UNREACHABLE
    assert year.command("2024-03-06", "escalate").code == 0
    # No machine starts a task to the second.
    assert year.task("2024-03-06", 20, 59).code == ExitCode.SOURCE_UNREACHABLE
    year.hide(False)
    assert year.task("2024-03-07").code == 0


def spring(year: Year) -> None:
    """March, looked at too early, and two tasks on one day; April with an entry posted twice."""
    year.post("2024-03")
    assert year.command("2024-04-02", "month", "2024-03").code == 0
    assert year.sign("2024-04-02", "2024-03", "preparer", "anna").code == 0
    assert year.task("2024-04-03", 7).code == 0
    assert year.task("2024-04-03", 12).code == 0
    twice = "E-9,001,Subscription,100.00,2024-04\n"
    year.post("2024-04", more=twice)
    assert year.task("2024-05-03").code == 0
    assert year.task("2024-05-06").code == ExitCode.BREAKS
    assert year.command("2024-05-13", "escalate").code == 0


def summer(year: Year) -> None:
    """The machine is off for five weeks and a month end; then Slack, while August is signed."""
    year.post("2024-05", "2024-06")
    assert year.task("2024-07-08").code == 0
    assert year.task("2024-07-09").code == 0
    assert year.task("2024-07-10").code == 0
    year.post("2024-07", "2024-08")
    year.slack.standing = DOWN
    assert year.task("2024-08-05").code == ExitCode.ALERT
    assert year.task("2024-08-06").code == 0
    assert year.command("2024-09-03", "month", "2024-08").code == ExitCode.ALERT
    assert year.sign("2024-09-03", "2024-08", "preparer", "anna").code == 0
    assert year.sign("2024-09-04", "2024-08", "reviewer", "ben").code == 0
    assert year.task("2024-09-05").code == 0


def autumn(year: Year) -> None:
    """Ledger and Slack are gone at once; then October's books are late, and are run by hand."""
    year.post("2024-09")
    year.hide(True)
    assert year.task("2024-10-03").code == ExitCode.SOURCE_UNREACHABLE
    year.hide(False)
    year.slack.standing = None
    assert year.task("2024-10-04").code == 0
    assert year.task("2024-11-05").code == ExitCode.BREAKS
    assert year.task("2024-11-06").code == 0
    assert year.command("2024-11-11", "escalate").out == "There was nothing to send.\n"
    year.post("2024-10")
    assert year.command("2024-11-12", "month", "2024-10").code == 0
    assert year.task("2024-11-12").code == 0


def turn_of_the_year(year: Year) -> None:
    """The task is missed for a month; somebody runs December by hand and forgets November."""
    year.post("2024-11", "2024-12")
    assert year.command("2025-01-06", "month", "2024-12").code == 0
    assert year.task("2025-01-06").code == 0
    assert year.task("2025-01-07").code == 0


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    """Yield the year as it has been."""
    project = Project(tmp_path_factory.mktemp("year"))
    project.configure(accounting="path = '../data/ledger/*.csv'\n", rest=CONFIGURATION)
    (project.config.parent / "holidays.txt").write_text(HOLIDAYS, encoding="utf-8")
    lines = [f"{key},Subscription,1200.00,12,2024-01-01,2024-12-31,Aster\n" for key in KEYS]
    project.write("contracts.csv", CONTRACTS + "".join(lines))
    with pytest.MonkeyPatch.context() as patch, slack_server() as slack, clock_in_hand() as clock:
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
            patch.delenv(name, raising=False)
        patch.setattr(delivery, "PAUSE", 0.0)
        patch.setattr(delivery, "RETRIES", 0)
        played = Year(project, slack, clock)
        for season in (winter, spring, summer, autumn, turn_of_the_year):
            season(played)
        yield played


def on(year: Year, day: str) -> Start:
    """Return the last start of the task on a day."""
    return [start for start in year.diary if start.day == day][-1]


def test_nothing_is_skipped_and_nothing_stands_twice(year: Year) -> None:
    """Each month has one run that stands, in their order but for the one that was forgotten."""
    runs = year.runs()
    last = {run.month: run.run_id for run in runs}
    standing = [str(run.month) for run in runs if last[run.month] == run.run_id]
    assert standing == [*MONTHS[:10], "2024-12", "2024-11"]
    again = Counter(str(run.month) for run in runs)
    # A look before the books closed, and October once its books were full; both by hand.
    assert {month for month, count in again.items() if count > 1} == {"2024-03", "2024-10"}
    assert again.total() == len(MONTHS) + 2
    assert [run.month for run in runs if run.provisional] == [runs[10].month]
    assert [str(run.month) for run in runs if run.exit_code] == ["2024-04", "2024-10"]


def test_every_run_is_told_once_and_in_order(year: Year) -> None:
    """Whatever was down, and nothing waits at the end."""
    with Journal.look(year.project.reports) as journal:
        known = journal.alerts
        alerts, deliveries, waiting = known.all(), known.deliveries(), known.waiting()
    assert waiting == []
    assert year.slack.texts == [alert.payload["text"] for alert in alerts]
    sent = [item.alert for item in deliveries if item.sent is Sent.SENT]
    assert sent == [alert.id for alert in alerts]
    digests = [alert.run for alert in alerts if alert.kind is AlertKind.DIGEST]
    assert digests == [run.run_id for run in year.runs()]
    moments = [item.at for item in deliveries]
    assert all(one < other for one, other in pairwise(moments))


def test_failures_are_told_every_day_and_escalated(year: Year) -> None:
    """Once a day, and to the next people when a morning has passed; those that waited arrive."""
    with Journal.look(year.project.reports) as journal:
        known = journal.alerts
        failures = [alert for alert in known.all() if alert.level == "failure"]
    told = [(str(alert.at.astimezone(NEW_YORK).date()), alert.kind) for alert in failures]
    assert told == [
        ("2024-03-05", AlertKind.FAILURE),
        ("2024-03-06", AlertKind.ESCALATION),
        ("2024-03-06", AlertKind.FAILURE),
        ("2024-10-03", AlertKind.FAILURE),
    ]
    for day, month in (("2024-03-06", "2024-02"), ("2024-10-03", "2024-09")):
        due, failed = on(year, day).err.splitlines(keepends=True)
        assert due.startswith(f"recon: {month} is due: ")
        assert "/ledger/*.csv does not exist;" in one_sentence(failed).replace("\\", "/")


def test_breaks_are_escalated_once_and_not_while_the_books_are_not_full(year: Year) -> None:
    """April's was; October's were none once its books were full."""
    with Journal.look(year.project.reports) as journal:
        known = journal.alerts
        told = {alert.id: alert for alert in known.all()}
    (high,) = [a for a in told.values() if a.kind is AlertKind.ESCALATION and a.level == "high"]
    assert (high.month, str(high.at.date())) == ("2024-04", "2024-05-13")
    digests = [alert for alert in told.values() if alert.kind is AlertKind.DIGEST]
    early = [alert.run for alert in digests if "provisional" in json.dumps(alert.payload)]
    assert early == [run.run_id for run in year.runs() if run.provisional]


def test_a_day_on_which_nothing_is_due_is_one_line(year: Year) -> None:
    """It says why, in the days of the calendar, and when the next month is."""
    idle = {start.day: start for start in year.diary if start.out.startswith("Nothing is due")}
    told = {day: start.out for day, start in idle.items()}
    run, due = "Nothing is due: {} was run on {}", ". {} is due from {}.\n"
    assert told == {
        "2024-02-02": "Nothing is due: the books of 2024-01 are still open"
        + due.format("2024-01", "2024-02-05"),
        "2024-02-06": run.format("2024-01", "2024-02-05") + due.format("2024-02", "2024-03-05"),
        "2024-04-03": run.format("2024-03", "2024-04-03") + due.format("2024-04", "2024-05-06"),
        "2024-05-03": run.format("2024-03", "2024-04-03") + due.format("2024-04", "2024-05-06"),
        "2024-07-10": run.format("2024-06", "2024-07-09") + due.format("2024-07", "2024-08-05"),
        "2024-08-06": run.format("2024-07", "2024-08-05") + due.format("2024-08", "2024-09-05"),
        "2024-09-05": "Nothing is due: 2024-08 was signed off on 2024-09-04"
        + due.format("2024-09", "2024-10-03"),
        "2024-11-06": run.format("2024-10", "2024-11-05")
        + ", before its books were complete; run it again once they are"
        + due.format("2024-11", "2024-12-04"),
        "2024-11-12": run.format("2024-10", "2024-11-12") + due.format("2024-11", "2024-12-04"),
        "2025-01-07": run.format("2024-12", "2025-01-06") + due.format("2025-01", "2025-02-05"),
    }
    assert {(start.code, start.err) for start in idle.values()} == {(0, "")}


def test_what_is_missing_is_told_when_it_is_made_good(year: Year) -> None:
    """How many are left after five weeks, and the gap that a run by hand has left."""
    assert "After it, 1 more is due" in on(year, "2024-07-08").err
    warned = [start.day for start in year.diary if "Warning: there is no run of" in start.err]
    assert warned == ["2025-01-06"]
    told = on(year, "2025-01-06").err
    assert "2024-11 is due: it has no run, though 2024-12 has one;" in told
    assert "Warning: there is no run of 2024-11, although a later month has one." in told


def test_only_a_month_that_two_have_signed_is_left_alone(year: Year) -> None:
    """August was, before its closing day; the look at March had a signature of one."""
    with Journal.look(year.project.reports) as journal:
        signed = journal.signatures()
    assert [len(given) for given in signed.values()] == [1, 2]
    runs = [run for run in year.runs() if run.run_id in signed]
    assert [str(run.month) for run in runs] == ["2024-03", "2024-08"]


def test_each_run_and_each_failure_has_a_log(year: Year) -> None:
    """Of the day on which it was, in the time of the world."""
    names = sorted(path.name for path in (year.project.reports / "logs").glob("*.log"))
    assert len(names) == len(year.runs()) + 3
    assert names[0].startswith("2024-01_20240206T02")
