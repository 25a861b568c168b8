"""Facts: everything about the lines that break which their causes are judged by.

Reads `lines`, `detail` and `books`; leaves in the session `off` (every line with a difference),
`broken` (those outside tolerance) and `neighbours` (what their neighbouring months are off by).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple

from recon.compare import BROKEN, reckoned_in, with_terms
from recon.engine import Session
from recon.expected import terms
from recon.model import Cause, Entry, Flag, Status
from recon.month import Month


@dataclass(frozen=True, slots=True)
class Fit:
    """Another term under which exactly the recognized amount would be expected."""

    cause: Cause
    label: str


@dataclass(frozen=True, slots=True)
class Partner:
    """Another line that is off by the opposite amount.

    `single` where the two can only mean each other, `balanced` where as many lines have the
    amount too much as lack it, so that moving it explains them all.
    """

    contract_id: str
    revenue_type: str
    currency: str
    single: bool
    balanced: bool


class Facts(NamedTuple):
    """One line that breaks; amounts in ten-thousandths, differences are recognized - expected.

    `entries` are those of the month and its neighbours.
    """

    line: int
    month: Month
    entries: tuple[Entry, ...]
    entries_of_month: tuple[Entry, ...]
    fits: tuple[Fit, ...]
    partners: Mapping[Cause, Partner]
    status: Status
    flags: tuple[Flag, ...]
    contract_id: str
    revenue_type: str
    currency: str
    unit: int
    customer: str
    segment: str
    owner: str
    expected: int
    recognized: int
    difference: int
    allowed: int
    entry_count: int
    to_date_expected: int
    to_date_recognized: int
    before_difference: int
    after_difference: int
    expected_before: int
    expected_after: int
    months_broken: int
    on_contract: bool
    known_contract: bool
    full_value: int | None
    term_start: date | None
    last_month: int | None
    start_month: int | None
    closed_early_on: date | None
    lines_that_cancel: int

    def partner(self, cause: Cause) -> Partner | None:
        """Return the line that is off by the opposite amount for this cause."""
        return self.partners.get(cause)


def gather(connection: Session, month: Month) -> Iterator[Facts]:
    """Yield the facts of every break, in the order of contract, type and currency."""
    _create_off(connection)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE neighbours AS {_neighbours(month)}")
    entries = _entries(connection, month)
    fits = _fits(connection, month)
    partners = _partners(connection)
    cursor = connection.execute(_FACTS)
    statuses = {status.value: status for status in Status}
    while rows := cursor.fetchmany(10_000):
        for line, status, flags, *values in rows:
            posted = entries.get(line, ())
            yield Facts(
                line,
                month,
                posted,
                tuple(entry for entry in posted if entry.offset == 0),
                fits.get(line, ()),
                partners.get(line, {}),
                statuses[status],
                flags_of(flags),
                *values,
            )


def _create_off(connection: Session) -> None:
    """Create `off`, every line with a difference, and `broken`, those outside tolerance."""
    off = with_terms(connection, "lines WHERE difference <> 0")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE off AS {off}")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW broken AS FROM off WHERE {BROKEN}")


def _neighbours(month: Month) -> str:
    m = month.index
    return f"""
    WITH earned AS (
        SELECT line, list(CASE WHEN on_contract THEN own_accrued(elapsed, l) ELSE 0 END
            ORDER BY end_month) AS by_month
        FROM (SELECT *, periods_by(end_month, b) AS elapsed
            FROM broken b, range({m - 3}, {m + 2}) months(end_month)) l GROUP BY line),
    due AS (
        SELECT line, by_month[2] - by_month[1] AS expected_before2,
            by_month[3] - by_month[2] AS expected_before,
            by_month[5] - by_month[4] AS expected_after
        FROM earned),
    posted_near AS (
        SELECT line, sum(amount) FILTER (distance = -2) AS before2,
            sum(amount) FILTER (distance = -1) AS before,
            sum(amount) FILTER (distance = 1) AS after
        FROM detail GROUP BY line),
    measured AS (
        -- Before the first entry of the ledger and after its last, what is lacking proves nothing.
        SELECT l.line, ppm, floor, cap, unit, term_months,
            expected_before2, expected_before, expected_after,
            if(first_month < {m}, coalesce(before, 0) - expected_before, 0) AS before_difference,
            if(first_month < {m - 1}, coalesce(before2, 0) - expected_before2, 0)
                AS before2_difference,
            if(last_month > {m}, coalesce(after, 0) - expected_after, 0) AS after_difference
        FROM broken l JOIN due USING (line) LEFT JOIN posted_near USING (line), books)
    SELECT line, expected_before, expected_after, before_difference, after_difference,
        CASE WHEN within(before_difference, expected_before, l) THEN 1
            WHEN within(before2_difference, expected_before2, l) THEN 2
            ELSE 3 END AS months_broken
    FROM measured l"""


# What a line is flagged for; `months_broken` is known of breaks alone.
FLAGS = (
    (Flag.TERM_MISMATCH, "term_mismatch"),
    (Flag.CLOSED_EARLY, "closed_early"),
    (Flag.CARRIED_DIFFERENCE, "status IN ('matched', 'within_tolerance') AND off_to_date"),
    (Flag.OVER_CONTRACT_VALUE, "over_value"),
    (Flag.SPELLING, "spelling"),
    (Flag.SECOND_MONTH, "months_broken = 2"),
    (Flag.THIRD_MONTH, "months_broken > 2"),
)
_CASES = ", ".join(f"CASE WHEN {condition} THEN '{flag}' END" for flag, condition in FLAGS)
FLAGGED = f"concat_ws(', ', {_CASES})"


@cache
def flags_of(text: str) -> tuple[Flag, ...]:
    """Return the flags of a line's flag column."""
    return tuple(Flag(flag) for flag in text.split(", ") if flag)


