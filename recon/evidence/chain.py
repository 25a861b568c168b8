"""The chain: every pack names the one before it, with its hash.

Whoever changes a pack and its hashes has to change every later one, and whoever takes a run away
leaves a name behind that nothing answers to. Only the latest run has nobody to vouch for it: its
hash is recorded elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recon.evidence.documents import read
from recon.evidence.facts import Finding, Previous
from recon.evidence.names import FOLDER, PREVIOUS
from recon.evidence.sums import SUMS, sha256

# A run's folder; one that was blocked got a number.
_RUN = re.compile(r"(\d{4}-\d{2}_(\d{8}T\d{6}Z)_[0-9a-f]{4})(-\d+)?")


@dataclass(frozen=True, slots=True)
class _Link:
    """A pack in the chain; `sha256` is '' where its SHA256SUMS cannot be read."""

    run: str
    sha256: str
    previous: Previous | None


def packs(reports: Path, which: str | None = None) -> list[Path]:
    """Return where the packs of a folder of reports are or should be, the oldest run first.

    `which` is a run's id or a month; None takes all.
    """
    runs = [path for path in reports.glob("*/*") if _RUN.fullmatch(path.name) and path.is_dir()]
    chosen = [path for path in runs if which in (None, path.name, path.parent.name)]
    return [path / FOLDER for path in sorted(chosen, key=lambda path: _age(path.name))]


def last_pack(reports: Path) -> Previous | None:
    """Return the latest pack of a folder of reports, for the next one to name; None without any."""
    found = [pack for pack in packs(reports) if (pack / SUMS).is_file()]
    if not found:
        return None
    last = max(found, key=lambda p: (_age(p.parent.name)[0], (p / SUMS).stat().st_mtime_ns))
    return Previous(_run_id(last), sha256(last / SUMS))


def _age(name: str) -> tuple[str, str]:
    found = _RUN.fullmatch(name)
    return (found[2], name) if found else ("", name)


def _run_id(pack: Path) -> str:
    found = _RUN.fullmatch(pack.parent.name)
    return found[1] if found else pack.parent.name


def verify_chain(folders: Sequence[Path]) -> list[Finding]:
    """Return where the chain through all packs of a folder of reports is broken.

    `folders` are those of the packs, the oldest first; each finding names the run to look at.
    """
    links, found = [], []
    for folder in folders:
        try:
            links.append(_link(folder))
        except (OSError, ValueError):
            found.append(Finding(_run_id(folder), PREVIOUS, "does not name the run before"))
            links.append(_Link(_run_id(folder), _seal(folder), Previous("", "")))
    return [*found, *_twice(links), *_unnamed(links), *_broken(links)]


def _link(folder: Path) -> _Link:
    """Return a pack's place in the chain; raises OSError, ValueError."""
    named = read(folder / PREVIOUS)
    run, seal = named.get("run_id"), named.get("sha256")
    if run is None and seal is None:
        return _Link(_run_id(folder), _seal(folder), None)
    if not (isinstance(run, str) and isinstance(seal, str)):
        raise ValueError("it names no run")
    return _Link(_run_id(folder), _seal(folder), Previous(run, seal))


def _seal(folder: Path) -> str:
    try:
        return sha256(folder / SUMS)
    except OSError:
        return ""


def _twice(links: Iterable[_Link]) -> list[Finding]:
    runs = Counter(link.run for link in links)
    return [Finding(run, FOLDER, "is there twice") for run, count in runs.items() if count > 1]


def _unnamed(links: Sequence[_Link]) -> list[Finding]:
    """Return the later runs that name no run before them."""
    first = [link for link in links if link.previous is None]
    late = first[1:] if first and first[0] is links[0] else first
    return [
        Finding(link.run, PREVIOUS, "names no run before it, but there are earlier ones")
        for link in late
    ]


def _broken(links: Sequence[_Link]) -> list[Finding]:
    """Return the runs that are gone, that were changed, and those between which one is gone."""
    seals = {link.run: link.sha256 for link in links}
    followers: Mapping[str, list[_Link]] = defaultdict(list)
    found = []
    for link in links:
        if link.previous is None or not link.previous.run_id:
            continue
        followers[link.previous.run_id].append(link)
        before = link.previous.run_id
        if before not in seals:
            found.append(Finding(link.run, PREVIOUS, f"the run before, {before}, is gone"))
        elif seals[before] != link.previous.sha256:
            what = f"is not the one that the next run, {link.run}, has recorded"
            found.append(Finding(before, SUMS, what))
    for run, following in followers.items():
        for link in following[1:]:
            what = f"{following[0].run} follows {run} too: a run is gone, or two ran at once"
            found.append(Finding(link.run, PREVIOUS, what))
    return found
