"""Findings: what is wrong with a file of a task, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to correct: a mistake, or what is allowed and still not wise; and what to do."""

    where: str
    what: str
    mistake: bool = True

    @property
    def line(self) -> str:
        """The finding in a line."""
        kind = "mistake" if self.mistake else "advice"
        return f"{kind}: {self.where}: {self.what}" if self.where else f"{kind}: {self.what}"
