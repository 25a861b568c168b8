"""The recipe of a sample: everything that decides its content."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from recon.base.errors import UsageError
from recon.base.month import Month

# Raised with every change of what a recipe yields, so that an old file is never taken for a new.
FORMAT = 5

_FIRST, _LAST = Month.parse("2024-01"), Month.parse("2024-12")

# Each month a quarter of the customers may be hit; beyond this the lines would run out.
HIGHEST_RATE = Decimal("0.12")
LARGEST = 5_000_000
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """The ingredients of a sample.

    Equal recipes give equal samples on any machine. `contracts` is the least number of contract
    lines with revenue in every month from `first` to `last`, `error_rate` the share of them that is
    broken (a small sample has more, since every cause occurs every month). Without `history` all
    that was recognized up to three months before `first` is one opening entry a line, which keeps a
    benchmark of a single month small.
    """

    seed: int = 1
    contracts: int = 5_000
    error_rate: Decimal = Decimal("0.08")
    first: Month = _FIRST
    last: Month = _LAST
    history: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.contracts <= LARGEST:
            raise UsageError(f"A sample has 1 to {LARGEST:,} contracts, not {self.contracts:,}.")
        if not 0 <= self.error_rate <= HIGHEST_RATE:
            raise UsageError(f"The error rate is 0 to {HIGHEST_RATE}, not {self.error_rate}.")
        if self.last < self.first:
            raise UsageError(f"The last month, {self.last}, is before the first, {self.first}.")

    @property
    def ppm(self) -> int:
        """The error rate in millionths."""
        return int(self.error_rate * PPM)

    @property
    def months(self) -> int:
        """How many months the sample covers."""
        return self.last.index - self.first.index + 1

    @property
    def name(self) -> str:
        """The recipe as part of a file name, version first."""
        parts = [f"v{FORMAT}", f"seed{self.seed}", str(self.contracts), f"{self.ppm}ppm"]
        parts += [str(self.first), str(self.last)] + ["opening"] * (not self.history)
        return "-".join(parts)
