"""The month from a SQL Server: what recon asks, and that the answers arrive as they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from recon.base.result import Side
from tests.integration.sqlserver.books import (
    BEFORE_ROWS,
    CONTRACT_TYPES,
    OLDER,
    OLDER_ROWS,
    RECENT,
    books,
    june,
    month,
    part,
    refusal,
    session,
)
from tests.integration.sqlserver.conftest import PASSWORD, Endpoint
from tests.shell import in_process, recon
from tests.tds.answers import Answer

Configured = Callable[..., Path]


def asked(endpoint: Endpoint, database: str) -> list[str]:
    """Return the statements of the last play, without what the driver wants to know for itself."""
    texts = [noted["text"] for noted in endpoint.statements(database)]
    return [text for text in texts if not text.startswith("EXEC ")]


def test_a_month_is_right_and_complete(endpoint: Endpoint, configured: Configured) -> None:
    """Totals to the cent, the one break with its cause, history from what the server added up."""
    endpoint.play(*books())
    result = month(configured())
    totals = result.totals["USD"]
    assert (totals.expected, totals.recognized) == (20_000_000, 30_000_000)
    found = [(item.contract_id, item.cause, item.customer) for item in result.breaks]
    assert found == [("C-2", "duplicate_entry", "Zoë")]
    assert [item.to_date_difference for item in result.breaks] == [10_000_000]
    assert not result.invalid


def test_the_command_prints_it(endpoint: Endpoint, configured: Configured) -> None:
    """One document, where the rows come from and how they were read, no password anywhere."""
    endpoint.play(*books())
    config = configured()
    done = recon("month", "2024-06", "--json", "--format", "none", "--config", config,
                 cwd=config.parent)  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert done.stderr == b""
    sources = json.loads(done.stdout)["sources"]
    assert sources["accounting"]["description"] == (
        f"sqlserver 127.0.0.1,{endpoint.port}/Ledger, entries.sql, snapshot isolation"
    )
    assert PASSWORD not in done.stdout.decode()
    endpoint.wait_until_all_are_closed()


def test_a_contract_is_explained(endpoint: Endpoint, configured: Configured) -> None:
    """Every entry of the contract is asked for by its id, and those of the others condensed."""
    own = [june("E-0", "C-2", "4000.00", recognition_period="2024-01-01")]
    endpoint.play(
        *part(r"\[1900-01-01, 2024-05-01, c-2\]", own),
        *part(r"\[2024-08-01, 9999-12-31, c-2\]", []),
        *part(r"\[2024-04-01, 2024-05-01, c-2\]", BEFORE_ROWS[:1], condensed=True),
        *part(r"\[1900-01-01, 2024-04-01, c-2\]", OLDER_ROWS[:1], condensed=True),
        *books(),
    )
    config = configured()
    done = in_process("explain", " C-2", "2024-06", "--json", "--config", config, cwd=config.parent)
    assert done.returncode == 0, done.stderr
    (line,) = json.loads(done.stdout)["lines"]
    recognized = [(month["recognized"], month["entries"]) for month in line["months"][:6]]
    assert recognized == [("4000.00", 1), *[("0.00", 0)] * 3, ("1000.00", 1), ("2000.00", 2)]


@pytest.mark.parametrize(
    ("snapshot", "level"), [(True, "SNAPSHOT"), (False, "READ COMMITTED")], ids=["on", "off"]
)
def test_one_transaction_reads_one_state(
    endpoint: Endpoint, configured: Configured, snapshot: bool, level: str
) -> None:
    """The level is set before the transaction begins, and every row is read within it."""
    endpoint.play(*books(snapshot=snapshot))
    result = month(configured())
    for side, database in ((Side.ANALYTICS, "Analytics"), (Side.ACCOUNTING, "Ledger")):
        assert result.sources[side].description.endswith(f".sql, {level.lower()} isolation")
        texts = asked(endpoint, database)
        begun = texts.index("BEGIN TRANSACTION")
        assert texts[begun - 1] == f"SET TRANSACTION ISOLATION LEVEL {level}"
        inside = [noted["transaction"] != 0 for noted in endpoint.statements(database)
                  if "dbo." in noted["text"]]  # fmt: skip
        assert inside == [True] * (len(texts) - begun - 1)


def test_nothing_is_written_and_no_lock_ignored(endpoint: Endpoint, configured: Configured) -> None:
    """Beside the transaction there are only SELECTs, and none reads what is not committed."""
    endpoint.play(*books(snapshot=False))
    month(configured())
    texts = asked(endpoint, "Analytics") + asked(endpoint, "Ledger")
    assert {text.split()[0] for text in texts} == {"SELECT", "SET", "BEGIN"}
    assert not any("NOLOCK" in text.upper() or "UNCOMMITTED" in text.upper() for text in texts)


def test_the_days_are_parameters(endpoint: Endpoint, configured: Configured) -> None:
    """Each range is counted and read with the same days; a `?` in a comment is none."""
    endpoint.play(*books())
    month(configured())
    days = [tuple(noted["parameters"]) for noted in endpoint.statements("Ledger")
            if noted["procedure"] == "sp_prepexec"]  # fmt: skip
    ranges = [("2024-05-01", "2024-08-01"), ("2024-04-01", "2024-05-01"),
              ("1900-01-01", "2024-04-01")]  # fmt: skip
    assert days == [("1900-01-01",) * 2, *(pair for pair in ranges for _ in range(2))]
    assert all("The two ? are" in text for text in asked(endpoint, "Ledger") if "dbo." in text)


@pytest.mark.parametrize("intent", ["ReadOnly", "ReadWrite"])
def test_who_logs_in(endpoint: Endpoint, configured: Configured, intent: str) -> None:
    """The server sees the user, the program and the intent; nobody on the way sees the password."""
    endpoint.play(*books())
    month(configured(application_intent=intent))
    logins = endpoint.record("login")
    assert {login["database"] for login in logins} == {"Analytics", "Ledger"}
    for login in logins:
        assert (login["user"], login["application"]) == ("svc_recon", "recon")
        assert login["read_only"] is (intent == "ReadOnly")
        assert login["password"] == PASSWORD
        sent = bytes.fromhex(login["raw"])
        assert PASSWORD.encode() not in sent
        assert PASSWORD.encode("utf-16-le") not in sent


def test_decimals_that_arrive_wrong_stop_the_run(
    endpoint: Endpoint, configured: Configured
) -> None:
    """A driver that takes the point for something else is found out before anything is read."""
    wrong = Answer(r"SELECT CAST\(1234", columns=[("", "decimal(19,4)")], rows=[["12345600"]])
    endpoint.play(wrong, *books())
    error = refusal(configured())
    assert (error.exit_code, "reads 1234.56 as a different number" in str(error)) == (6, True)
    assert not any("dbo." in text for text in asked(endpoint, ""))


def test_decimals_that_can_be_put_right_are(endpoint: Endpoint, configured: Configured) -> None:
    """Where the separator helps, the month goes on."""
    wrong = Answer(
        r"SELECT CAST\(1234", columns=[("", "decimal(19,4)")], rows=[["12345600"]], times=1
    )
    endpoint.play(wrong, *books())
    assert month(configured()).totals["USD"].recognized == 30_000_000


@pytest.mark.parametrize(
    ("which", "rows", "total"),
    [(RECENT, "6", "5000.00"), (RECENT, "4", "5000.00"), (RECENT, "5", "5000.0001"),
     (RECENT, "5", None), (OLDER, "5", "6000.00"), (OLDER, "6", "6000.01"),
     ("dbo.deals", "3", "24000.00"), ("dbo.deals", "2", "24000.01")],
)  # fmt: skip
def test_rows_that_the_server_does_not_count_stop_the_run(
    endpoint: Endpoint, configured: Configured, which: str, rows: str, total: str | None
) -> None:
    """A row or a ten-thousandth more or less, in any part, and there is no result."""
    answers = [
        replace(answer, rows=[[rows, total, *answer.rows[0][2:]]])
        for answer in books() if answer.to.startswith("^SELECT COUNT") and which in answer.to
    ]  # fmt: skip
    endpoint.play(*answers, *books())
    error = refusal(configured())
    assert (error.exit_code, "the server counts" in str(error)) == (6, True)


def test_a_column_that_lacks_is_named(endpoint: Endpoint, configured: Configured) -> None:
    """The shape is looked at before a row is read."""
    columns = [pair for pair in CONTRACT_TYPES.items() if pair[0] != "close_date"]
    endpoint.play(Answer("dbo.deals.*WHERE 1 = 0", columns=columns), *session(), *books())
    error = refusal(configured())
    assert (error.exit_code, "has no column close_date" in str(error)) == (6, True)
    assert not any(text.startswith("SELECT COUNT") for text in asked(endpoint, "Analytics"))


def test_a_large_result_arrives_whole(endpoint: Endpoint, configured: Configured) -> None:
    """Thousands of rows over many packets: every one, in its order, to the last."""
    rows = [june(f"E-{number}", "C-1", f"{number}.0001") for number in range(3_000)]
    endpoint.play(*books(entries=rows))
    facts = month(configured()).sources[Side.ACCOUNTING]
    total = sum(range(3_000)) * 10_000 + 3_000
    assert (facts.rows, facts.control_total["USD"]) == (3_000, total)
