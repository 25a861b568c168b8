"""Sentences and orders that all reports share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from recon.base import money
from recon.base.policy import PPM
from recon.base.result import (
    Break,
    Bucket,
    CarriedDifference,
    Certainty,
    Flag,
    Reconciliation,
    Side,
)
from recon.base.text import words
from recon.record.journal.model import Lapse, OpenItem

SHOWN_MONTHS = 3
LATEST = "latest.html"  # in the folder of a month, it leads to the newest run

FLAGS = {
    Flag.CARRIED_DIFFERENCE: (
        "agrees this month but not to date",
        "agree this month but not to date",
    ),
    Flag.OVER_CONTRACT_VALUE: (
        "is recognized beyond its contract value",
        "are recognized beyond their contract value",
    ),
    Flag.THIRD_MONTH: ("breaks for the third month running", "break for the third month running"),
    Flag.SECOND_MONTH: (
        "breaks for the second month running",
        "break for the second month running",
    ),
    Flag.CLOSED_EARLY: (
        "closes early and leaves a remainder unrecognized",
        "close early and leave a remainder unrecognized",
    ),
    Flag.TERM_MISMATCH: (
        "has a close date other than the end of its term",
        "have a close date other than the end of their term",
    ),
    Flag.SPELLING: ("is spelled in more than one way", "are spelled in more than one way"),
}


def left_out(result: Reconciliation) -> str:
    """The sentence of the invalid entries' amounts, '' without any."""
    listed = left_out_amounts(result)
    if not listed:
        return ""
    return (
        f"The invalid entries amount to {listed}: the total that accounting delivered "
        "less the total recognized."
    )


def left_out_amounts(result: Reconciliation) -> str:
    """The invalid entries' amounts, like `7.00 GBP, 123.45 USD`.

    It is the control total of accounting less what is recognized, which the core has tied.
    """
    amounts = {
        currency: total - (result.totals[currency].recognized if currency in result.totals else 0)
        for currency, total in sorted(result.sources[Side.ACCOUNTING].control_total.items())
    }
    return ", ".join(f"{money.pretty(amount, c)} {c}" for c, amount in amounts.items() if amount)


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


def largest(bridge: Sequence[Bucket], most: int) -> list[Bucket]:
    """The buckets with the largest gross amounts, largest first.

    One more adds up the others, so that the bridge still leads to its end: a cause whose
    differences cancel out has its place by their size, not by the little that is left of them.
    """
    ranked = sorted(steps(bridge), key=lambda step: -step.gross)
    if len(ranked) <= most + 1:
        return ranked
    rest = ranked[most:]
    amount, lines, gross = (
        sum(getattr(step, name) for step in rest) for name in ("amount", "lines", "gross")
    )
    return [*ranked[:most], Bucket(f"{len(rest)} other causes", amount, lines, gross)]


def allowed(result: Reconciliation, currency: str) -> int:
    """The part of a currency's expected total that may differ."""
    whole = (result.policy.tolerance.ppm or 0) * abs(result.totals[currency].expected) // PPM
    unit = money.minor_unit(currency)
    return whole // unit * unit


def against_tolerance(result: Reconciliation, currency: str) -> str:
    """A currency's gross difference: `within`, `beyond` or `masked`."""
    if result.masked(currency):
        return "masked"
    whole = (result.policy.tolerance.ppm or 0) * abs(result.totals[currency].expected)
    return "within" if result.totals[currency].gross_difference * PPM <= whole else "beyond"


def first_to_fix(result: Reconciliation, lives: Mapping[str, OpenItem]) -> list[Break]:
    """The breaks without an event, acknowledged ones last.

    Apart from that in the order of the result: the most severe come first.
    """
    alone = [item for item in result.breaks if not item.event]
    return sorted(
        alone, key=lambda item: item.name in lives and bool(lives[item.name].acknowledged)
    )


def flag_words(flag: Flag, count: int) -> str:
    """A flag in words, to follow its count."""
    one, many = FLAGS[flag]
    return f"line {one}" if count == 1 else f"lines {many}"


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


def line_heads(breaks: Iterable[Break]) -> tuple[str, str]:
    """The headers of a line: a contract's or a document's."""
    of_cash = any(item.to_date for item in breaks)
    return ("Document", "Kind") if of_cash else ("Contract", "Type")


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
    elif then.cause == now.cause and then.difference == now.difference:
        was, is_now = (money.pretty(item.recognized, item.currency) for item in (then, now))
        change = f"recognized was {was}, is {is_now} {now.currency} in {lapse.month}"
    elif then.cause == now.cause:
        change = f"was {_difference(then)}, is {_difference(now)} in {lapse.month}"
    else:
        was, is_now = (f"{words(item.cause)}, {_difference(item)}" for item in (then, now))
        change = f"was {was}; is {is_now} in {lapse.month}"
    return f"changed since acknowledged by {lapse.event.who}: {change}"


def _difference(item: Break) -> str:
    return f"{money.pretty(item.difference, item.currency, sign=True)} {item.currency}"
