"""Events: one fact that breaks many lines.

Amounts are ten-thousandths of the currency unit (see `recon.base.money`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """The severity of a break; a higher one compares greater."""

    WARNING = 1
    HIGH = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        """The severity as it is written everywhere."""
        return self.name.lower()


class EventKind(StrEnum):
    """The kinds of events (specification, section 5b)."""

    BATCH_TWICE = "batch_twice"
    BATCH_MISSING = "batch_missing"
    SHIFTED_MONTH = "shifted_month"
    ID_RULE = "id_rule"
    MAPPING = "mapping"
    RATIO = "ratio"
    BIAS = "bias"
    SIGN_OF_SIDE = "sign_of_side"
    UNIT_OF_SIDE = "unit_of_side"
    POLICY = "policy"
    REPRICED = "repriced"
    EXTRACT_TWICE = "extract_twice"


@dataclass(frozen=True, slots=True)
class Event:
    """One fact behind many lines, with its advice.

    `id` is the same in every run in which the same mark shows the same fact. `keys` are its lines
    as (contract_id, revenue_type, currency). `net` and `gross` are amounts by currency, of the
    month, or to date where the event is of carried differences. `mark` is what its lines have in
    common, like a document or a segment; `explained` of the `marked` lines with that mark are its
    own. `setting` is whether the advice is a line of the configuration. `breaks_left` is how many
    breaks are left once this event and those before it are put right.
    """

    id: str
    kind: EventKind
    sentence: str
    advice: str
    keys: tuple[tuple[str, str, str], ...]
    severity: Severity
    net: Mapping[str, int]
    gross: Mapping[str, int]
    mark: str
    explained: int
    marked: int
    breaks_left: int
    setting: bool = False
    to_date: bool = False

    @property
    def lines(self) -> int:
        """The number of its lines."""
        return len(self.keys)
