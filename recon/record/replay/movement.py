"""Movement: why totals moved, in parts that add up.

The earlier run is replayed with one thing after the other put as it is in the later one: entries
taken away, entries changed, entries added, then the same for contract lines, then the policy. What
each step moves is its part. What recon itself makes of the same rows and rules today, other than
what was reported, is a part of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recon.base.errors import ReconError, UsageError, tie
from recon.base.policy import Policy
from recon.base.result import Side
from recon.record.journal.history import Moved as Totals
from recon.record.journal.history import MovementPart
from recon.record.replay.retyped import as_text, meanings, meant, retyped
from recon.record.replay.stored_run import FIGURES, Pack, figures, replayed
from recon.store.session import columns, name, session


def _folded(column: str) -> str:
    return f"lower(trim(CAST({column} AS VARCHAR)))"


_LINE = f"concat_ws('|', {_folded('contract_id')}, {_folded('revenue_type')})"
_KEYS = {
    Side.ANALYTICS: _LINE,
    # What a database has added up has no id, and is one row a key.
    Side.ACCOUNTING: f"coalesce({_folded('entry_id')}, {_LINE})",
}
_POLICY_CHANGED = "policy changed"
_CHANGES = ("removed", "changed", "added")
_NOUNS = {Side.ANALYTICS: "contract lines", Side.ACCOUNTING: "entries"}


@dataclass(slots=True)
class _State:
    """The state of the replay: rules, and each side's relation.

    `folders` are those of both runs.
    """

    policy: Policy
    folders: Sequence[Path]
    relations: dict[Side, str]
    setup: dict[Side, str] = field(default_factory=dict)


def movement(then: Pack, now: Pack) -> list[MovementPart]:
    """Why the totals moved between two runs, in adding parts.

    Only parts that moved something, or have rows, are there, and another policy, under which a
    break may be none. Raises UsageError for runs of two months, TieOutError where the parts do not
    add up to the movement.
    """
    if then.month != now.month:
        raise UsageError(
            f"{then.run_id} and {now.run_id} are runs of two months; name two of one month."
        )
    parts = list(_parts(then, now))
    _assert_whole(parts, then, now)
    return [part for part in parts if _worth_telling(part)]


def _worth_telling(part: MovementPart) -> bool:
    moved = any(any(figures.values()) for figures in part.moved.values())
    return bool(part.rows) or moved or part.what == _POLICY_CHANGED


def _parts(then: Pack, now: Pack) -> Iterator[MovementPart]:
    if _unchanged(then, now):
        yield _recon(then.recorded(), now.recorded())
        return
    state = _State(
        then.policy, (then.folder, now.folder), {side: then.relation(side) for side in Side}
    )
    last = first = _replay(then, state)
    for side in (Side.ACCOUNTING, Side.ANALYTICS):
        for part, reached in _row_parts(then, now, side, state, last):
            last = reached
            yield part
    if now.policy != then.policy:
        state.policy = now.policy
        reached = _replay(now, state)
        yield MovementPart(_POLICY_CHANGED, None, _less(reached, last))
        last = reached
    yield _recon(_plus(then.recorded(), _less(last, first)), now.recorded())


def _unchanged(then: Pack, now: Pack) -> bool:
    """Whether rows and rules of both packs are the same."""
    same = all(then.same_rows(now, side) for side in Side)
    return same and then.policy == now.policy


def _recon(expected: Totals, found: Totals) -> MovementPart:
    return MovementPart("recon changed", None, _less(found, expected))


def _row_parts(
    then: Pack, now: Pack, side: Side, state: _State, last: Totals
) -> Iterator[tuple[MovementPart, Totals]]:
    """The parts that a side's rows moved, with totals.

    `state` goes along.
    """
    if then.same_rows(now, side):
        return
    state.setup[side], delivered, compared = _views(then, now, side)
    counts = _counts(state, side, compared)
    listed = ", ".join(map(name, delivered))
    steps = {
        "removed": f"SELECT {listed} FROM then_{side} SEMI JOIN now_{side} USING (k, nth)",
        "changed": f"SELECT {listed} FROM now_{side} SEMI JOIN then_{side} USING (k, nth)",
        "added": f"SELECT {listed} FROM now_{side}",
    }
    for change in _CHANGES:
        state.relations[side] = f"({steps[change]})"
        if not counts[change]:
            continue
        reached = _replayed_or(last, lambda: _replay(now, state), last_step=change == "added")
        yield (
            MovementPart(f"{_NOUNS[side]} {change}", counts[change], _less(reached, last)),
            reached,
        )
        last = reached


def _replayed_or(last: Totals, replay: Callable[[], Totals], last_step: bool) -> Totals:
    """The totals that a step reaches, or the last ones.

    Half-way, a side may be no ledger at all; its rows count in a later step.
    """
    try:
        return replay()
    except ReconError:
        if last_step:
            raise
        return last


def _views(then: Pack, now: Pack, side: Side) -> tuple[str, list[str], list[str]]:
    """SQL that pairs both runs' rows by key and place.

    With it come their columns, and those to compare. A column whose type has changed is compared by
    what its values mean.
    """
    relations = then.relation(side), now.relation(side)
    with session(then.folder, now.folder) as looking:
        kinds = [columns(looking, relation) for relation in relations]
    delivered = list(dict.fromkeys([*kinds[0], *kinds[1]]))
    changed = retyped(*kinds)
    compared = [meant(column) if column in changed else column for column in delivered]
    order = ", ".join(map(name, compared))
    ours, theirs = (
        f"SELECT {as_text(side, found, changed)} FROM {relation}"
        for found, relation in zip(kinds, relations, strict=True)
    )
    views = (
        f"CREATE TEMP VIEW {run}_{side} AS SELECT *, {_KEYS[side]} AS k, "
        f"row_number() OVER (PARTITION BY {_KEYS[side]} ORDER BY {order}) AS nth FROM "
        f"(SELECT *{meanings(side, changed)} FROM "
        f"({rows} UNION ALL BY NAME (SELECT * FROM ({other}) WHERE false)))"
        for run, rows, other in (("then", ours, theirs), ("now", theirs, ours))
    )
    return ";".join(views), delivered, compared


def _counts(state: _State, side: Side, compared: list[str]) -> dict[str, int]:
    differs = " OR ".join(f"t.{name(c)} IS DISTINCT FROM n.{name(c)}" for c in compared)
    with session(*state.folders) as counting:
        counting.execute(state.setup[side])
        row = counting.execute(
            f"""SELECT count(*) FILTER (n.nth IS NULL),
                count(*) FILTER (t.nth IS NOT NULL AND n.nth IS NOT NULL AND ({differs})),
                count(*) FILTER (t.nth IS NULL)
            FROM then_{side} t FULL JOIN now_{side} n ON t.k IS NOT DISTINCT FROM n.k
                AND t.nth = n.nth"""
        ).fetchone()
    return dict(zip(_CHANGES, row or (0, 0, 0), strict=True))


def _replay(pack: Pack, state: _State) -> Totals:
    setup = ";".join(state.setup.values())
    with replayed(pack, state.policy, state.relations, setup, state.folders) as (_, result):
        return figures(result)


def _less(now: Totals, then: Totals) -> dict[str, dict[str, int]]:
    return _combined(now, then, -1)


def _plus(one: Totals, other: Totals) -> dict[str, dict[str, int]]:
    return _combined(one, other, 1)


def _combined(one: Totals, other: Totals, sign: int) -> dict[str, dict[str, int]]:
    return {
        currency: {
            figure: one.get(currency, {}).get(figure, 0)
            + sign * other.get(currency, {}).get(figure, 0)
            for figure in FIGURES
        }
        for currency in sorted({*one, *other})
    }


def _assert_whole(parts: list[MovementPart], then: Pack, now: Pack) -> None:
    whole = _less(now.recorded(), then.recorded())
    for currency, moved in whole.items():
        for figure, amount in moved.items():
            added = sum(part.moved.get(currency, {}).get(figure, 0) for part in parts)
            tie(f"The movement of {figure} in {currency}", added, amount)
