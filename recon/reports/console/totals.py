"""The totals on the console.

The verdict, how much the tolerance allows, and where the differences are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.panel import Panel
from rich.text import Text

from recon.base import money
from recon.base.policy import SameKey
from recon.base.result import Reconciliation, Side, Totals
from recon.reconciliation.verdict import verdict as whether_to_close
from recon.reports import wording
from recon.reports.console.layout import (
    CRITICAL,
    GOOD,
    HIGH,
    SEVERITY_STYLES,
    SOFT,
    STRONG,
    Column,
    View,
    amounts,
    numbers,
    room_for,
    sample_banner,
)

_PARTS = {"segment": "by segment", "revenue_type": "by revenue type", "kind": "by kind"}
_Row = tuple[str, str | None]  # by what, and the name; None above each group


def verdict(result: Reconciliation) -> Text:
    """Whether the month may be closed, as a coloured sentence."""
    compared = any(totals.compared for totals in result.totals.values())
    clean = STRONG + GOOD if compared else HIGH
    style = clean if result.severity is None else SEVERITY_STYLES[result.severity]
    return Text(whether_to_close(result), style)


def may_i_close(view: View, sample: bool) -> Iterator[RenderableType]:
    """The verdict, the totals and the tie-out of rows."""
    if sample:
        yield sample_banner()
    yield Text()
    answer = verdict(view.result)
    yield Panel(answer, border_style=answer.style, padding=(0, 1), width=view.pen.width)
    yield Text()
    yield from view.pen.table(list(currency_columns(view, wording.currencies(view.result))))
    for currency in wording.currencies(view.result):
        if sentence := wording.masked(view.result, currency):
            yield Text()
            yield from view.pen.paragraph(_called_out(sentence))
    yield Text()
    yield from view.pen.table(list(_tie_out(view)))


def currency_columns(view: View, currencies: Sequence[str]) -> Iterator[Column]:
    """The columns of the totals of some currencies."""
    rows = [(currency, view.result.totals[currency]) for currency in currencies]
    yield Column("", [Text(currency, STRONG) for currency, _ in rows])
    yield numbers("Lines\ncompared", [f"{t.compared:,}" for _, t in rows], drop=5)
    yield numbers("Match\nrate", [t.match_rate for _, t in rows], drop=2)
    within = [f"{t.within_tolerance:,}" for _, t in rows]
    yield numbers("Within\ntolerance", within, drop=4)
    yield amounts("Expected", [money.pretty(t.expected, c) for c, t in rows], drop=1)
    yield amounts("Recognized", [money.pretty(t.recognized, c) for c, t in rows], drop=1)
    yield amounts("Net\ndifference", [money.pretty(t.difference, c, sign=True) for c, t in rows])
    yield amounts("Gross\ndifference", [money.pretty(t.gross_difference, c) for c, t in rows])
    allowed = [money.pretty(wording.allowed(view.result, c), c) for c, _ in rows]
    yield amounts("Tolerance\nallows", allowed, drop=3)
    yield Column("Gross\nis", [_standing(view.result, c) for c, _ in rows])


def _standing(result: Reconciliation, currency: str) -> Text:
    word = wording.against_tolerance(result, currency)
    return Text(word, {"masked": HIGH, "within": GOOD}.get(word, CRITICAL))


def _called_out(sentence: str) -> Text:
    text = Text(sentence)
    text.stylize(HIGH, 0, sentence.index(".") + 1)
    return text


def _tie_out(view: View) -> Iterator[Column]:
    facts = [view.result.sources[side] for side in Side]
    compared = (_contract_rows(view.result), facts[1].compared)
    ties = [
        fact.rows == rows + fact.invalid + fact.repeated
        for fact, rows in zip(facts, compared, strict=True)
    ]
    yield Column("", [Text(side.value) for side in Side])
    yield numbers("Rows in", [f"{fact.rows:,}" for fact in facts])
    yield numbers("= compared", [f"{rows:,}" for rows in compared])
    yield numbers("+ invalid", [f"{fact.invalid:,}" for fact in facts])
    if any(fact.repeated for fact in facts):
        yield numbers("+ repeated", [f"{fact.repeated:,}" for fact in facts])
    yield Column("", [_tie_text(tie) for tie in ties])
    yield Column("", [view.pen.text(fact.description, SOFT) for fact in facts], least=12)


def _contract_rows(result: Reconciliation) -> int:
    """Contract rows compared: a line each, unless several add up."""
    if result.policy.same_key is not SameKey.REFUSE:
        return result.sources[Side.ANALYTICS].compared
    return sum(totals.contract_lines for totals in result.totals.values())


def _tie_text(tie: bool) -> Text:
    return Text("ties out", GOOD) if tie else Text("does not tie out", CRITICAL)


def where(view: View) -> Iterator[RenderableType]:
    """The totals by segment, revenue type and kind.

    The widest gross difference comes first.
    """
    if not view.result.parts:
        return
    currencies = wording.currencies(view.result)
    # The others only where they do not crowd out the main one.
    size = room_for(view, currencies if view.wide else currencies[:1], _part_columns)
    yield from view.pen.heading("Where the differences are", currencies[0])
    yield from view.pen.table(_part_columns(view, currencies[:size]))
    if rest := currencies[size:]:
        yield Text(f"\n  {', '.join(rest)}: shown in a wider window", SOFT)


def _part_columns(view: View, currencies: Sequence[str]) -> list[Column]:
    main, *others = currencies
    rows = list(_part_rows(view, currencies))
    names = [Text(_PARTS[by], SOFT) if n is None else _part_text(view, by, n) for by, n in rows]
    found = _totals_of(view, main, rows)
    return [
        Column("", names, least=16),
        numbers("Lines\ncompared", [f"{t.compared:,}" if t else "" for t in found], drop=2),
        numbers("Match\nrate", [t.match_rate if t else "" for t in found], drop=1),
        numbers(
            "Within\ntolerance",
            [f"{t.within_tolerance:,}" if t else "" for t in found],
            drop=1,
        ),
        numbers(
            "Net\ndifference",
            [money.pretty(t.difference, main, sign=True) if t else "" for t in found],
        ),
        _gross_column("Gross\ndifference", main, found),
        numbers("Breaks", [f"{t.breaks:,}" if t else "" for t in found]),
        *(_gross_column(f"{c} gross\ndifference", c, _totals_of(view, c, rows)) for c in others),
    ]


def _totals_of(view: View, currency: str, rows: Sequence[_Row]) -> list[Totals | None]:
    totals = {(part.by, part.name, part.currency): part.totals for part in view.result.parts}
    return [None if name is None else totals.get((by, name, currency)) for by, name in rows]


def _gross_column(header: str, currency: str, found: Sequence[Totals | None]) -> Column:
    return numbers(header, [money.pretty(t.gross_difference, currency) if t else "" for t in found])


def _part_rows(view: View, currencies: Sequence[str]) -> Iterator[_Row]:
    """The parts as (by, name), each group below (by, None)."""
    gross: Counter[tuple[str, str]] = Counter()
    for part in view.result.parts:
        if part.currency in currencies:
            main = part.currency == currencies[0]
            gross[part.by, part.name] += part.totals.gross_difference if main else 0
    for by in _PARTS:
        yield by, None
        names = [name for group, name in gross if group == by]
        yield from ((by, name) for name in sorted(names, key=lambda n: (-gross[by, n], n)))


def _part_text(view: View, by: str, name: str) -> Text:
    shown = name.replace("_", "-") if by == "kind" else name or "(none)"
    return view.pen.text(f"  {shown}")
