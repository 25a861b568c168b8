"""`recon verify`: a run proves itself, and nothing that was changed does."""

from __future__ import annotations

import errno
import hashlib
import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recon.base.errors import ReportError, SourceDataError
from recon.base.month import Month
from recon.config import Settings, load
from recon.record.evidence import FOLDER, PackFinding, verify_pack
from recon.record.evidence.layout import DERIVED, EXTRACTS, PAGE, RESULTS, RUN, TOLD, packs
from recon.record.evidence.sums import SUMS, write_sums
from recon.record.journal.model import Event, Kind
from recon.record.journal.store import Journal
from recon.run.month import run_month
from recon.sources import sample
from tests.integration.servers import Server, configuration
from tests.shell import CONTRACTS, ENTRIES, Project, contract, entry, in_process, one_sentence

# A pack that was changed has other hashes, and is made again.
pytestmark = pytest.mark.usefixtures("reperformed_once")
JUNE = Month.parse("2024-06")
ALL = sorted({*TOLD, *DERIVED, *EXTRACTS.values(), SUMS})


def fill(project: Project) -> None:
    """Write a month with breaks, and with invalid rows on both sides."""
    lines = [contract("001"), contract("002"), contract("003"), contract("004", "x")]
    project.write("contracts.csv", CONTRACTS + "".join(lines))
    entries = [
        entry("001"), entry("001", month="2024-05"), entry("002", "150.00"), entry("003", "?"),
        "E-9,,Subscription,5,2024-06\n", entry("003", month="June"),
    ]  # fmt: skip
    project.write("entries.csv", ENTRIES + "".join(entries))


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with one run."""
    project = Project(tmp_path_factory.mktemp("project"))
    fill(project)
    run_month(load(project.config), JUNE, formats=("csv",))
    return project


@pytest.fixture
def project(pristine: Project, tmp_path: Path) -> Project:
    """Return a copy of that project."""
    shutil.copytree(pristine.folder, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path)


@pytest.fixture
def pack(project: Project) -> Path:
    """Return the pack of its run."""
    return packs(project.reports)[0]


def told(pack: Path) -> list[str]:
    """Return what is found of a pack, in words."""
    return [str(finding) for finding in verify_pack(pack)]


def sealed(pack: Path) -> None:
    """Write the hashes anew, as whoever changes a file would."""
    (pack / SUMS).unlink()
    write_sums(pack)


def changed(path: Path, change: Callable[[Any], object]) -> None:
    """Change a JSON file in place."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    text = json.dumps(content, indent=2) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


# A pack that is as it was


def test_a_fresh_run_proves_itself(project: Project) -> None:
    """The pack holds every file, and the command says so in few words."""
    (pack,) = packs(project.reports)
    assert sorted(path.name for path in pack.iterdir()) == ALL
    done = in_process("verify", "2024-06", cwd=project.folder)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().splitlines()[0] == f"{pack.parent.name}: proven"


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="there is no sha256sum")
def test_sha256sum_proves_it_without_recon(pack: Path) -> None:
    """Every file is OK."""
    done = subprocess.run(["sha256sum", "-c", SUMS], cwd=pack, capture_output=True, check=False)
    assert (done.returncode, done.stdout.count(b": OK\n")) == (0, len(ALL) - 1)


