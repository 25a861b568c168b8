"""Fiscal periods: the table, its mistakes, and months that are rows of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import recon
from recon.base.errors import ConfigError, ExitCode, MonthError
from recon.base.month import Month
from recon.base.period_tables import read_periods
from recon.base.periods import PeriodMistakes, Periods
from recon.base.result import Side
from recon.record.journal.model import Event, Kind
from recon.record.journal.store import Journal
from recon.sources.delivery import Request
from recon.sources.parts import entry_parts
from recon.store import periods as fiscal
from recon.store.session import open_session
from tests import oracle
from tests.tables import ENTRY, contract, line_of, lines, reasons, ties

WEEKS_445 = (4, 4, 5) * 4


def table(
    first: date, weeks: tuple[int, ...], code: str = "FY24-P"
) -> list[tuple[str, date, date]]:
    """Return consecutive periods of so many weeks each."""
    found = []
    for number, count in enumerate(weeks, 1):
        last = first + timedelta(weeks=count, days=-1)
        found.append((f"{code}{number:02d}", first, last))
        first = last + timedelta(days=1)
    return found


YEAR = table(date(2024, 1, 1), WEEKS_445)
TWO_YEARS = YEAR + table(date(2024, 12, 30), WEEKS_445, "FY25-P")
CSV = ["code,first_day,last_day", *(f"{code},{first},{last}" for code, first, last in YEAR)]


@st.composite
def tables(draw: st.DrawFn, least: int = 1) -> list[tuple[str, date, date]]:
    """Return periods by chance: of weeks, of months, or of any days."""
    lengths = draw(
        st.lists(st.sampled_from([28, 35]), min_size=least, max_size=60)
        | st.lists(st.integers(1, 92), min_size=least, max_size=60)
    )
    first, found = draw(st.dates(date(2015, 1, 1), date(2024, 1, 1))), []
    for number, days in enumerate(lengths):
        found.append((f"P{number}", first, first + timedelta(days - 1)))
        first += timedelta(days)
    return found


# --- the table


def test_a_table_is_read() -> None:
    """With whatever separates its columns, further ones and blank lines."""
    wide = ["", "Last_Day;note; CODE ;First_Day", "2024-01-28;a;P1;2024-01-01", ";;;",
            "2024-02-25;b;P2;2024-01-29"]  # fmt: skip
    assert read_periods(wide).codes == ("P1", "P2")
    assert read_periods(CSV) == Periods.of(YEAR)
    assert Periods.of_table(Periods.of(YEAR).table()) == Periods.of(YEAR)


@pytest.mark.parametrize(
    ("rows", "mistakes"),
    [
        (["P1,2024-01-01,2024-01-28", "P2,2024-01-30,2024-02-25"],
         ["line 3: P2 begins on 2024-01-30, but P1 ends on 2024-01-28: 1 day is in no period"]),
        (["P1,2024-01-01,2024-01-28", "P2,2024-01-28,2024-02-25"],
         ["line 3: P2 begins on 2024-01-28, but P1 ends on 2024-01-28: they overlap"]),
        (["P2,2024-01-29,2024-02-25", "P1,2024-01-01,2024-01-28"],
         ["line 3: P1 begins on 2024-01-01, before P2 above it; put the rows in order"]),
        (["P1,2024-01-01,2024-01-28", "p1 ,2024-01-29,2024-02-25"],
         ["line 3: the code 'p1' is there before"]),
        (["P1,2024-01-28,2024-01-01"],
         ["line 2: P1 ends on 2024-01-01, before it begins on 2024-01-28"]),
        (["P1,2024-01-01,2042-01-28"],
         ["line 2: P1 is 6,603 days long, from 2024-01-01 to 2042-01-28"]),
        (["P1,01/01/2024,2024-01-28", ",2024-01-29,2024-02-30", "P3,2024-02-26,2024-03-31"],
         ["line 2: '01/01/2024' is not a day like 2024-12-25",
          "line 3: '2024-02-30' is not a day of the calendar"]),
        (["P1,2024-01-01,2024-01-28", "P2,2024-01-30,2024-02-25", "P3,x,x",
          "P4,2024-04-01,2024-04-28"],
         ["line 4: 'x' is not a day like 2024-12-25",
          "line 3: P2 begins on 2024-01-30, but P1 ends on 2024-01-28: 1 day is in no period"]),
        ([",2024-01-01,2024-01-28"], ["line 2: the code is missing"]),
        (["a/b,2024-01-01,2024-01-28", "con,2024-01-29,2024-02-25", "=P3,2024-02-26,2024-03-31"],
         ["line 2: the code 'a/b' cannot name a folder", "line 3: the code 'con' names a device",
          "line 4: the code '=P3' cannot name a folder"]),
        (["P1..P2,2024-01-01,2024-01-28"], ["line 2: the code 'P1..P2' cannot name a folder"]),
        ([], ["there are no periods"]),
    ],
)  # fmt: skip
def test_every_mistake_of_a_table_is_told(rows: list[str], mistakes: list[str]) -> None:
    """Each with the line that has it, all at once."""
    with pytest.raises(PeriodMistakes) as raised:
        read_periods([CSV[0], *rows])
    assert len(raised.value.mistakes) == len(mistakes)
    for told, wanted in zip(raised.value.mistakes, mistakes, strict=True):
        assert told.startswith(wanted)


def test_a_table_without_its_columns_is_told() -> None:
    """The columns that lack are named."""
    with pytest.raises(PeriodMistakes, match="has no column first_day, last_day"):
        read_periods(["code,from,to", "P1,2024-01-01,2024-01-28"])


@settings(max_examples=5, deadline=None)
@given(tables())
def test_sql_and_python_count_alike(rows: list[tuple[str, date, date]]) -> None:
    """Every day, of the table and around it, lies in the ordinal whose days hold it."""
    periods = Periods.of(rows)
    with open_session() as session:
        fiscal.use(session, periods)
        found = session.execute(
            """SELECT day, month_index(day), month_start(month_index(day)),
                month_start(month_index(day) + 1)
            FROM (SELECT CAST(unnest(generate_series(
                DATE '2014-06-01', DATE '2040-01-01', INTERVAL 5 DAY)) AS DATE) AS day)"""
        ).fetchall()
    for day, index, first, after in found:
        assert first <= day < after
        assert (periods.index(day), periods.first_day(index)) == (index, first)
    for at, (code, first, last) in enumerate(rows):
        month = Month.parse(code.lower(), periods)
        assert (month.index, month.first_day, str(month)) == (periods.first + at, first, code)
        assert Month.of(last, periods) == month


def test_months_beyond_the_table_have_the_calendars_names() -> None:
    """They follow its last period, and come before its first one."""
    last = Month.parse("FY24-P12", Periods.of(YEAR))
    assert [str(last + n) for n in range(-1, 3)] == ["FY24-P11", "FY24-P12", "2025-01", "2025-02"]
    assert (str(last - 12), (last - 12).first_day) == ("2023-12", date(2023, 12, 1))
    assert ((last + 1).first_day, (last + 2).first_day) == (date(2024, 12, 30), date(2025, 2, 1))


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("2024-06", "FY24-P06 (2024-05-27 to 2024-06-30)"),
        ("FY24-P99", "FY24-P09"),
        ("x", "FY24-P01 (2024-01-01 to 2024-01-28) is the first, FY24-P12"),
    ],
)
def test_what_is_no_code_names_those_near_it(text: str, near: str) -> None:
    """A calendar month is one of them, too."""
    with pytest.raises(MonthError, match="is not a fiscal period") as raised:
        Month.parse(text, Periods.of(YEAR))
    assert near in str(raised.value)
    assert raised.value.exit_code is ExitCode.USAGE


def test_a_code_without_periods_names_the_setting() -> None:
    """Whoever types one is told which is missing."""
    with pytest.raises(MonthError, match=r"is not a month; .* set \[calendar\] periods"):
        Month.parse("FY24-P06")


# --- a month of frames


def reconciled(
    contracts: list[dict[str, Any]],
    entries: list[dict[str, Any]],
    code: str,
    policy: dict[str, object] | None = None,
    rows: list[tuple[str, date, date]] = YEAR,
) -> recon.Reconciliation:
    """Return the period of a book in which nothing is tolerated."""
    exact = {"tolerance": "0%", "floor": "0"}
    posted = pd.DataFrame(entries or [ENTRY | {"contract_id": "NONE"}])
    result = recon.reconcile(
        pd.DataFrame(contracts), posted, code, exact | (policy or {}), periods=rows
    )
    assert ties(result)
    return result


def entry(period: object, amount: str = "100.00", **columns: object) -> dict[str, Any]:
    """Return an entry of C1."""
    return ENTRY | {"recognition_period": period, "amount": amount} | columns


def test_an_entry_has_a_code_or_a_date() -> None:
    """However the code is spelled."""
    spelled = ["FY24-P06", " fy24-p06", "2024-05-27", "20240630", "2024-06-30", date(2024, 6, 1)]
    posted = [entry(period, contract_id=f"C{n}") for n, period in enumerate(spelled)]
    known = [contract(contract_id=f"C{n}") for n in range(len(spelled))]
    result = reconciled(known, posted, "FY24-P06")
    assert (result.breaks, result.invalid) == ((), ())
    assert str(result.month) == "FY24-P06"


def test_a_calendar_month_could_mean_two_periods() -> None:
    """Its entry is invalid, and the reason names the setting."""
    wrong = ("2024-06", "202406", "FY24-P13", "June")
    result = reconciled([contract()], [entry(period) for period in wrong], "FY24-P06")
    assert reasons(result, Side.ACCOUNTING) == [
        f"recognition_period '{period}' is neither a code of [calendar] periods nor a date"
        for period in wrong
    ]


def test_codes_without_periods_name_the_setting() -> None:
    """A notice asks whether they are fiscal periods."""
    posted = pd.DataFrame([entry("2024-06"), entry("FY24-P06"), entry("FY24-P07")])
    result = recon.reconcile(pd.DataFrame([contract()]), posted, "2024-06")
    told = (
        "If 'FY24-P06' is a fiscal period, name the file of such periods with [calendar] periods."
    )
    assert told in result.notices


def test_a_code_may_look_like_a_calendar_month() -> None:
    """Then it is the code: the fiscal year begins in April."""
    rows = [("2024-01", date(2024, 4, 1), date(2024, 4, 30)),
            ("2024-02", date(2024, 5, 1), date(2024, 5, 31))]  # fmt: skip
    line = contract(booking_date="2024-04-01", contract_value="1200.00")
    posted = [entry("2024-02", "50.00"), entry("2024-05-31", "50.00")]
    result = reconciled([line], posted, "2024-02", rows=rows)
    assert (result.breaks, result.invalid) == ((), ())


def test_dates_in_a_date_column() -> None:
    """As a database delivers them."""
    posted = pd.DataFrame([entry(date(2024, 5, 26)), entry(date(2024, 5, 27))])
    posted["recognition_period"] = pd.to_datetime(posted["recognition_period"])
    result = recon.reconcile(pd.DataFrame([contract()]), posted, "FY24-P06", periods=YEAR)
    assert line_of(result)["entries"] == 1
    assert line_of(result)["to_date_recognized"] == 2_000_000


def test_a_carried_difference_names_its_period() -> None:
    """An entry that lacks in an earlier period, since the ledger begins."""
    one, two = contract(), contract(contract_id="C2")
    posted = [entry(code) for code in ("FY24-P03", "FY24-P05", "FY24-P06")]
    posted.append(entry("FY24-P06", contract_id="C2"))
    result = reconciled([one, two], posted, "FY24-P06")
    told = {item.contract_id: item.explanation for item in result.carried}
    assert told["C1"] == "-100.00 USD since FY24-P03: in FY24-P04 no entry was posted."
    assert "in FY24-P03 no entry was posted; in FY24-P04" in told["C2"]


def test_what_a_period_expects() -> None:
    """By days where days count, else by periods; 1,200.00 over 12 months, in June's 35 days."""
    year, half_year, later = (
        ("01-01", "2024-12-31"),
        ("01-01", "2024-06-15"),
        ("06-10", "2025-06-09"),
    )
    wanted: tuple[tuple[dict[str, str], tuple[str, str], str], ...] = (
        ({}, year, "100.00"),
        ({}, ("05-30", "2025-05-29"), "100.00"),
        ({"convention": "exact_days"}, year, "114.75"),
        ({"convention": "exact_days"}, half_year, "65.57"),
        ({"convention": "days_360"}, year, "113.33"),
        ({"convention": "prorate_period_rate"}, later, "60.00"),
        ({"convention": "prorate_period_rate"}, half_year, "57.14"),
        ({"stop_month": "days"}, half_year, "57.14"),
        ({"stop_month": "none"}, half_year, "0.00"),
        ({"stop_month": "none"}, ("01-01", "2024-06-30"), "100.00"),
        ({"start_month": "half"}, later, "50.00"),
        ({"start_month": "rule_of_15"}, later, "100.00"),
        ({"start_month": "rule_of_15"}, ("06-11", "2025-06-10"), "0.00"),
    )
    known = [
        contract(contract_id=f"C{n}", revenue_type=f"T{n}", booking_date=f"2024-{start}",
                 close_date=close)
        for n, (_, (start, close), _) in enumerate(wanted)
    ]  # fmt: skip
    types = {f"T{n}": {"kind": "recurring", **rule} for n, (rule, _, _) in enumerate(wanted)}
    result = reconciled(known, [], "FY24-P06", {"types": types})
    found = [line_of(result, f"C{n}")["expected"] for n in range(len(wanted))]
    assert found == [Decimal(amount) * 10_000 for _, _, amount in wanted]


