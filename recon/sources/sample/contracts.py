"""Customers, agreements, contracts and contract lines.

An agreement is a chain of contracts: each renewal has a new id and starts the day after the old
one ends. *Lasting* agreements cover the whole range, so that no month has fewer lines than the
recipe asks for; *joining* ones start within it, *leaving* ones end within it, some of them
before their term.

Contract numbers are multiples of 11. As 10 is -1 modulo 11, neither one other digit nor two
exchanged neighbours leads from one multiple to another: any two ids are at least two edits apart.
"""

from __future__ import annotations

from recon.base import money
from recon.reconciliation.expected import terms
from recon.sources.sample.draws import one_of, weighted
from recon.sources.sample.names import AUTHORITIES, FIRST, FORMS, OWNERS, SECOND, TRADES
from recon.sources.sample.recipe import Recipe
from recon.store.session import Session

TYPES = ("Subscription", "Support", "Maintenance", "Service", "Implementation", "Consulting",
         "Setup")  # fmt: skip
# How far beyond the last month contracts start: booked already, not begun yet.
AHEAD = 4

_CURRENCIES = {"USD": 80, "EUR": 10, "GBP": 6, "JPY": 3, "KWD": 1}
# Minor units of the currency for 100 US cents.
_RATES = {"USD": 100, "EUR": 90, "GBP": 80, "JPY": 150, "KWD": 300}
_SEGMENTS = {"SMB": 45, "Mid-Market": 30, "Enterprise": 17, "Public Sector": 8}
_ONE_TIME = {"Implementation": 45, "Setup": 25, "Consulting": 30}
# The lowest monthly fee in cents; it doubles up to four times.
_FEES = {"SMB": 9_900, "Mid-Market": 60_000, "Enterprise": 400_000, "Public Sector": 120_000}
_TERMS = {12: 42, 24: 18, 36: 18, 6: 6, 3: 3, 18: 4, 48: 3, 60: 2, 9: 1, 15: 1, 7: 1, 1: 1}
_SPARSE = 8


def create_lines(connection: Session, recipe: Recipe) -> None:
    """Create `customers`, `agreements`, `deals` and `lines` in the session.

    `deals` are the contracts. `lines` has a row a contract line, with the columns of the source,
    those of `recon.reconciliation.expected.terms`, and: line (its number), contract (its
    contract's), unit.
    """
    connection.execute(f"CREATE TEMP TABLE agreements AS {_agreements(recipe)}")
    connection.execute(f"CREATE TEMP TABLE customers AS {_customers()}")
    connection.execute(f"CREATE TEMP TABLE deals AS {_deals()}")
    _number_contracts(connection)
    connection.execute(f"CREATE TEMP TABLE drafts AS {_drafts()}")
    connection.execute(f"CREATE TEMP TABLE lines AS {terms(_lines())}")


