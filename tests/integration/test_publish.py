"""Publishing as Parquet: a folder that anything reads, and only what changed is written."""

from __future__ import annotations

import json
import random
import re
import subprocess
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recon.store.session import literal, open_session
from tests.inbox import FEED, Inbox
from tests.shell import command, environment

TARGET = """
[publish.files]
to = "parquet"
path = "../published"
"""
CUSTOMERS = """
[feeds.crm]
kind = "customers"
path = "../inbox/crm*.csv"
"""


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """Two months of sales, loaded, with a target."""
    found = Inbox(tmp_path)
    found.configure(FEED + CUSTOMERS + TARGET)
    found.put("uk-1.csv", "S1,2024-05-03,P1,C1,3,1.25", "S2,2024-06-03,P2,C2,1,10.00")
    found.load()
    return found


def published(inbox: Inbox, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Publish; the document on the only target."""
    found, out, err = inbox.run("publish", "--json", *arguments)
    assert found == code, (found, out, err)
    (target,) = json.loads(out)["targets"]
    assert isinstance(target, dict)
    return target


def asked(inbox: Inbox, query: str) -> list[Any]:
    """The rows of a query over the published files, tables by `{name}`."""
    folder = inbox.folder / "published"
    tables = {
        path.name: f"read_parquet({literal(f'{path.as_posix()}/**/*.parquet')})"
        for path in folder.iterdir()
        if path.is_dir()
    }
    with open_session() as session:
        return session.execute(query.format(**tables)).fetchall()


def test_the_star_is_there_for_anything_that_reads_parquet(inbox: Inbox) -> None:
    """Facts by month, with keys that find the customer, the region and the day."""
    published(inbox)
    assert asked(inbox, "SELECT year_month, revenue FROM {fact_sales} ORDER BY 1") == [
        ("2024-05", Decimal("3.7500")),
        ("2024-06", Decimal("10.0000")),
    ]
    joined = """SELECT s.sale_id, c.placeholder, d.weekday_name, p.product_id FROM {fact_sales} s
        JOIN {dim_customer} c USING (customer_key) JOIN {dim_date} d ON d.day = s.sold_on
        JOIN {dim_product} p USING (product_id) JOIN {loads} l ON l.load = s.load ORDER BY 1"""
    assert asked(inbox, joined) == [("S1", True, "Friday", "P1"), ("S2", True, "Monday", "P2")]


def test_again_changes_nothing(inbox: Inbox) -> None:
    """Neither a file nor its time."""
    published(inbox)
    times = {path: path.stat().st_mtime_ns for path in (inbox.folder / "published").rglob("*.*")}
    assert published(inbox)["parts"] == []
    code, out, _ = inbox.run("publish")
    assert (code, out.splitlines()[0].endswith("has snapshot 1 already; nothing changed.")) == (
        0,
        True,
    )
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_only_the_month_that_changed_is_written(inbox: Inbox) -> None:
    """May stays as it is when June gets another sale."""
    published(inbox)
    may = inbox.folder / "published/fact_sales/year_month=2024-05/fact_sales.parquet"
    before = may.stat().st_mtime_ns
    inbox.put("uk-2.csv", "S3,2024-06-09,P1,C1,1,5.00", at=9)
    inbox.load()
    parts = published(inbox)["parts"]
    assert {p["month"] for p in parts if p["table"] == "fact_sales"} == {"2024-06"}
    assert may.stat().st_mtime_ns == before
    assert asked(inbox, "SELECT sum(revenue) FROM {fact_sales}") == [(Decimal("18.7500"),)]


def test_a_sale_keeps_the_tier_of_its_day(inbox: Inbox) -> None:
    """The version of a customer that held when the sale was made."""
    rows = "customer_id,name,loyalty_tier,valid_from"
    inbox.put("crm-1.csv", "C1,Ann,Silver,2020-01-01", header=rows, at=1)
    inbox.load()
    inbox.put("crm-2.csv", "C1,Ann,Gold,2024-06-01", header=rows, at=2)
    inbox.put("uk-2.csv", "S3,2024-06-09,P1,C1,1,5.00", at=3)
    inbox.load()
    published(inbox)
    tiers = """SELECT sale_id, loyalty_tier FROM {fact_sales} JOIN {dim_customer} c
        USING (customer_key) WHERE c.customer_id = 'C1' ORDER BY 1"""
    assert asked(inbox, tiers) == [("S1", "Silver"), ("S3", "Gold")]


def test_a_dry_run_writes_nothing(inbox: Inbox) -> None:
    """It says how many rows of which months there would be."""
    found = published(inbox, "--dry-run")
    assert {p["rows"] for p in found["parts"] if p["table"] == "fact_sales"} == {1}
    assert not (inbox.folder / "published").exists()
    assert not (inbox.folder / "publish").exists()


def test_files_of_somebody_else_are_left_alone(inbox: Inbox) -> None:
    """A folder that recon has not made is refused."""
    other = inbox.folder / "published/theirs.txt"
    other.parent.mkdir()
    other.write_text("theirs", encoding="utf-8")
    code, _, err = inbox.run("publish")
    assert (code, "holds files that recon has not made" in err) == (2, True)
    assert other.read_text(encoding="utf-8") == "theirs"


def test_a_file_that_somebody_changed_is_put_right(inbox: Inbox) -> None:
    """With --whole every file is compared, and only what differs is written."""
    published(inbox)
    folder = inbox.folder / "published/fact_sales"
    may, june = sorted(folder.rglob("*.parquet"))
    before = june.stat().st_mtime_ns
    may.write_bytes(june.read_bytes())
    assert published(inbox)["parts"] == []
    published(inbox, "--whole")
    assert asked(inbox, "SELECT sum(revenue) FROM {fact_sales}") == [(Decimal("13.7500"),)]
    assert june.stat().st_mtime_ns == before


def test_a_month_that_is_gone_goes_there_too(inbox: Inbox) -> None:
    """A load that is taken back leaves an empty month, and no row of it."""
    published(inbox)
    assert inbox.run("load", "--undo", "1")[0] == 0
    published(inbox)
    assert asked(inbox, "SELECT count(*) FROM {fact_sales}") == [(0,)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_killed_publication_is_made_whole_by_the_next(inbox: Inbox, seed: int) -> None:
    """Killed at a random point, every file is whole, old or new; the next one ends it."""
    chance = random.Random(seed)  # noqa: S311 - when to kill
    for turn in (1, 2, 3):
        rows = [f"B{n},2024-{1 + n % 9:02}-11,P{n % 50},C{n % 70},1,{turn}" for n in range(9_000)]
        inbox.put("uk-9.csv", *rows, at=turn)
        inbox.load()
        process = subprocess.Popen(
            command("publish"), cwd=inbox.folder, env=environment(), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(chance.uniform(0.4, 3.0))
        process.kill()
        process.wait()
        if list((inbox.folder / "published/fact_sales").rglob("*.parquet")):
            prices = "SELECT DISTINCT unit_price FROM {fact_sales} WHERE starts_with(sale_id, 'B')"
            assert {int(price) for (price,) in asked(inbox, prices)} <= set(range(1, turn + 1))
    published(inbox)
    assert asked(inbox, "SELECT sum(revenue) FROM {fact_sales}") == [(Decimal("27013.7500"),)]
    assert published(inbox)["parts"] == []
    assert list((inbox.folder / "published").rglob("*.tmp")) == []


def test_power_bi_gets_a_connection_and_the_model(inbox: Inbox) -> None:
    """Every relationship names columns that the model's tables have."""
    model = Path(published(inbox)["model"])
    connection = json.loads((model / "recon.pbids").read_text(encoding="utf-8"))
    assert connection["connections"][0]["details"] == {
        "protocol": "folder",
        "address": {"path": str(inbox.folder / "published")},
    }
    definition = model / "recon.SemanticModel/definition"
    columns = {
        f"{path.stem}.{line.split()[1]}"
        for path in (definition / "tables").glob("*.tmdl")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("\tcolumn ")
    }
    sales = (definition / "tables/fact_sales.tmdl").read_text(encoding="utf-8")
    total = "IF(HASONEVALUE(fact_sales[currency]), SUM(fact_sales[revenue]))"
    assert f"\tmeasure 'Total revenue' = {total}\n" in sales
    assert "\tmeasure 'Margin %' = DIVIDE([Gross profit], [Total revenue])\n" in sales
    # A measure has the name of no column of its table, and refers to what is there.
    own = {line.split("'")[1] for line in sales.splitlines() if line.startswith("\tmeasure ")}
    used = set(re.findall(r"(?:fact_sales)?\[[^]]+\]", "".join(re.findall("measure.*", sales))))
    assert used <= {f"[{name}]" for name in own} | {
        each.replace(".", "[") + "]" for each in columns if each.startswith("fact_sales.")
    }
    assert not {f"fact_sales.{name.lower()}" for name in own} & columns
    text = (definition / "relationships.tmdl").read_text(encoding="utf-8")
    ends = [line.split()[1] for line in text.splitlines() if "Column: " in line]
    assert "fact_sales.customer_key" in ends and set(ends) <= columns
    assert "not opened in Power BI" in (definition / "model.tmdl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["elsewhere"], 2, "There is no target 'elsewhere'; the configuration has files."),
        (["--to", "ftp:there"], 2, "'ftp:there' is no target"),
        (["--to", "postgresql:there"], 2, "no [publish.there] in the configuration"),
        (["--to", "postgresql:DSN=x;PWD=secret7"], 2, "it contains a password"),
        (["files", "--to", "parquet:x"], 2, "but not both"),
    ],
)
def test_what_is_no_target_is_refused(
    inbox: Inbox, arguments: list[str], code: int, words: str
) -> None:
    """In one sentence, without any secret."""
    found, out, err = inbox.run("publish", *arguments)
    assert (found, words in err) == (code, True), err
    assert "secret7" not in out + err


def test_mistakes_of_a_target_are_all_named(tmp_path: Path) -> None:
    """A wrong kind, a missing server, a password, and an unknown key."""
    inbox = Inbox(tmp_path)
    inbox.configure(
        FEED + '[publish.a]\nto = "postgresql"\ndatabase = "d"\nschema = "No Schema"\n'
        '[publish.b]\nto = "parquet"\n[publish.c]\nto = "sqlserver"\nconnection = "PWD=x"\n'
        '[publish.d]\nto = "tape"\n[publish.e]\nto = "parquet"\npath = "x"\nschema = "recon"\n'
    )  # fmt: skip
    code, _, err = inbox.run("publish")
    assert code == 4
    for words in (
        "publish.a.server: is missing", "publish.a.schema: 'No Schema' is no name",
        "publish.b.path: is missing", "publish.c.connection: it contains a password",
        "publish.d.to:", "publish.e.schema: is not a known key",
    ):  # fmt: skip
        assert words in err
