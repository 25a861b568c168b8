"""Loads: their history, rejected rows, and taking one back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any
from xml.etree.ElementTree import Element

from starlette.responses import RedirectResponse, Response

from recon.base.elsewhere import without_commands
from recon.base.text import counted
from recon.record.access.model import Right
from recon.reports.html.elements import Children, element
from recon.reports.html.page import Column, facts, listed, marked, paragraph, section, table
from recon.web import reading
from recon.web.asking import Ask, Slice
from recon.web.pages.shell import address, button, form, page, pages, to

_LOOKS = {"loaded": "good", "refused": "high", "undone": "soft"}


def loads(ask: Ask) -> Response:
    """All loads that this person may see, the last first."""
    found = reading.loads(ask)
    cut = Slice.of(ask)
    columns = [
        Column("Load", "number"), Column("When (UTC)"), Column("Feed"), Column("File", "name"),
        Column("Rows", "number"), Column("New", "number"), Column("Changed", "number"),
        Column("Rejected", "number"), Column("Status"),
    ]  # fmt: skip
    return page(
        ask,
        "Loads",
        table(columns, [_row(each) for each in cut.cut(found)], "cards")
        if found else paragraph("Nothing was loaded yet.", kind="soft"),
        pages(ask, cut, len(found), "load"),
        wide=True,
    )  # fmt: skip


def _row(load: Mapping[str, Any]) -> list[Children]:
    return [
        to(str(load["load"]), "loads", str(load["load"])),
        str(load["loaded_at"])[:16],
        load["feed"],
        PurePath(load["file"]).name,
        *(_count(load[name]) for name in ("read_rows", "inserted", "updated")),
        _count(load["open"]),
        marked(load["status"], _LOOKS.get(load["status"], "soft")),
    ]


def _count(value: int | None) -> str:
    return f"{value:,}" if value else "0"


def load(ask: Ask) -> Response:
    """One load: its counts, changes and rejected rows."""
    found = reading.load(ask)
    number = str(found["load"])
    counts = ("read_rows", "inserted", "updated", "unchanged", "repeated", "rejected", "removed",
              "overlapping")  # fmt: skip
    shown = [
        (name.replace("_", " "), f"{found[name]:,}") for name in counts if found[name] is not None
    ]
    return page(
        ask,
        f"Load {number}",
        paragraph(
            f"{PurePath(found['file']).name}: {found['status']}",
            kind=f"answer {_LOOKS.get(found['status'], 'soft')}",
        ),
        facts([
            ("feed", f"{found['feed']} ({found['kind']})"),
            ("loaded", f"{str(found['loaded_at'])[:19]} UTC by {found['loaded_by']}"),
            *([("days", f"{found['first_day']} to {found['last_day']}")]
              if found["first_day"] else []),
            ("SHA-256", found["sha256"]),
        ]),
        section("Rows", facts(shown)) if shown else None,
        section("Worth knowing", listed(map(without_commands, found["notes"])))
        if found["notes"] else None,
        _restated(found["restated"] or []),
        _rejected(ask, number),
        _ways(ask, found),
    )  # fmt: skip


def _restated(rows: Sequence[Sequence[Any]]) -> Element | None:
    if not rows:
        return None
    columns = [Column("Month"), Column("Measure"), Column("Change", "number"),
               Column("Rows", "number")]  # fmt: skip
    lines = [
        [str(month)[:7], measure, f"{change} {currency or ''}", f"{count:,}"]
        for month, measure, currency, change, count in rows
    ]
    return section("Changed in past months", table(columns, lines))


def _rejected(ask: Ask, number: str) -> Element | None:
    cut = Slice.of(ask)
    rows = reading.rejected(ask)
    if not rows:
        return None
    columns = [Column("Place"), Column("Column", "name"), Column("Cell", "long"),
               Column("Reason", "long"), Column("Put right by")]  # fmt: skip
    lines = [
        [row["place"], row["fault_column"] or "", row["cell"] or "", row["reason"],
         f"load {row['mended_by']}" if row["mended_by"] else ""]
        for row in cut.cut(rows)
    ]  # fmt: skip
    return section(
        "Rejected rows",
        paragraph(to("Download those that are open", "loads", number, "rejected.csv"))
        if any(row["mended_by"] is None for row in rows) else None,
        table(columns, lines, "cards"),
        pages(ask, cut, len(rows), "row"),
        note=counted(len(rows), "row"),
    )  # fmt: skip


def _ways(ask: Ask, found: Mapping[str, Any]) -> Element | None:
    if not ask.person.may(Right.UNDO) or found["status"] != "loaded":
        return None
    number = str(found["load"])
    back = form(ask, address("loads", number, "undo"), button("Take this load back", "danger"))
    back.set("data-ask", f"Take load {number} back whole?")
    count = form(
        ask, address("loads", number, "accept"), button("Let the overlapping rows count", "quiet")
    )
    overlaps = found["overlapping"] and not found["accepted"]
    return section(
        "What you may do", element("div", back, count if overlaps else None, class_="row")
    )


def undo(ask: Ask) -> Response:
    """Take a load back."""
    reading.undo(ask)
    return RedirectResponse(address("loads", str(ask.params["load"])), 303)


def accept(ask: Ask) -> Response:
    """Let a load's overlapping rows count."""
    reading.accept(ask)
    return RedirectResponse(address("loads", str(ask.params["load"])), 303)


def rejected_csv(ask: Ask) -> Response:
    """The open rejected rows, as a file to send back."""
    from recon.run.rejected import rejected_file

    number = reading.load(ask)["load"]
    headers = {"Content-Disposition": f'attachment; filename="load-{number}.rejected.csv"'}
    content = rejected_file(ask.site.settings, number)
    return Response(content, headers=headers, media_type="text/csv; charset=utf-8")
