"""Publishing to a database: old or new and never half, and again changes nothing."""

from __future__ import annotations

import json
import random
import secrets
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recon.run import publish as publishing
from tests.inbox import FEED, Inbox
from tests.integration.servers import PostgresBooks, Server
from tests.shell import command, environment

CUSTOMERS = """
[feeds.crm]
kind = "customers"
path = "../inbox/crm*.csv"
"""
TIERS = "customer_id,name,loyalty_tier,valid_from"


@dataclass(frozen=True)
class Warehouse:
    """A schema on a server, and a project that publishes to it."""

    server: Server
    inbox: Inbox
    schema: str

    def publish(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Publish; the document on the target."""
        found, out, err = self.inbox.run("publish", "--json", *arguments)
        assert found == code, (found, out, err)
        (target,) = json.loads(out)["targets"]
        assert isinstance(target, dict)
        return target

    def refused(self, *arguments: str) -> tuple[int, str]:
        """Publish in vain; the exit code and the sentence."""
        code, out, err = self.inbox.run("publish", *arguments)
        assert self.server.password not in out + err
        return code, err

    def ask(self, query: str) -> list[tuple[str, ...]]:
        """The rows of a query as texts; `{s}` is the schema."""
        found = self.server.execute("accounting", query.format(s=self.schema))
        return [tuple("" if cell is None else str(cell) for cell in row) for row in found]

    def revenue(self) -> Decimal:
        """The revenue that is there."""
        return Decimal(self.ask("SELECT sum(revenue) FROM {s}.fact_sales")[0][0])

    @property
    def is_postgresql(self) -> bool:
        """Whether the server is PostgreSQL."""
        return isinstance(self.server, PostgresBooks)


@pytest.fixture
def warehouse(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Warehouse]:
    """A schema of its own, and two months of sales to publish."""
    monkeypatch.setenv("BOOKS_PASSWORD", server.password)
    schema = f"recon_{secrets.token_hex(4)}"
    keys = {key: value for key, value in server.keys("accounting").items() if key != "source"}
    kind = "sqlserver"
    if isinstance(server, PostgresBooks):
        kind = "postgresql"
        keys = {"server": "127.0.0.1", "port": server.postgres.port, "database": "postgres",
                "user": "recon", "password_env": "BOOKS_PASSWORD", "encrypt": False}  # fmt: skip
        server.execute("accounting", "GRANT CREATE ON DATABASE postgres TO recon")
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    target = ["[publish.warehouse]", f'to = "{kind}"', f'schema = "{schema}"', *lines]
    inbox = Inbox(tmp_path)
    inbox.configure(FEED + CUSTOMERS + "\n".join(target) + "\n")
    inbox.put("uk-1.csv", "S1,2024-05-03,P1,C1,3,1.25", "S2,2024-06-03,P2,C2,1,10.00")
    inbox.load()
    yield Warehouse(server, inbox, schema)
    if isinstance(server, PostgresBooks):
        server.execute("accounting", f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def test_every_row_is_there_as_it_is(warehouse: Warehouse) -> None:
    """Quotes, braces, backslashes, line ends, other alphabets, and big amounts."""
    odd = ['"Lon,""don"" {x}"', "NULL", r"a\b\"", '"two\nlines"', "Łódź 東京", "'';--", "{}", ""]
    rows = [f"T{n},2024-07-0{1 + n % 9},P1,C1,-3.5,99999999.1234,{text}"
            for n, text in enumerate(odd)]  # fmt: skip
    header = "sale_id,sold_on,product_id,customer_id,quantity,unit_price,city"
    warehouse.inbox.put("uk-2.csv", *rows, header=header, at=1)
    warehouse.inbox.load()
    warehouse.publish()
    columns = "sale_id, sold_on, quantity, revenue, cost, city, load, recon_row"
    there = warehouse.ask(
        "SELECT sale_id, sold_on, quantity, revenue, cost, replace(city, chr(10), '~') AS city, "
        "load, recon_row FROM {s}.fact_sales ORDER BY load, recon_row"
        if warehouse.is_postgresql
        else "SELECT sale_id, sold_on, quantity, revenue, cost, replace(city, char(10), '~') AS "
        "city, load, recon_row FROM {s}.fact_sales ORDER BY load, recon_row"
    )
    kept = warehouse.inbox.ask(f"SELECT {columns} FROM fact_sales ORDER BY load, recon_row")
    assert there == [
        tuple("" if cell is None else str(cell).replace("\n", "~") for cell in row) for row in kept
    ]


def test_again_changes_nothing(warehouse: Warehouse) -> None:
    """Not even the moment at which it was published."""
    assert warehouse.publish()["before"] is None
    noted = warehouse.ask("SELECT * FROM {s}.recon_publication")
    found = warehouse.publish()
    assert (found["parts"], found["before"]) == ([], 1)
    assert warehouse.ask("SELECT * FROM {s}.recon_publication") == noted


def test_keys_find_the_dimensions(warehouse: Warehouse) -> None:
    """Every fact has its day, product, customer and load."""
    warehouse.publish()
    joined = """SELECT s.sale_id, d.weekday_name, p.product_id, c.customer_id, l.feed
        FROM {s}.fact_sales s JOIN {s}.dim_date d ON d.day = s.sold_on
        JOIN {s}.dim_product p ON p.product_id = s.product_id
        JOIN {s}.dim_customer c ON c.customer_key = s.customer_key
        JOIN {s}.loads l ON l.load = s.load ORDER BY s.sale_id"""
    wanted = [("S1", "Friday", "P1", "C1", "uk"), ("S2", "Monday", "P2", "C2", "uk")]
    assert warehouse.ask(joined) == wanted


def test_only_what_changed_is_written(warehouse: Warehouse) -> None:
    """A new sale of June, a new month, a product that got its name; May stays untouched."""
    warehouse.publish()
    where = "FROM {s}.fact_sales WHERE sold_on < '2024-06-01'"
    mark = "SELECT xmin, ctid " if warehouse.is_postgresql else "SELECT %%physloc%% "
    may = warehouse.ask(mark + where)
    warehouse.inbox.put("uk-2.csv", "S3,2024-06-09,P1,C1,1,5.00", "S4,2024-07-01,P3,,2,1.00", at=9)
    warehouse.inbox.load()
    parts = warehouse.publish()["parts"]
    assert {p["month"] for p in parts if p["table"] == "fact_sales"} == {"2024-06", "2024-07"}
    assert warehouse.revenue() == Decimal("20.75")
    assert warehouse.ask(mark + where) == may
    orphans = "SELECT count(*) FROM {s}.fact_sales WHERE customer_key IS NULL"
    assert warehouse.ask(orphans) == [("1",)]


def test_a_new_version_of_a_customer_names_the_sales_again(warehouse: Warehouse) -> None:
    """Only those that it concerns, though none of their months was sent again."""
    warehouse.inbox.put("crm-1.csv", "C1,Ann,Silver,2020-01-01", header=TIERS, at=1)
    warehouse.inbox.put("uk-2.csv", "S3,2024-06-09,P1,C1,1,5.00", at=2)
    warehouse.inbox.load()
    warehouse.publish()
    warehouse.inbox.put("crm-2.csv", "C1,Ann,Gold,2024-06-01", header=TIERS, at=3)
    warehouse.inbox.load()
    parts = warehouse.publish()["parts"]
    assert "fact_sales" not in {part["table"] for part in parts}
    tiers = """SELECT s.sale_id, c.loyalty_tier FROM {s}.fact_sales s JOIN {s}.dim_customer c
        ON c.customer_key = s.customer_key WHERE c.customer_id = 'C1' ORDER BY s.sale_id"""
    assert warehouse.ask(tiers) == [("S1", "Silver"), ("S3", "Gold")]


def test_what_is_taken_back_goes_there_too(warehouse: Warehouse) -> None:
    """A load that is undone, and a customer who is forgotten."""
    warehouse.publish()
    warehouse.inbox.put("uk-2.csv", "S3,2024-06-09,P9,C9,1,5.00", at=2)
    warehouse.inbox.load()
    warehouse.publish()
    assert warehouse.inbox.run("load", "--undo", "2")[0] == 0
    assert warehouse.inbox.run("store", "forget", "C1")[0] == 0
    warehouse.publish()
    assert warehouse.revenue() == Decimal("13.75")
    customers = "SELECT customer_id FROM {s}.dim_customer ORDER BY 1"
    assert warehouse.ask(customers) == [("C2",), ("forgotten-1",)]
    assert warehouse.ask("SELECT product_id FROM {s}.dim_product ORDER BY 1") == [("P1",), ("P2",)]


def test_keys_indexes_and_partitions(warehouse: Warehouse) -> None:
    """Foreign keys on every reference, an index on every key, a partition a month."""
    if not warehouse.is_postgresql:
        pytest.skip("the catalog that is asked is PostgreSQL's")
    warehouse.publish()
    table = "'{s}.fact_sales'::regclass"
    foreign = f"SELECT count(*) FROM pg_constraint WHERE conrelid = {table} AND contype = 'f'"
    assert warehouse.ask(foreign) == [("5",)]
    months = f"SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = {table} ORDER BY 1"
    assert [row[0].split(".")[-1] for row in warehouse.ask(months)] == [
        "fact_sales_2024_05", "fact_sales_2024_06",
    ]  # fmt: skip
    indexed = f"SELECT indexdef FROM pg_indexes WHERE schemaname = '{warehouse.schema}' " \
        "AND tablename = 'fact_sales'"  # fmt: skip
    found = " ".join(row[0] for row in warehouse.ask(indexed))
    for columns in (
        "(sold_on, load, recon_row)", "(product_id)", "(customer_key)", "(region_key)",
    ):  # fmt: skip
        assert columns in found


def test_a_dry_run_changes_nothing(warehouse: Warehouse) -> None:
    """There is no schema before, and none after."""
    assert {part["rows"] for part in warehouse.publish("--dry-run")["parts"]} >= {1}
    schemas = "SELECT count(*) FROM information_schema.schemata WHERE schema_name = '{s}'"
    assert warehouse.ask(schemas) == [("0",)]


def test_tables_of_somebody_else_are_left_alone(warehouse: Warehouse) -> None:
    """A schema that is not ours is refused, and so is that of another store."""
    warehouse.ask("CREATE SCHEMA {s}")
    warehouse.ask("CREATE TABLE {s}.theirs (x int)")
    code, sentence = warehouse.refused()
    assert (code, "holds tables that recon has not made (theirs)" in sentence) == (2, True)
    warehouse.ask("DROP TABLE {s}.theirs")
    if warehouse.is_postgresql:
        warehouse.ask("DROP SCHEMA {s}")
    warehouse.publish()
    warehouse.ask("UPDATE {s}.recon_publication SET store = 'another'")
    code, sentence = warehouse.refused()
    assert (code, "another store has published" in sentence) == (2, True)
    warehouse.publish("--whole")
    assert warehouse.revenue() == Decimal("13.75")


def test_changed_tables_are_found_and_put_right(warehouse: Warehouse) -> None:
    """A row of a month that is not sent again: the sums differ, and nothing is published."""
    warehouse.publish()
    warehouse.ask("UPDATE {s}.fact_sales SET revenue = 1 WHERE sale_id = 'S1'")
    warehouse.inbox.put("uk-2.csv", "S3,2024-06-09,P1,C1,1,5.00", at=9)
    warehouse.inbox.load()
    code, sentence = warehouse.refused()
    assert code == 7
    assert "fact_sales of 2024-05 would have 1.0000 as revenue in the target" in sentence
    assert warehouse.revenue() == Decimal(11)
    warehouse.publish("--whole")
    assert warehouse.revenue() == Decimal("18.75")


def test_another_form_of_the_tables_is_made_anew(warehouse: Warehouse) -> None:
    """As an older recon would have left them."""
    warehouse.publish()
    warehouse.ask("UPDATE {s}.recon_publication SET shape = 'older'")
    assert warehouse.publish()["remade"] is True
    assert warehouse.revenue() == Decimal("13.75")


def test_views_follow_their_definition(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is made, replaced when it changes, and goes when it is no longer defined."""
    select = "SELECT currency, sum(revenue) AS revenue FROM {schema}.fact_sales GROUP BY currency"
    for text in (select, select.replace("revenue FROM", "total FROM")):
        monkeypatch.setattr(publishing, "figure_views", lambda t=text: iter([("by_currency", t)]))
        assert warehouse.publish()["views"] == ["by_currency"]
        assert warehouse.publish()["views"] == []
    assert warehouse.ask("SELECT total FROM {s}.by_currency") == [("13.7500",)]
    monkeypatch.setattr(publishing, "figure_views", lambda: iter(()))
    warehouse.publish()
    views = "SELECT count(*) FROM information_schema.views WHERE table_schema = '{s}'"
    assert warehouse.ask(views) == [("0",)]


def test_a_figure_is_the_same_in_the_view_as_in_recon_kpi(warehouse: Warehouse) -> None:
    """By month, every measure of sales that the view has."""
    assert warehouse.publish()["views"] == ["figures_sales", "figures_credits", "figures_debits"]
    names = ("revenue", "quantity", "lines", "discount", "tax")
    columns = ", ".join(f"sum({name})" for name in names)
    found = warehouse.ask(
        f"SELECT year_month, {columns} FROM {{s}}.figures_sales GROUP BY year_month"
    )
    code, out, err = warehouse.inbox.run(
        "kpi", ",".join(names), "--by", "month", "--period", "2024-05..2024-06", "--format", "json"
    )
    assert code == 0, err
    (table,) = json.loads(out)["tables"]
    shown = {
        row["keys"][0]: [Decimal(row["values"][name]) for name in names] for row in table["rows"]
    }
    assert {month: [*map(Decimal, rest)] for month, *rest in found} == shown


def test_a_target_that_cannot_be_reached_is_one_sentence(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password, and no right to create; the password is never shown."""
    monkeypatch.setenv("BOOKS_PASSWORD", "wrong;}pass")
    code, sentence = warehouse.refused()
    assert (code, "rejects the login" in sentence, "wrong;" in sentence) == (7, True, False)
    if warehouse.is_postgresql:
        monkeypatch.setenv("BOOKS_PASSWORD", warehouse.server.password)
        warehouse.ask("REVOKE CREATE ON DATABASE postgres FROM recon")
        code, sentence = warehouse.refused()
        assert (code, "does not let the login make and change tables" in sentence) == (7, True)


def _larger(warehouse: Warehouse, price: str, at: int) -> None:
    rows = [f"B{n},2024-{1 + n % 9:02}-11,P{n % 50},C{n % 70},1,{price}" for n in range(20_000)]
    warehouse.inbox.put("uk-9.csv", *rows, at=at)
    warehouse.inbox.load()


def test_readers_see_old_or_new(warehouse: Warehouse) -> None:
    """While everything is replaced, every look finds the one or the other."""
    _larger(warehouse, "1.00", 1)
    warehouse.publish()
    before = warehouse.revenue()
    _larger(warehouse, "2.00", 2)
    seen = []
    with subprocess.Popen(
        command("publish"), cwd=warehouse.inbox.folder, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        while process.poll() is None:
            seen.append(warehouse.revenue())
    assert process.returncode == 0
    seen.append(warehouse.revenue())
    assert set(seen) == {before, before + 20_000}
    assert seen == sorted(seen)


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_publication_leaves_old_or_new(warehouse: Warehouse, seed: int) -> None:
    """Killed at a random point, the first time and later; then again to the end."""
    chance = random.Random(seed)  # noqa: S311 - when to kill
    for turn, price in enumerate(("1.00", "2.00", "3.00")):
        _larger(warehouse, price, turn)
        process = subprocess.Popen(
            command("publish"), cwd=warehouse.inbox.folder, env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(chance.uniform(0.3, 5.0))
        process.kill()
        process.wait()
        tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = '{s}'"
        if warehouse.ask(tables) != [("0",)]:
            assert warehouse.revenue() in (
                Decimal("13.75") + 20_000 * sold for sold in range(turn + 2) if sold
            )
    warehouse.publish()
    assert warehouse.revenue() == Decimal("60013.75")
    assert warehouse.publish()["parts"] == []
