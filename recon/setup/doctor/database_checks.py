"""Checks of a database: access, rights, content."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from recon.base.errors import SourceUnreachable
from recon.base.fields import AMOUNTS
from recon.base.result import Side
from recon.setup.doctor import content, machine, network
from recon.setup.doctor.database import DatabaseSubject
from recon.setup.doctor.model import Finding, ok, warning
from recon.setup.doctor.steps import Step
from recon.sources.database import POSTGRESQL, SQL_SERVER, check_decimals
from recon.sources.parts import BEGINNING

CLOCKS_APART = timedelta(minutes=5)
LONG = 120
NAMED = 3
# To change rows, on SQL Server.
RIGHTS = ("INSERT", "UPDATE", "DELETE")


def login(subject: DatabaseSubject) -> Finding:
    """The login in use.

    Raises ConfigError without a secret, SourceUnreachable.
    """
    subject.open()
    if subject.misread:
        return ok("the login works")
    product, version, user, driver, driver_version = map(
        subject.about,
        ("SQL_DBMS_NAME", "SQL_DBMS_VER", "SQL_USER_NAME", "SQL_DRIVER_NAME", "SQL_DRIVER_VER"),
    )
    whom = f"logged in as {user}" if user else "logged in"
    return ok(f"{whom}, {product} {version} through {driver} {driver_version}")


def encryption(subject: DatabaseSubject) -> Finding:
    """Whether the connection is encrypted and the server's identity checked."""
    found = _ENCRYPTIONS.get(subject.database.product, _unknown_encryption)(subject)
    if subject.how.trust_server_certificate:
        advice = "install the certificate of its issuer, then remove trust_server_certificate"
        return warning(
            f"{found.found}; the server's certificate is not verified",
            "; ".join(filter(None, (found.advice, advice))),
        )
    return found


def _sql_server_encryption(subject: DatabaseSubject) -> Finding:
    found = subject.permitted(
        "SELECT encrypt_option, auth_scheme FROM sys.dm_exec_connections WHERE session_id = @@SPID"
    )
    if found is None:
        asked = _asked(subject)
        return warning(
            f"{asked}, but the login has no right to see whether the connection is encrypted",
            "grant it VIEW SERVER STATE if you want to know",
        )
    option, scheme = found
    if str(option).upper() == "TRUE":
        return ok(f"the connection is encrypted, login by {scheme}")
    return warning(f"the connection is not encrypted, login by {scheme}", "set encrypt = true")


def _asked(subject: DatabaseSubject) -> str:
    """The encryption that the configuration asks for."""
    if subject.how.connection is None:
        return "encryption was asked for" if subject.how.encrypt else "encrypt = false"
    said = network.keywords(subject.how.connection).get("ENCRYPT")
    return f"the connection string says Encrypt={said}" if said else "encryption was not asked for"


