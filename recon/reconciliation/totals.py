"""Totals: totals, parts, bridge, flags and notices, counted once.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from recon.base import money
from recon.base.errors import tie
from recon.base.events import Event, EventKind
from recon.base.fields import PERIOD
from recon.base.month import Month
from recon.base.periods import SETTING
from recon.base.policy import Policy
from recon.base.result import (
    LINE_COLUMNS,
    Break,
    Bucket,
    Cause,
    CurrencyPart,
    Flag,
    Side,
    SourceFacts,
    Totals,
)
from recon.base.text import counted
from recon.reconciliation.causes.gather import FLAGGED, FLAGS
from recon.reconciliation.compare import BROKEN
from recon.reconciliation.control_totals import Control
from recon.reconciliation.hints import hints
from recon.store.session import Session, name

if TYPE_CHECKING:
    import pandas as pd

# Nothing expected and no entry: it matches, but says nothing of the month.
_INACTIVE = "(expected = 0 AND entries = 0)"
_SUMS = f"""
    coalesce(sum(expected), 0), coalesce(sum(recognized), 0), coalesce(sum(abs(difference)), 0),
    count(*) FILTER (on_contract), count(*) FILTER ({_INACTIVE}),
    count(*) FILTER (status = 'matched'), count(*) FILTER (status = 'within_tolerance'),
    count(*) FILTER ({BROKEN})"""


class LineTable:
    """All compared lines, read from the session in batches."""

    columns: tuple[str, ...] = LINE_COLUMNS

    def __init__(self, connection: Session) -> None:
        self._connection = connection
        found = connection.execute("SELECT count(*) FROM lines_compared").fetchone()
        self._count = found[0] if found else 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        cursor = self._connection.cursor()
        cursor.execute(_LINES)
        while rows := cursor.fetchmany(10_000):
            yield from rows

    def texts(self, expression: str, made: Mapping[str, str]) -> Iterator[str]:
        """Yield a text per line: SQL over columns by `made`."""
        named = ", ".join(map(name, self.columns))
        listed = ", ".join(f"{sql} AS {name(column)}" for column, sql in made.items())
        cursor = self._connection.cursor()
        # Ordered last: the order of a subquery may be lost where many cores work on its rows.
        cursor.execute(
            f"""SELECT {expression}
            FROM (
                SELECT {listed}, key
                FROM (SELECT {_SHOWN}, (id_key, type, currency) {_FROM}) AS line({named}, key))
            ORDER BY key"""
        )
        while rows := cursor.fetchmany(10_000):
            yield from (text for (text,) in rows)

    def to_pandas(self) -> pd.DataFrame:
        """Data frame of the lines, amounts as int64 ten-thousandths."""
        import pandas as pd

        return pd.DataFrame(list(self), columns=list(self.columns))


_SHOWN = f"""id, type, kind, currency, coalesce(customer, customer_id, ''), coalesce(segment, ''),
    coalesce(owner, ''), status, coalesce(cause, ''), coalesce(severity, ''), expected,
    recognized, difference, allowed, to_date_expected, to_date_recognized, remainder, entries,
    {FLAGGED}, coalesce(event, '')"""
_FROM = "FROM lines LEFT JOIN break_causes USING (line) LEFT JOIN event_lines USING (line)"
_LINES = f"SELECT {_SHOWN} {_FROM} ORDER BY id_key, type, currency"


def name_causes(connection: Session, verdicts: Sequence[tuple[int, str, str, int]]) -> None:
    """Create `break_causes` from the verdicts.

    Each is (line, cause, severity, months broken).
    """
    connection.execute(
        """CREATE OR REPLACE TABLE break_causes(
            line BIGINT, cause VARCHAR, severity VARCHAR, months_broken INT)"""
    )
    if verdicts:
        columns = [list(column) for column in zip(*verdicts, strict=True)]
        connection.execute(
            "INSERT INTO break_causes SELECT unnest(?), unnest(?), unnest(?), unnest(?)", columns
        )


def name_events(connection: Session, lines: Mapping[int, str]) -> None:
    """Create `event_lines`: the event of a line, by its id."""
    connection.execute("CREATE OR REPLACE TABLE event_lines(line BIGINT, event VARCHAR)")
    if lines:
        connection.execute(
            "INSERT INTO event_lines SELECT unnest(?), unnest(?)", [list(lines), [*lines.values()]]
        )


def totals(connection: Session) -> dict[str, Totals]:
    """Totals by currency."""
    rows = connection.execute(
        f"SELECT currency, {_SUMS} FROM lines_compared GROUP BY currency ORDER BY currency"
    ).fetchall()
    return {currency: Totals(*sums) for currency, *sums in rows}


def to_date_differences(
    connection: Session, keys: Sequence[tuple[str, str, str]]
) -> dict[tuple[str, str, str], int]:
    """Recognized less expected to date, by key.

    A key is contract id, revenue type and currency. Ids may be spelled in any case; a key that no
    line has is left out.
    """
    if not keys:
        return {}
    ids, types, currencies = (list(column) for column in zip(*keys, strict=True))
    rows = connection.execute(
        """SELECT n, to_date_recognized - to_date_expected FROM lines_compared
        JOIN (
            SELECT * EXCLUDE id, unnest([true, false]) AS on_contract,
                unnest([analytics_key(id), accounting_key(id)]) AS id_key
            FROM (SELECT unnest(?) AS n, unnest(?) AS id, unnest(?) AS type,
                unnest(?) AS currency)) USING (on_contract, id_key, type, currency)""",
        [list(range(len(keys))), ids, types, currencies],
    ).fetchall()
    return {keys[n]: difference for n, difference in rows}


def parts(connection: Session) -> tuple[CurrencyPart, ...]:
    """Totals by segment, revenue type and kind, each per currency."""
    rows = connection.execute(
        f"""SELECT coalesce(segment, ''), type, kind, currency, {_SUMS}
        FROM lines_compared JOIN (SELECT rule, kind FROM rules) USING (rule) WHERE NOT {_INACTIVE}
        GROUP BY segment, type, kind, currency"""
    ).fetchall()
    found: defaultdict[tuple[str, str, str], list[tuple[int, ...]]] = defaultdict(list)
    for segment, of, kind, currency, *sums in rows:
        for by, part in (("segment", segment), ("revenue_type", of), ("kind", kind)):
            found[by, currency, part].append(tuple(sums))
    return tuple(
        CurrencyPart(by, part, currency, Totals(*map(sum, zip(*sums, strict=True))))
        for (by, currency, part), sums in sorted(found.items())
    )


def flags(connection: Session) -> dict[Flag, int]:
    """Number of lines with each flag."""
    counts = ", ".join(f"count(*) FILTER ({condition})" for _, condition in FLAGS)
    row = connection.execute(
        f"SELECT {counts} FROM lines_compared LEFT JOIN break_causes USING (line)"
    ).fetchone()
    named = zip((flag for flag, _ in FLAGS), row or (), strict=True)
    return {flag: count for flag, count in named if count}


def bridge(
    connection: Session, breaks: Sequence[Break], per_currency: Mapping[str, Totals]
) -> dict[str, tuple[Bucket, ...]]:
    """Way from expected to recognized, per currency, by cause.

    Raises TieOutError where the buckets do not add up to the net and the gross difference.
    """
    tolerated = connection.execute(
        """SELECT currency, sum(difference), count(*), sum(abs(difference)) FROM lines_compared
        WHERE status = 'within_tolerance' GROUP BY currency"""
    ).fetchall()
    amounts: dict[str, dict[str, tuple[int, int, int]]] = {each: {} for each in per_currency}
    for item in breaks:
        buckets = amounts[item.currency]
        net, lines, gross = buckets.get(item.cause, (0, 0, 0))
        buckets[item.cause] = (net + item.difference, lines + 1, gross + abs(item.difference))
    for currency, *sums in tolerated:
        amounts[currency]["within_tolerance"] = (sums[0], sums[1], sums[2])
    order = [*(cause.value for cause in Cause), "within_tolerance"]
    found = {
        currency: tuple(Bucket(key, *buckets[key]) for key in order if key in buckets)
        for currency, buckets in amounts.items()
    }
    for currency, steps in found.items():
        whole, where = per_currency[currency], f"the bridge in {currency}"
        tie(where, sum(step.amount for step in steps), whole.difference)
        tie(f"{where}, gross", sum(step.gross for step in steps), whole.gross_difference)
    return found


def notices(
    connection: Session,
    month: Month,
    policy: Policy,
    taken: Control,
    compliance: Sequence[str],
    events: Sequence[Event] = (),
) -> list[str]:
    """Notices for the reader beside the figures."""
    said = [
        f"policy.segments.{segment} applies to no contract line; check how the segment is spelled."
        for segment in unknown_segments(connection, policy)
    ]
    for side, facts in taken.sources.items():
        said += _unread(side, facts)
        said += hints([row for row in taken.invalid if row.side is side])
    said += _codes(month, taken)
    said += _repeated(taken, events)
    if taken.sources[Side.ACCOUNTING].rows == 0:
        said.append(f"Accounting has no entry for {month}.")
    if taken.rounded_amounts:
        said.append(
            f"Amounts with more than four decimals, rounded to 0.0001: {taken.rounded_amounts:,}."
        )
    if taken.invalid_elsewhere:
        said.append(
            f"Invalid entries of other months: {taken.invalid_elsewhere:,}. The figures to date "
            "and those of the neighbouring months do not include them."
        )
    said += _incomplete(connection, month)
    said += _outside(connection, month)
    said += _blank(connection, compliance)
    return said + _left_unrecognized(connection, month)


def _unread(side: Side, facts: SourceFacts) -> list[str]:
    """Notice of amounts that could not be read."""
    if not facts.unread_amounts:
        return []
    return [
        f"{counted(facts.unread_amounts, 'amount')} of {side} could not be read, "
        f"{facts.rows - facts.unread_amounts:,} could; the totals include only those."
    ]


# A period that a calendar month is not, such as FY24-P06 or 2024M06.
_CODED = re.compile(rf"\b{PERIOD} '([^']*[PpMm][-_ ]?\d{{1,2}})' is not a month")


def _codes(month: Month, taken: Control) -> list[str]:
    """Notice of entries that seem to carry fiscal periods."""
    found = (_CODED.search(row.reason) for row in taken.invalid if month.periods is None)
    first = next((code[1] for code in found if code), None)
    if first is None:
        return []
    return [f"If {first!r} is a fiscal period, name the file of such periods with {SETTING}."]


def _repeated(taken: Control, events: Sequence[Event]) -> list[str]:
    """Notices of rows that were delivered more than once.

    Where an event says how many there are, they name the first alone.
    """
    said = [event.mark for event in events if event.kind is EventKind.EXTRACT_TWICE]
    found = []
    for row in taken.repeated:
        count = taken.sources[row.side].repeated
        first = f"is {row.row} ({row.id}), which repeats {row.first}"
        if any(mark.endswith(row.side) for mark in said):
            found.append(f"The first repeated row of {row.side} {first}.")
        else:
            found.append(
                f"{counted(count, 'row')} of {row.side} {'is' if count == 1 else 'are'} equal to "
                f"an earlier one in every column, and left out; the first {first}."
            )
    return found


def unknown_segments(connection: Session, policy: Policy) -> list[str]:
    """Segments with rules of their own but no contract row.

    They are named as in the policy.
    """
    found = connection.execute(
        """SELECT segment FROM (SELECT unnest(?) AS segment)
        WHERE lower(trim(segment)) NOT IN (
            SELECT DISTINCT lower(segment) FROM contracts_typed WHERE segment IS NOT NULL)""",
        [list(policy.segments)],
    ).fetchall() if policy.segments else []  # fmt: skip
    return [segment for (segment,) in found]


def _incomplete(connection: Session, month: Month) -> list[str]:
    """Notice of a ledger that begins after lines did."""
    count, first, earliest = connection.execute(
        """SELECT count(*), any_value(c.first_month), any_value(s.first_month)
        FROM lines_compared CROSS JOIN ledger_cover c CROSS JOIN ledger_span s
        WHERE start_month < c.first_month AND close_month >= c.first_month"""
    ).fetchone() or (0, None, None)
    if not count:
        return []
    entries = "no entry" if first == earliest else "hardly any entries"
    (agree,) = connection.execute("SELECT count(*) FROM lines_uncovered").fetchone() or (0,)
    since = f" (agreeing since: {agree:,})" if agree else ""
    return [
        f"Accounting has {entries} before {month.at(first)}. Contract lines that start earlier: "
        f"{count:,}{since}. Their figures to date are incomplete."
    ]


def _outside(connection: Session, month: Month) -> list[str]:
    """Notice of entries outside the fiscal periods."""
    if month.periods is None:
        return []
    first, last = connection.execute("FROM ledger_span").fetchone() or (None, None)
    begin, end = month.at(month.periods.first), month.at(month.periods.last)
    return [
        f"Accounting has entries {where}: they count as {how} than it. Add those periods to "
        f"{SETTING}."
        for there, where, how in (
            (first is not None and first < begin.index,
             f"before {begin}, the first period ({begin.first_day})", "earlier"),
            (last is not None and last > end.index,
             f"after {end}, the last period ({month.periods.end - timedelta(days=1)})", "later"),
        )
        if there
    ]  # fmt: skip


def _blank(connection: Session, compliance: Sequence[str]) -> list[str]:
    """Notices of compliance columns that are blank in entries."""
    found = dict(connection.execute("FROM compliance_blanks").fetchall())
    return [
        f"{column} is blank in {found[column]:,} of the month's entries."
        for column in compliance
        if found[column]
    ]


def _left_unrecognized(connection: Session, month: Month) -> list[str]:
    rows = connection.execute(
        f"""SELECT currency, count(*), sum(remainder) FROM lines_compared
        WHERE closed_early AND remainder <> 0 AND close_month = {month.index}
        GROUP BY currency ORDER BY currency"""
    ).fetchall()
    return [
        f"Closed early in {month}: {money.pretty(amount, currency)} {currency} of "
        f"{counted(count, 'contract line')} stays unrecognized."
        for currency, count, amount in rows
    ]
