"""Events: one fact behind many lines is told in one sentence, and single errors are none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from random import Random

import pandas as pd
import pytest

import recon
from recon.base.events import Event, EventKind, Severity
from recon.base.result import Cause, Reconciliation
from recon.reconciliation.events.factors import simplest
from recon.reconciliation.verdict import shortest_path, verdict, verdict_word
from tests import tables
from tests.benchmarks.planted import systemic
from tests.benchmarks.planted.__main__ import told
from tests.benchmarks.planted.books import rounded

LINES = 80
SEGMENTS = ("SMB", "Mid", "Enterprise", "Public")
TYPES = ("Subscription", "Support")
NOW = "2024-06"
BY_DAYS = "another convention"


@dataclass(frozen=True)
class Line:
    """A contract line over 2024; its amounts are whole units a month."""

    number: int
    monthly: int

    @property
    def id(self) -> str:
        """Its contract id, with leading zeros."""
        return f"{self.number:06d}"

    @property
    def type(self) -> str:
        """Its revenue type."""
        return TYPES[self.number % 2]

    @property
    def segment(self) -> str:
        """Its segment."""
        return SEGMENTS[self.number // 2 % 4]


@dataclass(frozen=True)
class Posting:
    """An entry; its amount is in cents."""

    id: str
    line: Line
    month: str
    cents: int
    contract: str
    type: str
    document: str
    currency: str = "USD"


Fault = Callable[[Posting], Iterable[Posting]]


def lines(prices: int = 0) -> list[Line]:
    """Return the contract lines; with `prices`, of so many list prices."""
    random = Random(7)  # noqa: S311 - the same book every time
    listed = [random.randrange(50, 4_000) for _ in range(prices)]
    return [
        Line(n, random.choice(listed) if prices else random.randrange(50, 4_000))
        for n in range(LINES)
    ]


def postings(of: Iterable[Line]) -> Iterator[Posting]:
    """Yield a posting for each month up to July, in batches that differ from month to month."""
    random = Random(8)  # noqa: S311 - the same book every time
    for line in of:
        for month in range(1, 8):
            text = f"2024-{month:02d}"
            yield Posting(
                f"JE-{line.id}-{month}", line, text, line.monthly * 100, line.id, line.type,
                f"B{month}-{random.randrange(4)}",
            )  # fmt: skip


def reconciled(
    fault: Fault, contracts: Callable[[Line], dict[str, object]] = lambda _: {}, prices: int = 0,
    **policy: object,
) -> Reconciliation:  # fmt: skip
    """Return the reconciliation of June, each posting replaced by what the fault makes of it."""
    book = lines(prices)
    rows = [
        {
            "contract_id": line.id, "revenue_type": line.type, "segment": line.segment,
            "contract_value": f"{12 * line.monthly}.00", "duration_months": 12,
            "booking_date": "2024-01-01", "close_date": "2024-12-31", "currency": "USD",
            **contracts(line),
        }
        for line in book
    ]  # fmt: skip
    entries = [
        {
            "entry_id": made.id, "contract_id": made.contract, "revenue_type": made.type,
            "amount": f"{made.cents / 100:.2f}", "recognition_period": made.month,
            "currency": made.currency, "document_ref": made.document,
        }
        for posting in postings(book)
        for made in fault(posting)
    ]  # fmt: skip
    return recon.reconcile(pd.DataFrame(rows), pd.DataFrame(entries), NOW, policy)


def of_segment(change: Callable[[Posting], Iterable[Posting]]) -> Fault:
    """Return a fault of segment SMB in June."""
    return lambda p: change(p) if p.month == NOW and p.line.segment == "SMB" else [p]


def of_batch(change: Callable[[Posting], Iterable[Posting]]) -> Fault:
    """Return a fault of one batch of June."""
    return lambda p: change(p) if p.document == "B6-2" else [p]


def times(percent: int) -> Fault:
    """Return a fault that posts a percentage of the amount."""
    return lambda p: [replace(p, cents=(p.cents * percent + 50) // 100)]


def with_type(p: Posting) -> Iterator[Posting]:
    """Yield a posting under another type, if it is support."""
    yield replace(p, type="Consulting") if p.type == "Support" and p.month == NOW else p


def by_days(p: Posting, of: int = 366) -> Iterator[Posting]:
    """Yield a posting by the days of its month, of so many that begin in January 2024."""
    end = date(2024, int(p.month[5:]) + 1, 1)
    days = [(day - date(2024, 1, 1)).days for day in (date.fromisoformat(f"{p.month}-01"), end)]
    before, after = [rounded(1200 * p.line.monthly, part, of) for part in days]
    yield replace(p, cents=after - before)


def with_id(change: Callable[[str], str]) -> Fault:
    """Return a fault of all ids of the ledger."""
    return lambda p: [replace(p, contract=change(p.contract))]


IN_SEGMENT = {line.id for line in lines() if line.segment == "SMB"}
IN_BATCH = {p.line.id for p in postings(lines()) if p.document == "B6-2"}
SUPPORT = {line.id for line in lines() if line.type == "Support"}
ALL = {line.id for line in lines()}
FAULTS: dict[str, tuple[Fault, EventKind, set[str], str]] = {
    "batch twice": (
        of_batch(lambda p: [p, replace(p, id=f"{p.id}-2")]), EventKind.BATCH_TWICE, IN_BATCH,
        "Document B6-2: the entries of June 2024 are posted twice",
    ),
    "batch missing": (
        of_segment(lambda _: []), EventKind.BATCH_MISSING, IN_SEGMENT, "Segment SMB",
    ),
    "zeros lost": (
        with_id(lambda i: i.lstrip("0") or "0"), EventKind.ID_RULE, ALL,
        "[accounting.ids] pad = 6",
    ),
    "point zero": (
        with_id(lambda i: f"{i}.0"), EventKind.ID_RULE, ALL,
        '[accounting.ids] strip_suffix = ".0"',
    ),
    "prefix": (
        with_id(lambda i: f"US-{i}"), EventKind.ID_RULE, ALL,
        '[accounting.ids] strip_prefix = "US-"',
    ),
    "longer ids": (
        with_id(lambda i: f"{i}{int(i) * 37 % 1000:03d}"), EventKind.ID_RULE, ALL,
        "[accounting.ids] first = 6",
    ),
    "currency": (
        of_segment(lambda p: [replace(p, currency="EUR")]), EventKind.MAPPING, IN_SEGMENT,
        "Segment SMB: the entries are under EUR",
    ),
    "type": (with_type, EventKind.MAPPING, SUPPORT, "the entries are under Consulting"),
    "a month late": (
        of_segment(lambda p: [replace(p, month="2024-07")]), EventKind.SHIFTED_MONTH, IN_SEGMENT,
        "posted in July 2024, one month late",
    ),
    "a year off": (
        of_batch(lambda p: [replace(p, month="2025-06")]), EventKind.SHIFTED_MONTH, IN_BATCH,
        "posted in June 2025, a year late",
    ),
    "slightly high": (
        lambda p: [replace(p, cents=(p.cents * 1009 + 500) // 1000)], EventKind.BIAS, ALL,
        "1.009 times the expected amount",
    ),
    "a batch turned": (
        of_batch(lambda p: [replace(p, cents=-p.cents)]), EventKind.RATIO, IN_BATCH,
        "Document B6-2: accounting recognizes the opposite of the expected amount",
    ),
    "tax": (of_segment(times(119)), EventKind.RATIO, IN_SEGMENT, "1.19 times"),
    "negative": (
        lambda p: [replace(p, cents=-p.cents)], EventKind.SIGN_OF_SIDE, ALL,
        "[accounting] invert = true",
    ),
    "cents": (times(10_000), EventKind.UNIT_OF_SIDE, ALL, '[accounting] unit = "0.01"'),
    "raised": (
        lambda p: times(105)(p) if p.month >= "2024-05" and p.line.segment == "SMB" else [p],
        EventKind.REPRICED, IN_SEGMENT, "from May 2024 on",
    ),
    "13 months": (
        lambda p: [replace(p, cents=p.cents * 12 // 13)] if p.line.segment == "SMB" else [p],
        EventKind.POLICY, IN_SEGMENT, "one month longer",
    ),
    # June has half a day too little, and May half a day too much.
    "by days": (by_days, EventKind.POLICY, ALL, 'Set convention = "exact_days" under [policy]'),
    "fanned out": (
        of_batch(lambda p: [p, replace(p, document="other")]), EventKind.EXTRACT_TWICE, IN_BATCH,
        "none of them is compared",
    ),
    "delivered twice": (
        of_batch(lambda p: [p, p]), EventKind.EXTRACT_TWICE, IN_BATCH, "counted once",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_systemic_fault_is_one_event(name: str) -> None:
    """One event has all of its lines, with its sentence or its advice."""
    fault, kind, ids, words = FAULTS[name]
    result = reconciled(fault)
    (event,) = result.events
    assert event.kind is kind
    assert words in event.sentence + event.advice
    assert ids <= {key[0] for key in event.keys}
    assert {item.event for item in result.breaks} <= {event.id}
    assert event.breaks_left == 0


def test_a_batch_twice_is_told_where_every_entry_is_high() -> None:
    """Its lines are off by both, and belong to the batch."""
    high, twice = FAULTS["slightly high"][0], FAULTS["batch twice"][0]
    result = reconciled(lambda p: (again for made in high(p) for again in twice(made)))
    found = {event.kind: {key[0] for key in event.keys} for event in result.events}
    assert found == {EventKind.BATCH_TWICE: IN_BATCH, EventKind.BIAS: ALL - IN_BATCH}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=fault.name, marks=() if fault.name == BY_DAYS else pytest.mark.slow)
        for fault in systemic.FAULTS[::3]
    ],
)
def test_a_planted_fault_is_one_event(fault: systemic.Fault) -> None:
    """Terms by days are a policy, though June has too little and July nearly as much too much."""
    whole, said = told(fault, 1, "distinct", 60)
    assert whole, said


def test_a_very_large_line_ends_no_search() -> None:
    """600,000.00 expected times 600,000.00 too much is beyond 64 bits."""
    moved, kind, ids, _ = FAULTS["currency"]

    def fault(p: Posting) -> Iterable[Posting]:
        if p.line.number != 2:
            return moved(p)
        return [replace(p, cents=120_000_000 if p.month == NOW else 60_000_000)]

    result = reconciled(
        fault, lambda line: {"contract_value": "7200000.00"} if line.number == 2 else {}
    )
    (event,) = result.events
    assert event.kind is kind
    assert ids <= {key[0] for key in event.keys}


def test_few_prices_are_no_event() -> None:
    """Single errors in a book with three list prices are no event, however alike."""
    random = Random(3)  # noqa: S311 - the same book every time

    def now_and_then(p: Posting) -> Iterable[Posting]:
        if p.month != NOW or random.random() > 0.3:
            return [p]
        return random.choice(
            (
                [], [p, replace(p, id=f"{p.id}-2")], [replace(p, cents=-p.cents)],
                [replace(p, month="2024-07")], [replace(p, cents=10 * p.cents)],
                [replace(p, contract=f"9{p.contract[1:]}")], [replace(p, currency="EUR")],
            )
        )  # fmt: skip

    result = reconciled(now_and_then, prices=3)
    assert len(result.breaks) > 15
    assert not result.events


def test_four_lines_are_no_event() -> None:
    """An event takes five lines."""
    four = sorted(IN_BATCH)[:4]
    result = reconciled(lambda p: [] if p.month == NOW and p.line.id in four else [p])
    assert len(result.breaks) == 4
    assert not result.events


def test_bias_forbids_to_close() -> None:
    """A month without a break is not ready to close where all lines are off in one way."""
    result = reconciled(FAULTS["slightly high"][0])
    assert not result.breaks
    assert result.events[0].severity is Severity.HIGH
    assert verdict_word(result) == "do_not_close"
    assert verdict(result) == "Do not close June 2024: 1 event"


def test_a_single_cent_is_no_bias() -> None:
    """Rounding moves lines by a minor unit, in one way even, and biases nothing."""
    result = reconciled(lambda p: [replace(p, cents=p.cents + 1)])
    assert result.totals["USD"].within_tolerance == LINES
    assert not [event for event in result.events if event.kind is EventKind.BIAS]


def test_lines_of_a_setting_get_no_proposal() -> None:
    """What a setting puts right is not booked."""
    result = reconciled(FAULTS["point zero"][0])
    assert result.events[0].setting
    settings = {event.id for event in result.events if event.setting}
    assert {item.event for item in result.breaks} == settings


def test_carried_differences_have_events() -> None:
    """A segment's batch of April is missing, and June is as it should be."""
    result = reconciled(lambda p: [] if p.month == "2024-04" and p.line.segment == "SMB" else [p])
    assert not result.breaks
    (event,) = result.events
    assert (event.kind, event.to_date) == (EventKind.BATCH_MISSING, True)
    assert "the entries of April 2024 are missing" in event.sentence
    assert {key[0] for key in event.keys} == IN_SEGMENT
    assert event.net["USD"] == -sum(x.monthly * 10_000 for x in lines() if x.segment == "SMB")


