"""Candidates: lines and months in which an error may go.

They come with everything that the rules look at. A customer's lines have their chance in every
fourth month only. An event reaches two months back or ahead at most, so events of one line never
overlap, and the other side of an event (always a line of the same customer) is clean around it,
too.
"""

from __future__ import annotations

from recon.reconciliation.expected import TERM, term_of, terms
from recon.sources.sample.draws import weighted
from recon.sources.sample.recipe import Recipe
from recon.sources.sample.rules import TEMPERS
from recon.store.session import Session

# Before a start and after an end, as far as something may be posted by mistake.
_EARLY, _LATE = 4, 3

# What would be expected under another rule, as replacements of a line's columns.
_OTHERWISE = {
    "shorter": "greatest(term_months - 1, 1) AS term_months",
    "longer": "term_months + 1 AS term_months",
    "prorated": "'prorate_period_rate' AS convention",
    "by_days": "'exact_days' AS convention",
}


def create_chances(connection: Session, recipe: Recipe) -> None:
    """Create `chances`, and `pairs` and `sisters` of lines.

    Those two hold the lines that may be the other side. A pair is two lines of a customer with one
    type and currency, sisters are two of a contract.
    """
    connection.execute(f"CREATE TEMP TABLE chance_lines AS {_chance_lines(recipe)}")
    connection.execute(f"CREATE TEMP TABLE chances AS {_chances(recipe)}")
    pair = "a.customer = b.customer AND a.type = b.type AND a.contract <> b.contract"
    connection.execute(f"CREATE TEMP VIEW pairs AS {_partners(pair)}")
    sister = "a.contract = b.contract AND a.type <> b.type"
    connection.execute(f"CREATE TEMP VIEW sisters AS {_partners(sister)}")


def forget_chances(connection: Session) -> None:
    """Drop the relations that only the rules needed.

    A large sample needs the memory.
    """
    for view in ("pairs", "sisters"):
        connection.execute(f"DROP VIEW {view}")
    for table in ("chances", "chance_lines"):
        connection.execute(f"DROP TABLE {table}")


def _chance_lines(recipe: Recipe) -> str:
    return f"""
    SELECT line, m, contract, customer, contract_id, type, currency, unit, value, term_start,
        term_months, closed_on, convention, rounding, start_month, close_month, periods,
        denominator, first, step, start_rule, stop_rule, stop_period, stop_elapsed, stop_parts,
        stop_share, close_date - term_end NOT IN (0, 1) AS mismatch,
        month_index(booking_date) AS booking_month,
        draw('luck', line || '/' || m) AS luck, draw('prone', line) % 100 < 25 AS prone,
        {weighted(TEMPERS, "draw('temper', line)")} AS temper
    FROM (SELECT *, unnest(range(greatest(start_month - {_EARLY}, {recipe.first.index}),
        least(close_month + {_LATE}, {recipe.last.index}) + 1)) AS m FROM lines)
    WHERE m % 4 = slot"""


def _chances(recipe: Recipe) -> str:
    last = recipe.last.index
    return f"""
    WITH types AS (SELECT contract, list(DISTINCT type) AS types FROM lines GROUP BY contract),
    neighbours AS (
        SELECT *, if(luck % 5 < 3 AND m < {last} AND after <> 0, m + 1, m - 1) AS neighbour_month,
            greatest((term_months + 1) // 2, 1) * unit AS ceiling, m + 2 <= {last} AS later
        FROM ({_amounts()}))
    SELECT *, posting(amount, parts, dice, unit, parts) AS moved,
        if(neighbour_month > m, after, before) AS neighbour,
        draw('dice', line || '/' || neighbour_month) AS neighbour_dice
    FROM neighbours JOIN types USING (contract)
    LEFT JOIN ({_otherwise()}) USING (line, m)"""


def _amounts() -> str:
    """The chances with the amounts due around the month.

    Those at the start and at the end of the term come as well.
    """
    offsets = {"before2": 2, "before": 1, "after": -1, "after2": -2}
    amounts = ", ".join(f"coalesce({name}.amount, 0) AS {name}" for name in offsets)
    joins = "".join(
        f" LEFT JOIN (SELECT line, m + {offset} AS m, amount FROM due) {name} USING (line, m)"
        for name, offset in offsets.items()
    )
    row = term_of("t")
    usual = f"""CASE WHEN m > close_month
        THEN CAST(expected(least(close_month, start_month + periods - 1), {row}) AS BIGINT) END
            AS last_amount,
        CASE WHEN m < start_month THEN CAST(expected(start_month, {row}) AS BIGINT) END
            AS first_amount"""
    return f"""
    SELECT t.* REPLACE (CAST(value AS BIGINT) AS value, CAST(term_months AS BIGINT) AS term_months),
        coalesce(d.amount, 0) AS amount, coalesce(d.dice, 0) AS dice, coalesce(d.parts, 1) AS parts,
        {amounts}, {usual}
    FROM chance_lines t LEFT JOIN due d USING (line, m){joins}"""


def _otherwise() -> str:
    """The amounts expected under other rules, one column each."""
    lines = " UNION ALL ".join(
        f"""SELECT * REPLACE ({change}), '{name}' AS name FROM (
            SELECT line, m, value, unit, term_start, term_months, closed_on, convention, rounding,
                start_rule, stop_rule
            FROM chance_lines WHERE temper IN ('plus', 'minus')
            AND m BETWEEN start_month AND close_month)"""
        for name, change in _OTHERWISE.items()
    )
    columns = ", ".join(f"max(other) FILTER (name = '{name}') AS {name}" for name in _OTHERWISE)
    return f"""SELECT line, m, {columns} FROM (
        SELECT line, m, name, CAST(expected(m, {TERM}) AS BIGINT) AS other FROM ({terms(lines)}) t)
        GROUP BY line, m"""


def _partners(condition: str) -> str:
    return f"""
    SELECT a.*, b.line AS to_line, b.contract AS other_contract, b.contract_id AS to_contract_id,
        b.type AS to_line_type, b.amount AS to_amount, b.term_months AS to_term_months
    FROM chances a JOIN chances b ON a.m = b.m AND a.currency = b.currency AND {condition}
    WHERE a.temper = 'minus' AND b.temper = 'plus'"""
