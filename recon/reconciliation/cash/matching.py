"""Front door of matching: two relations in, one Matching out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from recon.base.matching import MatchingRule
from recon.reconciliation.cash import reading
from recon.reconciliation.cash.documents import make_documents
from recon.reconciliation.cash.model import InvalidRow, Kind, Matching
from recon.reconciliation.cash.passes import run_rules
from recon.reconciliation.cash.reading import Places
from recon.store.session import Session, reckoning


def by_number(_: int, rows: Sequence[int]) -> dict[int, str]:
    """The places of rows that have nothing but a number."""
    return {row: f"row {row:,}" for row in rows}


def match_sides(
    session: Session,
    sides: Sequence[str],
    names: tuple[str, str],
    rules: Sequence[MatchingRule],
    invalid: Sequence[InvalidRow] = (),
    notices: Sequence[str] = (),
    places: Places = by_number,
    progress: Callable[[str], None] = lambda _: None,
) -> Matching:
    """Match the documents of two SELECTs of a prepared session.

    The SELECTs have the columns of `documents.COLUMNS`. `invalid` rows are in none of them.
    """
    with reckoning("the matching"):
        make_documents(session, sides)
        passed, not_tried = run_rules(session, rules, progress)
        reading.view_kinds(session, passed)
        return Matching(
            names=names,
            passed=passed,
            sums=reading.sums(session, passed),
            groups=tuple(reading.read_kinds(session, passed, [Kind.GROUPED], places)),
            near=tuple(reading.read_kinds(session, passed, [Kind.NEAR], places)),
            unmatched=tuple(reading.read_open(session, places)),
            invalid=invalid,
            not_tried=not_tried,
            notices=notices,
        )