def test_a_contract_that_closes_on_the_calendars_end_is_not_short() -> None:
    """Its term and its periods end on different days, and no flag says so."""
    lines_ = [
        contract(contract_id=f"C{n}", booking_date="2024-01-01", close_date=close)
        for n, close in enumerate(("2024-12-31", "2025-01-01", "2024-12-29", "2024-12-30",
                                   "2024-12-20", "2025-01-02"))
    ]  # fmt: skip
    found = lines(reconciled(lines_, [], "FY24-P12"))
    assert ["term_mismatch" in line["flags"] for line in found[:6]] == [False] * 4 + [True] * 2
    assert ["closed_early" in line["flags"] for line in found[:6]] == [False] * 4 + [True, False]


def test_a_point_in_time_is_a_whole_period() -> None:
    """Even one of four weeks, by whatever convention the rest counts."""
    line = contract(revenue_type="Setup", booking_date="2024-01-03")
    policy = {"convention": "exact_days", "types": {"Setup": {"recognition": "booking_month"}}}
    posted = entry("FY24-P01", "1200.00", revenue_type="Setup")
    assert reconciled([line], [posted], "FY24-P01", policy).breaks == ()


def test_a_term_from_before_the_first_period_cannot_be_counted() -> None:
    """The row is invalid; one that ended before, or that counts days, is not."""
    days = {"kind": "recurring", "convention": "exact_days"}
    before = contract(contract_id="OLD", booking_date="2022-01-01")
    reaching = contract(booking_date="2023-06-01")
    by_days = reaching | {"contract_id": "DAYS", "revenue_type": "Daily"}
    policy: dict[str, object] = {"convention": "prorate_day_rate", "types": {"Daily": days}}
    result = reconciled([before, reaching, by_days], [], "FY24-P01", policy)
    assert reasons(result, Side.ANALYTICS) == [
        "booking_date '2023-06-01' is before the first period, FY24-P01: add those before it to "
        "[calendar] periods"
    ]
    assert line_of(result, "OLD")["to_date_expected"] == 12_000_000
    assert line_of(result, "DAYS")["expected"] == 918_000  # 28 of 366 days