def _agreements(recipe: Recipe) -> str:
    """Agreements, until the lasting ones have the recipe's lines."""
    first, months = recipe.first.index, recipe.months
    return f"""
    WITH drawn AS (
        SELECT a AS agreement,
            {weighted({"lasting": 87, "joining": 6, "leaving": 7}, "draw('life', a)")} AS life,
            {weighted({1: 50, 2: 35, 3: 15}, "draw('size', a)")} AS size,
            {weighted(_TERMS, "draw('term', a)")} AS term,
            draw('customer', a) % 100 < 45 OR a = 0 AS new_customer,
            draw('month', a) AS spread,
            CASE WHEN draw('day', a) % 3 = 0 THEN 2 + draw('day', a) // 3 % 27 ELSE 1 END AS day
        FROM range({recipe.contracts * 6 // 5 + 100}) r(a)),
    counted AS (
        SELECT *, CAST(sum(CAST(new_customer AS INTEGER)) OVER chain AS BIGINT) AS customer,
            CAST(sum(CASE life WHEN 'lasting' THEN size ELSE 0 END) OVER chain AS BIGINT)
                - CASE life WHEN 'lasting' THEN size ELSE 0 END AS lines_before
        FROM drawn WINDOW chain AS (ORDER BY agreement ROWS UNBOUNDED PRECEDING)),
    ending AS (
        SELECT *, {first - 4} + spread % {months + 6} AS end_month,
            life = 'leaving' AND term > 1 AND spread // 1000 % 2 = 0 AS early
        FROM counted WHERE lines_before < {recipe.contracts})
    SELECT agreement, customer, size, term, life, early, end_month,
        spread // 2000 % 2 = 0 AS terminated,
        make_date((start_month // 12)::INTEGER, (start_month % 12 + 1)::INTEGER, day::INTEGER)
            AS started_on,
        CASE life WHEN 'leaving' THEN 1
            ELSE ({recipe.last.index + AHEAD} - start_month + term - 1) // term END AS contracts
    FROM (SELECT *, CASE life
            WHEN 'lasting' THEN {first} - spread % term
            WHEN 'joining' THEN {first - 2} + spread % {months + 5}
            ELSE end_month + 1 - CASE WHEN early THEN 1 + spread // 4000 % (term - 1)
                ELSE term END END AS start_month
        FROM ending)"""


def _customers() -> str:
    forms = " ".join(
        f"WHEN '{currency}' THEN {one_of(names, 'form')}" for currency, names in FORMS.items()
    )
    return f"""
    SELECT customer, 'K-' || (20000 + customer * 3) AS customer_id, currency, segment, owner, slot,
        place || CASE segment WHEN 'Public Sector' THEN ' ' || authority
            ELSE ' ' || trade || ' ' || CASE currency {forms} END END AS name
    FROM (SELECT customer, slot,
            {weighted(_CURRENCIES, "draw('currency', customer)")} AS currency,
            {weighted(_SEGMENTS, "draw('segment', customer)")} AS segment,
            {one_of(OWNERS, "draw('owner', customer)")} AS owner,
            {one_of(FIRST, "naming")} || {one_of(SECOND, "naming // 100")} AS place,
            {one_of(TRADES, "naming // 10000")} AS trade,
            {one_of(AUTHORITIES, "naming // 10000")} AS authority,
            naming // 1000000 AS form
        FROM (SELECT DISTINCT customer, draw('name', customer) AS naming,
                draw('slot', customer) % 4 AS slot FROM agreements))"""


def _deals() -> str:
    """The contracts of every agreement, numbered as booked."""
    return """
    SELECT *, row_number() OVER (ORDER BY booking_date, agreement, renewal) AS contract
    FROM (SELECT *, CAST(starts_on - CASE
                WHEN renewal > 0 THEN 12 + lead % 60
                WHEN lead % 3 = 0 THEN 25 + lead // 3 % 50
                ELSE lead // 3 % 20 END AS DATE) AS booking_date
        FROM (SELECT *, add_months(started_on, renewal * term) AS starts_on,
                CAST(draw('lead', agreement || '/' || renewal) % 1000000 AS INTEGER) AS lead
            FROM (SELECT *, unnest(range(contracts)) AS renewal FROM agreements)))"""


