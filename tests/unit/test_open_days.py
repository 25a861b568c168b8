"""Days written in other ways than ISO's: read where they are clear, asked about where not."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recon
from recon.base.errors import SourceDataError
from recon.base.result import Side
from recon.store.day_notations import day_in, in_order, kinds, month_in
from recon.store.session import Session, open_session
from tests.shell import Project, in_process, one_sentence
from tests.tables import ENTRY, contract, reasons

# A day in every notation that needs no order.
CLEAR = (
    "%d.%m.%Y", "%d.%m.%y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y",
    "%Y/%m/%d", "%Y.%m.%d", "%d-%b-%Y %H:%M:%S", "%b %d, %Y, %I:%M %p", "%Y/%m/%d %H:%M", "%d%b%Y",
)  # fmt: skip


@cache
def opened() -> Session:
    """Return the one session of this module."""
    return open_session()


def read(texts: list[str], *orders: str) -> list[date | None]:
    """Return the days of some texts, read together as a column is."""
    found = [*kinds(texts), *orders]
    rows = opened().execute(f"SELECT {day_in('t', found)} FROM (SELECT unnest(?) AS t)", [texts])
    return [row[0] for row in rows.fetchall()]


MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2069, 12, 31))
DAYS, MARKS = st.dates(date(1970, 1, 1), date(2069, 12, 31)), st.sampled_from(["/", "-"])


@settings(max_examples=12)
@given(MOMENTS)
def test_clear_notations(moment: datetime) -> None:
    """Each is the day that Python wrote, in any case."""
    _is_read_in_clear_notations(moment)


@pytest.mark.slow
@given(MOMENTS)
def test_clear_notations_of_many_moments(moment: datetime) -> None:
    """A hundred of them."""
    _is_read_in_clear_notations(moment)


def _is_read_in_clear_notations(moment: datetime) -> None:
    texts = [moment.strftime(code) for code in CLEAR]
    assert read([*texts, *map(str.upper, texts)]) == [moment.date()] * len(texts) * 2


@settings(max_examples=4)
@given(DAYS, MARKS)
def test_open_notations_in_their_order(day: date, mark: str) -> None:
    """With two or four digits of the year; SQL and Python agree."""
    _is_read_in_its_order(day, mark)


@pytest.mark.slow
@given(DAYS, MARKS)
def test_open_notations_of_many_days(day: date, mark: str) -> None:
    """A hundred of them."""
    _is_read_in_its_order(day, mark)


def _is_read_in_its_order(day: date, mark: str) -> None:
    for year in ("%Y", "%y"):
        for order, code in (("dmy", "%d{0}%m{0}"), ("mdy", "%m{0}%d{0}")):
            text = day.strftime(code.format(mark) + year)
            assert read([text]) == [None]
            assert read([text], order) == [in_order(text, order)] == [day]


@pytest.mark.parametrize(
    "text", ["31/02/2024", "3/4", "2024/13/01", "3-Abc-24", "0.0.2024", "1.1.1899", "45444", "x"]
)
def test_what_is_no_day(text: str) -> None:
    """It stays unread in any order."""
    assert read([text], "dmy", "mdy") == [None]


@pytest.mark.parametrize("text", ["Jun-24", "June 2024", "06/2024", "2024/06", "6.2024", "JUN 24"])
def test_months_alone(text: str) -> None:
    """A period may be written without a day."""
    found = opened().execute(f"SELECT {month_in('?', kinds([text]))}", [text]).fetchone()
    assert found == (2024 * 12 + 5,)


def books(*closes: str, booked: str = "2024-01-01", period: str = "2024-06") -> Any:
    """Return the result of June with contracts that close on these days, and their entries."""
    lines = [
        contract(contract_id=f"C{at}", booking_date=booked, close_date=close)
        for at, close in enumerate(closes, 1)
    ]
    entries = [
        ENTRY | {"contract_id": f"C{at}", "recognition_period": period}
        for at, _ in enumerate(closes, 1)
    ]
    return recon.reconcile(pd.DataFrame(lines), pd.DataFrame(entries), "2024-06")


def test_one_value_settles_the_column() -> None:
    """A notice says so; the other values of the column follow it."""
    result = books("07/06/2024", "31/12/2024")
    assert (len(result.invalid), result.totals["USD"].breaks) == (0, 0)
    assert (
        "The dates in 'close_date' of the analytics side are read as day/month/year, as 31/12/2024 "
        "shows."
    ) in result.notices
    result = books("06/07/2024", "12/31/2024")
    assert result.totals["USD"].breaks == 0
    assert "month/day/year, as 12/31/2024 shows" in " ".join(result.notices)


def test_another_column_settles_it() -> None:
    """Of the same side."""
    result = books("07/06/2024", booked="15/01/2024")
    assert "'close_date' of the analytics side are read as day/month/year, as other columns" in (
        " ".join(result.notices)
    )


def test_the_same_either_way_is_no_question() -> None:
    """06/06 is the sixth of June."""
    assert books("12/12/2024", period="06/06/2024").totals["USD"].breaks == 0


def test_nothing_settles_it() -> None:
    """Both meanings are shown, and what to do."""
    with pytest.raises(SourceDataError) as refused:
        books("03/12/2024", "04/12/2024")
    assert str(refused.value) == (
        "The dates in 'close_date' of the analytics side (data frame) could be day/month or "
        'month/day: C1: "03/12/2024" is 2024-12-03 or 2024-03-12 and C2: "04/12/2024" is '
        "2024-12-04 or 2024-04-12; deliver them as DATE, or as text like 2024-06-30."
    )
    with pytest.raises(SourceDataError, match="'recognition_period' of the accounting side"):
        books("2024-12-31", period="06/07/2024")


def test_both_orders_make_invalid_rows() -> None:
    """Neither holds for the column, and the reason quotes one of each."""
    result = books("31/12/2024", "12/31/2024", "2024-12-31")
    assert reasons(result, Side.ANALYTICS) == [
        f"close_date '{text}' is not clear: 31/12/2024 and 12/31/2024 of its column have different "
        "orders"
        for text in ("31/12/2024", "12/31/2024")
    ]


def test_dates_that_mean_none_in_other_notations() -> None:
    """They are blank where the column may be blank."""
    line = contract(close_date="31.12.2024", terminated_on="31.12.9999", start_date="01/01/1900")
    result = recon.reconcile(pd.DataFrame([line]), pd.DataFrame([ENTRY]), "2024-06")
    assert (len(result.invalid), result.totals["USD"].breaks) == (0, 0)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project whose contract closes on 3 April or 4 March 2025, with an entry."""
    found = Project(tmp_path)
    found.fill("100.00", contracts=["001,Subscription,1000.00,10,2024-06-01,03/04/2025,Aster\n"])
    return found


