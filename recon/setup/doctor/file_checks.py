"""Checks of files and of the sample: present, readable."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from recon.base import money
from recon.base.errors import ExitCode, ReconError
from recon.base.fields import AMOUNTS, PERIOD, needed
from recon.base.month import Month
from recon.base.result import Side
from recon.config import SourceKind, SourceSettings
from recon.reconciliation.separators import refuse_doubtful
from recon.setup.doctor import content
from recon.setup.doctor.model import Finding, failed, ok
from recon.setup.doctor.steps import Step
from recon.sources import sample
from recon.sources.files import FilesSource
from recon.sources.sample.source import SampleSource
from recon.sources.side_by_side import Supervisor
from recon.sources.store_source import store_files
from recon.store.columns import Columns
from recon.store.session import Session, open_session, reading
from recon.store.session import columns as columns_of

_FLOATS = ("DOUBLE", "FLOAT")


@dataclass(slots=True)
class FileSubject:
    """A side in files or the sample, opened once."""

    settings: SourceSettings
    month: Month
    currency: str
    supervisor: Supervisor
    stack: ExitStack
    relation: str = ""
    found: dict[str, str] = field(default_factory=dict)
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        # A side that is not there has nothing to be read, and says so when it is opened.
        reads: Sequence[Path] = ()
        with suppress(ReconError):
            reads = self.source.reads
        self.session = self.stack.enter_context(open_session(allowed=reads))
        self.stack.enter_context(self.supervisor.cancelling(self.session.interrupt))

    @property
    def source(self) -> FilesSource | SampleSource:
        """Where the rows come from."""
        if self.settings.kind is SourceKind.SAMPLE:
            return SampleSource(self.settings)
        if self.settings.kind is SourceKind.STORE:
            return store_files(self.settings)
        return FilesSource(self.settings)

    def open(self) -> None:
        """Open the files; raises SourceUnreachable, SourceDataError where that fails."""
        self.relation = self.stack.enter_context(self.source.opened(self.session))
        with reading(self.settings.side, self.source.description):
            self.found = columns_of(self.session, self.relation)

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """The rows of a statement.

        Raises SourceDataError where they cannot be read.
        """
        with reading(self.settings.side, self.source.description):
            return self.session.execute(statement).fetchall()


def files(subject: FileSubject) -> Finding:
    """Whether the files are there and can be read."""
    subject.open()
    return ok(f"found and readable: {len(subject.found)} columns")


def sample_month(subject: FileSubject) -> Finding:
    """Whether the month is one of the sample's."""
    recipe = sample.Recipe()
    subject.open()
    if recipe.first <= subject.month <= recipe.last:
        return ok(f"invented data from {recipe.first} to {recipe.last}")
    return failed(
        ExitCode.SOURCE_DATA,
        f"the sample covers {recipe.first} to {recipe.last}, not {subject.month}",
        "choose one of its months, like --month 2024-06",
    )


def columns(subject: FileSubject) -> Finding:
    """Whether the columns that are needed are there; raises MissingColumns."""
    kinds = {name.strip().lower(): kind.upper() for name, kind in subject.found.items()}
    # Text is read exactly: a CSV file has nothing else.
    forms = {
        name: content.Form.FLOAT if kind.startswith(_FLOATS) else content.Form.EXACT
        for name, kind in kinds.items()
    }
    found = content.columns(subject.settings, forms)
    amount = AMOUNTS[subject.settings.side]
    if kinds[amount] == "VARCHAR":
        return ok(f"all {len(_needed(subject))} required columns; amounts are text, read exactly")
    return found


def _needed(subject: FileSubject) -> tuple[str, ...]:
    return needed(subject.settings.side, subject.settings.compliance)


def rows(subject: FileSubject) -> Finding:
    """The month's rows, counted and added up.

    Raises SourceDataError where amounts could mean two numbers.
    """
    side = subject.settings.side
    _refuse_doubtful(subject)
    read = Columns(side, subject.found, _needed(subject))
    units, inside, unread = read.units(AMOUNTS[side]), "true", {}
    if side is Side.ACCOUNTING:
        period = read.month(PERIOD, subject.month.periods)
        inside = f"{period} = {subject.month.index}"
        unread[PERIOD] = _count(subject, f"{period} IS NULL")
    unread[AMOUNTS[side]] = _count(subject, f"{inside} AND {units} IS NULL")
    found = subject.rows(
        f"SELECT coalesce(upper({read.text('currency')}), '{subject.currency}'), count(*), "
        f"coalesce(sum({units}), 0) FROM {subject.relation} WHERE {inside} GROUP BY 1"
    )
    sums = [
        content.Sum(str(currency), int(str(count)), Decimal(str(total)) / money.SCALE)
        for currency, count, total in found
    ]
    return content.rows(side, subject.month, sums, _count(subject, "true"), unread)


def _refuse_doubtful(subject: FileSubject) -> None:
    side, source = subject.settings.side, subject.source
    unsaid = source.unsaid if isinstance(source, FilesSource) else None
    relations, descriptions = {side: subject.relation}, {side: source.description}
    refuse_doubtful(subject.session, relations, {side: unsaid}, subject.currency, descriptions)


def _count(subject: FileSubject, condition: str) -> int:
    ((count,),) = subject.rows(f"SELECT count(*) FROM {subject.relation} WHERE {condition}")
    return int(str(count))


STEPS: tuple[Step[FileSubject], ...] = (
    Step("files", files),
    Step("columns", columns, ("files",)),
    Step("rows", rows, ("files", "columns")),
)
SAMPLE_STEPS: tuple[Step[FileSubject], ...] = (
    Step("sample", sample_month),
    Step("columns", columns, ("sample",)),
    Step("rows", rows, ("sample", "columns")),
)
