"""A session reaches nothing but what it was opened for."""

from __future__ import annotations

import glob
import gzip
import tempfile
from pathlib import Path

import duckdb
import pytest

from recon.base.errors import SourceUnreachable
from recon.store import warehouse
from recon.store.session import literal, open_session, reading, session
from tests.inbox import FEED, Inbox
from tests.shell import Project, in_process

# They name files beside the folder that the session was opened for, as {0}.
REFUSED = (
    "SELECT * FROM read_text('{0}/secret.csv')",
    "SELECT * FROM read_csv('{0}/secret.csv', header = false, columns = {{'a': 'VARCHAR'}})",
    "SELECT * FROM '{0}/secret.csv'",
    "SELECT * FROM glob('{0}/*')",
    "SELECT * FROM read_blob('{0}/allowed/../secret.csv')",
    "COPY (SELECT 1) TO '{0}/written.csv'",
    "ATTACH '{0}/written.csv' AS other",
    "EXPORT DATABASE '{0}/written.csv'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT * FROM read_csv('https://example.invalid/books.csv')",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "SET lock_configuration = false",
    "SET temp_directory = '/'",
    "SET autoinstall_known_extensions = true",
    "SELECT getenv('PATH')",
    "SELECT * FROM books_of_python",
)


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is not among the temporary files, with what nobody may read."""
    for name in ("temporary", "allowed"):
        (tmp_path / name).mkdir()
    (tmp_path / "secret.csv").write_text("secret\n", encoding="utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path


@pytest.mark.parametrize("statement", REFUSED)
def test_a_statement_that_reaches_outside_is_refused(outside: Path, statement: str) -> None:
    """Reading, writing, extensions, the network, Python's variables, and the way back."""
    import pandas as pd

    books_of_python = pd.DataFrame({"amount": [1]})
    with session(outside / "allowed") as opened, pytest.raises(duckdb.Error):
        opened.execute(statement.format(outside)).fetchall()
    assert len(books_of_python) == 1
    assert not (outside / "written.csv").exists()


def test_a_file_outside_is_told_in_a_sentence(outside: Path) -> None:
    """As it may come from a file, not from recon."""
    with (
        session() as opened,
        pytest.raises(SourceUnreachable, match=r"^The analytics side \(books\) asks for a file"),
        reading("analytics", "books"),
    ):
        opened.execute(f"SELECT * FROM read_text('{outside}/secret.csv')")


@pytest.mark.parametrize("place", ["plain", "with [brackets] and *", "with 'quotes'"])
def test_what_it_was_opened_for_is_read_and_written(tmp_path: Path, place: str) -> None:
    """Folders by any name, and files in them, packed ones too."""
    folder = tmp_path / place
    folder.mkdir()
    with gzip.open(folder / "books[1].csv.gz", "wt") as packed:
        packed.write("a\n1\n")
    with session(folder) as opened:
        path = literal(glob.escape(str(folder / "books[1].csv.gz")))
        assert opened.execute(f"SELECT * FROM read_csv([{path}])").fetchall() == [(1,)]
        opened.execute(f"COPY (SELECT 2 AS a) TO {literal(str(folder / 'out.parquet'))}")
        path = literal(glob.escape(str(folder / "*.parquet")).replace("[*].", "*."))
        assert opened.execute(f"SELECT * FROM read_parquet([{path}])").fetchall() == [(2,)]


def test_one_file_does_not_open_its_neighbours(outside: Path) -> None:
    """Where a file is configured, its folder is not; what a link leads to is the file."""
    (outside / "allowed" / "link.csv").symlink_to(outside / "secret.csv")
    (outside / "own.csv").write_text("own\n", encoding="utf-8")
    with session(outside / "own.csv") as opened:
        opened.execute(f"SELECT * FROM read_text('{outside}/own.csv')")
        with pytest.raises(duckdb.PermissionException):
            opened.execute(f"SELECT * FROM read_text('{outside}/secret.csv')")
    with session(outside / "allowed" / "link.csv") as opened:
        opened.execute(f"SELECT * FROM read_text('{outside}/allowed/link.csv')")


def test_what_does_not_fit_the_memory_is_still_spilled() -> None:
    """Into the folder for temporary files."""
    with open_session("40MB", threads=1) as opened:
        opened.execute("CREATE TABLE spilled AS SELECT range, hash(range) FROM range(3_000_000)")
        (files,) = opened.execute("SELECT count(*) FROM duckdb_temporary_files()").fetchone() or ()
        assert files > 0
        assert opened.execute("SELECT count(*) FROM spilled").fetchone() == (3_000_000,)


def test_a_store_reaches_its_folder_alone(outside: Path) -> None:
    """Its database, the log beside it, and the files of the snapshot."""
    with warehouse.opened(outside / "allowed") as opened:
        opened.execute("CHECKPOINT store")
        with pytest.raises(duckdb.PermissionException):
            opened.execute(f"SELECT * FROM read_text('{outside}/secret.csv')")


@pytest.mark.slow  # twelve commands
def test_a_month_and_a_load_reach_all_they_need(outside: Path) -> None:
    """Files by pattern and by link, packs of earlier runs, the sample, reports, inbox and store."""
    project = Project(outside / "project [a]")
    project.fill("100.00", "250.00")
    data = project.folder / "data"
    (data / "entries.csv").rename(outside / "real.csv")
    (data / "entries.csv").symlink_to(outside / "real.csv")
    project.configure("path = '../data/contr*.csv'\n", rest=FEED)
    Inbox(project.folder).put("uk-1.csv", "S1,2024-06-01,P,C,1,10.00")
    for line, code in (
        ("month 2024-06", 3), ("month 2024-06 --format csv", 3), ("diff {0} {1}", 0),
        ("verify --all", 0), ("doctor --month 2024-06", 0), ("tune --tolerance 1%", 0),
        ("load", 0), ("loads", 0), ("store info", 0), ("store backup ../away/store.duckdb", 0),
        ("init data --out new", 0), ("sample --out there --contracts 20", 0),
    ):  # fmt: skip
        runs = sorted(path.parent.name for path in project.reports.rglob("evidence"))
        done = in_process(*line.format(*runs).split(), cwd=project.folder)
        assert done.returncode == code, (line, done.stderr.decode(), done.stdout.decode())
