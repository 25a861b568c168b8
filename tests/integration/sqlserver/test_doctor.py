"""`recon doctor` on SQL Server: what it asks, and what it makes of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sqlserver.books import CONTRACT_TYPES, ENTRY_TYPES, session
from tests.integration.sqlserver.conftest import PASSWORD, Endpoint
from tests.shell import in_process
from tests.tds.answers import Answer, Fault

DENIED = (300, "VIEW SERVER STATE permission was denied on object 'server', database 'master'.")
RIGHTS = [("", "int")] * 6
CONNECTION = [("encrypt_option", "nvarchar(40)"), ("auth_scheme", "nvarchar(40)")]
SUMS = [("currency", "nchar(3)"), ("", "int"), ("", "decimal(38,4)")]

Configured = Callable[..., Path]


def answers(
    encrypted: str = "TRUE",
    rights: Sequence[str | None] = ("0", "0", "0", "0", "0", "0"),
    clock: str | None = None,
    rows: str = "2",
    objects: Sequence[str] = (),
) -> list[Answer]:
    """Return what a healthy server says, or one whose answers are changed."""
    now = clock or datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return [
        *session(),
        Answer("dbo.deals.*WHERE 1 = 0", columns=list(CONTRACT_TYPES.items())),
        Answer(r"\[1900-01-01, 1900-01-01\]", columns=list(ENTRY_TYPES.items())),
        Answer("GROUP BY currency", columns=SUMS, rows=[["USD", rows, "200.5000"]]),
        Answer("SYSUTCDATETIME", columns=[("", "datetime2(0)")], rows=[[now]]),
        Answer("HAS_PERMS_BY_NAME", columns=RIGHTS, rows=[list(rights)]),
        Answer(
            "fn_my_permissions", columns=[("", "nvarchar(200)")], rows=[[each] for each in objects]
        ),
        Answer("dm_exec_connections", columns=CONNECTION, rows=[[encrypted, "NTLM"]]),
    ]


def examined(config: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the exit code and the checks of analytics and this machine by name."""
    done = in_process(
        "doctor", "--json", "--month", "2024-06", "--config", config, cwd=config.parent
    )
    said = done.stdout.decode()
    assert done.stderr == b""
    assert PASSWORD not in said
    checks = json.loads(said)["checks"]
    return done.returncode, {
        item["check"]: item for item in checks if item["side"] in (None, "analytics")
    }


def test_all_is_well(endpoint: Endpoint, configured: Configured) -> None:
    """Every question is answered, none of them writes, all in the transaction that is read in."""
    endpoint.play(*answers())
    code, checks = examined(configured())
    assert (code, {item["state"] for item in checks.values()}) == (0, {"ok"})
    assert "NTLM" in checks["encryption"]["found"]
    assert "Analytics" in checks["database"]["found"]
    assert "snapshot isolation" in checks["database"]["found"]
    assert checks["rows"]["found"] == "2 contract lines, sum 200.50 USD"
    asked = [noted for noted in endpoint.statements() if "dbo." in noted["text"]]
    assert asked
    assert all(noted["transaction"] for noted in asked)


def test_what_the_login_may_not_see_is_a_warning(
    endpoint: Endpoint, configured: Configured
) -> None:
    """A login with few rights is what one wants; nothing fails for the lack of them."""
    denied = [
        Answer(what, fault=Fault.ERROR, error=DENIED)
        for what in ("dm_exec_connections", "HAS_PERMS_BY_NAME", "SYSUTCDATETIME")
    ]
    endpoint.play(*denied, *answers())
    code, checks = examined(configured())
    assert code == 0
    for name in ("encryption", "read_only", "clock"):
        assert checks[name]["state"] == "warning", checks[name]
        assert checks[name]["advice"]
    assert checks["rows"]["state"] == "ok"


