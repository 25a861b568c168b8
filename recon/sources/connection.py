"""Connection strings: from settings and secrets to an ODBC driver.

A connection string holds a secret: it goes to the driver and nowhere else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping

from recon.base.errors import ConfigError
from recon.base.secrets import remembered, stored
from recon.config import DatabaseSettings

# The drivers that are tried, the newest first; the legacy one only when it is asked for.
DRIVERS = tuple(f"ODBC Driver {version} for SQL Server" for version in ("18", "17", "13.1", "13"))

_FREETDS = re.compile("freetds|tdsodbc", re.IGNORECASE)

# What a SQL Server connection string may hold (a query or a password cannot add to it).
KEYWORDS = (
    "DRIVER", "SERVER", "DATABASE", "UID", "PWD", "Trusted_Connection", "Encrypt",
    "TrustServerCertificate", "ApplicationIntent", "APP",
)  # fmt: skip


def connection_string(settings: DatabaseSettings, drivers: Iterable[str]) -> str:
    """The connection string of a source.

    `drivers` are the installed ones. Raises ConfigError where no driver fits or a secret is not
    where the settings say.
    """
    if settings.connection is not None:
        return settings.connection + _secret_part(settings)
    parts: dict[str, str | None] = {
        "DRIVER": settings.driver or newest(drivers),
        "SERVER": settings.server,
        "DATABASE": settings.database,
        "UID": settings.user,
        "PWD": secret(settings),
        "Trusted_Connection": None if settings.user else "yes",
        # Driver 18 encrypts by default and 17 does not: always written out.
        "Encrypt": "yes" if settings.encrypt else "no",
        "TrustServerCertificate": "yes" if settings.trust_server_certificate else None,
        "ApplicationIntent": settings.application_intent,
        "APP": "recon",
    }
    if _FREETDS.search(settings.driver or ""):
        return joined(parts, lambda value: _for_freetds(value, settings.key))
    return joined(parts)


def joined(parts: Mapping[str, str | None], escape: Callable[[str], str] | None = None) -> str:
    """A connection string of allowed keywords, each value escaped."""
    unknown = set(parts) - set(KEYWORDS)
    if unknown:
        raise ValueError(f"{sorted(unknown)[0]} is not an allowed connection keyword")
    escape = escape or escaped
    return ";".join(f"{key}={escape(value)}" for key, value in parts.items() if value is not None)


def escaped(value: str) -> str:
    """A value in braces where it needs them."""
    if not re.search(r"[;{}=\s]", value):
        return value
    return "{" + value.replace("}", "}}") + "}"


def newest(drivers: Iterable[str]) -> str:
    """The newest installed Microsoft driver.

    Raises ConfigError where there is none.
    """
    installed = set(drivers)
    found = next((driver for driver in DRIVERS if driver in installed), None)
    if found is None:
        there = ", ".join(sorted(installed)) or "none"
        raise ConfigError(
            [
                f"no Microsoft ODBC driver for SQL Server is installed (installed: {there}); "
                "install ODBC Driver 18 for SQL Server, or name another one with driver = '…'"
            ],
            "This machine",
        )
    return found


def secret(settings: DatabaseSettings) -> str | None:
    """The password from its variable or the credential store.

    None where none is needed. Raises ConfigError where it is not there.
    """
    if settings.password_env:
        found = os.environ.get(settings.password_env)
        if found is None:
            raise ConfigError(
                [f"{settings.key}.password_env: the variable {settings.password_env} is not set"],
                "the configuration",
            )
        return remembered(found)
    if settings.user is None:
        return None
    return _stored_password(settings)


def _stored_password(settings: DatabaseSettings) -> str:
    name = f"{settings.user}@{settings.server}"
    try:
        found = stored(name)
    except LookupError as error:
        raise ConfigError(
            [f"{settings.key}.user: {error}; or set password_env"], "the configuration"
        ) from None
    if found is None:
        raise ConfigError(
            [
                f"{settings.key}.user: the credential store has no password for {name}; "
                f"set password_env or store it with 'keyring set recon {name}'"
            ],
            "the configuration",
        )
    return found


def _secret_part(settings: DatabaseSettings) -> str:
    password = secret(settings) if settings.password_env else None
    if password is None:
        return ""
    if not _FREETDS.search(settings.connection or ""):
        return f";PWD={escaped(password)}"
    written = _for_freetds(password, settings.key)
    return f";PWD={written}" if written == password else f";PWD={written};"


def _for_freetds(value: str, key: str) -> str:
    """A value as FreeTDS reads it.

    It knows no doubled brace, and takes a closing one for the end only before a semicolon, which
    has to follow. Raises ConfigError where it would read another value.
    """
    if ";" not in value and value == value.strip() and value[:1] != "{":
        return value
    if "};" in value:
        mistake = (
            f"{key}: FreeTDS cannot be given a user or password with }}; in it; change it, or use "
            "Microsoft's driver"
        )
        raise ConfigError([mistake], "the configuration")
    return f"{{{value}}}"
