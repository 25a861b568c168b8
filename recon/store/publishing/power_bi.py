"""Power BI: a connection file, and the model as text.

Nobody has opened them in Power BI here; they follow its documentation.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from recon.store.publishing.star import PUBLISHED, Published
from recon.store.session import writing

CONNECTION, MODEL = "recon.pbids", "recon.SemanticModel"
_NOTE = (
    "Made by recon publish from its tables, and not opened in Power BI by recon's authors. "
    "It is written anew with every publication."
)
_TYPES = {
    "VARCHAR": "string", "DECIMAL": "decimal", "DATE": "dateTime", "BIGINT": "int64",
    "BOOLEAN": "boolean", "TIMESTAMP": "dateTime",
}  # fmt: skip
# Tables of recon's own business rather than of figures.
_HIDDEN = ("loads", "rejected")


@dataclass(frozen=True, slots=True)
class Place:
    """A place that Power BI reads.

    `protocol` and `address` are those of a connection file; `source` are the lines of M that name
    it, and a table's rows are those of `item` with `{table}`.
    """

    protocol: str
    address: Mapping[str, str]
    direct: bool
    source: str
    item: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure: name, formula in DAX, meaning, and format."""

    table: str
    name: str
    formula: str
    meaning: str
    format: str = "#,0.00"


def postgresql(server: str, port: int, database: str, schema: str) -> Place:
    """A schema in PostgreSQL."""
    where = f"{server}:{port}"
    return Place(
        "postgresql",
        {"server": where, "database": database},
        True,
        f"PostgreSQL.Database({_text(where)}, {_text(database)})",
        f"Source{{[Schema={_text(schema)},Item={{table}}]}}[Data]",
    )


def sql_server(server: str, database: str, schema: str) -> Place:
    """A schema in SQL Server."""
    return Place(
        "tds",
        {"server": server, "database": database},
        True,
        f"Sql.Database({_text(server)}, {_text(database)})",
        f"Source{{[Schema={_text(schema)},Item={{table}}]}}[Data]",
    )


def folder(path: Path) -> Place:
    """A folder with Parquet by table and month."""
    files = (
        "Table.Combine(List.Transform(Table.SelectRows(Folder.Files(Source & {table}), "
        'each [Extension] = ".parquet")[Content], each Parquet.Document(_)))'
    )
    end = "\\" if "\\" in str(path) else "/"
    return Place("folder", {"path": str(path)}, False, _text(f"{path}{end}"), files)


def _text(value: str) -> str:
    """A text of M."""
    return '"' + value.replace('"', '""') + '"'


def write(at: Path, place: Place, measures: Iterable[Measure] = ()) -> None:
    """Write the connection file, and the model.

    Raises ReportError where they cannot be written.
    """
    made = list(measures)
    with writing(at):
        at.mkdir(parents=True, exist_ok=True)
        (at / CONNECTION).write_text(connection(place), encoding="utf-8")
        shutil.rmtree(at / MODEL, ignore_errors=True)
        for name, text in model(place, made).items():
            path = at / MODEL / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")


def connection(place: Place) -> str:
    """The text of a connection file."""
    details = {"protocol": place.protocol, "address": dict(place.address)}
    mode = "DirectQuery" if place.direct else "Import"
    found = {"details": details, "options": {}, "mode": mode}
    return json.dumps({"version": "0.1", "connections": [found]}, indent=2) + "\n"


def model(place: Place, measures: Iterable[Measure]) -> dict[str, str]:
    """The files of the model, with their texts."""
    made = list(measures)
    tables = {
        f"definition/tables/{table.name}.tmdl": _table(
            table, place, [each for each in made if each.table == table.name]
        )
        for table in PUBLISHED.values()
    }
    refs = "\n".join(f"ref table {name}" for name in PUBLISHED)
    return {
        "definition.pbism": json.dumps({"version": "4.0", "settings": {}}, indent=2) + "\n",
        "definition/database.tmdl": "database recon\n\tcompatibilityLevel: 1567\n",
        "definition/model.tmdl": (
            f"/// {_NOTE}\nmodel Model\n\tculture: en-US\n"
            f"\tdefaultPowerBIDataSourceVersion: powerBI_V3\n\n{refs}\n"
        ),
        "definition/relationships.tmdl": "\n".join(_relationships()),
        **tables,
    }


def _table(table: Published, place: Place, measures: Iterable[Measure]) -> str:
    lines = [f"table {table.name}"]
    lines += ["\tisHidden"] if table.name in _HIDDEN else []
    lines += ["\tdataCategory: Time"] if table.name == "dim_date" else []
    for measure in measures:
        lines += [
            "",
            f"\t/// {measure.meaning}",
            f"\tmeasure '{measure.name}' = {measure.formula}",
            f"\t\tformatString: {measure.format}",
        ]
    for column in table.columns:
        kind = column.sql_type.partition("(")[0]
        sums = "sum" if kind == "DECIMAL" and not table.name.startswith("dim_") else "none"
        lines += ["", f"\t/// {column.meaning}", f"\tcolumn {column.name}"]
        lines += [f"\t\tdataType: {_TYPES[kind]}"]
        lines += ["\t\tisKey"] if table.key == (column.name,) else []
        lines += ["\t\tformatString: yyyy-mm-dd"] if kind == "DATE" else []
        lines += [f"\t\tsummarizeBy: {sums}", f"\t\tsourceColumn: {column.name}"]
    rows = place.item.replace("{table}", _text(table.name))
    lines += [
        "",
        f"\tpartition {table.name} = m",
        f"\t\tmode: {'directQuery' if place.direct else 'import'}",
        "\t\tsource =",
        "\t\t\t\tlet",
        f"\t\t\t\t\tSource = {place.source},",
        f"\t\t\t\t\tRows = {rows}",
        "\t\t\t\tin",
        "\t\t\t\t\tRows",
    ]
    return "\n".join(lines) + "\n"


def _relationships() -> Iterator[str]:
    """One for each reference, from the many to the one."""
    for table in PUBLISHED.values():
        for column, other in table.refers.items():
            yield f"relationship {table.name}_{column}"
            yield f"\tfromColumn: {table.name}.{column}"
            yield f"\ttoColumn: {other}.{PUBLISHED[other].key[0]}"
            yield ""
