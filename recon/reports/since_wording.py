"""The words for the differences of two runs."""

from __future__ import annotations

from collections.abc import Sequence

from recon.base import money
from recon.base.result import Break, Reconciliation
from recon.base.text import words
from recon.record.journal.history import MovementPart, Since, Superseded
from recon.reports.wording import moment_words


def signed_words(before: Superseded, result: Reconciliation) -> tuple[str, str]:
    """Who signed the run before, and its verdict beside today's."""
    signed = " and ".join(
        f"{signature.who} as {signature.role} on {moment_words(signature.at)[:10]}"
        for signature in before.signatures
    )
    text = f"{before.run.run_id} was signed off by {signed}."
    worst = result.severity
    if not before.says_otherwise(worst):
        return text, f"The verdict is {before.run.verdict} as before."
    now = worst.word if worst else "clean"
    return text, f"The verdict was {before.run.verdict} and is {now} now."


def moved_words(since: Since) -> str:
    """How far the net difference moved, by currency."""
    moved = ", ".join(
        f"{money.pretty(amount, currency, sign=True)} {currency}"
        for currency, amount in since.moved.items()
        if amount
    )
    return f"the net difference moved by {moved}" if moved else "the net difference has not moved"


def why_words(parts: Sequence[MovementPart]) -> str:
    """The reasons why the net difference moved, with their amounts.

    The amounts add up to the movement.
    """
    return "; ".join(filter(None, (_part(part) for part in parts)))


def _part(part: MovementPart) -> str:
    moved = ", ".join(
        f"{money.pretty(figures['difference'], currency, sign=True)} {currency}"
        for currency, figures in part.moved.items()
        if figures["difference"]
    )
    what = part.what
    if part.rows == 1:
        what = what.replace("entries", "entry").replace("lines", "line")
    count = "" if part.rows is None else f"{part.rows:,} "
    return f"{count}{what} {moved}".strip()


def changed_words(then: Break, now: Break) -> str:
    """The first thing that is another one in a break."""
    if then.difference != now.difference:
        return f"was {money.pretty(then.difference, then.currency, sign=True)}"
    for name in ("cause", "severity", "owner", "to_date_difference"):
        if getattr(then, name) != getattr(now, name):
            was = getattr(then, name)
            if name == "severity":
                was = then.severity.word
            if name == "to_date_difference":
                was = money.pretty(then.to_date_difference, then.currency, sign=True)
            return f"{words(name)} was {words(str(was)) or 'none'}"
    return "has another explanation"
