"""The ledger of receivables, from files or a database."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from recon.base.documents import DocumentFile, documents
from recon.base.errors import MissingColumns, SourceDataError
from recon.base.fields import NEEDED, RECEIVABLES
from recon.base.month import Month
from recon.config import SourceKind, SourceSettings
from recon.sources import fetched, source
from recon.sources.database import Database
from recon.sources.delivery import Delivery, Request, Scratch
from recon.sources.odbc import OdbcSource
from recon.sources.parts import QueryPart
from recon.sources.side_by_side import Note, unheard
from recon.store.columns import PLACE
from recon.store.feeds import staging
from recon.store.feeds.cells import Cells
from recon.store.session import Session, columns, reading


@dataclass(frozen=True, slots=True)
class ReceivablesDatabase(OdbcSource):
    """The ledger of receivables read from a database.

    Its query delivers all documents, and has no `?`.
    """

    def _parts(
        self, database: Database, query: str, request: Request, kinds: object
    ) -> list[QueryPart]:
        wrapped = f"FROM ({query}) q"
        return [QueryPart(f"SELECT * {wrapped}", f"SELECT COUNT(*), SUM(amount) {wrapped}")]

    def columns(self, database: Database, query: str) -> dict[str, type]:
        """The query's columns in lower case, and their types.

        Raises SourceDataError where several have one name.
        """
        cursor = database.execute(f"SELECT * FROM ({query}) q WHERE 1 = 0")
        names = [column[0].lower() for column in cursor.description]
        if len(set(names)) < len(names):
            raise SourceDataError(
                f"The receivables ({self.description}) have several columns of one name "
                f"({', '.join(names)}); give each one its own."
            )
        return {column[0].lower(): column[1] for column in cursor.description}


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger's rows in a session, valid or not.

    `faults` are the rows that cannot be used, with their reasons.
    """

    description: str
    delivery: Delivery
    faults: Sequence[tuple[int, str]]


def delivered(
    settings: SourceSettings, month: Month, scratch: Scratch, note: Note = unheard
) -> Delivery:
    """The ledger as delivered.

    Raises ConfigError, SourceUnreachable and SourceDataError.
    """
    database = settings.kind in (SourceKind.SQLSERVER, SourceKind.ODBC)
    side = ReceivablesDatabase(settings) if database else source(settings)
    return fetched({RECEIVABLES: side}, Request(month), scratch, lambda _: None, note)[RECEIVABLES]


def stage_ledger(
    session: Session,
    settings: SourceSettings,
    delivery: Delivery,
    currency: str,
    relation: str,
    stack: ExitStack,
) -> Ledger:
    """Type the ledger's rows into a relation of that name.

    Raises SourceDataError where a column is missing.
    """
    opened = stack.enter_context(delivery.opened(session))
    with reading(RECEIVABLES, delivery.description):
        found = columns(session, opened)
        lower = {column.strip().lower() for column in found}
        if missing := [column for column in NEEDED[RECEIVABLES] if column not in lower]:
            raise MissingColumns(RECEIVABLES, missing, [each for each in found if each != PLACE])
        file = DocumentFile(
            name=RECEIVABLES,
            kind=documents(*NEEDED[RECEIVABLES]),
            path=settings.path or Path(),
            currency=currency,
            # A file's amounts are plain numbers by now, where its decimal sign is known.
            decimal="." if settings.decimal or settings.kind is not SourceKind.FILES else None,
            date_format=settings.date_format,
            dates=settings.dates,
        )
        header = {column: kind for column, kind in found.items() if column.lower() != PLACE}
        place = "" if PLACE in lower else f", row_number() OVER () AS {PLACE}"
        rows = f"(SELECT *{place} FROM {opened})"
        staging.stage(session, Cells(file, header), rows, by_line=False, mended=False)
        session.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS FROM staged")
    faults = session.execute(
        f"""SELECT {PLACE}, recon_fault FROM {relation} WHERE recon_fault IS NOT NULL
        ORDER BY {PLACE}"""
    ).fetchall()
    return Ledger(delivery.description, delivery, faults)
