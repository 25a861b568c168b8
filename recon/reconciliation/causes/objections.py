"""Objections: reasons against booking the amount that a line lacks.

An amount that is missing on a line and is found elsewhere would be booked twice: in an entry that
cannot be read, in another month beyond its expected amount, under an id that analytics does not
know, in another currency, or too much on another line of the customer.

`recon.reconciliation.relations` lists the relations that it reads and makes. Amounts
agree where they differ by no more than the line allows; `way` is their sign.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from recon.base import money
from recon.base.breaks import NOT_READ
from recon.base.month import Month
from recon.base.result import Cause, Side
from recon.reconciliation.causes.broken_line import BrokenLine, Objection
from recon.reconciliation.causes.other_months import claimed
from recon.reconciliation.compare import LACKING
from recon.reconciliation.entry_detail import in_scope
from recon.reconciliation.places import known_places
from recon.store.session import Session, is_any

# Causes that move an amount from where it is too much to where it lacks.
MOVES = frozenset({
    Cause.CATCH_UP, Cause.WRONG_PERIOD, Cause.WRONG_TYPE, Cause.WRONG_CONTRACT,
    Cause.POSTED_TOGETHER, Cause.MISTYPED_CONTRACT, Cause.WRONG_CURRENCY,
})  # fmt: skip
# Of a key with more entries in the month no two or three are tried together.
_TRIED = 20

_LACKING = f"""
    SELECT line, id_key, type, currency, buyer, entries, id, difference, sign(expected) AS way,
        abs(difference) - allowed AS least, abs(difference) + allowed AS most
    FROM breaks WHERE {LACKING}"""


def unread_of(connection: Session) -> dict[int, str]:
    """Entries of broken lines that cannot be read, by line."""
    rows = connection.execute(
        """SELECT line, row, coalesce(entry_id, 'an entry without id'), reason
        FROM entries_unread ORDER BY line, entry_id, reason, row"""
    ).fetchall()
    places = known_places(connection, Side.ACCOUNTING, [row for _, row, *_ in rows])
    found: defaultdict[int, list[str]] = defaultdict(list)
    for line, row, of, reason in rows:
        at = f", {places[row]}" if row in places else ""
        found[line].append(f"{of}{at}: {reason}")
    return {line: "; ".join(named) for line, named in found.items()}


def objections_of(connection: Session, month: Month) -> dict[int, tuple[Objection, ...]]:
    """Places where a lacking amount is found, by line.

    Of a contract that analytics does not know, the line that lacks its amount.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE breaks_lacking AS {_LACKING}")
    if not is_any(connection, "breaks_lacking"):
        return {}
    found: defaultdict[int, list[Objection]] = defaultdict(list)
    for line, at, surplus, currency in connection.execute(_IN_ANOTHER_MONTH).fetchall():
        text = (
            f"{money.pretty(surplus, currency)} {currency} more than expected is recognized in "
            f"{month.at(at)}"
        )
        found[line].append(Objection(Cause.WRONG_PERIOD, text))
    for rank, line, amount, currency, place, entries in _elsewhere(connection, month):
        text = f"{money.pretty(amount, currency)} {currency} is {place} ({entries})"
        found[line].append(Objection(_INSTEAD[rank], text))
    return {line: tuple(objections) for line, objections in found.items()}


# Other months whose surplus covers a lacking amount; it may be larger, as that of an entry whose
# amount is wrong, too. Where a line has entries in the month, only a part is missing.
_IN_ANOTHER_MONTH = """
    SELECT line, month, o.difference AS surplus, currency
    FROM months_off o JOIN breaks_lacking USING (line)
    WHERE way * surplus >= least AND (entries = 0 OR way * surplus <= most)
    ORDER BY line, month"""


def _elsewhere(connection: Session, month: Month) -> list[tuple[Any, ...]]:
    """Places of lacking amounts in the month."""
    (surplus,) = connection.execute(
        f"""SELECT bool_or(NOT ({LACKING})) OR count(DISTINCT currency) > 1
            OR EXISTS (FROM entries_invalid WHERE {_may_be_one(month)})
        FROM lines_off"""
    ).fetchone() or (False,)
    if not surplus:
        return []
    connection.execute(f"CREATE OR REPLACE TEMP TABLE amounts_surplus AS {_surplus(month)}")
    return connection.execute(_ELSEWHERE).fetchall()


def _may_be_one(month: Month) -> str:
    """Condition of entries that may be a lacking one."""
    return f"unread AND amount <> 0 AND {in_scope(month)}"


def _surplus(month: Month) -> str:
    """SELECT of the amounts that no line expects.

    An amount is one entry, the sum of two or three, or that of all of them. Of a line that has too
    much, none is beyond its surplus; of the entries that cannot be read, those whose amount can.
    """
    return f"""
    WITH over AS (
        SELECT line, id, id_key, type, currency, known_contract, status, buyer, difference,
            recognized, allowed
        FROM lines_off WHERE NOT ({LACKING})),
    one AS (
        SELECT line, entry_id, amount,
            row_number() OVER (PARTITION BY line ORDER BY entry_id, amount) AS place,
            count(*) OVER (PARTITION BY line) AS entries
        FROM break_entries SEMI JOIN over USING (line) WHERE distance = 0),
    few AS (FROM one WHERE entries <= {_TRIED}),
    added AS (
        SELECT line, amount, coalesce(entry_id, 'an entry without id') AS entries FROM one
        UNION ALL SELECT a.line, a.amount + b.amount, concat_ws(', ', a.entry_id, b.entry_id)
        FROM few a JOIN few b ON a.line = b.line AND a.place < b.place
        UNION ALL SELECT a.line, a.amount + b.amount + c.amount,
            concat_ws(', ', a.entry_id, b.entry_id, c.entry_id)
        FROM few a JOIN few b ON a.line = b.line AND a.place < b.place
        JOIN few c ON b.line = c.line AND b.place < c.place
        UNION ALL SELECT line, difference, 'what it has too much' FROM over)
    SELECT id, id_key, type, currency, known_contract, buyer, entries,
        abs(amount) AS size, sign(amount) AS way
    FROM added JOIN over USING (line)
    WHERE NOT known_contract
        OR (sign(amount) = sign(difference) AND abs(amount) <= abs(difference) + allowed)
    UNION ALL
    SELECT NULL, NULL, NULL, currency, false, NULL, entry_id || ': ' || reason,
        abs(amount), sign(amount)
    FROM entries_invalid WHERE {_may_be_one(month)}"""


