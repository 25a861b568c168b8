"""Problems: failures as problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from recon.base.elsewhere import said_elsewhere
from recon.base.errors import (
    ConfigError,
    Locked,
    MonthError,
    RanAtOnce,
    ReconError,
    SourceDataError,
    SourceUnreachable,
    UsageError,
)
from recon.run.uploads import TooLarge, WrongType

MEDIA_TYPE = "application/problem+json"
# The first that fits; whatever else recon foresees is the server's.
_STATUS: Mapping[type[ReconError], int] = {
    MonthError: 404,
    UsageError: 422,
    TooLarge: 413,
    WrongType: 415,
    Locked: 409,
    RanAtOnce: 409,
    SourceUnreachable: 409,
    SourceDataError: 409,
    ConfigError: 409,
}
_TITLES = {409: "Not now", 413: "Too large", 422: "Not possible"}


class Refused(Exception):
    """A request that is refused, with its status and sentence."""

    def __init__(
        self, status: int, sentence: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, dict(headers or {})


def refused(error: Exception) -> Refused:
    """The refusal of a failure, be it a defect."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, ReconError):
        status = next((code for of, code in _STATUS.items() if isinstance(error, of)), 500)
        headers = {"Retry-After": "5"} if isinstance(error, Locked) else {}
        return Refused(status, said_elsewhere(error), headers)
    if isinstance(error, HTTPException):
        return Refused(error.status_code, _sentence(error.status_code), error.headers)
    return Refused(
        500,
        f"This is a defect in recon ({type(error).__name__}); nothing was changed. The log of the "
        "server has more.",
    )


def title(status: int) -> str:
    """The title of a status."""
    return _TITLES.get(status) or HTTPStatus(status).phrase.capitalize()


def as_json(problem: Refused, path: str) -> Response:
    """A refusal as problem details."""
    content = {
        "type": "about:blank",
        "title": title(problem.status),
        "status": problem.status,
        "detail": problem.sentence,
        "instance": path,
    }
    return Response(json.dumps(content), problem.status, problem.headers, MEDIA_TYPE)


def _sentence(status: int) -> str:
    return {
        400: "The request cannot be read.",
        404: "There is no such page.",
        405: "This cannot be asked of this page.",
        413: "The request is larger than allowed.",
    }.get(status, f"{HTTPStatus(status).phrase}.")
