"""Intake: what a source delivered, of whatever type, as typed rows with the reason why not.

Nothing is guessed and nothing is dropped: a row that cannot be compared keeps its place and
gets a reason. The results are relations in the session:

- `contract_rows`: row, id, id_key, type, currency, value, duration, the dates, customer_id,
  customer, segment, owner, the rules that apply to the line, finer (more than four decimals
  were rounded), reason (NULL where it is valid)
- `contracts`: the valid ones with the term as `recon.expected.terms` wants it
- `entry_rows`: entry_id, id, id_key, type, currency, amount, month, document_ref, posted_at,
  finer, reason

Amounts are ten-thousandths, months are counted from January of year 0.
"""

from __future__ import annotations

from collections.abc import Mapping

from recon import money
from recon.engine import Session, columns, literal, name
from recon.errors import LooksLikeCrmCloseDate, MissingColumns
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

# 100 generations of month arithmetic would leave the calendar.
LONGEST_TERM = 12_000

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
             "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}  # fmt: skip
_FLOATS = {"DOUBLE", "FLOAT"}
_BLANKS = "chr(32) || chr(9) || chr(10) || chr(13) || chr(160)"


class _Columns:
    """The SQL of a side's columns, whatever their types; a missing optional one is NULL."""

    def __init__(self, side: Side, found: Mapping[str, str], required: tuple[str, ...]) -> None:
        self.types = {column.strip().lower(): kind.upper() for column, kind in found.items()}
        self.names = {column.strip().lower(): column for column in found}
        missing = [column for column in required if column not in self.types]
        if missing:
            raise MissingColumns(side, missing, list(found))

    def kind(self, column: str) -> str:
        return self.types.get(column, "NULL").split("(")[0]

    def has_floats(self, column: str) -> bool:
        return self.kind(column) in _FLOATS

    def text(self, column: str) -> str:
        """Trimmed text, NULL where blank; 42.0 from a float column is the id 42."""
        if column not in self.names:
            return "CAST(NULL AS VARCHAR)"
        raw = name(self.names[column])
        if self.has_floats(column):
            whole = f"{raw} = floor({raw}) AND abs({raw}) < 1e15"
            raw = f"CASE WHEN {whole} THEN CAST(CAST({raw} AS BIGINT) AS VARCHAR) ELSE {raw} END"
        return f"nullif(trim(CAST({raw} AS VARCHAR), {_BLANKS}), '')"

    def number(self, column: str) -> str:
        """An exact decimal, NULL where it cannot be read as one."""
        raw, kind = name(self.names[column]), self.kind(column)
        if kind in _FLOATS:
            return f"CASE WHEN isfinite({raw}) THEN TRY_CAST({raw} AS DECIMAL(38, 10)) END"
        if kind in _INTEGERS or kind == "DECIMAL":
            return f"TRY_CAST({raw} AS DECIMAL(38, 10))"
        text = self.text(column)
        plain = rf"regexp_full_match({text}, '[+-]?(\d+(\.\d*)?|\.\d+)')"
        return f"CASE WHEN {plain} THEN TRY_CAST({text} AS DECIMAL(38, 10)) END"

    def day(self, column: str) -> str:
        """A date from 1900 on, NULL where it cannot be read as one."""
        if column not in self.names:
            return "CAST(NULL AS DATE)"
        if self.kind(column) == "DATE" or self.kind(column).startswith("TIMESTAMP"):
            read = f"CAST({name(self.names[column])} AS DATE)"
        else:
            read = _day_of(self.text(column))
        return f"CASE WHEN {read} BETWEEN DATE '1900-01-01' AND DATE '9999-12-31' THEN {read} END"

    def month(self, column: str) -> str:
        """A month index from any of the forms that a period arrives in, NULL for none of them."""
        if self.kind(column) == "DATE" or self.kind(column).startswith("TIMESTAMP"):
            return f"month_index({name(self.names[column])})"
        text = self.text(column)
        month = r"'\d{4}-?(0[1-9]|1[0-2])'"
        return (
            f"CASE WHEN regexp_full_match({text}, {month}) "
            f"THEN CAST(left({text}, 4) AS INTEGER) * 12 + CAST(right({text}, 2) AS INTEGER) - 1 "
            f"ELSE month_index({_day_of(text)}) END"
        )


