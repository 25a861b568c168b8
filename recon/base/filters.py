"""Filters and names: which breaks somebody asks for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from recon.base.cash import CashCause
from recon.base.events import Severity
from recon.base.result import Break, Cause
from recon.base.text import words


def folded(text: str) -> str:
    """A name as it is compared, without case."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("_", " ").split())


@dataclass(frozen=True, slots=True)
class BreakFilter:
    """The breaks with certain values; an empty filter takes all.

    Of several values of one field any will do, of several fields each has to fit. A value is taken
    whole or by its beginning, in any case; `severity` is the least one.
    """

    segment: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    customer: tuple[str, ...] = ()
    revenue_type: tuple[str, ...] = ()
    cause: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    currency: tuple[str, ...] = ()
    severity: Severity | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def takes(self, item: Break) -> bool:
        """Whether it takes a break."""
        if self.severity and item.severity < self.severity:
            return False
        return all(
            any(folded(getattr(item, name)).startswith(folded(value)) for value in values)
            for name, values in self._values()
        )

    def _values(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for name in _FIELDS:
            if values := getattr(self, name):
                yield name, values

    def words(self) -> str:
        """The filter as people read it, or ''."""
        above = "" if self.severity is Severity.CRITICAL else " and above"
        said = [f"{self.severity.word}{above}"] if self.severity else []
        said += [
            f"{_WORDS.get(name, name)} {' or '.join(map(words, values))}"
            for name, values in self._values()
        ]
        return ", ".join(said)


_FIELDS = tuple(field.name for field in fields(BreakFilter) if field.name != "severity")
_WORDS = {"revenue_type": "type"}


def unknown_causes(values: Iterable[str]) -> list[str]:
    """The values that no cause begins with."""
    known = [folded(cause) for cause in (*Cause, *CashCause)]
    return [value for value in values if not any(c.startswith(folded(value)) for c in known)]
