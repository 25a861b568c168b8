"""Comparing: expected and recognized brought together by key, one status a line.

Reads the relations of `recon.intake` and leaves these in the session:

- `sums`: id_key, type, currency -> recognized and entries of the month, recognized in the two
  months before (before, before2) and the month after (after), and to date (earned)
- `books`: the first and the last month with an entry
- `lines`: the outer join, one row a key, with expected, difference, allowed and status

To date counts every entry up to the month, those before the start month too: what was recognized
early has been recognized.

The statuses are tried in the order of the specification's table: what was not posted, or posted
where nothing is expected, is within tolerance where the amount is that small.
"""

from __future__ import annotations

from recon.engine import Session, literal
from recon.expected import terms
from recon.month import Month
from recon.policy import PPM, Policy

# The largest HUGEINT: a cap that caps nothing.
UNLIMITED = f"CAST({2**127 - 1} AS HUGEINT)"

MACROS = (
    # Half a minor unit for every month of the term: what rounding alone can move.
    "CREATE MACRO rounding_allowance(months, unit) AS ((months + 1) // 2) * unit",
    # By multiplication, so that nothing is rounded before it is compared.
    f"""CREATE MACRO within(difference, expected, l) AS
        (abs(difference) * {PPM} <= l.ppm * abs(expected)
            OR abs(difference) <= greatest(rounding_allowance(l.term_months, l.unit), l.floor))
        AND (l.cap IS NULL OR abs(difference) <= l.cap)""",
    # For people: rounded down to the minor unit, so that it never promises too much.
    f"""CREATE MACRO allowed(expected, l) AS least(
        greatest(l.ppm * abs(expected) // {PPM} // l.unit * l.unit,
            rounding_allowance(l.term_months, l.unit), l.floor),
        coalesce(l.cap, {UNLIMITED}))""",
)


def add_up(connection: Session, month: Month) -> None:
    """Create `sums`, and `blocked`: the keys whose contract line is invalid, with its reason."""
    m = month.index
    connection.execute(
        f"""CREATE TEMP TABLE sums_and_invalid AS
        SELECT id_key, type, currency, valid, min(id) AS id, max(id) AS other_id,
            coalesce(sum(amount) FILTER (month = {m}), 0) AS recognized,
            count(*) FILTER (month = {m}) AS entries,
            coalesce(sum(amount) FILTER (month = {m - 1}), 0) AS before,
            coalesce(sum(amount) FILTER (month = {m - 2}), 0) AS before2,
            coalesce(sum(amount) FILTER (month = {m + 1}), 0) AS after,
            coalesce(sum(amount) FILTER (month <= {m}), 0) AS earned,
            min(month) AS first_month, max(month) AS last_month
        FROM entry_keys GROUP BY id_key, type, currency, valid"""
    )
    # As a condition of the pass itself, the check would be made twice for every entry.
    connection.execute("CREATE TEMP VIEW all_sums AS SELECT * FROM sums_and_invalid WHERE valid")
    connection.execute(
        """CREATE TEMP VIEW books AS
        SELECT min(first_month) AS first_month, max(last_month) AS last_month FROM all_sums"""
    )
    # An invalid contract line takes its entries out of the comparison: measured against nothing
    # they would break for a reason that is not theirs. A line of unknown type may be any type.
    connection.execute(
        """CREATE TEMP TABLE blocked AS
        WITH invalid AS (
            SELECT id_key, type, string_agg(DISTINCT reason, '; ' ORDER BY reason) AS reason
            FROM contract_rows WHERE reason IS NOT NULL AND id IS NOT NULL
            GROUP BY id_key, type)
        SELECT s.id_key, s.type, s.currency, string_agg(i.reason, '; ' ORDER BY i.reason) AS reason
        FROM (FROM all_sums ANTI JOIN contracts USING (id_key, type)) s
        JOIN invalid i ON i.id_key = s.id_key AND (i.type = s.type OR i.type IS NULL)
        GROUP BY ALL"""
    )
    connection.execute(
        """CREATE TEMP VIEW sums AS
        SELECT * FROM all_sums ANTI JOIN blocked USING (id_key, type, currency)"""
    )


