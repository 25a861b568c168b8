"""Bad input is never a defect of recon: one sentence, and the documented exit code.

The corpus grows with every finding: what once ended a run with exit code 1 stands here.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from recon.sources import feed_files
from tests.inbox import FEED, SALES, Inbox
from tests.shell import CONTRACTS, ENTRIES, Project, contract, entry, in_process, one_sentence

HUGE = "9" * 5_000
DEEP = 5_000

CONFIGURATIONS = {
    "deep lists": f"x = {'[' * DEEP}{']' * DEEP}\n",
    "deep tables": f"x = {'{a=' * DEEP}1{'}' * DEEP}\n",
    "a deep key": f"{'.'.join('a' * DEEP)} = 1\n",
    "a deep header": f"[{'.'.join('a' * DEEP)}]\n",
    "a huge integer": f"[policy]\ncap = {HUGE}\n",
    "a huge exponent": "[policy]\ncap = '1e999999999'\n",
    "a large day": "[calendar]\nclose_after = 99999999999999999999\n",
    "a huge tolerance": f"[policy]\ntolerance = '{HUGE}%'\n",
    "no end": "[policy\n",
    "no letters": "\x00\x01\n",
}

AMOUNTS = (
    HUGE,
    f"-{HUGE}",
    f"0.{HUGE}",
    "1e999999999",
    "1e-999999999",
    "٣٤",
    "0x10",
    "NaN",
    "-inf",
)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_that_cannot_be(tmp_path: Path, name: str) -> None:
    """However deep or large: it is a mistake of the configuration."""
    project = Project(tmp_path)
    project.fill("100.00")
    text = project.config.read_text(encoding="utf-8")
    project.config.write_text(CONFIGURATIONS[name] + text, encoding="utf-8")
    done = in_process("month", "2024-06", "--format", "none", cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert b"defect" not in done.stderr
    assert len(done.stderr) < 2_000


def test_logs_may_be_kept_for_ever(tmp_path: Path) -> None:
    """However long that is, it is no defect."""
    project = Project(tmp_path)
    project.fill("100.00")
    text = project.config.read_text(encoding="utf-8")
    project.config.write_text(f"{text}\n[log]\nkeep_days = {'9' * 20}\n", encoding="utf-8")
    done = in_process("month", "2024-06", "--format", "csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_amounts_that_cannot_be(tmp_path: Path) -> None:
    """Their rows are invalid, and the month is reconciled without them."""
    project = Project(tmp_path)
    keys = [f"{number:03}" for number in range(len(AMOUNTS) + 1)]
    entries = [entry(*pair) for pair in zip(keys[1:], AMOUNTS, strict=True)]
    project.write("contracts.csv", CONTRACTS + "".join(map(contract, keys)))
    project.write("entries.csv", ENTRIES + entry(keys[0]) + "".join(entries))
    done = in_process("month", "2024-06", "--format", "none", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (3, b"")
    found = json.loads(done.stdout)
    # The one with 5,000 decimals is rounded, and is 1.00.
    ids = [row["id"].split("-")[1] for row in found["invalid"]]
    assert ids == [key for key, text in zip(keys[1:], AMOUNTS, strict=True) if text[:2] != "0."]
    assert found["totals"]["USD"]["matched"] == 1


def test_durations_that_cannot_be(tmp_path: Path) -> None:
    """Their rows are invalid, too."""
    project = Project(tmp_path)
    lengths = ("12", HUGE, f"-{HUGE}", "1e999", "9999999999", "2147483648")
    keys = [f"{number:03}" for number in range(len(lengths))]
    rows = [contract(key).replace(",12,", f",{n},") for key, n in zip(keys, lengths, strict=True)]
    project.write("contracts.csv", CONTRACTS + "".join(rows))
    project.write("entries.csv", ENTRIES + "".join(map(entry, keys)))
    done = in_process("month", "2024-06", "--format", "none", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (3, b"")
    found = json.loads(done.stdout)
    invalid = [row["id"] for row in found["invalid"] if row["side"] == "analytics"]
    assert invalid == keys[1:]
    assert found["totals"]["USD"]["matched"] == 1


def parquet(project: Project) -> None:
    """Write a small month as Parquet files."""
    paths = "path = '../data/{}.parquet'\n"
    project.configure(paths.format("contracts"), paths.format("entries"))
    data = project.folder / "data"
    data.mkdir()
    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT 'C-' || range AS contract_id, 'Setup' AS revenue_type,
            12 AS duration_months, CAST(1200 AS DECIMAL(12, 2)) AS contract_value,
            DATE '2024-06-01' AS booking_date, DATE '2025-05-31' AS close_date FROM range(20))
            TO '{data / "contracts.parquet"}'"""
        )
        connection.execute(
            f"""COPY (SELECT 'E-' || range AS entry_id, 'C-' || range AS contract_id,
            'Setup' AS revenue_type, CAST(100 AS DECIMAL(12, 2)) AS amount,
            DATE '2024-06-01' AS recognition_period FROM range(20))
            TO '{data / "entries.parquet"}'"""
        )


