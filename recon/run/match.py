"""Matching two files: read, match, and the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from recon.base.errors import ExitCode
from recon.base.matching import By, MatchingRule, fitting, usual_rules
from recon.base.policy import Policy
from recon.reconciliation.cash.documents import prepare
from recon.reconciliation.cash.matching import match_sides
from recon.reconciliation.cash.model import InvalidRow, Matching
from recon.sources.document_files import Asked, Staged, select, staged
from recon.store.session import Session, open_session

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Opened:
    """A finished matching, whose session is still open."""

    result: Matching
    session: Session


@contextmanager
def matched_files(
    sides: tuple[Asked, Asked],
    window: int,
    *,
    group: bool,
    room: int = 0,
    progress: Progress = lambda _: None,
) -> Iterator[Opened]:
    """Yield the matching of two files.

    Within `window` days documents without a common number may be one; `room` is how far their
    amounts may then be apart. Raises SourceUnreachable, SourceDataError and UsageError.
    """
    with ExitStack() as stack:
        session = stack.enter_context(open_session(allowed=[side.path for side in sides]))
        prepare(session, Policy())
        files = []
        for number, asked in enumerate(sides, 1):
            progress(f"Reading {asked.path.name}")
            files.append(stack.enter_context(staged(session, asked, f"rows_{number}")))
        names = _names(sides)
        result = match_sides(
            session,
            [select(file, asked) for file, asked in zip(files, sides, strict=True)],
            names,
            rules_for(files, window, group=group, room=room),
            _invalid(files),
            _notices(names, files),
            _places(files),
            progress,
        )
        yield Opened(result, session)


def _names(sides: tuple[Asked, Asked]) -> tuple[str, str]:
    first, second = (side.path for side in sides)
    if first.name != second.name:
        return first.name, second.name
    return first.as_posix(), second.as_posix()


def rules_for(
    files: Sequence[Staged], window: int, *, group: bool, room: int = 0
) -> tuple[MatchingRule, ...]:
    """The usual rules that both files have columns for."""
    columns = [set(file.columns) for file in files]
    have = columns[0] & columns[1]
    lacking = frozenset(by for by, column in _COLUMNS.items() if column not in have)
    rules = usual_rules(window, group=group)
    if room:
        near = next(rule for rule in rules if rule.name == "amount, near day")
        rules += (replace(near, name="near amount, near day", room=room),)
    return fitting(rules, lacking, days="posted_on" in have)


_COLUMNS = {
    By.NUMBER: "document_ref",
    By.CUSTOMER: "customer_id",
    By.CURRENCY: "currency",
}


def _invalid(files: Sequence[Staged]) -> list[InvalidRow]:
    found = []
    for side, file in enumerate(files, 1):
        places = file.places([row for row, _ in file.faults])
        found += [InvalidRow(side, places.get(row, f"row {row}"), why) for row, why in file.faults]
    return found


def _notices(names: tuple[str, str], files: Sequence[Staged]) -> list[str]:
    """Sentences on how the files were read."""
    told = []
    for name, file in zip(names, files, strict=True):
        read = ", ".join(f"{their} as {_OURS[ours]}" for ours, their in file.columns.items())
        told += [f"{name}: {read}.", *file.notes]
    return told


_OURS: Mapping[str, str] = {
    "document_ref": "number",
    "customer_id": "customer",
    "posted_on": "day",
    "amount": "amount",
    "less": "taken off",
    "currency": "currency",
    "kind": "kind",
    "due_on": "due day",
}


def _places(files: Sequence[Staged]) -> Callable[[int, Sequence[int]], dict[int, str]]:
    return lambda side, rows: dict(files[side - 1].places(rows))


def exit_code(result: Matching) -> ExitCode:
    """The code with which a matching ends."""
    return ExitCode.DONE if result.agrees else ExitCode.BREAKS
