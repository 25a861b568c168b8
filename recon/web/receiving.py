"""Receiving files: within limits, under their hash, into the queue."""

from __future__ import annotations

from contextlib import suppress
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from recon.base.feed import Feed
from recon.run.uploads import Incoming, TooLarge, Upload, plain_name
from recon.web.asking import Ask
from recon.web.problems import Refused

_BLOCK = 1 << 18


def feed_of(ask: Ask, name: str) -> Feed:
    """The feed whose file is sent; raises Refused.

    One that this person may not send is no other than one that is not there.
    """
    if wait := ask.site.sent.wait(ask.person.name):
        raise Refused(
            429, f"Too many files in a minute; wait {wait} s.", {"Retry-After": str(wait)}
        )
    found = ask.site.settings.feeds.get(name)
    if found is None or not ask.person.reaches(found):
        raise Refused(403, f"You may send no files of a feed {name[:60]!r}.")
    return found


async def from_stream(ask: Ask, feed: Feed, name: str, request: Request) -> Upload:
    """Keep a file that is the body of a request."""
    with ask.site.uploads.receiving(ask.site.settings.web.max_upload) as (incoming, beside):
        try:
            await _received(incoming, request)
        except TooLarge:
            # A browser hears the answer only once it has sent everything; there is a limit to it.
            with suppress(RuntimeError):  # it has sent everything
                async for _ in request.stream():
                    pass
            raise
        made = await run_in_threadpool(
            ask.site.uploads.keep, incoming, beside, feed.name, name, ask.person.name, ask.address
        )
    await run_in_threadpool(_noted, ask, made)
    return made


async def _received(incoming: Incoming, request: Request) -> None:
    waiting = bytearray()
    async for block in request.stream():
        waiting += block
        if len(waiting) >= _BLOCK:
            await run_in_threadpool(incoming.write, bytes(waiting))
            waiting.clear()
    incoming.write(bytes(waiting))


def from_file(ask: Ask, feed: Feed, name: str, file: IO[bytes]) -> Upload:
    """Keep a file of a form."""
    uploads = ask.site.uploads
    with uploads.receiving(ask.site.settings.web.max_upload) as (incoming, beside):
        while block := file.read(_BLOCK):
            incoming.write(block)
        made = uploads.keep(incoming, beside, feed.name, name, ask.person.name, ask.address)
    _noted(ask, made)
    return made


def _noted(ask: Ask, made: Upload) -> None:
    ask.note("upload", f"{made.feed} {plain_name(made.name)}", made.sha256)
    ask.site.wake()
