"""SQL Server's statements: none that only PostgreSQL understands, and every row in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from recon.store.publishing.dialects import SqlServer
from recon.store.publishing.star import PUBLISHED
from recon.store.publishing.target import Target
from recon.store.session import open_session
from tests.golden_files import check_golden


@dataclass
class Recorder:
    """A cursor that keeps the statements and rows that it gets."""

    statements: list[str] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)
    fast_executemany: bool = False
    rowcount: int = 0

    def execute(self, sql: str, *_: object) -> None:
        """Keep a statement."""
        self.statements.append(sql)

    def executemany(self, sql: str, rows: Sequence[Any]) -> None:
        """Keep a statement and its rows."""
        self.statements.append(sql)
        self.rows += rows

    def fetchall(self) -> list[Any]:
        """Nothing is there."""
        return []


def test_its_tables_have_its_own_types_and_no_partitions() -> None:
    """A table each, every one with its keys, in the schema."""
    cursor = Recorder()
    Target(cursor, SqlServer(), "recon", lambda: None).create()
    check_golden("publish_sqlserver.sql", ";\n".join(cursor.statements) + ";\n")
    made = [each for each in cursor.statements if each.startswith("CREATE TABLE")]
    assert len(made) == len(PUBLISHED) + 3
    assert "IF SCHEMA_ID('recon') IS NULL" in cursor.statements[0]
    everything = " ".join(cursor.statements).lower()
    for foreign in ("partition", "numeric", " text", "boolean", "timestamp", "::", "if not exists"):
        assert foreign not in everything
    (sales,) = (each for each in made if '"recon"."fact_sales"' in each)
    assert '"revenue" DECIMAL(19,4)' in sales
    assert 'PRIMARY KEY ("sold_on", "load", "recon_row")' in sales
    assert (
        'FOREIGN KEY ("customer_key") REFERENCES "recon"."dim_customer" ("customer_key")' in sales
    )


def test_its_rows_go_in_batches() -> None:
    """All of them, in order, as the driver sends them fast."""
    cursor = Recorder()
    with open_session() as session:
        session.execute(
            "CREATE TABLE outgoing AS SELECT 'R' || n AS region_key, 'R' AS region, NULL AS city, "
            "NULL AS store, n AS recon_n FROM range(2500) t(n)"
        )
        SqlServer().insert(session, cursor, "there", PUBLISHED["dim_region"], 2500)
    assert cursor.fast_executemany
    assert (len(cursor.statements), len(cursor.rows)) == (3, 2500)
    assert cursor.rows[1234] == ("R1234", "R", None, None)
