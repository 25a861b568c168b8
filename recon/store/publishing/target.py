"""A target in a database: a schema of recon's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from recon.base.errors import UsageError
from recon.store.publishing.dialects import Cursor, Dialect
from recon.store.publishing.plan import Place
from recon.store.publishing.star import PUBLISHED, SHAPE, Published
from recon.store.session import literal, name

# One row: which snapshot is there. A row for each table and month: of which file it was made.
PUBLICATION, PARTS, VIEWS = "recon_publication", "recon_parts", "recon_views"
_BOOKS = {
    PUBLICATION: "store {key}, shape {key}, snapshot {count}, published_at {key}, "
    "published_by {key}",
    PARTS: "table_name {key}, month {key}, file_name {key}, row_count {count}",
    VIEWS: "view_name {key}, definition {long}",
}
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class State:
    """The state of a target: snapshot, store, shape, and files."""

    snapshot: int | None = None
    store: str = ""
    shape: str = SHAPE
    files: Mapping[Place, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """A schema of a database that is published to.

    `commit` keeps all that was done.
    """

    cursor: Cursor
    dialect: Dialect
    schema: str
    commit: Callable[[], None]

    def at(self, table: str) -> str:
        """The full name of a table."""
        return f"{name(self.schema)}.{name(table)}"

    def run(self, statement: str, *parameters: object) -> int:
        """Run a statement; return how many rows it changed."""
        self.cursor.execute(statement, *parameters)
        return max(self.cursor.rowcount, 0)

    def ask(self, query: str, *parameters: object) -> list[Sequence[object]]:
        """The rows of a query."""
        self.cursor.execute(query, *parameters)
        return self.cursor.fetchall()

    def relations(self) -> set[str]:
        """The tables and views of the schema."""
        return {str(found) for (found,) in self.ask(self.dialect.relations, self.schema)}

    def state(self) -> State:
        """The state, empty where nothing was published.

        Raises UsageError where the schema holds tables of somebody else.
        """
        found = self.relations()
        if not found:
            return State()
        if not found >= set(_BOOKS):
            listed = ", ".join(sorted(found)[:_SHOWN]) + (", …" if len(found) > _SHOWN else "")
            raise UsageError(
                f"The schema {self.schema} holds tables that recon has not made ({listed}); "
                "choose another one with schema = '…', which recon then has for itself."
            )
        (row,) = self.ask(f"SELECT snapshot, store, shape FROM {self.at(PUBLICATION)}")
        number, store, shape = (str(value) for value in row)
        parts = self.ask(f"SELECT table_name, month, file_name FROM {self.at(PARTS)}")
        files = {(str(table), str(month)): str(file) for table, month, file in parts}
        return State(int(number), store, shape, files)

    def create(self) -> None:
        """Create the schema with every table, empty."""
        quoted = name(self.schema)
        self.run(self.dialect.create_schema.format(schema=quoted, text=literal(self.schema)))
        for book, columns in _BOOKS.items():
            self.run(f"CREATE TABLE {self.at(book)} ({columns.format(**self.dialect.book_types)})")
        for table in PUBLISHED.values():
            self._create(table)

    def _create(self, table: Published) -> None:
        parts = [self.column(table, column.name) for column in table.columns]
        if table.key:
            parts.append(f"PRIMARY KEY ({_listed(table.key)})")
        for column, other in table.refers.items():
            key = PUBLISHED[other].key
            parts.append(
                f"FOREIGN KEY ({name(column)}) REFERENCES {self.at(other)} ({_listed(key)})"
            )
        divided = f" PARTITION BY RANGE ({name(table.day)})" if table.day else ""
        self.run(
            f"CREATE TABLE {self.at(table.name)} ({', '.join(parts)})"
            + (divided if self.dialect.partitioned else "")
        )
        for column in table.refers:
            # The primary key begins with the day; what names a load is asked for by nobody.
            if column != "load" and not (column == table.day and table.key):
                index = name(f"{table.name}_{column}")
                self.run(f"CREATE INDEX {index} ON {self.at(table.name)} ({name(column)})")

    def column(self, table: Published, column: str) -> str:
        """The definition of a column."""
        (found,) = (each for each in table.columns if each.name == column)
        needed = " NOT NULL" if column in table.key else ""
        return f"{name(column)} {self.dialect.column_type(table, found)}{needed}"

    def drop(self) -> None:
        """Drop every table and view that recon has made."""
        for (view,) in self.ask(f"SELECT view_name FROM {self.at(VIEWS)}"):
            self.run(f"DROP VIEW {self.at(str(view))}")
        made = {str(of) for (of,) in self.ask(f"SELECT DISTINCT table_name FROM {self.at(PARTS)}")}
        older = sorted(made - set(PUBLISHED), key=_is_parent)
        for table in (*older, *reversed(PUBLISHED), *_BOOKS):
            self.run(f"DROP TABLE IF EXISTS {self.at(table)}")

    def note(self, row: Mapping[str, object], parts: Iterable[tuple[str, str, str, int]]) -> None:
        """Note the publication, and the parts that it wrote."""
        for table, month, file, rows in parts:
            self.forget_part((table, month))
            self.run(f"INSERT INTO {self.at(PARTS)} VALUES (?, ?, ?, ?)", table, month, file, rows)
        self.run(f"DELETE FROM {self.at(PUBLICATION)}")
        marks = ", ".join("?" for _ in row)
        self.run(
            f"INSERT INTO {self.at(PUBLICATION)} ({', '.join(row)}) VALUES ({marks})",
            *row.values(),
        )

    def forget_part(self, place: Place) -> None:
        """Forget of which file a part was made."""
        self.run(f"DELETE FROM {self.at(PARTS)} WHERE table_name = ? AND month = ?", *place)


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(map(name, columns))


def _is_parent(table: str) -> bool:
    return table.startswith("dim_") or table == "loads"
