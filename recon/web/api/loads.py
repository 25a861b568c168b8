"""The API of files and loads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import PurePath
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from recon.run.uploads import Upload
from recon.web import reading, receiving
from recon.web.asking import Ask, Slice
from recon.web.pages.uploads import mine, sentence
from recon.web.problems import Refused


def listing(ask: Ask, name: str, found: list[Any], count: int, cut: Slice) -> Response:
    """A page of a list: items, count, next page."""
    last = cut.offset + cut.limit
    return JSONResponse({name: found, "count": count, "next": last if last < count else None})


def feeds(ask: Ask) -> Response:
    """The feeds that this person sees."""
    seen = [feed for feed in ask.site.settings.feeds.values() if ask.person.sees(feed)]
    return JSONResponse({
        "feeds": [
            {
                "name": feed.name,
                "kind": feed.kind.name,
                "region": feed.fixed.get("region"),
                "may_upload": ask.person.reaches(feed),
            }
            for feed in seen
        ]
    })  # fmt: skip


async def send(ask: Ask, request: Request) -> Response:
    """Take a file, to be loaded."""
    name = ask.asked("name")
    if not name:
        raise Refused(422, "name is missing: what the file is called.")
    feed = receiving.feed_of(ask, ask.asked("feed"))
    made = await receiving.from_stream(ask, feed, name, request)
    return JSONResponse(document(made), 202, {"Location": f"/api/v1/uploads/{made.id}"})


def uploads(ask: Ask) -> Response:
    """The files that were sent, the newest first."""
    cut, seen = Slice.of(ask), ask.site.seen_by(ask.person)
    found = ask.site.uploads.all(seen, cut.offset, cut.limit)
    return listing(ask, "uploads", list(map(document, found)), ask.site.uploads.count(seen), cut)


def upload(ask: Ask) -> Response:
    """The outcome of a file."""
    return JSONResponse(document(mine(ask)))


def document(found: Upload) -> dict[str, object]:
    """An upload as plain data."""
    return {
        "id": found.id,
        "feed": found.feed,
        "name": found.name,
        "size": found.size,
        "sha256": found.sha256,
        "who": found.who,
        "at": found.at,
        "state": found.state.value,
        "final": found.state.is_final,
        "sentence": sentence(found),
        "load": found.load,
        "outcome": dict(found.outcome),
    }


def loads(ask: Ask) -> Response:
    """The loads, the last first."""
    found, cut = reading.loads(ask), Slice.of(ask)
    return listing(ask, "loads", list(map(_load, cut.cut(found))), len(found), cut)


def load(ask: Ask) -> Response:
    """One load."""
    return JSONResponse(_load(reading.load(ask)))


def _load(found: Mapping[str, Any]) -> dict[str, Any]:
    plain = {
        key: value.isoformat() if isinstance(value, date) else value for key, value in found.items()
    }
    del plain["settings"]
    names = ("month", "measure", "currency", "change", "rows")
    return {
        **plain,
        "file": PurePath(plain["file"]).name,
        "sums": plain["sums"] or {},
        "cleaned": plain["cleaned"] or {},
        "restated": [
            {**dict(zip(names, row, strict=True)), "month": row[0][:7]}
            for row in plain["restated"] or []
        ],
    }


def rejected(ask: Ask) -> Response:
    """The rejected rows of a load."""
    rows, cut = reading.rejected(ask), Slice.of(ask)
    found = [
        {
            "row": row["recon_row"],
            "place": row["place"],
            "column": row["fault_column"],
            "cell": row["cell"],
            "reason": row["reason"],
            "cells": row["cells"],
            "mended_by": row["mended_by"],
        }
        for row in cut.cut(rows)
    ]
    return listing(ask, "rejected", found, len(rows), cut)


def undo(ask: Ask) -> Response:
    """Take a load back."""
    return JSONResponse({"sentence": reading.undo(ask)})


def accept(ask: Ask) -> Response:
    """Let a load's overlapping rows count."""
    return JSONResponse({"sentence": reading.accept(ask)})
