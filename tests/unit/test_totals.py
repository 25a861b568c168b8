"""Totals, parts, bridge, flags and notices, counted by hand on small books."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import recon
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Bucket, CurrencyPart, Flag, Side, Totals
from tests.tables import (
    ENTRY,
    MONTH,
    contract,
    contracts,
    entries,
    line_of,
    lines,
    no_entries,
    one,
)

if TYPE_CHECKING:
    from recon.base.result import Reconciliation


@cache
def _book() -> Reconciliation:
    """Return a month with a line of each kind: 100.00 a month each, and 10,000 in yen."""
    book = contracts("""
        contract_id revenue_type contract_value booking_date currency segment
        MATCHED     Subscription 1200.00        2024-06-01   USD      SMB
        TOLERATED   Support      1200.00        2024-06-01   USD      SMB
        TWICE       Subscription 1200.00        2024-06-01   USD      Mid
        LACKING     Setup        1200.00        2024-06-01   USD      -
        GONE        Subscription 1200.00        2023-01-01   USD      SMB
        NOT-YET     Subscription 1200.00        2024-09-01   USD      SMB
        ZERO        Support      0.00           2024-06-01   USD      Mid
        YEN         Setup        120000         2024-06-01   JPY      SMB
    """)
    posted = entries("""
        contract_id revenue_type amount currency
        MATCHED     Subscription 60.00  USD
        MATCHED     Subscription 40.00  USD
        TOLERATED   Support      100.75 USD
        TWICE       Subscription 100.00 USD
        TWICE       Subscription 100.00 USD
        UNHEARD-OF  Support      7.00   USD
        YEN         Setup        9000   JPY
    """)
    return recon.reconcile(book, posted, MONTH)


def test_totals_per_currency() -> None:
    """Net and gross, lines by what they are; inactive lines match but are not compared."""
    assert _book().totals == {
        "JPY": Totals(
            expected=100_000_000,
            recognized=90_000_000,
            gross_difference=10_000_000,
            contract_lines=1,
            inactive_lines=0,
            matched=0,
            within_tolerance=0,
            breaks=1,
        ),
        "USD": Totals(
            expected=4_000_000,
            recognized=4_077_500,
            gross_difference=7_500 + 1_000_000 + 1_000_000 + 70_000,
            contract_lines=7,
            inactive_lines=3,
            matched=4,
            within_tolerance=1,
            breaks=3,
        ),
    }
    usd = _book().totals["USD"]
    assert (usd.difference, usd.compared, usd.match_rate) == (77_500, 5, "40.00%")
    assert _book().totals["JPY"].match_rate == "0.00%"


def test_lines_out_of_their_term_do_not_flatter_the_match_rate() -> None:
    """Ended and future lines without an entry leave the rate as it is; of none it is n/a."""
    ended = contracts("""
        contract_id booking_date
        OLD-1       2020-01-01
        OLD-2       2020-01-01
        FUTURE      2030-01-01
    """)
    totals = recon.reconcile(ended, no_entries(), MONTH).totals["USD"]
    assert (totals.contract_lines, totals.inactive_lines, totals.matched) == (3, 3, 3)
    assert (totals.compared, totals.match_rate) == (0, "n/a")
    with_one = pd.concat([ended, pd.DataFrame([contract(booking_date="2024-06-01")])])
    assert recon.reconcile(with_one, no_entries(), MONTH).totals["USD"].match_rate == "0.00%"
    posted = pd.DataFrame([ENTRY])
    assert recon.reconcile(with_one, posted, MONTH).totals["USD"].match_rate == "100.00%"


def test_an_ended_line_with_an_entry_is_not_inactive() -> None:
    """What is posted on it is compared, also where it is nothing."""
    book = contracts("""
        contract_id booking_date
        ENDED       2020-01-01
        NOUGHT      2020-01-01
    """)
    posted = entries("""
        contract_id amount
        ENDED       5.00
        NOUGHT      0.00
    """)
    totals = recon.reconcile(book, posted, MONTH).totals["USD"]
    assert (totals.inactive_lines, totals.matched, totals.breaks, totals.compared) == (0, 1, 1, 2)


def test_the_bridge_leads_from_expected_to_recognized() -> None:
    """One bucket a cause in their order, then what is within tolerance."""
    assert _book().bridge == {
        "JPY": (Bucket("unexplained", -10_000_000, 1, 10_000_000),),
        "USD": (
            Bucket("duplicate_entry", 1_000_000, 1, 1_000_000),
            Bucket("unknown_contract", 70_000, 1, 70_000),
            Bucket("not_posted", -1_000_000, 1, 1_000_000),
            Bucket("within_tolerance", 7_500, 1, 7_500),
        ),
    }


def _parts(by: str, currency: str) -> dict[str, CurrencyPart]:
    return {p.name: p for p in _book().parts if (p.by, p.currency) == (by, currency)}


def test_parts_by_segment_type_and_kind() -> None:
    """The compared lines by each of the three; no segment is a part of its own."""
    segments = _parts("segment", "USD")
    assert {name: p.totals.expected for name, p in segments.items()} == {
        "": 1_000_000,
        "Mid": 1_000_000,
        "SMB": 2_000_000,
    }
    assert segments["SMB"].totals.compared == 2
    assert {name: p.totals.breaks for name, p in _parts("revenue_type", "USD").items()} == {
        "Setup": 1,
        "Subscription": 1,
        "Support": 1,
    }
    assert {name: p.totals.difference for name, p in _parts("kind", "USD").items()} == {
        "one_time": -1_000_000,
        "recurring": 1_077_500,
    }
    assert list(_parts("kind", "JPY")) == ["one_time"]
    assert {p.by for p in _book().parts} == {"segment", "revenue_type", "kind"}


def test_control_totals_of_the_sources() -> None:
    """Rows, invalid ones and sums are those of the sources: for accounting, of the month."""
    book = contracts("""
        contract_id contract_value booking_date currency
        C1          1200.00        2024-06-01   USD
        C2          bad            2024-06-01   USD
        C3          12.00          2024-06-01   EUR
    """)
    posted = entries("""
        contract_id amount  currency recognition_period
        C1          100.00  USD      2024-06
        C1          50.00   USD      2024-05
        C2          30.00   USD      2024-06
        C3          bad     EUR      2024-06
        C3          2.50    EUR      never
    """)
    sources = recon.reconcile(book, posted, MONTH).sources
    analytics, accounting = sources[Side.ANALYTICS], sources[Side.ACCOUNTING]
    assert (analytics.rows, analytics.invalid) == (3, 1)
    assert analytics.control_total == {"EUR": 120_000, "USD": 12_000_000}
    assert (accounting.rows, accounting.invalid) == (4, 3)
    assert accounting.control_total == {"EUR": 25_000, "USD": 1_300_000}


# --- flags


def test_a_carried_difference() -> None:
    """A month that agrees over a to-date that does not carries an old error."""
    right = one()
    assert right.flags == {}
    posted = entries("""
        contract_id amount recognition_period
        C1          400.00 2024-01
        C1          90.00  2024-05
        C1          100.00 2024-06
    """)
    carried = recon.reconcile(pd.DataFrame([contract()]), posted, MONTH)
    line = line_of(carried)
    assert (line["status"], line["flags"]) == ("matched", "carried_difference")
    assert line["to_date_expected"] - line["to_date_recognized"] == 100_000
    assert carried.flags == {Flag.CARRIED_DIFFERENCE: 1}
    assert carried.severity is None


def test_a_to_date_within_tolerance_carries_nothing() -> None:
    """1% of 600.00 may be off to date, inclusive; a cent more is carried."""
    cases = {"LESS": "94.00", "LESS-STILL": "93.99", "MORE": "106.00", "MORE-YET": "106.01"}
    posted = [
        ENTRY | {"contract_id": name, "recognition_period": f"2024-{n:02d}",
                 "amount": first if n == 1 else "100.00"}
        for name, first in cases.items() for n in range(1, 7)
    ]  # fmt: skip
    book = pd.DataFrame([contract(contract_id=name) for name in cases])
    found = recon.reconcile(book, pd.DataFrame(posted), MONTH).lines.to_pandas()
    carried = found[found["flags"] == Flag.CARRIED_DIFFERENCE.value]
    assert set(carried["contract_id"]) == {"LESS-STILL", "MORE-YET"}


def test_a_break_is_not_carried() -> None:
    """The flag is for what the month does not show."""
    broken = one(None, {"amount": "150.00"})
    assert Flag.CARRIED_DIFFERENCE not in broken.flags


def test_more_recognized_than_the_contract_is_worth() -> None:
    """To date beyond the contract value is flagged, for credits as for charges."""
    cases = {
        "ALL": ("1200.00", "1100.00", "100.00"), "BEYOND": ("1200.00", "1100.01", "100.00"),
        "CREDIT": ("-1200.00", "-1100.00", "-100.00"), "TOO-MUCH": ("-1200.00", "-1100.01", "-100"),
    }  # fmt: skip
    posted = [
        ENTRY | {"contract_id": name, "recognition_period": period, "amount": amount}
        for name, (_, *amounts) in cases.items()
        for period, amount in zip(("2023-12", "2024-06"), amounts, strict=True)
    ]
    book = [contract(contract_id=name, contract_value=value) for name, (value, *_) in cases.items()]
    found = lines(recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), MONTH))
    beyond = {one["contract_id"] for one in found if "over_contract_value" in one["flags"]}
    assert beyond == {"BEYOND", "TOO-MUCH"}


def test_flags_of_the_term() -> None:
    """A close off the term is a mismatch; only one before its end closes early."""
    book = contracts("""
        contract_id booking_date close_date terminated_on
        NORMAL      2024-01-01   2024-12-31 -
        EARLY       2024-01-01   2024-08-31 -
        LATE        2024-01-01   2025-08-31 -
        TERMINATED  2024-01-01   2024-12-31 2024-08-31
    """)
    result = recon.reconcile(book, no_entries(), MONTH)
    found = {
        line["contract_id"]: [f for f in line["flags"].split(", ") if f] for line in lines(result)
    }
    assert found == {
        "NORMAL": [],
        "EARLY": ["term_mismatch", "closed_early"],
        "LATE": ["term_mismatch"],
        "TERMINATED": ["closed_early"],
    }
    assert result.flags == {Flag.TERM_MISMATCH: 2, Flag.CLOSED_EARLY: 2}


def test_what_an_early_close_leaves_is_told_in_its_month() -> None:
    """The close month reports the remainder, per currency; a month sooner nothing is lost yet."""
    book = contracts("""
        contract_id contract_value booking_date close_date terminated_on currency
        CLOSED      1200.00        2024-01-01   2024-06-30 -             USD
        STOPPED     1200.00        2024-01-01   2024-12-31 2024-06-15    USD
        YEN         120000         2024-01-01   2024-12-31 2024-06-15    JPY
        LATER       1200.00        2024-01-01   2024-12-31 2024-07-15    USD
    """)
    result = recon.reconcile(book, no_entries(), MONTH)
    assert [said for said in result.notices if "60,000 JPY" in said and " 1 " in said]
    assert [said for said in result.notices if "1,200.00 USD" in said and " 2 " in said]
    assert {
        line["contract_id"]: line["unrecognized_remainder"] // 10_000 for line in lines(result)
    } == {"CLOSED": 600, "LATER": 0, "STOPPED": 600, "YEN": 60_000}


# --- masking


# What two lines of 100.00 recognize in a currency of their own, and whether the net hides it.
NETS = {
    "USD": ("100.00", "100.00", False),
    "EUR": ("150.00", "50.00", True),
    "GBP": ("150.00", "52.00", True),
    "CHF": ("150.00", "52.01", False),
    "SEK": ("150.00", "48.00", True),
    "NOK": ("150.00", "47.99", False),
    "DKK": ("101.00", "99.00", False),
    "PLN": ("101.01", "99.00", True),
    "CZK": ("150.00", "150.00", False),
}


@cache
def _nets() -> Reconciliation:
    keys = {f"{currency}-{n}": currency for currency in NETS for n in (1, 2)}
    book = [
        contract(contract_id=key, currency=currency, booking_date="2024-06-01")
        for key, currency in keys.items()
    ]
    posted = [
        ENTRY
        | {"contract_id": key, "currency": currency, "amount": NETS[currency][int(key[-1]) - 1]}
        for key, currency in keys.items()
    ]
    return recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), MONTH)


@pytest.mark.parametrize("currency", NETS)
def test_a_net_that_hides_a_gross_difference(currency: str) -> None:
    """Within 1% net over more than that gross is called out; both bounds are inclusive."""
    assert _nets().masked(currency) is NETS[currency][-1]


def test_an_unknown_line_of_a_known_contract_has_its_people() -> None:
    """A type that the contract has not goes to the contract's owner all the same."""
    book = contracts("""
        contract_id customer_id customer segment owner
        C1          K-1         Acme     SMB     Dana
    """)
    posted = entries("""
        contract_id revenue_type amount
        C1          Setup        77.00
        C2          Setup        78.00
    """)
    result = recon.reconcile(book, posted, Month.parse(MONTH), Policy(currency="EUR"))
    assert [
        (b.contract_id, b.revenue_type, b.currency, b.customer, b.segment, b.owner)
        for b in result.breaks
    ] == [
        ("C1", "Subscription", "EUR", "Acme", "SMB", "Dana"),
        ("C2", "Setup", "EUR", "", "", ""),
        ("C1", "Setup", "EUR", "Acme", "SMB", "Dana"),
    ]


