"""A matching as one JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recon.base import money
from recon.base.errors import ExitCode
from recon.reconciliation.cash.document import document_document
from recon.reconciliation.cash.groups import NotTried
from recon.reconciliation.cash.model import Match, Matching

SCHEMA = 1


def matching_document(
    result: Matching, reports: Sequence[Path], code: ExitCode
) -> dict[str, object]:
    """The result, with every row that is not plainly matched."""
    return {
        "schema": SCHEMA,
        "sources": [_source(result, side) for side in (1, 2)],
        **matched_parts(result),
        "notices": list(result.notices),
        "reports": [path.as_posix() for path in reports],
        "exit_code": int(code),
    }


def matched_parts(result: Matching) -> dict[str, object]:
    """The rules, matches and open documents of a result."""
    return {
        "rules": [
            {"name": each.rule.name, "compares": each.rule.words, "matches": each.matches,
             "rows": each.documents}
            for each in result.passed
        ],
        "grouped": [match_document(result.names, each) for each in result.groups],
        "near": [match_document(result.names, each) for each in result.near],
        "open": [document_document(result.names, each) for each in result.unmatched],
        "invalid": [
            {"side": result.names[row.side - 1], "place": row.place, "reason": row.reason}
            for row in result.invalid
        ],
        "not_tried": list(map(_not_tried, result.not_tried)),
    }  # fmt: skip


def _source(result: Matching, side: int) -> dict[str, object]:
    amounts = {}
    for currency in result.currencies:
        sums = result.sums_of(side, currency)
        amounts[currency] = {
            "rows": sums.documents,
            "amount": money.plain(sums.amount, currency),
            "matched_rows": sums.matched,
            "matched_amount": money.plain(sums.matched_amount, currency),
            "open_rows": sums.open,
            "open_amount": money.plain(sums.open_amount, currency),
        }
    invalid = sum(row.side == side for row in result.invalid)
    return {"name": result.names[side - 1], "invalid": invalid, "totals": amounts}


def match_document(names: Sequence[str], match: Match) -> dict[str, object]:
    """A match with its documents."""
    return {
        "rule": match.rule,
        "difference": money.plain(match.difference, match.documents[0].currency),
        "interchangeable": match.interchangeable,
        "documents": [document_document(names, each) for each in match.documents],
    }


def _not_tried(each: NotTried) -> dict[str, object]:
    return {
        "rule": each.rule,
        "customer": each.customer,
        "currency": each.currency or None,
        "documents": each.documents,
        "reason": each.reason,
    }
