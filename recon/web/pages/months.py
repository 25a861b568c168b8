"""Months: verdict, bridge, events, signatures of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from starlette.responses import FileResponse, RedirectResponse, Response

from recon.base import money
from recon.base.elsewhere import without_paths
from recon.base.result import Break, Totals
from recon.base.text import counted, words
from recon.record.access.model import Right
from recon.record.journal.history import newest_first
from recon.record.journal.model import Role, Run
from recon.record.journal.signing import Signature, is_signed_off
from recon.reports import wording
from recon.reports.html.elements import Children, element
from recon.reports.html.month import bridge_table
from recon.reports.html.page import Column, facts, listed, marked, paragraph, section, table
from recon.web import reading
from recon.web.asking import Ask, Slice
from recon.web.pages.shell import (
    address,
    area,
    button,
    form,
    kind_of,
    page,
    pages,
    select,
    subject,
    to,
)
from recon.web.problems import Refused
from recon.web.reading import RecordedMonth

_STEPS, _OTHER_STEPS = 9, 3
_LISTED = 20
_KINDS = {
    ".html": "text/html", ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


def months(ask: Ask) -> Response:
    """All months with a run, the newest first."""
    found, signed = reading.runs(ask)
    by_month = [list(of) for _, of in groupby(newest_first(found), key=lambda run: run.month)]
    cut = Slice.of(ask)
    columns = [Column("Month", "name"), Column("Verdict"), Column("Breaks", "number"),
               Column("Net difference", "number"), Column("Last run (UTC)"),
               Column("Runs", "number"), Column("Signed off")]  # fmt: skip
    rows = [_row(ask, of, signed.get(of[0].run_id, ())) for of in cut.cut(by_month)]
    return page(
        ask,
        "Order to cash" if ask.of_cash else "Months",
        table(columns, rows, "cards") if rows
        else paragraph("No month was run yet; months are run on the server.", kind="soft"),
        pages(ask, cut, len(by_month), "month"),
    )  # fmt: skip


def _row(ask: Ask, of: Sequence[Run], given: Sequence[Signature]) -> list[Children]:
    run = of[0]
    return [
        to(run.month.name, *ask.book, "months", str(run.month)),
        marked(run.verdict, run.severity or "good"),
        f"{run.breaks:,}",
        [[element("br") if at else None, text] for at, text in enumerate(_net(run))],
        f"{run.ended:%Y-%m-%d %H:%M}",
        f"{len(of):,}",
        signed_words(given),
    ]


def _net(run: Run) -> Iterator[str]:
    for currency, totals in sorted(run.totals.items()):
        yield f"{money.pretty(totals.difference, currency, sign=True)} {currency}"


def signed_words(given: Sequence[Signature]) -> str:
    """The signatures of a run in words."""
    if not given:
        return "no"
    names = " and ".join(f"{each.who} ({each.role})" for each in given)
    return f"yes, by {names}" if is_signed_off(given) else f"by {names} so far"


def month(ask: Ask) -> Response:
    """One month: its last run, and who has signed it."""
    found = reading.month(ask)
    run = found.run
    said = run.reported.verdict if run.reported else run.verdict
    return page(
        ask,
        f"{'Order to cash' if ask.of_cash else 'Revenue reconciliation'}, {found.month.name}",
        paragraph(said, kind=f"answer {run.severity or 'good'}"),
        _totals(run, _sides(ask)),
        *_bridges(run, _sides(ask)),
        _events(ask, found),
        _breaks(ask, found),
        _signing(ask, found),
        _files(ask, run),
        _runs(found),
    )


_REVENUE, _CASH = ("Expected", "Recognized"), ("By the feeds", "By the ledger")
_BRIDGES = {_REVENUE: "From expected to recognized", _CASH: "From the feeds to the ledger"}


def _sides(ask: Ask) -> tuple[str, str]:
    return _CASH if ask.of_cash else _REVENUE


def _totals(run: Run, sides: tuple[str, str]) -> Iterator[Element]:
    lines = "Documents" if sides is _CASH else "Lines compared"
    names = (lines, "Within tolerance", "Breaks", "Match rate", *sides, "Net difference",
             "Gross difference")  # fmt: skip
    rows: list[list[Children]] = [
        [marked(currency, "strong"), f"{of.compared:,}", f"{of.within_tolerance:,}",
         f"{of.breaks:,}", of.match_rate, money.pretty(of.expected, currency),
         money.pretty(of.recognized, currency), money.pretty(of.difference, currency, sign=True),
         money.pretty(of.gross_difference, currency)]
        for currency, of in _in_order(run)
    ]  # fmt: skip
    yield table([Column("", "name"), *(Column(name, "number") for name in names)], rows, "cards")
    for currency in run.reported.masked if run.reported else ():
        yield paragraph(
            f"{currency}: the net difference is within tolerance only because larger ones cancel "
            "out.", kind="note",
        )  # fmt: skip


def _in_order(run: Run) -> list[tuple[str, Totals]]:
    order = wording.main_first(
        {currency: of.compared for currency, of in run.totals.items()},
        run.policy.get("currency", ""),
    )
    return [(currency, run.totals[currency]) for currency in order]


def _bridges(run: Run, sides: tuple[str, str]) -> Iterator[Element]:
    if run.reported is None:
        return
    shown = [currency for currency, _ in _in_order(run) if currency in run.reported.bridge]
    made = [
        bridge_table(
            run.totals[c], run.reported.bridge[c], c, _OTHER_STEPS if at else _STEPS, sides
        )
        for at, c in enumerate(shown)
    ]
    if not made:
        return
    others = [
        element("div", element("h3", currency), drawn)
        for currency, drawn in zip(shown[1:], made[1:], strict=True)
    ]
    yield section(
        _BRIDGES[sides],
        made[0],
        element("div", others, class_="columns") if others else None,
        note=shown[0],
    )


def _events(ask: Ask, found: RecordedMonth) -> Element | None:
    if not found.events:
        return None
    columns = [Column("Severity"), Column("Event", "name"), Column("", "name"),
               Column("What happened, and what to do", "long"), Column("Lines", "number"),
               Column("Breaks left", "number")]  # fmt: skip
    rows: list[list[Children]] = [
        [
            marked(life.event.severity.word, life.event.severity.word),
            to(life.event.id, *ask.book, "breaks", event=life.event.id, month=str(found.month)),
            life.state.value,
            [life.event.sentence, " ", marked(life.event.advice, "soft")],
            f"{life.event.lines:,}",
            f"{life.event.breaks_left:,}",
        ]
        for life in found.events
    ]
    return section("Events", table(columns, rows, "cards"))


def _breaks(ask: Ask, found: RecordedMonth) -> Element | None:
    if not found.breaks:
        return None
    ranked = sorted(found.breaks, key=lambda item: -item.severity)[:8]
    what = "Document" if ask.of_cash else "Contract"
    columns = [Column("Severity"), Column("Break", "name"), Column(what, "name"),
               Column("Why", "long"), Column("Difference", "number")]  # fmt: skip
    rows: list[list[Children]] = [
        [
            marked(item.severity.word, item.severity.word),
            _link(ask, item),
            [subject(ask, item, found.month),
             element("br"), kind_of(ask, item)],
            [marked(f"{words(item.cause)}: ", "strong"), item.explanation,
             _answered(found, item.name)],
            f"{money.pretty(item.difference, item.currency, sign=True)} {item.currency}",
        ]
        for item in ranked
    ]  # fmt: skip
    every = to(
        f"All {counted(len(found.breaks), 'break')}", *ask.book, "breaks", month=str(found.month)
    )
    return section("What to fix first", table(columns, rows, "cards"), paragraph(every))


def _link(ask: Ask, item: Break) -> Element:
    return to(item.name, *ask.book, "breaks", item.name)


def _answered(found: RecordedMonth, name: str) -> Element | None:
    life = found.lives.get(name)
    said = wording.acknowledged_words(life) if life else ""
    return marked(f" {said[0].upper()}{said[1:]}.", "good") if said else None


def _signing(ask: Ask, found: RecordedMonth) -> Element:
    columns = [Column("Role"), Column("Who", "name"), Column("When (UTC)"), Column("From"),
               Column("What was checked", "long")]  # fmt: skip
    rows = [
        [each.role.value, each.who, f"{each.at:%Y-%m-%d %H:%M}", each.host,
         f"{each.comment}{f' Accepted: {each.accepted}' if each.accepted else ''}"]
        for each in found.given
    ]  # fmt: skip
    missing = [role for role in Role if role not in {each.role for each in found.given}]
    mine = [role for role in missing if ask.person.may_sign(role)]
    return section(
        "Sign-off",
        table(columns, rows, "cards") if rows else paragraph("Nobody has signed this run yet."),
        _form(ask, found, mine) if mine and ask.person.may(Right.SIGN) else None,
        note=found.run.run_id,
    )


def _form(ask: Ask, found: RecordedMonth, mine: Sequence[Role]) -> Element:
    every = to("All of them", *ask.book, "breaks", month=str(found.month), severity="critical",
               state="open")  # fmt: skip
    left = [
        element("h3", f"{counted(len(found.left), 'critical break')} not acknowledged"),
        paragraph([[_link(ask, item), " "] for item in found.left[:_LISTED]],
                  every if len(found.left) > _LISTED else None),
        area("Why they may stay open", "accept", note="Or acknowledge them first."),
    ] if found.left else []  # fmt: skip
    return element(
        "details",
        element("summary", "Sign this run"),
        form(
            ask,
            address(*ask.book, "months", str(found.month), "sign-off"),
            select("As", "role", [(role.value, role.value) for role in mine]),
            area("What you have checked", "comment"),
            left,
            button("Sign"),
            kind="narrow",
        ),
        paragraph("A signature is never taken back; a later run is signed anew.", kind="soft"),
    )


def sign(ask: Ask) -> Response:
    """Sign the last run."""
    reading.sign(ask)
    return RedirectResponse(address(*ask.book, "months", str(ask.params["month"])), 303)


def _files(ask: Ask, run: Run) -> Element | None:
    folder = ask.settings.reports / run.folder
    names = [
        path.name for path in sorted(folder.glob("*")) if path.suffix in _KINDS and path.is_file()
    ]
    if not names:
        return None
    return section(
        "Reports of this run",
        listed(to(name, *ask.book, "runs", run.run_id, name) for name in names),
    )


def _runs(found: RecordedMonth) -> Element:
    run = found.run
    pairs: list[tuple[str, Children]] = [
        ("run", f"{run.run_id}, by {run.who} on {run.host}"),
        *((side, without_paths(text)) for side, text in run.sources.items()),
        *((name, text) for name, text in run.policy.items()),
    ]
    earlier = [
        f"{each.run_id}: {each.verdict}, {counted(each.breaks, 'break')}, "
        f"{signed_words(found.signatures.get(each.run_id, ()))}"
        for each in reversed(found.runs[:-1])
    ]
    return element(
        "details",
        element("summary", "This run, its rules, and the runs before"),
        facts(pairs),
        listed(earlier) if earlier else None,
    )


def report(ask: Ask) -> Response:
    """A report of a run, listed by its folder."""
    found = next((run for run in reading.runs(ask)[0] if run.run_id == ask.params["run"]), None)
    if found is None:
        raise Refused(404, "There is no such run.")
    folder = ask.settings.reports / found.folder
    listed_names = {path.name: path for path in folder.glob("*") if path.is_file()}
    path = listed_names.get(ask.params["name"])
    if path is None or path.suffix not in _KINDS:
        raise Refused(404, "This run has no such report.")
    # One-file pages have their style inline, which our policy lets no page of ours have.
    return FileResponse(
        path, media_type=_KINDS[path.suffix], filename=PurePosixPath(path.name).name
    )
