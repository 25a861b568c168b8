"""Intake: what a source delivered, of whatever type, as typed rows with the reason why not.

Nothing is guessed and nothing is dropped: a row that cannot be compared keeps its place and
gets a reason. The results are relations in the session:

- `contract_rows`: row, id, id_key, type, currency, value, duration, the dates, customer_id,
  customer, segment, owner, the rules that apply to the line, finer (more than four decimals
  were rounded), reason (NULL where it is valid)
- `contracts`: the valid ones with the term as `recon.expected.terms` wants it
- `entry_keys`: row, id, id_key, type, currency, amount, month, finer, stands_for (how many entries
  the row is the sum of), valid; what every entry is summed up by
- `entry_rows`: the same with entry_id, document_ref, posted_at, compliance columns, and reason:
  texts, which cost more than all the rest; `entries_in_words(keys)` adds them to a few entries

Amounts are ten-thousandths, months are counted from January of year 0.
"""

from __future__ import annotations

from collections.abc import Mapping

from recon import money
from recon.columns import Columns
from recon.engine import Session, columns, literal, name
from recon.errors import LooksLikeCrmCloseDate
from recon.model import Side
from recon.policy import Policy, Recognition, Tolerance, TypePolicy

CONTRACT_COLUMNS = (
    "contract_id", "revenue_type", "contract_value", "duration_months", "booking_date",
    "close_date",
)  # fmt: skip
CONTRACT_OPTIONS = (
    "start_date", "currency", "customer_id", "customer", "segment", "owner", "terminated_on",
)  # fmt: skip
ENTRY_COLUMNS = ("entry_id", "contract_id", "revenue_type", "amount", "recognition_period")
ENTRY_OPTIONS = ("currency", "posted_at", "document_ref")
# How many entries a row of a relation stands for, where a database has added some up; else one.
CONDENSED = "recon_entries"

# A thousand years: more is a mistake, and would leave the calendar.
LONGEST_TERM = 12_000


def _reason(side: Columns, valid: str, checks: Mapping[str, tuple[str, str]]) -> str:
    """Return why a row cannot be compared, NULL where it is `valid`.

    `checks` are, by column, the value that is NULL where the column cannot be read, and what it
    then is; a column that may be blank is listed with a `?` before its name.
    """
    parts = []
    for listed, (value, what) in checks.items():
        column = listed.removeprefix("?")
        text = side.text(column, name(f"given_{column}"))
        blank = f"'{column} is missing'" if listed == column else "NULL"
        parts.append(
            f"CASE WHEN {value} IS NOT NULL THEN NULL WHEN {text} IS NULL THEN {blank} "
            f"ELSE '{column} ' || chr(39) || {text} || chr(39) || ' is {what}' END"
        )
    return f"CASE WHEN {valid} THEN NULL ELSE nullif(concat_ws('; ', {', '.join(parts)}), '') END"


_NOT_EXACT = "not an exact amount that fits"
_NOT_A_DATE = "not a date"
_CODED = "CASE WHEN regexp_full_match(currency, '[A-Z]{3}') THEN currency END"


def register_policy(connection: Session, policy: Policy) -> None:
    """Create the small tables that the rows look their rules up in.

    `type_rules`: type_key, type, kind, recognition, convention, rounding, ppm, floor, cap;
    `segment_rules`: segment_key, ppm, floor, cap; `units`: currency, unit.
    """
    _values(
        connection,
        "type_rules(type_key, type, kind, recognition, convention, rounding, ppm, floor, cap)",
        [(name, of, *_type_rule(policy.types[of], policy)) for name, of in _names(policy).items()],
    )
    segments = {name.strip().lower(): tolerance for name, tolerance in policy.segments.items()}
    _values(
        connection,
        "segment_rules(segment_key, ppm, floor, cap)",
        [(name, t.ppm, t.floor, t.cap) for name, t in segments.items()]
        or [(None, None, None, None)],
    )
    _values(connection, "units(currency, unit)", list(money.minor_units().items()))


def _names(policy: Policy) -> dict[str, str]:
    """Return the revenue types by every name that stands for them, folded."""
    names = {name: name for name in policy.types} | dict(policy.aliases)
    return {name.strip().lower(): of for name, of in names.items()}


def _type(side: Columns, policy: Policy) -> str:
    """Return the SQL of an entry's revenue type: a CASE, since a join of every entry costs more."""
    cases = " ".join(
        f"WHEN {literal(name)} THEN {literal(of)}" for name, of in _names(policy).items()
    )
    return f"CASE lower({side.text('revenue_type')}) {cases} END"


