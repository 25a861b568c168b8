"""Documents: a pack's content as plain values.

Those that follow from the extracts are here. `derived` is the whole of it: the run writes what it
returns, and `recon verify` holds what it returns again against what was written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from recon.base import money
from recon.base.errors import ExitCode
from recon.base.events import Severity
from recon.base.ids import Ids
from recon.base.policy import Policy, SeverityRules, Tolerance, TypePolicy, rate_text
from recon.base.result import Break, EarlierValue, Entry, Reconciliation, Side
from recon.reconciliation.document import document, dumps
from recon.reconciliation.earlier_values import know_earlier_values
from recon.reconciliation.places import know_places
from recon.record.evidence.layout import (
    BREAKS,
    CONTROL_TOTALS,
    PAGE,
    POLICY,
    RESULTS,
    RUN,
    Document,
)
from recon.record.evidence.page import page
from recon.store.session import Session


def read(path: Path) -> Document:
    """A document; raises OSError, ValueError where it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(content, dict):
        raise ValueError("it is not a JSON object")
    return content


def know_named_rows(session: Session, run: Document) -> None:
    """Let a session name rows as a run did.

    A pack of an earlier version names none.
    """
    for side, places in run.get("places", {}).items():
        known = {int(row): str(place) for row, place in places.items()}
        know_places(session, Side(side), partial(_told, known))
    told = [
        EarlierValue(str(id_key), str(of), str(currency), int(value), str(month))
        for id_key, of, currency, value, month in run.get("earlier_values", [])
    ]
    know_earlier_values(session, told)


def _told(known: Mapping[int, str], _: Sequence[int]) -> Mapping[int, str]:
    return known


def derived(
    result: Reconciliation, extract_totals: Mapping[Side, Document], told: Mapping[str, Document]
) -> dict[str, str]:
    """The text of every file that follows from the result.

    `extract_totals` are what the rows of each extract come to by themselves.
    """
    run = told[RUN]
    documents: dict[str, Document] = {
        POLICY: policy_table(result.policy),
        CONTROL_TOTALS: {"schema": 1} | {
            side.value: {**_control_totals(result, side), **extract_totals[side]} for side in Side
        },
        RESULTS: document(result, run["run_id"], (), _exit_code(result, run)),
    }  # fmt: skip
    texts = {name: dumps(content) for name, content in documents.items()}
    return texts | {BREAKS: _breaks(result), PAGE: page({**told, **documents})}


def _breaks(result: Reconciliation) -> str:
    """The document of all breaks, one a line.

    There may be many, with many entries.
    """
    lines = ",\n".join(json.dumps(_break(item, result)) for item in result.breaks)
    return f'{{"schema": 1, "breaks": [\n{lines}\n]}}\n'


def _exit_code(result: Reconciliation, run: Document) -> ExitCode:
    word = run["fail_on"]
    broken = result.breaks_from(Severity[word.upper()] if word else None)
    return ExitCode.BREAKS if broken or run["signed_otherwise"] else ExitCode.DONE


def _control_totals(result: Reconciliation, side: Side) -> Document:
    facts = result.sources[side]
    totals = sorted(facts.control_total.items())
    return {
        "description": facts.description,
        "rows": facts.rows,
        "invalid": facts.invalid,
        "repeated": facts.repeated,
        "control_total": {currency: money.plain(total, currency) for currency, total in totals},
    }


def _break(item: Break, result: Reconciliation) -> dict[str, object]:
    return {
        "contract_id": item.contract_id,
        "revenue_type": item.revenue_type,
        "currency": item.currency,
        "cause": item.cause.value,
        "severity": item.severity.word,
        "difference": money.plain(item.difference, item.currency),
        "entries": [_entry(entry, item.currency, result) for entry in item.entries],
        **({"event": item.event} if item.event else {}),
    }


def _entry(entry: Entry, currency: str, result: Reconciliation) -> dict[str, object]:
    return {
        "entry_id": entry.entry_id,
        "month": str(result.month + entry.offset),
        "amount": money.plain(entry.amount, currency),
        "document_ref": entry.document_ref,
        "posted_at": entry.posted_at,
    }


def policy_table(policy: Policy) -> dict[str, object]:
    """Every rule by its configuration key, as `Policy.of` reads it."""
    rules = policy.severity
    # Left out where it is the default, so that older packs are what is made of them again.
    ids: dict[str, object] = {} if policy.ids is Ids.FOLD else {"ids": policy.ids.value}
    rules_on_ids = {
        "analytics_ids": policy.analytics_ids.table(),
        "accounting_ids": policy.accounting_ids.table(),
    }
    ids |= {key: table for key, table in rules_on_ids.items() if table}
    return {
        **_tolerance(policy.tolerance),
        "currency": policy.currency,
        "convention": policy.convention.value,
        "rounding": policy.rounding.value,
        **ids,
        **_rules_of_rows(policy),
        **policy.own_terms(),
        "types": {name: _type(rule) for name, rule in policy.types.items()},
        "segments": {name: _tolerance(rule) for name, rule in policy.segments.items()},
        "aliases": dict(policy.aliases),
        "severity": {
            "warning_percent": rules.warning_percent,
            "high_percent": rules.high_percent,
            **_amounts(rules),
            **{currency: _amounts(own) for currency, own in rules.currencies.items()},
        },
    }


def _amounts(rules: SeverityRules) -> dict[str, object]:
    return {key: _amount(units) for key, units in rules.amounts().items()}


def _rules_of_rows(policy: Policy) -> dict[str, object]:
    """The rules of rows that are not as usual.

    A pack of an earlier version has none of them.
    """
    usual = Policy()
    return {
        key: getattr(policy, key).value
        for key in ("same_key", "amendment", "repeated_ids")
        if getattr(policy, key) is not getattr(usual, key)
    }


def _type(rule: TypePolicy) -> dict[str, object]:
    table: dict[str, object] = {"kind": rule.kind.value, "recognition": rule.recognition.value}
    if rule.convention is not None:
        table["convention"] = rule.convention.value
    if rule.rounding is not None:
        table["rounding"] = rule.rounding.value
    return table | rule.own_terms() | _tolerance(rule.tolerance)


def _tolerance(rule: Tolerance) -> dict[str, object]:
    table = {} if rule.ppm is None else {"tolerance": rate_text(rule.ppm)}
    table |= {} if rule.floor is None else {"floor": _amount(rule.floor)}
    return {**table} if rule.cap is None else {**table, "cap": _amount(rule.cap)}


def _amount(units: int) -> str:
    return money.plain(units, "")
