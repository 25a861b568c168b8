"""The page that leads to a month's newest run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recon.base.month import Month
from recon.reports.html.elements import element, link, place
from recon.reports.html.page import document, listed, paragraph


def latest_page(month: Month, folder: Path, files: Sequence[Path]) -> str:
    """The page that leads on, as a file of `folder`.

    It opens the page of the run at once, or lists the run's files where there is none.
    """
    paths = [path.relative_to(folder).parts for path in files]
    pages = [path for path in paths if path[-1].endswith(".html")]
    title = f"The newest run of {month.name}"
    return document(
        title,
        element("h1", title),
        paragraph(f"Its files are in the folder {paths[0][0]}:"),
        listed(link(path[-1], *path) for path in paths),
        leads_to=place(*pages[0]) if pages else "",
    )
