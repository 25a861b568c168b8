"""The reports as CSV, for Excel and for programs.

UTF-8 with a byte order mark, without which Excel takes it for the local code page; commas; CRLF.
A text that Excel would run as a formula gets a leading apostrophe, a number never does.

A month may have millions of lines: DuckDB writes their rows, the same, to the byte, as the csv
module and `guarded` would.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TextIO

from recon.base import money
from recon.base.events import Event
from recon.base.month import Month
from recon.base.result import Break, InvalidRow, Lines, Reconciliation
from recon.base.text import FORMULA, MARK, UNSEEN, for_duckdb, guarded
from recon.reconciliation.adjusting_entries import Proposals
from recon.reconciliation.rollforward import RollforwardRow
from recon.record.journal.history import History
from recon.record.journal.model import OpenItem
from recon.reports.rows import (
    OPEN_COLUMNS,
    PROPOSAL_COLUMNS,
    plain_open_rows,
    plain_rows,
    proposal_rows,
)
from recon.store.session import literal, name

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
    "event",
)
EVENT_COLUMNS = (
    "event",
    "kind",
    "severity",
    "sentence",
    "advice",
    "mark",
    "lines",
    "share",
    "net",
    "gross",
    "breaks_left",
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


INVALID_COLUMNS = (
    "side", "row", "place", "id", "reason", "currency", "amount", "customer", "owner",
)  # fmt: skip
BRIDGE_COLUMNS = ("currency", "bucket", "amount", "lines", "gross")


def write_csv(
    result: Reconciliation,
    folder: Path,
    *,
    rollforward: Sequence[RollforwardRow] | None = None,
    proposals: Proposals | None = None,
    history: History | None = None,
) -> list[Path]:
    """Write the five CSV files; return their paths.

    They are breaks.csv, lines.csv, invalid.csv, bridge.csv and events.csv, in that order. After
    them rollforward.csv, proposed_entries.csv and, of the history, open_breaks.csv, where these
    are given. Raises OSError where a file cannot be written.
    """
    written = [
        _write(folder / "breaks.csv", BREAK_COLUMNS, map(_break_row, result.breaks)),
        _write_lines(folder / "lines.csv", result.lines),
        _write(
            folder / "invalid.csv",
            INVALID_COLUMNS,
            _invalid(result.invalid),
        ),
        _write(folder / "bridge.csv", BRIDGE_COLUMNS, _bridge(result)),
        _write(folder / "events.csv", EVENT_COLUMNS, map(_event_row, result.events)),
    ]
    if rollforward is not None:
        rows = map(_rollforward_row, rollforward)
        written.append(_write(folder / "rollforward.csv", ROLLFORWARD_COLUMNS, rows))
    if proposals is not None:
        path = folder / "proposed_entries.csv"
        written.append(_write(path, PROPOSAL_COLUMNS, _proposals(proposals)))
    if history is not None:
        path, still_open = folder / "open_breaks.csv", plain_rows(history, result.month)
        written.append(_write(path, OPEN_COLUMNS, map(_guarded_row, still_open)))
    return written


def open_csv(found: Iterable[OpenItem], month: Month, now: datetime) -> str:
    """The text of open breaks as CSV, as in open_breaks.csv."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(OPEN_COLUMNS)
    writer.writerows(map(_guarded_row, plain_open_rows(found, month, now)))
    return text.getvalue()


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


def _guarded_row(row: Sequence[object]) -> list[object]:
    # The amount is no text of the data; a minus sign before it is no formula.
    amount = OPEN_COLUMNS.index("open_amount")
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
        item.event,
    ]


def _event_row(event: Event) -> list[str]:
    return [
        event.id, event.kind.value, event.severity.word, guarded(event.sentence),
        guarded(event.advice), guarded(event.mark), str(event.lines),
        money.share(event.explained, event.marked), _amounts(event.net), _amounts(event.gross),
        str(event.breaks_left),
    ]  # fmt: skip


def _amounts(by_currency: Mapping[str, int]) -> str:
    listed = (f"{c} {money.plain(amount, c)}" for c, amount in sorted(by_currency.items()))
    return "; ".join(listed)


