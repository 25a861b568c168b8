"""Sources: where the two sides come from.

A source says what it is (`description`) and opens itself in a session as a relation with the
columns of the specification, section 1; `recon.intake` makes typed rows of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from recon.config import SourceKind, SourceSettings
from recon.engine import Session
from recon.month import Month


class Source(Protocol):
    """One side of the reconciliation."""

    @property
    def description(self) -> str:
        """Where the rows come from, without secrets."""
        ...

    def opened(self, session: Session, month: Month) -> AbstractContextManager[str]:
        """Yield what to select from for a month, readable while the context lasts."""
        ...


def _files(settings: SourceSettings) -> Source:
    from recon.sources.files import FilesSource

    return FilesSource(settings)


def _sample(settings: SourceSettings) -> Source:
    from recon.sources.sample import SampleSource

    return SampleSource(settings)


def _odbc(settings: SourceSettings) -> Source:
    from recon.sources.odbc import OdbcSource

    return OdbcSource(settings)


KINDS: Mapping[SourceKind, Callable[[SourceSettings], Source]] = {
    SourceKind.FILES: _files,
    SourceKind.SAMPLE: _sample,
    SourceKind.SQLSERVER: _odbc,
    SourceKind.ODBC: _odbc,
}


def source(settings: SourceSettings) -> Source:
    """Return the source that the settings describe."""
    return KINDS[settings.kind](settings)
