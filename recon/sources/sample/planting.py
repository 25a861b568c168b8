"""Planting: errors, their effect on the postings, their truth.

The rules pick one after another from `chances`; a contract is hit once a month at most, so that
what a detector adds up over a contract's types is the work of one event.
"""

from __future__ import annotations

from recon.sources.sample import typos
from recon.sources.sample.candidates import create_chances, forget_chances
from recon.sources.sample.contracts import TYPES
from recon.sources.sample.draws import one_of
from recon.sources.sample.plan import RULES, UNKNOWN, WEIGHTS
from recon.sources.sample.recipe import PPM, Recipe
from recon.sources.sample.rules import Mark, Rule, Step
from recon.store.session import Session, literal

UNKNOWN_TYPE = "Trainng"

_TABLES = (
    """CREATE TEMP TABLE events(rule INTEGER, event BIGINT, line BIGINT, m BIGINT,
        contract BIGINT, other_contract BIGINT, part BIGINT, amount BIGINT, factor INTEGER,
        to_contract VARCHAR, to_type VARCHAR, to_currency VARCHAR, to_month BIGINT,
        note VARCHAR)""",
    """CREATE TEMP TABLE edits(event BIGINT, line BIGINT, m BIGINT, part BIGINT,
        takes BOOLEAN, books BOOLEAN, posts BOOLEAN)""",
    """CREATE TEMP TABLE truths(contract_id VARCHAR, revenue_type VARCHAR, currency VARCHAR,
        m BIGINT, cause VARCHAR, event BIGINT, note VARCHAR)""",
    "CREATE TEMP TABLE taken(contract BIGINT, m BIGINT)",
    """CREATE MACRO period(m) AS (m // 12) || '-'
        || CASE WHEN m % 12 < 9 THEN '0' ELSE '' END || (m % 12 + 1)""",
)


def plant(connection: Session, recipe: Recipe) -> None:
    """Create `events`, `edits`, `truths` and the `flawed` contracts.

    `edits` are the changes that the events make to the postings.
    """
    typos.install(connection)
    for table in _TABLES:
        connection.execute(table)
    create_chances(connection, recipe)
    connection.execute(f"CREATE TEMP TABLE active AS {_active(recipe)}")
    for number, rule in enumerate(RULES):
        quota = _quota(recipe, rule.weight, len(rule.marks))
        connection.execute(f"INSERT INTO events {_picked(rule, number, quota)}")
        _record(connection, number, rule.steps, rule.marks)
    forget_chances(connection)
    _plant_strangers(connection, recipe)
    _plant_invalid(connection)


def _active(recipe: Recipe) -> str:
    return f"""SELECT m, count(*) AS lines FROM due
    WHERE m BETWEEN {recipe.first.index} AND {recipe.last.index} GROUP BY m"""


def _quota(recipe: Recipe, weight: int, rows: int) -> str:
    """The SQL of a rule's events a month, rounded up."""
    whole = PPM * WEIGHTS * rows
    return f"(lines * {recipe.ppm * weight} + {whole - 1}) // {whole}"


_NEXT = "(SELECT coalesce(max(event), 0) FROM events)"


def _picked(rule: Rule, number: int, quota: str) -> str:
    other = "contract" if rule.source == "chances" else "other_contract"
    # Error-prone lines first: as in life, the same ones go wrong again and again.
    order = "NOT prone, luck, line" + ("" if rule.source == "chances" else ", to_line")
    return f"""
    SELECT {number}, {_NEXT} + row_number() OVER (ORDER BY m, line),
        line, m, contract, {other}, {rule.part}, {rule.amount}, {rule.factor},
        {rule.to_contract}, {rule.to_type}, {rule.to_currency}, {rule.to_month}, {rule.note}
    FROM (SELECT *, row_number() OVER (PARTITION BY m ORDER BY {order}) AS place
        FROM (SELECT *, row_number() OVER (PARTITION BY m, {rule.guard} ORDER BY {order}) AS turn
            FROM {rule.source} WHERE {rule.where}
            AND (contract, m) NOT IN (SELECT (contract, m) FROM taken)
            AND ({other}, m) NOT IN (SELECT (contract, m) FROM taken))
        WHERE turn = 1)
    JOIN active USING (m) WHERE place <= {quota}"""


