"""Derivations: how a line's figures came about, with the numbers.

Nothing is computed here: the amounts come from the arithmetic of
`recon.reconciliation.expected` and `recon.reconciliation.compare`, the rungs from
`recon.reconciliation.severity`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from recon.base import money
from recon.base.month import Month
from recon.base.policy import Recognition, Rounding, SeverityRules, rate_text
from recon.base.result import AnyCause, Break
from recon.reconciliation.explain.model import Allowance, Derivation, Progress, Rung, Terms
from recon.reconciliation.severity import Ladder, Rule, Step

_MOMENTS = {
    Recognition.BOOKING_MONTH: "the booking month",
    Recognition.START_MONTH: "the start month",
    Recognition.CLOSE_MONTH: "the close month",
}


def expected_formula(
    month: Month, revenue_type: str, currency: str, terms: Terms, progress: Progress
) -> Derivation:
    """Derivation of a contract line's expected revenue of a month."""
    if why := _nothing(month, revenue_type, terms, progress):
        return Derivation(f"expected = {money.pretty(0, currency)}", why)
    earned = money.pretty(progress.earned - progress.earned_before, currency)
    return Derivation(
        f"expected = {_computed(currency, terms, progress)} = {earned}",
        "; ".join(_read(month, revenue_type, currency, terms, progress)) + ".",
    )


def added_up(
    currency: str, shares: Sequence[int], versions: bool = False, to_date: int = 0
) -> Derivation:
    """Derivation where the contract rows of one key add up.

    Of versions the one in force gives the month its amount, up to what is expected to date.
    """
    if versions:
        due = subtracted(to_date, to_date - sum(shares), currency)
        return Derivation(
            f"expected = to date - to date before = {due} = {money.pretty(sum(shares), currency)}",
            f"The contract has {len(shares)} versions, each in force from the month of its "
            "valid_from; how the new one begins is policy.amendment.",
        )
    each = " + ".join(_bracketed(share, currency) for share in shares)
    return Derivation(
        f"expected = {each} = {money.pretty(sum(shares), currency)}",
        f"The sum of {len(shares)} contract rows, each with a term and value of its own "
        "(policy.same_key).",
    )


def without_line(revenue_type: str, currency: str, known_contract: bool) -> Derivation:
    """Derivation where only accounting has the line."""
    why = (
        f"The contract has no {revenue_type} line in {currency}, so nothing is expected."
        if known_contract
        else "Analytics does not know the contract, so nothing is expected."
    )
    return Derivation(f"expected = {money.pretty(0, currency)}", why)


def _nothing(month: Month, revenue_type: str, terms: Terms, progress: Progress) -> str:
    """Reason why a month is outside the term, or ''."""
    start = terms.first_month or Month.of(terms.term_start or date.max, month.periods)
    last = terms.last_month or month
    if start <= month <= last:
        return ""
    if moment := _moment(terms):
        return f"{revenue_type} is recognized at once in {moment}, {start}: nothing in {month}."
    if month < start <= last:
        return f"{_starts(start, terms)}; {month} is before it."
    return _after(month, start, last, terms, progress)


def _starts(start: Month, terms: Terms) -> str:
    """Start of the term, which a rule may put off."""
    if _is_put_off(start, terms):
        return f"The term starts on {terms.term_start}, after the 15th, so it counts from {start}"
    return f"The term starts on {terms.term_start}"


def _beginning(start: Month, terms: Terms) -> str:
    if _is_put_off(start, terms):
        return f"{start}, from which it counts"
    return f"its start on {terms.term_start}"


def _is_put_off(start: Month, terms: Terms) -> bool:
    return terms.term_start is not None and start > Month.of(terms.term_start, start.periods)


def _after(month: Month, start: Month, last: Month, terms: Terms, progress: Progress) -> str:
    """Reason why a month after the last one expects nothing."""
    early = terms.closed_on and (terms.term_end is None or terms.closed_on < terms.term_end)
    if early and last < start:
        return (
            f"The line was {_closed(terms)}, before {_beginning(start, terms)}; "
            "no month expects anything."
        )
    if early:
        return f"The line was {_closed(terms)}; {last} was its last month."
    ends = terms.kind != "month" and terms.term_end
    if ends and month <= Month.of(ends, month.periods):
        return f"The last of the {progress.periods:,} periods was {last}; {month} has no share."
    return f"The term ended on {terms.term_end}; {last} was its last month."


