"""Files of documents: any file, with columns and notations found.

A file is read as one of a feed is. Where nobody says how days and amounts are written, all of its
cells are asked; where they leave it open, it is a question.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from recon.base import temporary
from recon.base.documents import DocumentFile, documents
from recon.base.errors import SourceDataError, SourceUnreachable, UsageError
from recon.sources import bank, feed_files
from recon.sources.decoding import BLOCK, BYTE_ORDER_MARKS, GZIP, PARQUET
from recon.sources.excel.package import OLE, ZIP
from recon.sources.feed_files import FeedFile, Places
from recon.store.day_notations import ORDERS, in_order, is_open
from recon.store.feeds import staging
from recon.store.feeds.cells import Cells
from recon.store.session import Session, literal, name, reading

# Names of columns by which the usual files are known, the likeliest first.
_USUAL = {
    "document_ref": (
        "document_ref document number invoice invoice_no invoice_number invoice_id order_id "
        "order reference ref belegnummer beleg rechnung rechnungsnummer doc_no document_no"
    ),
    "posted_on": (
        "posted_on date posting_date booking_date value_date transaction_date invoice_date day "
        "created datum buchungstag valuta created_at paid_on"
    ),
    "amount": "amount betrag gross total value net umsatz amount_due sum",
    "customer_id": "customer_id customer account debitor kunde kundennummer client",
    "currency": "currency währung waehrung ccy",
    "kind": "kind type art",
}
_POINT, _COMMA = r"[+-]?[\d,'' ]*\.\d{1,2}", r"[+-]?[\d.'' ]*,\d{1,2}"
_OPEN_AMOUNT = r"[+-]?[1-9]\d{0,2}[.,]\d{3}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A file, and how it is read.

    `columns` maps our names to theirs; of what is left out, the usual names are looked for.
    """

    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    dates: str | None = None
    sheet: str | int | None = None
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class Staged:
    """A file's rows in a session: `relation`, valid or not.

    `columns` are the columns that are read, ours and theirs. `places` finds the lines of rows while
    the file is open.
    """

    relation: str
    columns: Mapping[str, str]
    places: Places
    notes: Sequence[str]
    faults: Sequence[tuple[int, str]]


@contextmanager
def staged(session: Session, asked: Asked, relation: str) -> Iterator[Staged]:
    """Yield a file's rows, typed, in a named relation.

    Raises SourceUnreachable, SourceDataError, and UsageError where a column is not there, or where
    something has to be said first.
    """
    path = asked.path
    if not path.is_file():
        raise SourceUnreachable(f"{path} is not a file.")
    if bank.is_statement(path):
        with _as_file(asked) as (copy, told), staged(session, copy, relation) as file:
            places = partial(_entry_places, path.name)
            yield replace(file, places=places, notes=[*told, *file.notes])
        return
    feed = DocumentFile(
        name=path.name,
        kind=documents(*asked.columns or ("amount",)),
        path=path,
        columns=asked.columns,
        currency=asked.currency,
        encoding=asked.encoding or _encoding(path),
        delimiter=asked.delimiter,
        decimal=asked.decimal,
        dates=asked.dates,
        sheet=asked.sheet,
    )
    with feed_files.opened(session, feed, path, feed_files.fingerprint(path)) as file:
        found = _columns(asked, file)
        feed = replace(feed, kind=documents(*_needed(found)), columns=found)
        feed = _with_notations(session, feed, file)
        with reading(feed.name, path.name):
            staging.stage(
                session, Cells(feed, file.header), file.relation, by_line=False, mended=False
            )
            session.execute(
                f"""CREATE OR REPLACE TEMP TABLE {relation} AS
                SELECT * REPLACE (CASE WHEN recon_fault IS NULL AND amount IS NULL AND less IS NULL
                    THEN 'amount is missing' ELSE recon_fault END AS recon_fault) FROM staged"""
            )
        faults = session.execute(
            f"""SELECT recon_row, recon_fault FROM {relation} WHERE recon_fault IS NOT NULL
            ORDER BY recon_row"""
        ).fetchall()
        yield Staged(relation, found, file.places, file.notes, faults)


@contextmanager
def _as_file(asked: Asked) -> Iterator[tuple[Asked, list[str]]]:
    """Yield a bank statement as a file of its entries."""
    with temporary.folder() as folder:
        copy = Path(folder) / f"{asked.path.stem}.csv"
        told = bank.as_csv(asked.path, copy)
        yield replace(asked, path=copy, encoding="utf-8", delimiter=",", decimal="."), told


def _entry_places(name: str, rows: Sequence[int]) -> dict[int, str]:
    return {row: f"{name}, entry {row:,}" for row in rows}


