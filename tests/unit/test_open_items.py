"""The lives of breaks: seen, carried, cleared, acknowledged, opened again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.base.events import Severity
from recon.base.month import Month
from recon.base.result import Break, Cause, Status, fingerprint
from recon.record.journal.ageing import Age, ageing, standing
from recon.record.journal.model import Event, Kind, OpenItem, State
from recon.record.journal.open_items import open_items, settled, timeline
from recon.reports.wording import lapsed_words

START = datetime(2024, 7, 1, 9, 0, tzinfo=UTC)
MAY, JUNE, JULY, AUGUST = (Month.parse(f"2024-0{number}") for number in (5, 6, 7, 8))


def seen(
    contract: str = "C-1", amount: int = -100, cause: str = "not_posted",
    to_date_difference: int | None = None, **more: object,
) -> Break:  # fmt: skip
    """A break of a contract as a run sees it, in whole dollars."""
    to_date = amount * 10_000 if to_date_difference is None else to_date_difference
    known = Break(
        name=fingerprint(contract.lower(), "Support", "USD"),
        contract_id=contract,
        revenue_type="Support",
        currency="USD",
        customer="Aster",
        segment="SMB",
        owner="Dana Field",
        status=Status.UNDER_RECOGNIZED,
        cause=Cause(cause),
        candidates=(Cause(cause),),
        severity=Severity.HIGH,
        expected=1_000_000,
        recognized=1_000_000 + amount * 10_000,
        difference=amount * 10_000,
        allowed=0,
        to_date_expected=0,
        to_date_recognized=to_date,
        flags=(),
        entries=(),
        explanation="Told so.",
    )
    return replace(known, **more)  # type: ignore[arg-type]


NAME = seen().name


@dataclass
class Books:
    """A journal in memory: runs that close what they close, and what people say."""

    events: list[Event] = field(default_factory=list)
    seen: dict[str, Sequence[Break]] = field(default_factory=dict)

    def run(
        self, month: Month, *breaks: Break, to_date: Mapping[str, int] | None = None
    ) -> dict[str, str]:
        """Record a run; return what it has closed, by name, with the reason."""
        now = {item.name: item for item in breaks}
        due = {item.name: item.to_date_difference for item in breaks} | dict(to_date or {})
        closed = settled(timeline(self.events, self.seen), month, now, due)
        run_id = f"run {len(self.seen) + 1}"
        self.seen[run_id] = breaks
        self._add(Kind.RUN, run_id, month)
        for item in closed:
            self._add(Kind.RESOLVED, item.name, item.month, item.reason)
        return {item.name: item.reason for item in closed}

    def acknowledge(self, month: Month, until: Month | None = None) -> None:
        """Acknowledge the break."""
        self._add(Kind.ACKNOWLEDGED, NAME, month, "Known.", str(until) if until else "")

    def _add(
        self, kind: Kind, subject: str, month: Month, reason: str = "", detail: str = ""
    ) -> None:
        at = START + timedelta(days=len(self.events))
        number = len(self.events) + 1
        self.events.append(Event(number, at, "dana", "pc", kind, subject, month, reason, detail))

    def open_item(self, month: Month | None = None) -> OpenItem:
        """Return where the break stands."""
        return open_items(self.events, self.seen, month)[NAME]


def test_a_break_begins_with_the_run_that_first_sees_it() -> None:
    """It is open, of age 0, and worth its difference."""
    books = Books()
    assert books.run(JUNE, seen()) == {}
    life = books.open_item()
    assert (life.state, life.first_month, life.amount) == (State.OPEN, JUNE, -1_000_000)
    assert (life.first_seen, life.months_old(JUNE), life.days_old(START)) == (START, 0, 0)


def test_a_break_is_carried_until_it_is_made_good() -> None:
    """A month in which the line agrees does not close it; one in which it agrees to date does."""
    books = Books()
    books.run(MAY, seen())
    assert books.run(JUNE, to_date={NAME: -1_000_000}) == {}
    assert books.open_item().state is State.OPEN
    assert books.open_item().months_old(JUNE) == 1
    assert books.run(JULY, to_date={NAME: 0}) == {NAME: "Corrected: it agrees to date in 2024-07."}
    assert books.open_item().state is State.RESOLVED


def test_a_line_that_breaks_on_adds_up() -> None:
    """What is open is the sum of its months, and its age counts from the first."""
    books = Books()
    books.run(MAY, seen())
    books.run(JUNE, seen(amount=-50))
    assert (books.open_item().amount, books.open_item().first_month) == (-1_500_000, MAY)
    assert books.open_item().last.difference == -500_000


def test_a_line_that_no_source_has_any_more_is_not_closed() -> None:
    """Without a to-date difference nothing proves that it was made good."""
    books = Books()
    books.run(MAY, seen())
    assert books.run(JUNE) == {}
    assert books.open_item().state is State.OPEN


def test_a_month_run_again_without_it_closes_it() -> None:
    """The correction is the reason."""
    books = Books()
    books.run(JUNE, seen())
    assert books.run(JUNE) == {NAME: "No longer there: 2024-06 was run again without it."}
    assert books.open_item().state is State.RESOLVED


def test_a_month_run_again_leaves_the_other_months() -> None:
    """Corrected in May, it is what June has left of it, and as old as June."""
    books = Books()
    books.run(MAY, seen())
    books.run(JUNE, seen(amount=-50))
    assert books.run(MAY) == {}
    life = books.open_item()
    assert (life.state, life.amount, life.first_month) == (State.OPEN, -500_000, JUNE)


def test_a_month_run_again_the_same_changes_nothing() -> None:
    """Two runs over the same books are one break, as old as the first of them."""
    books = Books()
    books.run(JUNE, seen())
    before = books.open_item()
    books.run(JUNE, seen())
    assert books.open_item() == before


@pytest.mark.parametrize("cause", ["catch_up", "wrong_period"])
def test_a_difference_of_timing_clears_itself(cause: str) -> None:
    """What one month lacks the next one has too much of: both are gone."""
    books = Books()
    books.run(JUNE, seen())
    made_up = seen(amount=100, cause=cause, to_date_difference=0)
    words = cause.replace("_", " ")
    reason = f"Timing: 2024-06 (not posted) and 2024-07 ({words}) agree to date."
    assert books.run(JULY, made_up) == {NAME: reason}
    assert (books.open_item().state, books.open_item().amount) == (State.RESOLVED, 0)


def test_a_difference_of_another_kind_stays_open_though_it_agrees_to_date() -> None:
    """That a duplicate makes up for what was missing is an accident, not a correction."""
    books = Books()
    books.run(JUNE, seen())
    assert books.run(JULY, seen(amount=100, cause="duplicate_entry", to_date_difference=0)) == {}
    assert books.open_item().state is State.OPEN


def test_a_line_that_breaks_again_later_is_a_new_life() -> None:
    """Its age begins anew, and what was said of the old one is history."""
    books = Books()
    books.run(MAY, seen())
    books.acknowledge(MAY, AUGUST)
    books.run(JUNE, to_date={NAME: 0})
    books.run(AUGUST, seen(amount=-30))
    life = books.open_item()
    assert (life.state, life.first_month, life.amount) == (State.OPEN, AUGUST, -300_000)
    assert life.acknowledged is None


def test_a_closed_month_run_again_goes_on_with_its_life() -> None:
    """The same finding of the month that was closed stays closed; another one opens it."""
    books = Books()
    books.run(JUNE, seen())
    books.run(JULY, to_date={NAME: 0})
    books.run(JUNE, seen())
    assert books.open_item().state is State.RESOLVED
    books.run(JUNE, seen(amount=-70))
    assert books.open_item().state is State.OPEN


def test_a_month_run_again_keeps_two_lives_apart() -> None:
    """What broke in June was made good in July; August is another break, whatever is run again."""
    books, made_up = Books(), seen(amount=100, cause="catch_up", to_date_difference=0)
    months = [(MAY, ()), (JUNE, (seen(),)), (JULY, (made_up,)), (AUGUST, (seen(amount=-30),))]
    for month, breaks in months:
        books.run(month, *breaks)
    before = books.open_item()
    assert (before.first_month, before.amount, before.state) == (AUGUST, -300_000, State.OPEN)
    for month, breaks in months:
        books.run(month, *breaks, to_date={NAME: 0} if month == MAY else None)
        assert books.open_item() == before
        assert open_items(books.events, books.seen, JULY)[NAME].resolved is not None


def test_a_month_run_again_may_no_longer_close_it() -> None:
    """July agreed to date, and after a correction does not."""
    books = Books()
    books.run(JUNE, seen())
    books.run(JULY, to_date={NAME: 0})
    books.run(JULY, to_date={NAME: -500})
    assert books.open_item().state is State.OPEN
    books.run(JULY, to_date={NAME: 0})
    assert books.open_item().state is State.RESOLVED


def test_a_month_that_is_run_late_finds_what_made_it_good() -> None:
    """July had too much of what June lacks, and was run before June."""
    books = Books()
    made_up = seen(amount=100, cause="catch_up", to_date_difference=0)
    books.run(JULY, made_up)
    assert books.open_item().state is State.OPEN
    reason = "Timing: 2024-06 (not posted) and 2024-07 (catch up) agree to date."
    assert books.run(JUNE, seen()) == {NAME: reason}
    assert (books.open_item().state, books.open_item().amount) == (State.RESOLVED, 0)


def test_a_break_that_is_there_again_is_open() -> None:
    """June was run without it and then with it, as it was at first."""
    books = Books()
    books.run(JUNE, seen())
    books.run(JUNE)
    books.run(JUNE, seen())
    assert books.open_item().state is State.OPEN


def test_what_was_said_of_one_life_is_not_said_of_the_next() -> None:
    """Also where the month of the first one is run again."""
    books = Books()
    books.run(MAY, seen())
    books.acknowledge(MAY)
    books.run(JUNE, to_date={NAME: 0})
    books.run(JULY, seen())
    books.run(MAY, seen())
    assert books.open_item().acknowledged is None
    assert open_items(books.events, books.seen, MAY)[NAME].acknowledged is not None


def test_an_acknowledgement_holds_until_its_month() -> None:
    """Through its last month, for the same again; from the next one on it is open again."""
    books = Books()
    books.run(JUNE, seen())
    books.acknowledge(JUNE, until=JULY)
    books.run(JULY, seen())
    books.run(AUGUST, seen())
    assert [books.open_item(month).state for month in (JUNE, JULY, AUGUST)] == [
        State.ACKNOWLEDGED,
        State.ACKNOWLEDGED,
        State.OPEN,
    ]


def test_an_acknowledgement_without_a_month_lapses_when_the_break_changes() -> None:
    """What was acknowledged was the break as it stood."""
    books = Books()
    books.run(JUNE, seen())
    books.acknowledge(JUNE)
    books.run(JUNE, seen())
    assert books.open_item().state is State.ACKNOWLEDGED
    books.run(JUNE, seen(amount=-101))
    assert books.open_item().state is State.OPEN


@pytest.mark.parametrize("until", [None, AUGUST])
@pytest.mark.parametrize(
    ("now", "held"),
    [
        (seen(amount=-101, allowed=10_000), True),
        (seen(amount=-99, allowed=10_000), True),
        (seen(owner="Eve", explanation="Told otherwise.", allowed=10_000), True),
        (seen(amount=-102, allowed=10_000), False),
        (seen(amount=100, allowed=10_000), False),
        (seen(cause="digits_swapped", allowed=10_000), False),
    ],
)
def test_an_acknowledgement_is_of_the_cause_and_the_amount(
    now: Break, held: bool, until: Month | None
) -> None:
    """Within the line's tolerance; it is of nothing else, with a last month or without."""
    books, then = Books(), seen(allowed=10_000)
    books.run(JUNE, then)
    books.acknowledge(JUNE, until)
    books.run(JUNE, now)
    life = books.open_item()
    assert life.state is (State.ACKNOWLEDGED if held else State.OPEN)
    assert (life.lapsed is None) is held
    if life.lapsed:
        assert (life.lapsed.month, life.lapsed.then, life.lapsed.now) == (JUNE, then, now)
        # The same books again are still not what was acknowledged.
        books.run(JUNE, then)
        assert books.open_item().state is State.OPEN
        books.acknowledge(JUNE, until)
        assert (books.open_item().state, books.open_item().lapsed) == (State.ACKNOWLEDGED, None)


