"""The page of the store has every table and column of the star."""

from __future__ import annotations

import os

from recon.store import aggregates
from recon.store.schema import FINDINGS, LOADS, REJECTED, TABLES, TYPE_2, StarColumn
from recon.store.scores import SCORES
from tests.pages import DOCS, text_of

PAGE = DOCS / "store.md"
BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->\n"

_KEYS = {
    "dim_date": "day",
    "dim_region": "region, city, store",
    "sales_by_day": "all columns before the amounts",
    "sales_by_customer": "all columns before the amounts",
}


def _table(title: str, key: str, columns: tuple[StarColumn, ...]) -> str:
    lines = [
        f"\n### {title}\n",
        f"Key: {key}.\n",
        "| column | type | meaning |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| `{column.name}` | {column.sql_type} | {column.meaning} |"
        for column in columns
        if column.name != "overlap_of"
    ]
    return "\n".join(lines) + "\n"


def tables() -> str:
    """The tables of the page, made from the schema."""
    parts = []
    for star in TABLES.values():
        key = ", ".join(["feed"] * (not star.kind.shared) + [*star.kind.key])
        if star.kind.line:
            key += f", {star.kind.line} where there is one"
        scores = SCORES if star.name == TYPE_2 else ()
        parts.append(_table(star.name, key, (*star.columns, *scores)))
    parts.append(_table("loads", "load", LOADS))
    parts.append(_table("rejected", "load, recon_row", REJECTED))
    parts.append(_table("findings", "finding", FINDINGS))
    for table, columns in aggregates.COLUMNS.items():
        parts.append(_table(table, _KEYS[table], columns))
    return "".join(parts)


def test_the_page_has_every_column() -> None:
    """RECON_UPDATE_GOLDEN=1 writes the tables anew."""
    before, begin, rest = text_of(PAGE).partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin and end
    wanted = "".join([before, begin, tables(), "\n", end, after])
    if os.environ.get("RECON_UPDATE_GOLDEN"):
        PAGE.write_text(wanted, encoding="utf-8", newline="\n")
    assert text_of(PAGE) == wanted
