"""Breaks: the open ones with filters, and each one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from starlette.responses import RedirectResponse, Response

from recon.base import money
from recon.base.month import Month
from recon.base.text import counted, words
from recon.record.access.model import Right
from recon.record.journal.model import Event, OpenItem, State
from recon.reports import wording
from recon.reports.html.elements import Children, element
from recon.reports.html.page import Column, facts, marked, paragraph, section, table
from recon.web import reading
from recon.web.asking import Ask, Slice
from recon.web.pages.shell import (
    address,
    area,
    button,
    field,
    form,
    kind_of,
    page,
    pages,
    select,
    subject,
    to,
)

_STATES = (("", "any"), ("open", "not acknowledged"), ("acknowledged", "acknowledged"))
_SEVERITIES = (("", "any"), ("warning", "warning and above"), ("high", "high and above"),
               ("critical", "critical"))  # fmt: skip


def breaks(ask: Ask) -> Response:
    """The breaks that are open at a month's end."""
    standing = reading.breaks(ask)
    cut = Slice.of(ask)
    if standing.month is None:
        return page(ask, "Breaks", paragraph("No month was run yet.", kind="soft"))
    shown = cut.cut(standing.found)
    what = "Document" if ask.of_cash else "Contract"
    columns = [Column("Severity"), Column("Break", "name"), Column(what, "name"),
               Column("Customer"), Column("Owner"), Column("Why", "long"), Column("Since", "name"),
               Column("Open amount", "number")]  # fmt: skip
    return page(
        ask,
        f"{'Order to cash: breaks' if ask.of_cash else 'Breaks'} open at the end of "
        f"{standing.month.name}",
        _filters(ask, standing.month),
        paragraph(counted(len(standing.found), "break") + ".", kind="strong"),
        table(columns, [_row(ask, life, standing.month) for life in shown], "cards")
        if shown
        else None,
        pages(ask, cut, len(standing.found), "break"),
        _every(ask, standing.found),
        wide=True,
    )


def _every(ask: Ask, found: Sequence[OpenItem]) -> Element | None:
    """The form that acknowledges all breaks of the filters."""
    left = sum(life.state is State.OPEN for life in found)
    if not left or not ask.person.may(Right.ANSWER):
        return None
    what = counted(left, "break")
    made = form(
        ask,
        f"{address(*ask.book, 'breaks', 'acknowledge')}?{ask.query}",
        element("input", type="hidden", name="count", value=str(left)),
        area("Why they may stay open for now", "reason"),
        field("Until which month", "until", note="Left out, until they change."),
        button(f"Acknowledge {what}"),
        kind="narrow",
    )  # fmt: skip
    made.set("data-ask", f"Acknowledge {what}?")
    return element(
        "details", element("summary", f"Acknowledge what is listed and not yet answered: {what}"),
        made,
    )  # fmt: skip


def _filters(ask: Ask, month: Month) -> Element:
    asked = [
        field(name.capitalize(), name, value=ask.asked(name)) for name in ("name", *reading.FILTERS)
    ]
    return element(
        "form",
        field("Month", "month", value=ask.asked("month") or str(month)),
        select("Severity", "severity", _SEVERITIES, ask.asked("severity")),
        select("Answered", "state", _STATES, ask.asked("state")),
        asked,
        button("Show"),
        method="get", action=address(*ask.book, "breaks"), class_="filters", role="search",
    )  # fmt: skip


def _row(ask: Ask, life: OpenItem, month: Month) -> list[Children]:
    item = life.last
    said = wording.acknowledged_words(life)
    return [
        marked(item.severity.word, item.severity.word),
        to(life.name, *ask.book, "breaks", life.name),
        [subject(ask, item, max(life.seen)),
         element("br"), kind_of(ask, item)],
        item.customer or "no customer",
        item.owner or "no owner",
        [marked(f"{words(item.cause)}: ", "strong"), item.explanation,
         marked(f" {said[0].upper()}{said[1:]}.", "good") if said else None],
        _since(life, month),
        f"{money.pretty(life.amount, item.currency, sign=True)} {item.currency}",
    ]  # fmt: skip


