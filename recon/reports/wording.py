"""Sentences and orders that all reports share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from recon.base import money
from recon.base.result import Break, Bucket, CarriedDifference, Certainty, Reconciliation, Side
from recon.base.text import words
from recon.record.journal.model import Lapse, OpenItem

SHOWN_MONTHS = 3


def left_out(result: Reconciliation) -> str:
    """The amounts of the invalid entries, '' without any.

    It is the control total of accounting less what is recognized, which the core has tied.
    """
    amounts = {
        currency: total - (result.totals[currency].recognized if currency in result.totals else 0)
        for currency, total in sorted(result.sources[Side.ACCOUNTING].control_total.items())
    }
    listed = [f"{money.pretty(amount, code)} {code}" for code, amount in amounts.items() if amount]
    if not listed:
        return ""
    return (
        f"The invalid entries amount to {', '.join(listed)}: the total that accounting delivered "
        "less the total recognized."
    )


def carried_words(item: CarriedDifference) -> str:
    """The cause of a carried difference, and its sentence."""
    doubt = " (ambiguous)" if item.certainty is Certainty.AMBIGUOUS else ""
    return f"{words(item.cause)}{doubt}, {item.explanation}"


def currencies(result: Reconciliation) -> list[str]:
    """The currencies, the main one first, the others by name."""
    lines = {currency: totals.compared for currency, totals in result.totals.items()}
    return main_first(lines, result.policy.currency)


def main_first(lines: Mapping[str, int], main: str) -> list[str]:
    """The currencies of lines, the main one first.

    The others follow by name. Where the policy's does not occur, the main one is that with most
    lines, since amounts of different currencies cannot be compared.
    """
    if main not in lines:
        main = max(lines, key=lambda currency: lines[currency], default="")
    return sorted(lines, key=lambda currency: money.rank(currency, main))


def steps(bridge: Sequence[Bucket]) -> list[Bucket]:
    """The buckets of a bridge that hold something."""
    return [step for step in bridge if step.lines or step.amount]


def masked(result: Reconciliation, currency: str) -> str:
    """The warning of a gross difference behind a small net.

    '' where there is no such difference.
    """
    if not result.masked(currency):
        return ""
    totals = result.totals[currency]
    return (
        f"{currency}: the net difference looks fine, but the gross difference does not. "
        f"{money.pretty(totals.difference, currency, sign=True)} net is all that remains of "
        f"{money.pretty(totals.gross_difference, currency)} in differences, because "
        "they cancel each other out."
    )


def amounts_words(by_currency: Mapping[str, int]) -> str:
    """Amounts by currency, like `+1,204.00 USD, -3 JPY`."""
    return ", ".join(
        f"{money.pretty(amount, c, sign=True)} {c}" for c, amount in sorted(by_currency.items())
    )


def moment_words(moment: datetime) -> str:
    """A moment for people, in UTC, like `2024-07-03 07:15`."""
    return moment.astimezone(UTC).isoformat(" ", "minutes")[:16]


def months_words(life: OpenItem) -> str:
    """The months in which a break was seen.

    All of up to three, else the first and the last.
    """
    months = [str(month) for month in sorted(life.seen)]
    if len(months) <= SHOWN_MONTHS:
        return ", ".join(months)
    return f"{months[0]} to {months[-1]} ({len(months)} months)"


def acknowledged_words(life: OpenItem) -> str:
    """The acknowledgement of a break, or how it changed since.

    It is '' where nobody has acknowledged it.
    """
    event = life.acknowledged
    if event is None:
        return lapsed_words(life.lapsed) if life.lapsed else ""
    until = f" until {event.detail}" if event.detail else ""
    return f"acknowledged by {event.who}{until}: {event.reason}"


def changed_since(life: OpenItem | None) -> str:
    """The change since an acknowledgement as a sentence, or ''."""
    if life is None or life.lapsed is None:
        return ""
    said = lapsed_words(life.lapsed)
    return f"{said[0].upper()}{said[1:]}. "


def lapsed_words(lapse: Lapse) -> str:
    """How a break has changed since it was acknowledged."""
    then, now = lapse.then, lapse.now
    if then is None:
        change = f"{lapse.month} adds {_difference(now)}"
    elif then.cause is now.cause and then.difference == now.difference:
        was, is_now = (money.pretty(item.recognized, item.currency) for item in (then, now))
        change = f"recognized was {was}, is {is_now} {now.currency} in {lapse.month}"
    elif then.cause is now.cause:
        change = f"was {_difference(then)}, is {_difference(now)} in {lapse.month}"
    else:
        was, is_now = (f"{words(item.cause)}, {_difference(item)}" for item in (then, now))
        change = f"was {was}; is {is_now} in {lapse.month}"
    return f"changed since acknowledged by {lapse.event.who}: {change}"


def _difference(item: Break) -> str:
    return f"{money.pretty(item.difference, item.currency, sign=True)} {item.currency}"
