"""A publication: the parts that went to a target."""

from __future__ import annotations

from dataclasses import dataclass

from recon.store.publishing.plan import Plan


@dataclass(frozen=True, slots=True)
class Publication:
    """A publication: its plan, and the snapshot that was there.

    `remade` says that the target's tables had another form, and were made anew.
    """

    plan: Plan
    before: int | None
    remade: bool = False
    views: tuple[str, ...] = ()
