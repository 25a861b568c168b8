"""Serving: the server's start, its address, and its end."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address

import uvicorn

from recon.base.errors import ConfigError, UsageError
from recon.config import Settings
from recon.web.app import application
from recon.web.site import LINK_SECONDS, Site

_MINUTE = 60
_KEPT_OPEN = 75
# Each browser keeps up to six; a process has some thousand files at most.
_CONNECTIONS = 800


def serve(settings: Settings, say: Callable[[str], object], *, browser: bool) -> None:
    """Serve until Ctrl-C; raises UsageError where the port is taken."""
    web = settings.web
    listening = _listening(web.host, web.port)
    port = listening.getsockname()[1]
    settings = replace(settings, web=replace(web, port=port))
    site = Site.of(settings, _secret(settings))
    scheme = "https" if web.certificate else "http"
    shown = "127.0.0.1" if web.host in ("0.0.0.0", "::") else web.host  # noqa: S104 - compared
    place = f"{scheme}://{f'[{shown}]' if ':' in shown else shown}:{port}"
    link = f"{place}/enter?link={site.link.secret}"
    say(f"recon is at {place}; Ctrl-C ends it.")
    say(f"Good once, for {LINK_SECONDS // _MINUTE} minutes, and for you alone: {link}")
    if not _is_loopback(web.host) and not web.certificate:
        say(
            "Warning: others on the network reach it, and nothing is encrypted; set [web] "
            "certificate and key, or put a proxy with TLS before it (docs/page.md)."
        )
    server = _Server(_config(site), link if browser else "")
    # uvicorn ends in peace, and only then says again that it was asked to.
    with listening, suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    say("The page is closed.")


class _Server(uvicorn.Server):
    """A server that opens the browser once it listens."""

    def __init__(self, config: uvicorn.Config, link: str) -> None:
        super().__init__(config)
        self._link = link

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then open the browser."""
        await super().startup(sockets)
        if self._link and self.started:
            import webbrowser

            webbrowser.open(self._link)


def _config(site: Site) -> uvicorn.Config:
    web = site.settings.web
    return uvicorn.Config(
        application(site),
        # Proxies are believed where the application says so; an address may hold a secret.
        proxy_headers=False,
        access_log=False,
        server_header=False,
        log_level="warning",
        # The parser that the tests attack, whatever else is installed; nothing here speaks to
        # sockets of the web.
        http="h11",
        ws="none",
        # Longer than browsers and proxies keep a connection for the next request: a request that
        # meets its end would be lost.
        timeout_keep_alive=_KEPT_OPEN,
        ssl_certfile=web.certificate,
        ssl_keyfile=web.key,
        timeout_graceful_shutdown=10,
        limit_concurrency=_CONNECTIONS,
    )


def _listening(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", 0), 1)
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise UsageError(
            f"{host}:{port} cannot be listened on ({error.strerror or error}); choose another "
            "--port, or end the program that holds it."
        ) from error
    return made


def _secret(settings: Settings) -> str:
    name = settings.web.proxy_secret_env
    if not name:
        return ""
    secret = os.environ.get(name, "")
    if settings.web.user_header and not secret:
        mistake = f"web.proxy_secret_env: there is no variable {name}, or it is empty"
        raise ConfigError([mistake], settings.path or "the configuration")
    return secret


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
