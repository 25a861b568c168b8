"""The JSON document: the interface that scripts build on."""

from __future__ import annotations

import json
from pathlib import Path, PureWindowsPath
from typing import cast

from recon.reconciliation.document import document, dumps
from tests.example import RUN_ID, clean_reconciliation, reconciliation
from tests.golden_files import check_golden

REPORTS = [Path("reports/2024-06/run/recon.xlsx"), Path("reports/2024-06/run/breaks.csv")]
KEYS = (
    "schema run_id month sources policy totals bridge breaks carried events verdict invalid flags "
    "notices reports"
)


def test_the_document_is_the_approved_one() -> None:
    """The example month reads as a person approved it."""
    check_golden("month.json", dumps(document(reconciliation(), RUN_ID, REPORTS, 3)))


def test_the_keys_are_those_of_the_specification() -> None:
    """No key is missing and none is there that nobody agreed on."""
    content = document(reconciliation(), RUN_ID, REPORTS, 3)
    assert list(content) == [*KEYS.split(), "exit_code"]


def test_the_same_result_gives_the_same_bytes() -> None:
    """Two runs over the same data can be compared byte by byte."""
    first, second = (dumps(document(reconciliation(), RUN_ID, REPORTS, 3)) for _ in range(2))
    assert first == second


def test_every_console_can_print_it() -> None:
    """Names in any script are escaped, and come back from a parser as they were."""
    text = dumps(document(reconciliation(), RUN_ID, REPORTS, 3))
    assert text.isascii()
    assert "東京商事" in {item["customer"] for item in json.loads(text)["breaks"]}


def test_amounts_have_the_decimals_of_their_currency() -> None:
    """Dollars have cents, yen have none, and no amount is a JSON number."""
    totals = document(reconciliation(), RUN_ID, [], 3)["totals"]
    found = {c: t["difference"] for c, t in cast(dict[str, dict[str, object]], totals).items()}
    assert found == {"JPY": "-97900", "USD": "0.01"}


def test_paths_are_written_alike_on_all_systems() -> None:
    """A Windows path has slashes."""
    path = cast(Path, PureWindowsPath(r"C:\books\recon.xlsx"))
    assert document(clean_reconciliation(), RUN_ID, [path], 0)["reports"] == ["C:/books/recon.xlsx"]
