"""Loads that go wrong: the store is as before, and the next load goes on from there."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from recon.base import disk
from recon.sources import feed_files
from recon.store import snapshot
from tests.inbox import FEED, Inbox
from tests.shell import begun, one_sentence

ROWS = ("S1,2024-06-03,P1,C1,3,1.00", "S2,2024-06-04,P1,C2,4,1.00")
MORE = ("S3,2024-07-03,P1,C1,5,1.00",)
# Every character that a file system takes, but for the one between folders.
ODD_ON_WINDOWS = "uk  #%&'(),;=@[]^`{}~\u00e9\u20ac\u00df\u6f22\U0001f642\u202e\u200b -- DROP.csv"
ODD = ODD_ON_WINDOWS.replace("uk", 'uk"*?<>|:\\\x1b[2J\t\n', 1)


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """Return an inbox with one file loaded and another waiting."""
    found = Inbox(tmp_path)
    found.configure(FEED)
    found.put("uk-1.csv", *ROWS)
    found.load()
    found.put("uk-2.csv", *MORE, at=1)
    return found


def is_whole(inbox: Inbox, revenue: int, loads: int) -> bool:
    """Whether the snapshot has so much revenue and so many loads, and every row of them."""
    found = inbox.ask("SELECT count(*), sum(inserted) FROM loads WHERE status = 'loaded'")
    rows = inbox.ask("SELECT count(*) FROM fact_sales")
    return inbox.revenue() == revenue and found == [(loads, rows[0][0])]


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Let no file grow beyond a size: writing fails where it would on a full disk."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("room", [200, 4_000], ids=["store", "snapshot"])
def test_a_full_disk_leaves_the_store_as_it_was(inbox: Inbox, room: int) -> None:
    """One sentence and exit code 7; with room again the same file is loaded, once."""
    with no_file_above(room):
        code, _, err = inbox.run("load")
    assert (code, "cannot be written: " in one_sentence(err), "{" in err) == (7, True, False), err
    assert is_whole(inbox, 7, 1)
    inbox.load()
    assert is_whole(inbox, 12, 2)


@pytest.mark.parametrize(
    "broken", [(snapshot, "_replace"), (disk, "sync_file")], ids=["pointer", "file"]
)
def test_a_disk_that_is_full_for_the_snapshot_is_made_good(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, broken: tuple[Any, str]
) -> None:
    """The load is committed, readers see the state before it, and the next start publishes it."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(*broken, full)
        code, _, err = inbox.run("load")
    assert (code, "read cannot be written" in one_sentence(err)) == (7, True)
    assert is_whole(inbox, 7, 1)
    assert {file["status"] for file in inbox.load()["files"]} == {"known"}
    assert is_whole(inbox, 12, 2)


def test_a_name_with_every_odd_character_is_a_name(tmp_path: Path) -> None:
    """It is loaded, kept, shown without what moves a cursor, and its rejected row is written."""
    inbox = Inbox(tmp_path)
    inbox.configure(FEED)
    name = ODD_ON_WINDOWS if sys.platform == "win32" else ODD
    inbox.put(name, *ROWS, "S9,never,P1,C1,1,1.00")
    code, out, err = inbox.run("load")
    assert (code, err) == (3, "")
    for shown in (out, inbox.run("loads")[1]):
        assert "uk" in shown
        assert not {"\u202e", "\x1b", "\t"} & set(shown)
    ((file, rejected),) = inbox.ask("SELECT file, rejected FROM loads")
    assert (Path(file).name, rejected) == (name, 1)
    assert len(list((tmp_path / "rejected").iterdir())) == 1
    assert [each["status"] for each in inbox.load()["files"]] == ["known"]


def test_a_file_that_grows_while_it_is_read_is_not_taken(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is kept, not even that it was refused; when it is complete it is loaded."""
    opened = feed_files._opened
    path = inbox.folder / "inbox" / "uk-2.csv"

    def growing(*arguments: Any, **named: Any) -> Any:
        with path.open("a", encoding="utf-8") as file:
            file.write("S4,2024-07-04,P1,C1,6,1.00\n")
        return opened(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(feed_files, "_opened", growing)
        document = inbox.load(code=6)
    (file,) = [each for each in document["files"] if each["status"] == "refused"]
    assert "changed while it was read; run again when it is complete" in file["reason"]
    assert is_whole(inbox, 7, 1)
    inbox.load()
    assert is_whole(inbox, 18, 2)


def test_findings_are_a_table_of_the_snapshot(inbox: Inbox) -> None:
    """Each once, with its kind and load, for whatever reads the store."""
    header = "sale_id,sold_on,product_id,customer_id,quantity,unit_price,clerk"
    inbox.put("uk-3.csv", "S5,2024-07-05,P1,C1,1,1.00,Jo", header=header, at=2)
    inbox.put("uk-4.csv", "S6,2024-07-06", header="sale_id,sold_on", at=3)
    inbox.load(code=6)
    query = "SELECT finding, kind, feed, load FROM findings ORDER BY load"
    found = inbox.ask(query)
    assert found == [("drift:3", "drift", "uk", 3), ("refused:4", "refused", "uk", 4)]
    inbox.load()
    assert inbox.ask(query) == found


@pytest.mark.slow
def test_a_reader_beside_a_loader_sees_old_or_new(tmp_path: Path) -> None:
    """Never a part of a file, and never a lock."""
    inbox = Inbox(tmp_path)
    inbox.configure(FEED)
    inbox.put("uk-0.csv", *ROWS)
    inbox.load()
    for at in range(1, 4):
        many = [f"T{at}-{row},2024-0{1 + row % 9}-03,P1,C1,1,1.00" for row in range(10_000)]
        inbox.put(f"uk-{at}.csv", *many, at=at)
    query, seen = "SELECT count(*), sum(revenue)::BIGINT FROM fact_sales", set()
    with begun("load", cwd=tmp_path) as loader:
        while loader.poll() is None:
            seen.add(inbox.ask(query)[0])
        assert loader.returncode in (0, 3)
    seen.add(inbox.ask(query)[0])
    assert seen == {(2, 7), (30_002, 30_007)}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows kills otherwise")
@pytest.mark.parametrize(
    "step",
    [
        "import recon.store.feeds.bringing as m; name = 'bring'",
        "import recon.store.warehouse as m; name = 'note_change'",
        "import recon.store.snapshot as m; name = '_write'",
        "import recon.store.snapshot as m; name = '_replace'",
    ],
    ids=["first write", "last write", "snapshot", "pointer"],
)
def test_killed_at_any_step_the_same_file_is_loaded_once(inbox: Inbox, step: str) -> None:
    """What was committed stays, and what was not is as if it had never begun."""
    script = (
        f"import os, signal, sys; {step}; done = getattr(m, name)\n"
        "def kill(*given, **named): done(*given, **named); os.kill(os.getpid(), signal.SIGKILL)\n"
        "setattr(m, name, kill); sys.argv = ['recon', 'load']\n"
        "from recon.__main__ import main; main()"
    )
    killed = subprocess.run([sys.executable, "-c", script], cwd=inbox.folder, check=False)
    assert killed.returncode == -9
    assert is_whole(inbox, *((12, 2) if "_replace" in step else (7, 1)))
    inbox.load()
    assert is_whole(inbox, 12, 2)
    assert {each["status"] for each in inbox.load()["files"]} == {"known"}
