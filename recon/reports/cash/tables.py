"""Tables of a matching, for CSV and workbook alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from recon.reconciliation.cash.model import Document, Match, Matching
from recon.store.session import Session

# How the cells of a column are written; an amount is in the currency of its row.
TEXT, WRAPPED, COUNT, AMOUNT, RATE = "text", "wrapped", "count", "amount", "rate"

MATCHES = "matches"


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table: its names, columns and rows.

    `name` is that of its file, `title` that of its sheet. A column is its name, its width in the
    workbook and how its cells are written. The rows may be read once.
    """

    name: str
    title: str
    columns: Sequence[tuple[str, int, str]]
    rows: Iterable[Sequence[object]]

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        return [name for name, _, _ in self.columns]


_DOCUMENT = (
    ("side", 18, TEXT),
    ("number", 18, TEXT),
    ("customer", 14, TEXT),
    ("day", 12, TEXT),
    ("kind", 12, TEXT),
    ("currency", 10, TEXT),
    ("amount", 16, AMOUNT),
    ("open", 16, AMOUNT),
    ("place", 28, TEXT),
)


def matching_tables(session: Session, result: Matching) -> Iterator[ReportTable]:
    """Yield the tables of a matching, whose session is open."""
    yield rules_table(result)
    yield ReportTable(
        "open", "Open", _DOCUMENT, (document_row(result.names, each) for each in result.unmatched)
    )
    columns = (("match", 9, COUNT), ("rule", 30, TEXT), *_DOCUMENT)
    both = [*result.near, *result.groups]
    yield ReportTable("near_and_grouped", "Near and grouped", columns, _of_matches(result, both))
    yield ReportTable(MATCHES, "Matches", _MATCH, match_rows(session, result))
    yield ReportTable(
        "invalid",
        "Invalid",
        (("side", 18, TEXT), ("place", 30, TEXT), ("reason", 80, WRAPPED)),
        ((result.names[row.side - 1], row.place, row.reason) for row in result.invalid),
    )


def rules_table(result: Matching) -> ReportTable:
    """The rules in order, with their matches."""
    return ReportTable(
        "rules",
        "Rules",
        (("rule", 34, TEXT), ("compares", 60, TEXT), ("matches", 12, COUNT), ("rows", 12, COUNT)),
        ((each.rule.name, each.rule.words, each.matches, each.documents) for each in result.passed),
    )


def document_row(names: Sequence[str], each: Document) -> tuple[object, ...]:
    """A document as a row."""
    day = each.day.isoformat() if each.day else ""
    return (
        names[each.side - 1], each.ref or "", each.customer or "", day, each.kind or "",
        each.currency, each.amount, each.open, each.place,
    )  # fmt: skip


def _of_matches(result: Matching, matches: Iterable[Match]) -> Iterator[tuple[object, ...]]:
    for number, match in enumerate(matches, 1):
        for document in match.documents:
            yield number, match.rule, *document_row(result.names, document)


_MATCH = (
    ("rule", 30, TEXT),
    ("kind", 10, TEXT),
    ("currency", 10, TEXT),
    ("number", 18, TEXT),
    ("other_number", 18, TEXT),
    ("customer", 14, TEXT),
    ("day", 12, TEXT),
    ("other_day", 12, TEXT),
    ("amount", 16, AMOUNT),
    ("other_amount", 16, AMOUNT),
    ("difference", 16, AMOUNT),
    ("documents", 12, COUNT),
    ("interchangeable", 16, TEXT),
)
_AT_ONCE = 10_000


def match_rows(session: Session, result: Matching) -> Iterator[tuple[object, ...]]:
    """Yield every match as a row, by day and number."""
    found = session.execute(
        """SELECT k.rule, k.kind, coalesce(min(currency), ''),
            coalesce(min(ref) FILTER (side = 1), ''), coalesce(min(ref) FILTER (side = 2), ''),
            coalesce(min(customer), ''),
            coalesce(CAST(min(day) FILTER (side = 1) AS VARCHAR), ''),
            coalesce(CAST(min(day) FILTER (side = 2) AS VARCHAR), ''),
            CAST(sum(d.amount) FILTER (side = 1) AS BIGINT),
            CAST(sum(d.amount) FILTER (side = 2) AS BIGINT), CAST(any_value(difference) AS BIGINT),
            count(*), CASE WHEN bool_or(m.interchangeable) THEN 'yes' ELSE '' END
        FROM allocations AS l JOIN documents AS d USING (document) JOIN matches AS m USING (match)
        JOIN match_kinds AS k USING (match)
        GROUP BY match, k.rule, k.kind ORDER BY min(day), 4, 5, 9, match"""
    )
    names = [each.rule.name for each in result.passed]
    while some := found.fetchmany(_AT_ONCE):
        for rule, *rest in some:
            yield names[rule - 1], *rest
