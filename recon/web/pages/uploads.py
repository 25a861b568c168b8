"""Sending files, and the outcome of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from recon.base.text import counted
from recon.record.access.model import Right
from recon.reports.html.elements import Children, element
from recon.reports.html.page import Column, facts, listed, marked, paragraph, section, table
from recon.run.uploads import LISTED, State, Upload
from recon.web import receiving
from recon.web.asking import Ask, Slice
from recon.web.pages.shell import button, data, form, page, pages, select, to
from recon.web.problems import Refused

_LOOKS = {
    State.LOADED: "good", State.KNOWN: "soft", State.WAITING: "soft", State.LOADING: "soft",
    State.REFUSED: "high", State.FAILED: "high",
}  # fmt: skip


def uploads(ask: Ask) -> Response:
    """The form to send files, and the last ones sent."""
    feeds = ask.site.feeds_of(ask.person)
    cut = Slice.of(ask, 25)
    names = [feed.name for feed in feeds]
    found = ask.site.uploads.all(names, cut.offset, cut.limit)
    return page(
        ask,
        "Uploads",
        _form(ask) if feeds else paragraph(
            "There is no feed that you may send files of; an administrator can give you one.",
            kind="answer high",
        ),
        _sent(found) if found else None,
        pages(ask, cut, ask.site.uploads.count(names), "file"),
    )  # fmt: skip


def _form(ask: Ask) -> Element:
    most = ask.site.settings.web.max_upload // 1_000_000
    options = []
    for feed in ask.site.feeds_of(ask.person):
        region = feed.fixed.get("region", "")
        options.append((feed.name, f"{feed.name} ({feed.kind.name}{region and f', {region}'})"))
    made = form(
        ask,
        "/uploads",
        select("Feed", "feed", options, ask.asked("feed")),
        element(
            "div",
            element("label", "Files", for_="files"),
            " ",
            element("input", type="file", name="files", id="files", multiple="multiple",
                    required="required", aria_describedby="files-note"),
            element("p", f"Choose files, or drag them here. CSV, Excel, Parquet or JSON lines, "
                    f"also as .zip or .gz, up to {most:,} MB each. The same file twice changes "
                    "nothing.", class_="soft", id="files-note"),
            class_="drop",
        ),
        button("Send"),
        element("ul", id="sent", class_="files", aria_live="polite"),
        files=True,
    )  # fmt: skip
    for name, value in data(uploads="", most=str(ask.site.settings.web.max_upload)).items():
        made.set(name.replace("_", "-"), value)
    return made


def _sent(found: list[Upload]) -> Element:
    columns = [Column("Sent (UTC)"), Column("File", "name"), Column("Feed"), Column("By"),
               Column("Outcome", "long")]  # fmt: skip
    rows: list[list[Children]] = [
        [each.at[:16].replace("T", " "), to(each.name, "uploads", each.id), each.feed, each.who,
         marked(sentence(each), _LOOKS[each.state])]
        for each in found
    ]  # fmt: skip
    return section("Sent so far", table(columns, rows, "cards"))


def sentence(upload: Upload) -> str:
    """The outcome of an upload in a sentence."""
    said = upload.outcome
    if upload.state is State.WAITING:
        return "Waiting to be loaded."
    if upload.state is State.LOADING:
        return "Being loaded …"
    if upload.state is not State.LOADED:
        word = {State.KNOWN: "Nothing to do", State.REFUSED: "Refused"}.get(upload.state, "Failed")
        return f"{word}: {str(said.get('reason', '')).rstrip('.')}."
    counts = [
        f"{said[name]:,} {name}"
        for name in ("inserted", "updated", "unchanged", "repeated", "rejected")
        if said.get(name)
    ]
    return f"Loaded: {counted(said['rows'], 'row')}, {', '.join(counts) or 'none new'}."


def upload(ask: Ask) -> Response:
    """The outcome of one file."""
    found = mine(ask)
    going_on = not found.state.is_final
    shown = paragraph(
        sentence(found),
        kind=f"answer {_LOOKS[found.state]}",
    )
    if going_on:
        shown.set("data-refresh", "2")
    pairs: list[tuple[str, Children]] = [
        ("feed", found.feed),
        ("sent", f"{found.at[:19].replace('T', ' ')} UTC by {found.who} from {found.address}"),
        ("size", f"{found.size:,} bytes"),
        ("SHA-256", found.sha256),
    ]
    if found.load is not None:
        pairs.append(("load", to(str(found.load), "loads", str(found.load))))
    return page(
        ask, found.name, shown, facts(pairs), *_findings(found.outcome), _rejected(ask, found),
        paragraph(to("Send another file", "uploads", feed=found.feed))
        if ask.person.may(Right.UPLOAD) else None,
        refresh=2 if going_on else 0,
    )  # fmt: skip


def _findings(said: Mapping[str, Any]) -> Iterator[Element]:
    found = [*said.get("findings", ()), *said.get("notes", ())]
    if found:
        yield section("Worth knowing", listed(found))


def _rejected(ask: Ask, found: Upload) -> Element | None:
    rows = found.outcome.get("rejected_rows", ())
    if not rows or found.load is None:
        return None
    count = int(found.outcome.get("rejected", len(rows)))
    columns = [Column("Row", "number"), Column("Column", "name"), Column("Cell", "long"),
               Column("Reason", "long")]  # fmt: skip
    lines = [[f"{row['row']:,}", row["column"], row["cell"] or "", row["reason"]] for row in rows]
    return section(
        "Rejected rows",
        paragraph(
            "Download them, put them right in the last three columns' sense, and send the file "
            "again: a mended row takes the place of its rejection."
        ),
        paragraph(to("Download the rejected rows", "loads", str(found.load), "rejected.csv")),
        table(columns, lines, "cards"),
        paragraph(f"The first {LISTED} are listed.", kind="soft") if count > LISTED else None,
        note=counted(count, "row"),
    )


def mine(ask: Ask) -> Upload:
    """The upload of the address, if this person sees it."""
    found = ask.site.uploads.get(ask.params["upload"])
    if found is None or found.feed not in ask.site.seen_by(ask.person):
        raise Refused(404, "There is no such upload.")
    return found


def send(ask: Ask) -> Response:
    """Take files from the form, for browsers without script."""
    feed = receiving.feed_of(ask, ask.text("feed"))
    files = [each for each in ask.form.getlist("files") if isinstance(each, UploadFile)]
    files = [each for each in files if each.filename]
    if not files:
        raise Refused(422, "Choose a file first.")
    last: Upload | None = None
    for file in files:
        last = receiving.from_file(ask, feed, file.filename or "", file.file)
    place = f"/uploads/{last.id}" if last and len(files) == 1 else f"/uploads?feed={feed.name}"
    return RedirectResponse(place, 303)
