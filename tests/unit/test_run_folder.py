"""The folder of a run: complete or not there, and a clear sentence where it cannot be."""

from __future__ import annotations

import errno
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from recon.base.errors import ReportError
from recon.base.month import Month
from recon.record.run_folder import move_into_place, new_run_id, report_directory, unwritable

JUNE = Month.parse("2024-06")
NO_WAIT = (0.0, 0.0)


def files(root: Path) -> list[str]:
    """Return all files below a folder, hidden ones too."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.fixture
def blocked(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Make moving to a name fail so many times, as an open file does on Windows."""
    left: dict[str, int] = {}
    move = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if left.get(target.name, 0) > 0:
            left[target.name] -= 1
            raise PermissionError(errno.EACCES, "in use", str(target))
        return move(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    return left


def test_reports_appear_all_at_once(tmp_path: Path) -> None:
    """While a run writes, nothing stands under its name; afterwards everything does."""
    with report_directory(tmp_path, JUNE, "run") as folder:
        written = folder.path / "breaks.csv"
        written.write_text("x")
        assert not (tmp_path / "2024-06" / "run").exists()
    assert files(tmp_path) == ["2024-06/run/breaks.csv"]
    assert folder.final_path(written) == tmp_path / "2024-06" / "run" / "breaks.csv"
    assert folder.notice == ""


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_failed_run_leaves_nothing(tmp_path: Path, failure: type[BaseException]) -> None:
    """Whatever ends the run early, no half a report stays behind."""
    with pytest.raises(failure), report_directory(tmp_path, JUNE, "run") as folder:
        (folder.path / "breaks.csv").write_text("x")
        raise failure
    assert list(tmp_path.iterdir()) == []


def test_a_virus_scanner_is_waited_for(tmp_path: Path, blocked: dict[str, int]) -> None:
    """A folder that is held for a moment still gets its name."""
    blocked["run"] = 2
    with report_directory(tmp_path, JUNE, "run", NO_WAIT) as folder:
        (folder.path / "breaks.csv").write_text("x")
    assert files(tmp_path) == ["2024-06/run/breaks.csv"]
    assert folder.notice == ""


@pytest.mark.parametrize("also_blocked", [0, 1])
def test_another_name_is_taken_and_told(
    tmp_path: Path, blocked: dict[str, int], also_blocked: int
) -> None:
    """A folder that cannot be moved to its name is moved, or else copied, to another."""
    blocked |= {"run": 9, "run-2": also_blocked}
    with report_directory(tmp_path, JUNE, "run", NO_WAIT) as folder:
        (folder.path / "breaks.csv").write_text("x")
    assert files(tmp_path) == ["2024-06/run-2/breaks.csv"]
    assert folder.final.name == "run-2"
    assert "run-2" in folder.notice


def test_an_existing_folder_is_never_replaced(tmp_path: Path) -> None:
    """The reports of another run stay as they are."""
    for text in ("first", "second"):
        with report_directory(tmp_path, JUNE, "run") as folder:
            (folder.path / "breaks.csv").write_text(text)
    assert (tmp_path / "2024-06" / "run" / "breaks.csv").read_text() == "first"
    assert (tmp_path / "2024-06" / "run-2" / "breaks.csv").read_text() == "second"


def test_an_open_workbook_is_written_beside(tmp_path: Path, blocked: dict[str, int]) -> None:
    """A file that is open in Excel stays, the new one stands beside it."""
    blocked["recon.xlsx"] = 9
    (tmp_path / "recon.xlsx").write_text("open")
    (tmp_path / "new").write_text("new")
    assert move_into_place(tmp_path / "new", tmp_path / "recon.xlsx", NO_WAIT) == (
        tmp_path / "recon-2.xlsx"
    )
    assert files(tmp_path) == ["recon-2.xlsx", "recon.xlsx"]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    """A file that nobody holds is simply replaced."""
    (tmp_path / "recon.xlsx").write_text("old")
    (tmp_path / "new").write_text("new")
    assert move_into_place(tmp_path / "new", tmp_path / "recon.xlsx") == tmp_path / "recon.xlsx"
    assert (tmp_path / "recon.xlsx").read_text() == "new"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "access is denied"),
        (errno.EROFS, "read-only"),
        (errno.ENAMETOOLONG, "the path is too long"),
        (errno.EIO, "error"),
    ],
)
def test_the_error_says_where_what_and_what_to_do(tmp_path: Path, code: int, words: str) -> None:
    """A report that cannot be written ends in one sentence with its path, and leaves nothing."""
    with (
        pytest.raises(ReportError, match=words) as caught,
        report_directory(tmp_path, JUNE, "run") as folder,
    ):
        raise OSError(code, "raw words of the system", str(folder.path / "lines.csv"))
    assert "lines.csv" in str(caught.value)
    assert str(caught.value).endswith("then run again.")
    assert files(tmp_path) == []


@pytest.mark.parametrize(("there", "elsewhere", "full"), [(1, 2, "reports"), (2, 1, "temporary")])
def test_a_full_disk_that_is_not_named_is_the_fuller_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: int, elsewhere: int, full: str
) -> None:
    """A workbook's parts are temporary files before they are a report."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    free = {temporary: elsewhere}
    monkeypatch.setattr(
        "shutil.disk_usage", lambda folder: SimpleNamespace(free=free.get(folder, there))
    )
    told = str(unwritable(OSError(errno.ENOSPC, "no room"), tmp_path / "reports" / "run"))
    assert told.startswith(f"The reports cannot be written: {tmp_path / full}")


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    """A root that is a file cannot hold reports, and the sentence says so."""
    (tmp_path / "reports").write_text("x")
    with (
        pytest.raises(ReportError, match="a file is where a folder should be"),
        report_directory(tmp_path / "reports", JUNE, "run"),
    ):
        pass


def test_run_ids_sort_by_time_and_fit_any_file_system() -> None:
    """An id names month and UTC time, tells apart two runs of a second, and has no colon."""
    noon = datetime(2024, 7, 3, 9, 15, tzinfo=timezone(timedelta(hours=2)))
    early, late = new_run_id(JUNE, noon), new_run_id(JUNE, noon + timedelta(seconds=1))
    assert re.fullmatch(r"2024-06_20240703T071500Z_[0-9a-f]{4}", early)
    assert early < late
    assert len({new_run_id(JUNE, datetime(2024, 7, 3, tzinfo=UTC)) for _ in range(20)}) > 1
