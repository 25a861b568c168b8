"""The table [web]: where the page listens, and its limits."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from recon.base import keys
from recon.base.keys import Keys
from recon.config import values

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_UNITS = {"KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
_PORTS = 65_535


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where `recon serve` listens, whom it believes, its limits.

    `hosts` are further names by which browsers reach it. Of the addresses `proxies` the forwarded
    address and scheme are believed, and with `proxy_secret_env`, a variable whose value they send
    along, the user's name in `user_header`. Sessions end after `session_hours`, or `idle_minutes`
    without a request. `max_upload` is in bytes, of one file; `uploads_per_minute` is of one person.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    user_header: str | None = None
    proxy_secret_env: str | None = None
    certificate: Path | None = None
    key: Path | None = None
    session_hours: int = 10
    idle_minutes: int = 60
    max_upload: int = 500_000_000
    uploads_per_minute: int = 60


def read_web(table: Keys, path: Path) -> WebSettings:
    """The settings of the page; paths start beside `path`."""
    usual = WebSettings()
    found = WebSettings(
        host=table.take("host", keys.text, usual.host),
        port=table.take("port", _port, usual.port),
        hosts=table.take("hosts", _hosts, usual.hosts),
        proxies=table.take("proxies", _addresses, usual.proxies),
        user_header=table.take("user_header", _header, None),
        proxy_secret_env=table.take("proxy_secret_env", keys.text, None),
        certificate=table.take("certificate", values.readable(path), None),
        key=table.take("key", values.readable(path), None),
        session_hours=table.take("session_hours", _some, usual.session_hours),
        idle_minutes=table.take("idle_minutes", _some, usual.idle_minutes),
        max_upload=table.take("max_upload", _bytes, usual.max_upload),
        uploads_per_minute=table.take("uploads_per_minute", _some, usual.uploads_per_minute),
    )
    if found.user_header and not (found.proxies and found.proxy_secret_env):
        table.mistake(
            "user_header",
            "needs proxies and proxy_secret_env besides: anybody who reaches the port could send "
            "the header otherwise",
        )
    if (found.certificate is None) != (found.key is None):
        table.mistake("certificate", "goes with key; give both, or neither")
    table.close()
    return found


def _port(value: object) -> int:
    port = keys.whole(value)
    if port > _PORTS:
        raise ValueError(f"{value!r} is not a port from 0 to {_PORTS}")
    return port


def _some(value: object) -> int:
    if not (number := keys.whole(value)):
        raise ValueError("0 is too little")
    return number


def _hosts(value: object) -> tuple[str, ...]:
    found = keys.texts(value)
    for host in found:
        if not re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?", host):
            raise ValueError(f"{host!r} is not the name of a host, like 'recon.example.com'")
    return tuple(host.lower() for host in found)


def _addresses(value: object) -> tuple[str, ...]:
    found = keys.texts(value)
    for address in found:
        try:
            ipaddress.ip_network(address)
        except ValueError:
            raise ValueError(f"{address!r} is not an address, like '10.0.0.5'") from None
    return found


def _header(value: object) -> str | None:
    text = keys.text(value)
    if not _HEADER.fullmatch(text):
        raise ValueError(f"{value!r} is not the name of a header, like 'X-Forwarded-User'")
    return text


def _bytes(value: object) -> int:
    found = re.fullmatch(r"(\d+)\s*(KB|MB|GB)", keys.text(value).upper())
    if found is None or not int(found[1]):
        raise ValueError(f"{value!r} is not a size, like '500MB'")
    return int(found[1]) * _UNITS[found[2]]
