"""The journal's chain: events sealed one after the other.

The seal of an event is the SHA-256 of the seal before it and of the event's row; where the event
is a run, of every row that the run has. Whoever changes a row has to make every later seal anew,
and then the seals that were noted elsewhere no longer match: in the evidence of later runs, in
Slack, in the heartbeat, on paper.

Reads events and the rows of runs; makes `links`, one a event.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

# The columns that a seal covers. A seal stays what it is: a column that comes later is not among
# them, since the seals of earlier versions would no longer be those of their rows.
_EVENTS = "number, at, who, host, kind, subject, month, reason, detail"
_OF_RUN = {
    "runs": "run_id, month, started, ended, who, host, versions, policy, sources, severity, "
    "exit_code, folder, evidence, invalid, supersedes, provisional, reported",
    "totals": "run_id, currency, expected, recognized, gross_difference, contract_lines, "
    "inactive_lines, matched, within_tolerance, breaks",
    "breaks": "run_id, name, contract_id, revenue_type, currency, customer, segment, owner, "
    "status, cause, severity, expected, recognized, difference, to_date_difference, explanation, "
    "content",
    "closings": "run_id, revenue_type, segment, currency, amount",
    "found_events": "run_id, id, kind, severity, sentence, advice, lines, breaks_left",
}
_KIND, _SUBJECT = 4, 5


class Link(NamedTuple):
    """An event's number and its seal."""

    event: int
    seal: str


def extend(connection: sqlite3.Connection, after: int) -> None:
    """Seal the events after a number, within a transaction."""
    last = head(connection)
    seal = last.seal if last else ""
    for row in _events(connection, after):
        seal = _seal(connection, seal, row)
        connection.execute("INSERT INTO links VALUES (?, ?)", (row[0], seal))


def last_event(connection: sqlite3.Connection) -> int:
    """The number of the last event, 0 without any."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM events").fetchone()[0])


def head(connection: sqlite3.Connection) -> Link | None:
    """The last link, None in an empty journal."""
    found = connection.execute(
        "SELECT event, seal FROM links ORDER BY event DESC LIMIT 1"
    ).fetchone()
    return Link(*found) if found else None


def links(connection: sqlite3.Connection) -> dict[int, str]:
    """The seals by the numbers of their events."""
    return dict(connection.execute("SELECT event, seal FROM links ORDER BY event"))


def seal_of_run(connection: sqlite3.Connection, run_id: str) -> str:
    """The seal of a run and its resolutions, or ''."""
    found = connection.execute(
        "SELECT number FROM events WHERE kind = 'run' AND subject = ? ORDER BY number DESC LIMIT 1",
        (run_id,),
    ).fetchone()
    if found is None:
        return ""
    following = connection.execute(
        "SELECT min(number) FROM events WHERE number > ? AND kind <> 'resolved'", found
    ).fetchone()[0]
    seal = connection.execute(
        "SELECT seal FROM links WHERE ? IS NULL OR event < ? ORDER BY event DESC LIMIT 1",
        (following, following),
    ).fetchone()
    return str(seal[0]) if seal else ""


def damage(connection: sqlite3.Connection) -> list[str]:
    """The places where the chain does not hold, in words."""
    sealed = links(connection)
    found, seal, there = [], "", set()
    for row in _events(connection, 0):
        number, what = row[0], f"event {row[0]} ({row[_KIND]} {row[_SUBJECT]})"
        there.add(number)
        if number not in sealed:
            found.append(f"{what} has no seal: it was not written by recon")
            continue
        if sealed[number] != _seal(connection, seal, row):
            found.append(f"{what} was changed, or one before it is gone")
        seal = sealed[number]
    found += [f"event {number} is gone" for number in sealed if number not in there]
    unsaid = connection.execute(
        "SELECT run_id FROM runs WHERE run_id NOT IN "
        "(SELECT subject FROM events WHERE kind = 'run') ORDER BY rowid"
    )
    return found + [f"run {run} has no event: it was not written by recon" for (run,) in unsaid]


def _events(connection: sqlite3.Connection, after: int) -> Iterator[Sequence[Any]]:
    # All of them at once: rows are written while they are gone through.
    yield from connection.execute(
        f"SELECT {_EVENTS} FROM events WHERE number > ? ORDER BY number", (after,)
    ).fetchall()


def _seal(connection: sqlite3.Connection, before: str, event: Sequence[Any]) -> str:
    digest = hashlib.sha256(before.encode())
    for row in _content(connection, event):
        text = json.dumps(row, ensure_ascii=True, separators=(",", ":"), default=_digits)
        digest.update(f"{text}\n".encode())
    return digest.hexdigest()


def _content(connection: sqlite3.Connection, event: Sequence[Any]) -> Iterator[Sequence[Any]]:
    yield ("events", *event)
    if event[_KIND] != "run":
        return
    for table, columns in _OF_RUN.items():
        rows = connection.execute(
            f"SELECT {columns} FROM {table} WHERE run_id = ? ORDER BY {columns}",
            (event[_SUBJECT],),
        )
        for row in rows:
            yield (table, *row)


def _digits(value: bytes) -> dict[str, str]:
    """A number beyond 64 bits, kept as bytes."""
    return {"bytes": value.hex()}
