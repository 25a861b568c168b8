"""A session with the star of some books, without loading files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from recon.kpi import compiled
from recon.store.schema import TABLES
from recon.store.session import Session, session
from tests.figures_oracle import FIRST, LAST, Books

_OF = {
    "fact_sales": "sales",
    "fact_credits": "credits",
    "fact_debits": "debits",
    "fact_inventory": "stock",
    "fact_movements": "movements",
    "dim_product": "products",
    "dim_customer": "customers",
    "fact_rates": "rates",
    "fact_market": "market",
}


@contextmanager
def star(books: Books, into: str = "") -> Iterator[Session]:
    """Yield a session with a table for each of the star's, as figures see them.

    Amounts are converted `into` a currency, if one is given.
    """
    with session() as connection:
        for name, attribute in _OF.items():
            columns = TABLES[name].columns
            listed = ", ".join(f"{each.name} {each.sql_type}" for each in columns)
            connection.execute(f"CREATE TABLE {name} ({listed})")
            rows = [[row.get(each.name) for each in columns] for row in getattr(books, attribute)]
            marks = ", ".join("?" for _ in columns)
            if rows:
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
        connection.execute(
            "CREATE TABLE dim_date AS SELECT CAST(range AS DATE) AS day "
            f"FROM range(DATE '{FIRST}', DATE '{LAST}' + 1, INTERVAL 1 DAY)"
        )
        compiled.install(connection, into)
        yield connection