def test_an_acknowledgement_covers_no_more_than_was_seen() -> None:
    """100 acknowledged until August are not 91,000 in July; June's own page is as it was."""
    books = Books()
    books.run(JUNE, seen())
    books.acknowledge(JUNE, until=AUGUST)
    books.run(JULY, seen(amount=-91_000))
    assert [books.open_item(month).state for month in (JUNE, JULY, AUGUST)] == [
        State.ACKNOWLEDGED,
        State.OPEN,
        State.OPEN,
    ]
    changed = books.open_item(JULY).lapsed
    assert changed
    assert lapsed_words(changed) == (
        "changed since acknowledged by dana: was -100.00 USD, is -91,000.00 USD in 2024-07"
    )


def test_small_steps_do_not_add_up_behind_an_acknowledgement() -> None:
    """Each is compared with what was acknowledged, not with the step before."""
    books = Books()
    books.run(JUNE, seen(allowed=10_000))
    books.acknowledge(JUNE, until=AUGUST)
    states = []
    for amount in (-101, -102):
        books.run(JUNE, seen(amount=amount, allowed=10_000))
        states.append(books.open_item().state)
    assert states == [State.ACKNOWLEDGED, State.OPEN]


def test_another_month_ends_an_acknowledgement_without_a_last_one() -> None:
    """The same again is more than was seen, whether the month comes after or before."""
    for month, adds in ((JULY, "2024-07 adds"), (MAY, "2024-05 adds")):
        books = Books()
        books.run(JUNE, seen())
        books.acknowledge(JUNE)
        books.run(month, seen())
        life = books.open_item()
        assert (life.state, life.lapsed is not None) == (State.OPEN, True)
        assert life.lapsed
        assert lapsed_words(life.lapsed).endswith(f"by dana: {adds} -100.00 USD")