def test_a_batch_of_an_earlier_month_is_held_against_the_lines_of_that_month() -> None:
    """A third of the lines starts later, and had nothing to be posted then."""
    later = {line.id for line in lines() if line.number % 3 == 0}

    def since(line: Line) -> str:
        return "2024-05" if line.id in later else "2024-01"

    result = reconciled(
        lambda p: [] if p.month == "2024-03" or p.month < since(p.line) else [p],
        lambda line: {
            "booking_date": f"{since(line)}-01",
            "close_date": "2025-04-30" if line.id in later else "2024-12-31",
        },
    )
    (event,) = result.events
    assert "All over: the entries of March 2024 are missing" in event.sentence
    assert {key[0] for key in event.keys} == ALL - later


def test_every_month_may_be_posted_a_month_late() -> None:
    """Lines that agree this month, and one kind that starts with it, are one event."""
    starts = [f"2024-{month:02d}" for month in (1, 2, 3, 6)]

    def since(line: Line) -> str:
        return starts[line.number % 4]

    def late(p: Posting) -> Iterator[Posting]:
        if p.month >= since(p.line):
            yield replace(p, month=f"2024-{int(p.month[5:]) + 1:02d}")

    def begun(line: Line) -> dict[str, object]:
        end = f"{2025 - (line.number % 4 == 0)}-{(int(since(line)[5:]) + 10) % 12 + 1:02d}"
        return {"booking_date": f"{since(line)}-01", "close_date": f"{end}-28"}

    result = reconciled(late, begun, stop_month="full")
    (event,) = result.events
    assert event.kind is EventKind.SHIFTED_MONTH
    assert "All over: the entries of every month are posted 1 month late" in event.sentence
    assert {key[0] for key in event.keys} == ALL
    assert {item.event for item in result.breaks} == {event.id}


