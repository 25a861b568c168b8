"""`recon init` with a folder of feeds: kinds, columns and notations are found, and then loaded."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from unittest import mock

import pytest

from recon.config import load
from recon.sources.sample import feeds
from tests.inbox import Inbox
from tests.integration.test_init_files import Typed
from tests.shell import in_process

SIDES = '[analytics]\nsource = "sample"\n[accounting]\nsource = "sample"\n'


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """An empty project."""
    return Inbox(tmp_path)


def init(inbox: Inbox, *options: str, answers: str | None = None, code: int = 0) -> str:
    """Run `recon init inbox`; return what it prints."""
    stdin = io.StringIO() if answers is None else Typed(answers)
    with mock.patch.object(sys, "stdin", stdin):
        done = in_process("init", "inbox", *options, cwd=inbox.folder, env={"COLUMNS": "160"})
    assert done.returncode == code, done.stderr.decode()
    return done.stdout.decode() + done.stderr.decode()


@pytest.mark.slow
def test_the_samples_files_are_understood_without_an_answer(inbox: Inbox) -> None:
    """Kinds, columns, notations and regions are those that the sample's own configuration has."""
    feeds.make(inbox.folder)
    path = inbox.folder / "config" / "recon.toml"
    wanted = load(path).feeds
    path.unlink()
    init(inbox)
    found = load(path).feeds
    assert set(found) == set(wanted)
    for name, feed in found.items():
        own = wanted[name]
        assert (feed.kind, feed.path) == (own.kind, own.path)
        # The name of a file does not say where a kiosk is.
        assert name == "kiosk" or feed.fixed == own.fixed
        assert {ours: their.lower() for ours, their in feed.columns.items()} == {
            ours: their.lower() for ours, their in own.columns.items() if ours != their.lower()
        }
        assert feed.encoding == own.encoding.removesuffix("-sig")
        assert feed.dates == own.dates
        assert feed.decimal in (None, own.decimal or ".")


def test_rates_and_a_market_are_known(inbox: Inbox) -> None:
    """Into which currency rates are is asked, or told as a doubt."""
    inbox.put("rates1.csv", "2024-06-03,GBP,1.1534", "2024-06-04,USD,0.92",
              header="Date,Currency,Exchange Rate")  # fmt: skip
    inbox.put("market.csv", "2024-06-01,North,,1200", header="Month,Region,Category,Units")
    assert "nothing says the currency of rates" in init(inbox)
    found = load(inbox.folder / "config" / "recon.toml").feeds
    assert {(name, feed.kind.name) for name, feed in found.items()} == {
        ("rates", "rates"), ("market", "market"),
    }  # fmt: skip
    assert found["rates"].columns == {"valid_from": "Date", "rate": "Exchange Rate"}
    inbox.load()
    assert inbox.ask("SELECT count(*) FROM fact_rates") == [(2,)]
    assert inbox.ask("SELECT sum(quantity) FROM fact_market") == [(1200,)]


def test_files_of_every_kind_are_loaded_after_it(inbox: Inbox) -> None:
    """Packed, JSON lines, UTF-16; a sender is known by its name, a region by a code in it."""
    inbox.put("UK_sales_2024-06-03.csv", "S1;03/06/2024;A1;2;1,50", "S2;13/06/2024;A2;1;2,00",
              header="Invoice No;Date;SKU;Qty;Price")  # fmt: skip
    packed = b"Invoice No;Date;SKU;Qty;Price\nS3;14/06/2024;A1;2;1,50\n"
    inbox.put_bytes("UK_sales_2024-06-14.csv.gz", gzip.compress(packed))
    line = {"payment no": "P1", "paid on": "2024-06-20", "customer": "C1", "amount": 3.5}
    inbox.put_bytes("payments.jsonl", json.dumps(line).encode() + b"\n")
    stock = "sku\tcounted\tStock\nA1\t2024-06-30\t7\n".encode("utf-16")
    inbox.put_bytes("stock leeds.txt", stock)
    text = init(inbox)
    assert "feeds.uk-sales.fixed.region" in text
    assert "feeds.stock-leeds.fixed.location" in text
    found = load(inbox.folder / "config" / "recon.toml").feeds
    assert {(name, feed.kind.name, feed.currency) for name, feed in found.items()} == {
        ("uk-sales", "sales", "GBP"),
        ("payments", "credits", "USD"),
        ("stock-leeds", "inventory", "USD"),
    }
    assert found["uk-sales"].fixed == {"region": "UK"}
    inbox.load()
    assert inbox.revenue() == 8
    assert inbox.ask("SELECT location, on_hand FROM fact_inventory") == [("stock-leeds", 7)]


