"""Feeds, through the front door: files that arrive become a star that can be trusted."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from tests.inbox import FEED, SALES, Inbox, fates
from tests.shell import one_sentence

LINED = f"{SALES.replace('sale_id,', 'sale_id,line,')}"


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """An inbox with a feed of sales in pounds."""
    found = Inbox(tmp_path)
    found.configure()
    return found


def test_a_file_becomes_sales(inbox: Inbox) -> None:
    """Revenue is quantity x price, exactly; a discount that is missing is 0."""
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.0050", "S2,2024-07-01,P2,,-1,2.50")
    (file,) = inbox.load()["files"]
    assert fates(file) == {"inserted": 2}
    assert inbox.sales() == [
        ("S1", "P1", Decimal(3), Decimal("3.0150")),
        ("S2", "P2", Decimal(-1), Decimal("-2.5000")),
    ]
    assert inbox.ask("SELECT product_id, placeholder FROM dim_product ORDER BY ALL") == [
        ("P1", True),
        ("P2", True),
    ]


def test_every_row_is_accounted_for(inbox: Inbox) -> None:
    """What cannot be read is rejected with its line, column and cell, and the rest is loaded."""
    inbox.put(
        "uk-1.csv",
        "S1,2024-06-03,P1,C1,3,1.00",
        "S2,2024-06-31,P1,C1,3,1.00",
        "S3,2024-06-03,P1,C1,three,1.00",
        ",2024-06-03,P1,C1,3,1.00",
        "S5,2024-06-03,P1,C1,3,",
    )
    (file,) = inbox.load(code=3)["files"]
    assert fates(file) == {"inserted": 1, "rejected": 4}
    assert file["rows"] == 5
    assert [(row["place"], row["column"], row["cell"]) for row in file["rejected_rows"]] == [
        ("uk-1.csv, line 3", "sold_on", "2024-06-31"),
        ("uk-1.csv, line 4", "quantity", "three"),
        ("uk-1.csv, line 5", "sale_id", None),
        ("uk-1.csv, line 6", "revenue", None),
    ]
    assert inbox.revenue() == 3


def test_an_open_day_is_never_guessed(inbox: Inbox) -> None:
    """3 April or 4 March: the feed says it, not the content of a day."""
    inbox.put("uk-1.csv", "S1,03/04/2024,P1,C1,1,1", "S2,28/04/2024,P1,C1,1,1")
    (file,) = inbox.load(code=3)["files"]
    assert "dates" in file["rejected_rows"][0]["reason"]
    inbox.configure(FEED + 'dates = "dmy"\n')
    (file,) = inbox.load()["files"]
    assert fates(file) == {"inserted": 2, "mended": 2}
    assert [str(day) for (day,) in inbox.sales("sold_on")] == ["2024-04-03", "2024-04-28"]


@pytest.mark.parametrize(("decimal", "revenue"), [(",", 12_000), (".", 12)])
def test_an_open_amount_is_never_guessed(inbox: Inbox, decimal: str, revenue: int) -> None:
    """12.000 is twelve or twelve thousand: the feed says it."""
    inbox.put("uk-1.csv", "S1,2024-04-03,P1,C1,1,12.000")
    (file,) = inbox.load(code=3)["files"]
    assert "unit_price '12.000' is open" in file["rejected_rows"][0]["reason"]
    inbox.configure(FEED + f'decimal = "{decimal}"\n')
    (file,) = inbox.load()["files"]
    assert fates(file) == {"inserted": 1, "mended": 1}
    assert inbox.revenue() == revenue


def test_the_same_bytes_change_nothing(inbox: Inbox) -> None:
    """Not the second time, and not under another name."""
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.00")
    first = inbox.load()
    inbox.put("uk-2.csv", "S1,2024-06-03,P1,C1,3,1.00")
    again = inbox.load()
    assert [file["status"] for file in again["files"]] == ["known", "known"]
    assert again["snapshot"] == first["snapshot"]
    assert inbox.revenue() == 3


def test_equal_lines_of_a_sale_are_two_lines(inbox: Inbox) -> None:
    """Without line numbers equal rows are counted, unless the feed drops them."""
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.00", "S1,2024-06-03,P1,C1,3,1.00")
    (file,) = inbox.load()["files"]
    assert fates(file) == {"inserted": 2}
    inbox.configure(FEED + 'repeats = "drop"\n')
    inbox.put("uk-2.csv", *["S2,2024-06-03,P1,C1,3,1.00"] * 2, at=1)
    files = inbox.load("inbox/uk-2.csv")["files"]
    assert fates(files[0]) == {"inserted": 1, "repeated": 1}


def test_a_later_file_replaces_the_rows_of_its_sales(inbox: Inbox) -> None:
    """Equal rows stay, others change, and what is no longer there is removed."""
    inbox.put(
        "uk-1.csv",
        "S1,2024-06-03,P1,C1,3,1.00",
        "S1,2024-06-03,P2,C1,1,5.00",
        "S1,2024-06-03,P3,C1,1,7.00",
        "S2,2024-06-03,P1,C1,1,1.00",
    )
    inbox.load()
    inbox.put("uk-2.csv", "S1,2024-06-03,P1,C1,3,1.00", "S1,2024-06-03,P2,C1,2,5.00", at=1)
    file = inbox.load()["files"][1]
    assert fates(file) == {"unchanged": 1, "updated": 1, "removed": 1}
    assert inbox.revenue() == 3 + 10 + 1
    assert file["restated"] == [
        {"month": "2024-06", "measure": "revenue", "currency": "GBP", "change": "-2.0000",
         "rows": 1}
    ]  # fmt: skip


def test_with_lines_rows_have_a_key_each(inbox: Inbox) -> None:
    """An equal row again is repeated, another one of its key rejects both."""
    inbox.put(
        "uk-1.csv",
        "S1,1,2024-06-03,P1,C1,3,1.00",
        "s1,2,2024-06-03,P1,C1,3,1.00",
        "S1,1,2024-06-03,P1,C1,3,1.00",
        "S3,1,2024-06-03,P1,C1,3,1.00",
        "S3,1,2024-06-03,P1,C1,4,1.00",
        header=LINED,
    )
    (file,) = inbox.load(code=3)["files"]
    assert fates(file) == {"inserted": 2, "repeated": 1, "rejected": 2}
    assert file["rejected_rows"][0]["reason"] == (
        "lines 5 and 6 have the same sale_id and line and different content"
    )
    inbox.put("uk-2.csv", "S1,1,2024-06-03,P1,C1,9,1.00", header=LINED, at=1)
    assert fates(inbox.load()["files"][1]) == {"updated": 1}
    assert inbox.revenue() == 9 + 3


def test_the_last_row_of_a_key_counts_where_the_feed_says_so(inbox: Inbox) -> None:
    """`on_conflict = "last"` takes the later of two rows."""
    inbox.configure(FEED + 'on_conflict = "last"\n')
    inbox.put("uk-1.csv", "S3,1,2024-06-03,P1,C1,3,1", "S3,1,2024-06-03,P1,C1,4,1", header=LINED)
    (file,) = inbox.load()["files"]
    assert fates(file) == {"inserted": 1, "repeated": 1}
    assert inbox.revenue() == 4


def test_a_mended_row_takes_the_place_of_its_rejection(inbox: Inbox) -> None:
    """The file of rejected rows, put right, makes the load whole; sent twice it adds nothing."""
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.00", "S1,2024-06-03,P2,=1+1,x,2.00")
    (file,) = inbox.load(code=3)["files"]
    rejected = Path(file["rejected_file"])
    assert rejected.name == "uk-1.rejected.csv"
    with rejected.open(encoding="utf-8-sig", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert (row["sale_id"], row["customer_id"], row["quantity"]) == ("S1", "'=1+1", "x")
    assert (row["recon_load"], row["recon_row"]) == ("1", "2")
    text = rejected.read_text(encoding="utf-8-sig").replace(",x,", ",5,")
    inbox.put_bytes("uk-1.rejected.csv", text.encode(), at=1)
    mended = inbox.load()["files"][1]
    assert fates(mended) == {"inserted": 1, "mended": 1}
    assert inbox.sales("product_id, customer_id, revenue") == [
        ("P1", "C1", Decimal(3)),
        ("P2", "=1+1", Decimal(10)),
    ]
    inbox.put_bytes("uk-1b.rejected.csv", text.encode() + b"\n", at=2)
    assert fates(inbox.load()["files"][2]) == {"repeated": 1}


def test_a_file_beyond_its_limit_is_refused_whole(inbox: Inbox) -> None:
    """Nothing of it is loaded, the exit code is 6, and it is not read again by itself."""
    inbox.configure(FEED + 'max_rejected = "40%"\n')
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.00", "S2,2024-06-03,P1,C1,x,1.00")
    document = inbox.load(code=6)
    assert "1 of 2 rows would be rejected" in document["files"][0]["reason"]
    assert inbox.load()["files"][0]["status"] == "known"
    inbox.configure(FEED + 'max_rejected = "50%"\n')
    assert fates(inbox.load(code=3)["files"][0]) == {"inserted": 1, "rejected": 1}


def test_missing_columns_are_told_with_the_mapping_that_mends_it(inbox: Inbox) -> None:
    """A renamed column is a sentence with a line for the configuration."""
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.00", header=SALES.replace("sale_id", "Invoice"))
    reason = inbox.load(code=6)["files"][0]["reason"]
    assert "it has no column sale_id" in reason
    assert 'set sale_id = "Invoice" under [feeds.uk.columns]' in reason


def test_a_preview_changes_nothing(inbox: Inbox) -> None:
    """`--dry-run` counts, and leaves neither a store nor a file behind."""
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.00", "S2,2024-06-03,P1,C1,x,1.00")
    document = inbox.load("--dry-run", code=3)
    assert fates(document["files"][0]) == {"inserted": 1, "rejected": 1}
    assert not (inbox.store / "write.duckdb").exists()
    assert not (inbox.folder / "rejected").exists()


TWO = (
    FEED
    + """