def test_terms_by_dates_have_events_of_rules() -> None:
    """Another rule is reckoned for the term that each line has."""
    days = (date(2024, 12, 20) - date(2023, 12, 31)).days
    result = reconciled(
        lambda p: by_days(p, days), lambda _: {"close_date": "2024-12-20"}, term="dates"
    )
    (event,) = result.events
    assert (event.kind, len(event.keys)) == (EventKind.POLICY, LINES)
    assert event.advice == 'Set convention = "exact_days" under [policy].'


def test_a_month_that_nobody_posted_is_not_the_next_one() -> None:
    """Lines that begin in July show that July's entries are its own."""
    later = {line.id for line in lines() if line.number % 8 == 0}
    result = reconciled(
        lambda p: [] if p.month == NOW or (p.line.id in later and p.month < NOW) else [p],
        lambda line: (
            {"booking_date": "2024-07-01", "close_date": "2025-06-30"} if line.id in later else {}
        ),
    )
    (event,) = result.events
    assert event.kind is EventKind.BATCH_MISSING
    assert {key[0] for key in event.keys} == ALL - later


def test_entries_under_another_type_are_not_missing() -> None:
    """A range of contracts has them there: to post the batch would book it twice."""
    moved = {line.id for line in lines() if 20 <= line.number < 40}
    result = reconciled(
        lambda p: [replace(p, type="Consulting") if p.line.id in moved and p.month == NOW else p]
    )
    assert {item.cause for item in result.breaks} == {Cause.WRONG_TYPE}
    assert not result.events