def compare(connection: Session, month: Month, policy: Policy) -> None:
    """Create `lines`: every contract line, and every other key with entries in the month.

    Columns: the keys; customer_id, customer, segment, owner; on_contract; the term; expected,
    recognized, difference, entries, allowed, to_date_expected, to_date_recognized, remainder;
    status; and the flags term_mismatch, closed_early, spelling as booleans.
    """
    for macro in MACROS:
        connection.execute(macro)
    connection.execute(f"CREATE TEMP VIEW contract_terms AS {terms('FROM contracts')}")
    connection.execute(f"CREATE TABLE lines AS {_lines(month, policy)}")


def _lines(month: Month, policy: Policy) -> str:
    m = month.index
    return f"""
    WITH earned AS (
        SELECT *, to_date_expected - earned_before AS expected,
            -- What a line that has closed early never recognizes.
            CASE WHEN close_month <= {m} THEN rounded(value, 1, 1, unit) - to_date_expected
                ELSE 0 END AS remainder
        FROM (
            SELECT *, expected_to_date({m - 1}, t) AS earned_before,
                expected_to_date({m}, t) AS to_date_expected
            FROM contract_terms t)),
    {_orphans(policy)},
    joined AS (
        SELECT c.* EXCLUDE (kind), c.kind, true AS on_contract, s.id AS entry_spelling,
            s.other_id AS other_spelling, {_SUMS}
        FROM earned c LEFT JOIN sums s USING (id_key, type, currency)
        UNION ALL BY NAME SELECT * FROM orphans),
    measured AS (
        SELECT *, recognized - expected AS difference,
            closed_on < term_end AS closed_early,
            recognition = 'over_duration' AND close_date NOT IN (term_end, term_end + 1)
                AS term_mismatch
        FROM joined)
    SELECT row_number() OVER () AS line, *,
        allowed(expected, l) AS allowed,
        entry_spelling <> id OR other_spelling <> id AS spelling,
        CASE WHEN difference = 0 THEN 'matched'
            WHEN within(difference, expected, l) THEN 'within_tolerance'
            WHEN expected = 0 THEN 'not_expected'
            WHEN entries = 0 THEN 'not_recognized'
            WHEN difference > 0 THEN 'over_recognized'
            ELSE 'under_recognized' END AS status,
        NOT within(to_date_recognized - to_date_expected, to_date_expected, l) AS off_to_date,
        abs(to_date_recognized) > abs(rounded(value, 1, 1, unit)) AS over_value
    FROM measured l"""


_SUMS = """
            coalesce(s.recognized, 0) AS recognized, coalesce(s.entries, 0) AS entries,
            coalesce(s.before, 0) AS before, coalesce(s.before2, 0) AS before2,
            coalesce(s.after, 0) AS after, coalesce(s.earned, 0) AS to_date_recognized"""


def _orphans(policy: Policy) -> str:
    """Return the keys that only accounting knows; who they belong to, if the contract is known."""
    tolerance = policy.tolerance
    return f"""
    unmatched AS (
        FROM sums s ANTI JOIN contracts c USING (id_key, type, currency) WHERE s.entries > 0),
    owners AS (
        SELECT id_key, min(customer_id) AS customer_id, min(customer) AS customer,
            min(segment) AS segment, min(owner) AS owner
        FROM contracts SEMI JOIN unmatched USING (id_key) GROUP BY id_key),
    orphans AS (
        SELECT s.id, s.id_key, s.type, r.kind, s.currency, coalesce(u.unit, 100) AS unit,
            o.customer_id, o.customer, o.segment, o.owner,
            {literal(tolerance.ppm)} AS ppm, 0 AS term_months,
            coalesce(r.floor, g.floor, {literal(tolerance.floor)}, u.unit, 100) AS floor,
            coalesce(r.cap, g.cap, {literal(tolerance.cap)}) AS cap,
            0 AS expected, 0 AS to_date_expected, 0 AS remainder, false AS on_contract,
            EXISTS (FROM contract_rows k WHERE k.id_key = s.id_key) AS known_contract,
            s.id AS entry_spelling, s.other_id AS other_spelling, {_SUMS}
        FROM unmatched s
        LEFT JOIN owners o USING (id_key)
        LEFT JOIN (SELECT DISTINCT type, kind, floor, cap FROM type_rules) r USING (type)
        LEFT JOIN segment_rules g ON g.segment_key = lower(o.segment)
        LEFT JOIN units u USING (currency))"""
