"""The API of itself: its description, and who asks."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from recon.web.api import ENTRIES
from recon.web.api.openapi import document
from recon.web.asking import Ask


def description(ask: Ask) -> Response:
    """The description of this API (OpenAPI 3.1)."""
    del ask
    return JSONResponse(document(ENTRIES))


def me(ask: Ask) -> Response:
    """The person who asks, with roles and rights."""
    person = ask.person
    return JSONResponse({
        "name": person.name,
        "roles": sorted(person.parts),
        "rights": sorted(person.rights),
        "feeds": [feed.name for feed in ask.site.feeds_of(person)],
    })  # fmt: skip