def changed_type(content: bytearray, place: int) -> None:
    """Let a byte of the footer say something else."""
    content[place] = 0x0F


def flipped(content: bytearray, place: int) -> None:
    """Flip all bits of a byte."""
    content[place] ^= 0xFF


def cut(content: bytearray, place: int) -> None:
    """Let the file end there."""
    del content[place:]


def filled(content: bytearray, place: int) -> None:
    """Let some bytes be the largest ones."""
    content[place : place + 8] = b"\xff" * 8


DAMAGES: tuple[Callable[[bytearray, int], None], ...] = (changed_type, flipped, cut, filled)


@pytest.mark.parametrize("rounds", [1, pytest.param(6, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["contracts", "entries"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_parquet_file(
    tmp_path: Path, damage: Callable[[bytearray, int], None], name: str, rounds: int
) -> None:
    """It is told as one, or what is damaged changes nothing that is read."""
    project = Project(tmp_path)
    parquet(project)
    path, chance = tmp_path / "data" / f"{name}.parquet", random.Random(name)  # noqa: S311 - a test
    whole = path.read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    for _ in range(rounds):
        content = bytearray(whole)
        damage(content, chance.randrange(footer, len(whole)))
        path.write_bytes(content)
        done = in_process("month", "2024-06", "--format", "none", cwd=tmp_path)
        assert done.returncode in (0, 3, 5, 6), done.stderr
        if done.returncode > 3:
            one_sentence(done.stderr.decode())


@pytest.mark.parametrize(
    "words", ["don't know what type: \x0f", "TProtocolException: Invalid data"]
)
def test_what_duckdb_says_of_a_damaged_file(words: str) -> None:
    """It has no kind of its own for it."""
    from recon.base.errors import SourceDataError
    from recon.store.session import reading

    with pytest.raises(SourceDataError, match="damaged"), reading("analytics", "deals.parquet"):
        raise duckdb.Error(words)
    with pytest.raises(duckdb.Error), reading("analytics", "deals.csv"):
        raise duckdb.Error(words)


def zipped(content: bytes, method: int = zipfile.ZIP_DEFLATED, name: str = "uk.csv") -> bytes:
    """Return a zip with one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as packed:
        packed.writestr(name, content)
    return out.getvalue()


def of_another_method(method: int) -> bytes:
    """Return a zip that says it is packed in a way that nobody knows."""
    content = bytearray(zipped(b"a,b\n1,2\n" * 50))
    local, central = content.find(b"PK\x03\x04"), content.find(b"PK\x01\x02")
    content[local + 8], content[central + 10] = method, method
    return bytes(content)


ROW = "S1,2024-06-01,P,C,1,10.00"
GOOD = f"{SALES}\n{ROW}\n".encode()
JSON_ROW = (
    '{"sale_id": "S1", "sold_on": "2024-06-01", "product_id": "P", "customer_id": "C", '
    '"quantity": 1, "unit_price": '
)
DELIVERED = {
    "nothing": ("uk.csv", b""),
    "one byte": ("uk.csv", b"\x00"),
    "zero bytes": ("uk.csv", GOOD.replace(b"P,C", b"P\x00,\x00C")),
    "zero bytes in the header": ("uk.csv", GOOD.replace(b"sold_on", b"sold\x00on")),
    "only a header": ("uk.csv", SALES.encode()),
    "an open quote": ("uk.csv", GOOD + b'"S2,2024-06-01,P,C,1,1\n' * 3),
    "a huge cell": ("uk.csv", GOOD + f"S2,2024-06-01,{'x' * 3_000_000},C,1,1\n".encode()),
    "a huge number": ("uk.csv", GOOD.replace(b"10.00", HUGE.encode())),
    "a huge quantity": ("uk.csv", GOOD.replace(b",1,", f",{HUGE},".encode())),
    "a huge exponent": ("uk.csv", GOOD.replace(b"10.00", b"1e999999999")),
    "sums beyond 38 digits": (
        "uk.csv", f"{SALES}\n".encode() + b"".join(
            b"S%d,2024-06-01,P,C,1,%s\n" % (number, b"9" * 14) for number in range(50)
        )
    ),
    "a year that is none": ("uk.csv", GOOD.replace(b"2024", b"99999")),
    "a wide header": ("uk.csv", ",".join(f"c{n}" for n in range(5_000)).encode() + b"\n"),
    "half a letter": ("uk.csv", GOOD.replace(b"P,C", b"P\xc3,C")),
    "other letters": ("uk.csv", GOOD.decode().encode("utf-16")),
    "deep JSON": ("uk.jsonl", b'{"sale_id": ' + b"[" * 20_000 + b"]" * 20_000 + b"}\n"),
    "deep JSON objects": ("uk.jsonl", b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
    "a huge integer in JSON": ("uk.jsonl", f"{JSON_ROW}{HUGE}}}\n".encode()),
    "a huge exponent in JSON": ("uk.jsonl", f"{JSON_ROW}1e999999}}\n".encode()),
    "JSON with a key twice": ("uk.jsonl", f'{JSON_ROW}1, "quantity": 2}}\n'.encode()),
    "JSON that is a list": ("uk.jsonl", b"[1, 2, 3]\n4\n"),
    "JSON of nothing": ("uk.jsonl", b"null\n\n{}\n"),
    "JSON with zero bytes": ("uk.jsonl", f"{JSON_ROW}1}}\n\x00\n".encode()),
    "JSON with half a letter": ("uk.jsonl", b'{"sale_id": "\\ud800"}\n'),
    "JSON without an end": ("uk.jsonl", b'{"sale_id": "'),
    "a zip bomb": ("uk.zip", zipped(b"0" * 20_000_000)),
    "a gzip bomb": ("uk.csv.gz", gzip.compress(b"0" * 20_000_000)),
    "a zip in a zip": ("uk.zip", zipped(zipped(GOOD), name="uk.zip")),
    "a zip that climbs": ("uk.zip", zipped(GOOD, name="../../uk.csv")),
    "an unknown method": ("uk.zip", of_another_method(99)),
    "another unknown method": ("uk.zip", of_another_method(12)),
    "a cut zip": ("uk.zip", zipped(GOOD)[:-30]),
    "a cut gzip": ("uk.csv.gz", gzip.compress(GOOD * 99)[:-30]),
    "a gzip that is none": ("uk.csv.gz", b"\x1f\x8b" + b"\xff" * 200),
    "a workbook that is none": ("uk.xlsx", b"PK\x03\x04" + b"\x00" * 500),
    "a workbook without sheets": ("uk.xlsx", zipped(b"<xml/>", name="xl/workbook.xml")),
    "Parquet that is none": ("uk.parquet", b"PAR1" + b"\xff" * 200 + b"PAR1"),
    "a Parquet name": ("uk.parquet", GOOD),
}  # fmt: skip


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """Give a feed of whatever begins with uk."""
    made = Inbox(tmp_path)
    made.configure(FEED.replace("uk*.csv", "uk*"))
    return made


def statuses(inbox: Inbox) -> dict[str, str]:
    """Load what waits; return what became of each file, each told in a sentence."""
    document = inbox.load(code=6)
    for file in document["files"]:
        # Two kinds of damage may leave the same bytes: then the second file is known.
        assert file["status"] in ("refused", "loaded", "known"), file
        assert len(file["reason"] or "") < 1_000
        assert "defect" not in (file["reason"] or "")
    return {Path(file["file"]).name: file["status"] for file in document["files"]}


def test_files_of_a_feed_that_cannot_be(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are refused or their rows are rejected; the next one is loaded as ever."""
    monkeypatch.setattr(feed_files, "_FREE", 1 << 20)
    put = {}
    for number, (kind, (name, content)) in enumerate(DELIVERED.items()):
        put[kind] = name.replace("uk", f"uk-{number:02}", 1)
        inbox.put_bytes(put[kind], content)
    inbox.put("uk-good.csv", "S9,2024-06-02,P,C,1,7.00", at=1)
    found = statuses(inbox)
    assert set(found) == {*put.values(), "uk-good.csv"}
    assert found["uk-good.csv"] == found[put["a zip that climbs"]] == "loaded"
    assert {found[put[kind]] for kind in ("a zip bomb", "a gzip bomb", "nothing")} == {"refused"}
    assert inbox.ask("SELECT revenue FROM fact_sales WHERE sale_id = 'S9'") == [(7,)]


def packed(kind: str) -> tuple[str, bytes]:
    """Return a good file of a kind, and its name."""
    if kind == "zip":
        return "uk.zip", zipped(GOOD)
    if kind == "gzip":
        return "uk.csv.gz", gzip.compress(GOOD)
    with duckdb.connect() as connection, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "uk.parquet"
        connection.execute(
            f"""COPY (SELECT 'S' || range AS sale_id, DATE '2024-06-01' AS sold_on,
            'P' AS product_id,
            'C' AS customer_id, 1 AS quantity, CAST(10 AS DECIMAL(12, 2)) AS unit_price
            FROM range(20)) TO '{path}'"""
        )
        return path.name, path.read_bytes()


@pytest.mark.parametrize("rounds", [1, pytest.param(7, marks=pytest.mark.slow)])
def test_damaged_files_of_a_feed(inbox: Inbox, rounds: int) -> None:
    """Anywhere in them: each is refused, or what is damaged changes nothing that is read."""
    chance, put = random.Random(rounds), []  # noqa: S311 - a test
    for kind in ("zip", "gzip", "parquet"):
        name, whole = packed(kind)
        for number, damage in enumerate(DAMAGES * rounds):
            content = bytearray(whole)
            damage(content, chance.randrange(len(whole)))
            put.append(name.replace("uk", f"uk-{number:02}", 1))
            inbox.put_bytes(put[-1], bytes(content))
    assert set(statuses(inbox)) == set(put)
