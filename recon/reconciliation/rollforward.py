"""Roll-forward: movement of the unrecognized contract value through the month.

For each revenue type, segment and currency, to the ten-thousandth:

    opening + bookings + changes - terminations - recognized = closing

- value: of a contract line the most it can give, its contract value in whole minor units
- booked: a line counts from its *booking* month on, not from its start month: a signed contract is
  owed, so a line booked in June that starts in August is unrecognized value in June already
  (the remaining performance obligations of IFRS 15.120 and ASC 606-10-50-13)
- opening: the value booked before the month, less the value that early closes had released before
  it, less all that was recognized before it. Where the closing of the month before was recorded,
  the opening is that closing
- bookings: the value of the lines whose booking month is the month; a line whose value is that of a
  month has no total, and books what each month expects
- changes: the opening by this month's data less the recorded closing: lines that were added,
  changed or taken away, terminations and entries that came late for a month that is past. Without
  a recorded closing there are none
- terminations: the value that lines closing early in the month leave unrecognized by their terms,
  the `unrecognized_remainder` of the lines. Revenue that a line should have recognized until then,
  and did not, stays in its closing
- recognized: the entries of the month, so that its sum is that of the reconciliation
- closing: the value booked up to the month's end, less released, less recognized value

Revenue recognized beyond the value, or before the booking, is not cut off: it lowers the closing
below the value still to come, and `beyond_value` says by how much. Entries without a contract line
have a row of their own, whose closing is all revenue ever recognized without one. Rows that cannot
be compared are in no figure, neither the value of an invalid contract line nor its entries; once
they are put right, they come in through the changes.

Amounts are ten-thousandths. `recon.reconciliation.relations` lists the relations that it reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recon.base.errors import tie
from recon.base.month import Month
from recon.base.result import Reconciliation
from recon.reconciliation.versions import in_force
from recon.store.session import Session, is_any, literal

NO_LINE = "no contract line"

# Revenue type, segment, currency.
Key = tuple[str, str, str]
# How a row adds up: its figures in their order, and how each goes into the closing.
FIGURES = ("opening", "bookings", "changes", "terminations", "recognized", "closing")
SIGNS = {"opening": 1, "bookings": 1, "changes": 1, "terminations": -1, "recognized": -1}


@dataclass(frozen=True, slots=True)
class RollforwardRow:
    """Movement of one revenue type's and segment's unrecognized value.

    Terminations and recognized are taken away: positive where they lower the value. `beyond_value`
    is the part of the closing that no contract value covers, below 0 for charges. The entries
    without a contract line have the revenue type `NO_LINE` and no segment; in a total both are ''.
    """

    revenue_type: str
    segment: str
    currency: str
    opening: int
    bookings: int
    changes: int
    terminations: int
    recognized: int
    closing: int
    beyond_value: int

    @property
    def key(self) -> Key:
        """Key that closings are recorded by."""
        return self.revenue_type, self.segment, self.currency


def rollforward(
    session: Session, result: Reconciliation, recorded: Mapping[Key, int] | None = None
) -> tuple[RollforwardRow, ...]:
    """Roll-forward of a month, by currency, type and segment.

    `recorded` are the closings that the run of the month before recorded, as `closings` gives
    them; without it the opening is computed from today's data. Rows of zeros are left out.
    Raises TieOutError where a row does not add up, or recognized is not the reconciliation's.
    """
    computed = {row.key: row for row in _computed(session, result.month)}
    known = computed if recorded is None else {**dict.fromkeys(recorded), **computed}
    rows = [_brought_forward(key, computed.get(key), recorded) for key in sorted(known, key=_order)]
    found = tuple(row for row in rows if any(getattr(row, name) for name in FIGURES))
    _tie(found, result)
    return found


def closings(rows: Sequence[RollforwardRow]) -> dict[Key, int]:
    """Closing of each row by its key, the next opening."""
    return {row.key: row.closing for row in rows}


def in_total(rows: Sequence[RollforwardRow]) -> dict[str, RollforwardRow]:
    """Rows added up by currency."""
    sums: dict[str, Counter[str]] = {}
    for row in rows:
        counter = sums.setdefault(row.currency, Counter())
        for name in (*FIGURES, "beyond_value"):
            counter[name] += getattr(row, name)
    return {
        currency: RollforwardRow(
            "", "", currency, *(counter[name] for name in (*FIGURES, "beyond_value"))
        )
        for currency, counter in sums.items()
    }


def _computed(session: Session, month: Month) -> list[RollforwardRow]:
    """Rows from today's data, closing counted apart."""
    # Rows that are added up are planned only where there are any: it takes longer than all else.
    found = session.execute(_query(month, added=is_any(session, "added_rows"))).fetchall()
    return [
        RollforwardRow(kind, segment, currency, opening, booked, 0, ended, recognized, *rest)
        for kind, segment, currency, opening, booked, ended, recognized, *rest in found
    ]


# The value booked before month m, and in it. Of a monthly value each month books its own.
_VALUE_BEFORE = "if(monthly, to_date_expected - expected, if(booked < {m}, value, 0))"
_ADDED = "if(monthly, expected, if(booked = {m}, value, 0))"


