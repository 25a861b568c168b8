"""Intake: a source's rows of any type, typed, with reasons.

Nothing is guessed and nothing is dropped: a row that cannot be compared keeps its place and gets a
reason. `recon.reconciliation.relations` lists the relations that it reads and makes.

The keys of `entries_typed` are as they came: the macros `read_id`, `fold_type`, `read_type` and
`read_currency` read them once a key, not once an entry; `units_of` are the ten-thousandths of a sum
of its amounts. The macro `entries_of(rows)` reads some entries as they came, with a reason;
`entries_read(rows)` is without one.

Amounts are ten-thousandths, months are counted from January of year 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from recon.base.errors import LooksLikeCrmCloseDate, SourceDataError
from recon.base.fields import CONDENSED, PERIOD, known, needed
from recon.base.periods import SETTING, Periods
from recon.base.policy import Convention, Policy, Recognition, Rounding, SameKey, TypePolicy
from recon.base.result import Side
from recon.reconciliation.expected import TERM
from recon.reconciliation.open_days import Asking, Notations, has_texts, notations
from recon.reconciliation.other_terms import MACROS, USUAL, with_other_term
from recon.reconciliation.policy_sql import own_accrued, rule_of, type_of
from recon.reconciliation.repeated import (
    create_entry_ids,
    find_repeated_entries,
    set_repeated_contracts_aside,
)
from recon.reconciliation.term_columns import LONGEST_TERM, TermColumns
from recon.store.checks import Checks
from recon.store.columns import UNITS_READ, Columns
from recon.store.session import Session, columns, is_any, literal, name

_NOT_EXACT = "not an amount, or is too large"
_NO_TEXT = "CAST(NULL AS VARCHAR)"
_ERROR = "an error of a spreadsheet"
_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!")
# A function, or another cell.
_FORMULA = r"=[A-Za-z.]+\(.*\)|=('?[^!]+'?!)?\$?[A-Z]{1,3}\$?\d+"
_NOT_A_DATE = "not a date"
_NO_PERIOD = f"neither a code of {SETTING} nor a date"
_NOT_OVER_PERIODS = (
    "Monthly values, free months and terms from start to close are counted by calendar months, not "
    f"by those of {SETTING}; take them out of the contracts and the policy, or reconcile by "
    "calendar months."
)
_DAY_UNREAD = f"contains(reason, {literal(' is ' + _NOT_A_DATE)})"
# A blank one is missing, in whatever notation.
_PERIOD_UNREAD = "recon_month IS NULL AND recon_period IS NOT NULL AND trim(recon_period) <> ''"
_STARTED_ON = "coalesce(start_date, booked_on)"
# A line that starts with its booking has no start where that day means none.
_BOOKED = """CASE WHEN start_date IS NOT NULL
    OR booked_on BETWEEN DATE '1900-01-02' AND DATE '9999-12-30' THEN booked_on END"""
_CONTRACT_FAULTS = {"terminated_on": (f"terminated_on < {_STARTED_ON}", "before its start")}
_CODED = "CASE WHEN regexp_full_match(currency, '[A-Z]{3}') THEN currency END"


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
        _judge_rows_of_one_key(connection, policy)
    connection.execute(f"CREATE TEMP VIEW contracts_valid AS {_contracts_valid(terms.asked)}")
    return notices + _float_notice(side, "contract_value") + terms.notices(policy)


def _install(connection: Session, terms: TermColumns, policy: Policy) -> None:
    """Create the macros of other terms, where needed."""
    for macro in MACROS if terms.asked else ():
        connection.execute(macro)
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

    Only invalid rows are read again, for their reasons, which take long to plan and to say.
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
            CASE WHEN {checks.passed()} THEN NULL ELSE '' END AS reason
        FROM typed"""
    )
    invalid = "SELECT row FROM contracts_typed WHERE reason IS NOT NULL"
    if not is_any(connection, f"({invalid})"):
        return False
    connection.execute(
        f"""UPDATE contracts_typed SET reason = why.reason FROM (
            {_contracts(given, side, terms, policy, relation, f"WHERE row IN ({invalid})")}
            SELECT row, {checks.reason()} AS reason FROM typed) why
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


def _unless_error(of: str) -> str:
    """SQL of an id, NULL where a spreadsheet has none.

    That is an error, or a formula without a stored result.
    """
    listed = ", ".join(map(literal, _ERRORS))
    # Texts in order are enough to see that most ids begin with neither.
    formula = f"regexp_full_match({of}, {literal(_FORMULA)})"
    error = (
        f"({of} BETWEEN '#' AND '$' AND {of} IN ({listed})) "
        f"OR ({of} BETWEEN '=' AND '>' AND {formula})"
    )
    return f"CASE WHEN {error} THEN NULL ELSE {of} END"


def coded(text: str, currency: str) -> str:
    """SQL of a currency; without one, the policy's."""
    return f"coalesce(upper({text}), {literal(currency)})"


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


def _not_a_date(column: str, torn: Mapping[str, tuple[str, str]]) -> str:
    """The fault of a day that cannot be read.

    `torn` columns have days in both orders.
    """
    if column not in torn:
        return _NOT_A_DATE
    return f"not clear: {' and '.join(torn[column])} of its column have different orders"


def _contract_checks(
    terms: TermColumns, torn: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """Checks of a contract row."""
    return {
        "contract_id": (_unless_error("id"), _ERROR),
        "revenue_type": ("type", "unknown"),
        "contract_value": ("value", _NOT_EXACT),
        "duration_months": (
            terms.duration(),
            f"not a whole number of months from 1 to {LONGEST_TERM:,}",
        ),
        "booking_date": (_BOOKED, _not_a_date("booking_date", torn)),
        "?start_date": ("start_date", _not_a_date("start_date", torn)),
        "close_date": (terms.close(), _not_a_date("close_date", torn)),
        "?terminated_on": ("terminated_on", _not_a_date("terminated_on", torn)),
        "?currency": (_CODED, "not a currency code"),
        **terms.checks(),
    }


def _judge_rows_of_one_key(connection: Session, policy: Policy) -> None:
    if policy.same_key is SameKey.REFUSE:
        _refuse_same_key(connection)
        # Rows that differ only in case have several ids.
        if is_any(connection, "duplicate_contract_keys WHERE contains(ids, ', ')"):
            _name_the_setting_of_case(connection)
    else:
        if policy.same_key is SameKey.VERSIONS:
            _refuse_versions_of_one_day(connection)
        _refuse_partial_sums(connection)


def _refuse_same_key(connection: Session) -> None:
    """Give every row of a duplicate key its reason.

    None of them is the right one.
    """
    connection.execute(
        """UPDATE contracts_typed SET reason = concat_ws('; ', reason,
            'duplicate key: ' || d.rows || ' rows of ' || d.ids || ', ' || d.type
            || ' (policy.same_key = "add" adds them up)')
        FROM duplicate_contract_keys d
        WHERE d.id_key = contracts_typed.id_key AND d.type = contracts_typed.type"""
    )


def _name_the_setting_of_case(connection: Session) -> None:
    """Name the setting where ids differ only in case.

    With `[policy] ids = "exact"` each of them has a key of its own.
    """
    connection.execute(
        """UPDATE contracts_typed SET reason = reason || '; their ids differ only in case: '
            || 'if case counts, set [policy] ids = "exact"'
        FROM (
            SELECT id_key, type FROM contracts_typed
            SEMI JOIN duplicate_contract_keys USING (id_key, type)
            GROUP BY id_key, type HAVING count(DISTINCT exact_id(id)) = count(*)
                AND count(DISTINCT lower(exact_id(id))) = 1) apart
        WHERE apart.id_key = contracts_typed.id_key AND apart.type = contracts_typed.type"""
    )


def _refuse_versions_of_one_day(connection: Session) -> None:
    """Give a reason to versions of the same day."""
    connection.execute(
        """UPDATE contracts_typed SET reason = concat_ws('; ', reason,
            CASE WHEN unsaid > 1 THEN 'valid_from is missing, as in another row of its key'
            ELSE 'another version is valid from ' || d.day || ', too' END)
        FROM (
            SELECT id_key, type, currency, coalesce(valid_from, started_on) AS day,
                count(*) FILTER (valid_from IS NULL) AS unsaid
            FROM contracts_typed SEMI JOIN duplicate_contract_keys USING (id_key, type)
            GROUP BY ALL HAVING count(*) > 1) d
        WHERE d.id_key = contracts_typed.id_key AND d.type = contracts_typed.type
            AND d.currency = contracts_typed.currency
            AND d.day = coalesce(contracts_typed.valid_from, contracts_typed.started_on)"""
    )


def _refuse_partial_sums(connection: Session) -> None:
    """Give every row beside an invalid one a reason.

    The sum of the other rows of its key is not the expected revenue of the line.
    """
    connection.execute(
        """UPDATE contracts_typed SET reason = 'another row of its key is invalid'
        FROM (
            SELECT DISTINCT id_key, type FROM contracts_typed
            SEMI JOIN duplicate_contract_keys USING (id_key, type) WHERE reason IS NOT NULL) d
        WHERE d.id_key = contracts_typed.id_key AND d.type = contracts_typed.type
            AND contracts_typed.reason IS NULL"""
    )


def refuse_crm_close_dates(connection: Session) -> bool:
    """Stop where most lines would never recognize anything.

    A setup of a day closes on its start; so most of the lines that are recognized over their
    duration have to look wrong, too. Returns whether any of the lines has a duration. Raises
    LooksLikeCrmCloseDate where more than half of all lines close on or before their start; that
    makes a term from start to close invalid.
    """
    found = connection.execute(
        """SELECT count(*) FILTER (early), count(*), count(*) FILTER (early AND over_time),
            count(*) FILTER (over_time), count(duration)
        FROM (
            SELECT over_time, close_date <= started_on AS early, duration FROM contracts_valid
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


def compliance_name(column: str) -> str:
    """Name of a compliance column among the entries.

    It hides none of the columns that recon knows.
    """
    return f"compliance_{column.strip().lower()}"


def view_entries(
    connection: Session,
    relation: str,
    policy: Policy,
    compliance: tuple[str, ...] = (),
    periods: Periods | None = None,
    asking: Asking | None = None,
    delivered: Mapping[str, str] | None = None,
) -> list[str]:
    """Create the relations of the entries; return the notices.

    Their months are those of the calendar, or fiscal `periods`. Raises MissingColumns, also where a
    compliance column that the configuration names is gone, and SourceDataError where periods could
    mean two things and `asking` is there.
    """
    delivered = delivered or columns(connection, relation)
    side = Columns(Side.ACCOUNTING, delivered, needed(Side.ACCOUNTING, compliance))
    create_entry_ids(connection, side, relation)
    repeated = find_repeated_entries(connection, side, relation, policy.repeated_ids)
    _create_readers(connection, side, policy)
    read = _type_periods(connection, side, relation, periods, asking)
    _view_entries_typed(connection, side, relation, repeated, periods)
    _view_entries_raw(connection, side, relation, repeated)
    connection.execute("DROP TABLE entry_ids")
    _create_entry_macros(connection, side, compliance, periods, read.torn)
    return read.notices + _float_notice(side, "amount")


def _view_entries_raw(connection: Session, side: Columns, relation: str, repeated: bool) -> None:
    """Create `entries_raw` and `entries_raw_numbered`, without repeated rows."""
    given = ", ".join([side.given()] + ["NULL AS given_currency"] * ("currency" not in side.names))
    numbered = f"SELECT {side.place()} AS row, {given}, {_NO_TEXT} AS refused FROM {relation}"
    plain = f"SELECT {given}, {_NO_TEXT} AS refused FROM {relation}"
    if repeated:
        numbered = f"""
            SELECT g.* REPLACE (r.refused AS refused) FROM ({numbered}) g
            LEFT JOIN entries_repeated r USING (row) WHERE place IS NULL OR place = row"""
        plain = f"SELECT * EXCLUDE row FROM ({numbered})"
    connection.execute(f"CREATE TEMP VIEW entries_raw AS {plain}")
    connection.execute(f"CREATE TEMP VIEW entries_raw_numbered AS {numbered}")


def _create_readers(connection: Session, side: Columns, policy: Policy) -> None:
    """Create the macros that read keys and sums of entries."""
    _, each = side.addend("amount")
    for macro, made_of in (
        ("read_id(raw)", _unless_error(side.text("contract_id", "raw"))),
        ("fold_type(raw)", f"lower({side.text('revenue_type', 'raw')})"),
        ("read_type(folded)", type_of("folded", policy)),
        ("read_currency(raw)", coded(side.text("currency", "raw"), policy.currency)),
        ("units_of(total)", f"CAST(total * {each} AS HUGEINT)"),
    ):
        connection.execute(f"CREATE MACRO {macro} AS {made_of}")


def _type_periods(
    connection: Session,
    given: Columns,
    relation: str,
    periods: Periods | None,
    asking: Asking | None,
) -> Notations:
    """Create `periods_typed`; return the notations of periods."""
    found = Notations()
    if given.kind(PERIOD) == "VARCHAR":
        _create_periods(connection, given, periods)
        if is_any(connection, f"periods_typed WHERE {_PERIOD_UNREAD}"):
            found = notations(connection, given, relation, asking)
            given.notations = found.kinds
            _create_periods(connection, given, periods)
    return found


def _create_periods(connection: Session, given: Columns, periods: Periods | None) -> None:
    month = given.as_said(PERIOD).month(PERIOD, periods)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE periods_typed AS
        SELECT given_{PERIOD} AS recon_period, {month} AS recon_month
        FROM (
            SELECT * {given.as_said().said(PERIOD)}
            FROM (SELECT DISTINCT period AS given_{PERIOD} FROM entry_ids))"""
    )


def _view_entries_typed(
    connection: Session, given: Columns, relation: str, repeated: bool, fiscal: Periods | None
) -> None:
    """Create `entries_typed`, reading each of the few periods once."""
    side = given.as_said("amount", PERIOD)
    month, periods = side.month(PERIOD, fiscal), ""
    if given.kind(PERIOD) == "VARCHAR":
        month, periods = "recon_month", f"LEFT JOIN periods_typed ON given_{PERIOD} = recon_period"
    rows = f"""(
        SELECT {given.place()} AS row, {given.given()} {given.said("amount")} FROM {relation})"""
    marks = "place IS NOT NULL AND place <> row AS repeated, refused IS NOT NULL AS refused"
    found = "LEFT JOIN entries_repeated USING (row)"
    if not repeated:
        marks, found = "false AS repeated, false AS refused", ""
    connection.execute(
        f"""CREATE TEMP VIEW entries_typed AS
        SELECT row, given_contract_id, given_revenue_type,
            {side.raw("currency")} AS given_currency, {side.addend_read("amount")} AS amount,
            {side.finer_read("amount")} AS finer, {month} AS month,
            {side.count(CONDENSED)} AS stands_for, {marks}
        FROM ({side.amounts("amount", rows)}) {periods} {found}"""
    )


def _create_entry_macros(
    connection: Session,
    given: Columns,
    compliance: Sequence[str],
    periods: Periods | None,
    torn: Mapping[str, tuple[str, str]],
) -> None:
    """Create `entries_read(rows)`, and `entries_of(rows)` with reasons."""
    read = (*needed(Side.ACCOUNTING, compliance), "posted_at", "document_ref")
    side = given.as_said(*read)
    words = {
        "entry_id": "entry_id", "type_text": "revenue_type", "amount_text": "amount",
        "period_text": PERIOD, "posted_at": "posted_at", "document_ref": "document_ref",
    } | {compliance_name(column): column.strip().lower() for column in compliance}  # fmt: skip
    texts = ", ".join(f"{side.text(column)} AS {name(word)}" for word, column in words.items())
    connection.execute(
        f"""CREATE MACRO entries_read(rows) AS TABLE
        WITH said AS (
            SELECT *, fold_type(given_revenue_type) AS type_folded {given.as_said().said(*read)}
            FROM query_table(rows))
        SELECT * EXCLUDE (amount_short, amount_long), accounting_key(id) AS id_key,
            read_type(type_folded) AS type, read_currency(given_currency) AS currency,
            {UNITS_READ} AS amount, {side.month(PERIOD, periods)} AS month,
            {side.count(CONDENSED)} AS stands_for, {texts}
        FROM ({side.amounts("amount", "(SELECT *, read_id(given_contract_id) AS id FROM said)")})"""
    )
    checks = Checks(
        side, _entry_checks(torn) | ({PERIOD: ("month", _NO_PERIOD)} if periods else {})
    )
    connection.execute(
        f"""CREATE MACRO entries_of(rows) AS TABLE
        SELECT * EXCLUDE refused, CASE WHEN {checks.passed()} THEN refused
            ELSE nullif(concat_ws('; ', {checks.reason()}, refused), '') END AS reason
        FROM entries_read(rows)"""
    )


def _entry_checks(torn: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Checks of an entry."""
    month = _not_a_date(PERIOD, torn) if PERIOD in torn else "not a month"
    return {
        "contract_id": ("id", _ERROR),
        "revenue_type": ("type", "unknown"),
        "amount": ("amount", _NOT_EXACT),
        PERIOD: ("month", month),
        "?currency": (_CODED, "not a currency code"),
    }


def currency_notice(connection: Session, delivered: Iterable[str], policy: Policy) -> list[str]:
    """Notice of a ledger without currencies, where contracts have others.

    Both sides are loaded.
    """
    entries = {column.strip().lower() for column in delivered}
    other = f"contracts_typed WHERE currency <> {literal(policy.currency)}"
    if "currency" in entries or not is_any(connection, other):
        return []
    return [
        f"Accounting delivers no currency: {policy.currency} is assumed for its entries, though "
        "analytics has contract lines in others. Deliver the column currency."
    ]


def _float_notice(side: Columns, column: str) -> list[str]:
    if not side.has_floats(column):
        return []
    return [
        f"{column} is a binary floating point column; its values were rounded to 0.0001. "
        "Deliver it as DECIMAL or MONEY."
    ]
