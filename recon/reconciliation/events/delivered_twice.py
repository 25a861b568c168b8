"""Delivered twice: rows that a side delivers more than once.

`recon.reconciliation.relations` lists the relations that it reads.

Rows that are equal to an earlier one are counted once, so that no line breaks by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from recon.base.events import EventKind
from recon.base.month import Month
from recon.base.result import Side, SourceFacts
from recon.base.text import counted
from recon.reconciliation.entry_detail import in_scope
from recon.reconciliation.events.found import FEWEST, Axis, Found, Mark
from recon.reconciliation.repeated import DIFFERENT
from recon.store.session import Session, literal


def delivered_twice(
    connection: Session, month: Month, sources: Mapping[Side, SourceFacts]
) -> Iterator[Found]:
    """Yield the sides with many rows equal to earlier ones."""
    for side, query in (
        (Side.ANALYTICS, "SELECT line FROM lines_compared JOIN contracts_repeated ON line = place"),
        (Side.ACCOUNTING, _ENTRIES.format(scope=in_scope(month))),
    ):
        repeated = sources[side].repeated
        if repeated < FEWEST:
            continue
        lines = frozenset(line for (line,) in connection.execute(query).fetchall())
        mark = Mark(Axis.SIDE, side.value, f"the repeated rows of {side.value}")
        yield Found(
            EventKind.EXTRACT_TWICE, mark, lines, len(lines), len(lines), side.value,
            _sentence(side, repeated, sources[side].rows),
            "Deliver each row once: look for exports that overlap, a file that is there twice, or "
            "a join that fans out.",
        )  # fmt: skip


def refused_twice(connection: Session) -> Iterator[Found]:
    """Yield the lines whose entries are refused for their ids.

    Other rows with other content have the same ones, as after a join that fans out.
    """
    rows = connection.execute(
        f"""SELECT line, count(*) FROM entries_unread
        WHERE line IS NOT NULL AND contains(reason, {literal(DIFFERENT)}) GROUP BY line"""
    ).fetchall()
    counts: dict[int, int] = dict(rows)
    if len(counts) < FEWEST:
        return
    refused = f"{sum(counts.values()):,} entries"
    mark = Mark(Axis.SIDE, "refused", "the entries whose ids other ones have")
    yield Found(
        EventKind.EXTRACT_TWICE, mark, frozenset(counts), len(counts), len(counts), "refused",
        lambda told, net: f"{refused} of accounting have ids that other rows have with other "
        f"content, on {told} ({net}); none of them is compared.",
        "Deliver each entry once: look for a join that fans out, or for exports that overlap; "
        'where the ids are those of documents, set [accounting] repeated_ids = "keep".',
    )  # fmt: skip


def _sentence(side: Side, repeated: int, rows: int) -> Callable[[str, str], str]:
    return lambda told, net: (
        f"{counted(repeated, 'row')} of the {rows:,} of {side.value} are delivered more than once, "
        f"equal in every column, on {told}; each is counted once."
    )


_ENTRIES = """
    SELECT DISTINCT line FROM lines_compared JOIN (
        SELECT accounting_key(read_id(given_contract_id)) AS id_key,
            read_type(fold_type(given_revenue_type)) AS type,
            read_currency(given_currency) AS currency
        FROM entries_typed WHERE repeated AND {scope}) USING (id_key, type, currency)"""
