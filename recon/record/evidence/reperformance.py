"""Re-performance: the reconciliation made again from a pack.

It is held against the pack's own files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from recon import __version__
from recon.base.errors import ReconError
from recon.base.policy import Policy
from recon.base.result import Side
from recon.reconciliation.document import dumps
from recon.reconciliation.revenue import reconcile_relations
from recon.record.evidence.cash import KIND, derived_cash_again
from recon.record.evidence.documents import derived, know_named_rows, read
from recon.record.evidence.extracts import extract_relation, extract_totals
from recon.record.evidence.facts import PackFinding
from recon.record.evidence.layout import (
    CASH_TOLD,
    CONTROL_TOTALS,
    PAGE,
    POLICY,
    RESULTS,
    RUN,
    SOURCES,
    TOLD,
    Document,
    month_of,
)
from recon.store.session import session

# How many differences of a file are told one by one.
SHOWN = 5


def reperform(folder: Path, run: str) -> list[PackFinding]:
    """The findings where a pack and its extracts disagree.

    Whatever a pack holds, it ends in findings: nothing is raised for what is wrong with it.
    """
    try:
        if is_cash(folder):
            told = {name: read(folder / name) for name in CASH_TOLD}
            found, uncounted = derived_cash_again(folder, told), []
        else:
            told = {name: read(folder / name) for name in TOLD}
            found = _derived_again(folder, told)
            uncounted = _uncounted(run, told, json.loads(found[CONTROL_TOTALS]))
    except ReconError as error:
        return [_failed(run, str(error))]
    except Exception as error:  # noqa: BLE001 - a forged file may break anything
        return [_failed(run, f"{type(error).__name__}: {error}".splitlines()[0])]
    version = str(_written_by(told[RUN]))
    return uncounted + [
        PackFinding(run, name, _with_version(what, version))
        for name, text in found.items()
        for written in [(folder / name).read_bytes()]
        for what in _differences(name, written, _as_then(name, text, written))
    ]


def is_cash(folder: Path) -> bool:
    """Whether a pack is of order to cash.

    What cannot be read is taken for a month's, and found as damaged.
    """
    try:
        return read(folder / RUN).get("kind") == KIND
    except (OSError, ValueError):
        return False


def _failed(run: str, why: str) -> PackFinding:
    return PackFinding(run, RUN, f"the reconciliation cannot be repeated: {why}")


def _derived_again(folder: Path, told: Mapping[str, Document]) -> dict[str, str]:
    run = told[RUN]
    with session(folder) as opened:
        know_named_rows(opened, run)
        result = reconcile_relations(
            opened,
            extract_relation(folder, Side.ANALYTICS),
            extract_relation(folder, Side.ACCOUNTING),
            month_of(told[RUN]),
            Policy.of(told[POLICY]),
            descriptions={side: run["descriptions"][side.value] for side in Side},
            compliance=tuple(run["compliance"]),
        )
        totals = {side: extract_totals(opened, folder, side) for side in Side}
        return derived(result, totals, told)


def _uncounted(run: str, told: Mapping[str, Document], totals: Document) -> list[PackFinding]:
    """The sides of which a server counted other rows."""
    found = []
    for side, name in SOURCES.items():
        held = totals[side.value].get("extract_entries", totals[side.value]["extract_rows"])
        counted = sum(part["rows"] for part in told[name].get("parts", ()))
        if "parts" in told[name] and counted != held:
            what = f"the server counted {counted:,} rows, but the extract holds {held:,}"
            found.append(PackFinding(run, name, what))
    return found


def _written_by(run: Document) -> object:
    versions = run.get("versions")
    return versions.get("recon") if isinstance(versions, Mapping) else None


def _with_version(what: str, written_by: str) -> str:
    if written_by == __version__:
        return what
    return f"{what} (written by recon {written_by}, made again by recon {__version__})"


def _as_then(name: str, wanted: str, written: bytes) -> str:
    """Wanted text, without gross amounts where a pack has none.

    Packs of before they were kept stay as true as they were.
    """
    if name != RESULTS or b'"bridge"' not in written:
        return wanted
    try:
        steps = [step for each in json.loads(written)["bridge"].values() for step in each]
        if any("gross" in step for step in steps):
            return wanted
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return wanted
    content = json.loads(wanted)
    for each in content["bridge"].values():
        for step in each:
            del step["gross"]
    return dumps(content)


def _differences(name: str, written: bytes, wanted: str) -> list[str]:
    """A file's first few differences from the wanted one."""
    if written == wanted.encode():
        return []
    found = list(islice(_places(name, written, wanted), SHOWN + 1))
    if not found:
        return ["it has the right content in other bytes"]
    return [*found[:SHOWN], "and more"] if len(found) > SHOWN else found


def _places(name: str, written: bytes, wanted: str) -> Iterator[str]:
    text = written.decode("utf-8", errors="replace")
    if name == PAGE:
        return _unlike_lines(text, wanted)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return iter(["it is not JSON"])
    return unlike(content, json.loads(wanted))


def _unlike_lines(written: str, wanted: str) -> Iterator[str]:
    ours, theirs = wanted.splitlines(), written.splitlines()
    length = max(len(ours), len(theirs))
    for number in range(length):
        ours_here, theirs_here = (
            lines[number] if number < len(lines) else "nothing" for lines in (ours, theirs)
        )
        if ours_here != theirs_here:
            yield f"line {number + 1}: {theirs_here!r} instead of {ours_here!r}"


def unlike(written: object, wanted: object, key: str = "") -> Iterator[str]:
    """The differences of two JSON values.

    As in `totals.USD.recognized: 1.00 instead of 2.00`.
    """
    if isinstance(written, dict) and isinstance(wanted, dict):
        for name in [*wanted, *(name for name in written if name not in wanted)]:
            below = f"{key}.{name}" if key else name
            if name not in written or name not in wanted:
                yield f"{below}: {'missing' if name in wanted else 'not one of recon'}"
            else:
                yield from unlike(written[name], wanted[name], below)
    elif isinstance(written, list) and isinstance(wanted, list):
        if len(written) != len(wanted):
            yield f"{key}: {len(written):,} instead of {len(wanted):,} of them"
        for number, pair in enumerate(zip(written, wanted, strict=False)):
            yield from unlike(*pair, f"{key}[{number}]")
    elif written != wanted or type(written) is not type(wanted):
        yield f"{key}: {_shown(written)} instead of {_shown(wanted)}"


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 100 else f"{text[:100]}…"  # noqa: PLR2004 - a line
