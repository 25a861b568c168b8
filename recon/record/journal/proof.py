"""Proof: the journal's rows, to hold against the evidence.

They are read as they stand, without the calendar: months are texts. What cannot be read at all is
kept as a fault of its run, since a forged row may hold anything.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recon.base.result import Break, Totals
from recon.record.journal import chain
from recon.record.journal.breaks import COLUMNS, break_of

_RUN = (
    "run_id", "month", "started", "who", "host", "versions", "policy", "severity", "exit_code",
    "folder", "evidence", "invalid", "reported",
)  # fmt: skip
_JSON = ("versions", "policy", "reported")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run as the journal has it.

    `run` has the columns of its row by name, `partly` the breaks that a journal of schema 3 or
    earlier did not keep whole. `fault` is why its rows cannot be read, or ''.
    """

    run: Mapping[str, Any]
    totals: Mapping[str, Totals] = field(default_factory=dict)
    breaks: Sequence[Break] = ()
    partly: bool = False
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature in texts, with its event's number."""

    event: int
    run_id: str
    role: str
    who: str
    host: str
    comment: str
    accepted: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The journal's runs by id, signatures, seals and damage.

    `links` has the seals by the numbers of events, `interrupted` the seals of the evidence of runs
    that were cut off before their record.
    """

    runs: Mapping[str, Recorded] = field(default_factory=dict)
    signed: Sequence[Signed] = ()
    links: Mapping[int, str] = field(default_factory=dict)
    interrupted: Mapping[str, str] = field(default_factory=dict)
    damage: Sequence[str] = ()

    @property
    def seal(self) -> str:
        """The journal's seal, '' where it is empty."""
        return self.links[max(self.links)] if self.links else ""


def proof(connection: sqlite3.Connection) -> Proof:
    """The rows of a journal, and whether its chain holds."""
    rows = connection.execute(f"SELECT {', '.join(_RUN)} FROM runs ORDER BY rowid").fetchall()
    interrupted = connection.execute(
        "SELECT subject, detail FROM events WHERE kind = 'interrupted' ORDER BY number"
    )
    return Proof(
        {row[0]: _recorded(connection, row) for row in rows},
        _signed(connection),
        chain.links(connection),
        dict(interrupted.fetchall()),
        chain.damage(connection),
    )


def _recorded(connection: sqlite3.Connection, row: Sequence[Any]) -> Recorded:
    run = dict(zip(_RUN, row, strict=True))
    try:
        run |= {name: json.loads(run[name]) if run[name] else None for name in _JSON}
        breaks = connection.execute(
            f"SELECT {', '.join(COLUMNS)} FROM breaks WHERE run_id = ?", (row[0],)
        ).fetchall()
        return Recorded(
            run,
            _totals(connection, row[0]),
            [break_of(values) for values in breaks],
            any(values[-1] is None for values in breaks),
        )
    except Exception as error:  # noqa: BLE001 - a forged row may break anything
        return Recorded(run, fault=f"{type(error).__name__}: {error}".splitlines()[0])


def _totals(connection: sqlite3.Connection, run_id: str) -> dict[str, Totals]:
    rows = connection.execute(
        "SELECT currency, expected, recognized, gross_difference, contract_lines, inactive_lines, "
        "matched, within_tolerance, breaks FROM totals WHERE run_id = ? ORDER BY currency",
        (run_id,),
    )
    return {currency: Totals(*map(int, sums)) for currency, *sums in rows}


def _signed(connection: sqlite3.Connection) -> list[Signed]:
    """The signatures, with the breaks accepted by them."""
    rows = connection.execute(
        "SELECT number, kind, subject, detail, who, host, reason FROM events "
        "WHERE kind IN ('accepted', 'signed_off') ORDER BY number"
    )
    found: list[Signed] = []
    accepted: dict[tuple[str, str, str], str] = {}
    for number, kind, run, role, who, host, reason in rows:
        if kind == "accepted":
            accepted[run, role, who] = reason
        else:
            said = accepted.get((run, role, who), "")
            found.append(Signed(number, run, role, who, host, reason, said))
    return found
