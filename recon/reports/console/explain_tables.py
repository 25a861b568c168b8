"""The tables about one contract and their sentences.

They are the contract's lines, their months and their entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from rich.style import Style
from rich.text import Text

from recon.base import money
from recon.base.events import Severity
from recon.base.month import Month
from recon.base.policy import Recognition, rate_text
from recon.base.result import Cause, Status
from recon.base.text import counted, words
from recon.reconciliation.explain.model import (
    Allowance,
    ContractDetail,
    EntryRow,
    InvalidLine,
    Line,
    MonthRow,
    Terms,
)
from recon.reports.console.layout import (
    GOOD,
    PLAIN,
    SEVERITY_STYLES,
    SOFT,
    STRONG,
    Column,
    Pen,
    amount_text,
    numbers,
    severity_text,
)

WINDOW = 24  # months around the reconciled one that are shown one by one
IDLE = 3  # from so many months in a row on, idle ones are added up


def overview(pen: Pen, dossier: ContractDetail) -> Iterator[Column]:
    """The columns of a contract's lines, invalid ones last."""
    lines, invalid = dossier.lines, dossier.invalid
    blank = [Text("")] * len(invalid)
    everything: list[Line | InvalidLine] = [*lines, *invalid]
    names = [item.revenue_type or "(none)" for item in everything]
    currencies = [item.currency for item in everything]
    severities = [*map(_severity, lines), *(severity_text(Severity.HIGH) for _ in invalid)]
    statuses = [*map(_status, lines), *(Text(words(Status.INVALID)) for _ in invalid)]
    yield Column("Type", [pen.text(name, STRONG) for name in names], least=8)
    yield Column("Currency", [Text(currency) for currency in currencies], drop=1)
    yield Column("Severity", severities)
    yield Column("Status", statuses)
    for header, name, drop in (
        ("Expected", "expected", 3),
        ("Recognized", "recognized", 3),
        ("Difference", "difference", 0),
        ("Difference\nto date", "to_date_difference", 2),
    ):
        cells = [
            amount_text(getattr(line, name), line.currency, sign="difference" in name)
            for line in lines
        ]
        yield Column(header, cells + blank, right=True, drop=drop, amount=True)


def _severity(line: Line) -> Text:
    return severity_text(line.finding.item.severity) if line.finding else Text("")


def _status(line: Line) -> Text:
    if line.status is None:
        return Text("nothing to compare", SOFT)
    fine = line.status in (Status.MATCHED, Status.WITHIN_TOLERANCE)
    style = SEVERITY_STYLES[line.finding.item.severity] if line.finding else PLAIN
    return Text(words(line.status), GOOD if fine else style)


def months(pen: Pen, line: Line, month: Month, all_months: bool) -> Iterator[Column]:
    """The columns of a line's months and their total.

    The reconciled month is marked.
    """
    rows = list(line.months) if all_months else folded(line.months, month)
    styles = [STRONG if row.month == row.last == month else PLAIN for row in rows]
    named = [pen.text(_named(row, month), style) for row, style in zip(rows, styles, strict=True)]
    yield Column("  Month", [*named, Text("  Total", STRONG)])
    for header, name, drop in (
        ("Expected", "expected", 0),
        ("Recognized", "recognized", 0),
        ("Difference", "difference", 0),
        ("Expected\nto date", "to_date_expected", 2),
        ("Recognized\nto date", "to_date_recognized", 1),
        ("Difference\nto date", "to_date_difference", 0),
    ):
        cells = _amounts(line, rows, styles, name)
        yield Column(header, cells, right=True, drop=drop, amount=True)
    counts = [f"{row.entries:,}" for row in rows]
    yield numbers("Entries", [*counts, f"{sum(row.entries for row in rows):,}"], drop=3)


def _amounts(
    line: Line, rows: Sequence[MonthRow], styles: Sequence[Style], name: str
) -> list[Text]:
    units: list[int | None] = [getattr(row, name) for row in rows]
    sign = "difference" in name
    cells = [
        Text("") if amount is None else amount_text(amount, line.currency, sign, style)
        for amount, style in zip(units, styles, strict=True)
    ]
    if name.startswith("to_date") or None in units:
        return [*cells, Text("")]
    total = sum(amount or 0 for amount in units)
    return [*cells, amount_text(total, line.currency, sign, STRONG)]


