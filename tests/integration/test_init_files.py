"""`recon init` with files: which is which, how they are written, and what it refuses."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from unittest import mock

import openpyxl
import pytest

from recon.base.policy import Policy
from recon.config import Settings, load
from recon.setup.init import looking
from recon.store.session import literal, session
from tests.compared import Compared, compared
from tests.shell import CONTRACTS, ENTRIES, contract, entry, in_process, one_sentence

KEYS = [f"C-{number}" for number in range(1, 7)]
DEALS = CONTRACTS + "".join(map(contract, KEYS))
LEDGER = ENTRIES + "".join(map(entry, KEYS))


class Typed(io.StringIO):
    """Answers as if they were typed at a terminal."""

    def isatty(self) -> bool:
        """Yes: questions are asked."""
        return True


def written(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below a folder, as they are."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def init(
    folder: Path, *arguments: str, answers: str | None = None
) -> subprocess.CompletedProcess[bytes]:
    """What became of `recon init`; with answers, in a terminal."""
    stdin = io.StringIO() if answers is None else Typed(answers)
    with mock.patch.object(sys, "stdin", stdin):
        return in_process("init", *arguments, cwd=folder, env={"COLUMNS": "200"})


def proposed(folder: Path, *arguments: str, answers: str | None = None) -> Settings:
    """The settings that were written."""
    done = init(folder, *arguments, answers=answers)
    assert done.returncode == 0, done.stderr.decode()
    return load(folder / "config" / "recon.toml")


def totals(folder: Path) -> Compared:
    """What June 2024 comes to under the configuration of a folder; every row can be compared."""
    found = compared(folder)
    assert found.invalid == 0
    return found


@pytest.mark.parametrize("names", [("a.csv", "b.csv"), ("b.csv", "a.csv")])
def test_the_order_of_files_does_not_matter(tmp_path: Path, names: tuple[str, str]) -> None:
    """Their columns say which is which; recon's own names leave nothing unsure but the currency."""
    written(tmp_path, {"a.csv": DEALS, "b.csv": LEDGER})
    settings = proposed(tmp_path, *names)
    assert settings.analytics.path == tmp_path / "a.csv"
    assert settings.accounting.path == tmp_path / "b.csv"
    assert totals(tmp_path).matched == len(KEYS)


def test_a_folder_has_both_sides(tmp_path: Path) -> None:
    """Daily files become a pattern; what is no table, and another one, is named as not used."""
    daily = {f"exports/gl-2024-06-{day:02}.csv": ENTRIES + entry(KEYS[day]) for day in range(6)}
    others = {"exports/readme.txt": "Hello.\n", "exports/towns.csv": "town,country\nUlm,DE\n"}
    written(tmp_path, {"exports/deals.csv": DEALS, **daily, **others})
    done = init(tmp_path, "exports")
    said = done.stdout.decode()
    assert "exports/gl-*.csv, 6 files" in said
    assert "Not used: exports/towns.csv; exports/readme.txt has no table" in said
    assert load(tmp_path / "config" / "recon.toml").accounting.path == tmp_path / "exports/gl-*.csv"
    assert totals(tmp_path).matched == len(KEYS)


def test_patterns_and_named_sides(tmp_path: Path) -> None:
    """A pattern is kept as it is; a side that is named needs no guess."""
    halves = {f"e{part}.csv": ENTRIES + "".join(map(entry, KEYS[part::2])) for part in (0, 1)}
    written(tmp_path, {"x.csv": DEALS, **halves})
    settings = proposed(tmp_path, "e*.csv", "--contracts", "x.csv")
    assert settings.accounting.path == tmp_path / "e*.csv"
    assert totals(tmp_path).matched == len(KEYS)


