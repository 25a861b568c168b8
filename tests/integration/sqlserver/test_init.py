"""`recon init` through Microsoft's driver: what a SQL Server is asked, and what is then read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.books import Row
from tests.integration.sqlserver.books import (
    BEFORE_ROWS,
    CONTRACT_TYPES,
    ENTRY_ROWS,
    ENTRY_TYPES,
    OLDER_ROWS,
    books,
    month,
    session,
)
from tests.integration.sqlserver.conftest import PASSWORD, Endpoint
from tests.shell import recon
from tests.tds.answers import Answer

DESCRIBED = [("TABLE_SCHEMA", "nvarchar(128)"), ("TABLE_NAME", "nvarchar(128)"),
             ("COLUMN_NAME", "nvarchar(128)"), ("DATA_TYPE", "nvarchar(128)")]  # fmt: skip


def tables(period: str) -> list[list[str]]:
    """Return the rows of INFORMATION_SCHEMA.COLUMNS for the tables of the books."""
    entries = ENTRY_TYPES | {"recognition_period": period, "document] ref?": "nvarchar"}
    del entries["document_ref"]
    columns = [("deals", name, kind) for name, kind in CONTRACT_TYPES.items()]
    columns += [("Revenue Recognition", name, kind) for name, kind in entries.items()]
    return [["dbo", table, name, kind.partition("(")[0]] for table, name, kind in columns]


def written_as(period: str, row: Row) -> str:
    """Return the period of a row as a column of a type holds it."""
    day = str(row["recognition_period"])
    return {"int": day[:7].replace("-", ""), "nvarchar(7)": day[:7]}.get(period, day)


@pytest.mark.parametrize(
    ("period", "sent", "bound"),
    [
        ("date", "2024-06-01", ">= ?"),
        ("int", "202406", "CAST(LEFT(CONVERT(char(8), CAST(? AS date), 112), 6) AS int)"),
        ("nvarchar(7)", "2024-06", "LEFT(CONVERT(char(10), CAST(? AS date), 23), 7)"),
    ],
)
def test_from_an_empty_folder_to_the_month(
    endpoint: Endpoint, driver: str, tmp_path: Path, period: str, sent: str, bound: str
) -> None:
    """The driver takes the SELECTs that were written, with both days of the range as dates."""
    endpoint.play(
        Answer("INFORMATION_SCHEMA", columns=DESCRIBED, rows=tables(period)),
        Answer("SELECT MIN", columns=[("", period), ("", period)], rows=[[sent, sent]]),
        *session(),
    )
    done = recon(
        "init", "--analytics-server", f"127.0.0.1,{endpoint.port}", "--analytics-database",
        "Analytics", "--accounting-server", f"localhost,{endpoint.port}", "--accounting-database",
        "Ledger", "--user", "svc_recon", "--password-env", "BOOKS_PASSWORD", "--no-encrypt",
        *(["--driver", driver] if driver else []), "--yes",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    written = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.*")]
    assert len(written) == 3
    assert not any(PASSWORD in text for text in (*written, done.stdout.decode()))
    assert sum("[dbo].[Revenue Recognition]" in text and bound in text for text in written) == 1
    servers = [line for text in written for line in text.splitlines() if "server = " in line]
    assert [line.partition(",")[0] for line in servers] == [
        'server = "127.0.0.1', 'server = "localhost'
    ]  # fmt: skip
    assert {login["database"] for login in endpoint.record("login")} == {"Analytics", "Ledger"}

    entries, before, older = (
        [{**row, "recognition_period": written_as(period, row)} for row in rows]
        for rows in (ENTRY_ROWS, BEFORE_ROWS, OLDER_ROWS)
    )
    endpoint.play(*books(entries=entries, before=before, older=older, recognition_period=period))
    totals = month(tmp_path / "config" / "recon.toml").totals["USD"]
    assert (totals.expected, totals.recognized) == (20_000_000, 30_000_000)
    asked = [noted for noted in endpoint.statements("Ledger")
             if "sp_prepexec" in noted.values()]  # fmt: skip
    assert ["2024-05-01", "2024-08-01"] in [noted["parameters"] for noted in asked]
    for noted in asked:
        for number in (1, 2):
            assert bound.replace(">= ?", "?").replace("?", f"@P{number}") in noted["text"]
        assert "e.[document]] ref?] AS document_ref" in noted["text"]