[feeds.ie]
kind = "sales"
path = "../inbox/ie*.csv"
currency = "GBP"
fixed = { region = "IE" }
"""
)


@pytest.mark.parametrize("order", [("uk", "ie"), ("ie", "uk")])
def test_rows_that_another_feed_has_are_never_added_twice(
    inbox: Inbox, order: tuple[str, str]
) -> None:
    """They are marked and in no figure until somebody accepts them, in either order."""
    inbox.configure(TWO)
    rows = {
        "uk": ["S1,2024-06-03,P1,C1,3,1.00", "S2,2024-06-03,P1,C1,2,1.00"],
        "ie": ["S1,2024-06-03,P1,C1,3,1.00", "S1,2024-06-03,P1,C1,3,1.00"],
    }
    for at, feed in enumerate(order):
        inbox.put(f"{feed}-1.csv", *rows[feed], at=at)
    second = inbox.load(code=3)["files"][1]
    assert second["overlapping"] == 1
    assert inbox.revenue() == 3 + 2 + 3
    inbox.run("load", "--accept", "2")
    assert inbox.revenue() == 3 + 2 + 3 + 3


@pytest.mark.parametrize(("rule", "code", "fate"), [("refuse", 6, {}), ("skip", 0, {"repeated"})])
def test_overlap_can_be_refused_or_skipped(
    inbox: Inbox, rule: str, code: int, fate: set[str]
) -> None:
    """As the feed says."""
    inbox.configure(TWO + f'on_overlap = "{rule}"\n')
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.00")
    inbox.put("ie-1.csv", "S1,2024-06-03,P1,C1,3,1.00", at=1)
    file = inbox.load(code=code)["files"][1]
    assert set(fates(file)) - {"overlapping"} == fate if rule == "skip" else "status" in file
    assert inbox.revenue() == 3


def test_a_load_is_taken_back_whole(inbox: Inbox) -> None:
    """The rows that it changed are as before; one that others stand on is named."""
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.00")
    inbox.put("uk-2.csv", "S1,2024-06-03,P1,C1,5,1.00", "S9,2024-08-03,P9,C9,5,1.00", at=1)
    inbox.load()
    code, _, err = inbox.run("load", "--undo", "1")
    assert (code, "2 (uk-2.csv)" in one_sentence(err)) == (2, True)
    assert inbox.run("load", "--undo", "2")[0] == 0
    assert inbox.revenue() == 3
    assert inbox.ask("SELECT product_id FROM dim_product") == [("P1",)]
    # It still lies in the inbox, and is not taken in again by itself.
    inbox.load()
    assert inbox.revenue() == 3
    inbox.load("inbox/uk-2.csv")
    assert inbox.revenue() == 10
    assert inbox.run("load", "--undo", "7")[0] == 2


def test_files_are_read_as_the_feed_writes_them(inbox: Inbox) -> None:
    """Windows' code page, semicolons, decimal commas, packed files, JSON lines."""
    inbox.configure(
        '[feeds.de]\nkind = "sales"\npath = "../inbox/de*"\nencoding = "cp1252"\n'
        'delimiter = ";"\ndecimal = ","\ncurrency = "EUR"\n'
        '[feeds.de.values.region]\n"Süd" = "South"\n'
    )
    header = f"{SALES.replace(',', ';')};region"
    rows = "S1;03.06.2024;P1;C1;2;1.234,50;Süd\n"
    inbox.put_bytes("de-1.csv", f"{header}\n{rows}".encode("cp1252"))
    rows = rows.replace("S1", "S2")
    inbox.put_bytes("de-2.csv.gz", gzip.compress(f"{header}\n{rows}".encode("cp1252")), at=1)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr("sales.csv", f"{header}\n{rows.replace('S2', 'S3')}".encode("cp1252"))
    inbox.put_bytes("de-3.zip", packed.getvalue(), at=2)
    inbox.put_bytes(
        "de-4.jsonl",
        b'{"sale_id": "S4", "sold_on": "2024-06-03", "product_id": "P1", "quantity": 2, '
        b'"unit_price": "1234,50", "region": "South"}\n',
        at=3,
    )
    document = inbox.load()
    assert [fates(file) for file in document["files"]] == [{"inserted": 1}] * 4
    assert inbox.sales("sale_id, revenue, region") == [
        (f"S{n}", Decimal(2469), "South") for n in (1, 2, 3, 4)
    ]


