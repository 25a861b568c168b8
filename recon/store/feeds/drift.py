"""Drift: a file whose columns are not the usual ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

from recon.base.errors import SourceDataError
from recon.store.feeds.cells import Cells

# What senders call our columns.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "sale_id": ("invoice no", "invoice number", "invoice", "order id", "order number", "receipt",
                "transaction id", "sale number", "rechnungsnummer", "beleg", "facture"),
    "line": ("line no", "line number", "position", "pos", "item no", "zeile"),
    "sold_on": ("invoice date", "order date", "sale date", "date", "sold", "datum", "day"),
    "product_id": ("stock code", "sku", "product", "item", "product code", "article",
                   "artikelnummer", "item code", "material"),
    "customer_id": ("customer", "customer id", "customer no", "client", "kunde", "kundennummer",
                    "account", "buyer"),
    "quantity": ("qty", "units", "pieces", "menge", "boxes", "boxes shipped", "amount of units"),
    "unit_price": ("price", "unit price", "preis", "einzelpreis", "price each", "selling price"),
    "discount": ("rebate", "disc", "rabatt", "discount amount"),
    "revenue": ("sales", "turnover", "net amount", "total", "umsatz", "line total", "net sales"),
    "cost": ("cogs", "cost of goods", "kosten", "cost of sales"),
    "tax": ("vat", "sales tax", "mwst", "gst"),
    "region": ("country", "area", "territory", "land"),
    "store": ("shop", "outlet", "branch", "filiale", "point of sale", "pos name"),
    "document_ref": ("document", "reference", "document no", "ref", "belegnummer"),
    "amount": ("value", "betrag", "sum", "total"),
    "credit_id": ("credit note", "credit no", "payment id", "payment no"),
    "debit_id": ("debit note", "debit no", "charge id"),
    "credited_on": ("credit date", "payment date", "date", "datum"),
    "debited_on": ("debit date", "charge date", "date", "datum"),
    "location": ("warehouse", "store", "site", "lager"),
    "counted_on": ("count date", "stock date", "date", "as of", "datum"),
    "on_hand": ("stock", "quantity", "qty", "on hand", "bestand"),
    "moved_on": ("movement date", "date", "datum"),
    "movement_id": ("movement no", "movement", "id"),
    "name": ("customer name", "product name", "description", "title", "bezeichnung"),
}  # fmt: skip
_LIKELY = 0.8


def refuse_missing(cells: Cells, header: Iterable[str]) -> None:
    """Stop where needed or configured columns are missing.

    The sentence has the mapping that would mend it. Raises SourceDataError.
    """
    feed, names = cells.feed, list(header)
    gone = [ours for ours in feed.columns if ours not in cells.theirs]
    missing = [*dict.fromkeys([*(each for each in cells.missing if each not in gone), *gone])]
    if not missing:
        return
    wanted = [
        f"{feed.columns[ours]!r} for {ours}" if ours in feed.columns else ours for ours in missing
    ]
    mended = proposals(cells, names, missing)
    advice = (
        "set " + ", ".join(f'{ours} = "{their}"' for ours, their in mended.items())
        + f" under [{feed.key}.columns]"
        if mended
        else f"name its columns under [{feed.key}.columns]"
    )  # fmt: skip
    noun = "column" if len(missing) == 1 else "columns"
    raise SourceDataError(
        f"it has no {noun} {', '.join(wanted)} (it has {', '.join(names)}); {advice}"
    )


def proposals(cells: Cells, header: Iterable[str], missing: Iterable[str]) -> dict[str, str]:
    """The columns that missing ones may be, by our names."""
    free = [each for each in header if each not in cells.theirs.values()]
    found = {}
    for ours in (part for each in missing for part in each.split(" or ")):
        scored = sorted(((_likeness(cells, ours, their), their) for their in free), reverse=True)
        if scored and scored[0][0] >= _LIKELY:
            found[ours] = scored[0][1]
            free.remove(scored[0][1])
    return found


def _likeness(cells: Cells, ours: str, their: str) -> float:
    named = [ours, *SYNONYMS.get(ours, ())]
    if ours in cells.feed.columns:
        named.append(cells.feed.columns[ours])
    return max(SequenceMatcher(None, _bare(each), _bare(their)).ratio() for each in named)


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def drifted(before: Iterable[str], now: Iterable[str]) -> str:
    """The sentence on columns that came or went, or ''."""
    old, new = list(before), list(now)
    gone = [each for each in old if each not in new]
    come = [each for each in new if each not in old]
    parts = [
        f"{words} {', '.join(map(repr, which))}"
        for words, which in (("no longer has", gone), ("now also has", come))
        if which
    ]
    return f"The file {' and '.join(parts)}, unlike the one before it." if parts else ""
