"""Sources: where the two sides come from.

A source says what it is (`description`), brings what is far away here (`fetch`), both sides at the
same time, and is then opened in a session as a relation with the columns of the specification,
section 1; `recon.reconciliation` makes typed rows of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from recon.base.result import Side
from recon.config import SourceKind, SourceSettings
from recon.sources.delivery import Delivery, Request, Scratch
from recon.sources.side_by_side import Note, Supervisor, side_by_side, unheard


class Source(Protocol):
    """One side of the reconciliation."""

    @property
    def description(self) -> str:
        """Where the rows come from, without secrets."""
        ...

    def fetch(self, request: Request, scratch: Scratch, supervisor: Supervisor) -> Delivery:
        """The rows of a source, as requested.

        Files of its own go to folders of `scratch`.
        """
        ...


def _files(settings: SourceSettings) -> Source:
    from recon.sources.files import FilesSource

    return FilesSource(settings)


def _sample(settings: SourceSettings) -> Source:
    from recon.sources.sample.source import SampleSource

    return SampleSource(settings)


def _odbc(settings: SourceSettings) -> Source:
    from recon.sources.odbc import OdbcSource

    return OdbcSource(settings)


def _store(settings: SourceSettings) -> Source:
    from recon.sources.store_source import store_files

    return store_files(settings)


KINDS: Mapping[SourceKind, Callable[[SourceSettings], Source]] = {
    SourceKind.FILES: _files,
    SourceKind.SAMPLE: _sample,
    SourceKind.SQLSERVER: _odbc,
    SourceKind.ODBC: _odbc,
    SourceKind.STORE: _store,
}


def source(settings: SourceSettings) -> Source:
    """The source that the settings describe."""
    return KINDS[settings.kind](settings)


def fetched(
    sources: Mapping[Side, Source],
    request: Request,
    scratch: Scratch,
    tell: Callable[[str], None],
    note: Note = unheard,
) -> dict[Side, Delivery]:
    """The rows of both sides, fetched at the same time.

    Raises what the first side that fails raises; the other one is then stopped.
    """
    works = {
        side: partial(_timed, side, partial(source.fetch, request, scratch))
        for side, source in sources.items()
    }
    return side_by_side(works, tell, note)


def _timed(side: Side, fetch: Callable[[Supervisor], Delivery], supervisor: Supervisor) -> Delivery:
    begun = time.perf_counter()
    delivery = fetch(supervisor)
    seconds = round(time.perf_counter() - begun, 3)
    supervisor.note(
        "fetched", f"The {side} side is here", source=delivery.description, seconds=seconds
    )
    return delivery