def test_a_file_that_is_none_is_refused(inbox: Inbox) -> None:
    """Empty, header only, zero bytes, a bomb: a sentence each, and the others are loaded."""
    inbox.put_bytes("uk-1.csv", b"")
    inbox.put("uk-2.csv", at=1)
    inbox.put_bytes("uk-3.csv", SALES.encode() + b"\nS1,2024\0", at=2)
    inbox.put_bytes("uk-4.csv", gzip.compress(b" " * 80_000_000), at=3)
    inbox.put("uk-5.csv", "S1,2024-06-03,P1,C1,3,1.00", at=4)
    preview = inbox.load("--dry-run", code=6)["files"]
    files = inbox.load(code=6)["files"]
    assert [file["status"] for file in preview] == [file["status"] for file in files]
    assert [file["status"] for file in files] == [
        "refused", "loaded", "refused", "refused", "loaded",
    ]  # fmt: skip
    assert files[1]["findings"] == ["The file has no rows."]
    assert inbox.revenue() == 3


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_with_another_number_of_fields_is_a_rejected_row(inbox: Inbox, end: str) -> None:
    """The others are loaded; its cells come back as they were."""
    good = [f"S{n},2024-06-03,P{n},C1,1,1.00" for n in range(30)]
    more = 'S90,2024-06-03,"P,90",C1,1,1.00,a note'
    lines = [SALES, *good[:10], more, *good[10:20], "S91,2024-06-03,P1", *good[20:]]
    inbox.put_bytes("uk-1.csv", end.join([*lines, ""]).encode())
    (file,) = inbox.load("--dry-run", code=3)["files"]
    assert fates(file) == {"inserted": 30, "rejected": 2}
    (file,) = inbox.load(code=3)["files"]
    assert fates(file) == {"inserted": 30, "rejected": 2}
    assert [(row["place"], row["reason"]) for row in file["rejected_rows"]] == [
        ("uk-1.csv, line 12", "the line has 7 fields, and the header 6"),
        ("uk-1.csv, line 23", "the line has 3 fields, and the header 6"),
    ]
    assert inbox.revenue() == 30
    mended = inbox.folder / "rejected" / "uk-1.rejected.csv"
    text = mended.read_text(encoding="utf-8-sig")
    assert 'S90,2024-06-03,"P,90",C1,1,"1.00,a note",1,11,' in text
    text = text.replace('"1.00,a note"', "1.00").replace(
        "S91,2024-06-03,P1,,,", "S91,2024-06-03,P1,C1,1,1.00"
    )
    inbox.put_bytes("uk-1.mended.csv", text.encode(), at=1)
    inbox.load()
    assert inbox.revenue() == 32
    # Sent as it was, it is known.
    assert inbox.load()["files"][0]["status"] == "known"