def test_entries_outside_the_table_are_told() -> None:
    """They are earlier or later than every period of it."""
    posted = [entry("2023-12-31"), entry("2024-06-30"), entry("2025-01-15")]
    result = reconciled([contract()], posted, "FY24-P06")
    assert (line_of(result)["entries"], result.invalid) == (1, ())
    assert line_of(result)["to_date_recognized"] == 2_000_000
    told = " ".join(result.notices)
    assert "entries before FY24-P01, the first period (2024-01-01): they count as earlier" in told
    assert "entries after FY24-P12, the last period (2024-12-29): they count as later" in told


def test_an_entry_in_the_next_period_is_named_by_its_code() -> None:
    """So is the month to which an entry belongs."""
    posted = [entry(f"FY24-P{n:02d}") for n in (1, 2, 3, 4, 5, 7)] + [entry("2024-07-01")]
    (found,) = reconciled([contract()], posted, "FY24-P06").breaks
    assert found.cause.value == "wrong_period"
    assert "FY24-P07" in found.explanation


def test_periods_come_as_a_frame_too() -> None:
    """And what is wrong with them is a mistake of the configuration."""
    frame = pd.DataFrame(YEAR, columns=["code", "first_day", "last_day"])
    frame["first_day"] = pd.to_datetime(frame["first_day"])
    posted = pd.DataFrame([entry("FY24-P06")])
    result = recon.reconcile(pd.DataFrame([contract()]), posted, "fy24-p06", periods=frame)
    assert str(result.month) == "FY24-P06"
    for wrong in ([("P1", "2024-01-01")], YEAR[::-1], frame[["code"]], 5):
        with pytest.raises(ConfigError, match="periods: "):
            recon.reconcile(pd.DataFrame([contract()]), posted, "FY24-P06", periods=wrong)


