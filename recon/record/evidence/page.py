"""evidence.md: the pack in words, for controller and auditor. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from recon.base.result import Side
from recon.record.evidence.layout import (
    BREAKS,
    CONFIGURATION,
    CONTROL_TOTALS,
    EXTRACTS,
    POLICY,
    PREVIOUS,
    RESULTS,
    RUN,
    SIGNOFFS,
    SOURCES,
    Document,
    month_of,
)

_TITLES = {Side.ANALYTICS: "the booked contracts", Side.ACCOUNTING: "the recognized revenue"}
_HOLDS = {
    EXTRACTS[Side.ANALYTICS]: "the contract lines as they were delivered, in that order",
    EXTRACTS[Side.ACCOUNTING]: "the entries as they were delivered, in that order",
    SOURCES[Side.ANALYTICS]: "how the contract lines were fetched, or which files were read",
    SOURCES[Side.ACCOUNTING]: "the same for the entries",
    CONTROL_TOTALS: "rows, sums and periods of both sides",
    POLICY: "the rules, under the keys of the configuration",
    CONFIGURATION: "where both sides come from; passwords are never in it",
    RESULTS: "the result, as `recon month --json` prints it",
    BREAKS: "every break with its entries, those of other months too",
    SIGNOFFS: "the sign-offs before this run",
    RUN: "who ran what, when, where and with which versions",
    PREVIOUS: "the previous run, with the SHA-256 of its SHA256SUMS",
}


def page(documents: Mapping[str, Document]) -> str:
    """The page of a pack, from its documents by name."""
    run, results = documents[RUN], documents[RESULTS]
    parts = (
        _head(run, results),
        _compared(documents),
        *(_read(side, documents) for side in Side),
        ["## The rules", "", *table(("rule", "value"), results["policy"].items())],
        *events(results),
        _outcome(run, results),
        who(run, documents[CONFIGURATION]),
        signoffs(documents[SIGNOFFS]),
        before(documents[PREVIOUS]),
        ["## What is in this folder", "", *table(("file", "holds"), _HOLDS.items())],
        check(run),
    )
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _head(run: Document, results: Document) -> list[str]:
    month = month_of(run).name
    breaks, invalid = len(results["breaks"]), len(results["invalid"])
    lines = [
        f"# Evidence of the revenue reconciliation of {month}",
        "",
        f"Run `{run['run_id']}` compared the revenue that the contracts expect for {month} with "
        f"the revenue that was recognized: {breaks:,} breaks, {invalid:,} rows that cannot be "
        "compared. Everything "
        "on this page is also in the files beside it, and can be checked with them alone.",
    ]
    return [*lines, "", "**This is sample data.**"] if run["sample"] else lines


def _compared(documents: Mapping[str, Document]) -> list[str]:
    totals = documents[CONTROL_TOTALS]
    rows = [
        (
            f"{side.value}: {_TITLES[side]}",
            found["description"],
            f"{found['rows']:,}",
            f"{found['invalid']:,}",
            ", ".join(f"{_amount(amount)} {c}" for c, amount in found["control_total"].items()),
            f"{found['extract_rows']:,}",
            _period(found),
        )
        for side in Side
        for found in (totals[side.value],)
    ]
    heads = (
        "side", "source", "rows", "invalid", "sum", "rows of the extract", "periods of the extract",
    )  # fmt: skip
    return [
        "## What was compared with what",
        "",
        *table(heads, rows),
        "",
        "Rows and sum cover all contract lines, and the month's entries. The extract of the "
        "entries may hold more rows, because the figures to date need the months before.",
    ]


def _amount(text: str) -> str:
    return f"{Decimal(text):,f}"


def _period(found: Mapping[str, Any]) -> str:
    if "first_period" not in found:
        return ""
    return f"{found['first_period']} to {found['last_period']}"


def _read(side: Side, documents: Mapping[str, Document]) -> list[str]:
    left_out = documents[RUN]["extracts"][EXTRACTS[side]]["left_out"]
    lines = [
        f"### How the {side.value} side was read",
        "",
        *source(documents[SOURCES[side]], documents[CONFIGURATION][side.value]),
    ]
    if left_out:
        lines += ["", f"Delivered, but not read: {', '.join(left_out)}."]
    return lines


def events(results: Document) -> Iterator[list[str]]:
    """The lines on events with the shortest path, if any."""
    found = results.get("events") or ()
    if not found:
        return
    heads = ("event", "kind", "severity", "lines", "breaks left", "sentence", "advice")
    keys = ("id", "kind", "severity", "lines", "breaks_left", "sentence", "advice")
    rows = [tuple(event[key] for key in keys) for event in found]
    yield [
        "## Events", "",
        f"One fact behind many lines. Of {len(results['breaks']):,} breaks, as many as stated "
        "are left once an event and those above it are put right.",
        "", *table(heads, rows),
    ]  # fmt: skip


def _outcome(run: Document, results: Document) -> list[str]:
    heads = (
        "currency", "expected", "recognized", "difference", "gross", "breaks", "match rate",
        "of it within tolerance",
    )  # fmt: skip
    keys = ("expected", "recognized", "difference", "gross_difference")
    rows = [
        (
            currency,
            *(_amount(total[key]) for key in keys),
            total["breaks"],
            total["match_rate"],
            total["within_tolerance"],
        )
        for currency, total in results["totals"].items()
    ]
    lines = ["## The result", "", *table(heads, rows)]
    taken = [
        (c, s["bucket"], _amount(s["amount"]), s["lines"])
        for c, s in steps(results["bridge"])
        if s["lines"]
    ]
    if taken:
        lines += ["", "From expected to recognized:", ""]
        lines += table(("currency", "cause", "amount", "lines"), taken)
    found = Counter((item["severity"], item["cause"]) for item in results["breaks"])
    if found:
        lines += ["", "The breaks; `breaks.json` has each of them with its entries:", ""]
        lines += table(("severity", "cause", "breaks"), [(*k, n) for k, n in sorted(found.items())])
    lines += ["", f"The exit code was {results['exit_code']}."]
    if run["signed_otherwise"]:
        lines[-1] += " The verdict differs from the one that was signed off before."
    return lines


def steps(bridge: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, Any]]:
    """Yield every step with its currency."""
    for currency, steps in bridge.items():
        for step in steps:
            yield currency, step


def who(run: Document, configuration: Document) -> list[str]:
    """The lines on who ran it."""
    rows: list[tuple[str, object]] = [
        ("user", run["user"]),
        ("machine", run["host"]),
        ("started (UTC)", run["started"]),
        ("ended (UTC)", run["ended"]),
        ("configuration", configuration["path"] or "none"),
        *run["versions"].items(),
    ]
    return ["## Who ran it, when and with what", "", *table(("what", "value"), rows)]


def signoffs(document: Document) -> list[str]:
    """The lines on the sign-offs."""
    found: Iterable[Mapping[str, Any]] = document["signoffs"]
    lines = [
        f"- {', '.join(f'{key}: {value}' for key, value in item.items() if value)}"
        for item in found
    ]
    return ["## Sign-offs", "", *(lines or ["None before this run."])]


def before(document: Document) -> list[str]:
    """The lines on the previous run."""
    lines = ["## The previous run", ""]
    if document["run_id"] is None:
        return [*lines, "None: this is the first run in this reports folder."]
    return [
        *lines,
        f"`{document['run_id']}`; the SHA-256 of its SHA256SUMS is `{document['sha256']}`.",
    ]


def check(run: Document, option: str = "") -> list[str]:
    """The lines on how to check a pack."""
    return [
        "## How to check it",
        "",
        "That no file was changed, in this folder, without recon:",
        "",
        "    sha256sum -c SHA256SUMS",
        "",
        "On Windows, file by file, against the line of SHA256SUMS:",
        "",
        "    certutil -hashfile results.json SHA256",
        "",
        "That the result follows from the extracts and the rules, and that no earlier run was "
        "changed or removed:",
        "",
        f"    recon verify {run['run_id']}{option}",
        "",
        "The extracts are Parquet files; DuckDB, pandas, Power BI and Excel read them.",
    ]


def source(trail: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """The lines on a side: its delivery and its configuration."""
    if "files" in trail:
        rows = [(file["path"], f"{file['size']:,}", file["sha256"]) for file in trail["files"]]
        return [*table(("file", "bytes", "SHA-256"), rows), *_renamed(settings)]
    if "parts" in trail:
        return list(_database(trail, settings))
    if "recipe" in trail:
        told = ", ".join(f"{key} {value}" for key, value in trail["recipe"].items())
        return [f"The sample that comes with recon: {told}."]
    return ["Nothing is recorded about it."]


def _renamed(settings: Mapping[str, Any]) -> list[str]:
    columns = settings["columns"]
    rows = columns.items()
    return ["", *table(("our column", "theirs"), rows)] if columns else []


def _database(trail: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[str]:
    database = settings["database"] or {}
    where = database.get("connection") or f"{database.get('server')}/{database.get('database')}"
    yield from table(
        ("what", "value"),
        [
            ("database", where),
            ("server", f"{trail['product']} {trail['version']}"),
            ("driver", trail["driver"]),
            ("isolation", trail["isolation"]),
            ("query", database.get("query", "")),
        ],
    )
    for part in trail["parts"]:
        yield from ("", *fenced(part["select"], "sql"), "")
        if part["parameters"]:
            yield from (f"with the parameters {', '.join(part['parameters'])}.", "")
        yield _control(part)


def _control(part: Mapping[str, Any]) -> str:
    # Of amounts in text it has no sum.
    total = "" if part["sum"] is None else f" with a sum of {part['sum']}"
    said = f"The server counted {part['rows']:,} rows{total}"
    if part["first_period"]:
        said += f" in the periods from {part['first_period']} to {part['last_period']}"
    return f"{said}; what arrived came to the same."


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """The lines of a table, its cells escaped.

    A cell can neither end itself nor its line.
    """
    listed = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(map(_cell, row)) + " |" for row in listed]


def _cell(value: object) -> str:
    text = " ".join(str(value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def fenced(text: str, language: str) -> list[str]:
    """The lines of a block of code, whatever it holds."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *text.strip().splitlines(), fence]
