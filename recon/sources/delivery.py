"""A request to a source, and its delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recon.base.month import Month
from recon.store.session import Session

if TYPE_CHECKING:
    from recon.reconciliation.separators import Unsaid

# Makes a new folder for files that are needed while the run lasts; raises OSError.
Scratch = Callable[[], Path]
# Tells how a side came here, in plain values that JSON can hold.
Trail = Callable[[], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Request:
    """A request: a month's rows, and possibly one contract's entries."""

    month: Month
    contract: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One side, brought here.

    `description` says where the rows come from and how they were read, without secrets; `opened`
    yields what to select from, readable while the context lasts. `trail` records for the evidence
    what was read and how, without secrets; it raises SourceDataError where that has changed since.
    `settable` is whether the configuration can say in which order days in text are written.
    `reads` are the files and folders that it is read from, besides temporary ones.
    `unsaid` is None where it is known how amounts in text are written. `left_out` has, once it is
    opened, a sentence on lines that are no rows.
    """

    description: str
    opened: Callable[[Session], AbstractContextManager[str]]
    trail: Trail = dict
    unsaid: Unsaid | None = None
    left_out: Callable[[], Sequence[str]] = tuple
    settable: bool = False
    reads: Sequence[Path] = ()
