"""Responses: Slack's and the network's answers in recon's words."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError

from recon.base.secrets import redacted

OK = 200
REDIRECTS = range(300, 400)
RATE_LIMITED = 429
SERVER_ERROR = 500
UNAVAILABLE = 503
PROXY_LOGIN = 407
LONGEST_NAME = 80


class Outcome(StrEnum):
    """The outcome of a message.

    It is sent; not, for a reason of the place or of the message; or gone.
    """

    SENT = "sent"
    DOWN = "down"
    REFUSED = "refused"
    GONE = "gone"


class NotSlack(Exception):
    """An answer that Slack would never give."""


class Redirected(Exception):
    """An answer that names another address, which might be anybody's."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Response:
    """The response to a message.

    `detail` is why it failed, or the channel and time stamp of the message.
    """

    outcome: Outcome
    detail: str = ""


_RIGHTS = "the token lacks a permission; give the app chat:write, and files:write for reports"
# Slack's words -> what to do; the others are about the message.
_PLACES = (
    (("no_service", "no_team", "no_active_hooks", "invalid_token", "team_disabled"),
     "Slack no longer knows the webhook; make a new one and store it"),
    (("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"),
     "Slack refuses the token; make a new one and store it"),
    (("missing_scope", "no_permission", "not_allowed_token_type"),
     _RIGHTS),
    (("channel_not_found", "channel_is_archived", "is_archived", "not_in_channel"),
     "the channel is not there, is archived, or the app is not in it; invite the app"),
    (("action_prohibited", "posting_to_general_channel_denied", "restricted_action",
      "user_not_found", "user_not_in_channel"),
     "the workspace does not let the app post there; ask its administrator"),
    (("ratelimited", "rate_limited", "message_limit_exceeded"), "Slack asks to wait"),
    (("internal_error", "fatal_error", "service_unavailable", "request_timeout", "rollup_error"),
     "Slack reports a problem of its own"),
)  # fmt: skip
_MESSAGE = (
    "invalid_payload", "invalid_blocks", "invalid_attachments", "msg_too_long", "no_text",
    "msg_blocks_too_long", "too_many_attachments", "invalid_blocks_format",
    "attachment_payload_limit_exceeded", "invalid_arguments",
)  # fmt: skip


def of_answer(status: int, body: str) -> Response:
    """The meaning of the answer to a webhook."""
    word = body.strip()
    if status == OK:
        # A proxy that wants a login answers with a page of its own.
        found = Response(Outcome.SENT) if word == "ok" else Response(Outcome.DOWN, _NOT_SLACK)
        return found if word not in _MESSAGE else _of_word(word, status)
    return _of_word(word, status)


# What Slack says to an empty message, whose webhook it knows by then.
_EMPTY = "no_text"
# These it has also said of webhooks whose account is closed, or may say before it looks for one.
_UNCLEAR = ("missing_text_or_fallback_or_attachments", "invalid_payload")
RIGHTS = ("chat:write", "files:write")


def of_probe(status: int, body: str) -> Response:
    """The meaning of the answer to an empty message.

    Slack does not post it. It is `sent` where Slack would take another message, and `refused` where
    that cannot be told.
    """
    word = body.strip()
    if word == _EMPTY:
        return Response(Outcome.SENT)
    if word in _UNCLEAR:
        return Response(Outcome.REFUSED, "Slack does not say whether it knows the webhook")
    return of_answer(status, body)


def of_token(team: str, scopes: str, upload: bool) -> Response:
    """The meaning of the answer to a token's test.

    `scopes` may be '', where Slack does not name them. The detail names the workspace.
    """
    wanted = RIGHTS if upload else RIGHTS[:1]
    missing = set(wanted) - {scope.strip() for scope in scopes.split(",")}
    if scopes and missing:
        return Response(Outcome.DOWN, _RIGHTS)
    name = "".join(filter(str.isprintable, redacted(team)))
    return Response(Outcome.SENT, name[:LONGEST_NAME])


_NOT_SLACK = "something other than Slack answers; check the address and the proxy"


def _of_word(word: str, status: int) -> Response:
    if word in _MESSAGE:
        return Response(Outcome.REFUSED, f"Slack rejects the message ({word})")
    for signs, meaning in _PLACES:
        if word in signs:
            return Response(Outcome.DOWN, meaning)
    if status == RATE_LIMITED:
        return Response(Outcome.DOWN, "Slack asks to wait")
    if status >= SERVER_ERROR:
        return Response(Outcome.DOWN, f"Slack reports a problem of its own (HTTP {status})")
    if status == PROXY_LOGIN:
        return Response(Outcome.DOWN, _PROXY)
    return Response(Outcome.DOWN, f"{_NOT_SLACK} (HTTP {status})")


_PROXY = "the proxy asks for a login; set HTTPS_PROXY, or ask whoever runs it"

_ELSEWHERE = (
    "the answer redirects to another address, which recon does not follow; check the address "
    "and the proxy"
)


def of_error(error: Exception) -> Response:
    """The meaning of an exception.

    Its own words may hold secrets and are not repeated.
    """
    # What slack-sdk raises for an answer that says no.
    response: Any = getattr(error, "response", None)
    if response is not None and hasattr(response, "status_code"):
        return _of_word(str(response.get("error", "")), int(response.status_code))
    if isinstance(error, Redirected):
        return Response(Outcome.DOWN, f"{_ELSEWHERE} (HTTP {error.status})")
    if isinstance(error, HTTPError):
        return _of_word("", error.code)
    reason = error.reason if isinstance(error, URLError) else error
    return Response(Outcome.DOWN, _of_reason(reason))


_REASONS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((ssl.SSLCertVerificationError,),
     "its certificate is not trusted; name the certificate authority of your network with ca_file"),
    ((TimeoutError,), "it does not answer in time"),
    ((ConnectionRefusedError,), "the connection is refused; check the firewall and the proxy"),
    ((ConnectionError, HTTPException, ssl.SSLError), "the connection was cut"),
    ((json.JSONDecodeError, NotSlack), _NOT_SLACK),
    ((OSError,), "it cannot be reached; check the network, the firewall and the proxy"),
)  # fmt: skip


def _of_reason(reason: object) -> str:
    if isinstance(reason, OSError) and str(PROXY_LOGIN) in str(reason):
        return _PROXY
    known = (said for kinds, said in _REASONS if isinstance(reason, kinds))
    return next(known, f"it cannot be reached ({type(reason).__name__})")
