"""The messages: what they say, within Slack's limits, and with nobody called by data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from recon.alerts import blocks
from recon.alerts.digest import digest
from recon.alerts.message import (
    Style,
    critical,
    escalation,
    failure,
    more_critical,
    with_id,
)
from recon.alerts.run_summary import RunSummary, run_summary
from recon.base.events import Severity
from recon.base.month import Month
from recon.base.result import Break, Cause, Reconciliation, Totals
from recon.reconciliation.verdict import verdict
from recon.record.journal.model import Event, Kind, OpenItem, Reported, Run
from recon.record.journal.open_items import open_items
from tests.example import MONTH, RUN_ID, reconciliation
from tests.golden_files import check_golden
from tests.slack_limits import broken

AT = datetime(2024, 7, 3, 7, 15, tzinfo=UTC)
OWNERS = {"dana field": "<@U0DANA123>"}
HOSTILE = "<!channel> & <@U123> " + "𝕏🧾" * 150


def run(run_id: str = RUN_ID, at: datetime = AT, **changes: object) -> Run:
    """Return the run of the example month."""
    result = reconciliation()
    found = Run(
        run_id, MONTH, at, at, "dana", "finance01", {}, dict(result.policy.rows()), {},
        "critical", 3, f"{MONTH}/{run_id}", "", len(result.invalid), result.totals,
        reported=Reported.of(result),
    )  # fmt: skip
    return replace(found, **changes)  # type: ignore[arg-type]


def example_breaks() -> list[Break]:
    """Return the breaks of the example month as the journal keeps them."""
    return list(reconciliation().breaks)


def lives_of(breaks: Sequence[Break], month: Month = MONTH) -> dict[str, OpenItem]:
    """Return the lives of breaks that one run has seen."""
    return open_items([Event(1, AT, "", "", Kind.RUN, "r", month)], {"r": breaks}, month)


def facts(
    breaks: Sequence[Break] | None = None, *, before: Sequence[Break] | None = None,
    **changes: object,
) -> RunSummary:  # fmt: skip
    """Return what is told of a run with these breaks, after one with those before."""
    now = list(example_breaks() if breaks is None else breaks)
    earlier = run("before", AT.replace(day=2))
    runs = [run(), *([earlier] if before is not None else [])]
    seen = {RUN_ID: now, "before": list(before or ())}
    found = run_summary(run(), runs, seen, lives_of(now), 2, r"\\share\close\2024-06")
    return replace(found, **changes)  # type: ignore[arg-type]


def test_the_digest_begins_with_what_nobody_has_acknowledged() -> None:
    """The rest has somebody who looks after it."""
    found = facts()
    first, *others = found.breaks
    said = Event(9, AT, "anna", "pc", Kind.ACKNOWLEDGED, first.name, MONTH, "Refund.")
    held = found.open_items[first.name]._replace(acknowledged=said)
    known = replace(found, open_items={**found.open_items, first.name: held})
    text = json.dumps(digest(known, Style()), ensure_ascii=False)
    places = [text.index(item.name) for item in (*others, first)]
    assert places == sorted(places)


def clean_month() -> Reconciliation:
    """The example month without breaks and invalid rows."""
    return replace(reconciliation(), breaks=(), invalid=())


def many(count: int = 5000) -> list[Break]:
    """Return breaks with the worst names and the longest texts."""
    first = example_breaks()[0]
    return [
        replace(first,
            name=f"B-{number:08}", contract_id=f"C-{number}" + "&" * 300, customer=HOSTILE,
            owner="<!here>" * 43, revenue_type="&" * 300, explanation=HOSTILE * 3,
            cause=(Cause.UNEXPLAINED, Cause.NOT_POSTED, Cause.ENDED)[number % 3],
            severity=(Severity.CRITICAL, Severity.HIGH, Severity.WARNING)[number % 3],
        )
        for number in range(count)
    ]  # fmt: skip


def texts(message: blocks.Message) -> str:
    """Return all that a message says, as Slack reads it."""
    return json.dumps(message, ensure_ascii=False)


@pytest.mark.parametrize("redact", [False, True])
def test_the_digest_looks_as_approved(redact: bool) -> None:
    """The golden file is what a person has read."""
    style = Style(redact, OWNERS)
    told = with_id(digest(facts(before=example_breaks()[2:]), style, ["<@U0LEAD123>"]), "A-TEST")
    name = "redacted" if redact else "digest"
    check_golden(f"slack/{name}.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def test_a_redacted_notice_has_no_amounts() -> None:
    """What was held against what stands in brackets."""
    notice = "By 2024-07-01 accounting holds 40% of the usual ({}); provisional."
    amounts = "1,234,567.00 USD; 2,000,000.00 in the median (of 3)"
    told = texts(digest(facts(notice=notice.format(amounts)), Style(redact=True)))
    assert "accounting holds 40% of the usual; provisional." in told
    assert "1,234" not in told
    assert "1,234" in texts(digest(facts(notice=notice.format(amounts)), Style()))


def test_the_other_messages_look_as_approved() -> None:
    """A critical break, what nobody acknowledged, and a run that failed."""
    found, style = facts(), Style(owners=OWNERS)
    asked = dict.fromkeys(found.open_items, AT)
    told = {
        "critical": critical(found, found.breaks[0], style, ["<@U0CONTROL>"]),
        "escalation": escalation(
            "high", list(found.open_items.values())[:2], asked, 2, style, ["<@C>"]
        ),
        "failure": failure("2024-06", "The disk is full.", 7, "on finance01", style, ["<!here>"]),
    }
    check_golden("slack/others.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def test_the_digest_shows_the_bridge_and_the_verdict_as_reported() -> None:
    """Whatever the breaks come to: no figure is counted a second time."""
    found = facts([])
    assert found.bridge == reconciliation().bridge
    assert found.verdict == verdict(reconciliation())
    assert found.masked == tuple(filter(reconciliation().masked, found.run.totals))
    assert "523,000.00" not in texts(digest(found, Style(redact=True)))


def test_a_run_of_an_earlier_version_says_what_was_not_kept() -> None:
    """Its totals and breaks are there, its bridge is not."""
    told = digest(facts(run=run(reported=None)), Style())
    assert told["text"] == "CRITICAL · June 2024: 9 breaks"
    assert "*Bridge* not kept: an earlier version of recon recorded this run" in texts(told)
    assert "*USD expected*" in texts(told)


@pytest.mark.parametrize("redact", [False, True])
def test_nothing_is_beyond_the_limits_of_slack(redact: bool) -> None:
    """With 5,000 breaks, the longest names and twenty currencies."""
    breaks = many()
    totals = {f"C{chr(65 + n)}X": Totals(2**62, -(2**62), 2**62, 9, 0, 1, 1, 7) for n in range(20)}
    found = facts(breaks, before=breaks[:7])
    found = replace(found, run=replace(found.run, totals={**found.run.totals, **totals}))
    found = replace(found, where="https://share.example/" + "&" * 900)
    style = Style(redact, {"<!here>" * 43: "<@U0OWNER>"})
    asked = dict.fromkeys(found.open_items, AT)
    for made in (
        digest(found, style, ["<@U0LEAD123>"] * 30),
        critical(found, found.breaks[0], style, ["<!here>"]),
        more_critical(found, found.breaks, style, ["<!here>"]),
        escalation("critical", list(found.open_items.values()), asked, 1, style, ["<!here>"]),
        failure("2024-06", HOSTILE * 50, 5, HOSTILE, style, ["<!here>"], 4),
    ):
        told = with_id(made, "A-ABCDEFGH")
        assert broken(told) == []
        assert "more" in texts(told) or told["attachments"][0]["color"]


def test_the_digest_names_ten_breaks_and_counts_the_others() -> None:
    """The largest of the gravest come first."""
    one = example_breaks()[0]
    breaks = [replace(one, name=f"B-{n:08}", difference=n) for n in range(1, 51)]
    told = texts(digest(facts(breaks), Style()))
    assert told.count("`B-") == 10
    assert "`B-00000050`" in told
    assert "+40 more in the report" in told


def test_data_calls_nobody() -> None:
    """A customer named <!channel> stays text, and so does an owner whom nobody has configured."""
    item = replace(example_breaks()[0], customer="<!channel>", owner="<!here>", contract_id="<@U1>")
    found = facts([item])
    for told in (digest(found, Style()), critical(found, found.breaks[0], Style())):
        assert "<!" not in texts(told)
        assert "&lt;!channel&gt;" in texts(told)
        # A title is plain text, in which Slack calls nobody.
        assert texts(told).count("<@") == texts(told["blocks"][0]).count("<@")


def test_an_owner_who_is_known_is_mentioned() -> None:
    """By the name in the data, whatever its case."""
    item = replace(example_breaks()[0], owner="DANA Field")
    told = critical(facts([item]), item, Style(owners=OWNERS), ["<@U0CONTROL>"])
    assert told["text"].endswith("<@U0CONTROL> <@U0DANA123>")
    assert told["blocks"][1]["text"]["text"] == "<@U0CONTROL> <@U0DANA123>"


def test_redaction_hides_customers_and_amounts() -> None:
    """Counts, causes and ids stay."""
    found, style = facts(before=[]), Style(redact=True)
    asked = dict.fromkeys(found.open_items, AT)
    told = texts(digest(found, style)) + texts(critical(found, found.breaks[0], style))
    told += texts(escalation("high", list(found.open_items.values()), asked, 2, style))
    told += texts(failure("2024-06", "Sum 1,234.50 instead of 99.", 6, "on x", style))
    for item in found.breaks:
        assert not item.customer or item.customer not in told
        assert f"{abs(item.difference) / 10_000:,.2f}" not in told
        assert item.name in told or len(found.breaks) > 10
    assert "1,234.50" not in told
    assert "match rate" in told


def test_the_colour_comes_with_its_word() -> None:
    """A verdict is never told by a colour alone."""
    for severity in Severity:
        found = facts(run=run(severity=severity.word))
        told = digest(found, Style())
        assert told["text"].startswith(severity.word.upper())
    clean = facts([], run=run(severity="", invalid=0, reported=Reported.of(clean_month())))
    told = digest(clean, Style())
    assert told["text"] == "MATCHED · Ready to close June 2024: no breaks, no invalid rows"
    assert told["attachments"][0]["color"] == "#2EB67D"


def test_the_last_run_is_compared_with() -> None:
    """First run, nothing new, something new."""
    breaks = example_breaks()
    assert "first run of the month" in texts(digest(facts(), Style()))
    assert "nothing has changed" in texts(digest(facts(before=breaks), Style()))
    assert "0 fixed, 2 new, 0 changed" in texts(digest(facts(before=breaks[2:]), Style()))
    assert "2 breaks still open" in texts(digest(facts(), Style()))


def test_the_main_currency_comes_first_and_a_notice_before_all() -> None:
    """Amounts of different currencies cannot be compared."""
    told = digest(facts(notice="By 2024-07-01 accounting holds 40% <of> the usual."), Style())
    first, second, *_ = told["attachments"][0]["blocks"]
    assert first["text"]["text"] == "By 2024-07-01 accounting holds 40% &lt;of&gt; the usual."
    assert second["fields"][0]["text"].startswith("*USD expected*")
    currencies = [item.currency for item in facts().breaks if item.severity is Severity.CRITICAL]
    assert currencies == sorted(currencies, key=lambda currency: currency != "USD")


@pytest.mark.parametrize(
    ("text", "limit", "told"),
    [
        ("a & b", 20, "a &amp; b"),
        ("a & b", 6, "a…"),
        ("&&&&", 11, "&amp;&amp;…"),
        ("a\nb\tc\x00d", 20, "a b c d"),
        ("\u202egpj.exe", 20, "gpj.exe"),
        ("\ud800x", 20, "x"),
    ],
)
def test_data_is_escaped_and_cut_between_letters(text: str, limit: int, told: str) -> None:
    """An entity is never cut, controls and what turns the direction are gone."""
    assert blocks.escaped(text, limit) == told
    assert len(told) <= limit


def test_what_is_beyond_a_limit_is_seen() -> None:
    """The check itself finds what Slack would refuse."""
    bad = {
        "text": "",
        "blocks": [{"type": "header", "text": {"text": "x" * 151}}] * 51,
        "attachments": [{"blocks": [{"type": "section", "fields": [{"text": "y" * 2001}] * 11}]}],
    }
    said = " ".join(broken(bad))
    for part in (
        "52 blocks",
        "characters",
        "fallback",
        "header of 151",
        "too many",
        "part of 2001",
    ):
        assert part in said
