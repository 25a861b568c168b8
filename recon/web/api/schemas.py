"""The answers of the API as JSON schemas, each closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
MAYBE_WHOLE: Schema = {"type": ["integer", "null"]}
_MAYBE: Schema = {"type": ["string", "null"]}
_YES: Schema = {"type": "boolean"}


def closed(required: Mapping[str, Schema], **more: Schema) -> Schema:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **more},
        "additionalProperties": False,
    }


def listed(items: Schema) -> Schema:
    """A list of equal items."""
    return {"type": "array", "items": items}


def _by_name(values: Schema) -> Schema:
    """Values by names that the data has."""
    return {"type": "object", "additionalProperties": values}


def _of(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(name: str) -> Schema:
    return {"anyOf": [_of(name), {"type": "null"}]}


def _all(schema: Schema, *names: str) -> dict[str, Schema]:
    return dict.fromkeys(names, schema)


_TEXTS = listed(TEXT)
_SUMS = _by_name(_by_name(TEXT))
_COUNTS = ("inserted", "updated", "unchanged", "repeated", "rejected", "removed", "overlapping")
_STATE: Schema = {"type": "string", "enum": ["open", "acknowledged", "resolved"]}
_RUN = {
    **_all(TEXT, "run_id", "month", "started", "ended", "who", "host", "verdict", "folder"),
    **_all(WHOLE, "exit_code", "breaks", "invalid"),
    **_all(_MAYBE, "supersedes", "evidence"),
    "net_difference": _by_name(TEXT), "signed_off": _YES,
    "signatures": listed(_of("Signature")),
}  # fmt: skip
_WHOSE = _all(TEXT, "revenue_type", "currency", "customer_id", "customer", "segment", "owner")
_SAID = {"who": TEXT, "when": TEXT, "what": TEXT}
_DOCUMENT = {
    **_all(TEXT, "side", "amount", "open", "place"),
    **_all(_MAYBE, "number", "customer", "day", "kind", "currency"),
}
_BESIDE = [f"{span}{name}" for span in ("", "to_date_")
           for name in ("expected", "recognized", "difference")]  # fmt: skip

_ABOUT: Mapping[str, Schema] = {
    "Problem": closed(
        {**_all(TEXT, "type", "title", "detail", "instance"), "status": WHOLE}
    ),
    "Me": closed({"name": TEXT, **_all(_TEXTS, "roles", "rights", "feeds")}),
    "Done": closed({"sentence": TEXT}),
}  # fmt: skip
_LOADS: Mapping[str, Schema] = {
    "Feed": closed({"name": TEXT, "kind": TEXT, "region": _MAYBE, "may_upload": _YES}),
    "Feeds": closed({"feeds": listed(_of("Feed"))}),
    "Upload": closed({
        **_all(TEXT, "id", "feed", "name", "sha256", "who", "at", "sentence"),
        "size": WHOLE, "final": _YES, "load": MAYBE_WHOLE, "outcome": _of("Outcome"),
        "state": {"type": "string", "enum": [
            "waiting", "loading", "loaded", "refused", "known", "failed"]},
    }),
    "Outcome": closed(
        {},
        **_all(WHOLE, "cut_off", "rows", "mended", *_COUNTS),
        **_all(_MAYBE, "reason", "first_day", "last_day"),
        **_all(TEXT, "feed", "kind", "status"),
        **_all(_TEXTS, "findings", "finding_kinds", "notes"),
        load=MAYBE_WHOLE, sums=_SUMS,
        **_all(_by_name(WHOLE), "cleaned", "placeholders"),
        rejected_rows=listed(closed({
            "row": WHOLE, "place": TEXT, "column": _MAYBE, "cell": _MAYBE, "reason": TEXT})),
        restated=listed(_of("Restated")),
    ),
    "Restated": closed({
        "month": TEXT, "measure": TEXT, "currency": _MAYBE, "change": TEXT, "rows": WHOLE,
    }),
    "Load": closed({
        **_all(WHOLE, "load", "size", "open"),
        **_all(TEXT, "feed", "kind", "file", "sha256", "loaded_at", "loaded_by"),
        **_all(MAYBE_WHOLE, "read_rows", *_COUNTS),
        "status": {"type": "string", "enum": ["loaded", "refused", "undone"]},
        "accepted": {"type": ["boolean", "null"]}, **_all(_MAYBE, "first_day", "last_day"),
        "header": _TEXTS, "sums": _SUMS, "cleaned": _by_name(WHOLE),
        "restated": listed(_of("Restated")), "notes": _TEXTS,
    }),
    "Rejected": closed({
        "row": WHOLE, "place": TEXT, "column": _MAYBE, "cell": _MAYBE, "reason": TEXT,
        "cells": {**_by_name(_MAYBE), "type": ["object", "null"]}, "mended_by": MAYBE_WHOLE,
    }),
}  # fmt: skip
_FIGURES: Mapping[str, Schema] = {
    "Figures": closed({
        "schema": WHOLE, "command": TEXT, "view": TEXT, "title": TEXT,
        "period": closed({"name": TEXT, "first": TEXT, "last": TEXT}),
        "filters": _TEXTS, "snapshot": MAYBE_WHOLE, "notes": _TEXTS,
        "control_totals": _by_name(_TEXTS),
        "files": _TEXTS, "tables": listed(_of("Table")),
    }),
    "Table": closed({
        "name": TEXT, "title": TEXT, "by": _TEXTS,
        "columns": listed(closed({"name": TEXT, "title": TEXT, "unit": TEXT})),
        **_all(listed(_of("Row")), "rows", "totals"),
        "rows_left_out": WHOLE, "notes": _TEXTS,
    }),
    "Row": closed({"keys": _TEXTS, "currency": _MAYBE, "values": _by_name(_MAYBE)}),
    "Measures": closed({
        "measures": listed(closed(_all(TEXT, "name", "title", "sentence", "unit", "formula"))),
        "dimensions": listed(closed({"name": TEXT, "sentence": TEXT, "below": _MAYBE})),
        "views": listed(closed(_all(TEXT, "name", "title", "sentence"))),
    }),
}  # fmt: skip
_MONTHS: Mapping[str, Schema] = {
    "Signature": closed({
        **_all(TEXT, "role", "who", "host", "when", "comment"), "accepted": _MAYBE,
    }),
    "Run": closed(_RUN, schema=WHOLE),
    "Month": closed({
        **_RUN, "sentence": _MAYBE, "totals": _by_name(_of("Totals")), "masked": _TEXTS,
        "bridge": _by_name(listed(_of("Bucket"))), "events": listed(_of("Event")),
        "critical_unacknowledged": _TEXTS, "runs": _TEXTS, "policy": _by_name(TEXT),
        "sources": _by_name(TEXT),
    }),
    "Totals": closed({
        **_all(TEXT, "expected", "recognized", "difference", "gross_difference", "match_rate"),
        **_all(WHOLE, "contract_lines", "inactive_lines", "matched", "within_tolerance", "breaks"),
    }),
    "Bucket": closed({"bucket": TEXT, "amount": TEXT, "gross": TEXT, "lines": WHOLE}),
    "Event": closed({
        **_all(TEXT, "id", "kind", "severity", "state", "sentence", "advice"),
        "lines": WHOLE, "breaks_left": WHOLE,
    }),
    "Break": closed({
        **_all(TEXT, "break", "contract_id", "revenue_type", "currency", "customer", "segment",
               "owner", "status", "cause", "severity", "explanation", "open_amount",
               "first_month", "first_seen"),
        "months": _by_name(TEXT), "age_months": WHOLE, "age_days": WHOLE, "state": _STATE,
        "acknowledged": _or_null("Acknowledged"), "resolved": _or_null("Said"),
        "changed_since_acknowledged": _or_null("Lapsed"), "notes": listed(_of("Said")),
    }),
    "Said": closed(_SAID),
    "Acknowledged": closed({**_SAID, "until": _MAYBE}),
    "Lapsed": closed({
        **_SAID, "until": _MAYBE, "month": TEXT, "then": _or_null("Seen"), "now": _of("Seen"),
    }),
    "Seen": closed({"cause": TEXT, "difference": TEXT}),
}  # fmt: skip
_CONTRACTS: Mapping[str, Schema] = {
    "Contract": closed({
        "schema": WHOLE, "month": TEXT, "contract_id": TEXT, "lines": listed(_of("Line")),
        "invalid": listed(closed({
            "row": WHOLE, "place": TEXT, **_WHOSE, "reason": TEXT, "terms": _of("Terms")})),
        "kept_out": listed(_of("Entry")), "kept_out_elsewhere": WHOLE,
    }),
    "Line": closed({
        **_WHOSE, "status": _MAYBE, "flags": _TEXTS, "terms": _or_null("Terms"),
        **_all(TEXT, "value", "unrecognized_remainder", "percent", *_BESIDE, "formula",
               "formula_in_words"),
        "tolerance": _or_null("Allowance"), "break": _or_null("Finding"), "event": _MAYBE,
        "carried": _or_null("Carried"), "entries": listed(_of("Entry")),
        "months": listed(closed({
            "month": TEXT, **_all(_MAYBE, *_BESIDE), "entries": WHOLE, "to_come": _YES})),
    }),
    "Terms": closed({
        **_all(MAYBE_WHOLE, "duration", "free_months"),
        **_all(_MAYBE, "value", "booked_on", "started_on", "close_date", "terminated_on",
               "closed_on", "term_start", "term_end", "first_month", "last_month"),
        **_all(TEXT, "recognition", "convention", "basis", "rounding", "kind", "free_at"),
    }),
    "Allowance": closed({
        **_all(TEXT, "rate", "origin", "by_rate", "by_rounding", "floor", "allowed", "decides"),
        "cap": _MAYBE,
    }),
    "Finding": closed({
        **_all(TEXT, "name", "cause", "certainty", "explanation", "severity"),
        **_all(_TEXTS, "candidates", "against", "tried"),
        "ladder": listed(closed(_all(TEXT, "by", "why", "severity"))),
    }),
    "Carried": closed({
        "months": _TEXTS, "candidates": _TEXTS, **_all(TEXT, "cause", "certainty", "explanation"),
    }),
    "Entry": closed({
        **_all(TEXT, "entry_id", "contract_id", "revenue_type", "currency", "month", "amount",
               "document_ref", "posted_at", "reason"),
        "compliance": _by_name(TEXT),
    }),
}  # fmt: skip
_CASH: Mapping[str, Schema] = {
    "Statement": closed({
        "schema": WHOLE, "asked": TEXT, "month": TEXT,
        "customers": listed(closed(
            _all(TEXT, "customer", "currency", "feeds", "ledger", "difference"))),
        "matches": listed(closed({
            "rule": TEXT, "difference": TEXT, "interchangeable": _YES,
            "documents": listed(_of("Document"))})),
        "open": listed(closed({**_DOCUMENT, "tried": _TEXTS})),
        "breaks": listed(_of("CashBreak")),
    }),
    "Document": closed(_DOCUMENT),
    "CashBreak": closed({
        **_all(TEXT, "break", "status", "cause", "certainty", "severity", "currency", "feeds",
               "ledger", "difference", "explanation"),
        **_all(_MAYBE, "customer", "number", "rule", "event"), "candidates": _TEXTS,
        "effects": listed(closed({"customer": _MAYBE, "currency": TEXT, "amount": TEXT})),
        "documents": listed(_of("Document")),
    }),
}  # fmt: skip
SCHEMAS: Mapping[str, Schema] = {
    **_ABOUT, **_LOADS, **_FIGURES, **_MONTHS, **_CONTRACTS, **_CASH,
}  # fmt: skip
