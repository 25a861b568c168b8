"""The API's description (OpenAPI 3.1), made from its routes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from recon import __version__
from recon.record.access.model import Right
from recon.web.api.schemas import MAYBE_WHOLE, SCHEMAS, TEXT, WHOLE, Schema, closed, listed
from recon.web.route import Body, Entry


def text(name: str, what: str, *, required: bool = False, **schema: object) -> Schema:
    """A text in the address."""
    return {"name": name, "in": "query", "description": what, "required": required,
            "schema": {"type": "string", **schema}}  # fmt: skip


def _texts(name: str, what: str) -> Schema:
    schema = {"type": "array", "items": TEXT}
    return {"name": name, "in": "query", "description": what, "schema": schema}


def _number(name: str, what: str, least: int, most: int) -> Schema:
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return {"name": name, "in": "query", "description": what, "schema": schema}


PAGED = (
    _number("offset", "how many to leave out", 0, 1_000_000_000),
    _number("limit", "how many to show", 1, 200),
)
FILTERS = (
    text("month", "the month at whose end they are open; the last one if left out"),
    text("severity", "the least severity", enum=["warning", "high", "critical"]),
    text("state", "whether acknowledged", enum=["open", "acknowledged"]),
    text("name", "a break, contract, entry, customer, owner or event, or how its name begins"),
    *(
        _texts(name, f"only of this {name}; may be repeated")
        for name in ("segment", "owner", "customer", "type", "cause", "event", "currency")
    ),
    *PAGED,
)
FIGURES = (
    text("view", "executive, inventory, customers, sales, or measures such as revenue,margin"),
    text("period", "such as 2024-06, 2024-Q2, FY2024, 2024-01..2024-06 or last 90 days"),
    _texts("by", "a dimension to divide by"),
    _texts("where", "a filter, such as region=North or category!=Sugar"),
    text("compare", "previous, year, or previous,year"),
    _number("top", "how many rows of each currency", 1, 10_000),
)


def sentence(what: str) -> Schema:
    """A text in a body."""
    return {"type": "string", "description": what, "maxLength": 2_000}


def body(required: Collection[str] = (), **properties: Schema) -> Schema:
    """The JSON object that a route takes."""
    return {"type": "object", "properties": properties, "required": sorted(required),
            "additionalProperties": False}  # fmt: skip


# What may go wrong, besides the rights, which every route with one asks for.
_PROBLEMS = {
    400: "The request cannot be read.",
    404: "It is not there.",
    409: "Not now: something that it needs is not there yet, or in use.",
    413: "It is too large.",
    415: "It is of a type that is not taken.",
    422: "It asks for something impossible; `detail` says why.",
    429: "Too many requests; `Retry-After` says when to come again.",
}


def document(entries: Sequence[Entry]) -> dict[str, Any]:
    """The whole description."""
    paths: dict[str, dict[str, Any]] = {}
    for entry in entries:
        paths.setdefault(_plain(entry.path), {})[entry.method.lower()] = _operation(entry)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "recon",
            "version": __version__,
            "summary": "Loads, figures, months and breaks.",
            "description": "Amounts are texts, exact to the minor unit. A program sends a token of "
            "`recon users token` as `Authorization: Bearer TOKEN`.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": dict(SCHEMAS),
            "responses": {str(code): _problem(what) for code, what in _EVERY.items()},
        },
    }


def _operation(entry: Entry) -> dict[str, Any]:
    doc, first = entry.doc, (entry.handler.loaded().__doc__ or "").partition("\n")[0]
    made: dict[str, Any] = {
        "operationId": f"{entry.method.lower()}_{_words(entry.path)}",
        "summary": first,
        "tags": [doc["group"]],
        "parameters": [*_path_parameters(entry.path), *doc.get("query", ())],
        "responses": dict(_responses(entry)),
    }
    if entry.right is Right.ANYBODY:
        made["security"] = []
    else:
        made["description"] = f"Needs the right to {entry.right}."
    if entry.body is Body.JSON:
        made["requestBody"] = {
            "required": True, "content": {"application/json": {"schema": doc["body"]}},
        }  # fmt: skip
    elif entry.body is Body.RAW:
        binary = {"schema": {"type": "string", "contentEncoding": "binary"}}
        made["requestBody"] = {"required": True, "content": {"application/octet-stream": binary}}
    return made


def _responses(entry: Entry) -> Iterator[tuple[str, Any]]:
    doc = entry.doc
    answer = _answer(doc)
    yield str(doc.get("status", 200)), {
        "description": "Done.", "content": {"application/json": {"schema": answer}},
    }  # fmt: skip
    for code in _EVERY if entry.right is not Right.ANYBODY else ():
        yield str(code), {"$ref": f"#/components/responses/{code}"}
    for code, what in _PROBLEMS.items():
        yield str(code), _problem(what)


def _answer(doc: Mapping[str, Any]) -> Schema:
    if "items" in doc:
        name, of = doc["items"]
        items = listed({"$ref": f"#/components/schemas/{of}"})
        return closed({name: items, "count": WHOLE, "next": MAYBE_WHOLE})
    found = doc["answer"]
    return {"$ref": f"#/components/schemas/{found}"} if isinstance(found, str) else found


_EVERY = {401: "Nobody is logged in, or the token is not good.", 403: "This person may not."}


def _problem(what: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": what, "content": {"application/problem+json": {"schema": schema}}}


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for name, kind in re.findall(r"{(\w+)(?::(\w+))?}", path):
        schema = {"type": "integer", "minimum": 0} if kind == "int" else TEXT
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _plain(path: str) -> str:
    return re.sub(r"{(\w+):\w+}", r"{\1}", path)


def _words(path: str) -> str:
    return "_".join(re.findall(r"\w+", re.sub(r"{(\w+)(:\w+)?}", r"\1", path))[2:])
