"""The embedded sample as a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from recon.base.result import Side
from recon.config import SourceSettings
from recon.sources import sample
from recon.sources.delivery import Delivery, Request, Scratch
from recon.sources.side_by_side import Supervisor
from recon.store.session import Session, literal, reading

TABLES = {Side.ANALYTICS: "contracts", Side.ACCOUNTING: "entries"}


@dataclass(frozen=True, slots=True)
class SampleSource:
    """One table of the sample, made on first use."""

    settings: SourceSettings

    @property
    def description(self) -> str:
        """The sample in words."""
        return f"sample data, {TABLES[self.settings.side]}"

    def fetch(self, request: Request, scratch: Scratch, supervisor: Supervisor) -> Delivery:
        """The sample, which lives on this machine."""
        return Delivery(self.description, self.opened, self.trail, reads=self.reads)

    @property
    def reads(self) -> list[Path]:
        """The folder of the sample."""
        return [sample.sample_path(sample.Recipe()).parent]

    def trail(self) -> Mapping[str, object]:
        """The recipe that makes the same sample anywhere."""
        recipe = sample.Recipe()
        made_from = {field.name: str(getattr(recipe, field.name)) for field in fields(recipe)}
        return {"table": TABLES[self.settings.side], "recipe": made_from}

    @contextmanager
    def opened(self, session: Session) -> Iterator[str]:
        """Yield the table of the attached sample."""
        path = sample.ensure(sample.Recipe())
        with reading(self.settings.side, self.description):
            session.execute(f"ATTACH IF NOT EXISTS {literal(str(path))} AS sample (READ_ONLY)")
        yield f"sample.{TABLES[self.settings.side]}"
