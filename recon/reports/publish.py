"""Publications as lines for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from recon.base.text import counted

if TYPE_CHECKING:
    from recon.store.publishing.plan import Part
    from recon.store.publishing.publication import Publication

SCHEMA = 1
Document = dict[str, object]


class Published(Protocol):
    """The outcome for one target."""

    @property
    def where(self) -> str:
        """The target, without secrets."""

    @property
    def snapshot(self) -> int:
        """The number of the snapshot."""

    @property
    def publication(self) -> Publication:
        """The parts that went there."""

    @property
    def model(self) -> Path | None:
        """The folder with the files for Power BI."""


def publish_lines(done: Sequence[Published], *, dry: bool) -> Iterator[str]:
    """Yield the lines on each target."""
    for each in done:
        made = each.publication
        if not made.plan:
            yield f"{each.where} has snapshot {each.snapshot} already; nothing changed."
            continue
        verb = "would get" if dry else "has"
        before = f" instead of {made.before}" if made.before not in (None, each.snapshot) else ""
        yield f"{each.where} {verb} snapshot {each.snapshot}{before}:"
        if made.remade:
            yield "  Its tables had another form, and were made anew."
        for name, parts in groupby(made.plan.parts, key=lambda part: part.table.name):
            yield f"  {name:<18} {_written(list(parts))}"
        for table, month in made.plan.gone:
            yield f"  {table:<18} {month} is gone"
        if not dry:
            yield "  Rows and sums of every amount agree with the store."
        if each.model:
            yield f"  Power BI: {each.model / 'recon.pbids'}, and the model beside it."


def _written(parts: Sequence[Part]) -> str:
    rows = counted(sum(part.rows for part in parts), "row").rjust(17)
    months = sorted(part.month for part in parts)
    if months == ["all"]:
        return rows
    if len(months) == 1:
        return f"{rows} of {months[0]}"
    return f"{rows} of {counted(len(months), 'month')}, {months[0]} to {months[-1]}"


def publish_document(done: Sequence[Published], *, dry: bool) -> Document:
    """The publications as one document."""
    return {
        "schema": SCHEMA,
        "command": "publish",
        "dry_run": dry,
        "targets": [
            {
                "target": each.where,
                "snapshot": each.snapshot,
                "before": each.publication.before,
                "remade": each.publication.remade,
                "parts": [
                    {"table": part.table.name, "month": part.month, "rows": part.rows}
                    for part in each.publication.plan.parts
                ],
                "gone": [list(place) for place in each.publication.plan.gone],
                "views": list(each.publication.views),
                "model": each.model.as_posix() if each.model else None,
            }
            for each in done
        ],
    }