def test_a_file_is_asked_about_and_answered(project: Project) -> None:
    """Exit 6 with the setting; with it, the other order is no date."""
    path = project.folder / "data" / "contracts.csv"
    done = in_process("month", "2024-06", cwd=project.folder)
    assert done.returncode == 6
    assert one_sentence(done.stderr.decode()) == (
        f"recon: The dates in 'close_date' of the analytics side (files {path.as_posix()}) could "
        'be day/month or month/day: 001: "03/04/2025" is 2025-04-03 (dates = "dmy") or 2025-03-04 '
        '(dates = "mdy"); set dates = "dmy" or dates = "mdy" under [analytics] of the '
        "configuration.\n"
    )
    project.configure("dates = 'dmy'")
    assert in_process("month", "2024-06", cwd=project.folder).returncode == 0
    assert in_process("verify", "2024-06", cwd=project.folder).returncode == 0
    path.write_text(path.read_text("utf-8").replace("03/04", "03/14"), "utf-8")
    done = in_process("month", "2024-06", cwd=project.folder, env={"COLUMNS": "160"})
    assert "close_date '03/14/2025' is not a date (dates = \"dmy\")" in " ".join(
        done.stdout.decode().split()
    )


def test_serial_numbers_only_where_it_is_set(project: Project) -> None:
    """45777 is 2025-04-30 with the setting, and no date without it."""
    path = project.folder / "data" / "contracts.csv"
    path.write_text(path.read_text("utf-8").replace("03/04/2025", "45777"), "utf-8")
    assert in_process("month", "2024-06", cwd=project.folder).returncode == 3
    project.configure("dates = 'serial'")
    assert in_process("month", "2024-06", cwd=project.folder).returncode == 0
