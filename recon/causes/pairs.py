"""Pairs: another line is off by the same amount, the other way."""

from __future__ import annotations

from recon.base import money
from recon.base.result import Cause
from recon.causes import words
from recon.facts import Facts


def wrong_type(facts: Facts) -> str | None:
    """Added up over the revenue types of the contract, nothing is missing."""
    partner = facts.partner(Cause.WRONG_TYPE)
    if partner and partner.balanced:
        return (
            f"{_both(facts)} on {partner.revenue_type} of the same contract cancel out: "
            "posted under the wrong type."
        )
    if facts.lines_that_cancel > 1:
        return (
            f"The {facts.lines_that_cancel} lines of the contract that are off add up to nothing: "
            "posted under the wrong types."
        )
    return None


def wrong_contract(facts: Facts) -> str | None:
    """Another contract of the customer is off by just this amount, the other way."""
    partner = facts.partner(Cause.WRONG_CONTRACT)
    if partner is None or not partner.balanced:
        return None
    return (
        f"{_both(facts)} on {partner.contract_id} {partner.revenue_type} of the same customer: "
        "posted on the wrong contract."
    )


def _both(facts: Facts) -> str:
    here, there = words.signed(facts, facts.difference), words.signed(facts, -facts.difference)
    return f"{here} here and {there}"


def mistyped_contract(facts: Facts) -> str | None:
    """An unknown contract id is one edit away from the one line that lacks the amount."""
    partner = facts.partner(Cause.MISTYPED_CONTRACT)
    if partner is None or not partner.single:
        return None
    right, wrong, amount = facts.contract_id, partner.contract_id, -facts.difference
    if not facts.known_contract:
        right, wrong, amount = wrong, right, -amount
    return (
        f"{words.amount(facts, amount)} stands on {wrong}, which analytics does not know, "
        f"and is missing on {right}, one character away: the id is mistyped."
    )


def wrong_currency(facts: Facts) -> str | None:
    """The same number was posted in another currency."""
    partner = facts.partner(Cause.WRONG_CURRENCY)
    if partner is None or not partner.balanced:
        return None
    right, wrong, amount = facts.currency, partner.currency, -facts.difference
    if abs(facts.recognized) > abs(facts.expected):
        right, wrong, amount = wrong, right, -amount
    return f"{money.pretty(amount, facts.currency)} was posted in {wrong} instead of {right}."
