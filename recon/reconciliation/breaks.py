"""Breaks: every broken line with its cause and severity.

`recon.reconciliation.relations` lists the relations that the modules behind it read and make.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from recon.base import money
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Break, fingerprint
from recon.reconciliation.causes import Explanation, explain
from recon.reconciliation.causes.broken_line import BrokenLine
from recon.reconciliation.causes.counterparts import counterpart
from recon.reconciliation.causes.gather import gather
from recon.reconciliation.causes.postings import entries_concerned
from recon.reconciliation.ledger import create_ledger_cover, create_lines_uncovered
from recon.reconciliation.severity import severity
from recon.reconciliation.totals import name_causes
from recon.store.session import Session


def judged_breaks(connection: Session, month: Month, policy: Policy) -> tuple[Break, ...]:
    """Breaks of a month: most severe, policy's currency, largest first."""
    create_ledger_cover(connection)
    create_lines_uncovered(connection, month)
    verdicts, breaks = [], []
    with _uncollected():
        lines = list(gather(connection, month))
        for line, why in zip(lines, explain(lines), strict=True):
            item = _judged(line, why, policy)
            breaks.append(item)
            verdicts.append((line.number, item.cause.value, item.severity.word, line.months_broken))
    name_causes(connection, verdicts)
    main = policy.currency
    return tuple(
        sorted(
            breaks,
            key=lambda b: (-b.severity, money.rank(b.currency, main), -abs(b.difference)),
        )
    )


@dataclass
class _Still:
    """Users that need the garbage collector to keep still.

    `was_on` is whether it was on before them.
    """

    lock: Lock = field(default_factory=Lock)
    users: int = 0
    was_on: bool = False


_STILL = _Still()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector still while breaks are made.

    It would go through every break, and they all stay. It is one for all threads: the last one that
    needs it still lets it go on.
    """
    with _STILL.lock:
        _STILL.was_on = gc.isenabled() if not _STILL.users else _STILL.was_on
        _STILL.users += 1
        gc.disable()
    try:
        yield
    finally:
        with _STILL.lock:
            _STILL.users -= 1
            if _STILL.was_on and not _STILL.users:
                gc.enable()


def _judged(line: BrokenLine, why: Explanation, policy: Policy) -> Break:
    return Break(
        name=fingerprint(line.id_key, line.revenue_type, line.currency),
        contract_id=line.contract_id,
        revenue_type=line.revenue_type,
        currency=line.currency,
        customer=line.customer,
        segment=line.segment,
        owner=line.owner,
        status=line.status,
        cause=why.cause,
        candidates=why.candidates,
        severity=severity(line, why.cause, policy.severity.of(line.currency)),
        expected=line.expected,
        recognized=line.recognized,
        difference=line.difference,
        allowed=line.allowed,
        to_date_expected=line.to_date_expected,
        to_date_recognized=line.to_date_recognized,
        flags=line.flags,
        entries=line.entries,
        explanation=why.sentence,
        concerned=tuple(
            entry.entry_id for entry in entries_concerned(line, why.cause) if entry.entry_id
        ),
        counterpart=counterpart(line, why.cause),
        against=why.against,
        contract_key=line.id_key,
    )
