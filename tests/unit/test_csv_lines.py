"""Lines of a CSV file that are no rows: left out, counted, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recon.base.errors import SourceDataError
from recon.base.result import Side
from recon.config import SourceKind, SourceSettings
from recon.sources.files import FilesSource
from recon.store.session import reading, session

HEAD = "entry_id,contract_id,revenue_type,amount,recognition_period\n"
ROW = "E1,C1,Setup,100.00,2024-06\n"

Read = Callable[..., tuple[list[str], list[str]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return what reads a text as entries: their ids, and the notices."""

    def rows(content: str, **options: Any) -> tuple[list[str], list[str]]:
        path = tmp_path / "entries.csv"
        path.write_bytes(content.encode(options.get("encoding", "utf-8")))
        settings = replace(SourceSettings(Side.ACCOUNTING, SourceKind.FILES), path=path, **options)
        notices: list[str] = []
        source = FilesSource(settings)
        with (
            session() as opened,
            source.opened(opened, notices.append) as relation,
            reading(Side.ACCOUNTING, "entries.csv"),
        ):
            found = opened.execute(f"SELECT entry_id FROM {relation}").fetchall()
        return [row[0] for row in found], notices

    return rows


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_titles_above_the_header(read: Read, end: str, encoding: str) -> None:
    """The header is the first line with the names that are needed."""
    text = '# Example Ltd, 5" pipes\n\nJune 2024,,,,\n' + HEAD + ROW + ROW.replace("E1", "E2")
    found = read(text.replace("\n", end), encoding=encoding)
    told = ["Left out of the accounting side: 2 lines above the header."]
    assert found == (["E1", "E2"], told)


def test_titles_tell_no_delimiter(read: Read) -> None:
    """It is the one with which the names of the header come out."""
    text = "Ledger, all entries, June\n" + (HEAD + ROW).replace(",", ";")
    assert read(text)[0] == ["E1"]


def test_the_names_may_be_configured(read: Read) -> None:
    """The header has those that the configuration gives."""
    text = "entry_id is JE\n" + HEAD.replace("entry_id", "JE") + ROW
    assert read(text, columns={"entry_id": "je "})[0] == ["E1"]


def test_a_header_that_lacks_a_column_is_the_first_line(read: Read) -> None:
    """What is missing is said as ever; nothing is taken for a title."""
    assert read("entry_id,amount\nE1,5\nE2,6\n") == (["E1", "E2"], [])


def test_lines_at_both_ends_are_left_out_as_configured(read: Read) -> None:
    """Lines with nothing in them do not count for the foot."""
    text = "a title\n\n" + HEAD + ROW + ROW.replace("E1", "E2") + "Total,,,200.00,\n,,,,\n\n"
    ids, notices = read(text, skip_head=1, skip_foot=1)
    assert ids == ["E1", "E2"]
    assert notices == [
        "Left out of the accounting side: 1 line above the header, 1 line of separators only, "
        "1 line below the data."
    ]


def test_a_foot_may_have_fewer_fields(read: Read) -> None:
    """It is no row, so its form is its own."""
    assert read(HEAD + ROW + "2 entries\nTotal 100.00", skip_foot=2)[0] == ["E1"]


@pytest.mark.parametrize(
    "line", [",,,,", '"","","","",""', " , ,\u00a0, , ", ",,", ",,,,,,,", "   "]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_separators_only(read: Read, line: str, end: str) -> None:
    """Between the rows and behind them, however many separators they have."""
    text = HEAD + ROW + line + "\n" + ROW.replace("E1", "E2") + line
    told = ["Left out of the accounting side: 2 lines of separators only."]
    assert read(text.replace("\n", end)) == (["E1", "E2"], told)


def test_a_row_without_an_id_is_a_row(read: Read) -> None:
    """Whatever has a value is not left out."""
    assert read(HEAD + ",,,0.00,\n" + ROW) == ([None, "E1"], [])


def test_separators_in_a_quoted_text_are_text(read: Read) -> None:
    """A text may have lines of its own."""
    text = HEAD + ROW.replace("E1", '"E\n,,,,\n\n1"') + ",,,,\n"
    told = ["Left out of the accounting side: 1 line of separators only."]
    assert read(text) == (["E\n,,,,\n\n1"], told)
    assert read(ROW.join((HEAD, text.removeprefix(HEAD))), skip_foot=1)[0] == ["E1"]


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "sep=; "])
def test_excels_line_of_the_separator(read: Read, line: str) -> None:
    """It says the delimiter, and is no title."""
    text = line + "\n" + (HEAD + ROW).replace(",", ";")
    assert read(text) == (["E1"], [])
    assert read(text, skip_head=1)[0] == ["E1"]


def test_a_fault_is_named_with_its_line_in_the_file(read: Read) -> None:
    """Lines that are left out keep their numbers."""
    with pytest.raises(SourceDataError, match=r"line 5 of entries.csv: its number of"):
        read("A title\n" + HEAD + ROW + ",,,,\n" + "E2,C1\n")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("titles", ["", "Ledger\n"])
def test_the_header_once_more_is_no_row(read: Read, end: str, titles: str) -> None:
    """As printed pages repeat it, also as the first and the last line."""
    rows = [ROW.replace("E1", f"E{n}") for n in range(3)]
    text = (titles + HEAD + HEAD + rows[0] + HEAD + "".join(rows[1:]) + HEAD).replace("\n", end)
    ids, (told,) = read(text)
    assert ids == ["E0", "E1", "E2"]
    assert told.endswith("3 lines with the header once more.")


def test_a_text_that_holds_the_header_is_text(read: Read) -> None:
    """A quoted field may have any line in it."""
    assert read(HEAD + f'E1,C1,"Setup\n{HEAD}",100.00,2024-06\n') == (["E1"], [])
