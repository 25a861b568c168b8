"""The store as a source of contracts, entries and receivables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recon.base.errors import SourceUnreachable
from recon.base.fields import RECEIVABLES
from recon.base.result import Side
from recon.config import SourceKind, SourceSettings
from recon.sources.files import FilesSource
from recon.store import snapshot

TABLES = {Side.ANALYTICS: "contracts", Side.ACCOUNTING: "entries", RECEIVABLES: "receivables"}


def store_files(settings: SourceSettings) -> FilesSource:
    """The snapshot's files that a side is read from.

    Raises SourceUnreachable where no feed has brought any.
    """
    folder, table = settings.path or Path("store"), TABLES[settings.side]
    paths = snapshot.current(folder).paths(folder, table)
    if not paths:
        raise SourceUnreachable(
            f"The store {folder} has no {table} yet; configure a feed of kind '{table}' and run "
            "`recon load`."
        )
    return FilesSource(replace(settings, kind=SourceKind.FILES, path=paths[0]))