# Where an amount may be, in the order in which it is named: which of the surplus amounts, the place
# in words as SQL text, and the column that has to agree.
_PLACES = (
    ("id IS NULL", "'in an entry that cannot be compared'", "currency"),
    ("NOT known_contract AND id IS NOT NULL",
     "'under ' || id || ', which analytics does not know'", "currency"),
    ("known_contract", "'too much on ' || type || ' of the same contract'", "id_key"),
    ("known_contract", "'too much on ' || id || ' ' || type || ' of the same customer'", "buyer"),
)  # fmt: skip


def _nearest(rank: int, of: str, place: str, key: str) -> str:
    """SELECT of the largest surplus that each line may lack.

    An ASOF join looks for it once; an inequality would hold every line against every amount.
    """
    return f"""
    SELECT {rank} AS rank, l.line, l.way * s.size AS amount, l.currency, s.place, s.entries
    FROM breaks_lacking l ASOF JOIN (
        SELECT currency, way, size, {key} AS key,
            first({place} ORDER BY id, type, entries) AS place,
            first(entries ORDER BY id, type, entries) AS entries
        FROM amounts_surplus WHERE {of} GROUP BY ALL) s
        ON l.currency = s.currency AND l.way = s.way AND l.{key} = s.key AND l.most >= s.size
    WHERE s.size >= l.least"""


_IN_ANOTHER_CURRENCY = f"""
    SELECT {len(_PLACES)}, l.line, o.difference, o.currency,
        'too much on the same line in another currency',
        o.entries || CASE WHEN o.entries = 1 THEN ' entry' ELSE ' entries' END
    FROM breaks_lacking l JOIN lines_off o ON l.id_key = o.id_key AND l.type = o.type
        AND l.currency <> o.currency AND o.entries > 0 AND sign(o.difference) = l.way"""
# What a contract that analytics does not know has, and a line lacks.
_MISSING = f"""
    SELECT {len(_PLACES) + 1}, u.line, u.difference, u.currency,
        'missing on ' || l.id || ' ' || u.type,
        l.lines || CASE WHEN l.lines = 1 THEN ' line' ELSE ' lines' END
    FROM (SELECT *, abs(difference) AS size, sign(difference) AS way FROM breaks
        WHERE NOT known_contract) u
    ASOF JOIN (
        SELECT type, currency, way, most, min(least) AS least, min(id) AS id, count(*) AS lines
        FROM breaks_lacking GROUP BY ALL) l
        ON u.type = l.type AND u.currency = l.currency AND u.way = l.way AND u.size <= l.most
    WHERE u.size >= l.least"""
# The cause that each place would be.
_INSTEAD = (
    None, Cause.MISTYPED_CONTRACT, Cause.WRONG_TYPE, Cause.WRONG_CONTRACT, Cause.WRONG_CURRENCY,
    Cause.MISTYPED_CONTRACT,
)  # fmt: skip
_PARTS = [_nearest(rank, *place) for rank, place in enumerate(_PLACES)] + [
    _IN_ANOTHER_CURRENCY,
    _MISSING,
]
_ELSEWHERE = f"{' UNION ALL '.join(_PARTS)} ORDER BY line, rank, place, amount"


# Another reading of the contract, or a move, books nothing, so nothing is booked twice.
_BOOKING_NOTHING = MOVES | {
    Cause.CATCH_UP, Cause.WRONG_DURATION, Cause.WRONG_START, Cause.OTHER_CONVENTION, Cause.AMENDED,
    Cause.STOPPED_BY_DAYS, Cause.REMAINDER_TAKEN,
}  # fmt: skip


def assumed_of(connection: Session) -> dict[int, tuple[Objection, ...]]:
    """Objections to an assumed currency, by line."""
    rows = connection.execute(
        "SELECT DISTINCT line FROM break_entries WHERE distance = 0 AND assumed"
    ).fetchall()
    objection = Objection(None, "its currency is assumed: the ledger names none")
    return {line: (objection,) for (line,) in rows}


def objections(line: BrokenLine, cause: Cause) -> tuple[Objection, ...]:
    """Reasons against a cause of a line.

    That the amount is elsewhere speaks against booking it, not against moving it.
    """
    found = tuple(o for o in line.against if o.cause is None or cause not in _BOOKING_NOTHING)
    if cause is Cause.WRONG_PERIOD and (said := claimed(line)):
        found += (Objection(None if line.entry_count else Cause.NOT_POSTED, said),)
    near = line.offsetting_line(Cause.MISTYPED_CONTRACT)
    if near and not near.single:
        where = "missing" if not line.lacks else "too much"
        named = f"the amount is {where} on {', '.join(near.names)}, one character away"
        found += (Objection(Cause.MISTYPED_CONTRACT, named),)
    if not line.unread:
        return found
    # The explanation names the entry.
    return (Objection(None, NOT_READ), *found)
