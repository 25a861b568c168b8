"""What somebody should look into: thin and late files, days, stock, and months that were signed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from recon.alerts import loads
from recon.alerts.message import Style
from recon.base.calendar import Calendar
from recon.config import load
from recon.run import feed_findings, packing
from recon.store import deliveries, stock, warehouse
from recon.store.findings import Finding, FindingKind
from tests.inbox import FEED, SALES, Inbox
from tests.shell import in_process
from tests.slack_limits import broken
from tests.slack_server import Reply, slack_server

SIDES = '[analytics]\nsource = "sample"\n[accounting]\nsource = "sample"\n'
MONDAY = date(2024, 6, 3)


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """A project with a feed."""
    inbox = Inbox(tmp_path)
    inbox.configure()
    return inbox


def _rows(day: date, number: int = 6) -> list[str]:
    return [
        f"S{day:%m%d}-{n},{day},P{n % 3},C{n},{n + day.toordinal() % 97},1.00"
        for n in range(number)
    ]


def _said(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Kind and sentence of all findings."""
    return [
        (kind, said)
        for each in (*document["files"], document)
        for kind, said in zip(each["finding_kinds"], each["findings"], strict=True)
    ]


def test_a_day_without_rows_is_named(inbox: Inbox) -> None:
    """Where its weekday had some for eight weeks; a holiday is none."""
    inbox.configure('[calendar]\nholidays = "holidays.txt"\n' + SIDES + FEED)
    days = [MONDAY - timedelta(days=at) for at in range(70, -6, -1)]
    gone = {date(2024, 6, 4), date(2024, 6, 5)}
    rows = [row for day in days if day.weekday() < 5 and day not in gone for row in _rows(day, 9)]
    (inbox.folder / "config" / "holidays.txt").write_text("2024-06-04\n", encoding="utf-8")
    inbox.put("uk-1.csv", *rows)
    assert _said(inbox.load(code=3)) == [
        (
            "day missing",
            "There is no row at all of Wednesday 2024-06-05, unlike the weeks before.",
        )
    ]


def test_a_day_that_is_sent_again_under_other_numbers_is_named(inbox: Inbox) -> None:
    """A feed that exports yesterday once more with today's date."""
    inbox.put("uk-1.csv", *_rows(MONDAY), *_rows(MONDAY + timedelta(days=1)))
    inbox.load()
    again = [row.replace("2024-06-04", "2024-06-05").replace("S0604", "S0605")
             for row in _rows(MONDAY + timedelta(days=1))]  # fmt: skip
    inbox.put("uk-2.csv", *again, at=1)
    assert _said(inbox.load(code=3)) == [
        (
            "day repeated",
            "All 6 rows of 2024-06-05 are those of 2024-06-04 once more, under other numbers.",
        )
    ]


def _late(inbox: Inbox, now: datetime, holidays: frozenset[date], first: int) -> list[Finding]:
    feeds = list(load(inbox.folder / "config" / "recon.toml").feeds.values())
    with warehouse.opened(inbox.store) as session:
        calendar = Calendar(holidays=holidays)
        return deliveries.late(session, feeds, now, calendar, first)


def test_an_expected_file_is_missing_until_it_comes_and_then_late(inbox: Inbox) -> None:
    """On business days of the calendar, by the time that the feed says."""
    inbox.configure(FEED + 'expected = "business days by 07:00"\n')
    inbox.put("uk-1.csv", *_rows(MONDAY))
    inbox.load()
    today = datetime.now(UTC)
    tomorrow = (today + timedelta(days=7)).replace(hour=7, minute=1)
    while tomorrow.weekday() > 4:
        tomorrow += timedelta(days=1)
    (found,) = _late(inbox, tomorrow, frozenset(), 2)
    assert (found.kind, found.key) == ("missing", f"missing:uk:{tomorrow:%Y-%m-%d} 07:00")
    # A holiday asks for no file of its own.
    holiday = frozenset({tomorrow.date()})
    assert all(str(tomorrow.date()) not in each.key for each in _late(inbox, tomorrow, holiday, 2))
    with warehouse.opened(inbox.store) as session:
        session.execute(
            "INSERT INTO store.loads (load, feed, status, loaded_at) VALUES (2, 'uk', 'loaded', ?)",
            [tomorrow.replace(tzinfo=None, hour=9)],
        )
    (found,) = _late(inbox, tomorrow.replace(hour=9), frozenset(), 2)
    assert (found.kind, "came late, at 09:01" in found.sentence) == ("late", True)
    # The next run says nothing more of it.
    assert _late(inbox, tomorrow.replace(hour=10), frozenset(), 3) == []


