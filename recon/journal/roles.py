"""The roles in which a month is signed; by itself, since the command line asks for one."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """In which role somebody signs, in the order of signing."""

    PREPARER = "preparer"
    REVIEWER = "reviewer"
