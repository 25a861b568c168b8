"""The API, version 1: JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator

from recon.record.access.model import Right
from recon.web.api.openapi import FIGURES, FILTERS, PAGED, body, sentence, text
from recon.web.route import Body, Entry, Handlers

about, figures, loads, months = (
    Handlers(f"recon.web.api.{name}") for name in ("about", "figures", "loads", "months")
)
V1 = "/api/v1"
_LOAD = f"{V1}/loads/{{load:int}}"
_CONTRACT = f"{V1}/contracts/{{contract}}"


def _of_book(book: str, group: str, breaks: str) -> Iterator[Entry]:
    """The months and breaks of a book."""
    month, one = f"{book}/months/{{month}}", f"{book}/breaks/{{name}}"
    yield Entry(
        "GET",
        f"{book}/months",
        Right.READ,
        months.months,
        doc={"items": ("months", "Run"), "query": PAGED, "group": group},
    )
    yield Entry("GET", month, Right.READ, months.month, doc={"answer": "Month", "group": group})
    yield Entry(
        "POST",
        f"{month}/sign-off",
        Right.SIGN,
        months.sign,
        Body.JSON,
        doc={
            "answer": "Run",
            "group": group,
            "body": body(
                ("role", "comment"),
                role={"type": "string", "enum": ["preparer", "reviewer"]},
                comment=sentence("what was checked"),
                accept=sentence("why critical breaks may stay open"),
            ),
        },
    )
    yield Entry(
        "GET",
        f"{book}/breaks",
        Right.READ,
        months.breaks,
        doc={"items": ("breaks", "Break"), "query": FILTERS, "group": breaks},
    )
    yield Entry("GET", one, Right.READ, months.one, doc={"answer": "Break", "group": breaks})
    yield Entry(
        "POST",
        f"{one}/acknowledge",
        Right.ANSWER,
        months.acknowledge,
        Body.JSON,
        doc={
            "answer": "Break",
            "group": breaks,
            "body": body(
                ("reason",),
                reason=sentence("why it may stay open"),
                until=sentence("the last month for which it holds"),
            ),
        },
    )
    yield Entry("POST", f"{one}/notes", Right.ANSWER, months.note, Body.JSON,
                doc={"answer": "Break", "group": breaks,
                     "body": body(("text",), text=sentence("the note"))})  # fmt: skip


ENTRIES = (
    Entry("GET", f"{V1}/openapi.json", Right.ANYBODY, about.description,
          doc={"answer": {"type": "object"}, "group": "About"}),
    Entry("GET", f"{V1}/me", Right.KNOWN, about.me, doc={"answer": "Me", "group": "About"}),
    Entry("GET", f"{V1}/feeds", Right.LOADS, loads.feeds,
          doc={"answer": "Feeds", "group": "Loads"}),
    Entry("POST", f"{V1}/uploads", Right.UPLOAD, loads.send, Body.RAW,
          doc={"answer": "Upload", "status": 202, "group": "Loads", "query": (
              text("feed", "the feed", required=True),
              text("name", "what the file is called", required=True))}),
    Entry("GET", f"{V1}/uploads", Right.LOADS, loads.uploads,
          doc={"items": ("uploads", "Upload"), "query": PAGED, "group": "Loads"}),
    Entry("GET", f"{V1}/uploads/{{upload}}", Right.LOADS, loads.upload,
          doc={"answer": "Upload", "group": "Loads"}),
    Entry("GET", f"{V1}/loads", Right.LOADS, loads.loads,
          doc={"items": ("loads", "Load"), "query": (text("feed", "the feed"), *PAGED),
               "group": "Loads"}),
    Entry("GET", _LOAD, Right.LOADS, loads.load, doc={"answer": "Load", "group": "Loads"}),
    Entry("GET", f"{_LOAD}/rejected", Right.LOADS, loads.rejected,
          doc={"items": ("rejected", "Rejected"), "query": PAGED, "group": "Loads"}),
    Entry("POST", f"{_LOAD}/undo", Right.UNDO, loads.undo, Body.JSON,
          doc={"answer": "Done", "body": body(), "group": "Loads"}),
    Entry("POST", f"{_LOAD}/accept", Right.UNDO, loads.accept, Body.JSON,
          doc={"answer": "Done", "body": body(), "group": "Loads"}),
    Entry("GET", f"{V1}/figures", Right.READ, figures.figures,
          doc={"answer": "Figures", "query": FIGURES, "group": "Figures"}),
    Entry("GET", f"{V1}/measures", Right.READ, figures.measures,
          doc={"answer": "Measures", "group": "Figures"}),
    *_of_book(V1, "Months", "Breaks"),
    *_of_book(f"{V1}/cash", "Order to cash", "Order to cash"),
    Entry("GET", _CONTRACT, Right.READ, months.contract,
          doc={"answer": "Contract", "group": "Months",
               "query": (text("month", "the month, like 2024-06"),)}),
    Entry("GET", f"{V1}/cash/documents/{{document}}", Right.READ, months.document,
          doc={"answer": "Statement", "group": "Order to cash",
               "query": (text("month", "the month, like 2024-06"),)}),
)  # fmt: skip
