"""A past for the example month: what was run before it, what was said, and what is carried."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from recon.base.events import Severity
from recon.base.month import Month
from recon.base.result import Break, Cause, Status, Totals, fingerprint
from recon.record.journal.history import History, Past, history
from recon.record.journal.model import Event, Kind, OpenItem, Role, Run
from recon.record.journal.signing import Signature
from tests.example import MONTH, RUN_ID, reconciliation

APRIL, MAY = MONTH - 2, MONTH - 1
NOW = datetime(2024, 7, 3, 7, 15, tzinfo=UTC)
FIRST_RUN = "2024-06_20240702T160000Z_11aa"
NAMED = {
    "C-0901": ("Northwind Traders", "Iris Kane", "USD", -12_500_000, "not_posted", "critical"),
    "C-0902": ("Tailspin Toys", "Dana Field", "USD", 4_000_000, "duplicate_entry", "high"),
    "C-0903": ("大阪電機", "Ken Mori", "JPY", 1_200_000_000, "ended", "high"),
    "C-0904": ("=HYPERLINK(1)", "", "USD", -900_000, "unexplained", "warning"),
    "C-0905": ("Globex", "Dana Field", "USD", -3_000_000, "not_posted", "high"),
}


def earlier(contract: str) -> Break:
    """Return a break of an earlier month."""
    customer, owner, currency, difference, cause, severity = NAMED[contract]
    return Break(
        name=fingerprint(contract.lower(), "Subscription", currency),
        contract_id=contract,
        revenue_type="Subscription",
        currency=currency,
        customer=customer,
        segment="SMB",
        owner=owner,
        status=Status.NOT_RECOGNIZED,
        cause=Cause(cause),
        candidates=(Cause(cause),),
        severity=Severity[severity.upper()],
        expected=abs(difference),
        recognized=abs(difference) + difference,
        difference=difference,
        allowed=0,
        to_date_expected=0,
        to_date_recognized=difference,
        flags=(),
        entries=(),
        explanation="Nothing was posted for this line in the month.",
    )


def example_run(run_id: str, month: Month, days: int = 0, **changes: object) -> Run:
    """Return a run with the totals of the example."""
    ended = NOW - timedelta(days=days)
    run = Run(
        run_id=run_id,
        month=month,
        started=ended,
        ended=ended,
        who="anna",
        host="pc",
        versions={"recon": "0.1.0"},
        policy={"tolerance": "1%"},
        sources={"analytics": "contracts.csv"},
        severity="critical",
        exit_code=3,
        folder=f"{month}/{run_id}",
        evidence="",
        invalid=2,
        totals=reconciliation().totals,
    )
    return replace(run, **changes)  # type: ignore[arg-type]


def example_runs() -> list[Run]:
    """Return three runs of two months, the last of which supersedes what was signed."""
    return [
        example_run("2024-05_20240604T080000Z_77cc", MAY, days=29, severity="", invalid=0),
        example_run(FIRST_RUN, MONTH, days=1, severity="high", who="ACME\\bob"),
        example_run(RUN_ID, MONTH, supersedes=FIRST_RUN),
    ]


def example_signatures() -> dict[str, tuple[Signature, ...]]:
    """Return the signatures under the first run of the month, and one under that of May."""
    return {
        FIRST_RUN: (
            _signature(FIRST_RUN, MONTH, Role.PREPARER, "anna", "Every difference was looked at."),
            _signature(FIRST_RUN, MONTH, Role.REVIEWER, "bob", "Agreed.", "Immaterial in sum."),
        ),
        example_runs()[0].run_id: (
            _signature(example_runs()[0].run_id, MAY, Role.PREPARER, "anna", "All clean."),
        ),
    }


def _signature(
    run_id: str, month: Month, role: Role, who: str, comment: str, accepted: str = ""
) -> Signature:
    at = NOW - timedelta(hours=20)
    return Signature(run_id, month, role, who, "pc", at, comment, accepted)


def example_past(signed: bool = False) -> Past:
    """Return what the journal holds before the run: April, May, and a first run of the month."""
    now = reconciliation().breaks
    first = example_run(FIRST_RUN, MONTH, days=1, severity="high", totals=_first_totals())
    seen = {
        "april": [earlier(key) for key in ("C-0901", "C-0902", "C-0903")],
        "may": [earlier("C-0904"), earlier("C-0905"), replace(now[2], difference=-1_000_000)],
        FIRST_RUN: [replace(now[0], difference=-500_000_000), *now[1:-2], earlier("C-0905")],
    }
    told = [
        ("april", Kind.RUN, APRIL, "", ""),
        (earlier("C-0902").name, Kind.ACKNOWLEDGED, APRIL, "The refund is due in July.", "2024-07"),
        (earlier("C-0903").name, Kind.NOTED, APRIL, "Asked the owner.", ""),
        ("may", Kind.RUN, MAY, "", ""),
        (FIRST_RUN, Kind.RUN, MONTH, "", ""),
    ]
    if signed:
        told += [
            (FIRST_RUN, Kind.SIGNED_OFF, MONTH, "Looked at.", "preparer"),
            (FIRST_RUN, Kind.SIGNED_OFF, MONTH, "Agreed.", "reviewer"),
        ]
    events = [
        Event(number, NOW - timedelta(days=80 - 10 * number), "anna" if detail != "reviewer"
              else "bob", "pc", kind, subject, month, reason, detail)
        for number, (subject, kind, month, reason, detail) in enumerate(told, 1)
    ]  # fmt: skip
    return Past(events, seen, first, first if signed else None)


def _first_totals() -> dict[str, Totals]:
    totals = reconciliation().totals
    return {**totals, "USD": replace(totals["USD"], recognized=524_000_000)}


def example_history(signed: bool = False) -> History:
    """Return what the example month means after its past; it makes the break of C-0904 good."""
    result = reconciliation()
    now = result.breaks
    to_date = {earlier(key).name: item[3] for key, item in NAMED.items()}
    to_date[earlier("C-0904").name] = 0
    return history(example_past(signed), MONTH, now, result.totals, to_date, NOW)


def example_open_items() -> tuple[OpenItem, ...]:
    """Return the breaks that are open at the end of the month."""
    return example_history().open