def _moment(terms: Terms) -> str:
    """Moment at which a type is recognized, or ''.

    It is '' for one over its duration.
    """
    return next((word for at, word in _MOMENTS.items() if at == terms.recognition), "")


def _closed(terms: Terms) -> str:
    word = "terminated" if terms.terminated_on == terms.closed_on else "closed"
    return f"{word} on {terms.closed_on}"


def _computed(currency: str, terms: Terms, progress: Progress) -> str:
    value = money.pretty(terms.value or 0, currency)
    if progress.periods == 1 and progress.stop_share is None:
        return f"r({value})"
    if terms.rounding != Rounding.LAST_PERIOD:
        shares = [
            f"r({value} x {k:,}/{parts:,})"
            for k, parts in (
                (progress.elapsed, progress.parts),
                (progress.elapsed_before, progress.parts_before),
            )
        ]
        earned = subtracted(progress.earned, progress.earned_before, currency)
        return f"{' - '.join(shares)} = {earned}"
    if progress.stop_share is not None:
        return f"r({value} x {progress.stop_share:,}/{progress.parts:,})"
    if _is_whole_month(terms, progress):
        return f"r({value})"
    if progress.period == progress.periods:
        return f"r({value}) - {_bracketed(progress.earned_before, currency)}"
    share = progress.elapsed - progress.elapsed_before
    return f"r({value} x {share:,}/{progress.denominator:,})"


def _is_whole_month(terms: Terms, progress: Progress) -> bool:
    """Whether the month has all of a monthly value."""
    share = progress.elapsed - progress.elapsed_before
    return terms.kind == "month" and share == progress.denominator


def subtracted(amount: int, less: int, currency: str) -> str:
    """Subtraction in words, a negative second number in brackets."""
    return f"{money.pretty(amount, currency)} - {_bracketed(less, currency)}"


def _bracketed(amount: int, currency: str) -> str:
    text = money.pretty(amount, currency)
    return f"({text})" if amount < 0 else text


def _read(
    month: Month, revenue_type: str, currency: str, terms: Terms, progress: Progress
) -> Iterator[str]:
    """Yield how to read the formula."""
    if moment := _moment(terms):
        yield f"{revenue_type} is recognized at once in {moment}, {month}"
    elif terms.kind == "month":
        yield f"{month} is month {progress.period:,} of the line, and the value is that of a month"
        if progress.period == 1 and not _is_whole_month(terms, progress):
            yield f"the first one counts {progress.first:,} of {progress.denominator:,} parts"
    else:
        yield f"{month} is period {progress.period:,} of {progress.periods:,}"
        yield _weights(terms, progress)
    if progress.stop_share is not None:
        yield f"{_stopped(month, terms)}, so {_cut(month, progress)}"
    if terms.kind == "month":
        yield "each month is rounded by itself"
    elif terms.rounding == Rounding.LAST_PERIOD and progress.periods > 1:
        yield _residue(progress)
    yield f"r() rounds to {money.pretty(money.minor_unit(currency), currency)} {currency}"


def _weights(terms: Terms, progress: Progress) -> str:
    parts = f"of {progress.denominator:,} parts"
    if progress.step is None:
        return f"every day counts 1 of {progress.denominator:,} days of the term"
    if terms.basis == "even" and terms.kind != "dates":
        return f"every month counts 1 {parts}"
    if progress.periods == 1:
        return "all of its days lie in one month"
    if terms.basis == "even":
        return _whole_and_odd(progress, parts)
    whole = progress.periods - 2
    last = progress.denominator - (progress.first or 0) - whole * progress.step
    between = f"each whole one {progress.step:,}, " if whole else ""
    return f"the first month counts {progress.first:,} {parts}, {between}the last one {last:,}"


def _whole_and_odd(progress: Progress, parts: str) -> str:
    """Words for a term's whole months and odd days."""
    odd = progress.denominator - (progress.periods - 1) * (progress.step or 0)
    if odd == progress.step:
        return f"every month counts {progress.step:,} {parts}"
    return f"every whole month counts {progress.step:,} {parts}, the rest comes last: {odd:,}"


def _stopped(month: Month, terms: Terms) -> str:
    """Words for the end that cuts a month."""
    if terms.closed_on and Month.of(terms.closed_on) == month:
        return f"the line was {_closed(terms)}"
    return f"the term ends on {terms.term_end}"


