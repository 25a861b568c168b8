"""The first page: where things stand, for this person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from xml.etree.ElementTree import Element

from starlette.responses import Response

from recon.base.text import counted
from recon.record.access.model import Right
from recon.record.journal.history import newest_first
from recon.reports.html.elements import Children
from recon.reports.html.page import Column, marked, paragraph, section, table
from recon.web import reading
from recon.web.asking import Ask
from recon.web.pages.months import signed_words
from recon.web.pages.shell import page, to


def home(ask: Ask) -> Response:
    """The last months and loads, and ways from here."""
    return page(ask, "Where things stand", list(_months(ask)), list(_loads(ask)), _ways(ask))


def _months(ask: Ask) -> Iterator[Element]:
    if not ask.person.may(Right.READ):
        return
    runs, signed = reading.runs(ask)
    latest = {run.month: run for run in reversed(newest_first(runs))}
    rows: list[list[Children]] = [
        [to(month.name, "months", str(month)), marked(run.verdict, run.severity or "good"),
         to(counted(run.breaks, "break"), "breaks", month=str(month)),
         signed_words(signed.get(run.run_id, ()))]
        for month, run in sorted(latest.items(), reverse=True)[:6]
    ]  # fmt: skip
    columns = [Column("Month", "name"), Column("Verdict"), Column("Breaks"), Column("Signed off")]
    yield section(
        "Months",
        table(columns, rows, "cards") if rows
        else paragraph("No month was run yet; months are run on the server.", kind="soft"),
    )  # fmt: skip


def _loads(ask: Ask) -> Iterator[Element]:
    if not ask.person.may(Right.LOADS):
        return
    found = reading.loads(ask)[:6]
    rows: list[list[Children]] = [
        [to(str(each["load"]), "loads", str(each["load"])), each["feed"],
         PurePath(each["file"]).name, f"{each['read_rows'] or 0:,}", f"{each['open']:,}",
         each["status"]]
        for each in found
    ]  # fmt: skip
    columns = [Column("Load", "number"), Column("Feed"), Column("File", "name"),
               Column("Rows", "number"), Column("Rejected", "number"),
               Column("Status")]  # fmt: skip
    yield section(
        "Loads",
        table(columns, rows, "cards") if rows
        else paragraph("Nothing was loaded yet.", kind="soft"),
    )  # fmt: skip


def _ways(ask: Ask) -> Element | None:
    if not ask.person.may(Right.UPLOAD):
        return None
    return paragraph(to("Send files", "uploads"))