# What is recognized at a point in time has a term of one month, between the contract's own dates.
_STARTS = "CASE WHEN b.over_time THEN b.term_start ELSE b.started_on END"
_FACTS = f"""
    SELECT line, b.status, {FLAGGED}, b.id, b.type, b.currency, b.unit,
        coalesce(b.customer, b.customer_id, ''), coalesce(b.segment, ''), coalesce(b.owner, ''),
        b.expected, b.recognized, b.difference, b.allowed, b.entries,
        b.to_date_expected, b.to_date_recognized, n.before_difference, n.after_difference,
        n.expected_before, n.expected_after, n.months_broken, b.on_contract,
        b.known_contract,
        rounded(b.value, 1, 1, b.unit), {_STARTS},
        CASE WHEN b.over_time THEN least(b.close_month, b.start_month + b.periods - 1)
            ELSE month_index(least(b.close_date, b.terminated_on)) END,
        month_index({_STARTS}),
        CASE WHEN b.closed_early THEN b.closed_on END,
        coalesce(t.total, 0)
    FROM broken b JOIN neighbours n USING (line) LEFT JOIN (
        -- Several lines of a contract that are off but add up to nothing: wrong types.
        SELECT id_key, currency, CASE WHEN sum(difference) = 0 THEN count(*) END AS total
        FROM off GROUP BY id_key, currency) t USING (id_key, currency)
    ORDER BY b.id_key, b.type, b.currency"""


def _entries(connection: Session, month: Month) -> dict[int, tuple[Entry, ...]]:
    """Return the entries of the breaks in the month and its neighbours, by line."""
    cursor = connection.execute(
        """SELECT line, coalesce(entry_id, ''), amount, distance,
            coalesce(document_ref, ''), coalesce(posted_at, '')
        FROM detail WHERE distance >= -1
        ORDER BY line, distance, posted_at, entry_id, amount"""
    )
    found: defaultdict[int, list[Entry]] = defaultdict(list)
    while rows := cursor.fetchmany(10_000):
        for line, *values in rows:
            found[line].append(Entry(*values))
    return {line: tuple(entries) for line, entries in found.items()}


