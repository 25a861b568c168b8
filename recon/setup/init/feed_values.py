"""Values of senders that are ours in other words.

A category that no product has, and that abbreviates one that products have, is that one; the words
of payments, credit notes and movements are known in some languages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from recon.setup.init.feed_proposal import Proposed

_WORDS: Mapping[str, Mapping[str, str]] = {
    "reason": {
        "payment": "paid zahlung zahlungseingang paiement pago receipt",
        "credit note": "creditnote cn gutschrift avoir credit",
        "rebate": "bonus rabatt remise discount",
    },
    "kind": {
        "receipt": "wareneingang zugang goodsreceipt inbound entree received",
        "transfer": "umlagerung umbuchung transfert",
        "adjustment": "korrektur inventurdifferenz ajustement correction",
        "write-off": "writeoff ausbuchung verschrottung scrap waste schwund",
    },
}
_LIKE, _MOST = 0.8, 50


def with_values(found: Sequence[Proposed]) -> list[Proposed]:
    """The feeds with values that fit mapped, and doubts."""
    usual = _usual(found)
    return [_mapped(each, usual) for each in found]


def _usual(found: Sequence[Proposed]) -> dict[str, list[str]]:
    """The categories of products, else those that several feeds write."""
    of_products = [each for each in found if each.kind.name == "products"]
    counts = Counter(
        text
        for each in (of_products or found)
        if "category" in each.columns
        for text in each.sender.profiles[each.columns["category"]].distinct
    )
    least = 1 if of_products else 2
    return {"category": [text for text, count in counts.items() if count >= least]}


def _mapped(each: Proposed, usual: Mapping[str, Sequence[str]]) -> Proposed:
    values: dict[str, dict[str, str]] = {}
    for ours, theirs in each.columns.items():
        texts = each.sender.profiles[theirs].distinct
        if len(texts) > _MOST:
            continue
        known = {text.lower() for text in usual.get(ours, ())}
        for text in texts:
            ours_is = _known(ours, text)
            if not ours_is and known and text.lower() not in known:
                ours_is = _alike(text, usual[ours])
            if ours_is and ours_is.lower() != text.lower():
                values.setdefault(ours, {})[text] = ours_is
    each = replace(each, values=values)
    for ours, mapped in values.items():
        listed = ", ".join(f"{text!r} is {our!r}" for text, our in list(mapped.items())[:4])
        each = each.with_doubt(f"{listed}, by its letters", f"values.{ours}")
    return each


def _known(ours: str, text: str) -> str:
    bare = _bare(text)
    listed = _WORDS.get(ours, {})
    return next((our for our, words in listed.items() if bare in words.split()), "")


def _alike(text: str, usual: Sequence[str]) -> str:
    """The one usual value that a text abbreviates, or ''."""
    bare = _bare(text)
    found = [
        our for our in usual
        if (len(bare) > 2 and _bare(our).startswith(bare))  # noqa: PLR2004 - as in Choc.
        or SequenceMatcher(None, bare, _bare(our)).ratio() >= _LIKE
    ]  # fmt: skip
    return found[0] if len(found) == 1 else ""


def _bare(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