def _record(
    connection: Session, number: int, steps: tuple[Step, ...], marks: tuple[Mark, ...]
) -> None:
    """Record the edits and the truth of a rule's events."""
    for step in steps:
        connection.execute(
            f"""INSERT INTO edits SELECT event, line, m + {step.offset}, part,
                {step.takes}, {step.books}, {step.posts} FROM events WHERE rule = {number}"""
        )
    for mark in marks:
        connection.execute(f"INSERT INTO truths {_marked(mark)} WHERE rule = {number}")
    connection.execute(
        f"""INSERT INTO taken SELECT DISTINCT unnest([contract, other_contract]), m
        FROM events WHERE rule = {number} AND contract IS NOT NULL"""
    )


def _marked(mark: Mark) -> str:
    if mark.there:
        key = """coalesce(to_contract, contract_id), coalesce(to_type, type),
            coalesce(to_currency, currency), coalesce(to_month, m)"""
    else:
        key = f"contract_id, type, currency, m + {mark.offset}"
    return (
        f"SELECT {key}, {literal(mark.cause)}, event, note FROM events "
        "LEFT JOIN (SELECT line, contract_id, type, currency FROM lines) USING (line)"
    )


def _stray(number: int, rows: str) -> str:
    """Events without a line of their own, from posted rows."""
    return f"""INSERT INTO events
    SELECT {number}, {_NEXT} + row_number() OVER (ORDER BY m, id, type, amount), NULL, m,
        NULL, NULL, 0, amount, 1, id, type, currency, NULL, note FROM ({rows})"""


def _plant_strangers(connection: Session, recipe: Recipe) -> None:
    """Plant postings on contracts that analytics does not have.

    Their ids are far from every known one.
    """
    number = len(RULES)
    connection.execute(_stray(number, f"""
        SELECT m, 'LEG-' || (3000 + luck % 6000) || '-' || turn AS id,
            {one_of(TYPES[:4], "luck // 10000")} AS type, 'USD' AS currency,
            (20000 + luck // 100000 % 2000000) * 100 AS amount,
            'a contract of the old system' AS note
        FROM (SELECT *, draw('stranger', m || '/' || turn) AS luck
            FROM (SELECT m, unnest(range({_quota(recipe, UNKNOWN, 1)})) AS turn FROM active))"""
    ))  # fmt: skip
    _record(connection, number, (Step(posts=True),), (Mark("unknown_contract", there=True),))


def _plant_invalid(connection: Session) -> None:
    """Plant contract rows and entries that cannot be compared.

    The contract rows are `flawed`.
    """
    connection.execute(f"CREATE TEMP TABLE flawed AS {_flawed()}")
    number = len(RULES) + 1
    connection.execute(_stray(number, f"""
        SELECT m, contract_id AS id, type, currency, amount, flaw AS note
        FROM flawed JOIN due USING (line) JOIN active USING (m) WHERE copy = 0
        UNION ALL
        SELECT m, contract_id, if(turn > 2, '{UNKNOWN_TYPE}', type), currency,
            if(turn > 2, amount, NULL), if(turn > 2, 'unknown type', 'no amount')
        FROM (SELECT *, row_number() OVER (PARTITION BY m ORDER BY draw('flaw', line || '/' || m))
                AS turn
            FROM due JOIN active USING (m) JOIN ({_QUIET}) USING (line))
        WHERE turn <= 4"""
    ))  # fmt: skip
    _record(connection, number, (Step(posts=True),), (Mark("invalid", there=True),))


# One line of each contract that nothing happens to.
_QUIET = """SELECT min(line) AS line, contract, arg_min(contract_id, line) AS contract_id,
        arg_min(type, line) AS type, arg_min(currency, line) AS currency
    FROM lines WHERE contract NOT IN (SELECT contract FROM taken) GROUP BY contract"""


def _flawed() -> str:
    """Copies of three lines that cannot be compared.

    Without a duration, with an unknown type, and with two rows.
    """
    return f"""
    SELECT * EXCLUDE (months) REPLACE (
            contract_id((SELECT max(contract) FROM deals) + turn) AS contract_id,
            if(turn = 1, NULL, term_months) AS term_months,
            if(turn = 2, '{UNKNOWN_TYPE}', type) AS type, value * (1 + copy) AS value),
        {one_of(("no duration", "unknown type", "two rows of one key"), "(turn - 1)")} AS flaw
    FROM (SELECT *, unnest(range(if(turn = 3, 2, 1))) AS copy
        FROM (SELECT *, row_number() OVER (ORDER BY months DESC, draw('flawed', line), line)
                AS turn
            FROM lines JOIN (SELECT line, count(*) AS months FROM due SEMI JOIN active USING (m)
                GROUP BY line) USING (line))
        WHERE turn <= 3)"""
