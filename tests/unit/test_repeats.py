"""Runs that only repeat others are left out, and nothing of what is open changes by it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.base.month import Month
from recon.base.result import Break
from recon.record.journal.model import Event, Kind, OpenItem
from recon.record.journal.open_items import Resolution, as_of, open_items, timeline
from recon.record.journal.repeats import repeats
from recon.record.journal.store import Journal
from tests.unit.test_journal import a_run
from tests.unit.test_open_items import seen

MONTHS = [Month.parse(f"2024-0{number}") for number in range(4, 8)]
AT = datetime(2024, 8, 1, tzinfo=UTC)
LINES = ("C-1", "C-2", "C-3")
RUNS = st.tuples(
    st.just(Kind.RUN),
    st.sampled_from(MONTHS),
    # Few states, so that many runs repeat others.
    st.sampled_from(
        [
            {},
            {"C-1": -100},
            {"C-1": -101},
            {"C-1": -100, "C-2": 50},
            {"C-1": 90, "C-2": 51},
            {"C-1": 70, "C-3": 5},
            {"C-2": 7},
        ]
    ),
    st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(MONTHS)), max_size=2),
)
SAID = st.tuples(
    st.sampled_from([Kind.ACKNOWLEDGED, Kind.NOTED]),
    st.sampled_from(MONTHS),
    st.sampled_from(LINES),
    st.sampled_from(["", "2024-06"]),
)


def told(story: list[tuple[object, ...]]) -> tuple[list[Event], dict[str, list[Break]]]:
    """Return events and breaks of a story, as a journal would hold them."""
    events: list[Event] = []
    breaks: dict[str, list[Break]] = {}

    def say(kind: Kind, subject: str, month: Month, reason: str = "", detail: str = "") -> None:
        number = len(events) + 1
        at = AT + timedelta(minutes=number)
        events.append(Event(number, at, "anna", "pc", kind, subject, month, reason, detail))

    for number, (kind, month, what, more) in enumerate(story):
        if kind is Kind.RUN:
            breaks[f"run {number}"] = [seen(key, amount) for key, amount in what.items()]
            say(kind, f"run {number}", month)
            for line, closed in more:
                say(Kind.RESOLVED, seen(line).name, closed, "Made good.")
        else:
            say(kind, seen(what).name, month, "Known.", more)
    return events, breaks


def plainly(found: dict[str, OpenItem]) -> list[object]:
    """Return what people see; a break stays closed since the first run that says so."""
    return [
        (name, item.first_month, item.first_seen, item.seen, item.notes, item.acknowledged,
         item.resolved and (item.resolved.month, item.resolved.reason))
        for name, item in sorted(found.items())
    ]  # fmt: skip


def states(events: list[Event], breaks: dict[str, list[Break]]) -> object:
    """Return all that is known of every line; a closing is known by its reason."""
    found = timeline(events, breaks)
    return found.ran, {
        name: (line.seen, line.gone, {at: event.reason for at, event in line.closed.items()},
               line.since, line.said, line.acknowledged, line.lapsed)
        for name, line in found.lines.items()
    }  # fmt: skip


def noted_run_by_run(events: list[Event], breaks: dict[str, list[Break]]) -> set[int]:
    """Return what a journal leaves out that notes it at every run, from what it has not yet."""
    noted: set[int] = set()
    so_far: list[Event] = []
    for event, after in zip_longest(events, events[1:]):
        so_far.append(event)
        if not (after and after.kind is Kind.RESOLVED):
            noted |= set(repeats([each for each in so_far if each.number not in noted], breaks))
    return noted


@given(st.lists(st.one_of(RUNS, RUNS, SAID), max_size=14))
def test_what_is_left_out_changes_nothing(story: list[tuple[object, ...]]) -> None:
    """Of no month, neither of what is open nor of what was open at its end."""
    events, breaks = told(story)
    left_out = set(repeats(events, breaks))
    telling = [event for event in events if event.number not in left_out]
    assert repeats(telling, breaks) == []
    assert states(telling, breaks) == states(events, breaks)
    assert noted_run_by_run(events, breaks) <= left_out
    for month in (None, *MONTHS):
        assert plainly(open_items(telling, breaks, month)) == plainly(
            open_items(events, breaks, month)
        )
    for month in MONTHS:
        ends = (as_of(each, month) for each in (telling, events))
        short, whole = (plainly(open_items(each, breaks, month)) for each in ends)
        assert short == whole


def record(folder: Path, count: int, *, differ: bool = False) -> None:
    """Record so many runs of four months, which find the same again and again.

    Or, where they `differ`, other amounts every time.
    """
    with Journal.at(folder) as journal:
        journal._connection.execute("PRAGMA synchronous = OFF")
        for number in range(count):
            run = replace(
                a_run(f"run {number:05}", MONTHS[number % 4]),
                ended=AT + timedelta(minutes=number),
            )
            other = number if differ else 0
            found, closed = [seen("C-1", -100 - other), seen("C-3", -5)], []
            if number % 4 == 0:
                found.append(seen("C-2"))
            elif number % 4 == 1:
                closed = [Resolution(seen("C-2").name, run.month, "Made good.")]
            journal.record(run, found, closed)


@contextmanager
def rows_read(folder: Path) -> Iterator[tuple[Journal, list[int]]]:
    """Yield the journal, and how many rows came out of it."""
    count = [0]

    class Counting(sqlite3.Cursor):
        def fetchall(self) -> list[object]:
            return list(self)

        def __next__(self) -> object:
            row = super().__next__()
            count[0] += 1
            return row

    class Connection(sqlite3.Connection):
        def execute(self, *given: object) -> sqlite3.Cursor:  # type: ignore[override]
            return self.cursor(Counting).execute(*given)  # type: ignore[arg-type]

    with Journal.at(folder) as journal:
        path = folder / "journal.db"
        journal._connection.close()
        journal._connection = sqlite3.connect(path, factory=Connection, isolation_level=None)
        yield journal, count
        journal._connection.close()


ASKED = {
    "what was open": lambda journal: journal.standing(MONTHS[-1]),
    "what is open": lambda journal: journal.open_items(),
    "what a run follows": lambda journal: journal.past(MONTHS[-1]),
    "the last runs": lambda journal: (journal.last_run(), journal.last_run(MONTHS[0])),
    "the latest month": lambda journal: journal.latest_month(),
    "one run": lambda journal: journal.run("2024-05"),
    "events behind many lines": lambda journal: journal.event_lives(MONTHS[-1]),
    "signatures": lambda journal: journal.signatures(),
    "its head": lambda journal: (journal.head(), journal.seal_of("run 00039")),
}


@pytest.fixture(scope="module", params=["the same", "other amounts"])
def journals(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """Return journals of 40 and of 400 runs that find the same, or other amounts every time."""
    folder = tmp_path_factory.mktemp("journals")
    for runs in (40, 400):
        record(folder / str(runs), runs, differ=request.param == "other amounts")
    return [folder / "40", folder / "400"]


@pytest.mark.parametrize("asked", ASKED)
def test_what_is_asked_reads_no_more_rows_of_more_runs(journals: list[Path], asked: str) -> None:
    """Ten times as many runs, and the same rows are read."""
    counts = []
    for folder in journals:
        with rows_read(folder) as (journal, count):
            ASKED[asked](journal)
            counts.append(count[0])
    assert counts[0] == counts[1] < 50, counts


def test_the_newest_runs_are_read_alone(tmp_path: Path) -> None:
    """Of the others only the month and the moment are."""
    record(tmp_path, 40)
    with Journal.at(tmp_path) as journal:
        runs, months, count = journal.newest(3)
        of_june, *_ = journal.newest(2, MONTHS[2])
    assert [run.run_id for run in runs] == ["run 00031", "run 00035", "run 00039"]
    assert (months, count) == (4, 40)
    assert [run.run_id for run in of_june] == ["run 00034", "run 00038"]


def test_whoever_hides_a_run_among_the_repeats_is_found(tmp_path: Path) -> None:
    """The list is made from what is sealed, and proven with it."""
    record(tmp_path, 9)
    with Journal.at(tmp_path) as journal:
        assert journal.proof().damage == []
        assert len(journal.open_items()) == 3
        journal._connection.execute("INSERT INTO repeats VALUES (1)")
        assert journal.proof().damage == [
            "event 1 is left out of the open breaks, and would change them"
        ]
