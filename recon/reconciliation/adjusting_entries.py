"""Proposals: journal entries that would put proven causes right.

A break whose cause says which entry to post becomes a balanced entry between revenue and deferred
revenue, in the month that is wrong; of a cause between two lines both are put right by one entry.
Everything else is listed with why not. Nothing is posted anywhere: an accountant decides.

Once all proposals are posted, none of their lines breaks any more. Nothing is proposed that might
be in the ledger already: that would book it twice. Amounts are ten-thousandths.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from recon.base.errors import tie
from recon.base.events import Event
from recon.base.month import Month
from recon.base.policy import DEFERRED, revenue_account
from recon.base.result import AnyCause, Break, Cause
from recon.reconciliation.double_booking import (
    Key,
    Move,
    beyond_to_date,
    booked_twice,
    key_of,
    shared_id,
)

WHAT_TO_DO: Mapping[AnyCause, str] = {
    Cause.DUPLICATE_ENTRY: "Reverse what was posted more than once.",
    Cause.POSTED_AGAIN: "Reverse what was posted more than once.",
    Cause.SIGN_FLIPPED: "Correct the sign.",
    Cause.DECIMAL_SHIFT: "Correct the amount to what is expected.",
    Cause.DIGITS_SWAPPED: "Correct the amount to what is expected.",
    Cause.WRONG_PERIOD: "Move to the month that it belongs in; the run of the other month may "
    "propose the same entry, so post it once.",
    Cause.PARTIAL_POSTING: "Post the part that is missing.",
    Cause.WRONG_TYPE: "Move to the right revenue type.",
    Cause.WRONG_CONTRACT: "Move to the right contract.",
    Cause.MISTYPED_CONTRACT: "Move to the contract that was meant.",
    Cause.WRONG_CURRENCY: "Reverse in the wrong currency and post in the right one.",
    Cause.FULL_VALUE: "Defer what is not earned yet.",
    Cause.ENDED: "Reverse what was recognized after the end.",
    Cause.NOT_STARTED: "Reverse what was recognized before the start.",
    Cause.NOT_POSTED: "Post what is expected.",
}
_CONTRACT_DATA = "check the contract's data first: they may be wrong"
WHY_NOT: Mapping[AnyCause, str] = {
    Cause.CATCH_UP: "to date everything agrees, so there is nothing to post",
    Cause.CREDIT_NOTE: "a credit note is a change of the contract, which analytics may lack",
    Cause.POSTED_TOGETHER: "divide the entry over its lines first",
    Cause.WRONG_DURATION: _CONTRACT_DATA,
    Cause.WRONG_START: _CONTRACT_DATA,
    Cause.OTHER_CONVENTION: _CONTRACT_DATA,
    Cause.AMENDED: _CONTRACT_DATA,
    Cause.STOPPED_BY_DAYS: _CONTRACT_DATA,
    Cause.REMAINDER_TAKEN: "find out first whether the rest is due at the stop",
    Cause.TWO_CAUSES: "two errors explain it together: put right one after the other",
    Cause.EXTRA_ENTRY: "find out first what the entry is for",
    Cause.UNKNOWN_CONTRACT: "find out first whose contract it is",
    Cause.UNEXPLAINED: "no cause explains the difference",
}
_PAIRED = (
    Cause.WRONG_TYPE, Cause.WRONG_CONTRACT, Cause.MISTYPED_CONTRACT, Cause.WRONG_CURRENCY,
)  # fmt: skip

# Causes of single entries, which have to be told from each other.
_OF_ENTRIES = frozenset(
    {Cause.DUPLICATE_ENTRY, Cause.POSTED_AGAIN, Cause.SIGN_FLIPPED, Cause.WRONG_PERIOD}
)

_Node = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """Line of a proposed entry: a debit or a credit.

    The other amount is 0. Deferred revenue is not held by revenue type: its lines have none.
    """

    account: str
    contract_id: str
    revenue_type: str
    currency: str
    period: Month
    debit: int
    credit: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """Journal entry that would put a group of breaks right.

    Its debits equal its credits in every currency and month. `entry_ids` are the entries that
    are wrong, none where nothing was posted.
    """

    number: int
    cause: AnyCause
    text: str
    entry_ids: tuple[str, ...]
    breaks: tuple[Break, ...]
    lines: tuple[ProposalLine, ...]


@dataclass(frozen=True, slots=True)
class Unproposed:
    """A break for which nothing can be proposed, and why."""

    item: Break
    reason: str


@dataclass(frozen=True, slots=True)
class Proposals:
    """Entries to post for a month, and breaks left out."""

    month: Month
    proposed: tuple[Proposal, ...]
    unproposed: tuple[Unproposed, ...]


def proposals(
    month: Month,
    breaks: Sequence[Break],
    accounts: Mapping[str, str] | None = None,
    events: Iterable[Event] = (),
) -> Proposals:
    """Proposed journal entries of a month, in its breaks' order.

    `accounts` gives the accounts their names in the ledger: by `DEFERRED`, and by
    `revenue_account` of a type. A line of one of the `events` whose advice is a setting has none.
    Raises TieOutError where an entry is not balanced.
    """
    settings = {event.id: event for event in events if event.setting}
    objections = {key_of(item): why for item in breaks if (why := _objection(item, settings))}
    moved: set[Key] = set()
    by_key = {key_of(item): item for item in breaks}
    proposed: list[Proposal] = []
    for group in _groups([item for item in breaks if key_of(item) not in objections]):
        moves = _moves(group, by_key)
        if why := _objection_to_group(group, by_key, objections, moves, moved):
            objections.update({key_of(item): why for item in group})
        else:
            moved.update(move.key for move in moves)
            proposed.append(_proposal(month, len(proposed) + 1, group, moves, accounts or {}))
    refused = [Unproposed(item, objections[key_of(item)]) for item in breaks
               if key_of(item) in objections]  # fmt: skip
    return Proposals(month, tuple(proposed), tuple(refused))


def _objection(item: Break, settings: Mapping[str, Event]) -> str:
    """Reason why a break has no proposal, '' for none.

    Only a certain cause has one.
    """
    if event := settings.get(item.event):
        return f"a setting puts it right, with all lines of its event: {event.advice.rstrip('.')}"
    if item.cause in WHY_NOT and not item.ambiguous:
        return WHY_NOT[item.cause]
    if item.against:
        return item.against[0]
    if item.ambiguous:
        causes = ", ".join(cause.replace("_", " ") for cause in item.candidates)
        return f"several causes explain it: {causes}"
    if item.cause in _OF_ENTRIES and (shared := shared_id(item)):
        return (
            f'{shared} is the id of several entries (repeated_ids = "keep"), and which of them '
            "is wrong is not certain"
        )
    return ""


def _groups(breaks: Sequence[Break]) -> list[list[Break]]:
    """Breaks that one entry puts right, by their first ones."""
    joined: dict[_Node, _Node] = {}

    def root(node: _Node) -> _Node:
        while node in joined:
            node = joined[node]
        return node

    for item in breaks:
        here, there = root(key_of(item)), root(_other(item))
        if here != there:
            joined[here] = there
    groups: defaultdict[_Node, list[Break]] = defaultdict(list)
    for item in breaks:
        groups[root(key_of(item))].append(item)
    return list(groups.values())


def _other(item: Break) -> _Node:
    """Break that belongs together with this one, or itself."""
    if item.cause not in _PAIRED:
        return key_of(item)
    # Lines that cancel out only all together are held together by their contract.
    return _partner(item) or (item.contract_key or item.contract_id, item.currency)


def _partner(item: Break) -> Key | None:
    """Other line of the month that a cause is between."""
    other = item.counterpart
    if other is None or other.offset:
        return None
    return other.contract_id, other.revenue_type, other.currency


def _moves(group: Sequence[Break], breaks: Mapping[Key, Break]) -> frozenset[Move]:
    """Moves that make all lines of a group agree.

    A line that is off within tolerance is no break, but has the other half of one; a neighbouring
    month has the other half of an entry in the wrong month.
    """
    moves = {Move(key_of(item), 0, -item.difference) for item in group}
    for item in group:
        partner, other = _partner(item), item.counterpart
        if partner and partner not in breaks:
            moves.add(Move(partner, 0, item.difference))
        if other and other.offset:
            moves.add(Move(key_of(item), other.offset, item.difference))
    return frozenset(moves)


def _objection_to_group(
    group: Sequence[Break],
    breaks: Mapping[Key, Break],
    objections: Mapping[Key, str],
    moves: Iterable[Move],
    moved: Collection[Key],
) -> str:
    """Reason why a group has no proposal, '' for none.

    `moved` are the lines that the proposals so far put right: a second one would be too much.
    """
    causes = {item.cause for item in group}
    for partner in filter(None, map(_partner, group)):
        if partner in objections or (partner in breaks and breaks[partner].cause not in causes):
            return f"look at the other line, {' '.join(partner)}, first"
    if len(causes) > 1:
        return "the lines that belong together have different causes"
    if causes & {*_PAIRED} and sum(move.amount for move in moves):
        return "the lines that belong together do not cancel out by themselves"
    if again := next((move.key for move in moves if move.key in moved), None):
        return f"another proposal puts {' '.join(again)} right already"
    return booked_twice(group, moves) or beyond_to_date(group, moves)


def _proposal(
    month: Month,
    number: int,
    group: Sequence[Break],
    moves: Iterable[Move],
    accounts: Mapping[str, str],
) -> Proposal:
    first = group[0]
    lines = _lines(month, moves, accounts)
    tie_balance(number, lines)
    return Proposal(
        number=number,
        cause=first.cause,
        text=f"{WHAT_TO_DO[first.cause]} {first.explanation}",
        entry_ids=tuple(dict.fromkeys(entry for item in group for entry in item.concerned)),
        breaks=tuple(group),
        lines=lines,
    )


def _lines(
    month: Month, moves: Iterable[Move], accounts: Mapping[str, str]
) -> tuple[ProposalLine, ...]:
    """Debits and credits of some moves, netted by account.

    So revenue moves from type to type of a contract directly, and from contract to contract with
    its deferred revenue.
    """
    credits: Counter[tuple[Month, str, str, str]] = Counter()
    for move in moves:
        contract_id, revenue_type, currency = move.key
        credits[month + move.offset, currency, contract_id, revenue_type] += move.amount
        credits[month + move.offset, currency, contract_id, ""] -= move.amount
    found = [
        ProposalLine(
            account=_account(revenue_type, accounts),
            contract_id=contract_id,
            revenue_type=revenue_type,
            currency=currency,
            period=period,
            debit=max(-credit, 0),
            credit=max(credit, 0),
        )
        for (period, currency, contract_id, revenue_type), credit in credits.items()
        if credit
    ]
    return tuple(sorted(found, key=_in_order))


def _account(revenue_type: str, accounts: Mapping[str, str]) -> str:
    name = revenue_account(revenue_type) if revenue_type else DEFERRED
    return accounts.get(name, name)


def _in_order(line: ProposalLine) -> tuple[Month, str, bool, str, str]:
    """Sort key of lines: debits first."""
    return line.period, line.currency, line.debit == 0, line.contract_id, line.revenue_type


def tie_balance(number: int, lines: Sequence[ProposalLine]) -> None:
    """Check that debits and credits agree by currency and month.

    Raises TieOutError where they differ.
    """
    for month, currency in {(line.period, line.currency) for line in lines}:
        mine = [line for line in lines if (line.period, line.currency) == (month, currency)]
        debits, credits = sum(line.debit for line in mine), sum(line.credit for line in mine)
        tie(f"Proposal {number} in {currency} of {month}", debits, credits)
