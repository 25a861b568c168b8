"""Bias: lines within tolerance that are off in one way.

Specification, section 4. `recon.reconciliation.relations` lists the relations that it reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from recon.base.events import EventKind
from recon.reconciliation.events.factors import simplest
from recon.reconciliation.events.found import Axis, Found, Mark
from recon.reconciliation.events.saying import number
from recon.store.session import Session

FEWEST_WITHIN = 20
_PARTS = 10**9
# Differences up to one minor unit are left out: rounding alone makes them.
_BIAS = f"""
    WITH met AS (
        SELECT line, difference, CASE WHEN expected <> 0
            THEN CAST(difference AS HUGEINT) * {_PARTS} // expected END AS share,
            sign(difference) AS way, abs(expected) AS due
        FROM lines_off WHERE status = 'within_tolerance' AND abs(difference) > unit),
    middle AS (SELECT quantile_disc(share, 0.5) AS share FROM met),
    larger AS (
        SELECT quantile_disc(share, 0.5) AS share
        FROM (FROM met QUALIFY due >= quantile_disc(due, 0.5) OVER ()))
    SELECT count(*), coalesce(list(line) FILTER (way > 0), []),
        coalesce(list(line) FILTER (way < 0), []),
        coalesce(list(line) FILTER (10 * abs(met.share - middle.share) <= abs(middle.share)), []),
        any_value(larger.share)
    FROM met, middle, larger"""


def bias(connection: Session, known: Sequence[Found]) -> Iterator[Found]:
    """Yield the bias of the lines within tolerance, if any.

    Where one of the known facts has its factor, that is the bias, with the lines that break.
    """
    count, over, under, near, share = connection.execute(_BIAS).fetchone() or (0, [], [], [], 0)
    lines = max(near, over, under, key=len)
    if count < FEWEST_WITHIN or 10 * len(lines) < 9 * count:
        return
    within = frozenset(lines)
    same = [fact for fact in known if 10 * len(fact.lines & within) >= 9 * len(within)]
    if same:
        closest = min(same, key=lambda fact: (fact.marked, fact.mark.axis))
        yield replace(closest, kind=EventKind.BIAS, advice=_ADVICE, setting=False)
        return
    mark = Mark(Axis.SIDE, "within tolerance", "the lines within tolerance")
    if lines is near:
        factor = simplest(_PARTS + share - 2000, _PARTS + share + 2000) or Fraction(1)
        said = f"accounting recognizes about {number(round(factor, 4))} times the expected amount"
    else:
        said = f"accounting recognizes too {'much' if lines is over else 'little'}"
    yield Found(
        EventKind.BIAS, mark, within, len(lines), count,
        "near" if lines is near else "over" if lines is over else "under",
        lambda told, net: f"Of {count:,} lines within tolerance that do not match, {len(lines):,} "
        f"are off in one way ({net}): {said}.",
        _ADVICE,
    )  # fmt: skip


_ADVICE = (
    "Do not close before it is clear what makes them so: a rate, a tax or a price that one side "
    "applies and the other does not."
)
