"""Delivery: messages -> Slack.

No words of slack-sdk or of the network ever leave this module: they may hold the address of a
webhook, which is all that it takes to post there.
"""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from recon.alerts.responses import (
    Outcome,
    Response,
    of_answer,
    of_error,
    of_probe,
    of_token,
)
from recon.base.secrets import remembered, stored
from recon.config.slack import Place, SlackSettings, Way, is_webhook

if TYPE_CHECKING:
    from recon.alerts.clients import Bot, Hook, WayOut

# Of one step of a connection; Slack itself answers within a second or not at all.
TIMEOUT = 10
# Slack asks for at most one message a second in a channel.
PAUSE = 1.0
RETRIES = 2
MESSAGE = ("text", "blocks", "attachments")


class Refusal(Exception):
    """A secret or certificate that contradicts the configuration.

    The exception's text is a sentence.
    """


@dataclass(slots=True)
class Slack:
    """The sender: at most one message a second a place.

    It is made for one delivery of the queue.
    """

    settings: SlackSettings
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _last: dict[Place, float] = field(default_factory=dict)

    def post(self, place: Place, payload: Mapping[str, Any], thread: str = "") -> Response:
        """Send a message, refused blocks again as plain text."""
        found = {name: payload[name] for name in MESSAGE if name in payload}
        response = self._attempt(place, lambda: self._post(place, found, thread))
        if response.outcome is Outcome.REFUSED and len(found) > 1:
            only = {"text": payload["text"]}
            response = self._attempt(place, lambda: self._post(place, only, thread))
        return response

    def upload(self, place: Place, path: Path, comment: str, thread: str) -> Response:
        """Upload a file into the thread of a message."""
        if not path.is_file():
            return Response(Outcome.GONE, f"{path.name} is no longer there")
        return self._attempt(place, lambda: self._upload(place, path, comment, thread))

    def probe(self, place: Place) -> Response:
        """Whether Slack would take messages there, without posting one.

        Of a channel only the token is asked for: that it is there, a message alone can tell.
        """
        return self._attempt(place, lambda: self._probe(place))

    def _probe(self, place: Place) -> Response:
        if place.way is not Way.CHANNEL:
            found = self._webhook(place).send(text="")
            return of_probe(found.status_code, found.body)
        told = self._client().auth_test()
        scopes = {name.lower(): value for name, value in told.headers.items()}
        return of_token(
            str(told.get("team", "")), scopes.get("x-oauth-scopes", ""), self.settings.upload
        )

    def _attempt(self, place: Place, attempt: Callable[[], Response]) -> Response:
        self._wait(place)
        try:
            return attempt()
        except Refusal as refusal:
            return Response(Outcome.DOWN, str(refusal))
        except Exception as error:  # noqa: BLE001 - whatever it is, the alert stays in the queue
            return of_error(error)
        finally:
            self._last[place] = self.clock()

    def _wait(self, place: Place) -> None:
        if place in self._last:
            self.pause(max(0.0, self._last[place] + PAUSE - self.clock()))

    def _post(self, place: Place, message: Mapping[str, Any], thread: str) -> Response:
        if place.way is not Way.CHANNEL:
            found = self._webhook(place).send(unfurl_links=False, unfurl_media=False, **message)
            return of_answer(found.status_code, found.body)
        told = self._client().chat_postMessage(
            channel=place.name, thread_ts=thread or None, unfurl_links=False, unfurl_media=False,
            **message,
        )  # fmt: skip
        return Response(Outcome.SENT, f"{told['channel']} {told['ts']}")

    def _upload(self, place: Place, path: Path, comment: str, thread: str) -> Response:
        # Uploads want the id of a channel and not its name; the digest's answer has told it.
        channel, _, stamp = thread.partition(" ")
        self._client().upload(path, channel or place.name, stamp or None, comment)
        return Response(Outcome.SENT)

    # slack-sdk takes its time to load: only where something is sent.
    def _webhook(self, place: Place) -> Hook:
        from recon.alerts.clients import Hook

        return Hook(webhook(place), self._way_out())

    def _client(self) -> Bot:
        from recon.alerts.clients import Bot

        if self.settings.token is None:
            raise Refusal("slack.token_env names no token, which a channel needs")
        return Bot(secret(self.settings.token, "token"), self.settings.api, self._way_out())

    def _way_out(self) -> WayOut:
        from recon.alerts.clients import WayOut

        return WayOut(self._trust(), self._proxy(), TIMEOUT, RETRIES)

    def _proxy(self) -> str | None:
        """The configured proxy.

        Without one urllib finds it, and minds NO_PROXY.
        """
        found = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or ""
        for part in (urlsplit(found).password, urlsplit(found).username):
            if part:
                remembered(part)
        return self.settings.proxy

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.settings.ca_file is not None:
            try:
                context.load_verify_locations(cafile=str(self.settings.ca_file))
            except (OSError, ssl.SSLError):
                raise Refusal(
                    f"slack.ca_file: {self.settings.ca_file} holds no certificates in PEM form"
                ) from None
        return context


def webhook(place: Place) -> str:
    """The address of a webhook, from where it is kept.

    Raises Refusal where it is none.
    """
    address = secret(place, "webhook")
    if not is_webhook(address):
        raise Refusal(f"{named(place)} does not hold the address of a webhook")
    remembered(urlsplit(address).path.rpartition("/services/")[2] or address)
    return address


def secret(place: Place, what: str) -> str:
    """A webhook or a token, from where it is kept.

    Raises Refusal where it is not there.
    """
    found = os.environ.get(place.name) if place.way is Way.VARIABLE else _stored(place.name)
    if not found or not found.strip():
        raise Refusal(f"slack.{what}: {named(place)} is not set")
    return remembered(found.strip())


def named(place: Place) -> str:
    """The words for a place, which show no secret."""
    if place.way is Way.CHANNEL:
        return place.name
    if place.way is Way.VARIABLE:
        return f"the variable {place.name}"
    return f"the entry {place.name!r} of recon in the credential store"


def _stored(name: str) -> str | None:
    try:
        return stored(name)
    except LookupError as error:
        raise Refusal(str(error)) from None
