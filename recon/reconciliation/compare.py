"""Comparing: both sides joined by key, a status per line.

`recon.reconciliation.relations` lists the relations that it reads and makes.

`lines_compared` is the outer join of both sides, narrow, since width costs; `lines` adds everything
that its lines are made of.

The statuses are tried in the order of the specification's table: where nothing was posted, or
nothing is expected, a line is within tolerance where the amount is that small.
"""

from __future__ import annotations

from collections.abc import Mapping

from recon.base.month import Month
from recon.base.policy import Policy, SameKey
from recon.reconciliation.contract_intake import with_term
from recon.reconciliation.expected import NO_TERM, TERM, terms
from recon.reconciliation.known_terms import KnownTerms, keep, of_contracts
from recon.reconciliation.policy_sql import ALLOWANCE, rule_of
from recon.reconciliation.term_columns import LONGEST_TERM
from recon.reconciliation.versions import ADDED, in_force, version_rows
from recon.store.session import Session, created, is_any, literal

BROKEN = "status NOT IN ('matched', 'within_tolerance')"
# A line recognizes less than it expects, or, of a credit, takes back less.
LACKING = "on_contract AND sign(expected) * difference < 0"
# A line agrees in the month, and not to date; of very many the largest are looked at.
CARRIED = "status IN ('matched', 'within_tolerance') AND off_to_date"
# The largest of each currency in turn: their amounts cannot be compared.
LARGEST_CARRIED = (
    "row_number() OVER (PARTITION BY currency "
    "ORDER BY abs(to_date_recognized - to_date_expected) DESC, line), line LIMIT 1000"
)


