"""Loads on the console: problems, feeds and verdict.

Of a few files each has its line; `full` lists everything of each.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from recon.base.text import counted, shortened
from recon.reports.console.layout import CRITICAL, PLAIN, SOFT, STRONG, WARNING, Column, Pen

if TYPE_CHECKING:
    from recon.store.feeds.rejecting import Rejected
    from recon.store.load import Loaded
    from recon.store.outcome import FileOutcome, Report

# So many files are shown one by one, and so many rejected rows of each.
_FEW = 5
# So many problems of one kind are shown.
_MOST = 8
# So many reasons of rejected rows are shown.
_REASONS = 4
_TOTALS = {"sales": "revenue", "credits": "amount", "debits": "amount"}
_CLEANED = {
    "trimmed": "blanks trimmed",
    "mapped": "values mapped",
    "rounded": "amounts with too many decimals rounded",
    "computed": "revenue computed",
    "defaulted": "discount taken as 0",
    "filled": "filled with fixed values",
    "folded": "ids spelled as in the store",
}
_QUOTED = re.compile(r"'.*?'|\b\w+ [\d, ]*\d(?: and [\d,]+| and others)(?= have)")


def report_lines(
    pen: Pen, report: Report, *, quiet: bool = False, full: bool = False
) -> Iterator[Text]:
    """Yield the lines on a load, the verdict last."""
    loaded = [each for each in report.outcomes if each.loaded is not None]
    yield from _problems(pen, report, loaded, full=full)
    if quiet:
        return
    few = len(loaded) <= _FEW
    if full:
        for outcome in loaded:
            yield from _whole(pen, outcome, dry=report.dry)
    elif loaded:
        yield Text()
        yield from _table(pen, [[each] for each in loaded] if few else _by_feed(loaded), few)
        yield from _notes(pen, loaded, few=few)
    yield from _known(pen, report, full=full)
    if report.low:
        items = "1 item is" if len(report.low) == 1 else f"{len(report.low):,} items are"
        said = f"{items} below the reorder point; `recon kpi inventory` lists them."
        yield from pen.paragraph(pen.text(said, SOFT), 2)
    if report.alerts:
        yield from pen.paragraph(pen.text(report.alerts), 0)
    yield from pen.paragraph(pen.text(verdict(report), STRONG), 0)


def _by_feed(loaded: Sequence[FileOutcome]) -> list[list[FileOutcome]]:
    """The outcomes of each feed, by name."""
    ordered = sorted(loaded, key=lambda each: each.feed)
    return [list(of) for _, of in groupby(ordered, key=lambda each: each.feed)]


def _problems(
    pen: Pen, report: Report, loaded: Sequence[FileOutcome], *, full: bool
) -> Iterator[Text]:
    """Refused files, findings, and rejected rows."""
    most = 1_000_000 if full else _MOST
    refused = [each for each in report.outcomes if each.status == "refused"]
    found = [
        (CRITICAL, f"{each.path.name} ({each.feed}) is refused: {shortened(each.reason)}.")
        for each in refused
    ][:most]
    if len(refused) > most:
        found.append((CRITICAL, f"{counted(len(refused) - most, 'other file')} refused."))
    told = [
        *(each.sentence for each in report.findings),
        *(
            f"{each.path.name} ({each.feed}): {found.sentence}"
            for each in loaded
            for found in each.findings
        ),
    ]
    found += [(WARNING, said) for said in told[:most]]
    if len(told) > most:
        found.append((WARNING, f"{len(told) - most:,} findings more; --full lists them."))
    for style, said in found:
        yield from _marked(pen, said, style)
    if not full:
        few = len(loaded) <= _FEW
        for of in [[each] for each in loaded] if few else [loaded]:
            yield from _rejected(pen, of)


def _marked(pen: Pen, said: str, style: Style = WARNING) -> Iterator[Text]:
    first, *rest = pen.paragraph(pen.text(said, style), 2)
    yield Text("! ", style) + first[2:]
    yield from rest


def _rejected(pen: Pen, outcomes: Sequence[FileOutcome]) -> Iterator[Text]:
    """Rejected rows of a file, or of many, by reason."""
    rows = [row for each in outcomes for row in each.rejected]
    if not rows:
        return
    files = [each for each in outcomes if each.rejected]
    one = files[0]
    where = counted(len(files), "file") if files[1:] else f"{one.path.name} ({one.feed})"
    head = f"{counted(len(rows), 'row')} of {where} rejected"
    if len(rows) <= _FEW and len(outcomes) == 1:
        yield from _marked(pen, f"{head}:")
        for row in rows:
            yield from pen.paragraph(pen.text(_row(row)), 4)
        return
    kinds = Counter(shortened(_QUOTED.sub("…", row.reason).strip()) for row in rows)
    parts = [f"{n:,} x {kind}" for kind, n in kinds.most_common(_REASONS)]
    rest = len(rows) - sum(n for _, n in kinds.most_common(_REASONS))
    parts += [f"{rest:,} others"] if rest else []
    place = rows[0].place or f"row {rows[0].row:,}"
    yield from _marked(pen, f"{head}: {'; '.join(parts)}. The first is {place}.")


def _row(row: Rejected) -> str:
    return f"{row.place or f'row {row.row:,}'}: {shortened(row.reason)}"


def _table(pen: Pen, groups: Sequence[Sequence[FileOutcome]], few: bool) -> Iterator[Text]:
    """A line for each feed, or for each file."""
    cells = [_cells(of, few) for of in groups]
    columns = [[pen.text(row[at]) for row in cells] for at in range(len(cells[0]))]
    names, files, rows, new, changed, same, rejected, total, days = columns
    listed = [
        Column("file" if few else "feed", names, least=8),
        Column("feed" if few else "files", files, right=not few, least=5),
        Column("rows", rows, right=True),
        Column("new", new, right=True),
        Column("changed", changed, right=True),
        Column("as before", same, right=True),
        Column("rejected", rejected, right=True),
        Column("amount", total, right=True),
        Column("days", days, drop=1),
    ]
    yield from pen.table([each for each in listed if any(cell.plain for cell in each.cells)])


def _cells(outcomes: Sequence[FileOutcome], few: bool) -> list[str]:
    loads = [each.loaded for each in outcomes if each.loaded]
    counts: Counter[str] = Counter()
    for each in loads:
        counts.update(each.counts)
    same = counts["unchanged"] + counts["repeated"]
    changed = counts["updated"] + sum(each.removed for each in loads)
    one = outcomes[0]
    return [
        one.path.name if few else one.feed,
        one.feed if few else f"{len(outcomes):,}",
        f"{sum(each.rows for each in loads):,}",
        *(f"{n:,}" if n else "" for n in (counts["inserted"], changed, same, counts["rejected"])),
        _total(outcomes),
        _days(loads),
    ]


def _total(outcomes: Sequence[FileOutcome]) -> str:
    """Revenue, or the amount, of the rows not rejected."""
    measure = _TOTALS.get(outcomes[0].kind)
    if measure is None:
        return ""
    total = sum(
        (
            of[measure]
            for each in outcomes
            if each.loaded
            for fate, of in each.loaded.sums.items()
            if fate != "rejected"
        ),
        Decimal(0),
    )
    return f"{total:,.2f}"


def _days(loads: Sequence[Loaded]) -> str:
    days = [day for each in loads for day in (each.first_day, each.last_day) if day]
    if not days:
        return ""
    return str(min(days)) if min(days) == max(days) else f"{min(days)} to {max(days)}"


def _notes(pen: Pen, loaded: Sequence[FileOutcome], *, few: bool) -> Iterator[Text]:
    """Restated months, notes and ids, in a few lines."""
    said = []
    if few:
        said += [
            sentence
            for each in loaded
            if each.loaded
            for sentence in [*restated_sentences(each.loaded, each.path), *each.notes]
        ]
    else:
        months = {of.month for each in loaded if each.loaded for of in each.loaded.restated}
        if months:
            said.append(
                f"{counted(len(months), 'past month')} changed; `recon loads --restated` says how."
            )
    said += _summed(loaded, cleaned=few)
    folders = {each.rejected_file.parent for each in loaded if each.rejected_file}
    said += [
        f"Rejected rows are in {folder}; put them right, and send the files back."
        for folder in sorted(folders)
    ]
    for sentence in said[: _MOST + 3]:
        yield from pen.paragraph(pen.text(sentence))


def _summed(loaded: Sequence[FileOutcome], *, cleaned: bool = True) -> list[str]:
    """Sentences on cleaned rows, and on ids taken in."""
    by_kind: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for each in loaded:
        if each.loaded:
            by_kind.update(each.loaded.cleaned)
            taken.update(each.loaded.placeholders)
    said = []
    if by_kind and cleaned:
        parts = ", ".join(f"{_CLEANED[kind]} in {n:,}" for kind, n in by_kind.items())
        said.append(f"Cleaned rows: {parts}.")
    if taken:
        parts = ", ".join(counted(n, column.removesuffix("_id")) for column, n in taken.items())
        said.append(f"New, and taken in until their feed names them: {parts}.")
    return said


def _whole(pen: Pen, outcome: FileOutcome, *, dry: bool) -> Iterator[Text]:
    """Everything on one file."""
    loaded = outcome.loaded
    assert loaded is not None  # noqa: S101
    load = "would be" if dry else f"load {outcome.load}:"
    total, days = _total([outcome]), _days([loaded])
    amount = f"; {_TOTALS[outcome.kind]} {total}" if total else ""
    said = f"{outcome.path.name} ({outcome.feed}): {load} {_counts(loaded)}{amount}"
    yield Text()
    yield from pen.paragraph(pen.text(f"{said}{f', {days}' if days else ''}.", PLAIN), 0)
    rest = [f"! {each.sentence}" for each in outcome.findings]
    rest += [f"rejected: {_row(row)}" for row in outcome.rejected]
    if outcome.rejected_file:
        rest.append(f"All of them are in {outcome.rejected_file}.")
    rest += [*restated_sentences(loaded, outcome.path), *_summed([outcome]), *outcome.notes]
    for sentence in rest:
        yield from pen.paragraph(pen.text(sentence))


def _counts(loaded: Loaded) -> str:
    """The counts: `1,259 rows: 1,200 inserted, 59 rejected`."""
    parts = [f"{count:,} {fate}" for fate, count in loaded.counts.items() if count]
    if loaded.removed:
        parts.append(f"{counted(loaded.removed, 'earlier row')} removed")
    if loaded.mended:
        parts.append(f"{counted(loaded.mended, 'rejected row')} mended")
    return f"{counted(loaded.rows, 'row')}: {', '.join(parts)}" if parts else "0 rows"


def _known(pen: Pen, report: Report, *, full: bool) -> Iterator[Text]:
    """Files met before: each by itself, or their number."""
    known = [each for each in report.outcomes if each.status == "known"]
    if len(known) > _FEW and not full:
        said = [f"{counted(len(known), 'file')} met before; nothing of them has changed."]
    else:
        said = [f"{each.path.name} ({each.feed}): {each.reason}." for each in known]
    for sentence in said:
        yield from pen.paragraph(pen.text(sentence, SOFT))


def verdict(report: Report) -> str:
    """The sentence on the whole run."""
    loads = [each.loaded for each in report.outcomes if each.loaded]
    if not report.outcomes:
        done = "No file waits"
    elif loads:
        rows = counted(sum(each.rows for each in loads), "row")
        verb = "would be loaded" if report.dry else "loaded"
        done = f"{counted(len(loads), 'file')} {verb}, {rows}"
    else:
        done = "Nothing to load"
    open_ends = _open_ends(report)
    said = f"{done}; look into {', '.join(open_ends)}" if open_ends else f"{done}; all is well"
    if not loads and not open_ends:
        said = done
    return f"{said}. Nothing was changed." if report.dry else f"{said}."


def _open_ends(report: Report) -> list[str]:
    rejected = sum(len(each.rejected) for each in report.outcomes)
    refused = sum(each.status == "refused" for each in report.outcomes)
    findings = len(report.findings) + sum(len(each.findings) for each in report.outcomes)
    counts = ((refused, "refused file"), (rejected, "rejected row"), (findings, "finding"))
    return [counted(count, noun) for count, noun in counts if count]


def restated_sentences(loaded: Loaded, path: Path) -> Iterator[str]:
    """Yield a sentence for each past month that changed."""
    for each in loaded.restated:
        way = "higher" if each.change > 0 else "lower"
        yield (
            f"{each.measure} of {each.month:%Y-%m} is {abs(each.change):,.2f} {each.currency} "
            f"{way}, since {path.name} sent {counted(each.rows, 'row')} of it."
        )
