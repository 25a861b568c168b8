"""Entry intake: entries of any type, typed, with reasons.

`recon.reconciliation.relations` lists the relations that it reads and makes.

The keys of `entries_typed` are as they came: the macros `read_id`, `fold_type`, `read_type` and
`read_currency` read them once a key, not once an entry; `units_of` are the ten-thousandths of a sum
of its amounts. The macro `entries_of(rows)` reads some entries as they came, with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from recon.base.fields import CONDENSED, PERIOD, needed
from recon.base.periods import SETTING, Periods
from recon.base.policy import Policy
from recon.base.result import Side
from recon.reconciliation.intake import (
    CODED,
    ERROR,
    NOT_EXACT,
    coded,
    float_notice,
    not_a_date,
    unless_error,
)
from recon.reconciliation.open_days import Asking, Notations, notations
from recon.reconciliation.policy_sql import type_of
from recon.reconciliation.repeated import create_entry_ids, find_repeated_entries
from recon.store.checks import Checks
from recon.store.columns import UNITS_READ, Columns, units_of
from recon.store.session import Session, columns, is_any, literal, name

_NO_TEXT = "CAST(NULL AS VARCHAR)"
_NO_PERIOD = f"neither a code of {SETTING} nor a date"
# A blank one is missing, in whatever notation.
_PERIOD_UNREAD = "recon_month IS NULL AND recon_period IS NOT NULL AND trim(recon_period) <> ''"


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
    _create_entry_macros(connection, side, compliance, periods, read.torn, policy)
    return read.notices + float_notice(side, "amount")


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
        ("read_id(raw)", unless_error(side.text("contract_id", "raw"))),
        ("fold_type(raw)", f"lower({side.text('revenue_type', 'raw')})"),
        ("read_type(folded)", type_of("folded", policy)),
        ("read_currency(raw)", coded(side.text("currency", "raw"), policy.currency)),
        ("units_of(total)", units_of(each)),
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
    policy: Policy,
) -> None:
    """Create `entries_of(rows)`."""
    read = (*needed(Side.ACCOUNTING, compliance), "posted_at", "document_ref")
    side, said = given.as_said(*read), given.as_said().said(*read)
    texts = _texts(side, compliance)
    every = "(SELECT *, read_id(given_contract_id) AS id FROM said)"
    checks = Checks(
        side, _entry_checks(torn) | ({PERIOD: ("month", _NO_PERIOD)} if periods else {})
    )
    reason = f"""CASE WHEN {checks.passed()} THEN refused
            ELSE nullif(concat_ws('; ', {checks.reason()}, refused), '') END"""
    connection.execute(
        f"""CREATE MACRO entries_of(rows) AS TABLE
        WITH said AS (
            SELECT *, fold_type(given_revenue_type) AS type_folded {said} FROM query_table(rows))
        SELECT * EXCLUDE refused, {reason} AS reason
        FROM ({_typed(side, every, _KEYS, side.month(PERIOD, periods), texts)})"""
    )
    month, found = side.month(PERIOD, periods), ""
    if given.kind(PERIOD) == "VARCHAR":
        month, found = "recon_month", f"LEFT JOIN periods_typed ON given_{PERIOD} = recon_period"
    known = _typed(side, f"(SELECT * {said} FROM ({{rows}}) {found})", "", month, texts)
    alike = given.kind("contract_id") == "VARCHAR" and policy.analytics_ids == policy.accounting_ids
    _KNOWN[connection] = _Known(known, reason, alike)


_KEYS = """, accounting_key(id) AS id_key, read_type(type_folded) AS type,
            read_currency(given_currency) AS currency"""


def _typed(side: Columns, rows: str, keys: str, month: str, texts: str) -> str:
    return f"""
        SELECT * EXCLUDE (amount_short, amount_long) {keys}, {UNITS_READ} AS amount,
            {month} AS month, {side.count(CONDENSED)} AS stands_for, {texts}
        FROM ({side.amounts("amount", rows)})"""


def _texts(side: Columns, compliance: Sequence[str]) -> str:
    words = {
        "entry_id": "entry_id", "type_text": "revenue_type", "amount_text": "amount",
        "period_text": PERIOD, "posted_at": "posted_at", "document_ref": "document_ref",
    } | {compliance_name(column): column.strip().lower() for column in compliance}  # fmt: skip
    return ", ".join(f"{side.text(column)} AS {name(word)}" for word, column in words.items())


@dataclass(frozen=True, slots=True)
class _Known:
    """The SQL of entries whose keys are known.

    `read` is the SELECT of some `{rows}`, `reason` that of each. Of keys spelled `alike` both sides
    make the same.
    """

    read: str
    reason: str
    alike: bool


_KNOWN: WeakKeyDictionary[Session, _Known] = WeakKeyDictionary()


def contracts_by_spelling(connection: Session) -> str:
    """SELECT of contract rows that entries may be spelled like.

    They are the valid ones, whose key no other row has.
    """
    alike = _KNOWN[connection].alike
    return f"""
        SELECT row AS line, id AS line_id, id_key AS line_key, type, currency
        FROM contracts_typed ANTI JOIN duplicate_contract_keys USING (id_key, type)
        WHERE reason IS NULL {"" if alike else "AND false"}"""


def entries_of_known_keys(connection: Session, rows: str, reasons: bool) -> str:
    """SELECT of entries as `entries_of` has them, keys known.

    `rows` is a SELECT of entries as they came, with `id`, `id_key`, `type` and `currency`. With
    `reasons` some may be invalid, all of which are `suspect`.
    """
    known = _KNOWN[connection]
    reason = f"{_NO_TEXT} AS reason"
    if reasons:
        reason = f"CASE WHEN suspect THEN {known.reason} END AS reason"
    return f"SELECT *, {reason} FROM ({known.read.replace('{rows}', rows)})"


def _entry_checks(torn: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Checks of an entry."""
    month = not_a_date(PERIOD, torn) if PERIOD in torn else "not a month"
    return {
        "contract_id": ("id", ERROR),
        "revenue_type": ("type", "unknown"),
        "amount": ("amount", NOT_EXACT),
        PERIOD: ("month", month),
        "?currency": (CODED, "not a currency code"),
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
