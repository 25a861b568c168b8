"""Draws: numbers that follow from seed, tag and key alone.

MD5 is the same in every version of DuckDB, on every machine and with any number of threads;
`hash()` and `random()` are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recon.store.session import Session, literal


def install(connection: Session, seed: int) -> None:
    """Create the macro draw(tag, key): 0 to 2^63 - 1."""
    connection.execute(
        "CREATE MACRO draw(tag, key) AS "
        f"CAST(md5_number_lower('{seed}:' || tag || ':' || key) // 2 AS BIGINT)"
    )


def one_of(items: Sequence[str | int], drawn: str) -> str:
    """The SQL of the item chosen by a drawn number."""
    return f"([{', '.join(map(literal, items))}])[1 + {drawn} % {len(items)}]"


def weighted(weights: Mapping[str, int] | Mapping[int, int], drawn: str) -> str:
    """The SQL of an item drawn by weight."""
    total, reached, cases = sum(weights.values()), 0, []
    for item, weight in weights.items():
        reached += weight
        cases.append(f"WHEN {drawn} % {total} < {reached} THEN {literal(item)}")
    return f"CASE {' '.join(cases)} END"