@pytest.mark.parametrize(
    "lines",
    [
        ["S1,2024-06-03,P1,C1,1,1.00", "S2,2024-06-03,P1,C1,1"],
        ['S1,2024-06-03,"P1,C1,1,1.00', *["S2,2024-06-03,P1,C1,1,1.00"] * 30],
        ['S1,2024-06-03,"P\n1",C1,1', *["S2,2024-06-03,P1,C1,1,1.00"] * 30],
    ],
    ids=["too many", "an open quote", "over several lines"],
)
def test_ragged_lines_that_may_be_others_refuse_the_file(inbox: Inbox, lines: list[str]) -> None:
    """Nothing of it is loaded."""
    inbox.put("uk-1.csv", *lines)
    (file,) = inbox.load(code=6)["files"]
    assert (file["status"], file["rejected_rows"]) == ("refused", [])


def test_the_other_kinds_of_feeds_fill_their_tables(inbox: Inbox) -> None:
    """Credits, debits, stock, movements, customers, products."""
    kinds = {
        "credits": (
            "credit_id,credited_on,customer_id,amount,reason",
            "K1,2024-06-05,C1,10.50,payment",
        ),
        "debits": ("debit_id,debited_on,customer_id,amount", "D1,2024-06-05,C1,3.00"),
        "inventory": ("product_id,location,counted_on,on_hand", "P1,L1,2024-06-30,7"),
        "movements": ("movement_id,product_id,location,moved_on,quantity", "M1,P1,L1,2024-06-05,7"),
        "customers": ("customer_id,name,loyalty_tier", "C1,Aster,gold"),
        "products": ("product_id,name,unit_cost", "P1,Truffle,0.5"),
    }
    inbox.configure(
        "".join(
            f'[feeds.{kind}]\nkind = "{kind}"\npath = "../inbox/{kind}*.csv"\n' for kind in kinds
        )
    )
    for at, (kind, (header, row)) in enumerate(kinds.items()):
        inbox.put(f"{kind}-1.csv", row, header=header, at=at)
    document = inbox.load()
    assert [fates(file) for file in document["files"]] == [{"inserted": 1}] * 6
    assert inbox.ask("SELECT amount, receivable FROM fact_credits") == [
        (Decimal("10.5"), Decimal("-10.5"))
    ]
    assert inbox.ask("SELECT receivable FROM fact_debits") == [(Decimal(3),)]
    assert inbox.ask("SELECT product_id, name, placeholder FROM dim_product") == [
        ("P1", "Truffle", False)
    ]


