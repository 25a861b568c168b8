"""Rules on ids: case, and those of a side."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from recon.base import keys
from recon.base.keys import Keys


class Ids(StrEnum):
    """Whether case counts in ids."""

    FOLD = "fold"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class IdRules:
    """The rules on a side's contract ids, in this order.

    A prefix and a suffix are taken away where something is left, then the first characters are
    taken, then ids of digits alone are filled with zeros up to a length.
    """

    strip_prefix: str | None = None
    strip_suffix: str | None = None
    first: int | None = None
    pad: int | None = None

    def table(self) -> dict[str, str | int]:
        """The rules that are set, by their keys."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in found.items() if value is not None}

    def text(self) -> str:
        """The rules in words, as `pad 5`."""
        return ", ".join(f"{name} {value!r}" for name, value in self.table().items())


NO_RULES = IdRules()


def read_id_rules(table: Keys) -> IdRules:
    """The rules of a table; every mistake is noted."""
    rules = IdRules(
        table.take("strip_prefix", keys.text, None),
        table.take("strip_suffix", keys.text, None),
        table.take("first", _length, None),
        table.take("pad", _length, None),
    )
    table.close()
    return rules


def _length(value: object) -> int:
    length = keys.whole(value)
    if not 1 <= length <= _LONGEST:
        raise ValueError(f"{value!r} is not a number of characters from 1 to {_LONGEST}")
    return length


_LONGEST = 100
