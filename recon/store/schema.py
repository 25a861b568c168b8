"""The star: its tables and columns, as data.

Every row of a feed knows its load and its row in the file. What a load ends, a changed or removed
row, stays in the table's history with the number of that load.
"""

from __future__ import annotations

from dataclasses import dataclass

from recon.base.feeds import KINDS, FeedKind
from recon.store.session import Session, is_any

# The name under which a session has the store attached.
STORE = "store"
VERSION = 3
TYPE_2 = "dim_customer"


@dataclass(frozen=True, slots=True)
class StarColumn:
    """A column of the star: name, SQL type, meaning."""

    name: str
    sql_type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class StarTable:
    """A table that a kind of feed fills."""

    name: str
    kind: FeedKind
    columns: tuple[StarColumn, ...]

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        return [column.name for column in self.columns]


_FEED = StarColumn("feed", "VARCHAR", "the feed that sent the row")
_ALWAYS = (
    StarColumn("load", "BIGINT", "the load that brought the row"),
    StarColumn("recon_row", "BIGINT", "the row's number in its file, from 1"),
)
_OVERLAP = StarColumn(
    "overlap_of", "BIGINT", "an earlier load that has the same row; it is in no figure"
)
_RECEIVABLE = StarColumn(
    "receivable", "DECIMAL(19,4)", "the change of what the customer owes: the amount by its sign"
)
_PLACEHOLDER = StarColumn(
    "placeholder", "BOOLEAN", "whether only facts have named it, and no feed of its own yet"
)
_VALID_TO = StarColumn("valid_to", "DATE", "the last day for which the row holds, blank if it does")


def _table(kind: FeedKind) -> StarTable:
    own = [StarColumn(each.name, each.sql_type, each.meaning) for each in kind.columns]
    if kind.name in ("credits", "debits"):
        own.append(_RECEIVABLE)
    if kind.table == TYPE_2:
        own.append(_VALID_TO)
    if kind.table.startswith("dim_"):
        own.append(_PLACEHOLDER)
    if kind.overlap:
        own.append(_OVERLAP)
    return StarTable(kind.table, kind, (_FEED, *own, *_ALWAYS))


TABLES = {kind.table: _table(kind) for kind in KINDS.values()}

LOADS = (
    StarColumn("load", "BIGINT", "the number of the load"),
    StarColumn("feed", "VARCHAR", "the feed"),
    StarColumn("kind", "VARCHAR", "the kind of feed"),
    StarColumn("file", "VARCHAR", "the path of the file"),
    StarColumn("size", "BIGINT", "its size in bytes"),
    StarColumn("sha256", "VARCHAR", "its SHA-256"),
    StarColumn("settings", "VARCHAR", "a hash of the settings by which it was read"),
    StarColumn("status", "VARCHAR", "loaded, refused or undone"),
    StarColumn("loaded_at", "TIMESTAMP", "the moment of the load, in UTC"),
    StarColumn("loaded_by", "VARCHAR", "the account that loaded it"),
    StarColumn("read_rows", "BIGINT", "rows read"),
    StarColumn("inserted", "BIGINT", "new rows"),
    StarColumn("updated", "BIGINT", "rows with other content than before"),
    StarColumn("unchanged", "BIGINT", "rows that were there already"),
    StarColumn("repeated", "BIGINT", "equal rows that came again in the same file"),
    StarColumn("rejected", "BIGINT", "rows that could not be used"),
    StarColumn("removed", "BIGINT", "earlier rows of its sales that the file no longer has"),
    StarColumn("overlapping", "BIGINT", "rows that another feed has delivered already"),
    StarColumn("accepted", "BOOLEAN", "whether overlapping rows were accepted"),
    StarColumn("first_day", "DATE", "the first day of its rows"),
    StarColumn("last_day", "DATE", "the last day of its rows"),
    StarColumn("header", "VARCHAR", "the columns of the file, as JSON"),
    StarColumn("sums", "VARCHAR", "the sum of each amount by what became of the rows, as JSON"),
    StarColumn("cleaned", "VARCHAR", "how many rows were cleaned, by kind, as JSON"),
    StarColumn("restated", "VARCHAR", "what the load changed of earlier months, as JSON"),
    StarColumn("notes", "VARCHAR", "sentences on the load, as JSON"),
)
REJECTED = (
    StarColumn("load", "BIGINT", "the load"),
    StarColumn("feed", "VARCHAR", "the feed"),
    StarColumn("recon_row", "BIGINT", "the row's number in its file, from 1"),
    StarColumn("place", "VARCHAR", "the file and the line on which the row begins"),
    StarColumn("fault_column", "VARCHAR", "the first column at fault"),
    StarColumn("cell", "VARCHAR", "the cell as it was"),
    StarColumn("reason", "VARCHAR", "why the row was rejected"),
    StarColumn("row_key", "VARCHAR", "the key of the row, as far as it has one"),
    StarColumn("cells", "VARCHAR", "all cells of the row, as JSON"),
    StarColumn("mended_by", "BIGINT", "the load in which the row came again in order"),
)
FINDINGS = (
    StarColumn("finding", "VARCHAR", "what was found, the same whenever it is found again"),
    StarColumn("kind", "VARCHAR", "the kind of finding, such as overlap, thin, missing or stock"),
    StarColumn("feed", "VARCHAR", "the feed, blank where it is of several"),
    StarColumn("load", "BIGINT", "the load that it is on, blank where it is on none"),
    StarColumn("sentence", "VARCHAR", "the finding in words"),
    StarColumn("found_at", "TIMESTAMP", "the moment at which it was first found, in UTC"),
)
# What a load stands on, what changed, and which months of a snapshot are to be made again.
_OTHERS = {
    "loads": LOADS,
    "rejected": REJECTED,
    "findings": FINDINGS,
    "links": (
        StarColumn("load", "BIGINT", "a load"),
        StarColumn("stands_on", "BIGINT", "an earlier load whose rows it changed or found"),
    ),
    "changes": (
        StarColumn("change", "BIGINT", "the number of the change, that of the snapshot"),
        StarColumn("what", "VARCHAR", "load, undo, accept, forget or findings"),
        StarColumn("load", "BIGINT", "the load"),
        StarColumn("changed_at", "TIMESTAMP", "the moment, in UTC"),
    ),
    "changed_months": (
        StarColumn("change", "BIGINT", "the change"),
        StarColumn("table_name", "VARCHAR", "a table"),
        StarColumn("month", "DATE", "the first day of a month, blank for all"),
    ),
    "about": (
        StarColumn("version", "BIGINT", "the version of these tables"),
        StarColumn("store", "VARCHAR", "a mark that no other store has"),
    ),
}


def create(session: Session) -> None:
    """Create the tables where they are not there yet."""
    for table in TABLES.values():
        _create(session, table.name, table.columns)
        ended = StarColumn("ended_by", "BIGINT", "the load that changed or removed the row")
        _create(session, f"{table.name}_history", (*table.columns, ended))
    for name, columns in _OTHERS.items():
        _create(session, name, columns)
    if not is_any(session, f"{STORE}.about"):
        session.execute(
            f"INSERT INTO {STORE}.about VALUES ({VERSION}, CAST(gen_random_uuid() AS VARCHAR))"
        )


def _create(session: Session, table: str, columns: tuple[StarColumn, ...]) -> None:
    listed = ", ".join(f"{column.name} {column.sql_type}" for column in columns)
    session.execute(f"CREATE TABLE IF NOT EXISTS {STORE}.{table} ({listed})")
