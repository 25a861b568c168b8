"""Assembly: a contract's detail from the session of a reconciliation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import takewhile

from recon.base.errors import tie
from recon.base.events import Event
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Break, CarriedDifference, Cause, Reconciliation, Side, Status
from recon.reconciliation.causes import DETECTORS, LAST_RESORTS, ONLY_ALONE
from recon.reconciliation.causes.gather import flags_of
from recon.reconciliation.entry_intake import compliance_name
from recon.reconciliation.explain import relations
from recon.reconciliation.explain.derivation import added_up, expected_formula, rungs, without_line
from recon.reconciliation.explain.model import (
    Allowance,
    CauseFinding,
    ContractDetail,
    Derivation,
    EntryRow,
    InvalidLine,
    Line,
    MonthRow,
    Progress,
    Terms,
)
from recon.reconciliation.explain.relations import Row
from recon.reconciliation.places import places_of
from recon.reconciliation.policy_sql import TOLERANCE, rate_origin
from recon.reconciliation.severity import ladder
from recon.store.checks import cell
from recon.store.session import Session

Key = tuple[str, str, str]  # contract id as spelled, revenue type, currency


def contract_detail(
    session: Session, result: Reconciliation, contract_id: str, compliance: Sequence[str] = ()
) -> ContractDetail:
    """Everything about one contract in a reconciled month.

    The id is matched as ids are; `compliance` names further columns of the entries.
    Raises UsageError with the nearest ids where neither side knows the contract.
    """
    written = relations.collect(session, contract_id, result.month)
    entries = [_entry(row, result.month, compliance) for row in relations.entries(session)]
    kept_out = [entry for entry in entries if entry.reason]
    in_scope = [entry for entry in kept_out if entry.month in (None, result.month)]
    return ContractDetail(
        month=result.month,
        contract_id=written,
        lines=tuple(_lines(session, result, entries)),
        invalid=tuple(_invalid(session, relations.invalid_rows(session, written), result.month)),
        kept_out=tuple(in_scope),
        kept_out_elsewhere=len(kept_out) - len(in_scope),
    )


def _entry(row: Row, month: Month, compliance: Sequence[str]) -> EntryRow:
    return EntryRow(
        entry_id=row["entry_id"] or "",
        contract_id=row["id"],
        revenue_type=row["type"] or row["type_text"] or "",
        currency=row["currency"],
        month=None if row["month"] is None else month.at(row["month"]),
        period_text=cell(row["period_text"] or ""),
        amount=row["amount"],
        amount_text=cell(row["amount_text"] or ""),
        document_ref=row["document_ref"] or "",
        posted_at=row["posted_at"] or "",
        compliance=tuple(
            (column, str(row[compliance_name(column)] or "")) for column in compliance
        ),
        reason=row["reason"] or "",
    )


def _invalid(session: Session, rows: Sequence[Row], month: Month) -> Iterator[InvalidLine]:
    places = places_of(session, Side.ANALYTICS, [row["row"] for row in rows])
    for row in rows:
        yield InvalidLine(
            row=row["row"],
            place=places[row["row"]],
            revenue_type=row["type"] or row["type_text"] or "",
            currency=row["currency"],
            **_parties(row),
            terms=_terms(row, month),
            reason=row["reason"],
        )


def _lines(session: Session, result: Reconciliation, entries: Sequence[EntryRow]) -> Iterator[Line]:
    rows = relations.lines(session, result.month)
    months = _months(session, result.month)
    breaks = {(item.contract_id, item.revenue_type, item.currency): item for item in result.breaks}
    events = {key: event for event in result.events for key in event.keys}
    carried = {(one.contract_id, one.revenue_type, one.currency): one for one in result.carried}
    for row in rows:
        key = _key(row)
        line = _line(
            result, row, entries, months[key[1:]], breaks.get(key), events.get(key),
            carried.get(key),
        )  # fmt: skip
        _tie_out(line)
        yield line


def _key(row: Row) -> Key:
    return row["id"], row["type"], row["currency"]


def _months(session: Session, month: Month) -> dict[tuple[str, ...], list[MonthRow]]:
    found: defaultdict[tuple[str, ...], list[MonthRow]] = defaultdict(list)
    for row in relations.months(session, month):
        found[row["type"], row["currency"]].append(
            MonthRow(
                month=month.at(row["month"]),
                last=month.at(row["month"]),
                expected=row["expected"],
                recognized=row["recognized"],
                to_date_expected=row["to_date_expected"],
                to_date_recognized=row["to_date_recognized"],
                entries=row["entries"],
                to_come=row["to_come"],
            )
        )
    return found


def _line(
    result: Reconciliation,
    row: Row,
    entries: Sequence[EntryRow],
    months: Sequence[MonthRow],
    item: Break | None,
    event: Event | None,
    carried: CarriedDifference | None,
) -> Line:
    # The rows that are added up have no terms in common.
    terms = _terms(row, result.month) if row["on_contract"] and not row["shares"] else None
    # A break may be made good in the month before or after.
    near = _near(entries, row, result.month, reach=1 if item else 0)
    return Line(
        revenue_type=row["type"],
        currency=row["currency"],
        customer_id=row["customer_id"] or "",
        customer=row["customer"] or "",
        segment=row["segment"] or "",
        owner=row["owner"] or "",
        status=Status(row["status"]) if row["status"] else None,
        flags=flags_of(row["flags"]),
        terms=terms,
        value=_in_all(months) if row["has_no_total"] else row["full_value"] or 0,
        remainder=0 if row["has_no_total"] else row["never_earned"] or 0,
        expected=row["expected"],
        recognized=row["recognized"],
        to_date_expected=row["to_date_expected"],
        to_date_recognized=row["to_date_recognized"],
        derivation=_derivation(result.month, row, terms),
        allowance=_allowance(row, result.policy) if row["status"] else None,
        finding=_finding(item, row["months_broken"], result.policy) if item else None,
        months=tuple(months),
        entries=tuple(near),
        event=event,
        carried=carried,
    )


def _in_all(months: Sequence[MonthRow]) -> int:
    """Sum of the expected months, where there is no total."""
    return months[-1].to_date_expected if months else 0


def _tie_out(line: Line) -> None:
    """Check that the months add up to the value.

    Raises TieOutError where they do not.
    """
    expected = sum(month.expected for month in line.months) + line.remainder
    tie(f"the term of {line.revenue_type}", expected, line.value)


def _near(entries: Sequence[EntryRow], row: Row, month: Month, reach: int) -> Iterator[EntryRow]:
    """Yield a line's compared entries within so many months."""
    for entry in entries:
        same = (entry.revenue_type, entry.currency) == (row["type"], row["currency"])
        near = entry.month is not None and month - reach <= entry.month <= month + reach
        if same and near and not entry.reason:
            yield entry


