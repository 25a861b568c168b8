"""Small books for tests: contracts and entries as rows, reconciled in a session of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import EarlierValue, Reconciliation, Side
from recon.reconciliation.compare import BROKEN
from recon.reconciliation.earlier_values import know_earlier_values
from recon.reconciliation.revenue import (
    compare_month,
    load_both_sides,
    reconcile_month,
    reconcile_relations,
)
from recon.store.frames import register
from recon.store.session import Session, open_session

MONTH = "2024-06"
Row = dict[str, object]


def contract(contract_id: str, **changes: object) -> Row:
    """Return a contract row: a subscription of 12,000.00 over 2024, unless changed."""
    start = changes.get("start_date", "2024-01-01")
    return {
        "contract_id": contract_id,
        "revenue_type": "Subscription",
        "contract_value": "12000.00",
        "duration_months": "12",
        "booking_date": start,
        "start_date": start,
        "close_date": "2024-12-31",
        "terminated_on": None,
        "currency": "USD",
        "customer_id": "K-1",
        "customer": "Acme",
        "segment": "SMB",
        "owner": "Dana Field",
        **changes,
    }


def entry(entry_id: str, contract_id: str, amount: str, **changes: object) -> Row:
    """Return an accounting entry of the reconciled month, unless changed."""
    return {
        "entry_id": entry_id,
        "contract_id": contract_id,
        "revenue_type": "Subscription",
        "amount": amount,
        "recognition_period": MONTH,
        "currency": "USD",
        "posted_at": "2024-07-02 09:00:00",
        "document_ref": f"INV-{entry_id}",
        **changes,
    }


def posted(contract_id: str, months: Mapping[str, str], **changes: object) -> list[Row]:
    """Return an entry a month, from month to amount."""
    return [
        entry(f"E-{contract_id}-{month}", contract_id, amount, recognition_period=month, **changes)
        for month, amount in months.items()
    ]


def opened(
    contracts: Sequence[Row],
    entries: Sequence[Row],
    policy: Mapping[str, object] | None = None,
    month: str = MONTH,
    compliance: tuple[str, ...] = (),
    earlier: Sequence[EarlierValue] | None = None,
) -> tuple[Session, Reconciliation]:
    """Return the session and the reconciliation of some rows."""
    session = _holding(contracts, entries, compliance)
    if earlier is not None:
        know_earlier_values(session, earlier)
    result = reconcile_relations(
        session,
        "contracts_frame",
        "entries_frame",
        Month.parse(month),
        Policy.of(policy or {}),
        compliance=compliance,
    )
    return session, result


def month_by_month(
    contracts: Sequence[Row],
    entries: Sequence[Row],
    months: Iterable[str],
    policy: Mapping[str, object] | None = None,
) -> Iterator[tuple[Session, Reconciliation]]:
    """Yield each month of the same rows, taken in once; one month's session is the next one's."""
    rules, told = Policy.of(policy or {}), dict.fromkeys(Side, "data frame")
    with _holding(contracts, entries) as session:
        notices = load_both_sides(session, "contracts_frame", "entries_frame", rules, told, ())
        for month in months:
            yield (
                session,
                reconcile_month(session, Month.parse(month), rules, told, (), notices),
            )


def broken(contracts: Sequence[Row], entries: Sequence[Row]) -> set[tuple[str, str, str]]:
    """Return the keys of the lines that break: rows are compared, and nothing is explained."""
    policy, told = Policy(), dict.fromkeys(Side, "data frame")
    with _holding(contracts, entries) as session:
        load_both_sides(session, "contracts_frame", "entries_frame", policy, told, ())
        compare_month(session, Month.parse(MONTH), policy, told, ())
        found = session.execute(f"SELECT id, type, currency FROM lines_compared WHERE {BROKEN}")
        return set(found.fetchall())


def _holding(
    contracts: Sequence[Row], entries: Sequence[Row], compliance: tuple[str, ...] = ()
) -> Session:
    session = open_session()
    columns = list(entry("", "", "")) + list(compliance)
    register(session, "contracts_frame", pd.DataFrame(contracts, columns=list(contract(""))))
    register(session, "entries_frame", pd.DataFrame(entries, columns=columns))
    return session