def test_a_break_that_was_gone_is_not_acknowledged_any_more() -> None:
    """What was corrected and is there again wants another look."""
    books = Books()
    books.run(JUNE, seen())
    books.acknowledge(JUNE, until=AUGUST)
    books.run(JUNE)
    books.run(JUNE, seen())
    assert books.open_item().state is State.OPEN


def test_a_month_that_is_corrected_leaves_the_others_acknowledged() -> None:
    """Less is open than was seen."""
    books = Books()
    books.run(MAY, seen())
    books.run(JUNE, seen(amount=-50))
    books.acknowledge(JUNE)
    books.run(MAY)
    assert (books.open_item().state, books.open_item().amount) == (State.ACKNOWLEDGED, -500_000)


def test_an_acknowledgement_is_carried_with_the_break() -> None:
    """A month in which the line agrees does not change the break."""
    books = Books()
    books.run(JUNE, seen())
    books.acknowledge(JUNE)
    books.run(JULY, to_date={NAME: -1_000_000})
    assert books.open_item(JULY).state is State.ACKNOWLEDGED


def test_the_books_of_a_month_know_no_later_run() -> None:
    """What July has closed was open at the end of June, and what it has opened was not there."""
    books = Books()
    books.run(JUNE, seen())
    books.run(JULY, seen("C-2"), to_date={NAME: 0})
    assert [life.name for life in standing(books.events, books.seen, JUNE)] == [NAME]
    assert [life.last.contract_id for life in standing(books.events, books.seen, JULY)] == ["C-2"]


