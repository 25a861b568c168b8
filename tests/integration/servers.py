"""Servers that hold the books: the same tests run against each that is there.

PostgreSQL is started by the tests. A SQL Server is used where RECON_TEST_SQLSERVER holds the
connection string of a login that may create databases; on it, two databases come and go.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from recon.sources.connection import escaped, newest

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "config" / "sqlserver"
# What SQL Server says of a session that is not there.
NO_SUCH_SESSION = 6106
TABLES = {"analytics": "deals", "accounting": "revenue_recognition"}
FILES = {"analytics": "contracts", "accounting": "entries"}
SQL_SERVER = "RECON_TEST_SQLSERVER"


class Server(Protocol):
    """A server with a database a side, each with the table of the example."""

    password: str

    def keys(self, side: str) -> dict[str, object]:
        """Return the keys of a side in the configuration, but for `query`."""
        ...

    def options(self) -> list[str]:
        """Return what `recon init` is told to find both sides."""
        ...

    def execute(self, side: str, *statements: str) -> list[Any]:
        """Run statements as administrator; return the rows of the last one."""
        ...

    def load(self, folder: Path) -> None:
        """Empty the tables and fill them with contracts.csv and entries.csv of a folder."""
        ...

    def slow_entries(self) -> str:
        """Return an entries query that takes an hour."""
        ...

    def sessions(self) -> int:
        """Return how many sessions of recon the server has."""
        ...

    def cut_sessions(self) -> None:
        """End every session of recon, as an administrator would."""
        ...

    def locked(self) -> Any:
        """Return a context in which nobody else can read the entries."""
        ...


def microsoft_driver() -> str:
    """Return Microsoft's driver: that of the package mssql-python-odbc, or the newest installed.

    Raises ConfigError where there is neither.
    """
    import pyodbc

    spec = importlib.util.find_spec("mssql_python_odbc")
    places = spec.submodule_search_locations if spec else None
    packaged = [
        str(path) for place in places or ()
        for path in sorted(Path(place).glob("libs/linux/debian_ubuntu/x86_64/lib/libmsodbcsql*"))
    ]  # fmt: skip
    return packaged[-1] if packaged and sys.platform == "linux" else newest(pyodbc.drivers())


def _rows(path: Path) -> tuple[list[str], list[tuple[str | None, ...]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        place = header.index("recognition_period") if "recognition_period" in header else None
        return header, [_typed(row, place) for row in reader]


def _typed(row: Sequence[str], period: int | None) -> tuple[str | None, ...]:
    """Return a row as the tables want it: an empty text is NULL, a period is its first day."""
    return tuple(
        f"{value}-01" if place == period and value else value or None
        for place, value in enumerate(row)
    )


def _insert(cursor: Any, table: str, path: Path) -> None:
    header, rows = _rows(path)
    places = ", ".join("?" * len(header))
    cursor.executemany(f"INSERT INTO {table} ({', '.join(header)}) VALUES ({places})", rows)


class PostgresBooks:
    """The PostgreSQL server of the tests; both sides are schemas of one database."""

    def __init__(self, postgres: Any) -> None:
        self.postgres = postgres
        self.password = postgres.password
        script = (SHIPPED / "example_tables.sql").read_text(encoding="utf-8")
        for theirs, ours in (
            ("NVARCHAR", "VARCHAR"), ("NCHAR", "CHAR"), ("DATETIME2", "TIMESTAMP"),
        ):  # fmt: skip
            script = script.replace(theirs, ours)
        postgres.sql(
            "DROP SCHEMA IF EXISTS dbo CASCADE; CREATE SCHEMA dbo; " + script + ";"
            "GRANT USAGE ON SCHEMA dbo TO recon; GRANT SELECT ON ALL TABLES IN SCHEMA dbo TO recon"
        )

    def keys(self, side: str) -> dict[str, object]:
        """Return the keys of a side in the configuration, but for `query`."""
        return {
            "source": "odbc",
            "connection": "DRIVER={PostgreSQL Unicode};SERVER=127.0.0.1;DATABASE=postgres;"
            f"UID=recon;PORT={self.postgres.port}",
            "password_env": "BOOKS_PASSWORD",
        }

    def options(self) -> list[str]:
        """Return what `recon init` is told to find both sides."""
        connection = str(self.keys("")["connection"])
        return [
            "--analytics-connection", connection, "--accounting-connection", connection,
            "--password-env", "BOOKS_PASSWORD",
        ]  # fmt: skip

    def execute(self, side: str, *statements: str) -> list[Any]:
        """Run statements as administrator; return the rows of the last one."""
        printed = self.postgres.sql("; ".join(statements))
        return [tuple(line.split("|")) for line in printed.splitlines() if line]

    def load(self, folder: Path) -> None:
        """Empty the tables and fill them with contracts.csv and entries.csv of a folder."""
        for side, table in TABLES.items():
            header, rows = _rows(folder / f"{FILES[side]}.csv")
            copied = folder / f"{table}.tsv"
            with copied.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(rows)
            self.postgres.sql(
                f"TRUNCATE dbo.{table};\n"
                f"\\copy dbo.{table} ({', '.join(header)}) from '{copied}' csv"
            )

    def slow_entries(self) -> str:
        """Return an entries query that takes an hour."""
        return (
            "SELECT r.* FROM dbo.revenue_recognition r, pg_sleep(3600) "
            "WHERE r.recognition_period >= ? AND r.recognition_period < ?"
        )

    def sessions(self) -> int:
        """Return how many sessions of recon the server has."""
        count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'recon'"
        return int(self.execute("", count)[0][0])

    def cut_sessions(self) -> None:
        """End every session of recon, as an administrator would."""
        self.postgres.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'recon'"
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Return a context in which nobody else can read the entries."""
        import pyodbc

        text = (
            f"DRIVER={{PostgreSQL Unicode}};SERVER=/tmp;DATABASE=postgres;UID=postgres;"
            f"PORT={self.postgres.port}"
        )
        with closing(pyodbc.connect(text, autocommit=False)) as connection:
            connection.execute("LOCK TABLE dbo.revenue_recognition IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()


class SqlServerBooks:
    """A SQL Server that the environment names, with a database a side."""

    def __init__(self, text: str) -> None:
        self._parts = {
            key.strip().upper(): value[1:-1].replace("}}", "}") if value[:1] == "{" else value
            for key, value in re.findall(r"([^;=]+)=(\{(?:[^}]|\}\})*\}|[^;]*)", text)
        }
        self._driver = self._parts.pop("DRIVER", "") or microsoft_driver()
        self.password = self._parts["PWD"]
        mark = secrets.token_hex(4)
        self._databases = {side: f"recon_test_{side}_{mark}" for side in TABLES}
        script = (SHIPPED / "example_tables.sql").read_text(encoding="utf-8")
        for side, database in self._databases.items():
            self._execute("master", f"CREATE DATABASE {database}")
            tables = [part for part in script.split(";") if TABLES[side] in part]
            self.execute(side, *tables)

    def drop(self) -> None:
        """Leave the server as it was."""
        for database in self._databases.values():
            self._execute(
                "master",
                f"ALTER DATABASE {database} SET SINGLE_USER WITH ROLLBACK IMMEDIATE",
                f"DROP DATABASE {database}",
            )

    def keys(self, side: str) -> dict[str, object]:
        """Return the keys of a side in the configuration, but for `query`."""
        trusted = self._parts.get("TRUSTSERVERCERTIFICATE", "no").lower() in ("yes", "true")
        return {
            "source": "sqlserver",
            "server": self._parts["SERVER"],
            "database": self._databases[side],
            "user": self._parts["UID"],
            "password_env": "BOOKS_PASSWORD",
            "driver": self._driver,
            "trust_server_certificate": trusted,
        }

    def options(self) -> list[str]:
        """Return what `recon init` is told to find both sides."""
        keys = {side: self.keys(side) for side in TABLES}
        shared = keys["analytics"]
        return [
            "--server", str(shared["server"]), "--user", str(shared["user"]),
            "--password-env", "BOOKS_PASSWORD", "--driver", str(shared["driver"]),
            "--analytics-database", str(keys["analytics"]["database"]),
            "--accounting-database", str(keys["accounting"]["database"]),
            *(["--trust-server-certificate"] if shared["trust_server_certificate"] else []),
        ]  # fmt: skip

    def _connected(self, database: str) -> Any:
        import pyodbc

        parts = {"DRIVER": self._driver, **self._parts, "DATABASE": database}
        text = ";".join(f"{key}={escaped(value)}" for key, value in parts.items())
        return closing(pyodbc.connect(text, autocommit=True))

    def _execute(self, database: str, *statements: str) -> list[Any]:
        with self._connected(database) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def execute(self, side: str, *statements: str) -> list[Any]:
        """Run statements as administrator; return the rows of the last one."""
        return self._execute(self._databases[side], *statements)

    def load(self, folder: Path) -> None:
        """Empty the tables and fill them with contracts.csv and entries.csv of a folder."""
        for side, table in TABLES.items():
            with self._connected(self._databases[side]) as connection:
                connection.execute(f"DELETE FROM dbo.{table}")
                cursor = connection.cursor()
                cursor.fast_executemany = True
                _insert(cursor, f"dbo.{table}", folder / f"{FILES[side]}.csv")

    def slow_entries(self) -> str:
        """Return an entries query that takes an hour."""
        return (
            "SELECT r.* FROM dbo.revenue_recognition AS r WHERE r.recognition_period >= ? "
            "AND r.recognition_period < ? AND (SELECT COUNT_BIG(*) FROM sys.all_columns AS a "
            "CROSS JOIN sys.all_columns AS b CROSS JOIN sys.all_columns AS c "
            "WHERE a.name + b.name + c.name LIKE '%q%x%z%') >= 0"
        )

    def sessions(self) -> int:
        """Return how many sessions of recon the server has."""
        count = "SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE program_name = 'recon'"
        return int(self._execute("master", count)[0][0])

    def cut_sessions(self) -> None:
        """End every session of recon, as an administrator would."""
        found = self._execute(
            "master",
            "SELECT session_id FROM sys.dm_exec_sessions WHERE program_name = 'recon'",
        )
        for (session,) in found:
            # It may have ended since, and its number may be somebody else's.
            self._execute(
                "master",
                "BEGIN TRY IF EXISTS (SELECT 1 FROM sys.dm_exec_sessions WHERE "
                f"session_id = {session} AND program_name = 'recon') EXEC('KILL {session}') "
                f"END TRY BEGIN CATCH IF ERROR_NUMBER() <> {NO_SUCH_SESSION} THROW; END CATCH",
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Return a context in which nobody else can read the entries."""
        with self._connected(self._databases["accounting"]) as connection:
            connection.execute(
                "BEGIN TRANSACTION; UPDATE dbo.revenue_recognition WITH (TABLOCKX) "
                "SET amount = amount WHERE 1 = 0"
            )
            yield
            connection.execute("ROLLBACK")


def configuration(
    server: Server, folder: Path, entries: str | None = None, **changed: object
) -> Path:
    """Write a configuration for both sides of a server; return its path."""
    lines: list[str] = []
    for side, name in FILES.items():
        shipped = (SHIPPED / f"{name}.sql").read_text(encoding="utf-8")
        text = entries if entries and side == "accounting" else shipped
        (folder / f"{name}.sql").write_text(text, encoding="utf-8")
        keys = {**server.keys(side), "query": f"{name}.sql", **changed}
        lines += [f"[{side}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
    path = folder / "recon.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def kinds() -> list[str]:
    """Return which servers there are."""
    return ["postgresql", *(["sqlserver"] if os.environ.get(SQL_SERVER) else [])]
