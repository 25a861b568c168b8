"""Verifying: whether every file of a pack is the one that was written, and the result follows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recon.evidence.facts import Finding
from recon.evidence.names import DERIVED, EXTRACTS, TOLD
from recon.evidence.reperformance import reperform
from recon.evidence.sums import SUMS, parsed_sums, sha256

EXPECTED = frozenset({*TOLD, *DERIVED, *EXTRACTS.values()})


def verify_pack(folder: Path) -> list[Finding]:
    """Return why a pack does not prove itself; nothing where it does.

    First the files are held against their hashes. Only where they are the ones that were written,
    the reconciliation is made again from them: a damaged extract proves nothing.
    """
    run = folder.parent.name
    try:
        found = _changed(folder, run)
    except OSError as error:
        place = Path(error.filename or folder).name
        found = [Finding(run, place, f"cannot be read: {error.strerror}")]
    return found or reperform(folder, run)


def _changed(folder: Path, run: str) -> list[Finding]:
    if not folder.is_dir():
        return [Finding(run, folder.name, "is not there")]
    there = {path.name for path in folder.iterdir()}
    if SUMS not in there:
        return [Finding(run, SUMS, "is not there: nothing says what the files should be")]
    hashes, problem = parsed_sums((folder / SUMS).read_bytes())
    damaged = [Finding(run, SUMS, problem)] if problem else []
    damaged += [
        Finding(run, SUMS, f"does not list {name}") for name in sorted(EXPECTED - set(hashes))
    ]
    extra = [
        Finding(run, name, f"does not belong to the pack: {SUMS} does not list it")
        for name in sorted(there - set(hashes) - EXPECTED - {SUMS})
    ]
    return damaged + _unlike_hashes(folder, run, hashes) + extra


def _unlike_hashes(folder: Path, run: str, hashes: Mapping[str, str]) -> list[Finding]:
    found = []
    for name, wanted in hashes.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            found.append(Finding(run, name, "is missing"))
        elif sha256(path) != wanted:
            found.append(Finding(run, name, f"was changed: {SUMS} has another hash of it"))
    return found
