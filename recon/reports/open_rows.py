"""The open breaks as rows, for the workbook and for CSV: carried forward and of this month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from recon.base import money
from recon.base.month import Month
from recon.record.journal.history import History
from recon.record.journal.model import Life
from recon.reports.words import moment_words

COLUMNS = (
    "severity",
    "break",
    "contract_id",
    "revenue_type",
    "customer",
    "owner",
    "currency",
    "open_amount",
    "age_months",
    "age_days",
    "months",
    "cause",
    "state",
    "reason",
    "notes",
    "acknowledged_by",
    "acknowledged_until",
    "first_month",
    "explanation",
)


def open_rows(history: History, month: Month) -> Iterator[tuple[object, ...]]:
    """Yield a row for every break that is open at the end of a month, the oldest first.

    The open amount is in ten-thousandths; ages are whole numbers, everything else is a text.
    """
    if history.at is None:
        return
    for life in history.open:
        yield _row(life, month, history.at)


def plain_rows(history: History, month: Month) -> Iterator[tuple[object, ...]]:
    """Yield the same rows for programs, with the amount as a plain number."""
    place, currency = COLUMNS.index("open_amount"), COLUMNS.index("currency")
    for row in open_rows(history, month):
        amount = money.plain(int(str(row[place])), str(row[currency]))
        yield (*row[:place], amount, *row[place + 1 :])


def _row(life: Life, month: Month, now: datetime) -> tuple[object, ...]:
    item, held = life.last, life.acknowledged
    return (
        item.severity,
        life.name,
        item.contract_id,
        item.revenue_type,
        item.customer,
        item.owner,
        item.currency,
        life.amount,
        life.months_old(month),
        life.days_old(now),
        ", ".join(str(key) for key in sorted(life.seen)),
        item.cause,
        life.state.value,
        held.reason if held else "",
        "; ".join(f"{n.who}, {moment_words(n.at)[:10]}: {n.reason}" for n in life.notes),
        held.who if held else "",
        held.detail if held else "",
        str(life.first_month),
        item.explanation,
    )
