"""Texts: nothing that a file holds changes a terminal or hides itself."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.base.text import one_line, visible
from recon.record.log.lines import JsonLine, Redacting, TextLine
from tests.shell import Project, in_process

# Colours, the title of a window, a bell, a line taken back, text turned around, a line of its own.
HOSTILE = "\x1b[31m\x1b]0;x\x07 \r\x9b2K \u202egpj.exe\u2066 \u2028 \x00"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë & Söhne, 東京", "Zoë & Söhne, 東京"),
        ("a\N{NO-BREAK SPACE}b\u3000c", "a\N{NO-BREAK SPACE}b\u3000c"),
        ("two\nlines\tx", "two\nlines x"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202ex", "\\u202ex"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_is_seen_stays(text: str, shown: str) -> None:
    """All else is written out."""
    assert visible(text) == shown


@given(st.text())
def test_nothing_unseen_is_left(text: str) -> None:
    """Whatever a text is made of, and nothing changes twice."""
    assert visible(visible(text)) == visible(text)
    assert "\n" not in one_line(text)
    assert not any(letter in "\x1b\x07\r\x9b\u202e\u2066\u2028" for letter in visible(text))


@pytest.mark.parametrize("form", [TextLine(), JsonLine()])
def test_a_log_has_nothing_unseen(form: logging.Formatter) -> None:
    """Neither in its message nor in its facts."""
    record = logging.LogRecord("x", logging.INFO, "", 0, HOSTILE, None, None)
    vars(record).update(event="x", facts={"name": HOSTILE, "all": [HOSTILE]})
    Redacting().filter(record)
    line = form.format(record)
    said = json.dumps(json.loads(line)) if isinstance(form, JsonLine) else line
    assert said == visible(said)


def test_no_door_lets_it_out(tmp_path: Path) -> None:
    """Headers, ids, names and arguments: standard error and output, log and files."""
    project = Project(tmp_path)
    project.fill("100.00", "170.00")
    contracts = project.folder / "data" / "contracts.csv"
    text = contracts.read_text(encoding="utf-8")
    hostile = HOSTILE.replace("\x00", "").replace("\r", "")
    contracts.write_text(text.replace("contract_id", f"contract_id{hostile}", 1), encoding="utf-8")
    for arguments in (
        ["month", "2024-06"], ["month", hostile], ["month", f"a\n{hostile}"], [hostile],
        ["verify", hostile], ["explain", hostile], ["month", "2024-06", "--config", hostile],
    ):  # fmt: skip
        done = in_process(*arguments, cwd=project.folder)
        assert done.returncode not in (0, 1)
        assert visible((done.stdout + done.stderr).decode()) == (done.stdout + done.stderr).decode()
    for log in (project.reports / "logs").iterdir():
        written = log.read_text(encoding="utf-8")
        assert visible(written) == written


def test_a_forged_pack_is_shown_in_letters_alone(tmp_path: Path) -> None:
    """Its names and values stand in what `recon verify` prints."""
    project = Project(tmp_path)
    project.fill("100.00")
    assert in_process("month", "2024-06", "--format", "csv", cwd=project.folder).returncode == 0
    (pack,) = project.reports.glob("*/*/evidence")
    (pack / "\x1b[31mRED").write_text(HOSTILE, encoding="utf-8")
    done = in_process("verify", "--all", cwd=project.folder)
    assert done.returncode == 6
    assert b"\\x1b[31mRED" in done.stdout
    assert visible(done.stdout.decode()) == done.stdout.decode()