def _day_of(text: str) -> str:
    return (
        rf"CASE WHEN regexp_full_match({text}, '\d{{4}}-\d{{2}}-\d{{2}}([ T].*)?') "
        f"THEN TRY_CAST(left({text}, 10) AS DATE) "
        rf"WHEN regexp_full_match({text}, '\d{{8}}') "
        f"THEN CAST(try_strptime({text}, '%Y%m%d') AS DATE) END"
    )


def _units(number: str) -> str:
    """Return ten-thousandths of a decimal, half away from zero; NULL beyond 64 bits."""
    largest = money.LARGEST // money.SCALE
    return f"CASE WHEN abs({number}) < {largest} THEN CAST({number} * {money.SCALE} AS BIGINT) END"


def _unreadable(column: str, text: str, value: str, what: str) -> str:
    """Return a reason where a column is there but cannot be read."""
    return (
        f"CASE WHEN {text} IS NOT NULL AND {value} IS NULL "
        f"THEN '{column} ' || chr(39) || {text} || chr(39) || ' is {what}' END"
    )


def _missing(column: str, text: str) -> str:
    return f"CASE WHEN {text} IS NULL THEN '{column} is missing' END"


def _reasons(*parts: str) -> str:
    return f"nullif(concat_ws('; ', {', '.join(parts)}), '')"


_NOT_EXACT = "not an exact amount that fits"
_NOT_A_DATE = "not a date"
_CURRENCY = _unreadable(
    "currency", "currency", "CASE WHEN regexp_full_match(currency, '[A-Z]{3}') THEN 1 END",
    "not a currency code",
)  # fmt: skip


def register_policy(connection: Session, policy: Policy) -> None:
    """Create the small tables that the rows look their rules up in.

    `type_rules`: type_key, type, kind, recognition, convention, rounding, ppm, floor, cap;
    `segment_rules`: segment_key, ppm, floor, cap; `units`: currency, unit.
    """
    named = {name: name for name in policy.types} | dict(policy.aliases)
    _values(
        connection,
        "type_rules(type_key, type, kind, recognition, convention, rounding, ppm, floor, cap)",
        [
            (key.strip().lower(), name, *_type_rule(policy.types[name], policy))
            for key, name in named.items()
        ],
    )
    _values(
        connection,
        "segment_rules(segment_key, ppm, floor, cap)",
        [(s.strip().lower(), t.ppm, t.floor, t.cap) for s, t in policy.segments.items()]
        or [(None, None, None, None)],
    )
    _values(connection, "units(currency, unit)", list(money.minor_units().items()))


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
    side = _Columns(Side.ANALYTICS, columns(connection, relation), CONTRACT_COLUMNS)
    connection.execute(
        f"CREATE TEMP TABLE contract_rows AS {_contract_rows(side, relation, policy)}"
    )
    _mark_duplicates(connection)
    _refuse_crm_close_dates(connection)
    connection.execute(f"CREATE TEMP TABLE contracts AS {_CONTRACTS}")
    return _float_notice(side, "contract_value")


def _contract_rows(side: _Columns, relation: str, policy: Policy) -> str:
    tolerance = policy.tolerance
    point_in_time = f"recognition <> '{Recognition.OVER_DURATION}'"
    return f"""
    WITH source AS (
        SELECT row_number() OVER () AS row,
            {side.text("contract_id")} AS id, {side.text("revenue_type")} AS type_text,
            {side.text("contract_value")} AS value_text, {side.number("contract_value")} AS number,
            {side.text("duration_months")} AS duration_text,
            {side.number("duration_months")} AS duration_number,
            {side.text("booking_date")} AS booking_text, {side.day("booking_date")} AS booked_on,
            {side.text("start_date")} AS start_text, {side.day("start_date")} AS start_date,
            {side.text("close_date")} AS close_text, {side.day("close_date")} AS close_date,
            {side.text("terminated_on")} AS terminated_text,
            {side.day("terminated_on")} AS terminated_on,
            coalesce(upper({side.text("currency")}), {literal(policy.currency)}) AS currency,
            {side.text("customer_id")} AS customer_id, {side.text("customer")} AS customer,
            {side.text("segment")} AS segment, {side.text("owner")} AS owner
        FROM {relation}),
    typed AS (
        SELECT *, lower(id) AS id_key, {_units("number")} AS value,
            number * {money.SCALE} <> {_units("number")} AS finer,
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
        {
        _reasons(
            _missing("contract_id", "id"),
            _missing("revenue_type", "type_text"),
            _unreadable("revenue_type", "type_text", "r.type", "unknown"),
            _missing("contract_value", "value_text"),
            _unreadable("contract_value", "value_text", "value", _NOT_EXACT),
            f"CASE WHEN {point_in_time} THEN NULL "
            f"ELSE {_missing('duration_months', 'duration_text')} END",
            f"CASE WHEN {point_in_time} THEN NULL ELSE "
            + _unreadable(
                "duration_months", "duration_text", "duration", "not a whole number of months"
            )
            + " END",
            _missing("booking_date", "booking_text"),
            _unreadable("booking_date", "booking_text", "booked_on", _NOT_A_DATE),
            _unreadable("start_date", "start_text", "start_date", _NOT_A_DATE),
            _missing("close_date", "close_text"),
            _unreadable("close_date", "close_text", "close_date", _NOT_A_DATE),
            _unreadable("terminated_on", "terminated_text", "terminated_on", _NOT_A_DATE),
            _CURRENCY,
        )
    } AS reason
    FROM typed
    LEFT JOIN type_rules r ON r.type_key = lower(type_text)
    LEFT JOIN segment_rules g ON g.segment_key = lower(segment)
    LEFT JOIN units u USING (currency)"""


