"""Verifying: files against hashes, the result against the extracts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from recon.base.errors import UsageError
from recon.record.evidence.chain import verify_chain
from recon.record.evidence.facts import PackFinding
from recon.record.evidence.journal_rows import JOURNAL, unlike_journal
from recon.record.evidence.layout import (
    CASH_DERIVED,
    CASH_EXTRACTS,
    CASH_TOLD,
    DERIVED,
    EXTRACTS,
    TOLD,
    named,
    pack_of,
    packs,
    run_of,
)
from recon.record.evidence.reperformance import is_cash, reperform
from recon.record.evidence.sums import SUMS, parsed_sums, sha256
from recon.record.journal.proof import Proof
from recon.record.journal.store import option_of

EXPECTED = frozenset({*TOLD, *DERIVED, *EXTRACTS.values()})
CASH_EXPECTED = frozenset({*CASH_TOLD, *CASH_DERIVED, *CASH_EXTRACTS.values()})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a run's pack proves itself, with the findings."""

    run: str
    folder: Path
    findings: tuple[PackFinding, ...]

    @property
    def proven(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(
    reports: Path,
    which: str | None,
    journal: Proof,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Verdict]:
    """The verdicts on a run, month or all, oldest first.

    The chain is followed through all runs, whichever are asked for, and each is held against the
    `journal`. Raises UsageError where there is no such run.
    """
    recorded = {run: str(known.run["evidence"]) for run, known in journal.runs.items()}
    folders = packs(reports)
    there = {run_of(folder) for folder in folders}
    known = there | set(recorded)
    chosen = known if which is None else named(known, which)
    if not chosen:
        what = "no run with evidence" if which is None else f"no run {which!r}"
        raise UsageError(
            f"There is {what} in {reports}; `recon history{option_of(reports)}` lists the runs."
        )
    gone = [pack_of(reports, run) for run in sorted(known - there)]
    chain = verify_chain(folders, recorded)
    verdicts = []
    for folder in (*gone, *folders):
        run = run_of(folder)
        if run in chosen:
            tell(f"Verifying {run}")
            own = verify_pack(folder) if folder not in gone else []
            # What does not prove itself says nothing of the journal.
            own = own if own or folder in gone else unlike_journal(folder, journal)
            linked = [finding for finding in chain if finding.run == run]
            verdicts.append(Verdict(run, folder, (*own, *linked)))
    return verdicts


def verify_journal(reports: Path, journal: Proof) -> list[str]:
    """The reasons why the journal does not prove itself."""
    if not (reports / JOURNAL).is_file():
        return ["is not there: nothing says which runs there were; `recon restore` brings it back"]
    return list(journal.damage)


def verify_seal(journal: Proof, seal: str) -> tuple[str, bool]:
    """A seal's place in words, and whether it has one.

    Raises UsageError where the text is no seal.
    """
    wanted = "".join(seal.split()).lower()
    if not re.fullmatch("[0-9a-f]{64}", wanted):
        raise UsageError(f"--seal is 64 digits of 0-9 and a-f, not {seal!r}.")
    for event, known in journal.links.items():
        if known == wanted:
            return f"it seals the journal up to event {event} of {len(journal.links)}", True
    for run, recorded in journal.runs.items():
        if recorded.run["evidence"] == wanted:
            return f"it seals the evidence of {run}", True
    return "is not in the journal: it was changed or replaced since the seal was noted", False


def verify_pack(folder: Path) -> list[PackFinding]:
    """The reasons why a pack does not prove itself.

    First the files are held against their hashes. Only where they are the ones that were written,
    the reconciliation is made again from them: a damaged extract proves nothing.
    """
    run = run_of(folder)
    try:
        found = _changed(folder, run)
    except OSError as error:
        place = Path(error.filename or folder).name
        found = [PackFinding(run, place, f"cannot be read: {error.strerror}")]
    return found or reperform(folder, run)


def _changed(folder: Path, run: str) -> list[PackFinding]:
    if not folder.is_dir():
        return [PackFinding(run, folder.name, "is not there")]
    there = {path.name for path in folder.iterdir()}
    if SUMS not in there:
        return [PackFinding(run, SUMS, "is not there: nothing says what the files should be")]
    hashes, problem = parsed_sums((folder / SUMS).read_bytes())
    damaged = [PackFinding(run, SUMS, problem)] if problem else []
    expected = CASH_EXPECTED if is_cash(folder) else EXPECTED
    damaged += [
        PackFinding(run, SUMS, f"does not list {name}") for name in sorted(expected - set(hashes))
    ]
    extra = [
        PackFinding(run, name, "does not belong to a pack")
        for name in sorted(there - expected - {SUMS})
    ]
    return damaged + _unlike_hashes(folder, run, hashes) + extra


def _unlike_hashes(folder: Path, run: str, hashes: Mapping[str, str]) -> list[PackFinding]:
    found = []
    for name, wanted in hashes.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            found.append(PackFinding(run, name, "is missing"))
        elif sha256(path) != wanted:
            found.append(PackFinding(run, name, f"was changed: {SUMS} has another hash of it"))
    return found
