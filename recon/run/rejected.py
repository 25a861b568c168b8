"""Files of rejected rows, in the sender's own columns.

They are written as the feed is read, so that a mended file can be sent back as it is.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from recon.base import disk
from recon.base.errors import ReportError, UsageError
from recon.base.feed import Feed
from recon.base.text import guarded
from recon.config import Settings
from recon.sources.feed_files import REASON, SENT_LOAD, SENT_ROW, FeedFile
from recon.store import listing, snapshot
from recon.store.feeds.rejecting import Rejected
from recon.store.session import Session

# It begins as a formula may, and is none.
_NUMBER = re.compile(r"\s*[+-][\d.,\s(]*\d[\d.,'\s]*$")
_TITLE = "Rejected rows: put them right, and send this file back"


def write_rejected(
    folder: Path,
    feed: Feed,
    file: FeedFile,
    rejected: Sequence[Rejected],
    load: int,
    session: Session,
) -> Path:
    """Write the rejected rows of a load; return the file.

    Raises ReportError where it cannot be written.
    """
    cells = session.execute(
        "SELECT recon_row, cells FROM store.rejected WHERE load = ?", [load]
    ).fetchall()
    rows = {row: json.loads(of) for row, of in cells}
    path = folder / f"{_stem(file.path)}.rejected.csv"
    if path.exists():
        path = folder / f"{_stem(file.path)}-{load}.rejected.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, feed, list(file.header), rejected, rows, load)
    except OSError as error:
        raise ReportError(
            f"{path} cannot be written ({error.strerror}); load {load} itself is done, and "
            f"`recon loads {load} --rejected` shows its rejected rows."
        ) from error
    return path


def _stem(path: Path) -> str:
    stem = path.name
    while Path(stem).suffix.lower() in (".csv", ".gz", ".zip", ".xlsx", ".parquet", ".txt",
                                        ".jsonl", ".ndjson", ".json", ".rejected"):  # fmt: skip
        stem = Path(stem).stem
    return stem


def _write(
    path: Path,
    feed: Feed,
    header: Sequence[str],
    rejected: Sequence[Rejected],
    rows: Mapping[int, Mapping[str, str | None]],
    load: int,
) -> None:
    reasons = [(each.row, each.reason) for each in rejected]
    with disk.created(path) as file:
        _fill(file, feed, header, reasons, rows, load)


def _fill(
    file: IO[bytes],
    feed: Feed,
    header: Sequence[str],
    reasons: Sequence[tuple[int, str]],
    rows: Mapping[int, Mapping[str, str | None]],
    load: int,
) -> None:
    encoding = "utf-8-sig" if feed.encoding in ("utf-8", "utf-8-sig") else feed.encoding
    out = io.TextIOWrapper(file, encoding=encoding, newline="", errors="replace")
    lines = csv.writer(out, delimiter=feed.delimiter or ",")
    # Lines that the feed skips are skipped here, too.
    lines.writerows([[_TITLE]] * feed.skip_head)
    lines.writerow([*map(guarded, header), SENT_LOAD, SENT_ROW, REASON])
    for row, reason in reasons:
        own = [_shown(rows[row].get(column)) for column in header]
        lines.writerow([*own, load, row, reason])
    lines.writerows([[_TITLE]] * feed.skip_foot)
    out.flush()
    out.detach()


def rejected_file(settings: Settings, load: int) -> bytes:
    """The open rejected rows of a load, as a file.

    Raises UsageError where there is no such load or feed, or nothing is open.
    """
    with snapshot.looked_at(settings.store) as (session, _):
        (found,) = listing.loads(session, load)
        open_rows = [row for row in listing.rejected(session, load) if row["mended_by"] is None]
    feed = settings.feeds.get(found["feed"])
    if feed is None:
        raise UsageError(f"The feed {found['feed']!r} of load {load} is configured no more.")
    if not open_rows:
        raise UsageError(f"Load {load} has no rejected rows that are open.")
    rows = {row["recon_row"]: row["cells"] or {} for row in open_rows}
    reasons = [(row["recon_row"], row["reason"]) for row in open_rows]
    out = io.BytesIO()
    _fill(out, feed, found["header"] or [], reasons, rows, load)
    return out.getvalue()


def _shown(cell: str | None) -> str:
    if cell is None:
        return ""
    return cell if _NUMBER.match(cell) else guarded(cell)