def test_the_lines_as_a_frame() -> None:
    """All lines in the order of contract, type and currency, amounts as whole ten-thousandths."""
    frame = _book().lines.to_pandas()
    assert list(frame.columns) == list(_book().lines.columns)
    assert list(frame["contract_id"]) == sorted(frame["contract_id"])
    amounts = ["expected", "recognized", "difference", "to_date_expected", "to_date_recognized"]
    assert {str(kind) for kind in frame[amounts].dtypes} == {"int64"}
    assert len(frame) == len(_book().lines) == 9


def test_a_tolerance_that_holds_for_nothing_is_told() -> None:
    """A segment that is spelled otherwise would have the usual tolerance without a word."""
    line = contract(segment="smb ")
    own = {name: {"tolerance": "2%"} for name in (" SMB", "Smbs")}
    found = recon.reconcile(pd.DataFrame([line]), pd.DataFrame([ENTRY]), MONTH, {"segments": own})
    assert [said for said in found.notices if "policy.segments" in said] == [
        "policy.segments.Smbs applies to no contract line; check how the segment is spelled."
    ]


def test_a_format_that_does_not_fit_is_told() -> None:
    """Amounts that could not be read are counted beside the others, with what mends them."""
    posted = pd.DataFrame([ENTRY | {"amount": "1.000,00"}, ENTRY | {"amount": "1.000,01"}, ENTRY])
    found = recon.reconcile(pd.DataFrame([contract()]), posted, MONTH)
    assert found.sources[Side.ACCOUNTING].unread_amounts == 2
    assert list(found.notices)[:2] == [
        "2 amounts of accounting could not be read, 1 could; the totals include only those.",
        "2 rows of accounting ('1.000,00' in row 1, …): amounts have a decimal comma; set "
        'accounting.decimal = "," (for a file).',
    ]