def test_what_nothing_proves_is_asked(inbox: Inbox) -> None:
    """Days and amounts that could mean two things, and the currency; at a terminal."""
    inbox.put("shop.csv", "S1,03/04/2024,A1,2,1.500", header="order id,date,sku,qty,price")
    text = init(inbox, "--currency", "EUR", answers="1\n.\n")
    assert "03 April 2024" in text
    inbox.load()
    assert inbox.sales("sold_on::VARCHAR, currency, revenue") == [("2024-04-03", "EUR", 3)]


def test_what_is_open_is_listed_and_left_for_one_correction(inbox: Inbox) -> None:
    """Without a terminal, the configuration has both ways as comments."""
    inbox.put("shop.csv", "S1,03/04/2024,A1,2,1.50", header="order id,date,sku,qty,price")
    assert "feeds.shop.dates" in init(inbox)
    path = inbox.folder / "config" / "recon.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('# dates = "dmy"', 'dates = "dmy"'), encoding="utf-8")
    inbox.load()
    assert inbox.revenue() == 3


def test_values_that_abbreviate_a_known_one_are_mapped(inbox: Inbox) -> None:
    """By the categories of the products."""
    inbox.put("products.csv", "A1,Truffle,Chocolate", "A2,Toffee,Sugar",
              header="sku,description,category")  # fmt: skip
    inbox.put("shop.csv", "S1,2024-06-03,A1,2,1.50,Choc.", "S2,2024-06-03,A2,2,1.50,sugar",
              header="order id,date,sku,qty,price,group")  # fmt: skip
    init(inbox)
    values = load(inbox.folder / "config" / "recon.toml").feeds["shop"].values
    assert {ours: dict(of) for ours, of in values.items()} == {"category": {"Choc.": "Chocolate"}}


def test_feeds_are_added_to_a_configuration(inbox: Inbox) -> None:
    """Once each, after what is there, of which a copy is kept."""
    inbox.configure(SIDES + '[policy]\ncurrency = "GBP"\n')
    inbox.put("shop.csv", "S1,2024-06-03,A1,2,1.50", header="order id,date,sku,qty,price")
    init(inbox)
    inbox.put("web.csv", "S1,2024-06-03,A1,2,1.50", header="order id,date,sku,qty,price")
    init(inbox)
    path = inbox.folder / "config" / "recon.toml"
    assert list(load(path).feeds) == ["shop", "web"]
    assert {feed.currency for feed in load(path).feeds.values()} == {"GBP"}
    assert (path.parent / "recon.toml.bak").read_text(encoding="utf-8").startswith(SIDES)
    assert "configured already" in init(inbox, "--feeds", code=2)


def test_a_file_that_is_of_no_feed_is_named(inbox: Inbox) -> None:
    """With the columns that it would need."""
    inbox.put("shop.csv", "S1,2024-06-03,A1,2,1.50", header="order id,date,sku,qty,price")
    inbox.put("notes.csv", "a,b", header="remark,author")
    inbox.put_bytes("empty.csv", b"")
    text = init(inbox)
    assert "Not used:" in text
    assert "notes.csv" in text
    assert "empty.csv is empty" in text
