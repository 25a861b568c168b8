"""Staging: the rows of a file, typed and checked.

Reads the relation of a file. Makes `staged`: recon_row, the columns of the kind, `recon_fault`,
`fault_column` and `fault_cell` (NULL where the row is right), how it was cleaned, and of a mended
row its load and row. Makes `fates`: recon_row, outcome, of the rows that are not simply inserted.
"""

from __future__ import annotations

from recon.base.feed import Feed
from recon.base.feeds import FeedColumn, Type
from recon.base.ids import Ids
from recon.base.policy import Policy
from recon.store import ids
from recon.store.columns import PLACE
from recon.store.feeds.cells import Cells
from recon.store.feeds.reasons import fault
from recon.store.schema import STORE
from recon.store.session import Session, literal

_DIMENSIONS = {"product_id": "dim_product", "customer_id": "dim_customer"}
_REVENUE = "TRY_CAST(round(v_quantity * v_unit_price, 4) - {discount} AS DECIMAL(19, 4))"


def install(session: Session) -> None:
    """Create the macros that read ids."""
    ids.install(session, Policy(ids=Ids.FOLD))


def stage(
    session: Session, cells: Cells, relation: str, *, by_line: bool, mended: bool
) -> dict[str, int]:
    """Make `staged`; return how many rows were cleaned, by kind."""
    cleaned = cells.cleaned()
    flags = "".join(f", {condition} AS is_{kind}" for kind, condition in cleaned.items())
    sent = ", recon_sent_row, recon_sent_load" if mended else ""
    number = (
        ", TRY_CAST(recon_sent_row AS BIGINT) AS sent_row, "
        "TRY_CAST(recon_sent_load AS BIGINT) AS sent_load"
        if mended
        else ""
    )
    kinds = [*cleaned, "rounded", "computed", "defaulted"]
    listed = "".join(f", is_{kind}" for kind in kinds)
    columns = ", ".join(_final(cells, column) for column in cells.feed.kind.columns)
    derived = _derived(cells)
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE staged AS
        SELECT * EXCLUDE (fault), fault.reason AS recon_fault, fault.at AS fault_column,
            fault.cell AS fault_cell
        FROM (SELECT {PLACE}, {columns}, {fault(cells, by_line)} AS fault{listed}{number}
            FROM (SELECT *, {derived}, {cells.finer()} AS is_rounded
                FROM (SELECT *, {cells.values()}
                    FROM (SELECT *, {cells.amounts()}
                        FROM (SELECT {PLACE}, {cells.texts()}{flags}{sent} FROM {relation})))))"""
    )
    session.execute(f"CREATE OR REPLACE TEMP TABLE fates ({PLACE} BIGINT, outcome VARCHAR)")
    counts = ", ".join(
        f"count(*) FILTER (WHERE is_{kind} AND recon_fault IS NULL)" for kind in kinds
    )
    found = session.execute(f"SELECT {counts} FROM staged").fetchone() or ()
    filled = {"filled": _rows(session)} if cells.feed.fixed else {}
    return {kind: n for kind, n in {**dict(zip(kinds, found, strict=True)), **filled}.items() if n}


def _rows(session: Session) -> int:
    found = session.execute("SELECT count(*) FROM staged WHERE recon_fault IS NULL").fetchone()
    return int(found[0]) if found else 0


def _final(cells: Cells, column: FeedColumn) -> str:
    """A column of `staged`: its value, or a default."""
    ours = column.name
    if ours in ("revenue", "discount") and cells.feed.kind.name == "sales":
        return ours
    found = any(column == each for each in cells.found)
    if column.type is Type.CURRENCY:
        default = literal(cells.feed.currency)
        return f"coalesce(v_{ours}, {default}) AS {ours}" if found else f"{default} AS {ours}"
    return f"v_{ours} AS {ours}" if found else f"CAST(NULL AS {column.sql_type}) AS {ours}"


def _derived(cells: Cells) -> str:
    """Revenue and discount, and whether they were missing."""
    if cells.feed.kind.name != "sales":
        return "false AS is_computed, false AS is_defaulted"
    have = {column.name for column in cells.found}
    discount = "CAST(0 AS DECIMAL(19, 4))"
    defaulted = "true"
    if "discount" in have:
        defaulted = "t_discount IS NULL"
        discount = f"CASE WHEN t_discount IS NULL THEN {discount} ELSE v_discount END"
    computed = "false"
    revenue = "v_revenue"
    if "unit_price" in have:
        product = _REVENUE.format(discount=f"({discount})")
        computed = "t_revenue IS NULL" if "revenue" in have else "true"
        revenue = f"CASE WHEN {computed} THEN {product} ELSE v_revenue END"
        if "revenue" not in have:
            revenue = product
    return (
        f"{discount} AS discount, {revenue} AS revenue, ({computed}) AS is_computed, "
        f"({defaulted}) AS is_defaulted"
    )


def one_spelling(session: Session, feed: Feed) -> int:
    """Spell ids as the store does; return the rows changed."""
    changed = 0
    for column, table in _DIMENSIONS.items():
        if column not in feed.kind.by_name:
            continue
        session.execute(
            f"""CREATE OR REPLACE TEMP TABLE respelled AS
            WITH sent AS (SELECT DISTINCT {column} AS id FROM staged
                WHERE recon_fault IS NULL AND {column} IS NOT NULL),
            kept AS (SELECT lower({column}) AS key, min({column}) AS id
                FROM {STORE}.{table} GROUP BY key),
            first AS (SELECT lower(id) AS key, min(id) AS id FROM sent GROUP BY key)
            SELECT sent.id AS sent, coalesce(kept.id, first.id) AS id
            FROM sent JOIN first ON first.key = lower(sent.id)
            LEFT JOIN kept ON kept.key = first.key
            WHERE sent.id <> coalesce(kept.id, first.id)"""
        )
        found = session.execute("SELECT count(*) FROM respelled").fetchone()
        if found and found[0]:
            done = session.execute(
                f"""UPDATE staged SET {column} = respelled.id FROM respelled
                WHERE staged.{column} = respelled.sent AND staged.recon_fault IS NULL"""
            ).fetchone()
            changed += int(done[0]) if done else 0
    return changed


def refuse_unknown(session: Session, feed: Feed) -> None:
    """Reject the rows whose products or customers are not known."""
    for column in feed.known:
        table = _DIMENSIONS[column]
        session.execute(
            f"""UPDATE staged SET recon_fault = {literal(column + " ")} || '''' || {column}
                || ''' is not known', fault_column = {literal(column)}, fault_cell = {column}
            WHERE recon_fault IS NULL AND {column} IS NOT NULL AND lower({column}) NOT IN (
                SELECT lower({column}) FROM {STORE}.{table} WHERE NOT placeholder)"""
        )


def add_placeholders(session: Session, feed: Feed, load: int) -> dict[str, int]:
    """Take in unknown products and customers; return how many."""
    added = {}
    for column, table in _DIMENSIONS.items():
        if column not in feed.kind.by_name or (column,) == feed.kind.key:
            continue
        extra, values = "", ""
        if table == "dim_customer":
            extra, values = ", valid_from", ", DATE '1900-01-01'"
        done = session.execute(
            f"""INSERT INTO {STORE}.{table} (feed, {column}, placeholder, load, recon_row{extra})
            SELECT {literal(feed.name)}, id, true, {load}, place{values} FROM (
                SELECT {column} AS id, min({PLACE}) AS place FROM staged
                WHERE recon_fault IS NULL AND {column} IS NOT NULL GROUP BY {column})
            WHERE lower(id) NOT IN (SELECT lower({column}) FROM {STORE}.{table})"""
        ).fetchone()
        if done and done[0]:
            added[column] = int(done[0])
    return added
