"""The table of relations, held against a session and against the source that names them."""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

import recon
from recon.reconciliation.explain import contract_detail
from recon.reconciliation.relations import RELATIONS, Relation
from recon.store.session import Session, columns
from tests.books import contract, entry, opened

ROOMS = ("reconciliation", "run")
GIVEN = {"contracts_frame", "entries_frame"}


def modules() -> Iterator[tuple[str, str]]:
    """Yield the modules that may name a relation, as the table names them, with their source."""
    house = Path(recon.__file__).parent
    for path in sorted(path for room in ROOMS for path in (house / room).rglob("*.py")):
        parts = path.relative_to(house).with_suffix("").parts
        name = ".".join(parts).removeprefix("reconciliation.")
        yield name, path.read_text(encoding="utf-8")


SOURCES = dict(modules())


def naming(pattern: str) -> set[str]:
    """Return the modules whose source has a pattern."""
    return {module for module, source in SOURCES.items() if re.search(pattern, source)}


def in_session(session: Session) -> set[str]:
    """Return the tables and views of a session that recon has made."""
    found = session.execute(
        """SELECT table_name FROM duckdb_tables()
        UNION SELECT view_name FROM duckdb_views() WHERE NOT internal"""
    ).fetchall()
    return {name for (name,) in found} - GIVEN


def folded(names: Iterator[str], stars: set[str]) -> tuple[str, ...]:
    """Return columns of which those of a source, like `given_amount`, are one."""
    starred = (next((s for s in stars if name.startswith(s[:-1])), name) for name in names)
    return tuple(name for name, _ in groupby(starred))


@pytest.fixture(scope="module")
def session() -> Session:
    """Return the session of a month with breaks, one of its contracts explained."""
    several = [contract(f"C-{n}") for n in range(4, 8)]
    contracts = [contract("C-1"), contract("C-2"), contract("C-2", owner="Else"), *several]
    entries = [entry(f"J-{n}", f"C-{n}", "9.00") for n in (1, 2, 3)]
    session, result = opened(contracts, entries, compliance=("preparer",), earlier=())
    assert len(result.breaks) == 6
    contract_detail(session, result, "C-1", ("preparer",))
    return session


def test_every_relation_of_a_session_is_in_the_table(session: Session) -> None:
    """The table lists the relations of a month, none more and none less, and each once."""
    names = [relation.name for relation in RELATIONS]
    assert in_session(session) == set(names)
    assert len(names) == len(set(names))


def test_every_relation_has_the_columns_of_the_table(session: Session) -> None:
    """Their order is the table's, too."""
    for relation in RELATIONS:
        stars = {column for column in relation.columns if column.endswith("*")}
        found = folded(iter(columns(session, relation.name)), stars)
        assert found == relation.columns, relation.name


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.name)
def test_a_relation_is_made_and_read_by_the_modules_of_the_table(relation: Relation) -> None:
    """One module makes it; the table lists the others that read it, in their order."""
    name = relation.name
    made = rf"(TABLE|VIEW|INTO)\s+{name}\b"
    read = (
        rf"(FROM|JOIN)\s+{name}\b|entries_of\('{name}'\)"
        rf'|(is_any|columns)\(\w+, f?"{name}\b|"{name}\s(\w\s)?(WHERE|JOIN|SEMI)'
    )
    assert naming(made) == {relation.made_by}
    assert tuple(sorted(naming(read) - {relation.made_by})) == relation.read_by


def test_no_step_within_a_query_has_the_name_of_a_relation() -> None:
    """Of two things with one name, nobody could say which one a query reads."""
    names = "|".join(relation.name for relation in RELATIONS)
    assert not naming(rf"(WITH|,)\s+({names})\s+AS \(")