def test_an_auditor_reads_it_without_recon(pack: Path) -> None:
    """Hashes, totals and breaks, with nothing but Python and a reader of Parquet."""
    for line in (pack / SUMS).read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((pack / name).read_bytes()).hexdigest() == digest
    results = json.loads((pack / RESULTS).read_text())
    with duckdb.connect() as connection:
        row = connection.execute(
            f"""SELECT sum(TRY_CAST(amount AS DECIMAL(18, 2))) FROM '{pack / "entries.parquet"}'
            WHERE recognition_period = '2024-06' AND contract_id IS NOT NULL"""
        ).fetchone()
    assert row is not None
    assert str(row[0]) == results["totals"]["USD"]["recognized"] == "250.00"
    breaks = json.loads((pack / "breaks.json").read_text())["breaks"]
    assert [item["contract_id"] for item in breaks] == [
        item["contract_id"] for item in results["breaks"]
    ]
    source = json.loads((pack / "accounting.json").read_text())["files"][0]
    data = Path(source["path"]).read_bytes()
    assert (source["size"], source["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


def test_text_files_end_their_lines_as_unix_does(pack: Path) -> None:
    """On Windows too, so that the hashes of equal texts are equal."""
    for path in pack.iterdir():
        if path.suffix != ".parquet":
            assert b"\r" not in path.read_bytes()
            path.read_text(encoding="utf-8")


def test_invalid_rows_keep_their_numbers(pack: Path) -> None:
    """What cannot be compared stands in the extracts as it came."""
    invalid = json.loads((pack / RESULTS).read_text())["invalid"]
    assert [(row["side"], row["row"]) for row in invalid] == [
        ("analytics", 4), ("accounting", 3), ("accounting", 4), ("accounting", 5)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("analytics", "accounting", "text"),
    [
        ("delimiter = ';'\ndecimal = ','\nencoding = 'cp1252'\n[analytics.columns]\n"
         "contract_id = 'Vertrag'\n", "compliance = ['approved_by']\n",
         "Vertrag;revenue_type;contract_value;duration_months;booking_date;close_date;Größe\n"
         "7;Subscription;1.200,00;12;2024-06-01;2025-05-31;ä\n"
         "8;Subscription;1.200;12;2024-06-01;2025-05-31;ä\n"),
    ],
)  # fmt: skip
def test_files_of_any_kind_are_proven(
    tmp_path: Path, analytics: str, accounting: str, text: str
) -> None:
    """Renamed columns, decimal commas, another encoding, a compliance column."""
    project = Project(tmp_path)
    project.configure(analytics, accounting)
    project.write("contracts.csv", text.encode("cp1252"))
    project.write(
        "entries.csv", ENTRIES[:-1] + ",approved_by\n" + entry("7", "99")[:-1] + ",dana\n"
    )
    assert proven(load(project.config))


@pytest.mark.parametrize(
    ("kind", "period"),
    [
        ("DOUBLE", "DATE"),
        *(pytest.param(*types, marks=pytest.mark.slow) for types in (
            ("FLOAT", "TIMESTAMP"), ("DECIMAL(12, 6)", "TIMESTAMPTZ"),
            ("HUGEINT", "TIMESTAMP_NS"), ("BIGINT", "VARCHAR"),
        )),
    ],
)  # fmt: skip
def test_parquet_of_any_type_is_proven(tmp_path: Path, kind: str, period: str) -> None:
    """What a source delivers keeps its type, or at least what recon reads of it."""
    project = Project(tmp_path)
    paths = "path = '../data/{}.parquet'\n"
    project.configure(paths.format("contracts"), paths.format("entries"))
    (tmp_path / "data").mkdir()
    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT '1' AS contract_id, 'Setup' AS revenue_type, 12 AS duration_months,
            CAST(1200 AS {kind}) AS contract_value, DATE '2024-06-01' AS booking_date,
            DATE '2025-05-31' AS close_date, NULL AS segment)
            TO '{tmp_path / "data" / "contracts.parquet"}'"""
        )
        connection.execute(
            f"""COPY (SELECT range AS entry_id, '1' AS contract_id, 'Setup' AS revenue_type,
            CAST(range / 7 + 12 AS {kind}) AS amount,
            CAST(CAST('2024-06-01' AS {period}) AS {period}) AS recognition_period,
            now() AS posted_at FROM range(9)) TO '{tmp_path / "data" / "entries.parquet"}'"""
        )
    assert proven(load(project.config))


@pytest.mark.slow
def test_the_sample_is_proven(tmp_path: Path) -> None:
    """As it comes with recon, with every kind of invalid row."""
    assert proven(Settings(reports=tmp_path / "reports"))


def proven(settings: Settings) -> bool:
    """Return whether a new run of a configuration proves itself."""
    run_month(settings, JUNE, formats=("csv",))
    (pack,) = packs(settings.reports)
    assert told(pack) == []
    return True


def test_no_format_leaves_no_evidence(project: Project) -> None:
    """A look is not a run."""
    before = packs(project.reports)
    run_month(load(project.config), JUNE, formats=())
    assert packs(project.reports) == before


def test_the_exit_code_is_that_of_the_run(project: Project) -> None:
    """With the threshold that was asked for: without one, its breaks make it 3."""
    before = packs(project.reports)
    assert json.loads((before[0] / RESULTS).read_text())["exit_code"] == 3
    done = in_process(
        "month", "2024-06", "--fail-on", "never", "--format", "csv", cwd=project.folder
    )  # fmt: skip
    (pack,) = set(packs(project.reports)) - {*before}
    assert done.returncode == json.loads((pack / RESULTS).read_text())["exit_code"] == 0
    assert told(pack) == []


def test_signatures_are_kept_and_another_verdict_is_3(project: Project) -> None:
    """A run after a sign-off has the signatures, and its exit code follows from the pack."""
    run = packs(project.reports)[0].parent.name
    with Journal.at(project.reports) as journal:
        journal.say(*(
            Event(0, datetime.now(UTC), who, "FIN-7", Kind.SIGNED_OFF, run, JUNE, "seen", role)
            for who, role in (("dana", "preparer"), ("iris", "reviewer"))
        ))  # fmt: skip
    fixed = "".join(contract(key) for key in ("001", "002"))
    project.write("contracts.csv", CONTRACTS + fixed)
    project.write("entries.csv", ENTRIES + entry("001") + entry("002"))
    code = run_month(load(project.config), JUNE, formats=("csv",)).exit_code
    pack = next(pack for pack in packs(project.reports) if pack.parent.name != run)
    assert told(pack) == []
    assert json.loads((pack / RESULTS).read_text())["exit_code"] == code == 3
    signoffs = json.loads((pack / "signoffs.json").read_text())["signoffs"]
    assert [(item["who"], item["role"], item["month"]) for item in signoffs] == [
        ("dana", "preparer", "2024-06"), ("iris", "reviewer", "2024-06")
    ]  # fmt: skip
    assert "signed off before" in (pack / PAGE).read_text(encoding="utf-8")


def test_a_file_that_changes_before_it_is_kept_ends_the_run(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An extract that is not what was compared would be no evidence."""
    from recon.reports import csv_files

    def grow(*arguments: Any, write: Any = csv_files.write_csv, **options: Any) -> Any:
        with (project.folder / "data" / "entries.csv").open("a") as file:
            file.write(entry("002", "1.00"))
        return write(*arguments, **options)

    monkeypatch.setattr(csv_files, "write_csv", grow)
    before = packs(project.reports)
    with pytest.raises(SourceDataError, match="changed while it was read"):
        run_month(load(project.config), JUNE, formats=("csv",))
    assert packs(project.reports) == before


@pytest.mark.parametrize(
    "step", [pytest.param("write_sums", marks=pytest.mark.slow), "write_extract"]
)
def test_a_pack_that_cannot_be_written_leaves_no_run(
    project: Project, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """No report without its evidence."""

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "no space", "SHA256SUMS")

    monkeypatch.setattr(f"recon.record.evidence.pack.{step}", full)
    before = packs(project.reports)
    with pytest.raises(ReportError, match="the disk is full"):
        run_month(load(project.config), JUNE, formats=("csv",))
    assert packs(project.reports) == before


# A pack that was changed


@pytest.mark.parametrize("more", [2, pytest.param(6, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ALL)
def test_a_changed_byte_names_its_file(pack: Path, name: str, more: int) -> None:
    """Wherever it stands and whichever of its bits."""
    path, chance = pack / name, random.Random(name)  # noqa: S311 - a test
    content = path.read_bytes()
    places = {0, 1, len(content) // 2, len(content) - 1}
    places |= {chance.randrange(len(content)) for _ in range(more)}
    for place in sorted(places):
        for bit in (0x01, 0x20, 0x80)[:more]:
            flipped = bytearray(content)
            flipped[place] ^= bit
            path.write_bytes(flipped)
            assert any(name in line for line in told(pack)), (place, bit)
    path.write_bytes(content)
    assert told(pack) == []


@pytest.mark.parametrize("name", ALL)
def test_a_missing_file_is_named(pack: Path, name: str) -> None:
    """Its hash is still there; without SHA256SUMS nothing is proven."""
    (pack / name).unlink()
    found = verify_pack(pack)
    assert [finding.file for finding in found] == [name]


@pytest.mark.parametrize("name", [name for name in ALL if name != SUMS])
def test_a_file_that_is_taken_out_with_its_hash_is_named(pack: Path, name: str) -> None:
    """Every pack has the same files."""
    (pack / name).unlink()
    sealed(pack)
    assert told(pack) == [f"{SUMS}: does not list {name}"]


def test_a_file_or_folder_too_many_is_named(pack: Path) -> None:
    """Nothing may hide beside the evidence."""
    (pack / "notes.txt").write_text("trust me")
    (pack / "more").mkdir()
    assert [finding.file for finding in verify_pack(pack)] == ["more", "notes.txt"]


def test_a_file_too_many_with_its_hash_is_named(pack: Path) -> None:
    """Every pack has the same files."""
    (pack / "notes.txt").write_text("trust me")
    sealed(pack)
    assert [finding.file for finding in verify_pack(pack)] == ["notes.txt"]


def test_a_folder_or_link_in_the_place_of_a_file(pack: Path) -> None:
    """It is missing."""
    (pack / RESULTS).rename(pack.parent / RESULTS)
    (pack / RESULTS).mkdir()
    assert told(pack) == [f"{RESULTS}: is missing"]
    (pack / RESULTS).rmdir()
    (pack / RESULTS).symlink_to(pack.parent / RESULTS)
    assert told(pack) == [f"{RESULTS}: is missing"]


def test_a_pack_that_is_gone(pack: Path) -> None:
    """Also where a file stands in its place."""
    shutil.rmtree(pack)
    assert told(pack) == [f"{FOLDER}: is not there"]
    pack.write_text("")
    assert told(pack) == [f"{FOLDER}: is not there"]


# A pack that was forged: its hashes match


def forged_extract(pack: Path, statement: str) -> None:
    """Change the entries of a pack and its hashes."""
    path = pack / EXTRACTS[next(reversed(EXTRACTS))]
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE entries AS SELECT * FROM '{path}'")
        connection.execute(statement)
        connection.execute(f"COPY entries TO '{path}' (FORMAT parquet)")
    sealed(pack)


def test_an_extract_that_was_forged_gives_another_result(pack: Path) -> None:
    """The first keys that differ are named with both values."""
    forged_extract(
        pack, "UPDATE entries SET amount = '100.00' WHERE contract_id = '002'"
    )  # fmt: skip
    found = told(pack)
    assert f"{RESULTS}: totals.USD.recognized: 250.00 instead of 200.00" in found
    assert any(line.startswith(f"{PAGE}: line ") for line in found)


def test_an_order_that_was_forged_gives_other_rows(pack: Path) -> None:
    """The numbers of the invalid rows follow from it."""
    forged_extract(pack, "CREATE OR REPLACE TABLE entries AS SELECT * FROM entries ORDER BY amount")
    assert any("invalid[" in line for line in told(pack))


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (RESULTS, lambda d: d["totals"]["USD"].update(recognized="1.00"),
         "results.json: totals.USD.recognized: 1.00 instead of 250.00"),
        (RESULTS, lambda d: d["breaks"].pop(), "results.json: breaks: 1 instead of 2 of them"),
        (RESULTS, lambda d: d.update(exit_code=0), "results.json: exit_code: 0 instead of 3"),
        ("breaks.json", lambda d: d["breaks"][0].update(cause="ended"), "breaks.json: breaks[0]."),
        ("breaks.json", lambda d: None, "breaks.json: it has the right content in other bytes"),
        ("control_totals.json", lambda d: d["accounting"].update(rows=1),
         "control_totals.json: accounting.rows: 1 instead of"),
        ("policy.json", lambda d: d.update(tolerance="60%"), "results.json: policy.tolerance"),
        (RUN, lambda d: d.update(fail_on="critical"), "results.json: exit_code"),
        (RUN, lambda d: d.update(month="2024-05"), "results.json: month: 2024-06 instead of"),
        (RUN, lambda d: d.update(user="nobody"), "evidence.md: line "),
    ],
)  # fmt: skip
def test_a_document_that_was_forged_is_told(
    pack: Path, name: str, change: Callable[[Any], object], said: str
) -> None:
    """Whatever follows from the extracts is made again; and the page says what they say."""
    changed(pack / name, change)
    sealed(pack)
    assert any(line.startswith(said) for line in told(pack)), told(pack)


def test_a_page_that_was_forged_is_told(pack: Path) -> None:
    """Line by line."""
    text = (pack / PAGE).read_text(encoding="utf-8")
    (pack / PAGE).write_text(text.replace("250.00", "200.00"), encoding="utf-8", newline="\n")
    sealed(pack)
    assert any(line.startswith(f"{PAGE}: line ") for line in told(pack))
    (pack / PAGE).write_text(text + "Approved.\n", encoding="utf-8", newline="\n")
    sealed(pack)
    assert told(pack)[-1].endswith("'Approved.' instead of 'nothing'")


@pytest.mark.parametrize("some", [False, True])
def test_a_pack_of_before_gross_amounts_is_proven(pack: Path, *, some: bool) -> None:
    """A bridge that lacks all of them is that of an earlier recon; one that lacks some is not."""
    content = json.loads((pack / RESULTS).read_text(encoding="utf-8"))
    steps = [step for of in content["bridge"].values() for step in of]
    for step in steps[: 1 if some else None]:
        del step["gross"]
    text = json.dumps(content, indent=2, ensure_ascii=True) + "\n"
    (pack / RESULTS).write_text(text, encoding="utf-8", newline="\n")
    sealed(pack)
    assert len(steps) > 1
    assert told(pack) == ([f"{RESULTS}: bridge.USD[0].gross: missing"] if some else [])


def test_another_version_is_told_with_the_difference(pack: Path) -> None:
    """It may be why."""
    changed(pack / RUN, lambda d: d["versions"].update(recon="0.0.9"))
    sealed(pack)
    (line,) = told(pack)
    assert "written by recon 0.0.9, made again by recon" in line


# What nothing else follows from is held against the same result, each file on its own.
ENDS = tuple(name for name in DERIVED if name not in TOLD)


@pytest.mark.parametrize(
    "names", [ENDS, *((name,) for name in ALL if name not in (SUMS, *ENDS))], ids="+".join
)
@pytest.mark.parametrize(
    "content",
    [
        b'{"schema": {"a": []}}',
        *(pytest.param(content, marks=pytest.mark.slow)
          for content in (b"", b"{}", b"null", b"\xff\xfe", b"[" * 100_000)),
    ],
)  # fmt: skip
def test_nonsense_with_matching_hashes_is_a_finding(
    pack: Path, names: tuple[str, ...], content: bytes
) -> None:
    """Never a traceback."""
    for name in names:
        (pack / name).write_bytes(content)
    sealed(pack)
    found = verify_pack(pack)
    assert found
    assert names != ENDS or {finding.file for finding in found} == {*names}


@pytest.mark.parametrize("flips", [2, pytest.param(6, marks=pytest.mark.slow)])
def test_damaged_extracts_with_matching_hashes_are_findings(pack: Path, flips: int) -> None:
    """A flipped bit changes what is read, cannot be read, or changes nothing that is read."""
    for name in EXTRACTS.values():
        path, chance = pack / name, random.Random(name)  # noqa: S311 - a test
        content = path.read_bytes()
        for _ in range(flips):
            flipped = bytearray(content)
            flipped[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(flipped)
            sealed(pack)
            assert all(isinstance(finding, PackFinding) for finding in verify_pack(pack))
        path.write_bytes(content)


# The command


@pytest.fixture(scope="module")
def pristine_three(pristine: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with three runs, of two months."""
    folder = tmp_path_factory.mktemp("three")
    shutil.copytree(pristine.folder, folder, dirs_exist_ok=True)
    project = Project(folder)
    for of in ("2024-05", "2024-06"):
        run_month(load(project.config), Month.parse(of), formats=("csv",))
    return project


@pytest.fixture
def three(project: Project, pristine_three: Project) -> list[Path]:
    """Return the packs of a copy of those three runs."""
    shutil.rmtree(project.folder)
    shutil.copytree(pristine_three.folder, project.folder)
    found = packs(project.reports)
    assert len(found) == 3
    # Runs of the same second have no order in their names.
    return sorted(found, key=lambda pack: (pack / SUMS).stat().st_mtime_ns)


def verified(project: Project, *arguments: str) -> tuple[int, dict[str, list[str]]]:
    """Return the exit code of `recon verify`, and the findings by run."""
    done = in_process("verify", *arguments, "--json", cwd=project.folder)
    document = json.loads(done.stdout)
    assert document["proven"] == (done.returncode == 0)
    return done.returncode, {
        run["run_id"]: [f"{item['file']}: {item['what']}" for item in run["findings"]]
        for run in document["runs"]
    }


def test_all_runs_or_those_of_a_month(project: Project, three: list[Path]) -> None:
    """The oldest first; each one is proven."""
    runs = [pack.parent.name for pack in three]
    assert verified(project, "--all") == (0, {run: [] for run in runs})
    assert verified(project, "2024-05") == (0, {runs[1]: []})
    assert verified(project, runs[2]) == (0, {runs[2]: []})


@pytest.mark.parametrize("ids", [("ff", "00"), pytest.param(("00", "ff"), marks=pytest.mark.slow)])
def test_runs_of_one_second_are_proven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ids: tuple[str, str]
) -> None:
    """Nothing in their names says which of them was the first."""
    project = Project(tmp_path)
    fill(project)
    names = iter(f"2024-06_20240703T071500Z_{end * 2}" for end in ids)
    monkeypatch.setattr("recon.run.month._new_run_id", lambda _: next(names))
    for _ in ids:
        run_month(load(project.config), JUNE, formats=("csv",))
    assert in_process("verify", "--all", cwd=project.folder).returncode == 0


def test_a_run_that_is_gone_breaks_the_chain(project: Project, three: list[Path]) -> None:
    """The next one misses it, and the journal knows it."""
    runs = [pack.parent.name for pack in three]
    shutil.rmtree(three[1].parent)
    code, found = verified(project, "--all")
    assert code == 6
    assert found[runs[0]] == []
    assert found[runs[1]] == ["evidence: is gone; the journal knows the run"]
    assert found[runs[2]] == [f"previous.json: the run before, {runs[1]}, is gone"]


def test_forged_hashes_break_the_chain(project: Project, three: list[Path]) -> None:
    """Even where a change would not show in the result."""
    pack = three[0]
    changed(pack / "signoffs.json", lambda d: d.update(forged=True))
    sealed(pack)
    code, found = verified(project, pack.parent.name)
    assert code == 6
    assert any("is not the one that the next run" in line for line in found[pack.parent.name])


def test_the_last_run_is_held_against_the_journal(project: Project, three: list[Path]) -> None:
    """No run follows it."""
    pack = three[-1]
    changed(pack / "signoffs.json", lambda d: d.update(forged=True))
    sealed(pack)
    code, found = verified(project, pack.parent.name)
    assert (code, found[pack.parent.name]) == (
        6, [f"{SUMS}: is not the one that the journal has recorded"]
    )  # fmt: skip


def test_what_is_not_proven_is_told_in_words(project: Project, pack: Path) -> None:
    """On standard output: it is the answer, not a failure of recon."""
    (pack / RESULTS).write_text("{}")
    done = in_process("verify", "--all", cwd=project.folder)
    assert (done.returncode, done.stderr) == (6, b"")
    lines = done.stdout.decode().splitlines()
    assert lines[:3] == [
        f"{pack.parent.name}: NOT PROVEN",
        f"  - {RESULTS}: was changed: {SUMS} has another hash of it",
        "journal: proven",
    ]
    assert lines[-1] == "1 of 1 run not proven."


@pytest.mark.parametrize(
    "arguments", [["2024-07"], ["2024-06_20240703T071500Z_3f9a"], [], ["2024-06", "--all"], [".."]]
)
def test_no_such_run_is_2(project: Project, arguments: list[str]) -> None:
    """Nor anything that is not one."""
    done = in_process("verify", *arguments, cwd=project.folder)
    assert done.returncode == 2
    one_sentence(done.stderr.decode())


def test_no_run_at_all_is_2(tmp_path: Path) -> None:
    """Nothing is made on the way."""
    done = in_process("verify", "--all", "--out", tmp_path / "none", cwd=tmp_path)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


# Databases


@pytest.fixture(scope="module")
def books(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fill the server with a small sample."""
    folder = tmp_path_factory.mktemp("books")
    sample.make(sample.Recipe(contracts=60), folder / "sample.duckdb")
    sample.export(folder / "sample.duckdb", folder, "csv")
    server.load(folder)
    yield


@pytest.mark.usefixtures("books")
def test_a_run_on_databases_is_proven_and_tells_no_secret(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extracts have the condensed entries too; the statements stand there as they ran."""
    monkeypatch.setenv("BOOKS_PASSWORD", server.password)
    settings = replace(load(configuration(server, tmp_path)), reports=tmp_path / "runs")
    run_month(settings, JUNE, formats=("csv",))
    (pack,) = packs(settings.reports)
    assert told(pack) == []
    trail = json.loads((pack / "accounting.json").read_text())
    totals = json.loads((pack / "control_totals.json").read_text())["accounting"]
    assert sum(part["rows"] for part in trail["parts"]) == totals["extract_entries"]
    assert min(part["first_period"] for part in trail["parts"]) == totals["first_period"]
    assert trail["parts"][0]["parameters"] == ["2024-05-01", "2024-08-01"]
    assert trail["parts"][0]["last_period"] == totals["last_period"]
    assert trail["product"]
    assert trail["version"]
    for path in pack.rglob("*"):
        assert server.password.encode() not in path.read_bytes()
    for part in trail["parts"]:
        assert part["select"].strip() in (pack / PAGE).read_text(encoding="utf-8")
    changed(pack / "accounting.json", lambda d: d["parts"][0].update(rows=1))
    sealed(pack)
    assert any("the server counted" in line for line in told(pack))