# The other ways to read a contract, in the order in which they are named: (cause, what is said of
# it as SQL text, condition, and the columns that change).
_MONTHS, _START = "term_months", "term_start"
_VARIANTS: tuple[tuple[Cause, str, str, Mapping[str, str]], ...] = (
    (Cause.WRONG_DURATION, "'over ' || (term_months - 1) || ' months instead of ' || term_months",
     "over_time AND term_months > 1", {_MONTHS: "term_months - 1"}),
    (Cause.WRONG_DURATION, "'over ' || (term_months + 1) || ' months instead of ' || term_months",
     "over_time", {_MONTHS: "term_months + 1"}),
    (Cause.WRONG_DURATION, "'over the ' || to_close || ' months from start to close'",
     "over_time AND term_mismatch AND to_close BETWEEN 1 AND 12000 AND to_close <> term_months",
     {_MONTHS: "to_close"}),
    (Cause.WRONG_DURATION, "'over the ' || (to_close + 1) || ' months from start to close'",
     "over_time AND term_mismatch AND NOT whole_to_close AND to_close + 1 BETWEEN 1 AND 12000 "
     "AND to_close + 1 <> term_months", {_MONTHS: "to_close + 1"}),
    (Cause.WRONG_START, "'from the booking on ' || booked_on || ' instead of ' || term_start",
     "month_index(booked_on) <> start_month", {_START: "booked_on"}),
    (Cause.WRONG_START, "'from one month later, ' || add_months(term_start, 1)",
     "true", {_START: "add_months(term_start, 1)"}),
    (Cause.WRONG_START, "'from one month earlier, ' || add_months(term_start, -1)",
     "true", {_START: "add_months(term_start, -1)"}),
    *(
        (Cause.OTHER_CONVENTION, f"'by {convention}, {rounding} rounding'",
         f"over_time AND NOT (convention = '{convention}' AND rounding = '{rounding}')",
         {"convention": f"'{convention}'", "rounding": f"'{rounding}'"})
        for convention in ("even", "prorate_period_rate", "prorate_day_rate", "exact_days")
        for rounding in ("cumulative", "last_period")
    ),
    (Cause.OTHER_CONVENTION, "'evenly over ' || duration || ' months'",
     "NOT over_time AND duration > 1", {_START: "started_on", _MONTHS: "duration"}),
)  # fmt: skip


