"""Writing a pack: extracts, documents, the page for people, and the hashes of all of them."""

from __future__ import annotations

from pathlib import Path

from recon.base.errors import ExitCode
from recon.base.result import Side
from recon.reconciliation.document import dumps, moment
from recon.record.evidence.configuration import configuration, plain
from recon.record.evidence.documents import derived, policy_table
from recon.record.evidence.extracts import Extract, copy_extract, extract_totals, write_extract
from recon.record.evidence.facts import PackContents, Previous
from recon.record.evidence.layout import (
    CONFIGURATION,
    EXTRACTS,
    POLICY,
    PREVIOUS,
    RUN,
    SIGNOFFS,
    SOURCES,
    Document,
)
from recon.record.evidence.sums import write_sums
from recon.store.session import Session


def write_pack(folder: Path, opened: Session, facts: PackContents) -> str:
    """Write a run's pack into a new folder; return the SHA-256 of its SHA256SUMS.

    `opened` is the session in which both sides can still be selected from. Raises OSError and
    ReportError where a file cannot be written, SourceDataError where a source has changed since
    it was compared.
    """
    folder.mkdir()
    extracts = {side: _extract(opened, side, facts, folder) for side in Side}
    told = _told(facts, extracts)
    for name, document in told.items():
        _write(folder / name, dumps(document))
    for name, text in derived(facts.result, _extract_totals(opened, facts, folder), told).items():
        _write(folder / name, text)
    return write_sums(folder)


def _extract(opened: Session, side: Side, facts: PackContents, folder: Path) -> Extract:
    if side in facts.kept:
        return copy_extract(facts.kept[side], side, folder)
    compliance = facts.settings.accounting.compliance
    return write_extract(opened, side, facts.relations[side], folder, compliance)


def _extract_totals(opened: Session, facts: PackContents, folder: Path) -> dict[Side, Document]:
    """Return what the rows of each extract come to; those of a copy are known."""
    kept = facts.kept
    return {
        side: kept[side].totals if side in kept else extract_totals(opened, folder, side)
        for side in Side
    }


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _told(facts: PackContents, extracts: dict[Side, Extract]) -> dict[str, Document]:
    """Return the documents that the extracts do not prove: who, when, how, and by which rules."""
    sources = {SOURCES[side]: {"schema": 1, **facts.trails[side]()} for side in Side}
    return {
        RUN: _run(facts, extracts),
        POLICY: policy_table(facts.result.policy),
        CONFIGURATION: configuration(facts.settings),
        PREVIOUS: _previous(facts.previous),
        SIGNOFFS: {"schema": 1, "signoffs": plain(facts.signoffs)},
        **sources,
    }


def _run(facts: PackContents, extracts: dict[Side, Extract]) -> Document:
    return {
        "schema": 1,
        "run_id": facts.run_id,
        "month": str(facts.result.month),
        "started": moment(facts.started),
        "ended": moment(facts.ended),
        "user": facts.user,
        "host": facts.host,
        "versions": dict(facts.versions),
        "sample": facts.settings.sample,
        "fail_on": None if facts.fail_on is None else facts.fail_on.word,
        "signed_otherwise": _signed_otherwise(facts),
        "compliance": list(facts.settings.accounting.compliance),
        "descriptions": {side.value: facts.result.sources[side].description for side in Side},
        "extracts": {
            EXTRACTS[side]: {"columns": list(found.columns), "left_out": list(found.left_out)}
            for side, found in extracts.items()
        },
    }


def _signed_otherwise(facts: PackContents) -> bool:
    """Return whether the run told breaks only because another verdict was signed off before."""
    return facts.exit_code == ExitCode.BREAKS and not facts.result.breaks_from(facts.fail_on)


def _previous(previous: Previous | None) -> Document:
    return {
        "schema": 1,
        "run_id": previous.run_id if previous else None,
        "sha256": previous.sha256 if previous else None,
    }
