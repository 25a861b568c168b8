"""Contract ids, and amounts, of a side by values.

Two columns are the contract ids that both sides have, whatever their names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from recon.base.fields import AMOUNTS, DEBIT_CREDIT
from recon.base.result import Side
from recon.setup.init import names
from recon.setup.init.file_side import FileSide
from recon.setup.init.schema import Family
from recon.setup.init.writings import Profile

_LEAST = 0.5


def with_amount(side: FileSide) -> FileSide:
    """With the amount, or debit and credit, by values."""
    ours = AMOUNTS[side.side]
    found = side.profile(ours)
    if found is not None and not found.amounts:
        side, found = side.with_column(ours, None), None
    if side.side is Side.ACCOUNTING and found is None:
        two = {each: _called(side, each) for each in DEBIT_CREDIT}
        debit, credit = two["debit"], two["credit"]
        if debit and credit:
            side = side.with_column("debit", debit, "sure: its name")
            return side.with_column("credit", credit, "sure: its name")
    if found is None:
        alone = [each for each in side.free() if each.family is Family.DECIMAL]
        if len(alone) == 1:
            side = side.with_column(ours, alone[0].name, "perhaps: the only amounts of the file")
            side = side.with_doubt(
                f"{alone[0].name!r} is taken as {ours}, being the only column of amounts",
                f"{side.side}.columns.{ours}",
            )
    return side


_GERMAN = {"debit": "soll", "credit": "haben"}


def _called(side: FileSide, word: str) -> str | None:
    """The column of debits or credits, blank or with amounts."""
    around = {"amount", "amt", "source", "net", "base", "local", "usd", "eur", "gbp", "aud", "cad"}
    for name, profile in side.profiles.items():
        words = set(names.words_of(name))
        called = words - around
        if called in ({word}, {_GERMAN[word]}) and (profile.amounts or not profile.texts):
            return name
    return None


def with_ids(contracts: FileSide, entries: FileSide) -> tuple[FileSide, FileSide]:
    """With the two columns of contract ids that meet."""
    key = "contract_id"
    ours, theirs = contracts.profile(key), entries.profile(key)
    if ours and theirs and _meet(ours, theirs) >= _LEAST:
        return _with_case(contracts), entries
    likely = {name: place for place, name in enumerate(filter(None, [contracts.columns.get(key)]))}
    pairs = [
        (_meet(a, b), a.name in likely, b.name == entries.columns.get(key), a.name, b.name)
        for a in _texts(contracts)
        for b in _texts(entries)
    ]
    best = max(pairs, key=lambda pair: (pair[0] >= _LEAST, *pair[1:3], pair[0]), default=None)
    if best is None or best[0] < _LEAST:
        return contracts, _doubted_ids(contracts, entries)
    why = "sure: both sides have its values"
    contracts = taken(contracts, key, best[3], why)
    return _with_case(contracts), taken(entries, key, best[4], why)


def taken(side: FileSide, ours: str, theirs: str, why: str) -> FileSide:
    """A side with a column taken from any other use."""
    for other in [our for our, their in side.columns.items() if their == theirs and our != ours]:
        side = side.with_column(other, None)
    return side if side.columns.get(ours) == theirs else side.with_column(ours, theirs, why)


def _texts(side: FileSide) -> list[Profile]:
    """The columns that could hold ids."""
    return [
        each for each in side.profiles.values()
        if each.family in (Family.TEXT, Family.INTEGER) and len(each.distinct) > 1
        and each.name != side.columns.get(AMOUNTS[side.side])
        and (side.side is Side.ACCOUNTING or len(each.distinct) * 3 >= len(each.texts))
    ]  # fmt: skip


def _meet(contracts: Profile, entries: Profile) -> float:
    """The share of the entries' ids that the contracts have."""
    ours = {text.casefold() for text in contracts.distinct}
    theirs = {text.casefold() for text in entries.distinct}
    both = ours & theirs
    return len(both) / len(theirs) if len(both) > 1 or both == theirs else 0.0


def _doubted_ids(contracts: FileSide, entries: FileSide) -> FileSide:
    """The entries, with a doubt about their contracts."""
    ours, theirs = contracts.profile("contract_id"), entries.profile("contract_id")
    if not ours or not theirs or not ours.texts or not theirs.texts:
        return entries
    rule = _rule(ours, theirs)
    told = f"few contracts of the entries ({theirs.name}) are among the contracts ({ours.name})"
    if rule is None:
        return entries.with_doubt(
            f"{told}, like {theirs.distinct[0]!r} and {ours.distinct[0]!r}",
            "accounting.columns.contract_id, or accounting.ids",
        )
    side, line = rule
    entries = replace(entries, id_rule=rule)
    return entries.with_doubt(f"{told}; {line} would make them meet", f"{side}.ids")


def _rule(ours: Profile, theirs: Profile) -> tuple[Side, str] | None:
    """The rule on ids by which both sides meet.

    None is applied by itself: it is for the user to decide.
    """
    for side, changed, other in ((Side.ACCOUNTING, theirs, ours), (Side.ANALYTICS, ours, theirs)):
        for line, change in _changes(changed, other):
            made = Profile(changed.name, tuple(map(change, changed.distinct)))
            if _meet(made, other) >= _LEAST or _meet(other, made) >= _LEAST:
                return side, line
    return None


def _changes(changed: Profile, other: Profile) -> Iterator[tuple[str, Callable[[str], str]]]:
    """Yield lines of configuration, and the changes that they make."""
    width = max(map(len, other.distinct))
    yield f"pad = {width}", lambda text: text.zfill(width) if text.isdigit() else text
    yield 'strip_suffix = ".0"', lambda text: text.removesuffix(".0")
    longest = max(map(len, changed.distinct))
    if width < longest:
        yield f"first = {width}", lambda text: text[:width]
    prefix = re.match(r"[A-Za-z]+[-_ ]?", changed.distinct[0])
    if prefix:
        yield f'strip_prefix = "{prefix[0]}"', lambda text: text.removeprefix(prefix[0])


def _with_case(side: FileSide) -> FileSide:
    """Ids in which case counts, where they differ by it."""
    found = side.profile("contract_id")
    folded = {text.casefold() for text in found.distinct} if found else set()
    if not found or len(folded) == len(found.distinct):
        return side
    side = replace(side, exact_ids=True)
    return side.with_doubt("some ids differ only in case, and are taken as others", "policy.ids")