def test_a_corrected_month_is_corrected_in_its_own_books() -> None:
    """June run again without it has nothing open, though July still has it."""
    books = Books()
    books.run(JUNE, seen())
    books.run(JULY, seen())
    books.run(JUNE)
    assert standing(books.events, books.seen, JUNE) == ()
    assert len(standing(books.events, books.seen, JULY)) == 1


def test_the_ageing_adds_up() -> None:
    """Every open break is in the row of its age; gross is what does not offset each other."""
    books = Books()
    books.run(MAY, seen("C-1", -100), seen("C-2", 30, currency="EUR"))
    books.run(JUNE, seen("C-3", 40))
    books.run(AUGUST, seen("C-4", 5))
    tables = ageing(standing(books.events, books.seen, AUGUST), AUGUST)
    rows = {age: (row.count, row.amount) for age, row in tables["USD"].rows.items()}
    assert rows == {
        Age.CURRENT: (1, 50_000),
        Age.ONE: (0, 0),
        Age.TWO: (1, 400_000),
        Age.OLDER: (1, -1_000_000),
    }
    total = tables["USD"].total
    assert (total.count, total.amount, total.gross) == (3, -550_000, 1_450_000)
    assert tables["EUR"].total.amount == 300_000


# A step: the month run, which of three contracts break there (by how much), which agree to date.
STEPS = st.lists(
    st.tuples(
        st.sampled_from([MAY, JUNE, JULY, AUGUST]),
        st.dictionaries(st.sampled_from(["C-1", "C-2", "C-3"]), st.sampled_from([-100, 100])),
        st.sampled_from(["not_posted", "catch_up", "wrong_period"]),
        st.sampled_from([0, 1]),
        st.sampled_from(["", "ack", "ack until"]),
    ),
    max_size=8,
)


