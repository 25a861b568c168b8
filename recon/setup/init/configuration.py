"""From the answers to the text of recon.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recon.base import temporary
from recon.base.errors import ConfigError
from recon.base.result import Side
from recon.config import Settings, SourceKind, load
from recon.setup.init.queries import comment

QUERIES = {
    Side.ANALYTICS: "sqlserver/contracts.sql",
    Side.ACCOUNTING: "sqlserver/entries.sql",
}


@dataclass(frozen=True, slots=True)
class Access:
    """The access to a side's database, without its secret.

    To a SQL Server, or by any connection string.
    """

    server: str | None = None
    database: str | None = None
    user: str | None = None
    password_env: str | None = None
    driver: str | None = None
    encrypt: bool = True
    trust_server_certificate: bool = False
    connection: str | None = None

    @property
    def complete(self) -> bool:
        """Whether it says enough to connect."""
        return self.connection is not None or bool(self.server and self.database)

    @property
    def keys(self) -> Mapping[str, str | bool]:
        """The keys of this access that are not the default."""
        if self.connection is not None:
            found = {"source": SourceKind.ODBC.value, "connection": self.connection,
                     "password_env": self.password_env}  # fmt: skip
            return {key: value for key, value in found.items() if value}
        all_keys = {
            "source": SourceKind.SQLSERVER.value,
            "server": self.server,
            "database": self.database,
            "user": self.user,
            "password_env": self.password_env if self.user else None,
            "driver": self.driver,
            "encrypt": None if self.encrypt else False,
            "trust_server_certificate": self.trust_server_certificate or None,
        }
        return {key: value for key, value in all_keys.items() if value is not None}


def configuration(
    access: Mapping[Side, Access],
    currency: str,
    tables: Mapping[Side, str] | None = None,
    compliance: Sequence[str] = (),
) -> str:
    """The text of recon.toml; `tables` are named in its comments."""
    return (
        _HEAD
        + "\n".join(
            _side(side, access[side], (tables or {}).get(side, ""), compliance) for side in Side
        )
        + _POLICY.format(currency=string(currency))
    )


def read_back(text: str) -> Settings:
    """The settings of a configuration's text once it is written.

    Raises ConfigError with every mistake, a password in a connection string among them.
    """
    with temporary.folder() as folder:
        path = Path(folder) / "recon.toml"
        path.write_text(text, encoding="utf-8")
        for query in QUERIES.values():
            (path.parent / query).parent.mkdir(exist_ok=True)
            (path.parent / query).touch()
        try:
            return load(path)
        except ConfigError as error:
            raise ConfigError(error.mistakes, "Your input") from None


def _side(side: Side, access: Access, table: str, compliance: Sequence[str]) -> str:
    what = "Booked contracts" if side is Side.ANALYTICS else "Recognized revenue"
    lines = [f"# {what}{': ' + comment(table) if table else ''}.", f"[{side}]"]
    lines += [f"{key} = {_value(value)}" for key, value in access.keys.items()]
    if access.connection is None and not access.user:
        lines.append("# Windows authentication; for another login set user and password_env.")
    lines.append(f"query = {string(QUERIES[side])}")
    if side is Side.ACCOUNTING and compliance:
        listed = ", ".join(map(string, compliance))
        lines.append(f"compliance = [{listed}]   # columns that `recon explain` shows")
    return "\n".join(lines) + "\n"


def _value(value: str | bool) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else string(value)


def string(text: str) -> str:
    """A text as TOML; single quotes where they save escapes."""
    if "\\" in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(_character(letter) for letter in escaped) + '"'


def _character(letter: str) -> str:
    return letter if letter.isprintable() else f"\\U{ord(letter):08X}"


_HEAD = """\
# The configuration of recon, made by `recon init`. Relative paths start beside this file. No
# secret belongs here: passwords come from a variable or from the credential store.

"""

_POLICY = """
# The folder of the reports; by default reports/ beside the folder of this file.
# [reports]
# directory = "../reports"

# Times with an offset are converted to this zone before their month is taken.
# [calendar]
# time_zone = "Europe/Berlin"

[policy]
tolerance = "1%"                   # of the expected amount
currency = {currency}                   # of rows without a currency
# convention = "even"   # even | prorate_period_rate | prorate_day_rate | exact_days | days_360

# Tolerances by segment and by revenue type; where both are set, that of the type wins.
# [policy.segments.SMB]
# tolerance = "2%"
# [policy.types.Setup]
# recognition = "start_month"      # over_duration | booking_month | start_month | close_month

# Other names of a revenue type in your databases.
# [policy.aliases]
# SaaS = "Subscription"
"""
