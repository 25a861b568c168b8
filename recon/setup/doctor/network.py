"""The way to a server: its address, and any answer."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from recon.base.errors import ConfigError, ExitCode
from recon.config import DatabaseSettings
from recon.setup.doctor.model import Finding, failed, ok, skipped

SQL_SERVER_PORT = 1433
# The ports that drivers take where a connection string names none, by a word of their names.
PORTS = {"sql server": SQL_SERVER_PORT, "postgresql": 5432, "redshift": 5439}
# By name or, elsewhere than on Windows, by the path of their library.
_SQL_SERVER_DRIVERS = "sql server|msodbcsql|tdsodbc|freetds"
LAST_PORT = 65_535
LONGEST_WAIT = 15
_WHERE = "the configuration"


@dataclass(frozen=True, slots=True)
class Address:
    """A server's address.

    A part that is None is unknown, and `note` has the reason.
    """

    host: str | None
    port: int | None
    note: str = ""


def address(settings: DatabaseSettings) -> Address:
    """The address of a source's server.

    Raises ConfigError where its port is no number.
    """
    if settings.connection is not None:
        return odbc_address(settings.connection, settings.key)
    return sql_server_address(settings.server or "", settings.key)


def sql_server_address(server: str, key: str = "server") -> Address:
    r"""The address in a SQL Server name.

    It is `host`, `host,1433`, `host\instance`, `tcp:…` or `.`. Raises ConfigError where
    the port is no number.
    """
    protocol, colon, rest = server.strip().partition(":")
    name = rest.strip() if colon and protocol.lower() in ("tcp", "np", "lpc", "admin") else server
    if protocol.lower() == "np" or name.startswith("\\\\"):
        return Address(None, None, f"{name} is a named pipe: only the driver can open it")
    whole, comma, port = name.strip().partition(",")
    host, _, instance = whole.strip().partition("\\")
    if protocol.lower() == "lpc" or host.lower() in (".", "(local)", "(localdb)", "localhost", ""):
        return Address(None, None, f"{name} is on this machine: the driver finds it itself")
    if comma:
        return Address(host, _port(port, key))
    if instance:
        return Address(
            host, None, f"the port of {instance} is not known: SQL Server Browser provides it (UDP)"
        )
    return Address(host, SQL_SERVER_PORT)


def odbc_address(connection: str, key: str = "connection") -> Address:
    """The address in a connection string.

    Raises ConfigError where its port is no number.
    """
    found = keywords(connection)
    host = next((found[key] for key in ("SERVER", "SERVERNAME", "HOST") if found.get(key)), None)
    driver = found.get("DRIVER", "").lower()
    if host is None or host.startswith("/"):
        return Address(None, None, "the connection string names no server; its driver knows it")
    if "PORT" in found:
        return Address(host, _port(found["PORT"], key))
    if re.search(_SQL_SERVER_DRIVERS, driver) or re.search(r",\s*\d+$", host):
        return sql_server_address(host, key)
    port = next((port for word, port in PORTS.items() if word in driver), None)
    return Address(host, port, "" if port else "the connection string names no port")


def keywords(connection: str) -> Mapping[str, str]:
    """A connection string's values by keyword in capitals.

    Braces are taken off.
    """
    pairs = re.findall(r"([^;={}]+)=\s*(\{(?:[^}]|\}\})*\}|[^;]*)", connection)
    return {key.strip().upper(): _plain(value.strip()) for key, value in pairs}


def _plain(value: str) -> str:
    braced = value.startswith("{") and value.endswith("}")
    return value[1:-1].replace("}}", "}") if braced else value


def _port(text: str, key: str) -> int:
    if re.fullmatch(r"\s*\d{1,5}\s*", text) is None or int(text) > LAST_PORT:
        raise ConfigError([f"{key}: {text!r} is not a port; correct it, like 1433"], _WHERE)
    return int(text)


def server(settings: DatabaseSettings) -> Finding:
    """Whether the server's name is known and its port answers.

    That is, as far as the address is known. Raises ConfigError where the port is no number.
    """
    if settings.server and _is_alias(settings.server):
        return skipped(f"{settings.server} is an alias of the SQL Server client on this machine")
    place = address(settings)
    if place.host is None:
        return skipped(place.note)
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return failed(
            ExitCode.SOURCE_UNREACHABLE,
            f"the name {place.host} is not known on this network",
            "check its spelling, and that the VPN is connected",
        )
    number = str(found[0][4][0])
    where = place.host if place.host == number else f"{place.host} is {number}"
    if place.port is None:
        return ok(f"{where}; {place.note}")
    return _answer(place.host, place.port, where, settings.login_timeout or LONGEST_WAIT)


def _answer(host: str, port: int, where: str, timeout: int) -> Finding:
    advice = "check the port, the firewalls, and that the server is running"
    try:
        socket.create_connection((host, port), timeout=timeout).close()
    except ConnectionRefusedError:
        said = f"{where}, but port {port} refuses connections"
        advice = "check the port, and that the server is running and accepts TCP/IP connections"
    except TimeoutError:
        said = f"{where}, but port {port} does not answer within {timeout} s"
    except OSError as error:
        said = f"{where}, but port {port} cannot be reached ({error.strerror})"
    else:
        return ok(f"{where}, port {port} answers")
    return failed(ExitCode.SOURCE_UNREACHABLE, said, advice)


def _is_alias(name: str) -> bool:
    """Whether a name is an alias of SQL Server's client.

    Such an alias is in the registry of Windows and leads the name to another server.
    """
    if sys.platform != "win32":
        return False
    import winreg

    try:
        key = r"SOFTWARE\Microsoft\MSSQLServer\Client\ConnectTo"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as aliases:
            winreg.QueryValueEx(aliases, name)
    except OSError:
        return False
    return True