def _named(row: MonthRow, month: Month) -> str:
    if row.month == row.last:
        return f"{'>' if row.month == month else ' '} {row.month}"
    return f"  {row.month} to {row.last}"


def folded(rows: Sequence[MonthRow], month: Month) -> list[MonthRow]:
    """The months around one, with the others added up.

    Idle months and the rest on either side become one row each.
    """
    found = list(_without_idle(rows, month))
    # A sum in the place of a single month would save nothing.
    if len(found) <= WINDOW + 2:
        return found
    place = next(i for i, row in enumerate(found) if row.month <= month <= row.last)
    first = min(max(place - WINDOW // 2, 0), len(found) - WINDOW)
    last = first + WINDOW
    return [*_summed(found[:first]), *found[first:last], *_summed(found[last:])]


def _without_idle(rows: Sequence[MonthRow], month: Month) -> Iterator[MonthRow]:
    """The months, with long idle stretches as one row.

    Idle is a month in which nothing is expected and nothing posted.
    """

    def idle(row: MonthRow) -> bool:
        return not (row.expected or row.entries or row.month == month)

    for quiet, run in groupby(rows, key=idle):
        same = list(run)
        yield from _summed(same) if quiet and len(same) >= IDLE else same


def _summed(rows: Sequence[MonthRow]) -> Iterator[MonthRow]:
    """Months as one row, those to come as another.

    To date is as at the end of each row.
    """
    for to_come, run in groupby(rows, key=lambda row: row.to_come):
        part = list(run)
        yield replace(
            part[-1],
            month=part[0].month,
            expected=sum(row.expected for row in part),
            recognized=sum(row.recognized for row in part),
            entries=sum(row.entries for row in part),
            to_come=to_come,
        )


def tied(line: Line) -> str:
    """The sum of the expected months, with those to come."""

    def amount(units: int) -> str:
        return money.pretty(units, line.currency)

    left = f" and the {amount(line.remainder)} left by closing early" if line.remainder else ""
    value = f"{amount(line.value)} {line.currency}"
    if line.terms and line.terms.kind == "month":
        return f"The expected months add up to {value}; the contract value is a monthly value."
    said = f"The expected months{left} add up to the contract value of {value}"
    to_come = sum(row.expected for row in line.months if row.to_come)
    return f"{said}; {amount(to_come)} of it is still to come." if to_come else f"{said}."


def entries(pen: Pen, rows: Sequence[EntryRow], contract_id: str) -> Iterator[Column]:
    """The columns of entries.

    A column is left out where it is known and the same in all entries.
    """
    yield Column("Entry", [pen.text(row.entry_id or "(none)", STRONG) for row in rows], least=24)
    if any(row.contract_id != contract_id for row in rows):
        yield Column("Written as", [pen.text(row.contract_id) for row in rows], least=8)
    yield Column("Month", [pen.text(str(row.month or row.period_text)) for row in rows], least=7)
    amounts = [
        pen.text(row.amount_text) if row.amount is None else amount_text(row.amount, row.currency)
        for row in rows
    ]
    yield Column("Amount", amounts, right=True)
    yield Column("Document", [pen.text(row.document_ref) for row in rows], least=12)
    # Where room is short the day stays and the hour goes.
    yield Column("Posted", [pen.text(row.posted_at) for row in rows], least=12)


def compliance(pen: Pen, rows: Sequence[EntryRow]) -> Iterator[Column]:
    """Yield the configured compliance columns of entries."""
    for place, (name, _) in enumerate(rows[0].compliance):
        cells = [pen.text(row.compliance[place][1]) for row in rows]
        yield Column(words(name), cells)


# What each cause would have been, had it added up.
TRIED = {
    Cause.CATCH_UP: "a catch-up of earlier months",
    Cause.DUPLICATE_ENTRY: "an entry posted twice",
    Cause.POSTED_AGAIN: "an amount posted again on another document",
    Cause.SIGN_FLIPPED: "a flipped sign",
    Cause.CREDIT_NOTE: "a credit note on a document of its own",
    Cause.DECIMAL_SHIFT: "a shifted decimal point",
    Cause.DIGITS_SWAPPED: "two swapped digits",
    Cause.WRONG_PERIOD: "an entry in the wrong month",
    Cause.PARTIAL_POSTING: "a part of the amount left out",
    Cause.WRONG_TYPE: "another revenue type of the contract",
    Cause.WRONG_CONTRACT: "another contract of the same customer",
    Cause.POSTED_TOGETHER: "one entry for several lines",
    Cause.MISTYPED_CONTRACT: "a mistyped contract id",
    Cause.WRONG_CURRENCY: "another currency",
    Cause.FULL_VALUE: "the whole contract value at once",
    Cause.WRONG_DURATION: "another duration",
    Cause.WRONG_START: "another start",
    Cause.OTHER_CONVENTION: "another convention or rounding",
    Cause.AMENDED: "a contract value that changed",
    Cause.STOPPED_BY_DAYS: "the last month by its days",
    Cause.REMAINDER_TAKEN: "the remainder taken at the stop",
    Cause.TWO_CAUSES: "two errors at once",
    Cause.EXTRA_ENTRY: "one entry too many",
    Cause.ENDED: "recognition after the end",
    Cause.NOT_STARTED: "recognition before the start",
    Cause.UNKNOWN_CONTRACT: "a contract unknown to analytics",
    Cause.NOT_POSTED: "nothing posted",
    Cause.UNEXPLAINED: "no explanation",
}


def written_terms(terms: Terms, currency: str) -> Iterator[tuple[str, str]]:
    """The terms that analytics gives a line: label, text."""
    value = "none readable,"
    if terms.value is not None:
        value = f"{money.pretty(terms.value, currency)} {currency}"
    yield "value", f"{value} {_over(terms)}"
    dates = (
        ("booked", terms.booked_on),
        ("starts", terms.started_on),
        ("closes", terms.close_date),
        ("terminated", terms.terminated_on),
    )
    yield "dates", ", ".join(f"{what} {day}" for what, day in dates if day) or "none readable"
    if terms.term_start:
        last = f"; {terms.last_month} is the last month" if terms.last_month else ""
        end = f"to {terms.term_end}" if terms.term_end else "without an end"
        yield "term", f"{terms.term_start} {end}{last}"
    if terms.recognition:
        yield "recognition", _recognition(terms)


def _over(terms: Terms) -> str:
    free = ""
    if terms.free_months:
        free = f", including {counted(terms.free_months, 'free month')} at the {terms.free_at}"
    if terms.kind == "dates":
        return f"from start to close{free}"
    if terms.kind == "month":
        span = f", for {counted(terms.duration, 'month')}" if terms.duration else ""
        return f"a month{span}{free}"
    if terms.duration is None:
        return "over an unreadable duration"
    return f"over {counted(terms.duration, 'month')}{free}"


def _recognition(terms: Terms) -> str:
    if terms.recognition != Recognition.OVER_DURATION:
        return f"all at once in the {words(terms.recognition)}"
    same = terms.basis == "even" and terms.convention != "even"
    note = " (which is even for a start on the 1st)" if same else ""
    if terms.kind == "month":
        return f"month by month, {words(terms.convention)}{note}, each month rounded by itself"
    term = "from start to close" if terms.kind == "dates" else "over the duration"
    return f"{term}, {words(terms.convention)}{note}, {words(terms.rounding)} rounding"


def tolerance_words(allowance: Allowance, currency: str) -> str:
    """The tolerance of a line and where it is set."""
    floor = money.pretty(allowance.floor, currency)
    cap = "no cap" if allowance.cap is None else f"at most {money.pretty(allowance.cap, currency)}"
    rate = rate_text(allowance.ppm)
    return f"{rate} of expected ({allowance.origin}), at least {floor} {currency}, {cap}"


def who(line: Line | InvalidLine) -> str:
    """Return whose line it is."""
    named = " ".join(
        filter(None, (line.customer, f"({line.customer_id})" * bool(line.customer_id)))
    )
    return (
        f"{named or 'no customer'}, segment {line.segment or '(none)'}, "
        f"owner {line.owner or '(none)'}"
    )
