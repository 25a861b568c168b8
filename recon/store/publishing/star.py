"""The published star: tables, keys and references, as data.

It is the snapshot's, and two keys besides: `customer_key` names the version of a customer that held
on the day of a fact, `region_key` a region, city and store. Parents come before the tables that
refer to them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from recon.store import aggregates
from recon.store.schema import FINDINGS, LOADS, REJECTED, TABLES, TYPE_2, StarColumn
from recon.store.scores import SCORES
from recon.store.session import name

_CUSTOMER_KEY = StarColumn("customer_key", "VARCHAR", "the version of the customer on that day")
_REGION_KEY = StarColumn("region_key", "VARCHAR", "the region, city and store as one key")
_VERSION = f"SELECT *, customer_id || '@' || valid_from AS customer_key FROM {TYPE_2}"
_MARKED = "the version of the customer: its id and its first day"


def _place_key(of: str = "") -> str:
    """The SQL of region, city and store in one text."""
    columns = [f"{of}{column}" for column in ("region", "city", "store")]
    parts = [
        rf"replace(replace(coalesce({column}, ''), '\', '\\'), '|', '\|')" for column in columns
    ]
    one = " || '|' || ".join(parts)
    return f"CASE WHEN coalesce({', '.join(columns)}) IS NOT NULL THEN {one} END"


@dataclass(frozen=True, slots=True)
class Published:
    """A published table.

    `day` is the column by whose months it is divided, or ''. `key` is its primary key, empty where
    it has none; `refers` are the tables whose primary keys its columns name. `select` makes its
    rows of `{rows}`.
    """

    name: str
    columns: tuple[StarColumn, ...]
    select: str
    key: tuple[str, ...] = ()
    day: str = ""
    refers: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        return [column.name for column in self.columns]

    @property
    def amounts(self) -> list[str]:
        """The columns that are added up and compared."""
        return [each.name for each in self.columns if each.sql_type.startswith("DECIMAL")]

    def rows(self, relation: str) -> str:
        """The SELECT of its rows, ordered by its key."""
        return self.select.format(rows=relation)


def _plain(
    table: str, columns: tuple[StarColumn, ...], key: tuple[str, ...], day: str = "", **refers: str
) -> Published:
    listed = ", ".join(name(column.name) for column in columns)
    order = ", ".join(key) or "ALL"
    select = f"SELECT {listed} FROM {{rows}} ORDER BY {order}"
    return Published(table, columns, select, key, day, refers)


def _dim_region() -> Published:
    columns = (_REGION_KEY, *aggregates.COLUMNS["dim_region"])
    select = f"SELECT {_place_key()} AS region_key, * FROM {{rows}} ORDER BY 1"
    return Published("dim_region", columns, select, ("region_key",))


def _dim_customer() -> Published:
    columns = (StarColumn("customer_key", "VARCHAR", _MARKED), *TABLES[TYPE_2].columns, *SCORES)
    listed = ", ".join(name(column.name) for column in columns)
    select = f"SELECT {listed} FROM ({_VERSION.replace(TYPE_2, '{rows}')}) ORDER BY 1"
    return Published(TYPE_2, columns, select, ("customer_key",))


def _fact(table: str) -> Published:
    """A fact with its own columns, and its keys."""
    star = TABLES[table]
    columns = tuple(column for column in star.columns if column.name != "overlap_of")
    day, names = star.kind.day, star.names
    taken = [f"f.{name(column.name)}" for column in columns]
    refers, joined = {"load": "loads"}, "{rows} f"
    if day:
        refers[day] = "dim_date"
    if "product_id" in names:
        refers["product_id"] = "dim_product"
    if "customer_id" in names and day:
        columns, refers = (*columns, _CUSTOMER_KEY), {**refers, "customer_key": TYPE_2}
        taken.append("c.customer_key")
        joined += (
            f" LEFT JOIN ({_VERSION}) c ON lower(c.customer_id) = lower(f.customer_id) "
            f"AND f.{day} >= c.valid_from AND f.{day} <= coalesce(c.valid_to, DATE '9999-12-31')"
        )
    if table == "fact_sales":
        columns, refers = (*columns, _REGION_KEY), {**refers, "region_key": "dim_region"}
        taken.append(f"{_place_key('f.')} AS region_key")
    key = (*((day,) if day else ()), "load", "recon_row")
    order = ", ".join(f"f.{column}" for column in key)
    select = f"SELECT {', '.join(taken)} FROM {joined} ORDER BY {order}"
    return Published(table, columns, select, key, day, refers)


def _aggregate(table: str, day: str, **refers: str) -> Published:
    return _plain(table, aggregates.COLUMNS[table], (), day, **refers)


PUBLISHED = {
    table.name: table
    for table in (
        _plain("loads", LOADS, ("load",)),
        _plain("dim_date", aggregates.COLUMNS["dim_date"], ("day",)),
        _plain("dim_product", TABLES["dim_product"].columns, ("product_id",)),
        _dim_customer(),
        _dim_region(),
        *(_fact(table) for table in TABLES if not table.startswith("dim_")),
        _plain("rejected", REJECTED, ("load", "recon_row"), load="loads"),
        _plain("findings", FINDINGS, ("finding",)),
        _aggregate("sales_by_day", "sold_on", sold_on="dim_date", product_id="dim_product"),
        _aggregate("sales_by_customer", "month", month="dim_date"),
    )
}
# Another one means that a target's tables have another form, and are made anew.
SHAPE = hashlib.sha256(repr(PUBLISHED).encode()).hexdigest()[:16]
