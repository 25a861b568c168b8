"""The sample's tables as both sources deliver them, with truth."""

from __future__ import annotations

from recon.base import money
from recon.reconciliation.expected import install
from recon.sources.sample import draws
from recon.sources.sample.contracts import create_lines
from recon.sources.sample.draws import one_of
from recon.sources.sample.names import APPROVERS, OBLIGATIONS
from recon.sources.sample.planting import plant
from recon.sources.sample.postings import create_postings
from recon.sources.sample.recipe import FORMAT, Recipe
from recon.store.session import Session, literal


def fill(connection: Session, recipe: Recipe) -> None:
    """Create a recipe's tables in the attached database `sample`."""
    install(connection, monthly=True)
    draws.install(connection, recipe.seed)
    create_lines(connection, recipe)
    create_postings(connection, recipe)
    plant(connection, recipe)
    connection.execute(f"CREATE TABLE sample.contracts AS {_contracts()}")
    connection.execute(f"CREATE TABLE sample.entries AS {_entries()}")
    connection.execute(f"CREATE TABLE sample.truth AS {_TRUTH}")
    connection.execute(f"CREATE TABLE sample.about AS {_about(recipe)}")


def _amount(units: str) -> str:
    """Ten-thousandths as an exact DECIMAL of four places."""
    return f"CAST(CAST({units} AS DECIMAL(19, 0)) * {1 / money.SCALE:.4f} AS DECIMAL(19, 4))"


def _contracts() -> str:
    return f"""
    SELECT contract_id, type AS revenue_type, {_amount("value")} AS contract_value,
        CAST(term_months AS INTEGER) AS duration_months, booking_date, close_date,
        term_start AS start_date, currency, customer_id, name AS customer, segment, owner,
        terminated_on
    FROM (FROM lines UNION ALL BY NAME SELECT * EXCLUDE (turn, copy, flaw) FROM flawed)
    ORDER BY contract_id, line, value"""


# Where an error books a posting elsewhere or adds one, the event overrides the line's key.
_BOOKED = """
    SELECT 0 AS event, line, m, m AS month, part, amount, dice, NULL AS to_contract,
        NULL AS to_type, NULL AS to_currency, documented(dice, part) AS has_document
    FROM postings ANTI JOIN (
        SELECT p.line, p.m, p.part FROM postings p JOIN edits e
        ON p.line = e.line AND p.m = e.m AND e.part IN (0, p.part) WHERE e.takes)
        USING (line, m, part)
    UNION ALL
    SELECT event, p.line, p.m, coalesce(to_month, p.m), p.part, p.amount * factor, dice,
        to_contract, to_type, to_currency, documented(dice, p.part)
    FROM postings p JOIN edits e ON p.line = e.line AND p.m = e.m AND e.part IN (0, p.part)
    JOIN events USING (event) WHERE books
    UNION ALL
    SELECT event, e.line, e.m, e.m, 7, amount, draw('post', event), to_contract, to_type,
        to_currency, true
    FROM edits e JOIN events USING (event) WHERE posts"""


def _entries() -> str:
    obligations = " ".join(f"WHEN '{kind}' THEN '{text}'" for kind, text in OBLIGATIONS.items())
    return f"""
    WITH numbered AS (
        SELECT *, posted(m, dice, part) AS minute, month // 12 AS year,
            row_number() OVER (PARTITION BY month // 12
                ORDER BY posted(m, dice, part), line, m, part, event) AS number
        FROM ({_BOOKED}))
    SELECT 'JE-' || year || '-'
            || lpad(CAST(number AS VARCHAR), CAST(greatest(7, len(CAST(number AS VARCHAR)))
                AS INTEGER), '0') AS entry_id,
        coalesce(to_contract, contract_id) AS contract_id,
        coalesce(to_type, type) AS revenue_type,
        {_amount("amount")} AS amount, period(month) AS recognition_period,
        coalesce(to_currency, currency) AS currency,
        make_timestamp(minute * 60000000) AS posted_at,
        CASE WHEN has_document THEN document(m, coalesce(line, 10000000 + event), part) END
            AS document_ref,
        CASE coalesce(to_type, type) {obligations} END AS performance_obligation,
        {one_of(APPROVERS, "dice // 7")} AS approved_by
    FROM numbered LEFT JOIN (SELECT line, contract_id, type, currency FROM lines) USING (line)
    ORDER BY year, number"""


_TRUTH = """
    SELECT contract_id, revenue_type, currency, period(m) AS month, cause, event, note
    FROM truths ORDER BY month, contract_id, revenue_type, currency, event"""


def _about(recipe: Recipe) -> str:
    facts = {
        "format": FORMAT, "seed": recipe.seed, "contracts": recipe.contracts,
        "error_rate": f"{recipe.error_rate.normalize():f}", "first": str(recipe.first),
        "last": str(recipe.last), "history": str(recipe.history).lower(),
    }  # fmt: skip
    rows = [f"SELECT {literal(name)} AS name, '{fact}' AS value" for name, fact in facts.items()]
    rows += [
        f"SELECT '{table} rows', CAST(count(*) AS VARCHAR) FROM sample.{table}"
        for table in ("contracts", "entries", "truth")
    ]
    return " UNION ALL ".join(rows)
