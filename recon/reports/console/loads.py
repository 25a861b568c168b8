"""Lists of loads on the console."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from recon.base.text import counted, shortened
from recon.record.journal.signing import Signature

_COLUMNS = ("load", "loaded at", "feed", "file", "rows", "new", "changed", "rejected", "status")
_FATES = ("inserted", "updated", "unchanged", "repeated", "rejected", "removed", "overlapping")
Row = Mapping[str, Any]


def list_lines(loads: Sequence[Row]) -> Iterator[str]:
    """Yield a table of loads, the last first."""
    if not loads:
        yield "Nothing was loaded yet; `recon load` does it."
        return
    rows = [_COLUMNS, *(_cells(each) for each in loads)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_COLUMNS))]
    for row in rows:
        cells = [
            cell.rjust(width) if 4 <= at <= 7 or at == 0 else cell.ljust(width)  # noqa: PLR2004
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _cells(load: Row) -> tuple[str, ...]:
    opened = f" ({load['open']:,} open)" if load["open"] else ""
    overlap = ", overlapping" if load["overlapping"] and not load["accepted"] else ""
    return (
        str(load["load"]),
        f"{load['loaded_at']:%Y-%m-%d %H:%M}",
        load["feed"],
        PurePath(load["file"]).name,
        f"{load['read_rows'] or 0:,}",
        f"{load['inserted'] or 0:,}",
        f"{load['updated'] or 0:,}",
        f"{load['rejected'] or 0:,}{opened}",
        f"{load['status']}{overlap}",
    )


def one_lines(load: Row) -> Iterator[str]:
    """Yield the lines on one load."""
    yield f"Load {load['load']}: {PurePath(load['file']).name} of feed {load['feed']}"
    yield f"  {load['status']} at {load['loaded_at']:%Y-%m-%d %H:%M} UTC by {load['loaded_by']}"
    yield f"  {load['file']}, {load['size']:,} bytes, SHA-256 {load['sha256']}"
    if load["read_rows"] is not None:
        fates = ", ".join(f"{load[fate]:,} {fate}" for fate in _FATES if load[fate])
        yield f"  {counted(load['read_rows'], 'row')}: {fates}"
        if load["open"]:
            yield f"  {counted(load['open'], 'rejected row')} still to be mended"
        for fate, sums in (load["sums"] or {}).items():
            totals = ", ".join(
                f"{column} {Decimal(total):,.2f}"
                for column, total in sums.items()
                if Decimal(total)
            )
            yield f"  {fate}: {totals}" if totals else f"  {fate}"
    yield from (f"  {line}" for line in restated_lines([load]))
    yield from (f"  {note}" for note in load["notes"] or ())


def restated_lines(
    loads: Sequence[Row], signed: Mapping[date, Signature] | None = None
) -> Iterator[str]:
    """Yield a sentence for each past month that changed.

    It says so where the month had been signed off before.
    """
    for load in loads:
        for month, measure, currency, change, rows in load["restated"] or ():
            amount = Decimal(change)
            way = "higher" if amount > 0 else "lower"
            yield (
                f"{measure} of {month[:7]} is {abs(amount):,.2f} {currency} {way}, since "
                f"{PurePath(load['file']).name} (load {load['load']}) sent "
                f"{counted(rows, 'row')} of it.{_after((signed or {}).get(_day(month)), load)}"
            )


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _after(signature: Signature | None, load: Row) -> str:
    """A sentence where a load came after a signature."""
    if signature is None or load["loaded_at"] <= signature.at.astimezone(UTC).replace(tzinfo=None):
        return ""
    return f" The month had been signed off by {signature.who} on {signature.at:%Y-%m-%d}."


def rejected_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a line for each rejected row."""
    if not rows:
        yield "No rejected row is open."
    for row in rows:
        mended = f" (mended by load {row['mended_by']})" if row["mended_by"] else ""
        place = row["place"] or f"row {row['recon_row']:,}"
        yield f"load {row['load']}, {place}: {shortened(str(row['reason']))}{mended}"