@given(STEPS)
def test_every_break_is_in_exactly_one_state_and_replaying_gives_the_same(
    steps: list[tuple[Month, dict[str, int], str, int, str]],
) -> None:
    """Whatever is run in whatever order: no break is lost, none is counted twice."""
    books, ever = Books(), set[str]()
    for month, broken, cause, rest, said in steps:
        found = [
            seen(contract, amount, cause, to_date_difference=rest)
            for contract, amount in sorted(broken.items())
        ]
        ever |= {item.name for item in found}
        books.run(month, *found, to_date=dict.fromkeys(ever - {i.name for i in found}, rest))
        if said and NAME in ever:
            books.acknowledge(month, month if said == "ack until" else None)
    known = open_items(books.events, books.seen, AUGUST)
    assert set(known) == ever
    assert known == open_items(list(books.events), dict(books.seen), AUGUST)
    still_open = {life.name for life in standing(books.events, books.seen, AUGUST)}
    assert still_open == {name for name, life in known.items() if life.state is not State.RESOLVED}
    for life in known.values():
        assert life.first_month == min(life.seen)
        assert life.last == life.seen[max(life.seen)]
    tables = ageing(standing(books.events, books.seen, AUGUST), AUGUST)
    assert sum(table.total.count for table in tables.values()) == len(still_open)


MONTHS = [MAY, JUNE, JULY, AUGUST]


def _books_of(differences: Sequence[int], order: Iterable[Month]) -> Books:
    """Return the journal of a line that differs so in four months, after runs in an order."""
    books, found, due = Books(), dict[Month, tuple[Break | None, int]](), 0
    for month, difference in zip(MONTHS, differences, strict=True):
        due += difference
        cause = "not_posted" if difference < 0 or due else "catch_up"
        item = seen(amount=difference, cause=cause, to_date_difference=due)
        found[month] = (item if difference else None, due)
    for month in order:
        broken, due = found[month]
        books.run(month, *([broken] if broken else []), to_date={NAME: due})
    return books


def _told(books: Books) -> list[object]:
    """Return where the break stands in each month, but for when the runs were."""
    found = (open_items(books.events, books.seen, month).get(NAME) for month in MONTHS)
    return [
        life and (life.first_month, life.seen, life.resolved and life.resolved.reason)
        for life in found
    ]


@given(
    st.lists(st.sampled_from([-100, 0, 100]), min_size=4, max_size=4),
    st.permutations(MONTHS),
    st.permutations(MONTHS),
)
def test_what_is_open_does_not_depend_on_the_order_of_the_runs(
    differences: list[int], first: list[Month], again: list[Month]
) -> None:
    """The same books give the same breaks once every month has run beside all the others."""
    in_order = _told(_books_of(differences, MONTHS))
    assert _told(_books_of(differences, [*MONTHS, *again])) == in_order
    assert _told(_books_of(differences, [*first, *MONTHS])) == in_order
    assert _told(_books_of(differences, [*first, *again, *again])) == in_order