def _number_contracts(connection: Session) -> None:
    """Create the macro contract_id(contract).

    Ids rise, have one length, and are multiples of 11.
    """
    found = connection.execute("SELECT count(*) FROM deals").fetchone()
    count, digits = (found[0] if found else 0) + 10, 6
    while 9 * 10 ** (digits - 1) // 11 < _SPARSE * count:
        digits += 1
    lowest = 10 ** (digits - 1) // 11 + 1
    gap = (10**digits // 11 - lowest) // count
    connection.execute(
        "CREATE MACRO contract_id(contract) AS 'C-' || "
        f"11 * ({lowest} + (contract - 1) * {gap} + draw('id', contract) % {gap})"
    )


def _drafts() -> str:
    """The recurring lines of every contract, and some one-time lines.

    They are numbered.
    """
    return f"""
    SELECT contract * 8 + list_position({list(TYPES)}, type) - 1 AS line, *
    FROM (SELECT contract, agreement, customer, renewal, booking_date, end_month, terminated,
            early AND renewal = 0 AS early, starts_on AS term_start, term AS term_months,
            draw('fee', agreement) AS fee,
            CASE place WHEN 0 THEN if(draw('kind', agreement) % 7 = 0, 'Service', 'Subscription')
                WHEN 1 THEN 'Support' ELSE 'Maintenance' END AS type
        FROM (SELECT *, unnest(range(size)) AS place FROM deals)
        UNION ALL
        SELECT contract, agreement, customer, renewal, booking_date, end_month, false, false,
            CAST(starts_on + luck // 100 % 20 AS DATE), 1 + luck // 10000 % 6,
            draw('fee', agreement), {weighted(_ONE_TIME, "luck // 100000")}
        FROM (SELECT *, CAST(draw('project', contract) % 1000000000 AS INTEGER) AS luck FROM deals)
        WHERE luck % 100 < 28)"""


def _lines() -> str:
    """The lines of every contract, as `recon.reconciliation.expected.terms` takes them."""
    units = " ".join(f"WHEN '{c}' THEN {money.minor_unit(c)}" for c in _CURRENCIES)
    return f"""
    SELECT * EXCLUDE (minor, fee, luck, agreement, renewal, end_month, early, terminated, ended_on,
            term_end, late),
        contract_id(contract) AS contract_id, minor * unit AS value,
        least(close_date, terminated_on) AS closed_on, 'even' AS convention,
        'cumulative' AS rounding, 'full' AS start_rule, 'full' AS stop_rule
    FROM (SELECT *, CAST(CASE currency {units} END AS BIGINT) AS unit, {_value()} AS minor,
            CASE WHEN ended_on IS NULL OR terminated THEN CAST(term_end + late AS DATE)
                ELSE ended_on END AS close_date,
            CASE WHEN terminated THEN ended_on END AS terminated_on
        FROM ({_dated_lines()}) JOIN customers USING (customer))"""


def _dated_lines() -> str:
    """The lines with the end of their term.

    Those that end early do so in the agreement's last month.
    """
    return f"""
    SELECT *, {weighted({0: 58, 1: 38, 21: 2, 34: 2}, "luck // 100")} AS late,
        CASE WHEN early THEN least(term_end - 1, greatest(term_start + 1,
            CAST(month_start(end_month) + CAST(luck % 28 AS INTEGER) AS DATE))) END AS ended_on
    FROM (SELECT *, add_months(term_start, term_months) - 1 AS term_end,
            draw('line', line) AS luck FROM drafts)"""


def _value() -> str:
    """A line's value in minor units.

    Log-spread by segment; some are round, some are credits.
    """
    lowest = " ".join(f"WHEN '{segment}' THEN {cents}" for segment, cents in _FEES.items())
    rates = " ".join(f"WHEN '{currency}' THEN {rate}" for currency, rate in _RATES.items())
    monthly = f"(CASE segment {lowest} END << (fee % 4)) * (1000 + fee // 10 % 1000) // 1000"
    share = """CASE type WHEN 'Support' THEN 15 + luck // 10000 % 11
        WHEN 'Maintenance' THEN 8 + luck // 10000 % 9 ELSE 100 END"""
    months = "if(type IN ('Implementation', 'Consulting', 'Setup'), 1 + fee % 4, term_months)"
    raised = f"{monthly} * {share} // 100 * (100 + renewal * (1 + fee // 10000 % 7)) // 100"
    amount = f"{raised} * {months} * (CASE currency {rates} END) // 100"
    return f"""if(luck // 1000000 % 1000 < 15, -1, 1) * if(luck // 1000000000 % 3 = 0,
        {amount} // 5000 * 5000 + 5000, {amount} + luck // 10000000000 % 9973)"""
