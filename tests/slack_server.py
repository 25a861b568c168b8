"""A server of our own that behaves like Slack: webhooks, chat.postMessage and uploads.

It is told how to answer, request by request, and remembers what arrived.
"""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

CANARY = "SeCrEtCaNaRy"
HOOK_PATH = f"T0CANARY/B0CANARY/{CANARY}Webhook"
BOT = f"xoxb-1234-5678-{CANARY}Bot"


@dataclass(frozen=True)
class Reply:
    """How a request is answered: status, body, headers; after a wait, or not at all if `cut`."""

    status: int = 200
    body: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    wait: float = 0.0
    cut: bool = False


@dataclass
class SlackServer:
    """What arrived (`messages` that were accepted, `requests` all of them), and what is to come.

    `at` tells by a part of an address what is answered there; else `replies` are used up one by
    one, then `standing` holds; without one everything is accepted.
    """

    port: int = 0
    scheme: str = "http"
    messages: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    at: dict[str, Reply] = field(default_factory=dict)
    replies: deque[Reply] = field(default_factory=deque)
    standing: Reply | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def webhook(self) -> str:
        """The address of its webhook, which is a secret."""
        return f"{self.address}/services/{HOOK_PATH}"

    @property
    def api(self) -> str:
        """The address of its web API."""
        return f"{self.address}/api/"

    @property
    def texts(self) -> list[str]:
        """The fallback texts of what was accepted."""
        return [message["text"] for message in self.messages]

    def next(self, path: str) -> Reply:
        """Return how the next request is answered."""
        for part, reply in self.at.items():
            if part in path:
                return reply
        if self.replies:
            return self.replies.popleft()
        return self.standing or Reply()


class _Handler(BaseHTTPRequestHandler):
    slack: SlackServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        slack = self.server.slack  # type: ignore[attr-defined]
        slack.requests.append((self.path, dict(self.headers)))
        # Of a proxy the whole address is asked for.
        self.path = self.path.removeprefix(slack.address)
        slack.times.append(time.monotonic())
        reply = slack.next(self.path)
        time.sleep(reply.wait)
        if reply.cut:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        if reply == Reply() and self._is_empty(body):
            reply = Reply(400, "no_text")
        answer = reply.body
        if reply.status == 200 and answer is None:
            answer = self._accepted(slack, body)
        self._answer(reply, answer or "")

    def do_GET(self) -> None:
        """Answer whoever was led here, as urllib leads what was to be posted elsewhere."""
        slack = self.server.slack  # type: ignore[attr-defined]
        slack.requests.append((self.path, dict(self.headers)))
        reply = slack.next(self.path)
        self._answer(reply, reply.body or "")

    def _is_empty(self, body: bytes) -> bool:
        return self.path.startswith("/services/") and not json.loads(body).get("text")

    def _accepted(self, slack: SlackServer, body: bytes) -> str:
        if self.path.startswith("/services/"):
            slack.messages.append(json.loads(body))
            return "ok"
        if self.path.startswith("/upload/"):
            slack.uploads[self.path] = body
            return "OK"
        return json.dumps({"ok": True, **self._method(slack, body)})

    def _method(self, slack: SlackServer, body: bytes) -> dict[str, Any]:
        method = self.path.rpartition("/")[2]
        kind = self.headers["Content-Type"] or ""
        given = json.loads(body or b"{}") if "json" in kind else parse_qs(body.decode())
        slack.calls.append((method, given))
        if method == "auth.test":
            return {"team": "Aster & Söhne", "user": "recon"}
        if method == "chat.postMessage":
            slack.messages.append(given)
            return {"channel": "C0CLOSE01", "ts": f"1720000000.{len(slack.messages):06}"}
        if method == "files.getUploadURLExternal":
            return {"file_id": "F1", "upload_url": f"{slack.address}/upload/F1"}
        return {"files": [{"id": "F1"}]}

    def _answer(self, reply: Reply, body: str) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that went away."""


@contextmanager
def slack_server(certificate: tuple[Path, Path] | None = None) -> Iterator[SlackServer]:
    """Yield a server that listens on this machine; with a certificate it speaks TLS."""
    server = _Server(("127.0.0.1", 0), _Handler)
    slack = SlackServer(port=server.server_address[1])
    server.slack = slack  # type: ignore[attr-defined]
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        slack.scheme = "https"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield slack
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def private_authority(folder: Path) -> tuple[Path, tuple[Path, Path]]:
    """Make an authority of our own and a certificate of it for this machine, with openssl."""

    def openssl(*arguments: object) -> None:
        subprocess.run(
            ["openssl", *map(str, arguments)], cwd=folder, check=True, capture_output=True
        )

    (folder / "san.cnf").write_text("subjectAltName=IP:127.0.0.1\n", encoding="utf-8")
    key = ("-newkey", "rsa:2048", "-nodes", "-keyout")
    openssl("req", "-x509", *key, "ca.key", "-out", "ca.pem", "-subj", "/CN=ours", "-days", 2)
    openssl("req", *key, "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1")
    openssl(
        "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial",
        7, "-days", 2, "-extfile", "san.cnf", "-out", "server.pem",
    )  # fmt: skip
    return folder / "ca.pem", (folder / "server.pem", folder / "server.key")
