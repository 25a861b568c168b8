"""The chain: every pack names the previous one's hash.

Anyone who changes a pack and its hashes has to change every later one, and anyone who takes a run
away leaves a name behind that nothing answers to. Only the latest run has none that vouches for it:
its hash is recorded elsewhere, in the journal of the runs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from recon.record.evidence.documents import read
from recon.record.evidence.facts import PackFinding, Previous
from recon.record.evidence.layout import FOLDER, PREVIOUS, packs, run_of
from recon.record.evidence.sums import SUMS, sha256


@dataclass(frozen=True, slots=True)
class _Link:
    """A pack in the chain.

    `sha256` is '' where its SHA256SUMS cannot be read.
    """

    run: str
    sha256: str
    previous: Previous | None


def left_over(reports: Path, last: Previous | None, recorded: Set[str]) -> list[Previous]:
    """The packs after the last recorded run, in order.

    A run that was cut off between its reports and its record has left a pack that is not among the
    `recorded` ones: the chain goes through it, so that nothing of what stands there is unproven.
    """
    loose: dict[str, Previous] = {}
    for folder in packs(reports, recorded):
        if run_of(folder) not in recorded:
            with suppress(OSError, ValueError):
                link = _link(folder)
                loose[link.previous.run_id if link.previous else ""] = Previous(
                    link.run, link.sha256
                )
    found = []
    while (run := last.run_id if last else "") in loose:
        last = loose.pop(run)
        found.append(last)
    return found


def verify_chain(
    folders: Sequence[Path], recorded: Mapping[str, str] | None = None
) -> list[PackFinding]:
    """The places where the chain through all packs is broken.

    `folders` are those of the packs, the oldest first; `recorded` has the SHA-256 of the SHA256SUMS
    of runs as it was noted outside their packs, '' where it is not known. Each finding names the
    run to look at.
    """
    links, found = [], []
    for folder in folders:
        try:
            links.append(_link(folder))
        except (OSError, ValueError):
            found.append(PackFinding(run_of(folder), PREVIOUS, "does not name the run before"))
            links.append(_Link(run_of(folder), _seal(folder), Previous("", "")))
    found += [*_twice(links), *_unnamed(links), *_broken(links)]
    return [*found, *_unrecorded(links, recorded or {})]


def _unrecorded(links: Sequence[_Link], recorded: Mapping[str, str]) -> list[PackFinding]:
    """Runs that differ from their record, or are gone."""
    seals = {link.run: link.sha256 for link in links}
    found = [
        PackFinding(run, SUMS, "is not the one that the journal has recorded")
        for run, seal in recorded.items()
        if seal and seals.get(run) and seals[run] != seal
    ]
    gone = [run for run in recorded if run not in seals]
    return found + [PackFinding(run, FOLDER, "is gone; the journal knows the run") for run in gone]


def _link(folder: Path) -> _Link:
    """A pack's place in the chain; raises OSError, ValueError."""
    named = read(folder / PREVIOUS)
    run, seal = named.get("run_id"), named.get("sha256")
    if run is None and seal is None:
        return _Link(run_of(folder), _seal(folder), None)
    if not (isinstance(run, str) and isinstance(seal, str)):
        raise ValueError("it names no run")
    return _Link(run_of(folder), _seal(folder), Previous(run, seal))


def _seal(folder: Path) -> str:
    try:
        return sha256(folder / SUMS)
    except OSError:
        return ""


def _twice(links: Iterable[_Link]) -> list[PackFinding]:
    runs = Counter(link.run for link in links)
    return [PackFinding(run, FOLDER, "is there twice") for run, count in runs.items() if count > 1]


def _unnamed(links: Sequence[_Link]) -> list[PackFinding]:
    """The later runs that name no run before them."""
    # The first one need not have the earliest name: a clock may have been set back.
    late = [link for link in links if link.previous is None][1:]
    return [
        PackFinding(link.run, PREVIOUS, "names no run before it, but there are earlier ones")
        for link in late
    ]


def _broken(links: Sequence[_Link]) -> list[PackFinding]:
    """Runs that are gone or changed, and forks."""
    seals = {link.run: link.sha256 for link in links}
    followers: Mapping[str, list[_Link]] = defaultdict(list)
    found = []
    for link in links:
        if link.previous is None or not link.previous.run_id:
            continue
        followers[link.previous.run_id].append(link)
        before = link.previous.run_id
        if before not in seals:
            found.append(PackFinding(link.run, PREVIOUS, f"the run before, {before}, is gone"))
        elif seals[before] != link.previous.sha256:
            what = f"is not the one that the next run, {link.run}, has recorded"
            found.append(PackFinding(before, SUMS, what))
    for run, following in followers.items():
        for link in following[1:]:
            what = f"{following[0].run} follows {run} too: a run is gone, or two ran at once"
            found.append(PackFinding(link.run, PREVIOUS, what))
    return found