def _cut(month: Month, progress: Progress) -> str:
    """Words for the month that a stop cuts."""
    if not progress.stop_days:
        return f"{month} does not count"
    days = "1 day counts" if progress.stop_days == 1 else f"{progress.stop_days} days count"
    return f"{days} of the {progress.stop_of} in {month}"


def _residue(progress: Progress) -> str:
    if progress.stop_share is not None:
        return "each period is rounded by itself"
    if progress.period < progress.periods:
        return "each period is rounded by itself, the last one takes what is left"
    return f"the last period takes what the {progress.periods - 1:,} before it leave"


def allowance_text(allowance: Allowance, expected: int, currency: str) -> Derivation:
    """Derivation of the allowed difference, in words."""
    found = {
        "rate": f"{rate_text(allowance.ppm)} x {money.pretty(abs(expected), currency)} = "
        f"{money.pretty(allowance.by_rate, currency)}",
        "rounding": money.pretty(allowance.by_rounding, currency),
        "floor": money.pretty(allowance.floor, currency),
    }
    largest = f"max({found['rate']}; rounding {found['rounding']}; floor {found['floor']})"
    allowed = money.pretty(allowance.allowed, currency)
    if allowance.cap is None:
        return Derivation(f"allowed = {largest} = {allowed}", _decides(allowance, currency))
    cap = money.pretty(allowance.cap, currency)
    return Derivation(
        f"allowed = min({largest}; cap {cap}) = {allowed}", _decides(allowance, currency)
    )


def _decides(allowance: Allowance, currency: str) -> str:
    unit = money.pretty(money.minor_unit(currency), currency)
    return {
        "rate": f"The rate of {rate_text(allowance.ppm)} decides; it is {allowance.origin}.",
        "rounding": f"The rounding allowance decides: half of {unit} for every "
        f"month of the term ({allowance.term_months:,}), rounded up.",
        "floor": "The floor decides.",
        "cap": "The cap decides.",
    }[allowance.decides]


def rungs(item: Break, climbed: Ladder, rules: SeverityRules) -> tuple[Rung, ...]:
    """Ladder that led to a break's severity, in words."""
    steps = (
        ("percent", climbed.percent),
        ("amount", climbed.amount),
        ("cause", climbed.cause),
        ("repeated months", climbed.months),
    )
    return tuple(Rung(by, _why(by, step, item, rules), step.severity) for by, step in steps)


def _why(by: str, step: Step, item: Break, rules: SeverityRules) -> str:
    def amount(units: int) -> str:
        return f"{money.pretty(units, item.currency)} {item.currency}"

    found = amount(abs(item.difference))
    percent = money.percent(abs(item.difference), abs(item.expected))
    unchanged = {
        "amount": f"{found} is at least {amount(rules.at_most_high_below)} and below "
        f"{amount(rules.at_least_high_from)}: no change",
        "cause": f"{_cause(item.cause)}: no change",
        "repeated months": "the first month that breaks: no change",
    }
    words = {
        Rule.NOTHING_EXPECTED: "nothing is expected, which counts as 100%",
        Rule.ABOVE_HIGH_PERCENT: f"{percent} is more than {rules.high_percent}%",
        Rule.UP_TO_HIGH_PERCENT: f"{percent} is more than {rules.warning_percent}%, "
        f"at most {rules.high_percent}%",
        Rule.UP_TO_WARNING_PERCENT: f"{percent} is at most {rules.warning_percent}%",
        Rule.AT_MOST_WARNING_BELOW: f"{found} is below {amount(rules.at_most_warning_below)}: "
        "at most warning",
        Rule.AT_MOST_HIGH_BELOW: f"{found} is below {amount(rules.at_most_high_below)}: "
        "at most high",
        Rule.AT_LEAST_HIGH_FROM: f"{found} is at least {amount(rules.at_least_high_from)}: "
        "at least high",
        Rule.CRITICAL_FROM: f"{found} is at least {amount(rules.critical_from)}: critical",
        Rule.GRAVE_CAUSE: f"{_cause(item.cause)}: at least high",
        Rule.TIMING_CAUSE: f"{_cause(item.cause)}: one level lower, not below warning",
        Rule.SECOND_MONTH: "the second month running: one level up",
        Rule.THIRD_MONTH: "the third month running: critical",
    }
    return unchanged[by] if step.rule is Rule.NO_CHANGE else words[step.rule]


def _cause(cause: AnyCause) -> str:
    return cause.value.replace("_", " ")