def _mark_duplicates(connection: Session) -> None:
    """Give every row of a key that stands more than once its reason: none is the right one."""
    connection.execute(
        """CREATE TEMP TABLE twice AS
        SELECT id_key, type, count(*) AS rows, string_agg(DISTINCT id, ', ' ORDER BY id) AS ids
        FROM contract_rows WHERE id IS NOT NULL AND type IS NOT NULL
        GROUP BY id_key, type HAVING count(*) > 1"""
    )
    connection.execute(
        """UPDATE contract_rows SET reason = concat_ws('; ', reason,
            'duplicate key: ' || twice.rows || ' rows of ' || twice.ids || ', ' || twice.type)
        FROM twice WHERE twice.id_key = contract_rows.id_key AND twice.type = contract_rows.type"""
    )


def _refuse_crm_close_dates(connection: Session) -> None:
    """Stop where most lines would never recognize anything."""
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
        CASE WHEN recognition = 'over_duration' THEN least(close_date, terminated_on) END
            AS closed_on
    FROM contract_rows WHERE reason IS NULL"""


def view_entries(
    connection: Session, relation: str, policy: Policy, compliance: tuple[str, ...] = ()
) -> list[str]:
    """Create the view `entry_rows` over a relation; return what is worth a notice.

    Raises MissingColumns, also where a compliance column that the configuration names is gone.
    """
    side = _Columns(Side.ACCOUNTING, columns(connection, relation), ENTRY_COLUMNS + compliance)
    extra = "".join(f", {side.text(column)} AS {name(column)}" for column in compliance)
    connection.execute(f"""
    CREATE TEMP VIEW entry_rows AS
    WITH source AS (
        SELECT row_number() OVER () AS row,
            {side.text("entry_id")} AS entry_id, {side.text("contract_id")} AS id,
            {side.text("revenue_type")} AS type_text,
            {side.text("amount")} AS amount_text, {side.number("amount")} AS number,
            {side.text("recognition_period")} AS period_text,
            {side.month("recognition_period")} AS month,
            coalesce(upper({side.text("currency")}), {literal(policy.currency)}) AS currency,
            {side.text("posted_at")} AS posted_at, {side.text("document_ref")} AS document_ref
            {extra}
        FROM {relation}),
    typed AS (
        SELECT *, lower(id) AS id_key, {_units("number")} AS amount,
            number * {money.SCALE} <> {_units("number")} AS finer FROM source)
    SELECT * EXCLUDE (number, type_key, kind, recognition, convention, rounding, ppm, floor, cap),
        {
        _reasons(
            _missing("contract_id", "id"),
            _missing("revenue_type", "type_text"),
            _unreadable("revenue_type", "type_text", "type", "unknown"),
            _missing("amount", "amount_text"),
            _unreadable("amount", "amount_text", "amount", _NOT_EXACT),
            _missing("recognition_period", "period_text"),
            _unreadable("recognition_period", "period_text", "month", "not a month"),
            _CURRENCY,
        )
    } AS reason
    FROM typed LEFT JOIN type_rules ON type_key = lower(type_text)""")
    return _float_notice(side, "amount")


def _float_notice(side: _Columns, column: str) -> list[str]:
    if not side.has_floats(column):
        return []
    return [
        f"{column} is a binary floating point column; its values were rounded to 0.0001. "
        "Deliver it as DECIMAL or MONEY."
    ]