def test_a_database_is_asked_for_the_days_of_periods() -> None:
    """The month in question with its neighbours, then what is older."""
    month = Month.parse("FY24-P06", Periods.of(YEAR))
    columns: dict[str, type] = {"contract_id": str, "revenue_type": str, "amount": Decimal}
    asked = [part.parameters for part in entry_parts("SELECT 1", Request(month), columns)]
    assert asked == [
        (date(2024, 4, 29), date(2024, 7, 29)),
        (date(2024, 4, 1), date(2024, 4, 29)),
        (date(1900, 1, 1), date(2024, 4, 1)),
    ]


def test_runs_of_calendar_months_stay_in_the_journal(tmp_path: Path) -> None:
    """They come before the periods; one that nobody knows any more names the setting."""
    periods = Periods.of(YEAR)
    known = [Month.parse("2023-12"), Month.parse("FY24-P02", periods)]
    with Journal.at(tmp_path, periods) as journal:
        for month in known:
            journal.say(Event(0, datetime.now(UTC), "x", "x", Kind.NOTED, "B-1", month, "x"))
        assert [str(event.month) for event in journal.events()] == ["2023-12", "FY24-P02"]
        assert [event.month for event in journal.events()] == sorted(known)
    for other, told in ((None, "is not set"), (Periods.of(YEAR[4:]), "has no FY24-P02")):
        with (
            Journal.at(tmp_path, other) as journal,
            pytest.raises(ConfigError, match=rf"calendar\.periods: {told}, but the journal"),
        ):
            journal.events()