@pytest.mark.parametrize(
    ("changed", "check", "said"),
    [
        ({"encrypted": "FALSE"}, "encryption", "not encrypted"),
        ({"rights": ("1", "0", "1", "0", "0", None)}, "read_only", "write: INSERT, DELETE"),
        ({"rights": ("0", "0", "0", "0", "1", "0")}, "read_only", "write: db_owner"),
        ({"rights": ("1", "1", "1", "1", "1", "1")}, "read_only", "DELETE and 3 more"),
        ({"objects": ("dbo.deals", "dbo.ledger")}, "read_only", "write: dbo.deals, dbo.ledger"),
        ({"rights": (None,) * 6}, "read_only", "it is not known"),
        ({"clock": "2024-06-01 10:00:00"}, "clock", "ahead of the server"),
    ],
)
def test_what_is_worth_a_warning(
    endpoint: Endpoint, configured: Configured, changed: dict[str, Any], check: str, said: str
) -> None:
    """The month can be reconciled all the same."""
    endpoint.play(*answers(**changed))
    code, checks = examined(configured())
    assert (code, checks[check]["state"]) == (0, "warning")
    assert said in checks[check]["found"]


def test_a_server_without_a_list_of_rights_is_asked_table_by_table(
    endpoint: Endpoint, configured: Configured
) -> None:
    """T-SQL of other makers may lack the function that lists them."""
    lacking = Answer("fn_my_permissions", Fault.ERROR, error=(208, "Invalid object name."))
    tables = Answer(
        r"QUOTENAME\(o.name\), 'OBJECT', 'DELETE'\) = 1", columns=[("", "nvarchar(200)")],
        rows=[["dbo.deals"]],
    )  # fmt: skip
    endpoint.play(lacking, tables, *answers())
    code, checks = examined(configured())
    assert (code, checks["read_only"]["state"]) == (0, "warning")
    assert "write: dbo.deals" in checks["read_only"]["found"]


def test_a_certificate_that_nobody_verifies(endpoint: Endpoint, configured: Configured) -> None:
    """Trusting any certificate is worth a warning, encrypted or not."""
    endpoint.play(*answers())
    code, checks = examined(configured(trust_server_certificate=True))
    assert (code, checks["encryption"]["state"]) == (0, "warning")
    assert "certificate is not verified" in checks["encryption"]["found"]


def test_decimals_that_are_misread(endpoint: Endpoint, configured: Configured) -> None:
    """Nothing more is read from such a connection: exit 6."""
    canary = Answer("SELECT CAST", columns=[("", "decimal(19,4)")], rows=[["12345600.0000"]])
    endpoint.play(canary, *answers())
    code, checks = examined(configured())
    assert (code, checks["login"]["state"], checks["decimals"]["state"]) == (6, "ok", "failed")
    assert checks["rows"]["found"] == "not checked, since decimals failed"


def test_a_query_that_the_server_refuses(endpoint: Endpoint, configured: Configured) -> None:
    """A right to read that is missing is told in our words, and the rest is looked at."""
    denied = (229, "The SELECT permission was denied on the object 'deals'.")
    endpoint.play(Answer("dbo.deals", fault=Fault.ERROR, error=denied), *answers())
    code, checks = examined(configured())
    assert (code, checks["permission"]["state"]) == (5, "failed")
    assert checks["permission"]["advice"] == "grant it SELECT"
    assert checks["clock"]["state"] == "ok"


def test_words_of_a_driver_stay_whole(endpoint: Endpoint, configured: Configured) -> None:
    """What nobody knows the meaning of is shown as it is; the advice is not a part of it."""
    odd = (50001, "Something odd. Call PWD=hunter2; somebody")
    endpoint.play(Answer("dbo.deals", fault=Fault.ERROR, error=odd), *answers())
    code, checks = examined(configured())
    assert (code, checks["permission"]["state"]) == (5, "failed")
    assert "Something odd. Call PWD=***; somebody" in checks["permission"]["found"]
    assert "to the administrator of the server" in checks["permission"]["advice"]