def test_a_customer_has_a_version_for_each_time(inbox: Inbox) -> None:
    """The tier at the time of a sale can be asked for later."""
    inbox.configure(FEED + '[feeds.crm]\nkind = "customers"\npath = "../inbox/crm*.csv"\n')
    header = "customer_id,name,loyalty_tier,valid_from"
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.00")
    inbox.put("crm-1.csv", "C1,Aster,silver,2024-01-01", "C2,Birch,,", header=header, at=1)
    inbox.put("crm-2.csv", "c1,Aster,gold,2024-07-01", "C2,Birch,,", header=header, at=2)
    files = inbox.load()["files"]
    assert [fates(file) for file in files[1:]] == [{"inserted": 2}, {"updated": 1, "unchanged": 1}]
    versions = "SELECT loyalty_tier, valid_from, valid_to FROM dim_customer WHERE name = 'Aster'"
    assert [tuple(map(str, row)) for row in inbox.ask(f"{versions} ORDER BY valid_from")] == [
        ("silver", "1900-01-01", "2024-06-30"),
        ("gold", "2024-07-01", "None"),
    ]
    assert inbox.run("load", "--undo", "3")[0] == 0
    assert [tuple(map(str, row)) for row in inbox.ask(versions)] == [
        ("silver", "1900-01-01", "None")
    ]


