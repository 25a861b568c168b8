"""Carried differences: lines that agree, though not to date.

The months in which such a line went off are judged by the rules of breaks; months that cancel each
other out are left aside.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from recon.base import money
from recon.base.month import Month
from recon.base.result import CarriedDifference, Cause
from recon.reconciliation.compare import CARRIED, LARGEST_CARRIED
from recon.reconciliation.earlier_months import (
    EarlierMonth,
    Finding,
    PostedBefore,
    judge,
    same_share,
)
from recon.reconciliation.expected import TERM
from recon.reconciliation.known_terms import with_terms
from recon.store.session import Session, is_any

# Months back that are judged one by one: fifty years.
_JUDGED_MONTHS = 600


class _Line(NamedTuple):
    """A carried line, as the session has it.

    `earned` are the amounts expected by the ends of its months, from `first_end` on. One that only
    accounting has is below 0, and has neither value nor start.
    """

    number: int
    contract_id: str
    id_key: str
    revenue_type: str
    currency: str
    unit: int
    customer: str
    buyer: str
    owner: str
    value: int
    start_month: int
    to_date_expected: int
    to_date_recognized: int
    ledger_from: int | None
    first_end: int
    earned: Sequence[int]

    @property
    def begun_before(self) -> bool:
        """Whether the ledger begins after it does."""
        known = self.number > 0 and self.ledger_from
        return bool(known and self.start_month < known)

    @property
    def difference(self) -> int:
        """Recognized less expected, as far as the ledger goes."""
        before = 0
        if self.ledger_from and self.begun_before:
            before = self.earned[max(self.ledger_from - 1 - self.first_end, 0)]
        return self.to_date_recognized - self.to_date_expected + before


def carried_differences(
    connection: Session, month: Month, main: str = ""
) -> tuple[CarriedDifference, ...]:
    """Carried differences with their causes, the largest first.

    Those of the `main` currency go before the others. Of very many only the largest are judged.
    Lines whose contract rows are added up are left out.
    """
    uncovered = "SELECT line FROM lines_uncovered"
    if not is_any(connection, f"lines_compared WHERE {CARRIED} AND line NOT IN ({uncovered})"):
        return ()
    rows = connection.execute(_lines(connection, month)).fetchall()
    lines = sorted((_Line(*row) for row in rows), key=lambda one: _place(one, main))
    entries = _entries(connection)
    months = {line.number: _off(line, entries.get(line.number, ()), month) for line in lines}
    others = _others(lines, months)
    return tuple(_judged(line, month, months[line.number], others) for line in lines)


def _place(line: _Line, main: str) -> tuple[tuple[bool, str], int, _Line]:
    return money.rank(line.currency, main), -abs(line.difference), line


def _lines(connection: Session, month: Month) -> str:
    """SELECT of carried lines and their expected amounts to date."""
    m = month.index
    largest = f"""(FROM lines ANTI JOIN added_rows USING (line)
        ANTI JOIN lines_uncovered USING (line) WHERE {CARRIED}
        ORDER BY {LARGEST_CARRIED})"""
    return f"""
    SELECT line, id, id_key, type, currency, unit, coalesce(customer, customer_id, ''),
        coalesce(buyer_key(customer_id, customer), ''), coalesce(owner, ''),
        rounded(value, 1, 1, unit), start_month, to_date_expected, to_date_recognized,
        ledger_from, min(ends),
        list(coalesce(own_accrued(periods_by(ends, {TERM}), {TERM}), 0) ORDER BY ends)
    FROM (
        SELECT t.*, least(s.first_month, {m + 1}) AS ledger_from,
            unnest(range(greatest(least(start_month, {m}) - 1, {m - _JUDGED_MONTHS}), {m + 1}))
                AS ends
        FROM ({with_terms(connection, largest)}) t CROSS JOIN ledger_cover s) t
    GROUP BY ALL"""


def _entries(connection: Session) -> Mapping[int, Sequence[PostedBefore]]:
    found: defaultdict[int, list[PostedBefore]] = defaultdict(list)
    for line, *values in connection.execute(
        """SELECT line, month, coalesce(entry_id, ''), CAST(amount AS HUGEINT),
            coalesce(document_ref, ''), condensed
        FROM carried_entries ORDER BY line, month, entry_id, amount"""
    ).fetchall():
        found[line].append(PostedBefore(*values))
    return found


def _off(line: _Line, entries: Sequence[PostedBefore], month: Month) -> Sequence[EarlierMonth]:
    """Months in which a line went off and stayed off."""
    posted: defaultdict[int, list[PostedBefore]] = defaultdict(list)
    # A database has the months before the last three as one sum.
    known_from = month.index - 2 if any(entry.condensed for entry in entries) else 0
    for entry in entries:
        posted[max(entry.month, known_from - 1)].append(entry)
    due: Counter[int] = Counter()
    for at, (before, after) in enumerate(pairwise(line.earned), line.first_end + 1):
        due[max(at, known_from - 1)] += after - before
    found = [
        EarlierMonth(month.at(at), due[at], tuple(posted.get(at, ())), at < known_from)
        for at in sorted({*due, *posted})
    ]
    # Before the first entry of the ledger, or without any, nothing is known.
    if not line.ledger_from:
        return ()
    first = max(line.ledger_from, month.index - _JUDGED_MONTHS + 1)
    known = [one for one in found if one.month.index >= first]
    return _left_over([one for one in known if abs(one.difference) > line.unit])


def _left_over(months: Sequence[EarlierMonth]) -> Sequence[EarlierMonth]:
    """Months whose difference no other month makes good."""
    waiting: defaultdict[int, list[EarlierMonth]] = defaultdict(list)
    left: list[EarlierMonth] = []
    for one in months:
        if opposite := waiting[-one.difference]:
            left.remove(opposite.pop())
        else:
            waiting[one.difference].append(one)
            left.append(one)
    return left


_Others = Mapping[tuple[int, str, int], Sequence[_Line]]


def _others(lines: Sequence[_Line], months: Mapping[int, Sequence[EarlierMonth]]) -> _Others:
    """Carried lines by month, currency and difference."""
    found: defaultdict[tuple[int, str, int], list[_Line]] = defaultdict(list)
    for line in lines:
        for one in months[line.number]:
            found[one.month.index, line.currency, one.difference].append(line)
    return found


def _judged(
    line: _Line, month: Month, months: Sequence[EarlierMonth], others: _Others
) -> CarriedDifference:
    findings = [_finding(line, one, others) for one in months]
    earlier = same_share(months, line.unit) if len(months) > 1 else None
    if earlier and not any(finding.causes for finding in findings):
        findings = [earlier.finding(line.value, line.currency)]
    candidates = _candidates(findings)
    # What rounding moves, a minor unit a month, needs no cause.
    rest = line.difference - sum(one.difference for one in months)
    if abs(rest) > line.unit * len(line.earned):
        findings, candidates = [*findings, Finding((), _UNKNOWN)], (Cause.UNEXPLAINED,)
    # Where the ledger begins later than the line, nothing is known of the months before.
    begins = line.ledger_from if line.begun_before else None
    when = f"since {month.at(begins)}" if begins else "to date"
    gap = f"{money.pretty(line.difference, line.currency, sign=True)} {line.currency} {when}"
    why = "; ".join(finding.words for finding in findings)
    return CarriedDifference(
        line.contract_id, line.revenue_type, line.currency, line.customer, line.owner,
        line.to_date_expected, line.to_date_recognized, tuple(one.month for one in months),
        candidates, f"{gap}: {why}.",
    )  # fmt: skip


def _candidates(findings: Sequence[Finding]) -> tuple[Cause, ...]:
    """Causes of a line from those of its months.

    Months of one cause have that; of two causes, each certain in its months, both.
    """
    named = [finding.causes for finding in findings]
    if not named or not all(named):
        return (Cause.UNEXPLAINED,)
    shared = [cause for cause in named[0] if all(cause in causes for causes in named)]
    if shared:
        return tuple(shared)
    single = {causes[0] for causes in named if len(causes) == 1}
    both = len(single) == 2 and all(len(causes) == 1 for causes in named)  # noqa: PLR2004
    return (Cause.TWO_CAUSES,) if both else (Cause.UNEXPLAINED,)


def _finding(line: _Line, one: EarlierMonth, others: _Others) -> Finding:
    """Causes of one month: its entries' own, or another line."""
    if line.number < 0:
        gap = money.pretty(one.difference, line.currency, sign=True)
        return Finding(
            (Cause.UNKNOWN_CONTRACT,),
            f"{gap} {line.currency} in {one.month} is on a contract line that analytics lacks",
        )
    own = judge(one, line.value, line.start_month, line.unit, line.currency)
    moved: list[Cause] = []
    words = own.words
    for other in others.get((one.month.index, line.currency, -one.difference), ()):
        if other.id_key == line.id_key:
            moved.append(Cause.WRONG_TYPE)
        elif line.buyer and other.buyer == line.buyer:
            moved.append(Cause.WRONG_CONTRACT)
        else:
            continue
        amount = money.pretty(abs(one.difference), line.currency)
        words = (
            f"in {one.month} {amount} {line.currency} is on the wrong one of this line and "
            f"{other.contract_id} {other.revenue_type}"
        )
    if not moved:
        return own
    # Nothing posted is what it looks like where the amount is on another line.
    rest = [cause for cause in own.causes if cause not in _LAST]
    return Finding(tuple(sorted({*moved, *rest}, key=list(Cause).index)), words)


_UNKNOWN = "the months do not add up to it"
_LAST = frozenset({Cause.NOT_POSTED, Cause.ENDED, Cause.NOT_STARTED})
