"""Documents by which receivables moved between two runs."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from recon.base import money
from recon.base.errors import UsageError, tie
from recon.base.policy import Policy
from recon.record.evidence import FOLDER
from recon.record.evidence.layout import CASH_EXTRACTS
from recon.record.journal.history import MovementPart
from recon.record.journal.model import Run
from recon.store import ids
from recon.store.session import Session, literal, reading, session

# So many documents are named, the largest; the rest is one part.
_MOST = 20
_SIDES = {1: "feeds", 2: "ledger"}
_FIGURES = {1: "expected", 2: "recognized"}
_Moved = dict[str, dict[str, int]]


def cash_movement(then: Run, now: Run, reports: Path) -> list[MovementPart]:
    """Why the receivables moved, document by document.

    Raises UsageError for runs of two months, TieOutError where the parts do not add up.
    """
    if then.month != now.month:
        raise UsageError(
            f"{then.run_id} and {now.run_id} are runs of two months; name two of one month."
        )
    folders = [reports / run.folder / FOLDER for run in (then, now)]
    with session(*folders) as opened, reading("evidence", f"{then.run_id}, {now.run_id}"):
        ids.install(opened, Policy())
        parts = [_part(row) for row in _documents(opened, folders)]
    return [*_named(parts), *_rest(then, now, parts)]


def _documents(opened: Session, folders: Sequence[Path]) -> Sequence[tuple[Any, ...]]:
    """Documents that both runs do not have alike."""
    rows = " UNION ALL ".join(
        f"SELECT {side} AS side, {sign} AS n, ref, customer, day, amount, currency, kind, counts "
        f"FROM read_parquet([{literal(glob.escape(str(folder / name)))}])"
        for sign, folder in zip((-1, 1), folders, strict=True)
        for side, name in CASH_EXTRACTS.items()
    )
    return opened.execute(
        f"""WITH moved AS (
            SELECT side, ref, customer, day, amount, currency, kind, counts, sum(n) AS n
            FROM ({rows}) GROUP BY ALL HAVING sum(n) <> 0)
        SELECT side, currency, any_value(ref), any_value(kind), min(customer), min(day),
            sum(-n * amount) FILTER (n < 0) AS was, sum(n * amount) FILTER (n > 0) AS now,
            coalesce(sum(n * amount) FILTER (counts), 0) AS change,
            count(DISTINCT customer) > 1 AS elsewhere
        FROM moved
        GROUP BY side, currency, coalesce(id_key(ref), concat_ws('|', customer, day, amount)), kind
        ORDER BY abs(change) DESC, side, 3, 5, 6"""
    ).fetchall()


def _part(row: tuple[Any, ...]) -> MovementPart:
    side, currency, ref, kind, customer, day, was, now, change, elsewhere = row
    name = ref or f"of {day}"
    before, after = (
        None if amount is None else money.pretty(int(amount), currency or "")
        for amount in (was, now)
    )
    what = (
        f"added, {after}" if before is None else f"removed, {before}" if after is None
        else f"{before} became {after}" if before != after
        else "of another customer" if elsewhere else "of another day"
    )  # fmt: skip
    words = f"{_SIDES[side]}: {(kind or 'document').replace('_', ' ')} {name} of {customer}: {what}"
    sign = -1 if side == 1 else 1
    moved = {_FIGURES[side]: int(change), "difference": sign * int(change)}
    return MovementPart(words, 1, {currency or "": moved})


def _named(parts: Sequence[MovementPart]) -> Iterator[MovementPart]:
    yield from parts[:_MOST]
    if left := parts[_MOST:]:
        yield MovementPart("other documents", len(left), _sum(left))


def _rest(then: Run, now: Run, parts: Sequence[MovementPart]) -> Iterator[MovementPart]:
    """Yield how far differences have become more or less, tied."""
    moved, gross = _sum(parts), _Moved()
    for currency in sorted({*then.totals, *now.totals}):
        for figure in ("expected", "recognized"):
            change = _figure(now, currency, figure) - _figure(then, currency, figure)
            found = moved.get(currency, {}).get(figure, 0)
            tie(f"the documents that moved {figure} in {currency}", found, change)
        change = _figure(now, currency, "gross_difference")
        gross[currency] = {"gross_difference": change - _figure(then, currency, "gross_difference")}
    if any(any(each.values()) for each in gross.values()):
        yield MovementPart("differences made or put right", None, gross)


def _figure(run: Run, currency: str, figure: str) -> int:
    return int(getattr(run.totals[currency], figure)) if currency in run.totals else 0


def _sum(parts: Sequence[MovementPart]) -> Mapping[str, dict[str, int]]:
    found = _Moved()
    for currency, moved in (each for part in parts for each in part.moved.items()):
        of = found.setdefault(currency, {})
        for figure, amount in moved.items():
            of[figure] = of.get(figure, 0) + amount
    return found
