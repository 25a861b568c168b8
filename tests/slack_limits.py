"""In which ways a message is beyond what Slack takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recon.alerts.blocks import BUDGET, CONTEXT, FIELD, FIELDS, HEADER, SECTION, Block, blocks, size

BLOCKS = 50


def broken(message: Mapping[str, Any]) -> list[str]:
    """Return in which ways a message is beyond the limits; of none of ours it is any."""
    found = list(blocks(message))
    said = [f"{len(found)} blocks"] * (len(found) > BLOCKS)
    said += [f"{size(message)} characters"] * (size(message) > BUDGET)
    said += ["no fallback text"] * (not message.get("text"))
    for block in found:
        said += _beyond(block)
    return said


def _beyond(block: Block) -> Iterator[str]:
    parts = {"header": HEADER, "section": SECTION}
    if "text" in block:
        length = len(block["text"]["text"])
        if not 0 < length <= parts[block["type"]]:
            yield f"a {block['type']} of {length}"
    if len(block.get("fields", ())) > FIELDS or len(block.get("elements", ())) > CONTEXT:
        yield f"a {block['type']} of too many parts"
    for part in (*block.get("fields", ()), *block.get("elements", ())):
        if not 0 < len(part["text"]) <= FIELD:
            yield f"a part of {len(part['text'])}"
