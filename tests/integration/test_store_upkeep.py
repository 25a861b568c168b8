"""The store is kept: upgraded on a copy, with fiscal days and one spelling of every id."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from recon.base.errors import ReportError
from recon.store import copying
from recon.store.schema import VERSION
from recon.store.session import literal, open_session
from tests.inbox import FEED, Inbox


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """A loaded sale."""
    found = Inbox(tmp_path)
    found.configure()
    found.put("uk-1.csv", "S1,2024-05-03,P1,C1,3,1.25")
    found.load()
    return found


def within(inbox: Inbox, *statements: str) -> list[tuple[object, ...]]:
    """Run statements in `write.duckdb`; the rows of the last one."""
    with open_session() as session:
        session.execute(f"ATTACH {literal(str(inbox.store / copying.FILE))} AS store")
        for statement in statements:
            session.execute(statement)
        return session.fetchall()


def make_older(inbox: Inbox) -> None:
    """Make the store one of version 1."""
    within(
        inbox,
        "ALTER TABLE store.about DROP COLUMN store",
        "UPDATE store.about SET version = 1",
    )


def test_an_older_store_is_upgraded(inbox: Inbox) -> None:
    """It has all rows, a mark, and no copy beside it."""
    make_older(inbox)
    inbox.put("uk-2.csv", "S2,2024-06-03,P2,C2,1,10.00", at=1)
    inbox.load()
    ((version, mark),) = within(inbox, "SELECT version, store FROM store.about")
    assert (version, bool(mark)) == (VERSION, True)
    assert [row[0] for row in inbox.sales("sale_id")] == ["S1", "S2"]
    assert list(inbox.store.glob("write-*")) == []


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops before the copy takes its place; the next time it succeeds."""
    make_older(inbox)

    def full(*_: object) -> None:
        raise ReportError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(copying, "replace_by", full)
        code, _, err = inbox.run("load")
        assert (code, err) == (7, "recon: The disk is full.\n")
    assert within(inbox, "SELECT * FROM store.about") == [(1,)]
    inbox.load()
    assert within(inbox, "SELECT version FROM store.about") == [(VERSION,)]


def test_what_a_killed_copy_left_goes(inbox: Inbox) -> None:
    """The next compact removes it."""
    left = inbox.store / "write-abc123.tmp"
    left.write_bytes(b"half")
    assert inbox.run("store", "compact")[0] == 0
    assert list(inbox.store.glob("write-*")) == []


def test_a_newer_store_is_refused(inbox: Inbox) -> None:
    """In one sentence, and untouched."""
    within(inbox, "UPDATE store.about SET version = 99")
    code, _, err = inbox.run("load")
    assert (code, "The store was made by a newer recon (version 99" in err) == (6, True)
    assert within(inbox, "SELECT version FROM store.about") == [(99,)]


def test_a_snapshot_of_another_recon_is_made_anew(inbox: Inbox) -> None:
    """It is not published before, and afterwards it is."""
    current = inbox.store / "read" / "current.json"
    text = current.read_text(encoding="utf-8")
    current.write_text(text.replace(f'"version": {VERSION}', '"version": 1'), encoding="utf-8")
    publish = ("publish", "--to", f"parquet:{inbox.folder / 'published'}")
    code, _, err = inbox.run(*publish)
    assert (code, "was made by another recon; run `recon load`" in err) == (6, True)
    inbox.load()
    assert inbox.run(*publish)[0] == 0
    assert [row[0] for row in inbox.sales("sale_id")] == ["S1"]


def days(inbox: Inbox, *wanted: str) -> list[tuple[object, ...]]:
    """Fiscal year, quarter, period, first and last day of some days."""
    listed = ", ".join(f"DATE '{day}'" for day in wanted)
    return inbox.ask(
        "SELECT fiscal_year, fiscal_quarter, fiscal_period, fiscal_first_day, fiscal_last_day "
        f"FROM dim_date WHERE day IN ({listed}) ORDER BY day"
    )


def test_a_fiscal_year_is_the_calendar_year(inbox: Inbox) -> None:
    """Unless the configuration says otherwise."""
    assert days(inbox, "2024-05-03") == [
        (2024, 2, "2024-05", date(2024, 5, 1), date(2024, 5, 31)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("named", "june", "july"), [("", 2024, 2025), ('fiscal_year_named = "start"', 2023, 2024)]
)
def test_a_fiscal_year_may_begin_in_july(tmp_path: Path, named: str, june: int, july: int) -> None:
    """It is named by the year in which it ends, or begins."""
    inbox = Inbox(tmp_path)
    inbox.configure(FEED + f"[calendar]\nfiscal_year_starts = 7\n{named}\n")
    inbox.put("uk-1.csv", "S1,2024-05-03,P1,C1,3,1.25")
    inbox.load()
    assert days(inbox, "2024-06-30", "2024-07-01") == [
        (june, 4, "2024-06", date(2024, 6, 1), date(2024, 6, 30)),
        (july, 1, "2024-07", date(2024, 7, 1), date(2024, 7, 31)),
    ]


def test_periods_are_the_fiscal_ones(tmp_path: Path) -> None:
    """A 4-4-5 year that begins on 31 December; around it are months, cut off where it begins."""
    inbox = Inbox(tmp_path)
    inbox.configure(FEED + "[calendar]\nperiods = 'periods.csv'\n")
    rows = ["P1,2023-12-31,2024-01-27", "P2,2024-01-28,2024-02-24", "P3,2024-02-25,2024-03-30"]
    text = "\n".join(["code,first_day,last_day", *rows, ""])
    (tmp_path / "config" / "periods.csv").write_text(text, encoding="utf-8")
    inbox.put("uk-1.csv", "S1,2024-01-03,P1,C1,3,1.25", "S2,2023-12-03,P1,C1,3,1.25")
    inbox.load()
    found = days(inbox, "2023-12-30", "2023-12-31", "2024-02-24", "2024-03-31", "2024-04-01")
    assert found == [
        (2023, 4, "2023-12", date(2023, 12, 1), date(2023, 12, 30)),
        (2024, 1, "P1", date(2023, 12, 31), date(2024, 1, 27)),
        (2024, 1, "P2", date(2024, 1, 28), date(2024, 2, 24)),
        (2024, 2, "2024-03", date(2024, 3, 31), date(2024, 3, 31)),
        (2024, 2, "2024-04", date(2024, 4, 1), date(2024, 4, 30)),
    ]


def test_mistakes_in_the_fiscal_year_are_named(tmp_path: Path) -> None:
    """A month that there is not, and a name that means nothing."""
    inbox = Inbox(tmp_path)
    inbox.configure(FEED + "[calendar]\nfiscal_year_starts = 13\nfiscal_year_named = 'mid'\n")
    code, _, err = inbox.run("load")
    assert code == 4
    assert "calendar.fiscal_year_starts: 13 is not the number of a month" in err
    assert "calendar.fiscal_year_named: 'mid' is not one of" in err


def test_a_customer_is_spelled_as_the_sales_have_it(inbox: Inbox) -> None:
    """The feed of customers writes c1 where the sales have C1: it is one customer, and joins."""
    more = '[feeds.crm]\nkind = "customers"\npath = "../inbox/crm*.csv"\n'
    inbox.configure(FEED + more)
    inbox.put("crm-1.csv", "c1,Ann", header="customer_id,name", at=1)
    inbox.load()
    joined = "SELECT customer_id, name FROM fact_sales JOIN dim_customer USING (customer_id)"
    assert inbox.ask(joined) == [("C1", "Ann")]
