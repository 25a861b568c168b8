"""Writing a pack: extracts, documents, page and hashes."""

from __future__ import annotations

from pathlib import Path

from recon.base.errors import ExitCode
from recon.base.month import Month
from recon.base.result import Side
from recon.reconciliation.document import dumps, moment
from recon.record.evidence.configuration import configuration, plain
from recon.record.evidence.documents import derived, policy_table
from recon.record.evidence.extracts import Extract, copy_extract, extract_totals, write_extract
from recon.record.evidence.facts import PackContents, RunFacts
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


def write_pack(folder: Path, opened: Session, contents: PackContents) -> str:
    """Write a run's pack into a folder; return its seal.

    The seal is the SHA-256 of its SHA256SUMS. `opened` is the session in which both sides can still
    be selected from. Raises OSError and ReportError where a file cannot be written, SourceDataError
    where a source has changed since it was compared.
    """
    folder.mkdir()
    extracts = {side: _extract(opened, side, contents, folder) for side in Side}
    unproven = _unproven(contents, extracts)
    for name, document in unproven.items():
        write_text(folder / name, dumps(document))
    totals = _extract_totals(opened, contents, folder)
    for name, text in derived(contents.result, totals, unproven).items():
        write_text(folder / name, text)
    return write_sums(folder)


def _extract(opened: Session, side: Side, contents: PackContents, folder: Path) -> Extract:
    if side in contents.kept:
        return copy_extract(contents.kept[side], side, folder)
    compliance = contents.settings.accounting.compliance
    return write_extract(opened, side, contents.relations[side], folder, compliance)


def _extract_totals(opened: Session, contents: PackContents, folder: Path) -> dict[Side, Document]:
    """The counts and sums of each extract.

    Those of a copy are known.
    """
    kept = contents.kept
    return {
        side: kept[side].totals if side in kept else extract_totals(opened, folder, side)
        for side in Side
    }


def write_text(path: Path, text: str) -> None:
    """Write a text file of a pack; raises OSError."""
    path.write_text(text, encoding="utf-8", newline="\n")


def _unproven(contents: PackContents, extracts: dict[Side, Extract]) -> dict[str, Document]:
    """The documents that the extracts do not prove.

    They are who, when, how, and by which rules.
    """
    sources = {SOURCES[side]: {"schema": 1, **contents.trails[side]()} for side in Side}
    return {
        RUN: _run(contents, extracts),
        POLICY: policy_table(contents.result.policy),
        CONFIGURATION: configuration(contents.settings),
        **of_before(contents),
        **sources,
    }


def _run(contents: PackContents, extracts: dict[Side, Extract]) -> Document:
    return {
        **run_facts(contents, contents.result.month),
        "sample": contents.settings.sample,
        "fail_on": None if contents.fail_on is None else contents.fail_on.word,
        "signed_otherwise": _signed_otherwise(contents),
        "compliance": list(contents.settings.accounting.compliance),
        "descriptions": {side.value: contents.result.sources[side].description for side in Side},
        "places": {
            side.value: {str(row): place for row, place in sorted(places.items())}
            for side, places in contents.result.places.items()
        },
        **(
            {"earlier_values": [list(one) for one in contents.result.earlier]}
            if contents.result.earlier
            else {}
        ),
        "extracts": {
            EXTRACTS[side]: {"columns": list(found.columns), "left_out": list(found.left_out)}
            for side, found in extracts.items()
        },
    }


def run_facts(contents: RunFacts, month: Month) -> Document:
    """User, month, moment, machine and versions of a run."""
    periods = month.periods
    return {
        "schema": 1,
        "run_id": contents.run_id,
        "month": str(month),
        **({"periods": periods.table()} if periods else {}),
        "started": moment(contents.started),
        "ended": moment(contents.ended),
        "user": contents.user,
        "host": contents.host,
        "versions": dict(contents.versions),
    }


def _signed_otherwise(contents: PackContents) -> bool:
    """Whether only another signed verdict made the run report breaks."""
    broken = contents.result.breaks_from(contents.fail_on)
    return contents.exit_code == ExitCode.BREAKS and not broken


def of_before(contents: RunFacts) -> dict[str, Document]:
    """The documents on the runs before, and their sign-offs."""
    previous, journal = contents.previous, contents.journal
    before = {
        "schema": 1,
        "run_id": previous.run_id if previous else None,
        "sha256": previous.sha256 if previous else None,
        "journal": journal._asdict() if journal else None,
    }
    signoffs = {"schema": 1, "signoffs": plain(contents.signoffs)}
    return {PREVIOUS: before, SIGNOFFS: signoffs}
