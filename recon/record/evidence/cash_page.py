"""evidence.md of order to cash: the pack in words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from recon.record.evidence.layout import (
    CASH_EXTRACTS,
    CASH_SOURCES,
    CONFIGURATION,
    POLICY,
    PREVIOUS,
    RESULTS,
    RUN,
    SIGNOFFS,
    Document,
    month_of,
)
from recon.record.evidence.page import before, check, events, signoffs, source, steps, table, who

_HOLDS = {
    CASH_EXTRACTS[1]: "the documents by the feeds, as they were matched",
    CASH_EXTRACTS[2]: "the documents by the ledger, as they were matched",
    CASH_SOURCES[1]: "the snapshot of the store that was read",
    CASH_SOURCES[2]: "how the ledger was fetched, or which files were read",
    POLICY: "the rules of matching, ageing and severity",
    CONFIGURATION: "where both sides come from; passwords are never in it",
    RESULTS: "the result, as `recon cash --json` prints it",
    SIGNOFFS: "the sign-offs before this run",
    RUN: "who ran what, when, where and with which versions",
    PREVIOUS: "the previous run, with the SHA-256 of its SHA256SUMS",
}


def cash_page(documents: Mapping[str, Document]) -> str:
    """The page of a pack of order to cash."""
    run, results = documents[RUN], documents[RESULTS]
    parts = (
        _head(run, results),
        _compared(results),
        ["### How the feeds were read", "", *_store(documents[CASH_SOURCES[1]])],
        ["### How the ledger was read", "", *_ledger(documents)],
        ["## The rules", "", *table(("rule", "value"), results["policy"].items())],
        *events(results),
        _outcome(run, results),
        who(run, documents[CONFIGURATION]),
        signoffs(documents[SIGNOFFS]),
        before(documents[PREVIOUS]),
        ["## What is in this folder", "", *table(("file", "holds"), _HOLDS.items())],
        check(run, " --cash"),
    )
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _head(run: Document, results: Document) -> list[str]:
    month = month_of(run).name
    breaks, invalid = len(results["breaks"]), len(results["invalid"])
    lines = [
        f"# Evidence of order to cash of {month}",
        "",
        f"Run `{run['run_id']}` held what customers owe by the feeds at the end of {month} against "
        f"what they owe by the ledger, document by document: {breaks:,} breaks, {invalid:,} rows "
        "that cannot be used. Everything on this page is also in the files beside it, and can be "
        "checked with them alone.",
    ]
    return [*lines, "", "**This is sample data.**"] if run["sample"] else lines


def _compared(results: Document) -> list[str]:
    parts = ("opening", "sales", "debits", "credits", "closing")
    rows = [
        (side, results["sources"][side], code, *(found[part] for part in parts))
        for code, sides in results["receivable"].items()
        for side, found in sides.items()
    ]
    return [
        "## What was compared with what",
        "",
        *table(("side", "source", "currency", *parts), rows),
    ]


def _store(trail: Document) -> list[str]:
    loads = trail.get("loads", ())
    rows = sum(each["rows"] for each in loads)
    told = [f"Snapshot {trail['snapshot']} of the store {trail['store']}."]
    if loads:
        told += [
            "",
            f"Its {rows:,} rows of sales, credits and debits came with {len(loads):,} loads, whose "
            f"files, hashes and rows are in `{CASH_SOURCES[1]}`.",
        ]
    return told


def _ledger(documents: Mapping[str, Document]) -> list[str]:
    settings = documents[CONFIGURATION]["ledger"] or {"columns": {}, "database": None}
    return source(documents[CASH_SOURCES[2]], settings)


def _outcome(run: Document, results: Document) -> list[str]:
    rows = [
        (code, total["expected"], total["recognized"], total["difference"],
         total["gross_difference"], total["breaks"], total["match_rate"])
        for code, total in results["totals"].items()
    ]  # fmt: skip
    heads = ("currency", "feeds", "ledger", "difference", "gross", "breaks", "match rate")
    lines = ["## The result", "", *table(heads, rows)]
    taken = [(code, s["bucket"], s["amount"], s["breaks"]) for code, s in steps(results["bridge"])]
    if taken:
        lines += ["", "From the feeds to the ledger:", ""]
        lines += table(("currency", "cause", "amount", "breaks"), taken)
    found = Counter((item["severity"], item["cause"]) for item in results["breaks"])
    if found:
        lines += ["", "The breaks; `results.json` has each of them with its documents:", ""]
        lines += table(("severity", "cause", "breaks"), [(*k, n) for k, n in sorted(found.items())])
    lines += ["", f"The exit code was {results['exit_code']}."]
    if run["signed_otherwise"]:
        lines[-1] += " The verdict differs from the one that was signed off before."
    return lines
