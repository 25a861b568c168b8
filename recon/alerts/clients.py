"""Clients: slack-sdk's, with recon's own way out.

The one module that imports slack-sdk. They follow no redirect, which would take a token to whomever
the answer names, log nothing, and repeat only what certainly did not arrive. Of an answer no more
is read than Slack ever says, and nobody is waited for without end.
"""

from __future__ import annotations

import io
import logging
import queue
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.http_retry.handler import RetryHandler
from slack_sdk.web import WebClient
from slack_sdk.webhook import WebhookClient, WebhookResponse

from recon.alerts.responses import OK, REDIRECTS, UNAVAILABLE, NotSlack, Redirected

# A longer Retry-After is not waited for: the alert stays in the queue.
PATIENCE = 30
# Bytes: Slack's answers are a thousandth of it.
LONGEST = 1_000_000
# Seconds between looks at the clock; on Windows, nothing interrupts a wait.
GLANCE = 0.2
# A file takes its time on a slow line: bytes a second.
SLOWEST = 50_000
# slack-sdk takes no proxy that is not text: what it would send past us, by urllib's own way that
# follows redirects, fails instead.
_SHUT: Any = object()


@dataclass(frozen=True, slots=True)
class WayOut:
    """The way of requests: to the address named, no further."""

    trust: ssl.SSLContext
    # Without one urllib finds it in the environment, and minds NO_PROXY.
    proxy: str | None
    timeout: float
    retries: int

    def ask(self, request: Request) -> tuple[int, Message, str]:
        """Status, headers and body of an answer.

        Raises Redirected, NotSlack where it is far too long, TimeoutError where all of it takes too
        long, or as urllib does.
        """
        ended: queue.SimpleQueue[_Answer | BaseException] = queue.SimpleQueue()

        def run() -> None:
            try:
                ended.put(self._answer(request))
            except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
                ended.put(error)

        # A timeout of a socket begins anew with every byte. Who says one now and then is left
        # alone in a thread that keeps nobody.
        threading.Thread(target=run, name="recon-slack", daemon=True).start()
        sent = len(request.data) if isinstance(request.data, bytes) else 0
        end = time.monotonic() + 2 * self.timeout + sent / SLOWEST
        while time.monotonic() < end:
            try:
                found = ended.get(timeout=GLANCE)
            except queue.Empty:
                continue
            if isinstance(found, BaseException):
                raise found
            return found
        raise TimeoutError

    def _answer(self, request: Request) -> _Answer:
        try:
            with self._opener().open(request, timeout=self.timeout) as answer:
                charset = answer.headers.get_content_charset() or "utf-8"
                return answer.status, answer.headers, _body(answer).decode(charset)
        except HTTPError as error:
            with error:
                if error.code in REDIRECTS:
                    raise Redirected(error.code) from None
                # slack-sdk reads it to its end.
                content = io.BytesIO(error.read(LONGEST))
            raise HTTPError("", error.code, "", error.headers, content) from None

    def _opener(self) -> OpenerDirector:
        """An opener like urllib's, without redirects and local files."""
        proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else None
        opener = OpenerDirector()
        for handler in (
            ProxyHandler(proxies), HTTPHandler(), HTTPSHandler(context=self.trust),
            HTTPErrorProcessor(), HTTPDefaultErrorHandler(), UnknownHandler(),
        ):  # fmt: skip
            opener.add_handler(handler)
        return opener


_Answer = tuple[int, Message, str]


def _body(answer: HTTPResponse) -> bytes:
    """The body of an answer; raises NotSlack."""
    content = answer.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise NotSlack
    return content


class Hook(WebhookClient):
    """A webhook."""

    def __init__(self, address: str, way: WayOut) -> None:
        super().__init__(address, logger=_silent(), retry_handlers=_handlers(way.retries))
        self.proxy = _SHUT
        self._way = way

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        status, headers, body = self._way.ask(req)
        return WebhookResponse(url=url, status_code=status, body=body, headers=dict(headers))


class Bot(WebClient):
    """The web API, as the bot whose token it is."""

    def __init__(self, token: str, api: str, way: WayOut) -> None:
        super().__init__(
            token, base_url=api, logger=_silent(), retry_handlers=_handlers(way.retries)
        )
        self.proxy = _SHUT
        self._way = way

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        status, headers, body = self._way.ask(req)
        return {"status": status, "headers": headers, "body": body}

    def upload(self, path: Path, channel: str, thread: str | None, comment: str) -> None:
        """Upload a file into a thread.

        Raises an error where the file did not arrive.
        """
        # What slack-sdk has for it sends the file by a way that changes with its versions.
        content = path.read_bytes()
        place = self.files_getUploadURLExternal(filename=path.name, length=len(content))
        status, headers, _ = self._way.ask(Request(place["upload_url"], content, method="POST"))  # noqa: S310 - the way out opens http and https alone
        if status != OK:
            raise HTTPError("", status, "", headers, None)
        self.files_completeUploadExternal(
            files=[{"id": place["file_id"], "title": path.name}],
            channel_id=channel, thread_ts=thread, initial_comment=comment,
        )  # fmt: skip


def _silent() -> logging.Logger:
    """A logger that writes nowhere.

    slack-sdk logs whole addresses, and errors to stderr.
    """
    logging.getLogger("slack_sdk").setLevel(logging.WARNING)
    logger = logging.getLogger("recon.slack")
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger


class _RateLimit(RateLimitErrorRetryHandler):
    """Retry after a rate limit, unless Slack asks for longer."""

    def _can_retry(self, **facts: Any) -> bool:  # noqa: ANN401 - as slack-sdk passes them
        response = facts["response"]
        asked = _retry_after(response.headers) if response else PATIENCE + 1
        return super()._can_retry(**facts) and asked <= PATIENCE


class _Unavailable(ServerErrorRetryHandler):
    """A retry where the server takes no request."""

    def _can_retry(self, **facts: Any) -> bool:  # noqa: ANN401 - as slack-sdk passes them
        # Whoever says 500, 502 or 504 may have taken the message before, and posted it.
        response = facts["response"]
        return response is not None and response.status_code == UNAVAILABLE


def _handlers(retries: int) -> list[RetryHandler]:
    """slack-sdk's retries, for requests that certainly did not arrive.

    Each of them ends.
    """
    # Once a request is out, an answer that does not come proves nothing: it is not repeated here.
    return [
        ConnectionErrorRetryHandler(max_retry_count=retries, error_types=[URLError]),
        _RateLimit(max_retry_count=retries),
        _Unavailable(max_retry_count=retries),
    ]


def _retry_after(headers: Mapping[str, Sequence[str]]) -> int:
    """The seconds that Slack asks to wait.

    A value that is no number is too long.
    """
    found = [values[0] for name, values in headers.items() if name.lower() == "retry-after"]
    if not found:
        return 1
    return int(found[0]) if found[0].isascii() and found[0].isdigit() else PATIENCE + 1
