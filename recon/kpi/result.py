"""Figures as a result: frozen tables, which every format renders.

Values are whole ten-thousandths, as amounts are everywhere; a percentage is the ten-thousandths of
its fraction, 12.34% being 1234. One that is not known is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from recon.kpi.measures import Unit
from recon.kpi.period import Unit as Time


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures: name, title, unit.

    `change` is whether it is a change, which has a sign; `better` is -1 where lower is better, 0
    where neither is.
    """

    name: str
    title: str
    unit: Unit
    change: bool = False
    better: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A row: keys as people read them, currency, values."""

    keys: tuple[str, ...]
    currency: str
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Figures by some dimensions.

    `by` are the titles of the keys. `totals` are over all rows of a currency, not only those shown;
    `left_out` is how many are not. After each measure come, for each of `compared` periods, its
    value there and the change. `chart` is '', 'cards', 'line' or 'bar'. `trends` are the values of
    the months up to the end, by currency and measure. `notes` are sentences; `absent` is the one
    that stands in the place of rows that cannot be.
    """

    name: str
    title: str
    by: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Row, ...] = ()
    left_out: int = 0
    chart: str = ""
    notes: tuple[str, ...] = ()
    compared: int = 0
    trends: Mapping[tuple[str, str], tuple[int | None, ...]] = field(default_factory=dict)
    absent: str = ""

    @property
    def empty(self) -> str:
        """The sentence of a table without rows."""
        return self.absent or "No rows in this period."

    @property
    def has_currency(self) -> bool:
        """Whether its rows are per currency."""
        return any(row.currency for row in (*self.rows, *self.totals))


@dataclass(frozen=True, slots=True)
class Figures:
    """A view: its tables, and where they come from.

    `filters` are as they were written; `snapshot` is that of the store, if they are from there;
    `control` are the control totals of the facts, `files` those that brought the period's sales,
    the largest first; `unit` is the period's part of the calendar.
    """

    view: str
    title: str
    period: str
    first: date
    last: date
    filters: tuple[str, ...]
    snapshot: int | None
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    control: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unit: Time | None = None
    files: tuple[str, ...] = ()
