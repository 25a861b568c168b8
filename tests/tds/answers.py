"""Answers: what the endpoint says to which statement, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.tds import protocol
from tests.tds.columns import Type, type_named


class Fault(StrEnum):
    """What goes wrong; the connection is closed by a CUT and torn off by a RESET.

    Who WAITs is ended by an attention, and acknowledges it; who is SILENT does neither. HALF closes
    its own direction and goes on listening; after DROP nobody answers anything any more, nor takes
    part in a new session, as behind a firewall that swallows all.
    """

    NONE = ""
    ERROR = "error"
    WAIT = "wait"
    SILENT = "silent"
    CUT = "cut"
    RESET = "reset"
    HALF = "half"
    DROP = "drop"


@dataclass
class Answer:
    """What is answered to the requests that the pattern `to` is found in, so many times.

    The fault happens after so many rows, columns of the next row and bytes of the column after
    them, as `at` says, or before everything. Values are texts, whatever the type of their column.
    All of it waits until the event `after` has been recorded, in whichever session.
    """

    to: str
    fault: Fault = Fault.NONE
    columns: Sequence[tuple[str, str]] = ()
    rows: Sequence[Sequence[str | None]] = ()
    at: tuple[int, int, int] | None = None
    error: tuple[int, str] = (0, "")
    seconds: float = 0
    times: int = 1_000_000
    after: str = ""

    def __post_init__(self) -> None:
        self.fault = Fault(self.fault)

    @property
    def types(self) -> list[Type]:
        """The types of the columns."""
        return [type_named(kind) for _, kind in self.columns]

    def result(self, rows: int | None = None) -> bytes:
        """Return the tokens of the columns, and of the first rows or all."""
        types = self.types
        described = protocol.result_columns([name for name, _ in self.columns], types)
        wanted = self.rows[:rows]
        return described + b"".join(protocol.result_row(row, types) for row in wanted)

    def sent_before_the_fault(self) -> bytes:
        """Return the part of the result that arrives before the fault."""
        if self.at is None:
            return b""
        rows, columns, more = self.at
        if not columns + more:
            return self.result(rows)
        begun = protocol.result_row(self.rows[rows][:columns], self.types)
        whole = self.result()
        return whole[: len(self.result(rows) + begun) + more]
