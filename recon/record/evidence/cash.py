"""The pack of order to cash: written, and made again.

Its extracts are the documents of both sides as they were matched; the result follows from them and
from the rules.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import Any

from recon.base.errors import ExitCode
from recon.base.events import Severity
from recon.base.matching import By, MatchingRule
from recon.base.policy import Policy
from recon.reconciliation.cash.document import cash_document
from recon.reconciliation.cash.documents import COLUMNS, prepare
from recon.reconciliation.cash.model import InvalidRow
from recon.reconciliation.cash.policy import CashPolicy
from recon.reconciliation.cash.receivable import NAMES, Receivables, reconcile_receivables
from recon.reconciliation.document import dumps
from recon.record.evidence.cash_page import cash_page
from recon.record.evidence.configuration import cash_configuration
from recon.record.evidence.documents import policy_table
from recon.record.evidence.facts import CashContents
from recon.record.evidence.layout import (
    CASH_EXTRACTS,
    CASH_SOURCES,
    CONFIGURATION,
    PAGE,
    POLICY,
    RESULTS,
    RUN,
    Document,
    month_of,
)
from recon.record.evidence.pack import of_before, run_facts, write_text
from recon.record.evidence.sums import write_sums
from recon.store.session import Session, literal, session, writing

KIND = "cash"


def write_cash_pack(folder: Path, opened: Session, contents: CashContents) -> str:
    """Write a run's pack into a folder; return its seal.

    `opened` is the session in which the documents were matched. Raises OSError and ReportError
    where a file cannot be written.
    """
    folder.mkdir()
    for side in CASH_EXTRACTS:
        _write_extract(opened, side, folder)
    told = _told(contents)
    for name, document in told.items():
        write_text(folder / name, dumps(document))
    for name, text in derived_cash(contents.result, told).items():
        write_text(folder / name, text)
    return write_sums(folder)


def _write_extract(opened: Session, side: int, folder: Path) -> None:
    """Write a side's documents, in their order."""
    path = folder / CASH_EXTRACTS[side]
    with writing(path):
        opened.execute(
            f"COPY (SELECT {', '.join(COLUMNS)} FROM documents WHERE side = {side} "
            f"ORDER BY document) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )


def _told(contents: CashContents) -> dict[str, Document]:
    """The documents that the extracts do not prove."""
    result = contents.result
    broken = result.breaks_from(contents.fail_on)
    run = {
        **run_facts(contents, result.month),
        "kind": KIND,
        "sample": contents.sample,
        "fail_on": None if contents.fail_on is None else contents.fail_on.word,
        "signed_otherwise": contents.exit_code == ExitCode.BREAKS and not broken,
        "descriptions": list(result.descriptions),
        "places": {
            name: {str(row): place for row, place in sorted(contents.places[name].items())}
            for name in NAMES
        },
        "invalid": [list(astuple(row)) for row in result.invalid],
        "notices": list(result.notices),
    }
    sources = {
        CASH_SOURCES[side]: {"schema": 1, **contents.trails[name]()}
        for side, name in enumerate(NAMES, 1)
    }
    return {
        RUN: run,
        POLICY: _policy_document(result.policy),
        CONFIGURATION: cash_configuration(contents.settings),
        **of_before(contents),
        **sources,
    }


def derived_cash(result: Receivables, told: Mapping[str, Document]) -> dict[str, str]:
    """The text of every file that follows from the result."""
    run = told[RUN]
    documents = {
        POLICY: _policy_document(result.policy),
        RESULTS: cash_document(result, run["run_id"], (), _exit_code(result, run), ()),
    }
    texts = {name: dumps(content) for name, content in documents.items()}
    return texts | {PAGE: cash_page({**told, **documents})}


def _exit_code(result: Receivables, run: Document) -> ExitCode:
    word = run["fail_on"]
    broken = result.breaks_from(Severity[word.upper()] if word else None)
    return ExitCode.BREAKS if broken or run["signed_otherwise"] else ExitCode.DONE


def _policy_document(policy: CashPolicy) -> Document:
    general = policy_table(
        Policy(severity=policy.severity, currency=policy.currency or "USD", ids=policy.ids)
    )
    return {
        "schema": 1,
        "terms_days": policy.terms_days,
        "window": policy.window,
        **{key: general[key] for key in ("currency", "ids", "severity") if key in general},
        "rules": [
            {
                "name": each.name,
                "by": [column.value for column in By if column in each.by],
                "window": each.window,
                "ppm": each.ppm,
                "room": each.room,
                "group": each.group,
            }
            for each in policy.rules
        ],
    }


def _policy(document: Mapping[str, Any]) -> CashPolicy:
    """The rules of a document that `_policy_document` made."""
    general = Policy.of({k: document[k] for k in ("currency", "ids", "severity") if k in document})
    rules = (MatchingRule(**{**each, "by": frozenset(map(By, each["by"]))})
             for each in document["rules"])  # fmt: skip
    return CashPolicy(
        tuple(rules), general.severity, document["terms_days"], document["window"],
        general.currency, general.ids,
    )  # fmt: skip


def derived_cash_again(folder: Path, told: Mapping[str, Document]) -> dict[str, str]:
    """The derived files of a pack, made again."""
    run, policy = told[RUN], _policy(told[POLICY])
    places = {
        side: {int(row): place for row, place in run["places"][name].items()}
        for side, name in enumerate(NAMES, 1)
    }
    with session(folder) as opened:
        prepare(opened, Policy(ids=policy.ids))
        first, second = run["descriptions"]
        result = reconcile_receivables(
            opened,
            month_of(run),
            list(_selects(folder)),
            (first, second),
            policy,
            invalid=[InvalidRow(*row) for row in run["invalid"]],
            notices=run["notices"],
            places=partial(_placed, places),
        )
        return derived_cash(result, told)


def _selects(folder: Path) -> Iterator[str]:
    for name in CASH_EXTRACTS.values():
        # The folder's name may hold brackets, which would be a pattern.
        path = literal(glob.escape(str(folder / name)))
        yield f"SELECT * FROM read_parquet([{path}], hive_partitioning = false)"


def _placed(
    known: Mapping[int, Mapping[int, str]], side: int, rows: Sequence[int]
) -> dict[int, str]:
    return {row: known[side][row] for row in rows if row in known[side]}
