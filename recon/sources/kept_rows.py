"""Rows that `where` keeps, by SQL over columns as text.

It is one expression over one row, without any subquery, so that it can read nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recon.base.errors import ConfigError
from recon.config import SourceSettings
from recon.sources.places import Delivered
from recon.store.columns import PLACE
from recon.store.session import Session, columns, evaluating, name, refuse_many

_NUMBER = "row_number() OVER () AS recon_delivered"
# The row as it was delivered, beside its columns as text.
_GIVEN = "recon_given"


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows kept: relation, column of their place, notice.

    `delivered` finds their numbers among all rows.
    """

    relation: str
    place: str
    told: list[str]
    delivered: Delivered


def kept_rows(session: Session, settings: SourceSettings, relation: str, place: str) -> Kept:
    """The rows that `where` keeps.

    `place` is the column that numbers the rows, or ''. Raises ConfigError for a mistake in the
    expression.
    """
    key, where = f"{settings.side}.where", settings.where or "true"
    found = columns(session, relation)
    with evaluating(key, [column.strip() for column in found]):
        refuse_many(where)
        _refuse_subqueries(session, key, where)
        # A comment at its end ends with its line.
        condition = f"({where}\n)"
        rows = f"(SELECT {_texts(found)} {place} FROM {relation} recon_row_of)"
        counted = session.execute(
            f"SELECT count(*), count(*) FILTER (WHERE {condition}) FROM {rows}"
        ).fetchone()
    total, kept = counted or (0, 0)
    told = [
        f"Left out of the {settings.side} side: {total - kept:,} of {total:,} rows, which "
        f"{key} does not keep."
    ]
    own = f", {PLACE}" if place else ""
    numbered = f"(SELECT {_texts(found)}, {_NUMBER} FROM {relation} recon_row_of)"
    return Kept(
        f"(SELECT {_GIVEN}.* {own} FROM {rows} WHERE {condition})",
        own,
        told if total > kept else [],
        lambda wanted: _delivered(session, f"{numbered} WHERE {condition}", wanted),
    )


def _delivered(session: Session, kept: str, wanted: Sequence[int]) -> dict[int, int]:
    """The numbers of kept rows among all delivered ones."""
    found = session.execute(
        f"""SELECT kept, delivered FROM (
            SELECT row_number() OVER () AS kept, recon_delivered AS delivered FROM {kept})
        SEMI JOIN (SELECT unnest(?) AS kept) USING (kept)""",
        [list(wanted)],
    ).fetchall()
    return dict(found)


def _texts(found: dict[str, str]) -> str:
    """The row itself, and its columns as text."""
    texts = ", ".join(
        f"CAST({name(column)} AS VARCHAR) AS {name(column.strip())}" for column in found
    )
    return f"recon_row_of AS {_GIVEN}, {texts}"


def _refuse_subqueries(session: Session, key: str, where: str) -> None:
    found = session.execute("SELECT json_serialize_sql(?)", [f"SELECT ({where}\n)"]).fetchone()
    if found and "SUBQUERY" in _classes(json.loads(found[0])):
        mistake = f"{key}: it has a subquery; only the columns of a row can be used"
        raise ConfigError([mistake], "the configuration")


def _classes(node: object) -> Iterator[str]:
    """Yield the classes of an expression's parts."""
    if isinstance(node, dict):
        yield str(node.get("class"))
        for child in node.values():
            yield from _classes(child)
    elif isinstance(node, list):
        for child in node:
            yield from _classes(child)
