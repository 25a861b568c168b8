"""Contract intake: contract rows of any type, typed, with reasons.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from collections.abc import Mapping

from recon.base.errors import LooksLikeCrmCloseDate, SourceDataError
from recon.base.fields import known, needed
from recon.base.periods import SETTING, Periods
from recon.base.policy import Convention, Policy, Recognition, Rounding, SameKey, TypePolicy
from recon.base.result import Side
from recon.reconciliation.expected import ROW_TO_DATE, TERM, for_uneven_terms
from recon.reconciliation.intake import (
    CODED,
    ERROR,
    NOT_A_DATE,
    NOT_EXACT,
    coded,
    float_notice,
    not_a_date,
    unless_error,
)
from recon.reconciliation.open_days import Asking, has_texts, notations
from recon.reconciliation.other_terms import MACROS, USUAL, with_other_term
from recon.reconciliation.policy_sql import own_accrued, rule_of, type_of
from recon.reconciliation.repeated import set_repeated_contracts_aside
from recon.reconciliation.rows_of_one_key import judge_rows_of_one_key
from recon.reconciliation.term_columns import LONGEST_TERM, TermColumns
from recon.store.checks import Checks
from recon.store.columns import UNITS_READ, Columns
from recon.store.session import Session, columns, is_any, literal

_NOT_OVER_PERIODS = (
    "Monthly values, free months and terms from start to close are counted by calendar months, not "
    f"by those of {SETTING}; take them out of the contracts and the policy, or reconcile by "
    "calendar months."
)
_DAY_UNREAD = f"contains(reason, {literal(' is ' + NOT_A_DATE)})"
_STARTED_ON = "coalesce(start_date, booked_on)"
# A line that starts with its booking has no start where that day means none.
_BOOKED = """CASE WHEN start_date IS NOT NULL
    OR booked_on BETWEEN DATE '1900-01-02' AND DATE '9999-12-30' THEN booked_on END"""
_CONTRACT_FAULTS = {"terminated_on": (f"terminated_on < {_STARTED_ON}", "before its start")}


def load_contracts(
    connection: Session,
    relation: str,
    policy: Policy,
    periods: Periods | None = None,
    asking: Asking | None = None,
    delivered: Mapping[str, str] | None = None,
) -> list[str]:
    """Create `contracts_typed` and `contracts_valid`; return the notices.

    A contract that fiscal `periods` do not reach back to is invalid. `delivered` are the
    relation's columns, where they are known. Raises MissingColumns, and SourceDataError where days
    could mean two things and `asking` is there.
    """
    delivered = delivered or columns(connection, relation)
    side = Columns(Side.ANALYTICS, delivered, needed(Side.ANALYTICS))
    terms = TermColumns.of(side, policy)
    if periods and terms.asked:
        raise SourceDataError(_NOT_OVER_PERIODS)
    _install(connection, terms, policy)
    faults = _CONTRACT_FAULTS | (_before(periods, policy) if periods else {})
    notices = []
    invalid = _type_contracts(connection, side, relation, policy, faults, {})
    if invalid and has_texts(side) and is_any(connection, f"contracts_typed WHERE {_DAY_UNREAD}"):
        found = notations(connection, side, relation, asking)
        side.notations, notices = found.kinds, found.notices
        _type_contracts(connection, side, relation, policy, faults, found.torn)
    if set_repeated_contracts_aside(connection, side, relation):
        judge_rows_of_one_key(connection, policy)
    connection.execute(f"CREATE TEMP VIEW contracts_valid AS {_contracts_valid(terms.asked)}")
    return notices + float_notice(side, "contract_value") + terms.notices(policy)


def _install(connection: Session, terms: TermColumns, policy: Policy) -> None:
    """Create the macros of other terms and added rows."""
    if terms.asked or policy.same_key is not SameKey.REFUSE:
        for_uneven_terms(connection)
        connection.execute(";\n".join((*MACROS, ROW_TO_DATE)))
    if terms.asked or policy.same_key is SameKey.VERSIONS:
        connection.execute(own_accrued(policy))
    if terms.any_monthly:
        # The months of such a value are rounded one by one, whatever the policy says.
        connection.execute(f"CREATE OR REPLACE MACRO own_accrued(k, {TERM}) AS accrued(k, {TERM})")


def _type_contracts(
    connection: Session,
    given: Columns,
    relation: str,
    policy: Policy,
    faults: Mapping[str, tuple[str, str]],
    torn: Mapping[str, tuple[str, str]],
) -> bool:
    """Create `contracts_typed`; return whether a row is invalid.

    Only invalid rows are read again, for their reasons, which take long to plan and to say; until
    then the letters of the checks that they do not pass stand for these.
    """
    side = given.as_said(*known(Side.ANALYTICS))
    terms = TermColumns.of(side, policy)
    checks = Checks(side, _contract_checks(terms, torn), {**faults, **terms.faults(_STARTED_ON)})
    connection.execute(
        f"""CREATE OR REPLACE TABLE contracts_typed AS
        {_contracts(given, side, terms, policy, relation)}
        SELECT row, id, id_key, type, rule, currency, value, finer, duration, booked_on,
            {_STARTED_ON} AS started_on,
            {terms.closes(_STARTED_ON)} AS close_date, terminated_on,
            monthly, dated, free_months, free_at, valid_from,
            customer_id, customer, segment, owner,
            CASE WHEN type IS NULL THEN type_text END AS type_text,
            CASE WHEN {checks.passed()} THEN NULL ELSE {checks.failed()} END AS reason
        FROM typed"""
    )
    (failed,) = connection.execute(
        "SELECT string_agg(DISTINCT reason, '') FROM contracts_typed WHERE reason IS NOT NULL"
    ).fetchone() or ("",)
    if not failed:
        return False
    invalid = "SELECT row FROM contracts_typed WHERE reason IS NOT NULL"
    connection.execute(
        f"""UPDATE contracts_typed SET reason = why.reason FROM (
            {_contracts(given, side, terms, policy, relation, f"WHERE row IN ({invalid})")}
            SELECT row, {checks.reason(failed)} AS reason FROM typed) why
        WHERE why.row = contracts_typed.row"""
    )
    return True


def _contracts(
    given: Columns, side: Columns, terms: TermColumns, policy: Policy, relation: str, rows: str = ""
) -> str:
    """CTEs up to `typed`: contract rows read, or some `rows`."""
    return f"""
    WITH given AS (
        SELECT * FROM (
            SELECT {given.place()} AS row, {given.given()} {given.said(*known(given.side))}
            FROM {relation}) {rows}),
    source AS (
        SELECT *, {side.text("contract_id")} AS id, {side.text("revenue_type")} AS type_text,
            lower({side.text("revenue_type")}) AS type_folded,
            {UNITS_READ} AS value, {side.finer_read("contract_value")} AS finer,
            {side.whole("duration_months")} AS months,
            {side.day("booking_date")} AS booked_on, {side.day("start_date")} AS start_date,
            {side.day("close_date")} AS close_date, {side.day("terminated_on")} AS terminated_on,
            {coded(side.text("currency"), policy.currency)} AS currency,
            {side.text("customer_id")} AS customer_id, {side.text("customer")} AS customer,
            {side.text("segment")} AS segment, {side.text("owner")} AS owner,
            {side.day("valid_from")} AS valid_from {terms.read()}
        FROM ({side.amounts("contract_value", "given")})),
    named AS (SELECT *, {type_of("type_folded", policy)} AS type FROM source),
    typed AS (
        SELECT *, analytics_key(id) AS id_key, {rule_of(policy)} AS rule, {terms.kinds()},
            CASE WHEN months BETWEEN 1 AND {LONGEST_TERM} THEN CAST(months AS INTEGER) END
                AS duration
        FROM named)"""


def _before(periods: Periods, policy: Policy) -> dict[str, tuple[str, str]]:
    """Faults of terms that begin before the first period.

    They do where they reach it. Days are counted without the periods before; parts of a term are
    not.
    """
    counted = [literal(of) for of, rule in policy.types.items() if _counts_periods(rule, policy)]
    if not counted:
        return {}
    first = f"DATE '{periods.starts[0]}'"
    reaches = (
        f"type IN ({', '.join(counted)}) AND {_STARTED_ON} < {first} "
        f"AND coalesce(least(close_date, terminated_on) >= {first}, true)"
    )
    what = f"before the first period, {periods.codes[0]}: add those before it to {SETTING}"
    return {
        "start_date": (f"start_date IS NOT NULL AND {reaches}", what),
        "booking_date": (f"start_date IS NULL AND {reaches}", what),
    }


def _counts_periods(rule: TypePolicy, policy: Policy) -> bool:
    by_days = (rule.convention or policy.convention) in (Convention.EXACT_DAYS, Convention.DAYS_360)
    rounded = (rule.rounding or policy.rounding) is Rounding.LAST_PERIOD
    return rule.recognition is Recognition.OVER_DURATION and (rounded or not by_days)


def _contract_checks(
    terms: TermColumns, torn: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """Checks of a contract row."""
    return {
        "contract_id": (unless_error("id"), ERROR),
        "revenue_type": ("type", "unknown"),
        "contract_value": ("value", NOT_EXACT),
        "duration_months": (
            terms.duration(),
            f"not a whole number of months from 1 to {LONGEST_TERM:,}",
        ),
        "booking_date": (_BOOKED, not_a_date("booking_date", torn)),
        "?start_date": ("start_date", not_a_date("start_date", torn)),
        "close_date": (terms.close(), not_a_date("close_date", torn)),
        "?terminated_on": ("terminated_on", not_a_date("terminated_on", torn)),
        "?currency": (CODED, "not a currency code"),
        **terms.checks(),
    }


def refuse_crm_close_dates(connection: Session) -> bool:
    """Stop where most lines would never recognize anything.

    A setup of a day closes on its start; so most of the lines that are recognized over their
    duration have to look wrong, too. Returns whether any of the lines has a duration. Raises
    LooksLikeCrmCloseDate where more than half of all lines close on or before their start; that
    makes a term from start to close invalid.
    """
    found = connection.execute(
        f"""SELECT count(*) FILTER (early), count(*), count(*) FILTER (early AND over_time),
            count(*) FILTER (over_time), count(duration)
        FROM (
            SELECT recognition = '{Recognition.OVER_DURATION}' AS over_time,
                close_date <= started_on AS early, duration
            FROM contracts_typed JOIN rules USING (rule) WHERE reason IS NULL
            UNION ALL SELECT true, true, duration FROM contracts_typed
            WHERE dated AND close_date < started_on)"""
    ).fetchone()
    early, rows, early_over_time, over_time, durations = found or (0, 0, 0, 0, 0)
    if early * 2 > rows and early_over_time * 2 > over_time:
        raise LooksLikeCrmCloseDate(early, rows)
    return bool(durations)


_MADE_OF_CONTRACTS = (
    "contracts_typed",
    "contracts_of_one_key",
    "contracts_repeated",
    "duplicate_contract_keys",
)


def forget_contracts(connection: Session) -> bool:
    """Forget the contracts where every duration of several is blank.

    Returns whether that is so: their terms can only run from start to close.
    """
    (blank,) = connection.execute(
        """SELECT count(*) > 1 AND count(duration) = 0
            AND bool_or(contains(reason, 'duration_months is missing'))
            AND NOT bool_or(contains(reason, 'duration_months ' || chr(39)))
        FROM contracts_typed WHERE reason IS NOT NULL"""
    ).fetchone() or (False,)
    if blank:
        connection.execute("DROP VIEW contracts_valid")
        for relation in _MADE_OF_CONTRACTS:
            connection.execute(f"DROP TABLE {relation}")
    return bool(blank)


def _contracts_valid(kinds: bool) -> str:
    """SELECT of valid contract rows with their rule and term."""
    valid = """
        SELECT row, id, id_key, type, kind, recognition, currency, unit, value, convention,
            rounding, start_rule, stop_rule, booked_on, started_on, close_date, terminated_on,
            duration, monthly, dated, free_months, free_at, valid_from, rule, customer_id, customer,
            segment, owner, ppm, floor, cap
        FROM (SELECT * EXCLUDE type FROM contracts_typed) JOIN rules USING (rule)
        WHERE reason IS NULL"""
    return with_term(valid, kinds)


def with_term(lines: str, kinds: bool = False) -> str:
    """SELECT of contract rows with the term that recognizes them.

    A one-time type at a point in time is a term of one month: the month in question. That point
    is reached or not: only an end before its month cuts it off. With `kinds` there may be terms of
    other kinds.
    """
    if kinds:
        return with_other_term(lines)
    return f"""
    SELECT *, {USUAL},
        CASE WHEN over_time THEN started_on ELSE month_start(month_index(reached_on)) END
            AS term_start,
        CASE WHEN over_time THEN duration ELSE 1 END AS term_months,
        CASE WHEN over_time THEN stops_on(last_day, started_on, duration)
            WHEN month_index(last_day) < month_index(reached_on) THEN last_day END AS closed_on
    FROM (
        SELECT *, recognition = '{Recognition.OVER_DURATION}' AS over_time,
            least(close_date, terminated_on) AS last_day,
            CASE recognition WHEN 'booking_month' THEN booked_on WHEN 'start_month' THEN started_on
                ELSE last_day END AS reached_on
        FROM ({lines}))"""
