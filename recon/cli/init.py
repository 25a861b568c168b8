"""`recon init`: a configuration for files, or for two databases."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import ConfigError, SourceUnreachable, UsageError
from recon.cli import process
from recon.cli.options import progress_shown

if TYPE_CHECKING:
    from recon.base.month import Month
    from recon.base.result import Side
    from recon.config import Settings
    from recon.setup.init.configuration import Access
    from recon.setup.init.schema import Catalog


def init(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILES",
            help="Files of contracts and of entries, a folder of them, patterns like "
            "'gl-*.csv', or a folder of feeds; if left out, databases.",
        ),
    ] = None,
    contracts: Annotated[
        str | None, typer.Option("--contracts", help="The files of the contracts.")
    ] = None,
    entries: Annotated[
        str | None, typer.Option("--entries", help="The files of the entries.")
    ] = None,
    server: Annotated[
        str | None, typer.Option("--server", help="The SQL Server that has both databases.")
    ] = None,
    analytics_server: Annotated[
        str | None, typer.Option("--analytics-server", help="The server of the contracts.")
    ] = None,
    accounting_server: Annotated[
        str | None, typer.Option("--accounting-server", help="The server of the entries.")
    ] = None,
    analytics_database: Annotated[
        str | None, typer.Option("--analytics-database", help="The database of the contracts.")
    ] = None,
    accounting_database: Annotated[
        str | None, typer.Option("--accounting-database", help="The database of the entries.")
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", help="The login; if left out, Windows authentication.")
    ] = None,
    password_env: Annotated[
        str | None,
        typer.Option("--password-env", help="The environment variable that holds the password."),
    ] = None,
    driver: Annotated[
        str | None, typer.Option("--driver", help="The ODBC driver; if left out, the newest one.")
    ] = None,
    encrypt: Annotated[
        bool, typer.Option("--encrypt/--no-encrypt", help="Encrypt the connection.")
    ] = True,
    trust_server_certificate: Annotated[
        bool, typer.Option("--trust-server-certificate", help="Accept any server certificate.")
    ] = False,
    analytics_connection: Annotated[
        str | None,
        typer.Option(
            "--analytics-connection",
            help="ODBC connection string of the contracts, without a password.",
        ),
    ] = None,
    accounting_connection: Annotated[
        str | None,
        typer.Option(
            "--accounting-connection",
            help="ODBC connection string of the entries, without a password.",
        ),
    ] = None,
    contracts_table: Annotated[
        str | None, typer.Option("--contracts-table", help="The contracts, as SCHEMA.TABLE.")
    ] = None,
    entries_table: Annotated[
        str | None, typer.Option("--entries-table", help="The entries, as SCHEMA.TABLE.")
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option("--currency", help="The currency of rows that have none; if left out, USD."),
    ] = None,
    feeds: Annotated[
        bool, typer.Option("--feeds", help="The files are feeds, which recon load takes.")
    ] = False,
    out: Annotated[Path, typer.Option("--out", help="The folder to write to.")] = Path("config"),
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing and accept every proposal.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace existing files, keeping them as *.bak.")
    ] = False,
) -> None:
    """Write the configuration from your files or databases."""
    from recon.base.result import Side
    from recon.cli.init_proposals import files, proposals
    from recon.setup.init.configuration import Access

    given = {
        side: Access(
            server=own or (None if connection else server),
            database=database,
            user=user,
            password_env=password_env,
            driver=driver,
            encrypt=encrypt,
            trust_server_certificate=trust_server_certificate,
            connection=connection,
        )
        for side, own, database, connection in (
            (Side.ANALYTICS, analytics_server, analytics_database, analytics_connection),
            (Side.ACCOUNTING, accounting_server, accounting_database, accounting_connection),
        )
    }
    tables = {Side.ANALYTICS: contracts_table, Side.ACCOUNTING: entries_table}
    _refuse_contradictions(given)
    asking = not yes and sys.stdin is not None and sys.stdin.isatty()
    if paths or contracts or entries:
        _refuse_databases(given, tables)
        named = {Side.ANALYTICS: contracts, Side.ACCOUNTING: entries}
        if not any(named.values()) and _of_feeds(
            paths or [], currency, out, (asking, force), wanted=feeds
        ):
            return
        _of_files(paths or [], named, currency, out, (asking, force))
        return
    if not asking:
        _refuse_incomplete(given, yes)
    force = _allowed(out, force, asking, list(_paths(out).values()))
    access, currency, catalogs = _reached(given, currency, asking)
    found = proposals(catalogs, tables, asking)
    texts = files(access, currency or "USD", catalogs, found, asking)
    with process.printing():
        _write({path: texts[name] for name, path in _paths(out).items()}, force, None)


def _refuse_databases(given: Mapping[Side, Access], tables: Mapping[Side, str | None]) -> None:
    """Raise UsageError where files and databases are named."""
    access = (each for each in given.values() if each.server or each.database or each.connection)
    if any(access) or any(tables.values()):
        raise UsageError("Name files, or the servers and tables of databases, not both.")


def _of_files(
    files: Sequence[str],
    named: Mapping[Side, str | None],
    currency: str | None,
    out: Path,
    allowed: tuple[bool, bool],
) -> None:
    """Write the configuration of files; `allowed` are asking and force."""
    from recon.cli.init_files import proposed

    asking, force = allowed
    force = _allowed(out, force, asking, [out / "recon.toml"])
    text, month = proposed(files, named, currency, out, asking)
    with process.printing():
        _write({out / "recon.toml": text}, force, month)


def _of_feeds(
    paths: Sequence[str],
    currency: str | None,
    out: Path,
    allowed: tuple[bool, bool],
    *,
    wanted: bool,
) -> bool:
    """Write the configuration of feeds; whether the files are some.

    Feeds are added to a configuration that is there, of which a copy is kept.
    """
    from recon.cli import init_feeds

    folders = [text for text in paths if Path(text).is_dir()]
    if not wanted and not folders:
        return False
    before = init_feeds.before(out)
    found, left = init_feeds.found_feeds(paths, before)
    if not wanted and not init_feeds.are_feeds(found):
        return False
    text = init_feeds.configured(found, left, currency, out, allowed[0])
    with process.printing():
        _write({out / "recon.toml": text}, True, None, feeds=True)
    return True


def _refuse_contradictions(given: Mapping[Side, Access]) -> None:
    for side, access in given.items():
        if access.connection is not None and (access.server or access.database):
            raise UsageError(
                f"--{side}-connection says where the database is; leave out "
                f"--{side}-server and --{side}-database."
            )
    if all(access.connection is not None and access.user for access in given.values()):
        raise UsageError(
            "--user belongs in the connection strings: write UID=… there and leave out --user."
        )


def _refuse_incomplete(given: Mapping[Side, Access], yes: bool) -> None:
    """Raise UsageError with the missing options."""
    missing = []
    for side, access in given.items():
        if not access.complete:
            missing += [] if access.server else [f"--{side}-server (or --server for both)"]
            missing += [] if access.database else [f"--{side}-database"]
    if missing:
        listed = ", ".join(missing if yes else [*missing, "--yes"])
        why = "To ask nothing" if yes else "Without a terminal to ask questions in"
        raise UsageError(
            f"{why}, recon needs these options: {listed}. Instead of a server and a database, "
            "you can give a connection string with --analytics-connection or "
            "--accounting-connection."
        )
    if not yes:
        raise UsageError("There is no terminal to ask questions in; --yes accepts every proposal.")


def _paths(out: Path) -> dict[str, Path]:
    from recon.setup.init.configuration import QUERIES

    return {name: out / name for name in ("recon.toml", *QUERIES.values())}


def _allowed(out: Path, force: bool, asking: bool, paths: Sequence[Path]) -> bool:
    """Whether files may be replaced, the first question; raises UsageError."""
    from recon.setup.init.writing import refuse_existing

    if force:
        return True
    try:
        refuse_existing(paths)
    except UsageError:
        if asking and typer.confirm(f"Replace the configuration in {out} (it is kept as *.bak)?"):
            return True
        raise
    return False


def _reached(
    given: Mapping[Side, Access], currency: str | None, asking: bool
) -> tuple[Mapping[Side, Access], str | None, dict[Side, Catalog]]:
    """A working access to both sides, the currency, the catalogs."""
    from recon.cli import init_questions as questions

    access, wanted = (questions.access(given) if asking else given), currency
    while True:
        if asking:
            currency = wanted or questions.currency(currency)
        try:
            settings = _settings(access, currency)
            return access, currency, _catalogs(settings)
        except (ConfigError, SourceUnreachable) as error:
            if not asking:
                raise
            process.say(f"\n{error}\nPlease answer again, or press Ctrl-C to stop.\n", err=True)
            access, wanted = questions.access(given, access), None


def _settings(access: Mapping[Side, Access], currency: str | None) -> Settings:
    from recon.setup.init.configuration import configuration, read_back

    return read_back(configuration(access, currency or "USD"))


def _catalogs(settings: Settings) -> dict[Side, Catalog]:
    from recon.setup.init.schema import catalogs

    with progress_shown(quiet=False) as progress:
        progress("Looking at both databases")
        return catalogs(settings, progress)


def _write(
    files: Mapping[Path, str], force: bool, month: Month | None, *, feeds: bool = False
) -> None:
    """Write the files and print the next steps."""
    from datetime import date

    from recon.base.month import Month
    from recon.config import find
    from recon.setup.init.writing import write_all

    kept = write_all(files, force=force)
    process.say("\nWritten:")
    for path in files:
        process.say(f"  {path}")
    for path in kept:
        process.say(f"  {path} (the previous version)")
    written = next(iter(files)).absolute()
    try:
        found = find(None, Path.cwd())
    except ConfigError:  # RECON_CONFIG names a file that is not there
        found = None
    option = "" if found == written else f' --config "{written}"'
    process.say(f"\nNext:\n  recon doctor{option}")
    if feeds:
        process.say(f"  recon load --dry-run{option}\n  recon load{option}")
    else:
        process.say(f"  recon month {month or Month.of(date.today()) - 1}{option}")
