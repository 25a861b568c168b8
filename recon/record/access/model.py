"""Roles, rights and persons. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from recon.base.feed import Feed
from recon.record.journal.model import Role


class Part(StrEnum):
    """The roles of people; one person may have several."""

    VIEWER = "viewer"
    UPLOADER = "uploader"
    PREPARER = "preparer"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class Right(StrEnum):
    """The rights that a route asks for.

    ANYBODY needs no login, KNOWN any. LOADS are those of the feeds within reach.
    """

    ANYBODY = "anybody"
    KNOWN = "known"
    READ = "read"
    LOADS = "loads"
    UPLOAD = "upload"
    UNDO = "undo"
    ANSWER = "answer"
    SIGN = "sign"


_EVERYBODY = frozenset({Right.ANYBODY, Right.KNOWN})
_READER = _EVERYBODY | {Right.READ, Right.LOADS}
RIGHTS: Mapping[Part, frozenset[Right]] = {
    Part.VIEWER: _READER,
    Part.UPLOADER: _EVERYBODY | {Right.LOADS, Right.UPLOAD},
    Part.PREPARER: _READER | {Right.UNDO, Right.ANSWER, Right.SIGN},
    Part.REVIEWER: _READER | {Right.ANSWER, Right.SIGN},
    Part.ADMIN: frozenset(Right),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may use the page.

    An uploader has the feeds that are named, and those whose fixed region is; `csrf` is the
    secret of the forms of a session, '' without one.
    """

    name: str
    parts: frozenset[Part]
    feeds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    csrf: str = ""

    @property
    def rights(self) -> frozenset[Right]:
        """The rights of all roles together."""
        return _EVERYBODY.union(*(RIGHTS[part] for part in self.parts))

    def may(self, right: Right) -> bool:
        """Whether a right is among these."""
        return right in self.rights

    def may_sign(self, role: Role) -> bool:
        """Whether to sign in a role."""
        return Part.ADMIN in self.parts or Part(role.value) in self.parts

    def reaches(self, feed: Feed) -> bool:
        """Whether to send files of a feed."""
        if Part.ADMIN in self.parts:
            return True
        region = feed.fixed.get("region", "").casefold()
        named = feed.name in self.feeds or region in {each.casefold() for each in self.regions}
        return Part.UPLOADER in self.parts and named

    def sees(self, feed: Feed) -> bool:
        """Whether to see the loads of a feed."""
        return self.may(Right.READ) or self.reaches(feed)
