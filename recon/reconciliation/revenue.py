"""Front door: contracts and entries in, one Reconciliation out.

The way of the data: intake, expect and compare (set work in DuckDB), then for the breaks alone
causes and severity, then the summary, tied out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from recon.base.errors import MissingColumns, SourceDataError
from recon.base.fields import AMOUNTS, needed
from recon.base.month import Month
from recon.base.period_tables import given_periods
from recon.base.periods import Periods
from recon.base.policy import Policy, Term
from recon.base.result import Break, Reconciliation, Side
from recon.reconciliation import totals as summary
from recon.reconciliation.breaks import judged_breaks
from recon.reconciliation.carried import carried_differences
from recon.reconciliation.compare import compare, view_lines
from recon.reconciliation.contract_intake import (
    forget_contracts,
    load_contracts,
    refuse_crm_close_dates,
)
from recon.reconciliation.control_totals import control
from recon.reconciliation.earlier_values import named_earlier_values
from recon.reconciliation.entry_detail import read_again
from recon.reconciliation.entry_intake import currency_notice, view_entries
from recon.reconciliation.events import find_events, with_events
from recon.reconciliation.known_terms import KnownTerms
from recon.reconciliation.open_days import Asking
from recon.reconciliation.places import named_places
from recon.reconciliation.policy_sql import register_policy
from recon.reconciliation.recognized import add_up
from recon.reconciliation.separators import NOTHING, Unsaid, refuse_doubtful
from recon.reconciliation.term_columns import NO_DURATION
from recon.store.amount_notations import number, own_currency_of, written_otherwise
from recon.store.columns import Columns
from recon.store.session import (
    Session,
    columns,
    is_any,
    name,
    open_private_session,
    reading,
    reckoning,
)

if TYPE_CHECKING:
    import pandas as pd


def reconcile(
    contracts: pd.DataFrame,
    entries: pd.DataFrame,
    month: Month | str,
    policy: Policy | Mapping[str, object] | None = None,
    *,
    periods: Periods | pd.DataFrame | Iterable[Sequence[object]] | None = None,
) -> Reconciliation:
    """Reconciliation of a month from two data frames.

    No file is read or written.

    `contracts` and `entries` have the columns of the specification, section 1, in any type that
    holds them exactly. `month` is written like `2024-06`. `policy` is a Policy, or a mapping
    with the keys of the configuration's `[policy]` table, such as {"tolerance": "0.5%"}.
    `periods` are fiscal periods that take the place of calendar months: a data frame with the
    columns code, first_day and last_day, or rows of these; `month` is then a code.

    Raises MonthError, ConfigError, and SourceDataError where a side lacks a column or is
    malformed.
    """
    from recon.store.frames import has_texts, register

    if not isinstance(month, Month) or periods is not None:
        month = Month.parse(str(month), given_periods(periods))
    connection = open_private_session()
    register(connection, "contracts_frame", contracts)
    register(connection, "entries_frame", entries)
    frames = {Side.ANALYTICS: contracts, Side.ACCOUNTING: entries}
    rules = policy if isinstance(policy, Policy) else Policy.of(policy or {})
    texts = {side: has_texts(frame, AMOUNTS[side]) for side, frame in frames.items()}
    relations = {
        side: _plainly(connection, side, frame, rules.currency) if texts[side] else frame
        for side, frame in (
            (Side.ANALYTICS, "contracts_frame"),
            (Side.ACCOUNTING, "entries_frame"),
        )
    }
    return reconcile_relations(
        connection,
        relations[Side.ANALYTICS],
        relations[Side.ACCOUNTING],
        month,
        rules,
        unsaid={side: Unsaid(AMOUNTS[side]) if texts[side] else None for side in frames},
    )


def _plainly(connection: Session, side: Side, relation: str, currency: str) -> str:
    """A frame with its amounts in text as plain numbers.

    Where all of them are plain already, it is the frame: the reading of other notations would be
    planned with every statement.
    """
    found = {
        column.strip().lower(): (column, kind)
        for column, kind in columns(connection, relation).items()
    }
    amount, _ = found[AMOUNTS[side]]
    if not is_any(connection, f"{relation} WHERE {written_otherwise(name(amount))}"):
        return relation
    of = own_currency_of(currency, *found.get("currency", ("", "")))
    read = number(name(amount), None, of, known=False)
    return f"(SELECT * REPLACE ({read} AS {name(amount)}) FROM {relation})"


def reconcile_relations(
    connection: Session,
    contracts: str,
    entries: str,
    month: Month,
    policy: Policy,
    *,
    descriptions: Mapping[Side, str] | None = None,
    compliance: tuple[str, ...] = (),
    unsaid: Mapping[Side, Unsaid | None] = NOTHING,
) -> Reconciliation:
    """Reconciliation of two relations of a session.

    The session is used for nothing else, and stays open for as long as the result is used: its
    lines are read from there. `unsaid` are the sides of which nothing says how amounts in text are
    written.
    """
    told = descriptions or dict.fromkeys(Side, "data frame")
    notices = load_both_sides(
        connection, contracts, entries, policy, told, compliance, unsaid, month.periods
    )
    return reconcile_month(connection, month, policy, told, compliance, notices)


def load_both_sides(
    connection: Session,
    contracts: str,
    entries: str,
    policy: Policy,
    descriptions: Mapping[Side, str],
    compliance: tuple[str, ...],
    unsaid: Mapping[Side, Unsaid | None] = NOTHING,
    periods: Periods | None = None,
    settable: Collection[Side] = (),
) -> list[str]:
    """Load both sides into a session; return the notices.

    They serve any month, or any of the fiscal `periods`. Of the sides `settable`, the configuration
    could say in which order days are written. Raises SourceDataError where a side lacks a column or
    is malformed.
    """
    given = {Side.ANALYTICS: contracts, Side.ACCOUNTING: entries}
    found = _columns(connection, given, descriptions, compliance)
    refuse_doubtful(connection, given, unsaid, policy.currency, descriptions, found)
    register_policy(connection, policy, periods)
    asking = {side: Asking(descriptions[side], side in settable) for side in Side}
    with reading(Side.ANALYTICS, descriptions[Side.ANALYTICS]):
        notices = _load_contracts(
            connection, contracts, policy, periods, asking[Side.ANALYTICS], found[Side.ANALYTICS]
        )
    with reading(Side.ACCOUNTING, descriptions[Side.ACCOUNTING]):
        delivered = found[Side.ACCOUNTING]
        notices += view_entries(
            connection, entries, policy, compliance, periods, asking[Side.ACCOUNTING], delivered
        )
        return notices + currency_notice(connection, delivered, policy)


def _load_contracts(
    connection: Session,
    contracts: str,
    policy: Policy,
    periods: Periods | None,
    asking: Asking,
    found: Mapping[str, str],
) -> list[str]:
    """Load the contracts; return the notices.

    Where every duration is blank, the terms run from start to close.
    """
    notices = load_contracts(connection, contracts, policy, periods, asking, found)
    any_duration = refuse_crm_close_dates(connection)
    if any_duration or policy.term is not None or not forget_contracts(connection):
        return notices
    policy = replace(policy, term=Term.DATES)
    notices = load_contracts(connection, contracts, policy, periods, asking, found)
    refuse_crm_close_dates(connection)
    return [*notices, NO_DURATION]


def _columns(
    connection: Session,
    given: Mapping[Side, str],
    descriptions: Mapping[Side, str],
    compliance: tuple[str, ...],
) -> dict[Side, dict[str, str]]:
    """Columns of both sides with their types.

    Where some are missing, it stops and names both sides at once, before either of them is read.
    """
    lacking, found = [], {}
    for side, relation in given.items():
        with reading(side, descriptions[side]):
            found[side] = columns(connection, relation)
        try:
            Columns(side, found[side], needed(side, compliance if side is Side.ACCOUNTING else ()))
        except MissingColumns as error:
            lacking.append(error)
    if len(lacking) == len(Side):
        raise SourceDataError(" ".join(map(str, lacking)))
    for alone in lacking:
        raise alone
    return found


def reconcile_month(
    connection: Session,
    month: Month,
    policy: Policy,
    descriptions: Mapping[Side, str],
    compliance: tuple[str, ...],
    notices: list[str],
) -> Reconciliation:
    """Reconciliation of a month from both sides as loaded.

    The relations of another month in the session are replaced: its lines can be read no more.
    """
    known = compare_month(connection, month, policy, descriptions, compliance)
    return summarize(connection, month, policy, descriptions, compliance, notices, known)


def compare_month(
    connection: Session,
    month: Month,
    policy: Policy,
    descriptions: Mapping[Side, str],
    compliance: tuple[str, ...],
) -> KnownTerms:
    """Compare the entries of the session with its contract rows.

    Contract lines that share an id have to be compared together; apart from that any group of
    contracts can be compared by itself. `summarize` needs the relations `COMPARED` of a group;
    those of several groups are one below the other, `ledger_span` from the earliest to the latest
    month, and `entry_control_totals`, `compliance_blanks` and `ledger_months` added up.
    """
    # The entries are read where they are asked for: before the comparison, and after it.
    entries = descriptions[Side.ACCOUNTING]
    with reading(Side.ACCOUNTING, entries):
        add_up(connection, month)
    with reckoning(_comparison(month)):
        known = compare(connection, month, policy)
    with reading(Side.ACCOUNTING, entries):
        read_again(connection, month, compliance)
    return known


def _comparison(month: Month) -> str:
    return f"the comparison of {month}"


COMPARED = (
    "contracts_typed", "lines_compared", "lines_without_contract", "sums_without_line",
    "ledger_span", "entry_control_totals", "break_entries", "entries_invalid",
    "compliance_blanks", "entries_unread", "recognized_months", "contracts_repeated",
    "repeated_rows", "added_rows", "posted_months",
    "carried_entries", "ledger_months",
)  # fmt: skip


def summarize(
    connection: Session,
    month: Month,
    policy: Policy,
    descriptions: Mapping[Side, str],
    compliance: tuple[str, ...],
    notices: list[str],
    known: KnownTerms | None = None,
) -> Reconciliation:
    """Reconciliation of the compared lines: breaks explained, everything tied out.

    `known` is what `compare_month` returned, where it was in this session.
    """
    with reckoning(_comparison(month)):
        view_lines(connection, month, policy, known)
        breaks = judged_breaks(connection, month, policy)
        return _summed_up(connection, month, policy, breaks, notices, descriptions, compliance)


def _summed_up(
    connection: Session,
    month: Month,
    policy: Policy,
    breaks: tuple[Break, ...],
    notices: list[str],
    descriptions: Mapping[Side, str],
    compliance: tuple[str, ...],
) -> Reconciliation:
    taken = control(connection, month, descriptions)
    totals = summary.totals(connection)
    flags = summary.flags(connection)
    events = find_events(connection, month, policy, breaks, totals, flags, taken.sources)
    return Reconciliation(
        month=month,
        policy=policy,
        sources=taken.sources,
        totals=totals,
        bridge=summary.bridge(connection, breaks, totals),
        breaks=with_events(breaks, events),
        invalid=taken.invalid,
        parts=summary.parts(connection),
        flags=flags,
        notices=(
            *notices,
            *summary.notices(connection, month, policy, taken, compliance, events),
        ),
        lines=summary.LineTable(connection),
        events=events,
        carried=carried_differences(connection, month, policy.currency),
        places=named_places(connection),
        earlier=named_earlier_values(connection),
    )
