"""Connections: settings -> ODBC connection strings, and what a driver says -> one sentence.

Nothing secret leaves this module: `described` is what may be shown.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from recon.config import DatabaseSettings
from recon.errors import ConfigError, SourceUnreachable
from recon.model import Side

# The drivers that are tried, the newest first; the legacy one only when it is asked for.
DRIVERS = tuple(f"ODBC Driver {version} for SQL Server" for version in ("18", "17", "13.1", "13"))

# What a SQL Server connection string may hold (a query or a password cannot add to it).
KEYWORDS = (
    "DRIVER", "SERVER", "DATABASE", "UID", "PWD", "Trusted_Connection", "Encrypt",
    "TrustServerCertificate", "ApplicationIntent", "APP",
)  # fmt: skip

# Worth another try: deadlocks, cut connections, throttling, a server that is coming up.
TRANSIENT_ERRORS = {
    233, 1205, 1222, 4221, 10053, 10054, 10060, 10928, 10929, 40143, 40197, 40501, 40613,
    49918, 49919, 49920,
}  # fmt: skip
TRANSIENT_STATES = {"08001", "08006", "08S01", "HYT00", "HYT01", "40001", "40P01", "57P01", "57P03"}
WAITS = (1.0, 3.0, 9.0)

# What no further attempt changes: (error number, SQLSTATE or words of the driver, what it means).
PERMANENT = (
    ((18456, "28000", "28P01", "password authentication failed"),
     "refuses the login; check the user, the password, or the service account's rights"),
    ((4060, "3D000", r'database ".*" does not exist'),
     "has no such database, or the login may not open it; check the name of the database"),
    ((208, "42S02", "42P01"), "has no table or view of that name; check the query"),
    ((207, "42S22", "42703"), "has no column of that name; check the query"),
    ((229, "42501"), "does not let the login read; grant it SELECT"),
    (("IM002", "01000"), "cannot be reached: no driver of that name is installed on this machine"),
    (("certificate",),
     "shows a certificate that is not trusted; install its authority, or set "
     "trust_server_certificate = true if you accept that"),
    (("ncryption not supported",),
     "does not encrypt; set encrypt = false if you accept that"),
    (("SSPI",), "gets no Windows ticket; run as a domain account, or set user and password_env"),
    (("57014", "HY008", "[Qq]uery timeout"),
     "did not finish the query in time; raise query_timeout or ask why it is slow"),
)  # fmt: skip
PASSING = (
    (("40001", "40P01", 1205), "chose the query as a deadlock victim, again and again"),
    (("55P03", 1222), "kept the tables locked"),
    (("Connection refused",), "refuses the connection; check the server's name and port"),
    (("HYT00", "HYT01", "08001"),
     "does not answer; check the server's name, its port and the firewall"),
    (("08S01", "08006", "57P01", "57P03"), "was cut off; check the network and the server"),
)  # fmt: skip

Result = TypeVar("Result")
Meanings = tuple[tuple[tuple[int | str, ...], str], ...]


def connection_string(settings: DatabaseSettings, drivers: Iterable[str]) -> str:
    """Return the connection string of a source; `drivers` are the installed ones.

    Raises ConfigError where no driver fits or a secret is not where the settings say.
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
    return joined(parts)


def joined(parts: Mapping[str, str | None]) -> str:
    """Return a connection string of allowed keywords, each value escaped."""
    unknown = set(parts) - set(KEYWORDS)
    if unknown:
        raise ValueError(f"{sorted(unknown)[0]} is not an allowed connection keyword")
    return ";".join(f"{key}={escaped(value)}" for key, value in parts.items() if value is not None)


def escaped(value: str) -> str:
    """Return a value in braces where it needs them."""
    if not re.search(r"[;{}=\s]", value):
        return value
    return "{" + value.replace("}", "}}") + "}"