def _fits(connection: Session, month: Month) -> dict[int, tuple[Fit, ...]]:
    """Return the other terms under which the month agrees, by line.

    Only where something was recognized: what was not posted follows no other term. Outside the
    line's own term another one is believed only when it accounts for everything to date, else
    each contract that goes on by a month would seem to have started late.
    """
    m = month.index
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE readings AS
        SELECT line, value, unit, term_start, term_months, convention, rounding, booked_on,
            started_on, duration, start_month, term_mismatch, recognized,
            {m} BETWEEN start_month AND least(close_month, start_month + periods - 1) AS in_term,
            to_date_recognized, over_time,
            -- A term ends on its last day or the day after.
            date_sub('month', term_start, close_date + 1) AS to_close,
            add_months(term_start, to_close) IN (close_date, close_date + 1) AS whole_to_close,
            CASE WHEN closed_early THEN closed_on END AS closed_on
        FROM broken WHERE on_contract AND entries > 0"""
    )
    largest = connection.execute(
        """SELECT coalesce(max(abs(value)), 0),
            coalesce(max(greatest(term_months, duration,
                CASE WHEN to_close <= 12000 THEN to_close END)), 0) + 1,
            coalesce(max(unit), 1) FROM readings"""
    ).fetchone() or (0, 1, 1)
    rows = connection.execute(
        f"""WITH reckoned AS (
            SELECT *, periods_by({m - 1}, t) AS periods_before, periods_by({m}, t) AS periods_now
            FROM ({terms(_variants(), reckoned_in(*largest))}) t),
        earned AS (
            SELECT *, accrued(periods_before, t) AS earned_before, accrued(periods_now, t) AS earned
            FROM reckoned t WHERE {_worth_adding_up(m)}),
        fitting AS (
            SELECT line, rank FROM earned
            WHERE earned - earned_before = recognized
                AND (in_term OR earned = to_date_recognized))
        SELECT line, rank, {_by_rank([said for _, said, _, _ in _VARIANTS])}
        FROM fitting JOIN readings USING (line) ORDER BY line, rank"""
    ).fetchall()
    found: defaultdict[int, list[Fit]] = defaultdict(list)
    for line, rank, label in rows:
        found[line].append(Fit(_VARIANTS[rank][0], label))
    return {line: tuple(fits) for line, fits in found.items()}


def _variants() -> str:
    """Return a SELECT of `readings`, each with every term that it may have instead of its own."""
    changed = ", ".join(
        f"{_by_rank([changes.get(column, column) for _, _, _, changes in _VARIANTS])} AS {column}"
        for column in (_START, _MONTHS, "convention", "rounding")
    )
    return f"""
        SELECT line, rank, value, unit, closed_on, in_term, recognized, to_date_recognized,
            {changed}
        FROM readings, range({len(_VARIANTS)}) ranks(rank)
        WHERE {_by_rank([condition for _, _, condition, _ in _VARIANTS])}"""


def _by_rank(cases: Sequence[str]) -> str:
    """Return the SQL of what holds for each variant, by its rank."""
    most = max(set(cases), key=cases.count)
    different = [f"WHEN {rank} THEN {case}" for rank, case in enumerate(cases) if case != most]
    return f"CASE rank {' '.join(different)} ELSE {most} END" if different else most


def _worth_adding_up(m: int) -> str:
    """Return the condition that a term can fit at all.

    Where every month is rounded by its own days, each month before has to be reckoned for what
    was earned to date: not before the month's own share fits.
    """
    days = f"month_start({m + 1}) - greatest(month_start({m}), term_start)"
    return (
        "NOT (step IS NULL AND rounding = 'last_period' "
        f"AND {m} BETWEEN start_month AND least(close_month, start_month + periods - 2)) "
        f"OR rounded(value, {days}, denominator, unit) = recognized"
    )


# Pairs of lines that are off by opposite amounts: (cause, when a pair is one).
_PAIRS = (
    (Cause.WRONG_TYPE, "a.id_key = b.id_key AND a.currency = b.currency AND a.type <> b.type"),
    (Cause.WRONG_CONTRACT,
     "lower(coalesce(a.customer_id, a.customer)) = lower(coalesce(b.customer_id, b.customer)) "
     "AND a.currency = b.currency AND a.id_key <> b.id_key"),
    (Cause.MISTYPED_CONTRACT,
     "a.type = b.type AND a.currency = b.currency AND NOT a.known_contract AND b.on_contract "
     "AND abs(len(a.id_key) - len(b.id_key)) < 2 AND damerau_levenshtein(a.id_key, b.id_key) = 1"),
    (Cause.MISTYPED_CONTRACT,
     "a.type = b.type AND a.currency = b.currency AND a.on_contract AND NOT b.known_contract "
     "AND abs(len(a.id_key) - len(b.id_key)) < 2 AND damerau_levenshtein(a.id_key, b.id_key) = 1"),
    (Cause.WRONG_CURRENCY, "a.id_key = b.id_key AND a.type = b.type AND a.currency <> b.currency"),
)  # fmt: skip


def _partners(connection: Session) -> dict[int, dict[Cause, Partner]]:
    """Return the lines that are off by the opposite amount, by line and cause.

    Of several, the one of the same revenue type and then the first by id is named.
    """
    pairs = " UNION ALL ".join(
        f"""SELECT a.line, '{cause}' AS cause, b.id, b.type, b.currency, a.type = b.type AS same,
            count(*) OVER (PARTITION BY b.line) AS claims
        FROM broken a JOIN off b ON a.difference = -b.difference AND {condition}"""
        for cause, condition in _PAIRS
    )
    rows = connection.execute(
        f"""SELECT line, cause, first(id ORDER BY same DESC, id, type, currency),
            first(type ORDER BY same DESC, id, type, currency),
            first(currency ORDER BY same DESC, id, type, currency),
            count(*) = 1 AND max(claims) = 1, count(*) = max(claims)
        FROM ({pairs}) GROUP BY line, cause"""
    ).fetchall()
    found: defaultdict[int, dict[Cause, Partner]] = defaultdict(dict)
    for line, cause, *partner in rows:
        found[line][Cause(cause)] = Partner(*partner)
    return dict(found)
