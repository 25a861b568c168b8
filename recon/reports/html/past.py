"""The past of a month: earlier runs, open breaks, signatures."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from recon.base import money
from recon.base.month import Month
from recon.base.result import Break, Reconciliation
from recon.base.text import counted, words
from recon.record.journal.ageing import sums
from recon.record.journal.history import History, Since
from recon.reports.html.elements import Children, element
from recon.reports.html.page import Column, marked, paragraph, section, table
from recon.reports.since_wording import changed_words, moved_words, signed_words
from recon.reports.wording import line_heads

FEW = 3
_LOOKS = {"fixed": "good", "new": "high", "changed": "soft"}


def signed_before(result: Reconciliation, history: History) -> Element | None:
    """The sign-off of the month and the changes since."""
    before = history.superseded
    if before is None:
        return None
    signed, verdict = signed_words(before, result)
    look = "critical" if before.says_otherwise(result.severity) else "good"
    return section(
        "Signed off before",
        paragraph(signed, " ", marked(verdict, look)),
        _difference(before.since, "the signed run"),
        note="this run supersedes it",
    )


def since_last(history: History) -> Element | None:
    """The changes since the last run, none for the first."""
    since, before = history.since, history.superseded
    # The difference to the signed run is shown already.
    if since is None or (before and before.run.run_id == since.run_id):
        return None
    return section("Since the last run", _difference(since, "the last run"), note=since.run_id)


def _difference(since: Since, before: str) -> Iterator[Element]:
    if since.nothing:
        yield paragraph(f"Nothing differs from {before}: breaks and totals are the same.")
        return
    counts = ((since.fixed, "fixed"), (since.new, "new"), (since.changed, "changed"))
    listed = ", ".join(f"{len(found):,} {word}" for found, word in counts)
    yield paragraph(f"{listed}; {moved_words(since)}.")
    if rows := list(_changes(since)):
        line, kind = line_heads([*since.fixed, *since.new, *(now for _, now in since.changed)])
        yield table(
            [
                Column(""),
                Column("Break", "name"),
                Column(line, "name"),
                Column(kind),
                Column("Difference", "number"),
                Column(""),
            ],
            rows,
            "cards",
        )
    hidden = sum(max(len(found) - FEW, 0) for found, _ in counts)
    if hidden:
        yield paragraph(f"+{hidden:,} more", kind="soft")


def _changes(since: Since) -> Iterator[list[Children]]:
    for item in since.fixed[:FEW]:
        yield _change("fixed", item, words(item.cause))
    for item in since.new[:FEW]:
        yield _change("new", item, words(item.cause))
    for then, now in since.changed[:FEW]:
        yield _change("changed", now, changed_words(then, now))


def _change(kind: str, item: Break, remark: str) -> list[Children]:
    amount = f"{money.pretty(item.difference, item.currency, sign=True)} {item.currency}"
    shown = marked(kind, _LOOKS[kind])
    return [shown, item.name, item.contract_id, item.revenue_type, amount, remark]


def carried(result: Reconciliation, history: History) -> Element | None:
    """The open breaks of earlier months, by currency."""
    found = history.carried
    if not found:
        return None
    totals = sums(found)
    main = result.policy.currency
    rows = [
        [
            currency,
            f"{totals[currency].count:,}",
            f"{totals[currency].acknowledged:,}",
            money.pretty(totals[currency].amount, currency, sign=True),
            money.pretty(totals[currency].gross, currency),
        ]
        for currency in sorted(totals, key=lambda each: money.rank(each, main))
    ]
    numbers = ("Breaks", "Acknowledged", "Open amount", "Gross")
    count = counted(len(found), "open break")
    return section(
        "Carried forward",
        table([Column("", "name"), *(Column(name, "number") for name in numbers)], rows),
        note=f"{count} of earlier months",
    )


def signing(month: Month, option: str = "") -> Element:
    """Room for preparer and reviewer to sign on paper."""
    roles = ("Prepared by", "Reviewed by")
    columns = [Column(""), Column("Name"), Column("Signature"), Column("Date")]
    room = [element("div", class_="blank") for _ in range(3 * len(roles))]
    rows: list[list[Children]] = [
        [role, *room[3 * at : 3 * at + 3]] for at, role in enumerate(roles)
    ]
    kept = paragraph(
        "On record are the signatures that ",
        element("code", f"recon sign-off {month}{option}"),
        " keeps; ",
        element("code", f"recon history{option}"),
        " lists them.",
        kind="soft",
    )
    signed = element("div", table(columns, rows), kept, class_="whole")
    return section("Sign-off", signed)