def _since(life: OpenItem, month: Month) -> str:
    old = life.months_old(month)
    return f"{life.first_month}, {counted(old, 'month')}" if old else str(life.first_month)


def one(ask: Ask) -> Response:
    """One break, with acknowledgements and notes."""
    life, month = reading.break_named(ask)
    item = life.last
    amount = f"{money.pretty(life.amount, item.currency, sign=True)} {item.currency}"
    pairs: list[tuple[str, Children]] = [
        ("document" if ask.of_cash else "contract", subject(ask, item, max(life.seen))),
        ("kind" if ask.of_cash else "revenue type", kind_of(ask, item)),
        ("customer", item.customer or "no customer"),
        ("segment", item.segment or "no segment"),
        ("owner", item.owner or "no owner"),
        ("status", words(item.status)),
        ("cause", words(item.cause) + (" (ambiguous)" if item.ambiguous else "")),
        ("severity", marked(item.severity.word, item.severity.word)),
        ("open amount", amount),
        ("months", ", ".join(str(each) for each in sorted(life.seen))),
    ]  # fmt: skip
    if item.event:
        pairs.append(("event", to(item.event, *ask.book, "breaks", event=item.event)))
    return page(
        ask,
        f"Break {life.name}",
        paragraph(f"{life.state.value.capitalize()}: {item.explanation}",
                  kind=f"answer {_look(life)}"),
        facts(pairs),
        _told(life),
        _ways(ask, life, month),
    )  # fmt: skip


def _look(life: OpenItem) -> str:
    return life.last.severity.word if life.state is State.OPEN else "good"


def _told(life: OpenItem) -> Element | None:
    said = [
        ("acknowledged", life.acknowledged),
        ("was acknowledged, before it changed", life.lapsed.event if life.lapsed else None),
        ("resolved", life.resolved),
        *(("note", event) for event in life.notes),
    ]
    rows = [list(_event(word, event)) for word, event in said if event]
    columns = [Column(""), Column("Who", "name"), Column("When (UTC)"), Column("From"),
               Column("Why", "long")]  # fmt: skip
    return section("What people say of it", table(columns, rows, "cards")) if rows else None


def _event(word: str, event: Event) -> Iterator[str]:
    yield word + (f" until {event.detail}" if event.detail else "")
    yield event.who
    yield f"{event.at:%Y-%m-%d %H:%M}"
    yield event.host
    yield event.reason


def _ways(ask: Ask, life: OpenItem, month: Month | None) -> Element | None:
    if not ask.person.may(Right.ANSWER):
        return None
    acknowledge = form(
        ask,
        address(*ask.book, "breaks", life.name, "acknowledge"),
        area("Why it may stay open for now", "reason"),
        field("Until which month", "until", note="Left out, until it changes.",
              placeholder=str(month or "")),
        button("Acknowledge"),
        kind="narrow",
    )  # fmt: skip
    note = form(
        ask,
        address(*ask.book, "breaks", life.name, "notes"),
        area("Note", "text"),
        button("Add", "quiet"),
        kind="narrow",
    )  # fmt: skip
    return section(
        "Your answer",
        element("div", None if life.resolved else acknowledge, note, class_="columns"),
    )


def acknowledge(ask: Ask) -> Response:
    """Acknowledge a break."""
    return RedirectResponse(address(*ask.book, "breaks", reading.acknowledge(ask).name), 303)


def acknowledge_all(ask: Ask) -> Response:
    """Acknowledge the open breaks of the filters."""
    reading.acknowledge_all(ask)
    return RedirectResponse(f"{address(*ask.book, 'breaks')}?{ask.query}", 303)


def note(ask: Ask) -> Response:
    """Add a note to a break."""
    return RedirectResponse(address(*ask.book, "breaks", reading.note(ask).name), 303)
