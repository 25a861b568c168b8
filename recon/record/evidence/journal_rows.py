"""Journal rows: runs, totals, breaks and sign-offs against the packs.

A pack proves a run, and the journal tells people of it: both have to say the same. Each pack also
names the journal's seal as it was when the run was made, so that nothing from before that can be
changed in the journal alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from recon.base import money
from recon.base.events import Severity
from recon.reconciliation.document import break_table, moment, totals_table
from recon.record.evidence.documents import read
from recon.record.evidence.facts import PackFinding
from recon.record.evidence.layout import FOLDER, PREVIOUS, RESULTS, RUN, SIGNOFFS, Document, run_of
from recon.record.evidence.reperformance import unlike
from recon.record.evidence.sums import SUMS, sha256
from recon.record.journal.proof import Proof, Recorded, Signed

JOURNAL = "journal.db"
# How many differences of a run are told one by one.
SHOWN = 5
# What a journal of schema 3 or earlier has of a break.
_PARTLY = frozenset({
    "break", "contract_id", "revenue_type", "currency", "customer", "segment", "owner", "status",
    "cause", "severity", "expected", "recognized", "difference", "to_date_difference",
    "explanation",
})  # fmt: skip


def unlike_journal(folder: Path, journal: Proof) -> list[PackFinding]:
    """The findings where a run's pack and the journal disagree.

    The pack is one that proves itself; whatever the journal holds, it ends in findings.
    """
    run = run_of(folder)
    known = journal.runs.get(run)
    if known is None:
        return _unrecorded(folder, run, journal)
    if known.fault:
        return [PackFinding(run, JOURNAL, f"its rows cannot be read: {known.fault}")]
    try:
        documents = {name: read(folder / name) for name in (RUN, RESULTS, PREVIOUS, SIGNOFFS)}
        found = [*_unlike(known, documents), *_unlike_signoffs(documents, journal)]
    except Exception as error:  # noqa: BLE001 - a forged row may break anything
        found = [f"cannot be compared: {type(error).__name__}: {error}".splitlines()[0]]
    shown = [*found[:SHOWN], "and more"] if len(found) > SHOWN else found
    return [PackFinding(run, JOURNAL, what) for what in shown]


def _unrecorded(folder: Path, run: str, journal: Proof) -> list[PackFinding]:
    """The fault of a pack that the journal lacks."""
    if journal.interrupted.get(run) == sha256(folder / SUMS):
        return []
    what = (
        "the journal does not know this run: it was cut off before it was recorded (the next run "
        "will say so in the journal), or it was recorded in another journal"
    )
    return [PackFinding(run, FOLDER, what)]


def _unlike(known: Recorded, documents: Mapping[str, Document]) -> Iterator[str]:
    """The differences of a run's rows from its pack."""
    row, run, results = known.run, documents[RUN], documents[RESULTS]
    if not row["evidence"]:
        yield "has no seal of this run's evidence"
    facts: dict[str, object] = {
        "month": row["month"], "user": row["who"], "host": row["host"],
        "versions": row["versions"], "started": moment(datetime.fromisoformat(row["started"])),
    }  # fmt: skip
    yield from unlike(facts, {name: run.get(name) for name in facts})
    facts = {
        "exit_code": row["exit_code"], "policy": row["policy"], "invalid": row["invalid"],
        "severity": row["severity"],
    }  # fmt: skip
    wanted = {
        "exit_code": results["exit_code"], "policy": results["policy"],
        "invalid": len(results["invalid"]), "severity": _severity(results),
    }  # fmt: skip
    yield from unlike(facts, wanted)
    totals = {currency: totals_table(each, currency) for currency, each in known.totals.items()}
    yield from unlike(*_common(totals, results["totals"]), "totals")
    breaks = {item.name: break_table(item) for item in known.breaks}
    written = {item["break"]: item for item in results["breaks"]}
    if known.partly:
        breaks = {name: _partly(item) for name, item in breaks.items()}
    yield from unlike(*_common(breaks, written), "breaks")
    if row["reported"]:
        yield from unlike(*_bridges(row["reported"]["bridge"], results["bridge"]), "bridge")


def _severity(results: Document) -> str:
    """The worst severity of a result, '' without any."""
    found = [item["severity"] for item in (*results["breaks"], *results.get("events", ()))]
    found += ["high"] * bool(results["invalid"])
    worst = max((Severity[word.upper()] for word in found), default=None)
    return worst.word if worst else ""


def _partly(item: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in item.items() if key in _PARTLY}


def _common(
    ours: Mapping[str, Mapping[str, object]], theirs: Mapping[str, Mapping[str, object]]
) -> tuple[dict[str, object], dict[str, object]]:
    """Tables with the keys of both.

    A pack of another version may have other ones.
    """
    keys = {name: ours[name].keys() & theirs[name].keys() for name in ours if name in theirs}
    made, wanted = (
        {name: {key: item[key] for key in item if key in keys.get(name, item)}
         for name, item in tables.items()}
        for tables in (ours, theirs)
    )  # fmt: skip
    return dict(made), dict(wanted)


def _bridges(
    ours: Mapping[str, Sequence[Mapping[str, Any]]],
    theirs: Mapping[str, Sequence[Mapping[str, Any]]],
) -> tuple[object, object]:
    """Both bridges, with the keys that the journal has kept."""
    amounts = ("amount", "gross")
    steps = {
        currency: [
            {key: money.plain(v, currency) if key in amounts else v for key, v in step.items()}
            for step in of_currency
        ]
        for currency, of_currency in ours.items()
    }
    # A bridge of order to cash counts breaks, not lines.
    kept, written = (
        {key for of_currency in of.values() for step in of_currency for key in step}
        for of in (ours, theirs)
    )
    made, wanted = (
        {
            currency: [
                {key: v for key, v in step.items() if key in kept & written} for step in of_currency
            ]
            for currency, of_currency in of.items()
        }
        for of in (steps, theirs)
    )
    return made, wanted


def _unlike_signoffs(documents: Mapping[str, Document], journal: Proof) -> Iterator[str]:
    """The differences of earlier signatures and of the seal."""
    named = documents[PREVIOUS].get("journal")
    kept = [_signed_text(item) for item in documents[SIGNOFFS]["signoffs"]]
    ours = [_text(item) for item in journal.signed if not named or item.event <= named["event"]]
    yield from (f"lacks the sign-off {text}" for text in kept if text not in ours)
    if not named:
        return
    yield from (f"has a sign-off that the run did not find: {t}" for t in ours if t not in kept)
    if journal.links.get(named["event"]) != named["seal"]:
        yield (f"is not the one that this run continued: event {named['event']} has another seal")


def _signed_text(item: Mapping[str, str]) -> str:
    accepted = item.get("accepted", "")
    return _sentence(
        item["run_id"], item["role"], item["who"], item["host"], item["comment"], accepted
    )


def _text(item: Signed) -> str:
    return _sentence(item.run_id, item.role, item.who, item.host, item.comment, item.accepted)


def _sentence(run: str, role: str, who: str, host: str, comment: str, accepted: str) -> str:
    more = f", accepting {accepted!r}" if accepted else ""
    return f"of {run} by {who} on {host} as {role}: {comment!r}{more}"