def _type_rule(rule: TypePolicy, policy: Policy) -> tuple[str | int | None, ...]:
    tolerance: Tolerance = rule.tolerance
    return (
        rule.kind.value,
        rule.recognition.value,
        (rule.convention or policy.convention).value,
        (rule.rounding or policy.rounding).value,
        tolerance.ppm,
        tolerance.floor,
        tolerance.cap,
    )


def _values(connection: Session, table: str, rows: list[tuple[str | int | None, ...]]) -> None:
    listed = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    head = table.partition("(")[0]
    connection.execute(f"CREATE TEMP TABLE {head} AS SELECT * FROM (VALUES {listed}) AS {table}")


def load_contracts(connection: Session, relation: str, policy: Policy) -> list[str]:
    """Create `contract_rows` and `contracts` from a relation; return what is worth a notice.

    Raises MissingColumns, and LooksLikeCrmCloseDate where more than half of the lines close on
    or before their start.
    """
    side = Columns(Side.ANALYTICS, columns(connection, relation), CONTRACT_COLUMNS)
    connection.execute(
        f"CREATE TEMP TABLE contract_rows AS {_contract_rows(side, relation, policy)}"
    )
    _mark_duplicates(connection)
    _refuse_crm_close_dates(connection)
    connection.execute(f"CREATE TEMP TABLE contracts AS {_CONTRACTS}")
    return _float_notice(side, "contract_value")


def _contract_rows(side: Columns, relation: str, policy: Policy) -> str:
    tolerance = policy.tolerance
    return f"""
    WITH source AS (
        SELECT row_number() OVER () AS row, {side.given()},
            {side.text("contract_id")} AS id, {side.text("revenue_type")} AS type_text,
            {side.units("contract_value")} AS value, {side.finer("contract_value")} AS finer,
            {side.number("duration_months")} AS duration_number,
            {side.day("booking_date")} AS booked_on, {side.day("start_date")} AS start_date,
            {side.day("close_date")} AS close_date, {side.day("terminated_on")} AS terminated_on,
            coalesce(upper({side.text("currency")}), {literal(policy.currency)}) AS currency,
            {side.text("customer_id")} AS customer_id, {side.text("customer")} AS customer,
            {side.text("segment")} AS segment, {side.text("owner")} AS owner
        FROM {relation}),
    typed AS (
        SELECT *, lower(id) AS id_key,
            CASE WHEN duration_number BETWEEN 1 AND {LONGEST_TERM}
                AND duration_number = floor(duration_number)
                THEN CAST(duration_number AS INTEGER) END AS duration
        FROM source)
    SELECT row, id, id_key, type_text, r.type, r.kind, r.recognition, r.convention, r.rounding,
        currency, coalesce(u.unit, 100) AS unit, value, finer, duration, booked_on,
        coalesce(start_date, booked_on) AS started_on, close_date, terminated_on,
        customer_id, customer, segment, owner,
        coalesce(r.ppm, g.ppm, {literal(tolerance.ppm)}) AS ppm,
        coalesce(r.floor, g.floor, {literal(tolerance.floor)}, u.unit, 100) AS floor,
        coalesce(r.cap, g.cap, {literal(tolerance.cap)}) AS cap,
        {_reason(side, "false", _CONTRACT_CHECKS)} AS reason
    FROM typed
    LEFT JOIN type_rules r ON r.type_key = lower(type_text)
    LEFT JOIN segment_rules g ON g.segment_key = lower(segment)
    LEFT JOIN units u USING (currency)"""


_CONTRACT_CHECKS = {
    "contract_id": ("id", ""),
    "revenue_type": ("r.type", "unknown"),
    "contract_value": ("value", _NOT_EXACT),
    # A one-time type at a point in time needs no duration.
    "duration_months": (
        f"coalesce(duration, CASE WHEN recognition <> '{Recognition.OVER_DURATION}' THEN 0 END)",
        f"not a whole number of months from 1 to {LONGEST_TERM:,}",
    ),
    "booking_date": ("booked_on", _NOT_A_DATE),
    "?start_date": ("start_date", _NOT_A_DATE),
    "close_date": ("close_date", _NOT_A_DATE),
    "?terminated_on": ("terminated_on", _NOT_A_DATE),
    "?currency": (_CODED, "not a currency code"),
}


def _mark_duplicates(connection: Session) -> None:
    """Give every row of a key that stands more than once its reason: none is the right one."""
    connection.execute(
        """CREATE TEMP TABLE twice AS
        WITH keys AS (
            SELECT id_key, type, count(*) AS rows FROM contract_rows
            WHERE id IS NOT NULL AND type IS NOT NULL GROUP BY id_key, type HAVING count(*) > 1)
        SELECT id_key, type, any_value(rows) AS rows,
            string_agg(DISTINCT id, ', ' ORDER BY id) AS ids
        FROM contract_rows JOIN keys USING (id_key, type) GROUP BY id_key, type"""
    )
    connection.execute(
        """UPDATE contract_rows SET reason = concat_ws('; ', reason,
            'duplicate key: ' || twice.rows || ' rows of ' || twice.ids || ', ' || twice.type)
        FROM twice WHERE twice.id_key = contract_rows.id_key AND twice.type = contract_rows.type"""
    )