def _query(month: Month, *, added: bool) -> str:
    m = month.index
    held, moved = _added_up(m) if added else ("", "")
    return f"""
    WITH held AS (
        SELECT type, coalesce(segment, '') AS segment, currency, recognized,
            to_date_recognized AS earned, rounded(value, 1, 1, unit) AS value, remainder,
            to_date_expected, expected, term_kind = 'month' AS monthly,
            month_index(booked_on) AS booked,
            -- Before it is booked there is nothing that a line could release.
            greatest(close_month, booked) AS released
        FROM lines {"ANTI JOIN added_rows USING (line)" if added else ""} WHERE on_contract),
    {held}
    moved AS (
        SELECT *, {_VALUE_BEFORE.format(m=m)} AS value_before, {_ADDED.format(m=m)} AS added,
            if(released < {m}, remainder, 0) AS ended_before,
            if(released = {m}, remainder, 0) AS ended
        FROM held
        {moved}
        UNION ALL BY NAME
        SELECT {literal(NO_LINE)} AS type, '' AS segment, currency, recognized, earned,
            0 AS value_before, 0 AS added, 0 AS ended_before, 0 AS ended
        FROM sums_without_line),
    left_over AS (
        SELECT *, value_before + added - ended_before - ended AS entitled,
            entitled - earned AS closing
        FROM moved)
    SELECT type, segment, currency, sum(value_before - ended_before - (earned - recognized)),
        sum(added), sum(ended), sum(recognized), sum(closing),
        coalesce(sum(closing) FILTER (sign(closing) <> sign(entitled)), 0)
    FROM left_over GROUP BY type, segment, currency"""


def _added_up(m: int) -> tuple[str, str]:
    """CTE of added rows, and their part in the sums."""
    return (
        f"""added_rows_held AS (
        SELECT line, worth AS value, greatest(month_index(booked_on), from_month) AS booked,
            term_kind = 'month' AS monthly, row_to_date({m}, p) AS to_date_expected,
            to_date_expected - row_to_date({m - 1}, p) AS expected,
            if(close_month <= {m} AND NOT monthly, worth - to_date_expected, 0) AS remainder,
            greatest(close_month, booked) AS released
        FROM added_rows p WHERE version IS NULL
        UNION ALL BY NAME {_versions_held(m)}),""",
        f"""
        UNION ALL BY NAME
        SELECT type, coalesce(segment, '') AS segment, currency, recognized,
            to_date_recognized AS earned, value_before, added, ended_before, ended
        FROM lines_compared JOIN (
            SELECT line, sum({_VALUE_BEFORE.format(m=m)}) AS value_before,
                sum({_ADDED.format(m=m)}) AS added,
                sum(if(released < {m}, remainder, 0)) AS ended_before,
                sum(if(released = {m}, remainder, 0)) AS ended
            FROM added_rows_held GROUP BY line) USING (line)""",
    )


def _versions_held(m: int) -> str:
    """SELECT of versions: values booked, and released by stops.

    A release is as the version in force says in each month: a later one may take a line up again.
    """
    left = [
        f"""
        SELECT line, 0 AS value, {at} AS booked, false AS monthly, 0 AS to_date_expected,
            0 AS expected, if(closed <= {by}, full_value - given, 0) * {sign} AS remainder,
            {at} AS released
        FROM (
            SELECT line, max_by(greatest(own_close, month_index(booked_on)), version) AS closed,
                if(bool_or(term_kind = 'month'), 0, sum(worth)) AS full_value,
                if(bool_or(term_kind = 'month'), 0, sum(row_to_date({by}, p))) AS given
            FROM added_rows p WHERE version IS NOT NULL AND {in_force(by)} GROUP BY line)"""
        for by, at, sign in ((m - 1, m - 1, 1), (m - 1, m, -1), (m, m, 1))
    ]
    return f"""
        SELECT line, worth AS value, greatest(month_index(booked_on), from_month) AS booked,
            term_kind = 'month' AS monthly, row_to_date({m}, p) AS to_date_expected,
            to_date_expected - row_to_date({m - 1}, p) AS expected, 0 AS remainder, 0 AS released
        FROM added_rows p WHERE version IS NOT NULL AND NOT void
        UNION ALL BY NAME {" UNION ALL BY NAME ".join(left)}"""


def _order(key: Key) -> tuple[str, bool, Key]:
    """Sort key of rows: those without a contract line last."""
    return key[2], key[0] == NO_LINE, key


def _brought_forward(
    key: Key, computed: RollforwardRow | None, recorded: Mapping[Key, int] | None
) -> RollforwardRow:
    """Row that opens with the recorded closing before it."""
    row = computed or RollforwardRow(*key, 0, 0, 0, 0, 0, 0, 0)
    opening = row.opening if recorded is None else recorded.get(key, 0)
    return RollforwardRow(
        *key,
        opening=opening,
        bookings=row.bookings,
        changes=row.opening - opening,
        terminations=row.terminations,
        recognized=row.recognized,
        closing=row.closing,
        beyond_value=row.beyond_value,
    )


def _tie(rows: Sequence[RollforwardRow], result: Reconciliation) -> None:
    for row in rows:
        added_up = sum(sign * getattr(row, name) for name, sign in SIGNS.items())
        tie(f"The roll-forward of {', '.join(filter(None, row.key))}", added_up, row.closing)
    totals = in_total(rows)
    for currency, wanted in result.totals.items():
        found = totals[currency].recognized if currency in totals else 0
        tie(f"Recognized in the roll-forward in {currency}", found, wanted.recognized)