def test_every_mistake_of_a_feed_is_listed_at_once(inbox: Inbox) -> None:
    """With its full key, and exit code 4."""
    inbox.configure(
        '[feeds.uk]\nkind = "sale"\npath = "x"\n'
        '[feeds.fr]\nkind = "sales"\nmax_rejected = 2\ncolour = "red"\nreceivable = "-"\n'
        'expected = "sometimes"\n'
        '[feeds.fr.columns]\nsaleid = "x"\n[feeds.fr.checks]\nrevenue = "nice"\n'
        'known = ["region"]\n[feeds.fr.fixed]\nquantity = "1"\n'
    )
    code, _, err = inbox.run("load")
    assert code == 4
    for key in (
        "feeds.uk.kind", "feeds.fr.path", "feeds.fr.max_rejected", "feeds.fr.colour",
        "feeds.fr.receivable", "feeds.fr.expected", "feeds.fr.columns.saleid",
        "feeds.fr.checks.revenue", "feeds.fr.checks.known", "feeds.fr.fixed.quantity",
    ):  # fmt: skip
        assert f"  - {key}: " in err, key


def test_checks_reject_what_a_feed_never_sends(inbox: Inbox) -> None:
    """Bounds, lists, days after today, unknown products."""
    inbox.configure(
        FEED + '[feeds.uk.checks]\nquantity = "-10..10"\nsold_on = "not after today"\n'
        'customer_id = ["C1", "C2"]\nknown = ["product_id"]\n'
        '[feeds.items]\nkind = "products"\npath = "../inbox/items.csv"\n'
    )
    inbox.put("items.csv", "P1,Truffle", header="product_id,name")
    inbox.put(
        "uk-1.csv",
        "S1,2024-06-03,P1,C1,10,1.00",
        "S2,2024-06-03,P1,C1,11,1.00",
        "S3,2999-06-03,P1,C1,1,1.00",
        "S4,2024-06-03,P1,C3,1,1.00",
        "S5,2024-06-03,P2,C2,1,1.00",
        at=1,
    )
    file = inbox.load(code=3)["files"][1]
    assert [(row["row"], row["column"]) for row in file["rejected_rows"]] == [
        (2, "quantity"), (3, "sold_on"), (4, "customer_id"), (5, "product_id"),
    ]  # fmt: skip
    assert inbox.revenue() == 10


def test_loads_are_listed(inbox: Inbox) -> None:
    """All of them, one with its sums, rejected rows that are open, months that were restated."""
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.00", "S2,2024-06-03,P1,C1,x,1.00")
    inbox.load(code=3)
    inbox.put("uk-2.csv", "S1,2024-06-03,P1,C1,2,1.00", at=1)
    inbox.load()
    listed = inbox.run("loads")[1].splitlines()
    assert [line.split()[0] for line in listed] == ["load", "2", "1"]
    assert "1 (1 open)" in listed[2]
    assert "inserted: quantity 3.00" in inbox.run("loads", "1")[1]
    assert inbox.run("loads", "--rejected")[1] == (
        "load 1, uk-1.csv, line 3: quantity 'x' is not a quantity\n"
    )
    assert inbox.run("loads", "--restated")[1] == (
        "revenue of 2024-06 is 1.00 GBP lower, since uk-2.csv (load 2) sent 1 row of it.\n"
    )
    code, _, err = inbox.run("loads", "9")
    assert (code, one_sentence(err)) == (
        2,
        "recon: There is no load 9; `recon loads` lists them.\n",
    )


def test_a_backup_and_a_compact_store_have_every_row(inbox: Inbox) -> None:
    """And a backup overwrites nothing."""
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,C1,3,1.00")
    inbox.load()
    code, out, _ = inbox.run("store", "backup", "kept.duckdb")
    assert (code, "in all" in out) == (0, True)
    assert inbox.run("store", "backup", "kept.duckdb")[0] == 2
    assert inbox.run("store", "compact")[0] == 0
    (inbox.store / "write.duckdb").write_bytes((inbox.folder / "kept.duckdb").read_bytes())
    inbox.put("uk-2.csv", "S2,2024-06-03,P1,C1,4,1.00", at=1)
    inbox.load()
    assert inbox.revenue() == 7
    assert "fact_sales" in inbox.run("store", "info")[1]