STOCK = (
    FEED
    + 'fixed = { store = "Leeds" }\n[feeds.stock]\nkind = "inventory"\n'
    + 'path = "../inbox/stock*.csv"\n[feeds.moves]\nkind = "movements"\n'
    + 'path = "../inbox/moves*.csv"\n'
)
COUNT = "product_id,location,counted_on,on_hand,unit_cost"
MOVE = "movement_id,product_id,location,moved_on,quantity"


def test_stock_follows_from_the_count_before_it(inbox: Inbox) -> None:
    """Last count plus movements less sales; else the difference and its worth."""
    inbox.configure(STOCK)
    inbox.put("stock-1.csv", "P1,Leeds,2024-05-31,10,2.00", "P2,Leeds,2024-05-31,5,3.00",
              "P1,Ulm,2024-05-31,10,2.00", header=COUNT)  # fmt: skip
    inbox.put("moves-1.csv", "M1,P1,Leeds,2024-06-03,20", "M2,P2,Leeds,2024-05-31,7", header=MOVE)
    inbox.put("uk-1.csv", "S1,2024-06-04,p1,C1,4,1.00")
    inbox.put("stock-2.csv", "P1,Leeds,2024-06-30,23,2.00", "P2,Leeds,2024-06-30,5,3.00",
              "P1,Ulm,2024-06-30,90,2.00", header=COUNT, at=1)  # fmt: skip
    assert _said(inbox.load(code=3)) == [
        (
            "stock",
            "Stock of Leeds on 2024-06-30 does not follow from the count before it, movements and "
            "sales, in 1 product: P1 has 23 where 26 should be. The difference is worth -6.00.",
        )
    ]
    inbox.put("moves-2.csv", "M3,P1,Leeds,2024-06-20,-3", header=MOVE, at=2)
    assert _said(inbox.load()) == []
    with warehouse.opened(inbox.store) as session:
        assert stock.gaps(session, None) == []