def _needed(found: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that no row may lack."""
    return () if "less" in found else ("amount",)


def _encoding(path: Path) -> str:
    """The encoding: UTF-8, UTF-16 or that of Windows."""
    try:
        with path.open("rb") as file:
            start = file.read(BLOCK)
        if start[:2] in BYTE_ORDER_MARKS:
            return "utf-16"
        if start.startswith((PARQUET, GZIP, ZIP, OLE)):
            return "utf-8"
        found = next((each for each in ("utf-8", "cp1252") if _is_written_in(path, each)), None)
    except OSError as error:
        raise SourceUnreachable(f"{path} cannot be read ({error.strerror}).") from error
    if found is None:
        raise SourceDataError(
            f"{path} is no text in UTF-8, UTF-16 or the encoding of Windows; save it as UTF-8."
        )
    return found


def _is_written_in(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                decoder.decode(block)
    except UnicodeError:
        return False
    return True


def _columns(asked: Asked, file: FeedFile) -> dict[str, str]:
    """Our names -> theirs, asked for or usual.

    Raises UsageError where one that is asked for, or an amount, is not there.
    """
    theirs = {_plainly(column): column for column in file.header}
    found = {}
    for ours, their in asked.columns.items():
        if _plainly(their) not in theirs:
            raise UsageError(
                f"{asked.path.name} has no column {their!r} (it has {', '.join(file.header)})."
            )
        found[ours] = theirs[_plainly(their)]
    for ours, usual in _USUAL.items():
        free = [name for name in usual.split() if theirs.get(name, "") not in found.values()]
        known = next((theirs[name] for name in free if name in theirs), None)
        if ours not in found and known:
            found[ours] = known
    if "amount" not in found:
        raise UsageError(
            f"Which column of {asked.path.name} is the amount? Name it with --amount (it has "
            f"{', '.join(file.header)})."
        )
    return found


def _plainly(column: str) -> str:
    """A column's name in small letters and underscores."""
    return "_".join(column.lower().replace("-", " ").replace(".", " ").replace("_", " ").split())


def _with_notations(session: Session, feed: DocumentFile, file: FeedFile) -> DocumentFile:
    """The file with the notations that its cells prove."""
    written = {ours for ours, their in feed.columns.items() if file.header[their] == "VARCHAR"}
    days = [ours for ours in ("posted_on", "due_on") if ours in written]
    amounts = [ours for ours in ("amount", "less") if ours in written]
    if feed.decimal is None and amounts:
        feed = replace(feed, decimal=_decimal(session, feed, file, amounts))
    if feed.dates is None and days:
        texts = _texts(session, feed, file, days)
        feed = replace(feed, dates=_order(feed, filter(is_open, texts)))
    return feed


def _cells(feed: DocumentFile, file: FeedFile, ours: Iterable[str]) -> str:
    """The relation of the texts of some columns."""
    return " UNION ALL ".join(
        f"SELECT trim({name(feed.columns[each])}) AS cell FROM {file.relation}" for each in ours
    )


def _texts(session: Session, feed: DocumentFile, file: FeedFile, ours: Iterable[str]) -> list[str]:
    with reading(feed.name, file.path.name):
        rows = session.execute(f"SELECT DISTINCT cell FROM ({_cells(feed, file, ours)})").fetchall()
    return [cell for (cell,) in rows if cell]


def _order(feed: DocumentFile, texts: Iterable[str]) -> str | None:
    """The order of day and month that all texts allow."""
    found = list(texts)
    fits = [order for order in ORDERS if all(in_order(text, order) for text in found)]
    if found and len(fits) == len(ORDERS):
        raise UsageError(
            f"{found[0]!r} in {feed.name} may be two days: say with --dates whether the day comes "
            "first (dmy) or the month (mdy)."
        )
    return fits[0] if found and fits else None


def _decimal(
    session: Session, feed: DocumentFile, file: FeedFile, ours: Iterable[str]
) -> str | None:
    """The decimal sign that the amounts prove, if any."""
    counts = ", ".join(
        f"count(*) FILTER (regexp_full_match(cell, {literal(form)}))"
        for form in (_POINT, _COMMA, _OPEN_AMOUNT)
    )
    with reading(feed.name, file.path.name):
        found = session.execute(
            f"SELECT {counts} FROM ({_cells(feed, file, ours)})"
        ).fetchone() or (0, 0, 0)
    point, comma, is_left = found
    if point and comma:
        return None
    if is_left and not point and not comma:
        raise UsageError(
            f"Amounts of {feed.name} such as 1.234 may be thousands or decimals: say with "
            "--decimal whether their decimal sign is . or ,"
        )
    return "," if comma else "." if is_left else None


def select(staged: Staged, asked: Asked) -> str:
    """The SELECT of a file's documents, for matching."""
    sign = "-" if asked.inverted else ""
    amount = "coalesce(amount, 0) - coalesce(less, 0)"
    return f"""SELECT recon_row AS place, document_ref AS ref, customer_id AS customer,
        posted_on AS day, CAST({sign}({amount}) * 10000 AS BIGINT) AS amount,
        coalesce(currency, '') AS currency, kind, due_on
        FROM {staged.relation} WHERE recon_fault IS NULL"""


__all__ = ["Asked", "Staged", "select", "staged"]
