"""The way out to Slack: nobody is waited for without end, and no answer fills the memory."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.error import HTTPError
from urllib.request import Request

import pytest

from recon.alerts import clients
from recon.alerts.clients import WayOut
from recon.alerts.responses import NotSlack, of_error

HEAD = b"HTTP/1.1 %b\r\nContent-Type: text/plain\r\n"


@contextmanager
def server(answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """Yield the address of a server that answers one request."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                line, _ = listening.accept()
                with line:
                    line.recv(65_536)
                    answer(line)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def way(timeout: float = 30.0) -> WayOut:
    """Return a way out without a proxy."""
    return WayOut(ssl.create_default_context(), None, timeout, 0)


def asking(address: str) -> Request:
    """Return a request to that server."""
    return Request(address)  # noqa: S310 - our own


def by_drops(line: socket.socket, first: bytes) -> None:
    """Send a letter now and then, for ever; no single wait is long."""
    line.sendall(first)
    pause = threading.Event()
    while not pause.wait(0.05):
        line.sendall(b"x")


@pytest.mark.parametrize("first", [HEAD % b"200 OK" + b"\r\n", HEAD % b"200 OK" + b"X-A: "])
def test_an_answer_by_drops_comes_to_an_end(first: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it is the body or the headers that never end."""
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    with (
        server(lambda line: by_drops(line, first)) as address,
        pytest.raises(TimeoutError) as caught,
    ):
        way(timeout=0.5).ask(asking(address))
    assert "in time" in of_error(caught.value).detail


def test_an_answer_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more of it is read than Slack ever says."""
    monkeypatch.setattr(clients, "LONGEST", 1_000)

    def endless(line: socket.socket) -> None:
        line.sendall(HEAD % b"200 OK" + b"\r\n")
        while True:
            line.sendall(b"x" * 1_000)

    with server(endless) as address, pytest.raises(NotSlack) as caught:
        way().ask(asking(address))
    assert "other than Slack" in of_error(caught.value).detail


def test_of_a_refusal_the_beginning_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """slack-sdk reads it to its end, which has to be near."""
    monkeypatch.setattr(clients, "LONGEST", 1_000)
    body = b"x" * 5_000
    head = HEAD % b"400 Bad" + b"Content-Length: 5000\r\n\r\n"
    with (
        server(lambda line: line.sendall(head + body)) as address,
        pytest.raises(HTTPError) as caught,
    ):
        way().ask(asking(address))
    assert (caught.value.code, caught.value.read()) == (400, body[:1_000])