# --- the oracle

CONVENTIONS = ("even", "prorate_period_rate", "prorate_day_rate", "exact_days", "days_360")
ROUNDINGS = ("cumulative", "last_period")
RULES = (
    *product(CONVENTIONS, ROUNDINGS, ("full",), ("full",)),
    *product(("even",), ROUNDINGS, ("half", "rule_of_15"), ("full", "days", "none")),
    *product(("even",), ROUNDINGS, ("full",), ("days", "none")),
)
TYPES = {" ".join(rule): rule for rule in RULES}
POLICY = {
    "types": {
        name: {
            "kind": "recurring", "convention": convention, "rounding": rounding,
            "start_month": start, "stop_month": stop,
        }
        for name, (convention, rounding, start, stop) in TYPES.items()
    },
}  # fmt: skip


def _lines_of(
    dice: random.Random, rows: list[tuple[str, date, date]], many: int
) -> Iterator[tuple[dict[str, Any], oracle.FiscalLine]]:
    """Yield contract lines by chance whose terms lie within the table."""
    days = [(first, last) for _, first, last in rows]
    latest = (days[len(days) // 3][0] - days[0][0]).days
    for n in range(many):
        kind = dice.choice(list(TYPES))
        convention, rounding, *ends = TYPES[kind]
        value = Decimal(dice.randint(-(10**6), 10**7)).scaleb(-2)
        begun = dice.choice(days[: len(days) // 3])[0]
        start = dice.choice([begun, days[0][0] + timedelta(dice.randint(0, latest))])
        months = dice.randint(1, len(days) // 3 - 2)
        end = oracle.term_end(start, months)
        if end >= days[-1][1]:
            continue
        close = dice.choice([end, end + timedelta(1), start + timedelta(dice.randint(0, 400))])
        row = {
            "contract_id": f"C-{n}", "revenue_type": kind, "contract_value": str(value),
            "duration_months": months, "booking_date": start.isoformat(),
            "close_date": max(end, close).isoformat() if n % 2 else close.isoformat(),
            "terminated_on": close.isoformat() if n % 2 and close < end else None,
        }  # fmt: skip
        yield (
            row,
            oracle.FiscalLine(
                Fraction(value), months, start, days, 2, convention, rounding, close, *ends
            ),
        )


def _agrees(rows: list[tuple[str, date, date]], seed: int, many: int) -> int:
    """Hold a book by chance against the oracle; return how many lines it has."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    found = list(_lines_of(dice, rows, many))
    if not found:
        return 0
    at = dice.randrange(len(rows) * 2 // 3)
    given_, known = zip(*found, strict=True)
    posted = [
        entry(dice.choice([rows[at][0], str(rows[at][2])]), str(float(amount)),
              contract_id=row["contract_id"], revenue_type=row["revenue_type"])
        for row, line in zip(given_, known, strict=True)
        if (amount := line.expected(at))
    ]  # fmt: skip
    # More than half of the terms may close on their first day by chance.
    whole = {"revenue_type": next(iter(TYPES)), "booking_date": str(rows[0][1])}
    fine = [contract(contract_id=f"X{n}", duration_months=1, **whole) for n in range(3 * many)]
    result = reconciled([*given_, *fine], posted, rows[at][0], POLICY, rows)
    seen = {line["contract_id"]: line for line in lines(result)}
    for row, line in zip(given_, known, strict=True):
        mine = seen[row["contract_id"]]
        assert (mine["expected"], mine["to_date_expected"]) == (
            line.expected(at) * 10_000, line.to_date(at) * 10_000,
        ), (row, rows[at], line)  # fmt: skip
        assert mine["status"] == "matched"
    return len(known)


@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables(least=30), st.integers(0, 10**6))
def test_every_line_is_that_of_the_oracle(rows: list[tuple[str, date, date]], seed: int) -> None:
    """Over any table, by all conventions, roundings, starts and stops."""
    _agrees(rows, seed, 60)


@pytest.mark.slow
@pytest.mark.parametrize("weeks", [WEEKS_445, (4,) * 13, (5, 4, 4) * 3 + (5, 4, 5)])
def test_many_lines_are_those_of_the_oracle(weeks: tuple[int, ...]) -> None:
    """Years of twelve and thirteen periods, and of 53 weeks: five thousand lines."""
    rows = table(date(2020, 12, 28), weeks * 5, "P")
    rows = [(f"P{n}", first, last) for n, (_, first, last) in enumerate(rows)]
    assert sum(_agrees(rows, seed, 1_200) for seed in range(2)) > 1_667
