"""A proposed side in files: columns, notation, doubts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from recon.base.fields import DEBIT_CREDIT, PERIOD, known
from recon.base.policy import SameKey
from recon.base.result import Side
from recon.setup.init.file_groups import Group
from recon.setup.init.file_rows import Kept, Rows
from recon.setup.init.revenue_types import Types
from recon.setup.init.writings import Profile

DATES = {
    Side.ANALYTICS: ("start_date", "booking_date", "close_date", "terminated_on", "valid_from"),
    Side.ACCOUNTING: (PERIOD,),
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something unsure, and the setting that decides it."""

    sentence: str
    setting: str


@dataclass(frozen=True, slots=True)
class FileSide:
    """A side in files, as it is proposed.

    `columns` are theirs by ours, `whys` say why each. `dates` is the order of day and month; left
    open are `orders`, where it could be either, and `amounts` that could mean two numbers. By
    the `id_rule` of a side, the ids of both would meet. A value is that of a month where it is
    `monthly`; `open_key` is a contract with several rows of which nothing says what they are.
    """

    side: Side
    group: Group
    profiles: Mapping[str, Profile]
    rows: Rows
    columns: Mapping[str, str]
    whys: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    compliance: tuple[str, ...] = ()
    types: Types = field(default_factory=Types)
    doubts: tuple[Doubt, ...] = ()
    decimal: str | None = None
    dates: str | None = None
    orders: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    invert: bool = False
    unit: str | None = None
    where: str | None = None
    kept: Kept | None = None
    skip_foot: int = 0
    repeated_ids: bool = False
    by_dates: bool = False
    monthly: bool = False
    same_key: SameKey | None = None
    open_key: str | None = None
    exact_ids: bool = False
    id_rule: tuple[Side, str] | None = None

    def profile(self, ours: str) -> Profile | None:
        """The profile of the column that is ours, else None."""
        return self.profiles.get(self.columns.get(ours, ""))

    @property
    def coded_period(self) -> str | None:
        """A code of a fiscal period, where entries have them."""
        found = self.profile(PERIOD)
        return found.distinct[0] if found and found.fiscal and not found.dated else None

    def with_doubt(self, sentence: str, setting: str) -> FileSide:
        """The side with one more doubt."""
        return replace(self, doubts=(*self.doubts, Doubt(sentence, setting)))

    def with_column(self, ours: str, theirs: str | None, why: str = "") -> FileSide:
        """The side with a column set, or without it."""
        columns = {our: their for our, their in self.columns.items() if our != ours}
        whys = {our: text for our, text in self.whys.items() if our != ours}
        if theirs is not None:
            columns[ours], whys[ours] = theirs, why
        return replace(self, columns=columns, whys=whys)

    def with_fixed(self, ours: str, value: str) -> FileSide:
        """The side with the same value in every row."""
        found = self.with_column(ours, None)
        return replace(found, fixed={**self.fixed, ours: value})

    def free(self) -> list[Profile]:
        """The columns that nothing uses yet."""
        taken = set(self.columns.values())
        return [profile for name, profile in self.profiles.items() if name not in taken]


def optional(side: Side) -> tuple[str, ...]:
    """The names of our columns, in their order."""
    return (*known(side), *(DEBIT_CREDIT if side is Side.ACCOUNTING else ()))