HOSTILE: Mapping[str, tuple[str | bytes, int, str]] = {
    "empty": (b"", 6, "is empty"),
    "blank lines": (b"\n \n\n", 6, "is empty"),
    "zero bytes": (b"\x00\x01\x02" * 900, 6, "is not a text file"),
    "noise": (bytes(range(1, 32)) * 90 + b"\xff\xfe"[::-1], 6, "is not a text file"),
    "a PDF": (b"%PDF-1.7 ...", 6, "is a PDF"),
    "one column": ("id\nA\nB\n", 6, "has no table with several columns"),
    "no rows": (ENTRIES, 6, "has a header and no rows"),
    "a column twice": ("amount,Amount\n1,2\n", 6, "has the column 'amount' twice"),
    "an open quote": (ENTRIES + '"E1,C-1,Subscription,1.00,2024-06\n' * 3, 6, "a quote"),
    "the same side": (DEALS.replace("1200.00", "2400.00"), 2, "has *.csv alone"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_table_is_refused(tmp_path: Path, kind: str) -> None:
    """In one sentence, with the exit code of its kind; nothing is written."""
    content, code, said = HOSTILE[kind]
    written(tmp_path, {"a.csv": DEALS, "b.csv": content})
    done = init(tmp_path, "a.csv", "b.csv")
    assert done.returncode == code, done.stderr.decode()
    assert said in one_sentence(done.stderr.decode())
    assert not (tmp_path / "config").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["a.csv"], 2, "needs the contracts and the entries, and has a.csv alone"),
        (["a.csv", "none.csv"], 5, "none.csv cannot be read"),
        (["a.csv", os.devnull], 5, "is not a file"),
        (["a.csv", "none-*.csv"], 5, "No file matches none-*.csv"),
        (["a.csv", "b.csv", "--server", "SQL01"], 2, "Name files, or the servers and tables"),
        (["--contracts", "a.csv"], 2, "Beside a.csv there is no other file"),
        (["--contracts", "a.csv", "--entries", "b.csv", "c.csv"], 2, "leave out c.csv"),
        (["b.csv", "c.csv"], 2, "It is not clear which of b.csv and c.csv has the contracts"),
    ],
)
def test_files_that_lack_are_said(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    """A file too few, none at all, and two of equal role."""
    twin = LEDGER.replace("entry_id", "Entry ID").replace("C-", "D-")
    written(tmp_path, {"a.csv": DEALS, "b.csv": LEDGER, "c.csv": twin})
    done = init(tmp_path, *arguments)
    assert done.returncode == code, done.stderr.decode()
    assert said in one_sentence(done.stderr.decode())


def test_columns_that_lack_are_said_all_at_once(tmp_path: Path) -> None:
    """Each with what the file has; at a terminal they are asked for."""
    columns = "deal,kind,total sum,how long,day,until\n"
    rows = DEALS.partition("\n")[2].replace(",Aster", "")
    written(tmp_path, {"a.csv": columns + rows, "b.csv": LEDGER})
    done = init(tmp_path, "a.csv", "b.csv")
    assert done.returncode == 4
    said = done.stderr.decode()
    assert "analytics.columns.duration_months: no column of a.csv fits; it has deal, kind" in said
    assert "Nothing was written. Run recon init at a terminal" in said
    assert "analytics.columns.booking_date" in said
    answers = "day\nhow long\nuntil\nday\n"
    settings = proposed(tmp_path, "--contracts", "a.csv", "--entries", "b.csv", answers=answers * 2)
    assert settings.analytics.columns["contract_id"] == "deal"


def test_nothing_is_replaced_without_force(tmp_path: Path) -> None:
    """With --force the previous configuration is kept beside."""
    written(tmp_path, {"a.csv": DEALS, "b.csv": LEDGER, "config/recon.toml": "# mine\n"})
    done = init(tmp_path, "a.csv", "b.csv")
    assert done.returncode == 2
    assert "already exists" in one_sentence(done.stderr.decode())
    proposed(tmp_path, "a.csv", "b.csv", "--force")
    kept = tmp_path / "config" / "recon.toml.bak"
    assert kept.read_text(encoding="utf-8") == "# mine\n"


def test_of_a_large_file_a_part_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its beginning and its end, which has totals; the month reads all of it."""
    monkeypatch.setattr(looking, "HEAD", 20_000)
    monkeypatch.setattr(looking, "TAIL", 2_000)
    many = [f"C-{number}" for number in range(2_000)]
    ledger = ENTRIES + "".join(map(entry, many)) + "\nTotal,,,200000.00,\nPrinted by Anna,,,,\n"
    written(tmp_path, {"a.csv": CONTRACTS + "".join(map(contract, many)), "b.csv": ledger})
    done = init(tmp_path, "a.csv", "b.csv")
    said = done.stdout.decode()
    assert "of its first 2 MB (and its end was looked at)" in said, said
    assert "2 lines below the data" in said, said
    assert totals(tmp_path).matched == len(many)


def slashed(text: str, year: str = "2024") -> str:
    """Dates of June as 06/03/2024: each could be two days."""
    return text.replace(f"{year}-06-01", f"06/03/{year}").replace("2025-05-31", "06/03/2025")


def test_days_that_could_be_two_are_not_guessed(tmp_path: Path) -> None:
    """Both ways are in the configuration, each as a comment; at a terminal one is chosen."""
    written(tmp_path, {"a.csv": slashed(DEALS), "b.csv": LEDGER})
    done = init(tmp_path, "a.csv", "b.csv")
    said = " ".join(done.stdout.decode().split())
    assert "'06/03/2024' could be 06 March 2024 (dmy) or 03 June 2024 (mdy)" in said
    assert "cannot be compared" not in said
    text = (tmp_path / "config" / "recon.toml").read_text(encoding="utf-8")
    assert '\n# dates = "dmy"\n# dates = "mdy"\n' in text
    assert in_process("month", "2024-06", cwd=tmp_path).returncode == 6
    settings = proposed(tmp_path, "a.csv", "b.csv", "--force", answers="3\n2\n")
    assert settings.analytics.dates == "mdy"


def test_days_that_are_one_in_both_orders_ask_nothing(tmp_path: Path) -> None:
    """06/06/2024 is the sixth of June, whoever wrote it."""
    deals = DEALS.replace("2024-06-01", "06/06/2024").replace("2025-05-31", "05/05/2025")
    written(tmp_path, {"a.csv": deals, "b.csv": LEDGER})
    said = init(tmp_path, "a.csv", "b.csv").stdout.decode()
    assert "could be" not in said
    assert "cannot be compared" not in said
    assert totals(tmp_path).matched == len(KEYS)


def test_one_day_proves_the_order_of_all(tmp_path: Path) -> None:
    """A 31st in another column of the side is enough."""
    written(tmp_path, {"a.csv": slashed(DEALS, "2023").replace("2024-06-01", "06/03/2024")
                                .replace("06/03/2025", "05/31/2025"), "b.csv": LEDGER})  # fmt: skip
    assert proposed(tmp_path, "a.csv", "b.csv").analytics.dates == "mdy"


def test_amounts_that_could_be_two_are_not_guessed(tmp_path: Path) -> None:
    """12.000 is 12 or 12,000: asked at a terminal, else by the month."""
    written(tmp_path, {"a.csv": DEALS.replace("1200.00", "12.000"), "b.csv": LEDGER})
    done = init(tmp_path, "a.csv", "b.csv")
    assert "amounts could mean two numbers, like '12.000'" in done.stdout.decode()
    month = in_process("month", "2024-06", cwd=tmp_path)
    assert month.returncode == 6
    settings = proposed(tmp_path, "a.csv", "b.csv", "--force", answers=",\n")
    assert settings.analytics.decimal == ","


def test_cents_are_told_by_the_contracts(tmp_path: Path) -> None:
    """Whole amounts a hundred times too large are cents."""
    written(tmp_path, {"a.csv": DEALS, "b.csv": LEDGER.replace("100.00", "10000")})
    assert proposed(tmp_path, "a.csv", "b.csv").accounting.unit * 100 == 1
    assert totals(tmp_path).matched == len(KEYS)


def test_types_are_named_or_asked_about(tmp_path: Path) -> None:
    """A name with one type in it is an alias; others are listed for the user."""
    deals = DEALS.replace("C-1,Subscription", "C-1,Gold plan").replace(
        "C-2,Subscription", "C-2,Subscription - Annual"
    )
    written(tmp_path, {"a.csv": deals, "b.csv": LEDGER})
    done = init(tmp_path, "a.csv", "b.csv")
    assert "no revenue type is known for 'Gold plan'" in done.stdout.decode()
    text = (tmp_path / "config" / "recon.toml").read_text(encoding="utf-8")
    assert '"Subscription - Annual" = "Subscription"\n# "Gold plan" = ""' in text


def test_case_counts_where_ids_differ_by_it(tmp_path: Path) -> None:
    """Two ids that differ only in case are two contracts."""
    keys = ["006Ab", "006AB", "006Ac"]
    deals, ledger = CONTRACTS + "".join(map(contract, keys)), ENTRIES + "".join(map(entry, keys))
    written(tmp_path, {"a.csv": deals, "b.csv": ledger})
    assert proposed(tmp_path, "a.csv", "b.csv").policy.ids == "exact"
    assert totals(tmp_path).matched == len(keys)


@pytest.mark.parametrize(
    ("ours", "theirs", "line"),
    [
        ("0004{}", "4{}", "# [accounting.ids]\n# pad = 5"),
        *(pytest.param(*rule, marks=pytest.mark.slow) for rule in (
            ("100{}", "100{}.0", '# [accounting.ids]\n# strip_suffix = ".0"'),
            ("006Dn00000112a{}", "006Dn00000112a{}QAE", "# [accounting.ids]\n# first = 15"),
            ("US-77{}", "77{}", '# [analytics.ids]\n# strip_prefix = "US-"'),
        )),
    ],
)  # fmt: skip
def test_a_rule_on_ids_is_proposed_and_not_applied(
    tmp_path: Path, ours: str, theirs: str, line: str
) -> None:
    """It is a comment to decide on; with it, both sides meet."""
    deals = CONTRACTS + "".join(contract(ours.format(number)) for number in range(1, 6))
    ledger = ENTRIES + "".join(entry(theirs.format(number)) for number in range(1, 6))
    written(tmp_path, {"a.csv": deals, "b.csv": ledger})
    done = init(tmp_path, "a.csv", "b.csv")
    assert "would make them meet" in done.stdout.decode()
    path = tmp_path / "config" / "recon.toml"
    text = path.read_text(encoding="utf-8")
    assert line in text
    path.write_text(text.replace(line, line.replace("# ", "")), encoding="utf-8")
    assert totals(tmp_path).matched == 5


def test_codes_of_periods_are_left_to_the_calendar(tmp_path: Path) -> None:
    """A column that is one by its name is kept, with a doubt."""
    written(tmp_path, {"a.csv": DEALS, "b.csv": LEDGER.replace("2024-06\n", "Sixth\n")})
    done = init(tmp_path, "a.csv", "b.csv")
    assert "'Sixth' is no day and no month" in done.stdout.decode()


def test_some_amounts_that_cannot_be_read(tmp_path: Path) -> None:
    """They are rows to mend, and no reason to find no amounts."""
    ledger = LEDGER.replace("Subscription,100.00", 'Subscription,"1,00.00"', 2)
    written(tmp_path, {"a.csv": DEALS, "b.csv": ledger})
    done = init(tmp_path, "a.csv", "b.csv")
    said = done.stdout.decode()
    assert "2 rows cannot be compared: amount '1,00.00' is not an amount" in said, said


def test_the_end_of_many_rows_is_looked_at(tmp_path: Path) -> None:
    """More rows than are looked at, and a total below them."""
    many = [f"C-{number}" for number in range(looking.MOST + 200)]
    ledger = ENTRIES + "".join(map(entry, many)) + "Total,,,520000.00,\n"
    written(tmp_path, {"a.csv": CONTRACTS + "".join(map(contract, many)), "b.csv": ledger})
    assert proposed(tmp_path, "a.csv", "b.csv").accounting.skip_foot == 1


def test_deals_that_are_not_won_are_left_out(tmp_path: Path) -> None:
    """Known by a column that says yes or no, as by a stage."""
    lines = DEALS.splitlines()
    deals = [lines[0] + ",Is Won", *(f"{line},TRUE" for line in lines[1:]), lines[-1] + ",FALSE"]
    written(tmp_path, {"a.csv": "\n".join(deals) + "\n", "b.csv": LEDGER})
    assert proposed(tmp_path, "a.csv", "b.csv").analytics.where == "\"Is Won\" = 'TRUE'"
    assert totals(tmp_path).matched == len(KEYS)


def test_the_encoding_is_that_of_the_end_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An umlaut below what is looked at would end the month."""
    monkeypatch.setattr(looking, "HEAD", 300)
    monkeypatch.setattr(looking, "TAIL", 200)
    deals = DEALS + contract("C-9", customer="Zürich")
    written(tmp_path, {"a.csv": deals.encode("cp1252"), "b.csv": LEDGER, "x/c.csv/d": ""})
    assert proposed(tmp_path, "a.csv", "b.csv").analytics.encoding == "cp1252"


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-16", "\t"), ("cp1252", ";"), ("utf-8-sig", "|")]
)
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str) -> None:
    """As Excel and others save it."""
    deals = DEALS.replace("Aster", "Zürich").replace(",", delimiter).encode(encoding)
    written(tmp_path, {"a.txt": deals, "b.csv": LEDGER})
    proposed(tmp_path, "a.txt", "b.csv")
    assert totals(tmp_path).matched == len(KEYS)


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    """A column with quotes, and one that looks like TOML or SQL, is mapped as it is."""
    odd = "Stage'; DROP \\ \"x"
    deals = "\n".join(
        line + (f',"{odd.replace(chr(34), chr(34) * 2)}"' if not at else f",Won{at % 2 or ''}")
        for at, line in enumerate(DEALS.replace("revenue_type", '"revenue ""type"""').splitlines())
    )
    written(tmp_path, {"a.csv": deals + "\n", "b.csv": LEDGER})
    settings = proposed(tmp_path, "a.csv", "b.csv")
    assert settings.analytics.columns["revenue_type"] == 'revenue "type"'
    assert totals(tmp_path).matched == len(KEYS)


