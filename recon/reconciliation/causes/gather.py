"""Gathering: broken lines with everything that causes are judged by.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from recon.base.month import Month
from recon.base.result import Cause, Flag, Status
from recon.reconciliation.causes.broken_line import BrokenLine
from recon.reconciliation.causes.counterparts import CANCELLING, offsetting_lines
from recon.reconciliation.causes.months_off import (
    create_months_off,
    create_neighbour_months,
    months_alike,
    months_off,
)
from recon.reconciliation.causes.objections import assumed_of, objections_of, unread_of
from recon.reconciliation.causes.postings import entries_of, recognized_before
from recon.reconciliation.causes.terms import alternative_terms
from recon.reconciliation.causes.together import customers_off, lines_together, nearby_amounts
from recon.reconciliation.compare import BROKEN, CARRIED
from recon.reconciliation.known_terms import with_terms
from recon.store.session import Session, is_any


def gather(connection: Session, month: Month) -> Iterator[BrokenLine]:
    """Yield the broken lines, by contract, type and currency."""
    if not _create_breaks(connection):
        return
    added = is_any(connection, "added_rows")
    create_neighbour_months(connection, month, added)
    any_off = create_months_off(connection, month, added)
    entries = entries_of(connection)
    off, claiming = months_off(connection, month) if any_off else ({}, ())
    alike = months_alike(connection, month, claiming) if claiming else {}
    before = recognized_before(connection, entries)
    terms = alternative_terms(connection, month)
    unread, against = unread_of(connection), objections_of(connection, month)
    customers = customers_off(connection)
    nearby = nearby_amounts(customers)
    offsetting = offsetting_lines(connection)
    for line, others in lines_together(customers, entries).items():
        offsetting.setdefault(line, {})[Cause.POSTED_TOGETHER] = others
    if any(Cause.WRONG_CURRENCY in others for others in offsetting.values()):
        for line, assumed in assumed_of(connection).items():
            against[line] = against.get(line, ()) + assumed
    cursor = connection.execute(_broken_lines(added))
    statuses = {status.value: status for status in Status}
    while rows := cursor.fetchmany(10_000):
        for line, status, flags, *values in rows:
            posted = entries.get(line, ())
            yield BrokenLine(
                line,
                month,
                posted,
                tuple(entry for entry in posted if entry.offset == 0),
                terms.get(line, ()),
                off.get(line, ()),
                alike.get(line, 0),
                before.get(line, ()),
                unread.get(line, ""),
                against.get(line, ()),
                nearby.get(line, ()),
                offsetting.get(line, {}),
                statuses[status],
                flags_of(flags),
                *values,
            )


def _create_breaks(connection: Session) -> bool:
    """Create `lines_off` and `breaks`; return whether any line breaks.

    Where no line is off, nobody reads them.
    """
    if not is_any(connection, "lines_compared WHERE difference <> 0"):
        return False
    off = with_terms(
        connection,
        "(SELECT *, buyer_key(customer_id, customer) AS buyer FROM lines WHERE difference <> 0)",
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE lines_off AS {off}")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW breaks AS FROM lines_off WHERE {BROKEN}")
    return is_any(connection, f"lines_off WHERE {BROKEN}")


# What a line is flagged for; `months_broken` is known of breaks alone.
FLAGS = (
    (Flag.TERM_MISMATCH, "term_mismatch"),
    (Flag.CLOSED_EARLY, "closed_early"),
    (Flag.CARRIED_DIFFERENCE, CARRIED),
    (Flag.OVER_CONTRACT_VALUE, "over_value"),
    (Flag.SPELLING, "spelling"),
    (Flag.SECOND_MONTH, "months_broken = 2"),
    (Flag.THIRD_MONTH, "months_broken > 2"),
)
_CASES = ", ".join(f"CASE WHEN {condition} THEN '{flag}' END" for flag, condition in FLAGS)
FLAGGED = f"concat_ws(', ', {_CASES})"


@cache
def flags_of(text: str) -> tuple[Flag, ...]:
    """Flags of a line from its flag column."""
    return tuple(Flag(flag) for flag in text.split(", ") if flag)


# What is recognized at a point in time has a term of one month, between the contract's own dates.
_STARTS = "CASE WHEN b.over_time THEN b.term_start ELSE b.started_on END"
# The same of a line whose contract rows are added up.
_ADDED = """
    SELECT line, min(term_start) AS first_day, bool_or(term_kind = 'month') AS monthly,
        max(least(close_month, start_month + periods - 1)) AS last_month
    FROM added_rows GROUP BY line"""


def _broken_lines(added: bool) -> str:
    """SELECT of breaks, as `BrokenLine` has them."""
    monthly, first_day, last_month, joined = "b.term_kind = 'month'", _STARTS, "", ""
    if added:
        monthly = f"({monthly} OR coalesce(a.monthly, false))"
        first_day = f"coalesce(a.first_day, {_STARTS})"
        last_month = "WHEN a.line IS NOT NULL THEN a.last_month"
        joined = f"LEFT JOIN ({_ADDED}) a USING (line)"
    return f"""
    SELECT line, b.status, {FLAGGED}, b.id, b.id_key, b.type, b.currency, b.unit,
        coalesce(b.customer, b.customer_id, ''), coalesce(b.segment, ''), coalesce(b.owner, ''),
        b.expected, b.recognized, b.difference, b.allowed, b.entries,
        b.to_date_expected, b.to_date_recognized, n.before_difference, n.after_difference,
        n.expected_before, n.expected_after, n.months_broken, n.ledger_from,
        n.known_difference, n.months_with_part, b.on_contract,
        b.known_contract,
        CASE WHEN NOT {monthly} THEN rounded(b.value, 1, 1, b.unit) END, {first_day},
        CASE {last_month} WHEN b.over_time THEN least(b.close_month, b.start_month + b.periods - 1)
            ELSE month_index(least(b.close_date, b.terminated_on)) END,
        month_index({first_day}), CASE WHEN b.closed_early THEN b.closed_on END,
        coalesce(t.total, 0)
    FROM breaks b JOIN neighbour_months n USING (line)
    LEFT JOIN ({CANCELLING}) t USING (id_key, currency) {joined}
    ORDER BY b.id_key, b.type, b.currency"""
