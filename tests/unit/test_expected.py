"""Expected revenue in equal parts: planned by itself, the same as by the general arithmetic."""

from __future__ import annotations

import pytest

from recon.reconciliation.expected import ACCRUED_EVENLY, NARROW, TERM, WIDE, install, terms
from recon.store.session import Session, session

# Values of either sign in three minor units, of one to forty months; of three lines one runs its
# full term, and some close before they start.
LINES = """
    SELECT i AS line, (CAST(hash(i) % 2000000 AS BIGINT) - 1000000) * 100 AS value,
        [10, 100, 10000][CAST(hash(i + 1) % 3 AS INTEGER) + 1] AS unit,
        DATE '2022-01-01' + CAST(hash(i + 2) % 1200 AS INTEGER) AS term_start,
        CAST(1 + hash(i + 3) % 40 AS INTEGER) AS term_months,
        CASE WHEN hash(i + 4) % 3 > 0
            THEN DATE '2021-12-01' + CAST(hash(i + 5) % 2000 AS INTEGER) END AS closed_on,
        'even' AS convention, 'cumulative' AS rounding, 'full' AS start_rule, 'full' AS stop_rule
    FROM range(500) lines(i)"""
COMPARED = "line, start_month, term_end, basis, denominator, first, step, periods, close_month"
# Every fifth month from 2021 to 2029.
MONTHS = "range(2021 * 12, 2030 * 12, 5) months(m)"


def kinds(connection: Session, relation: str) -> list[tuple[str, str]]:
    """Return the columns of a relation with their types."""
    return [row[:2] for row in connection.execute(f"DESCRIBE {relation}").fetchall()]


@pytest.mark.parametrize("whole", [NARROW, WIDE])
def test_equal_parts_are_those_of_the_general_arithmetic(whole: str) -> None:
    """Terms have the same columns, types and values, and every month earns the same to date."""
    with session() as connection:
        install(connection)
        connection.execute(ACCRUED_EVENLY)
        for name, evenly in (("general", False), ("evenly", True)):
            made = terms(f"FROM ({LINES})", whole, cuts=False, evenly=evenly)
            connection.execute(f"CREATE TABLE {name} AS {made}")
        assert kinds(connection, "evenly") == kinds(connection, "general")
        found = [
            connection.execute(
                f"""SELECT {COMPARED}, m, {macro}(periods_by(m, {TERM}), {TERM})
                FROM {name}, {MONTHS} ORDER BY line, m"""
            ).fetchall()
            for macro, name in (("accrued", "general"), ("own_accrued", "evenly"))
        ]
        assert found[0] == found[1]
        assert len({row[-1] for row in found[0]}) > 1_000