def workbook(path: Path, **sheets: list[list[object]]) -> None:
    """Write a workbook of these sheets."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save(path)


SHEET_OF_DEALS: list[list[object]] = [
    ["Deals, as of July"],
    [],
    ["Deal ID", "Product", "Total contract value", "Term (months)", "Signed on", "End date"],
    *([key, "Subscription", 1200.5, 12, date(2024, 6, 1), date(2025, 5, 31)] for key in KEYS),
    ["Total", None, 1200.5 * len(KEYS)],
]
SHEET_OF_ENTRIES: list[list[object]] = [
    ["Entry no", "Deal ID", "Product", "Amount", "Period"],
    *([f"E{key}", key, "Subscription", 100.04, date(2024, 6, 30)] for key in KEYS),
]


def test_a_workbook_and_a_csv_file(tmp_path: Path) -> None:
    """The sheet that is a table is taken, with its title and total left out."""
    workbook(tmp_path / "deals.xlsx", Notes=[["Ask Anna."]], Deals=SHEET_OF_DEALS)
    written(tmp_path, {"entries.csv": LEDGER.replace("100.00", "100.04")})
    settings = proposed(tmp_path, "entries.csv", "deals.xlsx")
    assert settings.analytics.sheet == "Deals"
    assert settings.analytics.columns["booking_date"] == "Signed on"
    found = totals(tmp_path)
    assert (found.expected, found.matched) == ("600.24", len(KEYS))


def test_one_workbook_has_both_sides(tmp_path: Path) -> None:
    """Each on a sheet of its own; a third one is named as not used."""
    towns: list[list[object]] = [["town", "country"], ["Ulm", "DE"]]
    workbook(tmp_path / "b.xlsx", Towns=towns, Ledger=SHEET_OF_ENTRIES, Deals=SHEET_OF_DEALS)
    done = init(tmp_path, "b.xlsx")
    assert "Not used: b.xlsx (sheet Towns)." in done.stdout.decode(), done.stderr.decode()
    settings = load(tmp_path / "config" / "recon.toml")
    assert (settings.analytics.sheet, settings.accounting.sheet) == ("Deals", "Ledger")
    assert totals(tmp_path).matched == len(KEYS)


def test_parquet_files(tmp_path: Path) -> None:
    """Typed columns are looked at as texts are; a damaged file is refused."""
    written(tmp_path, {"a.csv": DEALS, "b.csv": LEDGER, "c.parquet": b"PAR1 and no more"})
    with session() as connection:
        for name in ("a", "b"):
            source = f"read_csv({literal(str(tmp_path / f'{name}.csv'))})"
            target = literal(str(tmp_path / f"{name}.parquet"))
            connection.execute(f"COPY (FROM {source}) TO {target} (FORMAT parquet)")
    proposed(tmp_path, "b.parquet", "a.parquet")
    assert totals(tmp_path).matched == len(KEYS)
    done = init(tmp_path, "c.parquet", "a.parquet", "--force")
    assert done.returncode == 6
    assert "c.parquet is not a Parquet file" in one_sentence(done.stderr.decode())


def test_workbooks_that_are_none(tmp_path: Path) -> None:
    """An archive, an old workbook, and one without a table."""
    workbook(tmp_path / "notes.xlsx", Notes=[["Ask Anna."]])
    written(tmp_path, {"a.csv": DEALS, "b.xlsx": b"PK\x03\x04...", "c.xls": b"\xd0\xcf\x11\xe0.."})
    for name in ("b.xlsx", "c.xls", "notes.xlsx"):
        done = init(tmp_path, "a.csv", name)
        assert done.returncode == 6
        assert name in one_sentence(done.stderr.decode())


def test_a_day_of_winning_is_no_end_of_a_term(tmp_path: Path) -> None:
    """With a duration the term ends by it; without one nothing says when it ends."""
    columns = "Deal,Type,Amount,Months,Start Date,Close Date\n"
    row = "{},Subscription,1200.00,12,2024-06-01,2024-05-28\n"
    written(tmp_path, {"a.csv": columns + "".join(map(row.format, KEYS)), "b.csv": LEDGER})
    settings = proposed(tmp_path, "a.csv", "b.csv")
    assert settings.analytics.columns["booking_date"] == "Close Date"
    assert settings.analytics.columns["start_date"] == "Start Date"
    assert settings.analytics.fixed == {"close_date": "9999-12-31"}
    assert totals(tmp_path).matched == len(KEYS)
    short = (columns + "".join(map(row.format, KEYS))).replace(",Months", "").replace(",12,", ",")
    written(tmp_path, {"a.csv": short})
    done = init(tmp_path, "a.csv", "b.csv", "--force")
    assert done.returncode == 4
    for ours in ("duration_months", "close_date"):
        assert f"analytics.columns.{ours}: no column of a.csv fits" in done.stderr.decode()


@pytest.mark.skipif(not hasattr(Policy(), "term"), reason="no term runs from start to close yet")
def test_without_a_duration_the_term_is_its_dates(tmp_path: Path) -> None:
    """From start to close, both included: 1,200 from June to May is 100 a month."""
    deals = "\n".join(
        ",".join(cell for at, cell in enumerate(line.split(",")) if at != 3)
        for line in DEALS.splitlines()
    )
    written(tmp_path, {"a.csv": deals + "\n", "b.csv": LEDGER})
    done = init(tmp_path, "a.csv", "b.csv")
    assert "no column has the duration" in done.stdout.decode(), done.stderr.decode()
    assert 'term = "dates"' in (tmp_path / "config" / "recon.toml").read_text(encoding="utf-8")
    assert totals(tmp_path).matched == len(KEYS)


def test_files_with_columns_in_another_order_are_one_side(tmp_path: Path) -> None:
    """They are found by a folder, and the month reads them by name."""
    moved = "amount,recognition_period,entry_id,contract_id,revenue_type\n"
    rows = "".join(f"100.00,2024-06,E-{key},{key},Subscription\n" for key in KEYS[3:])
    files = {"deals.csv": DEALS, "gl-1.csv": ENTRIES + "".join(map(entry, KEYS[:3]))}
    written(tmp_path, files | {"gl-2.csv": moved + rows})
    settings = proposed(tmp_path, ".")
    assert settings.accounting.path == tmp_path / "gl-*.csv"
    assert totals(tmp_path).matched == len(KEYS)


def test_a_broken_line_is_named_in_its_own_file(tmp_path: Path) -> None:
    """The copy that recon looks at is nothing that anybody knows."""
    written(tmp_path, {"deals.csv": DEALS, "gl.csv": f"{LEDGER}# page 2\n{LEDGER}"})
    said = init(tmp_path, "deals.csv", "gl.csv").stderr.decode()
    assert "gl.csv" in said
    assert "recon-" not in said


def test_excels_numbers_of_days_are_doubted_and_read(tmp_path: Path) -> None:
    """Where columns of dates have nothing else."""
    deals = DEALS.replace("2024-06-01", "45444").replace("2025-05-31", "45808")
    ledger = LEDGER.replace("2024-06\n", "45473\n").replace("recognition_period", "Date")
    written(tmp_path, {"deals.csv": deals, "gl.csv": ledger})
    said = init(tmp_path, "deals.csv", "gl.csv").stdout.decode()
    assert "'booking_date' has Excel's numbers of days: 45444 is taken as 2024-06-01" in said
    assert totals(tmp_path).matched == len(KEYS)


def test_rows_that_are_delivered_twice_hide_no_id(tmp_path: Path) -> None:
    """Exports overlap: an id that repeats on equal rows is one all the same."""
    written(tmp_path, {"deals.csv": DEALS, "gl.csv": LEDGER + LEDGER.partition("\n")[2]})
    assert "entry_id" not in proposed(tmp_path, "deals.csv", "gl.csv").accounting.fixed
    assert totals(tmp_path).matched == len(KEYS)