def compare(connection: Session, month: Month, policy: Policy) -> KnownTerms:
    """Create `lines_compared`, and the lines that only accounting knows.

    Returns what is known of their terms.
    """
    otherwise = created(
        connection,
        "CREATE OR REPLACE TEMP TABLE sums_spelled_otherwise AS "
        + (_spelled_otherwise(policy) if is_any(connection, _NO_LINE) else _NO_SUMS),
    )
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE sums_without_line AS
        SELECT * EXCLUDE line FROM sums_spelled_otherwise WHERE line IS NULL"""
    )
    known = of_contracts(connection, policy, month.has_long_periods)
    rows = _added_rows(connection, policy, known)
    added = bool(created(connection, f"CREATE OR REPLACE TABLE added_rows AS {rows}"))
    others = is_any(connection, "sums_without_line WHERE entries > 0")
    alone = _lines_without_contract(policy) if others else _NO_LINES
    connection.execute(f"CREATE OR REPLACE TABLE lines_without_contract AS {alone}")
    sums = "entry_sums" + " UNION ALL FROM sums_spelled_otherwise" * bool(otherwise)
    alone = _others(known.whole) if others else ""
    compared = _lines_compared(month, known, policy.same_key, added, sums, alone)
    connection.execute(f"CREATE OR REPLACE TABLE lines_compared AS {compared}")
    return known


_NO_LINE, _NO_SUMS = "entry_sums WHERE line IS NULL", "FROM entry_sums LIMIT 0"


def _spelled_otherwise(policy: Policy) -> str:
    """SELECT of sums by key, with their line if any."""
    first = "" if policy.same_key is SameKey.REFUSE else _FIRST_OF_KEY
    return f"""
    SELECT s.* REPLACE (c.row AS line) FROM (FROM {_NO_LINE}) s
    LEFT JOIN (
        SELECT row, id_key, type, currency FROM contracts_typed WHERE reason IS NULL {first}) c
        USING (id_key, type, currency)"""


def view_lines(
    connection: Session, month: Month, policy: Policy, terms_compared: KnownTerms | None = None
) -> None:
    """Create `lines`: compared lines with contract, rule, term and allowance.

    `terms_compared` is what `compare` returned, unless it was in other sessions.
    """
    known = keep(connection, terms_compared)
    # Joined only where there are any: several statements are planned with this view in them.
    added, value, months_added = "", "t.value", "CAST(NULL AS BIGINT) AS months_added"
    if is_any(connection, "added_rows"):
        months = _ADDED_MONTHS
        if policy.same_key is SameKey.VERSIONS:
            months = f"max_by(term_months, version) FILTER ({in_force(month.index)})"
        value, months_added = "coalesce(a.value, t.value)", "months_added"
        added = f"""LEFT JOIN (
            SELECT line, sum(worth) FILTER ({in_force(month.index)}) AS value,
                {months} AS months_added
            FROM added_rows GROUP BY line) a USING (line)"""
    joined = f"""
        SELECT c.*, r.kind, r.recognition, r.convention, r.rounding, r.start_rule,
            r.stop_rule, r.unit,
            CASE WHEN on_contract THEN r.ppm ELSE {literal(policy.tolerance.ppm)} END AS ppm,
            r.floor, r.cap, CAST({value} AS {known.whole}) AS value,
            {months_added}, t.booked_on, t.started_on,
            t.close_date, t.terminated_on, t.duration, t.monthly, t.dated, t.free_months, t.free_at,
            t.valid_from,
            coalesce(t.customer_id, o.customer_id) AS customer_id,
            coalesce(t.customer, o.customer) AS customer, coalesce(t.owner, o.owner) AS owner
        FROM lines_compared c JOIN rules r USING (rule)
        LEFT JOIN contracts_typed t ON t.row = c.line
        {added}
        LEFT JOIN lines_without_contract o ON o.row = c.line"""
    connection.execute(
        f"""CREATE OR REPLACE VIEW lines AS
        SELECT *, CAST(allowed(expected, {ALLOWANCE}) AS {known.whole}) AS allowed
        FROM (
            SELECT * EXCLUDE months_added REPLACE (
                CASE WHEN on_contract THEN coalesce(months_added, term_months) ELSE 0 END
                    AS term_months)
            FROM ({with_term(joined, known.kinds)}))"""
    )


# Of rows of one key the first is the line.
_FIRST_OF_KEY = "QUALIFY row = min(row) OVER (PARTITION BY id_key, type, currency)"


def _added_rows(connection: Session, policy: Policy, known: KnownTerms) -> str:
    """SELECT of contract rows to add up, with their terms.

    `line` is the first row of their key.
    """
    several = "duplicate_contract_keys"
    if policy.same_key is SameKey.REFUSE or not is_any(connection, several):
        return f"SELECT row AS line, *, {NO_TERM}, {ADDED} FROM contracts_valid LIMIT 0"
    found = f"FROM contracts_valid SEMI JOIN {several} USING (id_key, type)"
    if policy.same_key is SameKey.VERSIONS:
        return version_rows(found, known.whole, known.kinds, policy.amendment)
    rows = terms(found, known.whole, kinds=known.kinds)
    return f"""
    SELECT min(row) OVER (PARTITION BY id_key, type, currency) AS line, *, {ADDED}
    FROM ({rows}) QUALIFY count(*) OVER (PARTITION BY id_key, type, currency) > 1"""


# Half a minor unit for each month of each row, as long as a term may be.
_ADDED_MONTHS = f"least(sum(term_months), {LONGEST_TERM})"
# The columns of a line that are those of its first row, and those that are added up.
_FIRST = "rule id segment ppm floor cap unit".split()
_SUMMED = "to_date_expected earned_before remainder".split()


def _added_up() -> str:
    """SELECT of due rows, those of one key added up.

    Every row rounds by itself, so each has its share in the allowance for rounding. A line that
    starts or ends in parts neither closes early nor mismatches its term.
    """
    first = ", ".join(f"min_by({column}, row) AS {column}" for column in _FIRST)
    summed = ", ".join(f"sum({column}) AS {column}" for column in _SUMMED)
    return f"""
        FROM due ANTI JOIN added_rows USING (row)
        UNION ALL BY NAME
        SELECT min(row) AS row, id_key, type, currency, {first}, {summed},
            CASE WHEN count(full_value) = count(*) THEN sum(full_value) END AS full_value,
            {_ADDED_MONTHS} AS term_months,
            min(start_month) AS start_month, max(close_month) AS close_month,
            false AS closed_early, false AS term_mismatch, true AS known_contract
        FROM due SEMI JOIN added_rows USING (row) GROUP BY id_key, type, currency"""


# SQL of the ends of a line, and of one that may have a term of another kind: a monthly value adds
# up to none, and where neither its duration nor its close ends it, nothing does.
_ENDS = {
    "full_value": "rounded(value, 1, 1, unit)",
    "known": "",
    "closed_early": "closed_on < term_end",
    "term_mismatch": "over_time AND NOT ends_term(close_date, term_end, term_start, term_months)",
}
_ENDS_OF_KINDS = {
    "full_value": f"CASE WHEN term_kind <> 'month' THEN {_ENDS['full_value']} END",
    "known": "AND full_value IS NOT NULL",
    "closed_early": "coalesce(CASE WHEN term_kind = 'month' THEN last_day < full_end "
    "ELSE closed_on < term_end END, false)",
    "term_mismatch": "coalesce(over_time AND close_date NOT IN (full_end, full_end + 1), false)",
}


def _versions_of(m: int, end: Mapping[str, str]) -> str:
    """SELECT of due rows, versions as in force."""
    first = ", ".join(f"min_by({column}, row) AS {column}" for column in _FIRST)
    now = ", ".join(f"max_by({column}, version) FILTER (holds) AS {column}" for column in _HELD)
    return f"""
        FROM due ANTI JOIN added_rows USING (row)
        UNION ALL BY NAME
        SELECT * EXCLUDE (own_close), own_close AS close_month, true AS known_contract,
            CASE WHEN own_close <= {m} AND full_value IS NOT NULL
                THEN full_value - to_date_expected ELSE 0 END AS remainder
        FROM (
            SELECT line AS row, id_key, type, currency, {first}, {now},
                sum(given) AS to_date_expected, sum(given_before) AS earned_before,
                min(start_month) AS start_month,
                CASE WHEN NOT bool_or(term_kind = 'month') THEN sum(worth) FILTER (holds) END
                    AS full_value
            FROM (
                SELECT *, {in_force(m)} AS holds,
                    row_to_date({m}, p) AS given,
                    row_to_date({m - 1}, p) AS given_before,
                    {end["closed_early"]} AS closed_early, {end["term_mismatch"]} AS term_mismatch
                FROM added_rows p)
            GROUP BY line, id_key, type, currency)"""


# Of a line with versions, the columns of the one in force.
_HELD = "term_months own_close closed_early term_mismatch".split()


def _lines_compared(
    month: Month, known: KnownTerms, same_key: SameKey, any_added: bool, sums: str, others: str
) -> str:
    """SELECT of the lines with their status.

    Only what there is is planned: `sums` are those of entries, `others` the lines without a
    contract.
    """
    m, whole = month.index, known.whole
    termed = terms(
        "FROM contracts_valid", whole, cuts=known.cuts, kinds=known.kinds, evenly=known.evenly
    )
    end = _ENDS_OF_KINDS if known.kinds else _ENDS
    added = "FROM due"
    if any_added:
        added = _versions_of(m, end) if same_key is SameKey.VERSIONS else _added_up()
    return f"""
    WITH earned AS (
        SELECT *, own_accrued(periods_before, {TERM}) AS earned_before,
            own_accrued(periods_now, {TERM}) AS to_date_expected,
            {end["full_value"]} AS full_value
        FROM (SELECT *,
                periods_by({m - 1}, {TERM}) AS periods_before,
                periods_by({m}, {TERM}) AS periods_now
            FROM ({termed}))),
    due AS (
        SELECT row, rule, id, id_key, type, currency, segment, start_month, close_month,
            ppm, floor, cap, unit, term_months, to_date_expected, earned_before, full_value,
            -- What a line that has closed early never recognizes.
            CASE WHEN close_month <= {m} {end["known"]} THEN full_value - to_date_expected
                ELSE 0 END AS remainder,
            {end["closed_early"]} AS closed_early, {end["term_mismatch"]} AS term_mismatch,
            true AS known_contract
        FROM earned),
    joined AS (
        SELECT row, rule, c.id, c.id_key, c.type, c.currency, segment, start_month, close_month,
            ppm, floor, cap, unit, term_months, CAST(to_date_expected AS {whole})
                AS to_date_expected,
            CAST(to_date_expected - earned_before AS {whole}) AS expected,
            CAST(full_value AS {whole}) AS full_value, CAST(remainder AS {whole}) AS remainder,
            closed_early, term_mismatch, known_contract,
            s.id <> c.id OR s.other_id <> c.id AS spelling, {_sums(whole)}
        FROM ({added}) c LEFT JOIN (FROM {sums}) s ON s.line = c.row
        {others}),
    measured AS (
        SELECT *, recognized - expected AS difference,
            to_date_recognized - to_date_expected AS to_date_difference
        FROM joined)
    SELECT row AS line, rule, id, id_key, type, currency, segment,
        start_month, close_month, expected, recognized, difference, entries, to_date_expected,
        to_date_recognized, remainder, line > 0 AS on_contract, known_contract, closed_early,
        term_mismatch, spelling,
        CASE WHEN difference = 0 THEN 'matched'
            WHEN within(difference, expected, {ALLOWANCE}) THEN 'within_tolerance'
            WHEN expected = 0 THEN 'not_expected'
            WHEN entries = 0 THEN 'not_recognized'
            WHEN difference > 0 THEN 'over_recognized'
            ELSE 'under_recognized' END AS status,
        -- A conjunction would reckon the allowance of every line.
        CASE WHEN to_date_difference = 0 THEN false
            ELSE NOT within(to_date_difference, to_date_expected, {ALLOWANCE}) END AS off_to_date,
        CASE sign(full_value) WHEN 0 THEN to_date_recognized <> 0
            ELSE coalesce(sign(full_value) * to_date_recognized > abs(full_value), false) END
            AS over_value
    FROM measured"""


def _others(whole: str) -> str:
    return f"""UNION ALL BY NAME
        SELECT * EXCLUDE (customer_id, customer, owner, other_id)
                REPLACE (CAST(recognized AS {whole}) AS recognized,
                    CAST(to_date_recognized AS {whole}) AS to_date_recognized),
            0 AS term_months, 0 AS to_date_expected, 0 AS expected, 0 AS remainder,
            other_id <> id AS spelling FROM lines_without_contract"""


def _sums(whole: str) -> str:
    return f"""CAST(coalesce(s.recognized, 0) AS {whole}) AS recognized,
            coalesce(s.entries, 0) AS entries,
            CAST(coalesce(s.earned, 0) AS {whole}) AS to_date_recognized"""


_TEXTS_ALONE = "id other_id id_key type currency customer_id customer segment owner"
# Of no line, which is planned much faster.
_NO_LINES = f"""
    SELECT CAST(0 AS BIGINT) AS row, CAST(rule AS INTEGER) AS rule,
        {", ".join(f"CAST(NULL AS VARCHAR) AS {column}" for column in _TEXTS_ALONE.split())},
        false AS known_contract, CAST(ppm AS INTEGER) AS ppm, floor, cap, unit,
        CAST(0 AS HUGEINT) AS recognized, CAST(0 AS BIGINT) AS entries,
        CAST(0 AS HUGEINT) AS to_date_recognized
    FROM rules LIMIT 0"""


def _lines_without_contract(policy: Policy) -> str:
    """SELECT of the keys that only accounting knows.

    It adds their customer, if the contract is known.
    """
    return f"""
    WITH unmatched AS (FROM sums_without_line WHERE entries > 0),
    owners AS (
        SELECT id_key, min(customer_id) AS customer_id, min(customer) AS customer,
            min(segment) AS segment, min(owner) AS owner
        FROM contracts_valid SEMI JOIN unmatched USING (id_key) GROUP BY id_key),
    owned AS (
        SELECT s.*, o.* EXCLUDE id_key, {rule_of(policy)} AS rule,
            EXISTS (FROM contracts_typed k WHERE k.id_key = s.id_key) AS known_contract
        FROM unmatched s LEFT JOIN owners o USING (id_key))
    SELECT -row_number() OVER () AS row, rule, o.id, o.other_id, o.id_key, o.type, o.currency,
        o.customer_id, o.customer, o.segment, o.owner, o.known_contract,
        {literal(policy.tolerance.ppm)} AS ppm, r.floor, r.cap, r.unit,
        CAST(o.recognized AS HUGEINT) AS recognized, o.entries,
        CAST(o.earned AS HUGEINT) AS to_date_recognized
    FROM owned o JOIN rules r USING (rule)"""