def test_a_signed_month_that_a_load_changes_says_so(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the load, and on the month's next page."""
    inbox.put("uk-1.csv", "S1,2024-05-03,P1,C1,4,1.00", "S2,2024-06-03,P1,C1,4,1.00")
    inbox.load()

    class Signature:
        who, at = "Ada", datetime(2024, 6, 10, tzinfo=UTC)

    months = {date(2024, 5, 1): Signature()}
    monkeypatch.setattr(feed_findings, "signed_months", lambda _: months)
    inbox.put("uk-2.csv", "S1,2024-05-03,P1,C1,3,1.00", at=1)
    ((kind, said),) = _said(inbox.load(code=3))
    assert (kind, "2024-05 was signed off by Ada on 2024-06-10, and load 2" in said) == (
        "signed month", True,
    )  # fmt: skip
    restated = inbox.run("loads", "--restated")[1]
    assert "uk-2.csv (load 2) sent 1 row of it. The month had been signed off by Ada on" in restated
    assert inbox.ask("SELECT kind, feed, load FROM findings") == [("signed month", "uk", None)]
    settings = load(inbox.folder / "config" / "recon.toml")
    month = settings.calendar.month("2024-05")
    assert feed_findings.restated_since(settings, month) == [
        "After 2024-05 was signed off on 2024-06-10, load 2 (uk-2.csv) changed it: revenue is 1.00 "
        "lower GBP."
    ]
    assert feed_findings.restated_since(settings, month + 1) == []
    packed = inbox.put_bytes("pack-2024-05.xlsx", b"")
    of: Any = SimpleNamespace(first=date(2024, 5, 1))
    assert packing._since_last(settings, of, packed) == [
        "After the pack of 2023-11-14, load 2 (uk-2.csv) changed it: revenue is 1.00 lower GBP."
    ]
    assert packing._since_last(settings, of, packed.with_name("none.xlsx")) == []
    assert inbox.revenue() == Decimal(7)


def test_slack_hears_of_each_finding_once(inbox: Inbox) -> None:
    """Overlap, rejected rows, refused and drifted files; what Slack misses is sent later."""
    extra = "[slack]\nwebhook_env = 'HOOK'\n"
    inbox.configure(SIDES + FEED + FEED.replace("uk", "fr") + extra)
    with slack_server() as slack:
        env = {"HOOK": slack.webhook}
        inbox.put("uk-1.csv", *_rows(MONDAY), "S9,2024-06-03,P1,C1,x,1.00")
        slack.standing = Reply(500, "trouble")
        first = in_process("load", "--json", cwd=inbox.folder, env=env)
        assert first.returncode == 8, first.stderr
        assert "could not be sent to Slack" in json.loads(first.stdout)["alerts"]
        slack.standing = None
        slack.messages.clear()
        inbox.put("fr-1.csv", *_rows(MONDAY), at=1)
        inbox.put_bytes("uk-2.csv", b"", at=2)
        inbox.put("uk-3.csv", "S8,2024-06-03,P1,C1,2,1.00,Leeds", header=f"{SALES},city", at=3)
        second = in_process("load", cwd=inbox.folder, env=env)
        assert second.returncode == 6, second.stderr
        waited, news = slack.messages
        assert "WARNING" in waited["text"]
        assert "quantity 'x' is not a quantity" in json.dumps(waited)
        assert "HIGH" in news["text"]
        said = json.dumps(news, ensure_ascii=False)
        for words in ("are here already", "uk-2.csv is refused", "now also has 'city'"):
            assert words in said
        assert "quantity 'x'" not in said
        assert [broken(message) for message in slack.messages] == [[], []]
        slack.messages.clear()
        assert in_process("load", cwd=inbox.folder, env=env).returncode == 0
        assert slack.messages == []


def test_a_redacted_message_has_kinds_and_no_figures() -> None:
    """As for breaks."""
    found = Finding(FindingKind.THIN, "uk", "thin:1", "uk.csv: revenue 12.00, where 30.00 …")
    said = json.dumps(loads.digest([found], "warning", Style(redact=True)))
    assert ("thin (uk)" in said, "30.00" in said) == (True, False)


def test_the_doctor_names_what_is_open(inbox: Inbox) -> None:
    """Places, expected files, refused files, rejected rows and overlap."""
    late = FEED.replace("uk", "de") + 'expected = "every day by 00:00"\n'
    inbox.configure(SIDES + FEED + FEED.replace("uk", "fr") + late)
    inbox.put("uk-1.csv", *_rows(MONDAY), "S9,2024-06-03,P1,C1,x,1.00")
    inbox.put("fr-1.csv", *_rows(MONDAY), at=1)
    inbox.put_bytes("uk-2.csv", b"", at=2)
    inbox.load(code=6)
    out = json.loads(inbox.run("doctor", "--json")[1])
    found = {each["check"]: each for each in out["checks"]}
    assert found["feed_places"]["found"] == "3 feeds, 3 files in their places"
    assert found["loads"]["state"] == "warning"
    for words in ("refused: uk-2.csv", "1 rejected row to be mended", "wait in load 2"):
        assert words in found["loads"]["found"]
    assert "is missing" in found["expected_files"]["found"]