ADVICE = (
    ("amount", "#N/A", "a cell holds an error of the spreadsheet"),
    ("amount", "=SUM(D2:D9)", "open the workbook in Excel and save it"),
    ("amount", "12,5", 'accounting.decimal = ","'),
    ("amount", "100.00 CR", "deliver the columns debit and credit"),
    ("amount", "€100.00", "the currency beside an amount is not that of its row"),
    ("amount", "TBD", "these cells are not amounts; correct them in the source"),
    ("amount", "n.a.", "these cells are not amounts"),
    ("recognition_period", "45444", 'accounting.dates = "serial"'),
    ("recognition_period", "2024-06-31", "not calendar dates"),
    ("recognition_period", "soon", "these cells are not dates"),
    ("revenue_type", "Licence", "policy.aliases"),
    ("currency", "US$", "codes of three letters"),
    ("contract_id", "", "accounting.skip_foot"),
    ("entry_id", "Grand total", "accounting.skip_foot"),
    ("contract_id", "#REF!", "a cell holds an error of the spreadsheet"),
    ("contract_id", "=A2", "open the workbook in Excel and save it"),
)


@pytest.mark.parametrize(("column", "cell", "advice"), ADVICE)
def test_hints_follow_the_reason(column: str, cell: str, advice: str) -> None:
    """One sentence, which quotes the cell and names its row."""
    total = {"contract_id": "", "revenue_type": ""} if column == "entry_id" else {}
    posted = pd.DataFrame([ENTRY, ENTRY | total | {column: cell}])
    found = recon.reconcile(pd.DataFrame([contract()]), posted, MONTH)
    (said,) = (notice for notice in found.notices if notice.startswith("1 row of accounting ("))
    assert advice in said
    assert "in row 2): " in said
    assert (f"{cell!r}" if cell else "contract_id is missing") in said


def test_a_row_with_two_faults_gets_both_hints() -> None:
    """And entries of an invalid contract row none: it is that row that has to be mended."""
    line = contract(contract_value="x", close_date="soon")
    found = recon.reconcile(pd.DataFrame([line]), pd.DataFrame([ENTRY]), MONTH)
    hints = [
        said for said in found.notices if " of analytics (" in said or " of accounting (" in said
    ]
    assert len(hints) == 2
    assert len(found.invalid) == 2