def _refuse_crm_close_dates(connection: Session) -> None:
    """Stop where most lines would never recognize anything.

    Counted are the valid lines that are recognized over their duration: a setup of a day closes
    on its start.
    """
    found = connection.execute(
        f"""SELECT count(*) FILTER (close_date <= started_on), count(*) FROM contract_rows
        WHERE reason IS NULL AND recognition = '{Recognition.OVER_DURATION}'"""
    ).fetchone()
    early, rows = found or (0, 0)
    if early * 2 > rows:
        raise LooksLikeCrmCloseDate(early, rows)


# A one-time type at a point in time is a term of one month: the month in question.
_CONTRACTS = """
    SELECT id, id_key, type, kind, recognition, currency, unit, value, convention, rounding,
        booked_on, started_on, close_date, terminated_on, duration,
        customer_id, customer, segment, owner, ppm, floor, cap,
        CASE recognition
            WHEN 'over_duration' THEN started_on
            WHEN 'booking_month' THEN month_start(month_index(booked_on))
            WHEN 'start_month' THEN month_start(month_index(started_on))
            ELSE month_start(month_index(least(close_date, terminated_on))) END AS term_start,
        CASE WHEN recognition = 'over_duration' THEN duration ELSE 1 END AS term_months,
        least(close_date, terminated_on) AS last_day,
        -- A point in time is reached or not: only what ended before its month cuts it off.
        CASE WHEN recognition = 'over_duration'
                OR month_index(last_day) < month_index(term_start) THEN last_day END AS closed_on
    FROM contract_rows WHERE reason IS NULL"""


def compliance_name(column: str) -> str:
    """Return what a compliance column is called in `entry_rows`, where it hides none of ours."""
    return f"compliance_{column.strip().lower()}"


def view_entries(
    connection: Session, relation: str, policy: Policy, compliance: tuple[str, ...] = ()
) -> list[str]:
    """Create the views `entry_keys` and `entry_rows`; return what is worth a notice.

    Raises MissingColumns, also where a compliance column that the configuration names is gone.
    """
    wanted = tuple(column.strip().lower() for column in compliance)
    side = Columns(Side.ACCOUNTING, columns(connection, relation), ENTRY_COLUMNS + wanted)
    connection.execute(f"""
    CREATE TEMP VIEW entry_keys AS
    WITH source AS (
        SELECT row_number() OVER () AS row, {side.given()},
            {side.text("contract_id")} AS id, {_type(side, policy)} AS type,
            {side.units("amount")} AS amount, {side.finer("amount")} AS finer,
            {side.month("recognition_period")} AS month, {side.count(CONDENSED)} AS stands_for,
            coalesce(upper({side.text("currency")}), {literal(policy.currency)}) AS currency
        FROM {relation})
    SELECT *, lower(id) AS id_key, id IS NOT NULL AND type IS NOT NULL AND amount IS NOT NULL
        AND month IS NOT NULL AND {_CODED} IS NOT NULL AS valid
    FROM source""")
    words = {
        "entry_id": "entry_id", "type_text": "revenue_type", "amount_text": "amount",
        "period_text": "recognition_period", "posted_at": "posted_at",
        "document_ref": "document_ref",
    } | {compliance_name(column): column for column in wanted}  # fmt: skip
    texts = ", ".join(
        f"{side.text(column, name(f'given_{column}'))} AS {name(word)}"
        for word, column in words.items()
    )
    connection.execute(f"""
    CREATE MACRO entries_in_words(keys) AS TABLE
    SELECT * EXCLUDE ({side.given_names()}), {texts},
        {_reason(side, "valid", _ENTRY_CHECKS)} AS reason
    FROM query_table(keys)""")
    connection.execute(
        "CREATE TEMP VIEW entry_rows AS SELECT * FROM entries_in_words('entry_keys')"
    )
    return _float_notice(side, "amount")


_ENTRY_CHECKS = {
    "contract_id": ("id", ""),
    "revenue_type": ("type", "unknown"),
    "amount": ("amount", _NOT_EXACT),
    "recognition_period": ("month", "not a month"),
    "?currency": (_CODED, "not a currency code"),
}


def _float_notice(side: Columns, column: str) -> list[str]:
    if not side.has_floats(column):
        return []
    return [
        f"{column} is a binary floating point column; its values were rounded to 0.0001. "
        "Deliver it as DECIMAL or MONEY."
    ]
