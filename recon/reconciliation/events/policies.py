"""Policies: another rule that explains the lines of a mark.

`recon.reconciliation.relations` lists the relations that it reads and makes.

The other rules are tried on some of the lines that are off. Those that fit many are reckoned for
all lines: a rule explains a mark where nearly all lines that it changes are recognized by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from recon.base.events import EventKind
from recon.base.month import Month
from recon.base.policy import Convention, Policy, Rounding, StartMonth, StopMonth
from recon.reconciliation.events.found import (
    FEWEST,
    OF_PARTS,
    PART,
    Axis,
    Found,
    Mark,
    enough,
)
from recon.reconciliation.events.marks import Marks
from recon.reconciliation.events.saying import sentence_start
from recon.reconciliation.expected import TERM, for_uneven_terms, terms
from recon.reconciliation.known_terms import reckoned_in, terms_differ
from recon.store.session import Session

# On so many of the lines that are off, the rules are tried.
_TRIED_ON = 2_000
_COLUMNS = ("convention", "rounding", "start_rule", "stop_rule", "term_months", "term_start")
# The columns of lines whose terms are of several kinds.
_OF_KINDS = ("ends_on", "lasts")


# The other side may round otherwise, which shows where the rules differ by more.
_FITS = """(other = recognized
    OR abs(other - recognized) <= unit AND abs(expected - recognized) > 2 * unit)"""


class _Rule(NamedTuple):
    """Another rule: words, the columns it changes, settings by key."""

    words: str
    changes: dict[str, str]
    settings: dict[str, str]
    where: str = "over_time"


class _Reckoning(NamedTuple):
    """The month, the type of amounts, and whether kinds differ."""

    month: Month
    whole: str
    kinds: bool


def _rules() -> tuple[_Rule, ...]:
    conventions = [
        _Rule(
            f"by {convention}" + (f", {rounding} rounding" if rounding != "cumulative" else ""),
            {"convention": f"'{convention}'", "rounding": f"'{rounding}'"},
            {"convention": convention.value, "rounding": rounding.value},
        )
        for rounding in Rounding
        for convention in Convention
    ]
    starts = [
        _Rule(f"with {name} = {rule}", {column: f"'{rule}'"}, {name: rule.value},
              "over_time AND convention = 'even'")
        for name, column, rules in (
            ("start_month", "start_rule", (StartMonth.HALF, StartMonth.RULE_OF_15)),
            ("stop_month", "stop_rule", (StopMonth.DAYS, StopMonth.NONE)),
        )
        for rule in rules
    ]  # fmt: skip
    months = [
        _Rule(f"over a term that is one month {'longer' if by > 0 else 'shorter'}",
              {"term_months": f"greatest(term_months + {by}, 1)",
               "ends_on": f"CASE WHEN term_months + {by} > 0 THEN {_end(by)} ELSE ends_on END",
               "lasts": f"greatest(lasts + {by}, 1)"}, {})
        for by in (1, -1)
    ] + [
        _Rule(f"over a term that starts a month {'later' if by > 0 else 'earlier'}",
              {"term_start": f"add_months(term_start, {by})", "ends_on": _end(by)}, {})
        for by in (1, -1)
    ]  # fmt: skip
    # Where a rule of the first or last month explains as much, it is the smaller change.
    return (*starts, *conventions, *months)


def _end(by: int) -> str:
    """The end of a term, so many months later."""
    return f"CAST(add_months(ends_on + 1, {by}) - 1 AS DATE)"


_RULES = _rules()


def policies(
    connection: Session, month: Month, policy: Policy, marks: Marks, off: int
) -> Iterator[Found]:
    """Yield the marks that another rule explains."""
    for_uneven_terms(connection)
    reckoning = _Reckoning(month, _whole(connection), terms_differ(connection))
    part = 1 + off // _TRIED_ON
    some = f"(FROM lines_off WHERE hash(line) % {part} = 0)"
    tried = _reckoned(reckoning, some, range(len(_RULES)))
    ranks = [rank for (rank,) in connection.execute(_fitting(tried, part == 1)).fetchall()]
    # Lines that are not off fit no rule that changes them, so those that are go first.
    rows: Sequence[tuple[int, int, list[int], int]] = ()
    for lines in ("lines_off", "lines")[part == 1 :]:
        if ranks:
            reckoned = _reckoned(reckoning, lines, ranks)
            rows = [
                row
                for row in connection.execute(_explained(f"({reckoned})")).fetchall()
                if enough(len(row[2]), row[3])
            ]
            ranks = sorted({rank for _, rank, *_ in rows})
    for number, rank, fits, changed in rows:
        yield _found(policy, marks[number][0], _RULES[rank], rank, fits, changed)


def _fitting(tried: str, all_off: bool) -> str:
    """SELECT of the few rules that fit most lines.

    Where these are all that are off, only rules that explain most of a mark's.
    """
    explained = _explained("(FROM changed SEMI JOIN most USING (rank))")
    enough = f"WHERE len(fitting) * {OF_PARTS} >= changed * {PART}" if all_off else ""
    return f"""
    WITH changed AS MATERIALIZED (FROM ({tried}) WHERE other <> expected),
    most AS (
        SELECT rank FROM changed WHERE {_FITS}
        GROUP BY rank HAVING count(*) >= {FEWEST} ORDER BY count(*) DESC, rank LIMIT 4)
    SELECT DISTINCT rank FROM ({explained}) {enough}"""


def _explained(reckoned: str) -> str:
    """SELECT of marks and rules with the fitting lines.

    `changed` is how many lines the rule changes.
    """
    return f"""
    SELECT mark, rank, fitting, changed
    FROM (
        SELECT grouping(currency, type, segment, start_month) AS axes,
            currency, type, segment, start_month, rank,
            list(line) FILTER ({_FITS}) AS fitting, count(*) AS changed
        FROM {reckoned} WHERE other <> expected
        GROUP BY GROUPING SETS ((rank), (rank, currency), (rank, type), (rank, segment),
            (rank, type, segment), (rank, start_month))
        HAVING count(*) FILTER ({_FITS}) >= {FEWEST}) f
    JOIN event_marks k ON k.axes = f.axes AND k.currency IS NOT DISTINCT FROM f.currency
        AND k.type IS NOT DISTINCT FROM f.type AND k.segment IS NOT DISTINCT FROM f.segment
        AND k.start_month IS NOT DISTINCT FROM f.start_month
    ORDER BY mark, rank"""


def _reckoned(reckoning: _Reckoning, lines: str, ranks: Sequence[int]) -> str:
    """SELECT of lines with their expected amount by other rules."""
    m, kinds = reckoning.month.index, reckoning.kinds
    changed = ", ".join(
        f"CASE rank {cases} ELSE {column} END AS {column}"
        if (
            cases := " ".join(
                f"WHEN {rank} THEN {changes[column]}"
                for rank in ranks
                if column in (changes := _RULES[rank].changes)
            )
        )
        else column
        for column in (*_COLUMNS, *(_OF_KINDS if kinds else ()))
    )
    conditions = " ".join(f"WHEN {rank} THEN {_where(_RULES[rank], kinds)}" for rank in ranks)
    tried = f"""
        SELECT line, rank, type, currency, segment, opened, expected, recognized, value, unit,
            closed_on, {"term_kind," if kinds else ""} {changed}
        FROM (SELECT *, start_month AS opened
            FROM {lines} ANTI JOIN added_rows USING (line) WHERE on_contract),
            (SELECT unnest([{", ".join(map(str, ranks))}]) AS rank)
        WHERE CASE rank {conditions} END"""
    return f"""
        SELECT line, rank, type, currency, coalesce(segment, '') AS segment,
            opened AS start_month, expected, recognized, unit,
            accrued(periods_by({m}, {TERM}), {TERM})
                - accrued(periods_by({m - 1}, {TERM}), {TERM}) AS other
        FROM ({terms(tried, reckoning.whole, kinds=kinds)})"""


def _where(rule: _Rule, kinds: bool) -> str:
    """The condition on lines that a rule may explain.

    A term between two dates is neither longer than they say nor starts in another month.
    """
    return f"{rule.where} AND term_kind <> 'dates'" if kinds and not rule.settings else rule.where


def _whole(connection: Session) -> str:
    value, months, unit = connection.execute(
        "SELECT max(abs(value)), max(term_months), max(unit) FROM lines"
    ).fetchone() or (0, 1, 1)
    return reckoned_in(value or 0, (months or 1) + 1, unit or 1)


def _found(
    policy: Policy, mark: Mark, rule: _Rule, rank: int, lines: Sequence[int], changed: int
) -> Found:
    settings = _settings(policy, mark, rule)
    return Found(
        EventKind.POLICY, mark, frozenset(lines), len(lines), changed, rule.words,
        lambda told, net: f"{sentence_start(mark)}: accounting recognizes {rule.words}, on "
        f"{told} ({net}).",
        settings or _ADVICE.get(bool(rule.settings), ""),
        setting=bool(settings),
        cost=rank,
    )  # fmt: skip


_ADVICE = {
    True: "Ask which rule these lines follow; a rule can be set for all lines, or by revenue type.",
    False: "Compare the terms of these lines in both systems: start, duration and close.",
}


def _settings(policy: Policy, mark: Mark, rule: _Rule) -> str:
    """The settings that take the rule, '' where none does."""
    if not rule.settings or mark.axis not in {Axis.SIDE, Axis.TYPE}:
        return ""
    own = policy.types.get(mark.value)
    table = "policy" if mark.axis is Axis.SIDE else f"policy.types.{mark.value}"
    lines = [
        f'{key} = "{value}"'
        for key, value in rule.settings.items()
        if (getattr(own, key, None) or getattr(policy, key)).value != value
    ]
    # Terms of another length or kind may follow the rule that is set.
    return f"Set {' and '.join(lines)} under [{table}]." if lines else ""