def test_a_forgotten_customer_leaves_no_trace(inbox: Inbox) -> None:
    """Figures stay; the id, the name and the address are in no file of the store."""
    inbox.configure(FEED + '[feeds.crm]\nkind = "customers"\npath = "../inbox/crm*.csv"\n')
    inbox.put("uk-1.csv", "S1,2024-06-03,P1,KU7731,3,1.00", "S2,2024-06-03,P1,KU7731,x,1.00")
    inbox.put("crm-1.csv", "KU7731,Wilhelmina,w@x.org", header="customer_id,name,email", at=1)
    inbox.load(code=3)
    assert inbox.run("store", "forget", "ku7731")[0] == 0
    assert inbox.sales("customer_id, revenue") == [("forgotten-1", Decimal(3))]
    held = b"".join(path.read_bytes() for path in inbox.store.rglob("*") if path.is_file())
    for trace in (b"KU7731", b"Wilhelmina", b"w@x.org"):
        assert trace not in held, trace


def test_a_month_reads_contracts_and_entries_from_the_store(inbox: Inbox) -> None:
    """`source = "store"` needs no other files."""
    inbox.configure(
        '[analytics]\nsource = "store"\n[accounting]\nsource = "store"\n'
        '[feeds.deals]\nkind = "contracts"\npath = "../inbox/deals*.csv"\n'
        '[feeds.ledger]\nkind = "entries"\npath = "../inbox/ledger*.csv"\n'
    )
    inbox.put(
        "deals.csv",
        "C1,Subscription,1200,12,2024-06-01,2025-05-31",
        header="contract_id,revenue_type,contract_value,duration_months,booking_date,close_date",
    )
    inbox.put(
        "ledger.csv",
        "E1,C1,Subscription,100.00,2024-06",
        header="entry_id,contract_id,revenue_type,amount,recognition_period",
        at=1,
    )
    inbox.load()
    code, out, err = inbox.run("month", "2024-06", "--json", "--format", "none")
    assert code == 0, (out, err)
    assert '"matched": 1' in out


HOSTILE = "\x1b[31m\u202e\x07"


def test_what_a_feed_holds_reaches_no_terminal_raw(inbox: Inbox) -> None:
    """Escape, bell and direction in names, headers, cells and arguments, at every door."""
    inbox.configure(FEED.replace("uk*", "*uk*"))
    header = f"{SALES},note{HOSTILE},=note"
    inbox.put(
        f"uk{HOSTILE}.csv", "S1,2024-06-01,P,C,1,10.00,x,y",
        f"S2{HOSTILE},2024-66-01,\u3000=1+1,\uff1dcmd,1,abc,-5,+cmd", header=header,
    )  # fmt: skip
    for line in (
        ["load", "--dry-run"], ["load"], ["load", "--json"], ["loads"], ["loads", "1"],
        ["loads", "1", "--rejected"], ["loads", "--restated"], ["loads", "1", "--json"],
        ["store", "info"], ["store", "forget", HOSTILE], ["store", "backup", f"a{HOSTILE}"],
        ["load", "--feed", HOSTILE], ["load", f"{HOSTILE}.csv"], ["load", "--undo", "1"],
    ):  # fmt: skip
        _, out, err = inbox.run(*line)
        assert {sign for sign in out + err if not sign.isprintable()} <= {"\n"}, (line, out, err)
    (rejected,) = (inbox.folder / "rejected").iterdir()
    cells = list(csv.reader(rejected.read_text(encoding="utf-8-sig").splitlines()))
    assert cells[0][-4:-3] == ["'=note"]
    assert cells[1][2:8] == ["'\u3000=1+1", "'\uff1dcmd", "1", "abc", "-5", "'+cmd"]
    assert HOSTILE not in "".join(cells[1])


def test_a_mended_file_has_its_guards_taken_off(inbox: Inbox) -> None:
    """Of cells and of headers, so that it is what was sent."""
    inbox.configure(FEED + "columns = { product_id = '=sku' }\n")
    inbox.put(
        "uk-1.csv", "S1,2024-66-01,\u3000=1,C,1,10.00", header=SALES.replace("product_id", "=sku")
    )
    inbox.load(code=3)
    (rejected,) = (inbox.folder / "rejected").iterdir()
    text = rejected.read_text(encoding="utf-8-sig").replace("2024-66-01", "2024-06-01")
    rejected.unlink()
    inbox.put_bytes("uk-2.csv", text.encode())
    inbox.load()
    assert inbox.sales("product_id") == [("=1",)]
