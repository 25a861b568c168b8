"""Blocks: texts and blocks within Slack's limits. Pure.

Lengths are those of the escaped text, as Slack counts it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Block = dict[str, Any]
Message = dict[str, Any]

HEADER = 150
SECTION = 3000
FIELDS = 10
FIELD = 2000
CONTEXT = 10
# Slack refuses messages of some 13,000 characters in all; it does not say where it begins.
BUDGET = 10_000

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Letters that turn the direction of what follows would make a message read otherwise.
_INVISIBLE = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff]")
MORE = "…"


def plain(text: str) -> str:
    """Data as one line, without control characters."""
    letters = (" " if unicodedata.category(each) in ("Cc", "Cs") else each for each in text)
    return " ".join(_INVISIBLE.sub("", "".join(letters)).split())


def escaped(text: str, limit: int) -> str:
    """Data as text that calls nobody and links nothing.

    It is cut to a limit between letters.
    """
    letters = [_ESCAPES.get(each, each) for each in plain(text)]
    if sum(map(len, letters)) <= limit:
        return "".join(letters)
    found, length = [], len(MORE)
    for each in letters:
        length += len(each)
        if length > limit:
            break
        found.append(each)
    return "".join(found).rstrip() + MORE


def header(text: str) -> Block:
    """A block with a title.

    It is plain text, in which Slack calls nobody.
    """
    return {"type": "header", "text": {"type": "plain_text", "text": _cut(text, HEADER)}}


def section(text: str) -> Block:
    """A block with a text that is escaped already."""
    return {"type": "section", "text": _mrkdwn(_cut(text, SECTION))}


def fields(texts: Sequence[str]) -> Block:
    """A block of short texts in two columns."""
    cut = [_mrkdwn(_cut(text, FIELD)) for text in texts[:FIELDS]]
    return {"type": "section", "fields": cut}


def context(texts: Sequence[str]) -> Block:
    """A block of small print."""
    return {"type": "context", "elements": [_mrkdwn(_cut(each, FIELD)) for each in texts[:CONTEXT]]}


def _mrkdwn(text: str) -> dict[str, Any]:
    # Verbatim: names in the data that look like channels, members or addresses stay plain text.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - len(MORE)] + MORE


def size(message: Mapping[str, Any]) -> int:
    """The characters of a message, with all that holds them."""
    return len(json.dumps(message, ensure_ascii=False))


def blocks(message: Mapping[str, Any]) -> Iterator[Block]:
    """All blocks of a message, the coloured ones too."""
    yield from message.get("blocks", ())
    for attachment in message.get("attachments", ()):
        yield from attachment.get("blocks", ())
