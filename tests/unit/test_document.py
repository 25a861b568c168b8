"""The JSON document: the interface that scripts build on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PureWindowsPath
from typing import Any, cast

import fastjsonschema
import pytest

from recon.base.events import Event, EventKind, Severity
from recon.base.result import (
    CarriedDifference,
    Cause,
    Certainty,
    Flag,
    Reconciliation,
    Side,
    Status,
)
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


SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "month.schema.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def valid() -> Callable[[object], object]:
    """The validator of the published schema."""
    found: Callable[[object], object] = fastjsonschema.compile(SCHEMA)
    return found


def _read(result: Reconciliation, code: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dumps(document(result, RUN_ID, REPORTS, code)))
    return found


def test_the_document_is_as_the_schema_says(valid: Callable[[object], object]) -> None:
    """With breaks and without, with an event and a carried difference."""
    base = reconciliation()
    first = base.breaks[0]
    event = Event(
        "E-7KQ2", EventKind.BATCH_TWICE, "Posted twice.", "Reverse it.",
        ((first.contract_id, first.revenue_type, first.currency),), Severity.CRITICAL,
        {"USD": 10_000}, {"USD": 10_000}, "B-7", 1, 2, 0,
    )  # fmt: skip
    carried = CarriedDifference(
        "C-1", "Support", "KWD", "", "", 5, 10_005, (base.month - 1,), (Cause.NOT_POSTED,), "Why."
    )
    full = replace(base, events=(event,), carried=(carried,))
    full = replace(full, breaks=(replace(first, event="E-7KQ2"), *base.breaks[1:]))
    for result, code in ((full, 3), (clean_reconciliation(), 0)):
        valid(_read(result, code))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (("verdict",), "fine"),
        (("totals", "USD", "expected"), 52483.33),
        (("totals", "USD", "expected"), "52,483.33"),
        (("breaks", 0, "cause"), "guessed"),
        (("breaks", 0, "new"), "key"),
        (("bridge", "USD", 0, "gross"), None),
    ],
)
def test_another_document_is_refused(
    valid: Callable[[object], object], key: tuple[str | int, ...], value: object
) -> None:
    """A number for an amount, an unknown word or key: the schema says no."""
    content: Any = _read(reconciliation(), 3)
    *path, last = key
    place = content
    for step in path:
        place = place[step]
    place[last] = value
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        valid(content)


def test_the_schema_knows_every_word() -> None:
    """A new cause, status, flag or kind of event is in the schema, too."""
    words = {name: each["enum"] for name, each in SCHEMA["definitions"].items() if "enum" in each}
    for name, known in (
        ("cause", Cause), ("status", Status), ("flag", Flag), ("kind", EventKind),
        ("certainty", Certainty), ("side", Side),
    ):  # fmt: skip
        assert words[name] == [each.value for each in known]