def test_a_rule_of_the_last_month_goes_before_another_convention() -> None:
    """Lines that stop in mid-month are cut by the day under several conventions, too."""
    stopped = {line.id for line in lines() if line.number < 12}

    def cut(p: Posting) -> list[Posting]:
        if p.line.id not in stopped or p.month < NOW:
            return [p]
        return [replace(p, cents=p.cents // 2)] if p.month == NOW else []

    result = reconciled(
        cut, lambda line: {"terminated_on": "2024-06-15" if line.id in stopped else None}
    )
    (event,) = result.events
    assert {key[0] for key in event.keys} == stopped
    assert event.advice == 'Set stop_month = "days" under [policy].'


def test_an_event_has_its_id_in_every_run() -> None:
    """The same mark and fact have one id, whatever else there is."""
    fault = FAULTS["tax"][0]
    alone = reconciled(fault).events[0]
    beside = reconciled(lambda p: [] if p.line.id == "000001" else fault(p))
    assert alone.id in {event.id for event in beside.events}


def test_the_shortest_path_counts_what_is_gone() -> None:
    """Two events and a single error: both right, all but one break is gone."""

    def two(p: Posting) -> Iterable[Posting]:
        if p.month == NOW and p.line.segment == "SMB":
            return times(119)(p)
        if p.month == NOW and p.line.segment == "Mid":
            return []
        return [replace(p, cents=p.cents + 77_700)] if p.id == "JE-000006-6" else [p]

    result = reconciled(two)
    assert {event.kind for event in result.events} == {EventKind.BATCH_MISSING, EventKind.RATIO}
    assert [event.breaks_left for event in result.events] == [21, 1]
    said = shortest_path(result.events, len(result.breaks))
    assert said == "Put these 2 events right and 40 of 41 breaks are gone."


@pytest.mark.parametrize(
    ("least", "most", "factor"),
    [(1_189_990_000, 1_190_010_000, "1.19"), (840_336_130, 840_336_140, "1/1.19"),
     (99_999_000, 100_001_000, "0.1"), (-1_000_001_000, -999_999_000, "-1")],
)  # fmt: skip
def test_a_factor_is_the_simplest_number(least: int, most: int, factor: str) -> None:
    """In a span of billionths, the shortest decimal counts, or 1 over one."""
    found = simplest(least, most)
    assert found is not None
    top, _, bottom = factor.partition("/")
    assert float(found) == pytest.approx(float(top) / float(bottom or 1), rel=1e-6)


def test_events_net_and_gross() -> None:
    """A pair counts as two lines, and its amounts cancel out."""
    event: Event = reconciled(FAULTS["type"][0]).events[0]
    assert event.lines == 2 * len(SUPPORT)
    assert event.net["USD"] == 0
    assert event.gross["USD"] == 2 * sum(x.monthly * 10_000 for x in lines() if x.id in SUPPORT)


def test_single_entries_of_a_day_in_the_month_before_are_no_missing_batch() -> None:
    """They lack June because May has it; the others of their day and document are in June."""
    strayed = sorted(IN_BATCH)[:7]
    result = reconciled(
        of_batch(lambda p: [replace(p, month="2024-05") if p.line.id in strayed else p])
    )
    assert not result.events
    assert len(result.breaks) == len(strayed)


def test_a_line_may_have_several_documents() -> None:
    """Each of them is seen: May's entries come in two halves, the second in no batch."""
    halves = reconciled(
        lambda p: [] if p.line.id in IN_BATCH and p.month == NOW
        else [replace(p, id=f"{p.id}-0", cents=p.cents // 2, document=p.id),
              replace(p, cents=p.cents - p.cents // 2,
                      document="B5-X" if p.line.id in IN_BATCH else p.document)]
        if p.month == "2024-05" else [p]
    )  # fmt: skip
    (event,) = halves.events
    assert event.sentence.startswith("Document B5-X")


@pytest.mark.parametrize("step", [1, 97])
def test_neighbours_in_a_small_book_are_an_event(step: int) -> None:
    """Eight of forty contracts in a row are posted twice; nothing else is common to them.

    Their ids go on by one, or by any number, in another order than that of the source.
    """
    ids = [f"{1000 + step * n}" for n in range(40)]
    first, last = ids[12], ids[19]
    ids.sort(key=lambda key: key[::-1])
    contracts = [tables.contract(contract_id=key, booking_date="2024-06-01") for key in ids]
    entries = [
        {**tables.ENTRY, "entry_id": f"E-{key}-{n}", "contract_id": key, "amount": "100.00"}
        for key in ids for n in range(2 if first <= key <= last else 1)
    ]  # fmt: skip
    result = recon.reconcile(pd.DataFrame(contracts), pd.DataFrame(entries), tables.MONTH)
    (event,) = result.events
    assert (event.kind, len(event.keys)) == (EventKind.BATCH_TWICE, 8)
    assert event.sentence.startswith(f"Contracts {first} to {last}:")