def newest(drivers: Iterable[str]) -> str:
    """Return the newest installed Microsoft driver; raises ConfigError where there is none."""
    installed = set(drivers)
    found = next((driver for driver in DRIVERS if driver in installed), None)
    if found is None:
        there = ", ".join(sorted(installed)) or "none"
        raise ConfigError(
            [
                f"no Microsoft ODBC driver for SQL Server is installed (there are: {there}); "
                "install ODBC Driver 18 for SQL Server, or name another one with driver = '…'"
            ],
            "This machine",
        )
    return found


def secret(settings: DatabaseSettings) -> str | None:
    """Return the password from its variable or the credential store; None where none is needed.

    Raises ConfigError where it is not there.
    """
    if settings.password_env:
        found = os.environ.get(settings.password_env)
        if found is None:
            raise ConfigError(
                [f"{settings.key}.password_env: the variable {settings.password_env} is not set"]
            )
        return found
    if settings.user is None:
        return None
    return _from_keyring(settings)


def _from_keyring(settings: DatabaseSettings) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise ConfigError(
            [f"{settings.key}.user: needs password_env, or the package keyring for the store"]
        ) from None
    try:
        found: str | None = keyring.get_password("recon", f"{settings.user}@{settings.server}")
    except KeyringError as error:
        raise ConfigError([f"{settings.key}.user: the credential store refuses"]) from error
    if found is None:
        raise ConfigError(
            [
                f"{settings.key}.user: the credential store has no password of "
                f"{settings.user}@{settings.server} for recon; set password_env or store it with "
                f"'keyring set recon {settings.user}@{settings.server}'"
            ]
        )
    return found


def _secret_part(settings: DatabaseSettings) -> str:
    password = secret(settings) if settings.password_env else None
    return "" if password is None else f";PWD={escaped(password)}"


def retried(attempt: Callable[[], Result]) -> Result:
    """Return what an attempt returns, made again after each transient error.

    A cut in mid-result proves nothing, so the whole attempt is made again. Raises what the last
    attempt raised.
    """
    import pyodbc

    for wait in WAITS:
        try:
            return attempt()
        except (pyodbc.Error, ArithmeticError) as error:
            if not is_transient(error):
                raise
            time.sleep(wait)
    return attempt()


def is_transient(error: Exception) -> bool:
    """Return whether another attempt may succeed where this error came up."""
    # A connection cut right after a DECIMAL column shows as an arithmetic error.
    if isinstance(error, ArithmeticError):
        return True
    if _meaning(error, PERMANENT):
        return False
    state, numbers, _ = _facts_of(error)
    return state in TRANSIENT_STATES or bool(numbers & TRANSIENT_ERRORS)


def _facts_of(error: Exception) -> tuple[str, set[int], str]:
    """Return the SQLSTATE, the server's error numbers and the text of a driver's error."""
    state = str(error.args[0]) if error.args else ""
    text = str(error.args[1]) if len(error.args) > 1 else str(error)
    return state, {int(number) for number in re.findall(r"\((\d+)\)", text)}, text


def _meaning(error: Exception, known: Meanings) -> str | None:
    state, numbers, text = _facts_of(error)
    for signs, meaning in known:
        for sign in signs:
            if sign in numbers if isinstance(sign, int) else sign == state or re.search(sign, text):
                return meaning
    return None


def failure(side: Side, description: str, error: Exception) -> SourceUnreachable:
    """Return the one sentence for what a driver raised; a driver's own text may hold secrets."""
    said = _meaning(error, PERMANENT) or _meaning(error, PASSING)
    if said is None and isinstance(error, ArithmeticError):
        said = "was cut off in the middle of a result; check the network and the server"
    if said is None:
        state, _, text = _facts_of(error)
        said = f"fails with SQLSTATE {state or 'unknown'}: {redacted(' '.join(text.split()))}"
    return SourceUnreachable(f"The {side} side ({description}) {said}.")


_SECRETS = re.compile(r"(PWD|PASSWORD|UID)\s*=\s*(\{(?:[^}]|\}\})*\}|[^;]*)", re.IGNORECASE)


def redacted(text: str) -> str:
    """Return a text without the values of secret keywords."""
    return _SECRETS.sub(lambda found: f"{found[1]}=***", text)
