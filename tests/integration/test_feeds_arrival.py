"""Arrival: the archive, refused files, files that cannot be moved, and tasks that load."""

from __future__ import annotations

import shutil
from pathlib import Path
from unittest import mock

import pytest

from tests.inbox import FEED, Inbox

GOOD = "S1,2024-06-03,P1,C1,3,1.00"
SIDES = '[analytics]\nsource = "sample"\n[accounting]\nsource = "sample"\n'


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """A feed with an archive within reach of its pattern."""
    inbox = Inbox(tmp_path)
    feed = FEED.replace("inbox/uk*", "inbox/**/uk*")
    inbox.configure(feed + 'archive = "../inbox/done"\nrefused = "../inbox/bad"\n')
    return inbox


def names(folder: Path) -> list[str]:
    """The files of a folder."""
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_files_go_to_the_archive_or_among_the_refused(inbox: Inbox) -> None:
    """Under another name where theirs is taken; and they are not loaded from there again."""
    inbox.put("uk-1.csv", GOOD)
    inbox.put_bytes("uk-2.csv", b"")
    assert inbox.run("load", "--dry-run")[0] == 6
    assert names(inbox.folder / "inbox") == ["uk-1.csv", "uk-2.csv"]
    inbox.load(code=6)
    inbox.put("uk-1.csv", GOOD.replace("S1", "S2"))
    inbox.put("uk-3.csv", GOOD)
    inbox.put_bytes("uk-4.csv", b"")
    files = inbox.load()["files"]
    assert {file["status"] for file in files} == {"loaded", "known"}
    assert names(inbox.folder / "inbox") == []
    assert names(inbox.folder / "inbox" / "done") == ["uk-1-2.csv", "uk-1.csv", "uk-3.csv"]
    assert names(inbox.folder / "inbox" / "bad") == ["uk-2.csv", "uk-4.csv"]
    assert inbox.load()["files"] == []
    assert inbox.revenue() == 6


def test_a_file_that_is_named_stays_where_it_is(inbox: Inbox) -> None:
    """It may lie anywhere."""
    path = inbox.put("uk-1.csv", GOOD)
    inbox.load(path)
    assert path.exists()


def test_a_file_that_cannot_be_moved_is_loaded_all_the_same(inbox: Inbox) -> None:
    """Somebody has it open on Windows; the next time it is known, and moved then."""
    inbox.put("uk-1.csv", GOOD)
    with mock.patch.object(shutil, "move", side_effect=PermissionError(13, "Permission denied")):
        (file,) = inbox.load()["files"]
    assert "could not be moved to" in file["notes"][-1]
    (file,) = inbox.load()["files"]
    assert (file["status"], Path(file["moved_to"]).parent.name) == ("known", "done")
    assert inbox.revenue() == 3


def test_an_archive_where_files_arrive_is_a_mistake(inbox: Inbox) -> None:
    """Nothing would ever be taken."""
    inbox.configure(FEED + 'archive = "../inbox"\nrefused = ".."\n')
    code, _, err = inbox.run("load")
    assert code == 4
    assert "feeds.uk.archive: " in err
    assert "feeds.uk.refused: " in err


def test_a_task_loads_every_few_minutes(inbox: Inbox) -> None:
    """Where there are feeds; the checker has nothing to say to it."""
    inbox.configure(SIDES + FEED + "[tasks]\nload_every = 10\n")
    code, out, err = inbox.run("task", "write", "--account", r"DOMAIN\svc")
    assert code == 0, err
    path = inbox.folder / "schedules" / "load.xml"
    assert "<Interval>PT10M</Interval>" in path.read_bytes().decode("utf-16")
    assert inbox.run("task", "check", path)[0] == 0
    assert "load.xml" in out