def _parties(row: Row) -> dict[str, str]:
    return {part: row[part] or "" for part in ("customer_id", "customer", "segment", "owner")}


def _terms(row: Row, month: Month) -> Terms:
    first, last = row.get("start_month"), row.get("last_month")
    return Terms(
        value=row["value"],
        duration=row["duration"],
        booked_on=row["booked_on"],
        started_on=row["started_on"],
        close_date=row["close_date"],
        terminated_on=row["terminated_on"],
        closed_on=row.get("closed_on"),
        term_start=row.get("term_start"),
        term_end=row.get("term_end"),
        first_month=None if first is None else month.at(first),
        last_month=None if last is None else month.at(last),
        recognition=row["recognition"] or "",
        convention=row["convention"] or "",
        basis=row.get("basis") or "",
        rounding=row["rounding"] or "",
        kind=_kind(row),
        free_months=row["free_months"] or 0,
        free_at=row["free_at"] or "",
    )


def _kind(row: Row) -> str:
    """Kind of a row's term, as far as known."""
    known = "month" if row["monthly"] else "dates" if row["dated"] else "duration"
    return str(row.get("term_kind") or known)


def _derivation(month: Month, row: Row, terms: Terms | None) -> Derivation:
    if row["shares"]:
        return added_up(
            row["currency"], row["shares"], bool(row["versions"]), row["to_date_expected"]
        )
    if terms is None:
        return without_line(row["type"], row["currency"], bool(row["known_contract"]))
    cut = row["period"] == row["stop_period"]
    progress = Progress(
        period=row["period"],
        periods=row["periods"],
        elapsed_before=row["elapsed_before"],
        parts_before=row["parts_before"],
        elapsed=row["elapsed_now"],
        parts=row["parts_now"],
        denominator=row["denominator"],
        first=row["first"],
        step=row["step"],
        earned_before=row["earned_before"],
        earned=row["earned"],
        stop_days=row["stop_days"] if cut else None,
        stop_of=row["stop_of"] if cut else None,
        stop_share=row["stop_share"] if cut else None,
    )
    return expected_formula(month, row["type"], row["currency"], terms, progress)


def _allowance(row: Row, policy: Policy) -> Allowance:
    amounts = {"rate": row["by_rate"], "rounding": row["by_rounding"], "floor": row["floor"]}
    largest = max(amounts, key=lambda rule: amounts[rule])
    return Allowance(
        ppm=row["ppm"],
        origin=_origin(row, policy),
        by_rate=row["by_rate"],
        term_months=row["term_months"],
        by_rounding=row["by_rounding"],
        floor=row["floor"],
        cap=row["cap"],
        allowed=row["allowed"],
        decides=largest if row["allowed"] == amounts[largest] else "cap",
    )


def _origin(row: Row, policy: Policy) -> str:
    """Key of the policy that sets a line's tolerance rate."""
    return rate_origin(policy, row["type"], row["segment"]) if row["on_contract"] else TOLERANCE


def _finding(item: Break, months_broken: int, policy: Policy) -> CauseFinding:
    rules = policy.severity.of(item.currency)
    climbed = ladder(item.difference, item.expected, item.cause, months_broken, rules)
    return CauseFinding(item, rungs(item, climbed, rules), _tried(item))


def _tried(item: Break) -> tuple[Cause, ...]:
    """Causes that do not fit.

    The last resorts are tried only up to the one named.
    """
    order = [cause for cause, _ in DETECTORS]
    last = [cause for cause, _ in (*ONLY_ALONE, *LAST_RESORTS)]
    if item.cause in last:
        order += takewhile(lambda cause: cause is not item.cause, last)
    return tuple(cause for cause in order if cause not in item.candidates)
