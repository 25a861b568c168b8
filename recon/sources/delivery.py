"""What a source delivers: a description, and rows that can be selected in a session."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from recon.engine import Session


@dataclass(frozen=True, slots=True)
class Delivery:
    """One side, brought here.

    `description` says where the rows come from and how they were read, without secrets; `opened`
    yields what to select from, readable while the context lasts.
    """

    description: str
    opened: Callable[[Session], AbstractContextManager[str]]