def _invalid(rows: Iterable[InvalidRow]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        amount = "" if row.amount is None else money.plain(row.amount, row.currency)
        known = map(guarded, (row.place, row.id, row.reason, row.currency))
        yield row.side.value, row.row, *known, amount, guarded(row.customer), guarded(row.owner)


def _bridge(result: Reconciliation) -> Iterator[tuple[object, ...]]:
    for currency, buckets in sorted(result.bridge.items()):
        for step in buckets:
            amount = money.plain(step.amount, currency)
            gross = money.plain(step.gross, currency)
            yield guarded(currency), step.bucket, amount, step.lines, gross


def _rollforward_row(row: RollforwardRow) -> list[str]:
    amounts = [money.plain(getattr(row, name), row.currency) for name in ROLLFORWARD_COLUMNS[3:]]
    return [*map(guarded, row.key), *amounts]


def _proposals(found: Proposals) -> Iterator[list[object]]:
    currency_at = PROPOSAL_COLUMNS.index("currency")
    amounts = [name in ("debit", "credit") for name in PROPOSAL_COLUMNS]
    for row in proposal_rows(found, repeat=True):
        currency = str(row[currency_at])
        yield [
            money.plain(value, currency)
            if amount and isinstance(value, int)
            else guarded(value)
            if isinstance(value, str)
            else value
            for value, amount in zip(row, amounts, strict=True)
        ]


# What a field is quoted for.
_SPECIAL = "concat('[,', chr(34), chr(13), chr(10), ']')"
# Words of our own, which neither a formula nor a quote is hidden in.
_OURS = frozenset(("kind", "currency", "status", "cause", "severity", "entries", "event"))
# By a currency's minor unit: how much of four decimals is cut off where it is zeros.
_ZEROS = {10_000: ".0000", 100: "00", 10: "0"}


def line_rows(lines: Lines, amounts: frozenset[str]) -> Iterator[str]:
    """The lines as rows of a CSV file.

    Each row ends with its line break; `amounts` names the columns that are amounts.
    """
    made = {column: _made(column, amounts) for column in lines.columns}
    fields = ", ',', ".join(_field(column, amounts) for column in lines.columns)
    return lines.texts(f"concat({fields}, chr(13), chr(10))", made | {"zeros": _zeros()})


def _made(column: str, amounts: frozenset[str]) -> str:
    """The SQL of a field: four decimals or harmless text."""
    value = name(column)
    if column in amounts:
        return f"CAST(CAST({value} AS DECIMAL(34, 0)) * CAST(0.0001 AS DECIMAL(4, 4)) AS VARCHAR)"
    if column in _OURS:
        return value
    unseen, formula, either = (
        literal(for_duckdb(each)) for each in (UNSEEN, FORMULA, f"{UNSEEN}|{FORMULA}")
    )
    seen = f"regexp_replace({value}, {unseen}, {literal(MARK)}, 'g')"
    guard = f"CASE WHEN regexp_matches({seen}, {formula}) THEN chr(39) ELSE '' END"
    # Nearly all texts are harmless, and one look says so.
    return f"CASE WHEN regexp_matches({value}, {either}) THEN {guard} || {seen} ELSE {value} END"


def _field(column: str, amounts: frozenset[str]) -> str:
    value = name(column)
    if column in amounts:
        short = f"left({value}, length({value}) - length(zeros))"
        return f"CASE WHEN ends_with({value}, zeros) THEN {short} ELSE {value} END"
    if column in _OURS:
        return value
    quoted = f"concat(chr(34), replace({value}, chr(34), chr(34) || chr(34)), chr(34))"
    return f"CASE WHEN regexp_matches({value}, {_SPECIAL}) THEN {quoted} ELSE {value} END"


def _zeros() -> str:
    """The SQL of the zeros to cut off amounts."""
    by_zeros: dict[str, list[str]] = {}
    for currency, unit in money.minor_units().items():
        by_zeros.setdefault(_ZEROS.get(unit, ""), []).append(literal(currency))
    cases = (f"WHEN currency IN ({', '.join(c)}) THEN '{zeros}'" for zeros, c in by_zeros.items())
    return f"CASE {' '.join(cases)} ELSE '{_ZEROS[100]}' END"
