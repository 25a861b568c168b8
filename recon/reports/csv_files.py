"""The reports as CSV, for Excel as well as for programs.

UTF-8 with a byte order mark, without which Excel takes it for the local code page; commas; CRLF.
A text that Excel would run as a formula gets a leading apostrophe, a number never does.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from recon.base import money
from recon.base.result import Break, InvalidRow, Lines, Reconciliation
from recon.reconciliation.adjusting_entries import Proposals
from recon.reconciliation.rollforward import RollforwardRow
from recon.record.journal.history import History
from recon.reports import open_rows, proposal_rows
from recon.reports.csv_lines import line_rows

AMOUNTS = frozenset(
    {
        "expected",
        "recognized",
        "difference",
        "allowed",
        "to_date_expected",
        "to_date_recognized",
        "unrecognized_remainder",
    }
)
BREAK_COLUMNS = (
    "break",
    "contract_id",
    "revenue_type",
    "currency",
    "customer",
    "segment",
    "owner",
    "status",
    "cause",
    "candidates",
    "severity",
    "expected",
    "recognized",
    "difference",
    "percent",
    "allowed",
    "to_date_difference",
    "flags",
    "entry_ids",
    "explanation",
)

ROLLFORWARD_COLUMNS = (
    "revenue_type",
    "segment",
    "currency",
    "opening",
    "bookings",
    "changes",
    "terminations",
    "recognized",
    "closing",
    "beyond_value",
)

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(
    result: Reconciliation,
    folder: Path,
    *,
    rollforward: Sequence[RollforwardRow] | None = None,
    proposals: Proposals | None = None,
    history: History | None = None,
) -> list[Path]:
    """Write breaks.csv, lines.csv, invalid.csv and bridge.csv; return their paths in that order.

    After them rollforward.csv, proposed_entries.csv and, of the history, open_breaks.csv, where
    these are given. Raises OSError where a file cannot be written.
    """
    written = [
        _write(folder / "breaks.csv", BREAK_COLUMNS, map(_break_row, result.breaks)),
        _write_lines(folder / "lines.csv", result.lines),
        _write(folder / "invalid.csv", ("side", "row", "id", "reason"), _invalid(result.invalid)),
        _write(folder / "bridge.csv", ("currency", "bucket", "amount", "lines"), _bridge(result)),
    ]
    if rollforward is not None:
        rows = map(_rollforward_row, rollforward)
        written.append(_write(folder / "rollforward.csv", ROLLFORWARD_COLUMNS, rows))
    if proposals is not None:
        path = folder / "proposed_entries.csv"
        written.append(_write(path, proposal_rows.COLUMNS, _proposals(proposals)))
    if history is not None:
        path, still_open = folder / "open_breaks.csv", open_rows.plain_rows(history, result.month)
        written.append(_write(path, open_rows.COLUMNS, map(_guarded_row, still_open)))
    return written


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with _opened(path) as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path


def _write_lines(path: Path, lines: Lines) -> Path:
    with _opened(path) as file:
        csv.writer(file, lineterminator="\r\n").writerow(lines.columns)
        file.writelines(line_rows(lines, AMOUNTS))
    return path


def _opened(path: Path) -> TextIO:
    # Half a surrogate pair from a broken source must not keep the month from being reported.
    file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    # The codec that writes it by itself takes a step of Python for every row.
    file.write("\N{ZERO WIDTH NO-BREAK SPACE}")
    return file


def guarded(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _guarded_row(row: Sequence[object]) -> list[object]:
    # The amount is no text of the data; a minus sign before it is no formula.
    amount = open_rows.COLUMNS.index("open_amount")
    return [
        guarded(value) if isinstance(value, str) and place != amount else value
        for place, value in enumerate(row)
    ]


def _break_row(item: Break) -> list[str]:
    currency = item.currency
    return [
        item.name,
        *map(guarded, (item.contract_id, item.revenue_type, item.currency, item.customer)),
        *map(guarded, (item.segment, item.owner)),
        item.status.value,
        item.cause.value,
        ", ".join(item.candidates),
        item.severity.word,
        money.plain(item.expected, currency),
        money.plain(item.recognized, currency),
        money.plain(item.difference, currency),
        item.percent,
        money.plain(item.allowed, currency),
        money.plain(item.to_date_difference, currency),
        ", ".join(item.flags),
        guarded(", ".join(item.entry_ids)),
        guarded(item.explanation),
    ]


def _invalid(rows: Iterable[InvalidRow]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        yield row.side.value, row.row, guarded(row.id), guarded(row.reason)


def _bridge(result: Reconciliation) -> Iterator[tuple[object, ...]]:
    for currency, buckets in sorted(result.bridge.items()):
        for step in buckets:
            amount = money.plain(step.amount, currency)
            yield guarded(currency), step.bucket, amount, step.lines


def _rollforward_row(row: RollforwardRow) -> list[str]:
    amounts = [money.plain(getattr(row, name), row.currency) for name in ROLLFORWARD_COLUMNS[3:]]
    return [*map(guarded, row.key), *amounts]


def _proposals(found: Proposals) -> Iterator[list[object]]:
    currency_at = proposal_rows.COLUMNS.index("currency")
    amounts = [name in ("debit", "credit") for name in proposal_rows.COLUMNS]
    for row in proposal_rows.proposal_rows(found, repeat=True):
        currency = str(row[currency_at])
        yield [
            money.plain(value, currency)
            if amount and isinstance(value, int)
            else guarded(value)
            if isinstance(value, str)
            else value
            for value, amount in zip(row, amounts, strict=True)
        ]