def _postgresql_encryption(subject: DatabaseSubject) -> Finding:
    found = subject.permitted(
        "SELECT CASE WHEN ssl THEN 1 ELSE 0 END, version, "
        "coalesce(host(inet_client_addr()), 'local') "
        "FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    )
    if found is None:
        return _unknown_encryption(subject)
    encrypted, version, client = found
    words = network.keywords(subject.how.connection or "")
    if not encrypted and client in ("local", "127.0.0.1", "::1"):
        return ok("the connection is not encrypted and does not leave this machine")
    if not encrypted:
        return warning(
            "the connection is not encrypted", "add sslmode=verify-full to the connection string"
        )
    if "DRIVER" in words and not words.get("SSLMODE", "").lower().startswith("verify-"):
        return warning(
            f"the connection is encrypted ({version}); the server's certificate is not verified",
            "add sslmode=verify-full to the connection string",
        )
    return ok(f"the connection is encrypted ({version})")


def _unknown_encryption(subject: DatabaseSubject) -> Finding:
    return warning(
        f"it is not known whether the connection to {subject.database.product} is encrypted",
        "ask the administrator of the server",
    )


_ENCRYPTIONS: Mapping[str, Callable[[DatabaseSubject], Finding]] = {
    SQL_SERVER: _sql_server_encryption,
    POSTGRESQL: _postgresql_encryption,
}


def database(subject: DatabaseSubject) -> Finding:
    """The database in use, and the state that is read."""
    name, server = map(subject.about, ("SQL_DATABASE_NAME", "SQL_SERVER_NAME"))
    where = " on ".join(filter(None, (name, server)))
    return ok(f"{where}, read with {subject.database.isolation}")


def permission(subject: DatabaseSubject) -> Finding:
    """Whether the query runs.

    Raises SourceUnreachable where the login may not read.
    """
    count = len(subject.columns())
    return ok(f"{subject.how.query.name} runs and delivers {count} columns")


def read_only(subject: DatabaseSubject) -> Finding:
    """Whether the login could change the data it reads."""
    look = _WRITERS.get(subject.database.product)
    rights = look(subject) if look else None
    if rights is None:
        return warning(
            "it is not known whether the login can write", "make sure that it can only read"
        )
    if rights:
        more = f" and {len(rights) - NAMED:,} more" if len(rights) > NAMED else ""
        return warning(
            f"the login can write: {', '.join(rights[:NAMED])}{more}",
            "give recon a login that can only read",
        )
    return ok("the login can only read")


def _sql_server_rights(subject: DatabaseSubject) -> Sequence[str] | None:
    """A login's rights to write, everywhere or on objects."""
    roles = ("db_datawriter", "db_owner")
    asked = [f"HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', '{right}')" for right in RIGHTS]
    asked += [f"IS_ROLEMEMBER('{role}')" for role in roles]
    found = subject.permitted(f"SELECT {', '.join(asked)}, IS_SRVROLEMEMBER('sysadmin')")
    if found is None or all(has is None for has in found):
        return None
    whole = [name for name, has in zip((*RIGHTS, *roles, "sysadmin"), found, strict=True) if has]
    return whole or _sql_server_objects(subject)


def _sql_server_objects(subject: DatabaseSubject) -> Sequence[str] | None:
    """The tables and views that a login may change."""
    tables = "sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id"
    named = "QUOTENAME(s.name) + '.' + QUOTENAME(o.name), 'OBJECT'"
    may = " OR ".join(f"HAS_PERMS_BY_NAME({named}, '{right}') = 1" for right in RIGHTS)
    granted = ", ".join(f"'{right}'" for right in RIGHTS)
    # Rights to some columns of a table are known only to the first; servers of other makers, which
    # speak T-SQL too, may know only the second.
    for source, condition in (
        (f"{tables} CROSS APPLY sys.fn_my_permissions({named}) p",
         f"p.permission_name IN ({granted})"),
        (tables, f"({may})"),
    ):  # fmt: skip
        with suppress(SourceUnreachable):
            found = subject.rows(
                f"SELECT DISTINCT s.name + '.' + o.name FROM {source} "
                f"WHERE o.type IN ('U', 'V') AND {condition} ORDER BY 1"
            )
            return [str(name) for (name,) in found]
    return None


def _postgresql_rights(subject: DatabaseSubject) -> Sequence[str] | None:
    """The tables that a login may change."""
    found = subject.permitted("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if found is None:
        return None
    if str(found[0]).lower() in ("1", "true", "t"):
        return ["it is a superuser"]
    tables = subject.rows(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname <> 'information_schema' "
        "AND n.nspname NOT LIKE 'pg\\_%' AND has_schema_privilege(n.oid, 'USAGE') "
        "AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') ORDER BY 1"
    )
    return [str(name) for (name,) in tables]


_WRITERS: Mapping[str, Callable[[DatabaseSubject], Sequence[str] | None]] = {
    SQL_SERVER: _sql_server_rights,
    POSTGRESQL: _postgresql_rights,
}


def columns(subject: DatabaseSubject) -> Finding:
    """Whether the query delivers the required columns.

    Raises MissingColumns.
    """
    found = {name: content.of_database(kind) for name, kind in subject.columns().items()}
    return content.columns(subject.settings, found)


def rows(subject: DatabaseSubject) -> Finding:
    """The month's rows, counted and added up on the server."""
    found = _sums(subject, subject.month.first_day, (subject.month + 1).first_day)
    anything = found or _sums(subject, BEGINNING, (subject.month + 1).first_day)
    return content.rows(subject.settings.side, subject.month, found, len(anything))


def _sums(subject: DatabaseSubject, *days: object) -> list[content.Sum]:
    """Rows and sums of entries between two days, by currency."""
    amount = AMOUNTS[subject.settings.side]
    parameters = days if subject.settings.side is Side.ACCOUNTING else ()
    what = f"COUNT(*), SUM({amount}) FROM {subject.query}"
    if "currency" in subject.columns():
        found = subject.rows(f"SELECT currency, {what} GROUP BY currency", *parameters)
    else:
        found = [(None, *row) for row in subject.rows(f"SELECT {what}", *parameters)]
    return [_sum(row, subject.currency) for row in found if row[1]]


def _sum(row: Sequence[Any], currency: str) -> content.Sum:
    written, count, total = row
    return content.Sum(
        str(written or "").strip().upper() or currency, count, Decimal(str(total or 0))
    )


def decimals(subject: DatabaseSubject) -> Finding:
    """Whether decimals arrive unchanged.

    Raises SourceDataError where they do not.
    """
    if subject.misread:
        raise subject.misread
    check_decimals(subject.database.cursor)
    return ok("the driver reads 1234.56 as 1234.56")


def clock(subject: DatabaseSubject) -> Finding:
    """The difference between this machine's clock and the server's."""
    statement = _CLOCKS.get(subject.database.product)
    before = datetime.now(UTC)
    found = subject.permitted(statement) if statement else None
    if found is None or not isinstance(found[0], datetime):
        return warning("the server does not report its time", "compare the clocks yourself")
    here = before + (datetime.now(UTC) - before) / 2
    return clocks(here, found[0].replace(tzinfo=UTC))


_CLOCKS = {
    SQL_SERVER: "SELECT SYSUTCDATETIME()",
    # now() is the time at which the transaction began.
    POSTGRESQL: "SELECT clock_timestamp() AT TIME ZONE 'utc'",
}


def clocks(here: datetime, there: datetime) -> Finding:
    """How far two clocks are apart."""
    apart = abs(there - here)
    if apart < timedelta(seconds=1):
        return ok("the clocks of this machine and of the server agree")
    said = f"this machine is {_size(apart)} {'behind' if there > here else 'ahead of'} the server"
    if apart < CLOCKS_APART:
        return ok(said)
    return warning(said, "set the clock that is wrong: it decides which month is the last one")


def _size(apart: timedelta) -> str:
    if apart < CLOCKS_APART:
        return f"{apart.seconds} s"
    minutes = apart // timedelta(minutes=1)
    return f"{minutes} min" if minutes < LONG else f"{minutes // 60:,} h"


IN = ("login", "decimals")
STEPS: tuple[Step[DatabaseSubject], ...] = (
    Step("driver", lambda subject: machine.driver(subject.how)),
    Step("server", lambda subject: network.server(subject.how)),
    Step("login", login, ("driver", "server"),
         "set it for the account that runs recon, also in a task"),
    # Nothing is read from a connection that misreads decimals, so this comes before the others.
    Step("decimals", decimals, ("login",)),
    Step("encryption", encryption, IN),
    Step("database", database, IN),
    Step("permission", permission, IN),
    Step("read_only", read_only, IN),
    Step("columns", columns, (*IN, "permission")),
    Step("rows", rows, (*IN, "columns")),
    Step("clock", clock, IN),
)  # fmt: skip
