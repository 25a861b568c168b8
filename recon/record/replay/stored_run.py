"""A stored run: extracts, policy, and the reconciliation made again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recon.base import money
from recon.base.errors import SourceDataError
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Reconciliation, Side
from recon.reconciliation.revenue import reconcile_relations
from recon.record.evidence.documents import know_named_rows, read
from recon.record.evidence.extracts import extract_relation
from recon.record.evidence.layout import EXTRACTS, FOLDER, POLICY, RESULTS, RUN, Document, month_of
from recon.record.evidence.sums import SUMS, parsed_sums
from recon.store.session import Session, session


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Turn unreadable evidence in a run's folder into one sentence."""
    try:
        yield
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise SourceDataError(
            f"The evidence of {folder.name} cannot be read ({said}); "
            f"see `recon verify {folder.name}`."
        ) from error


@dataclass(frozen=True, slots=True)
class Pack:
    """The evidence of a run."""

    folder: Path
    run: Document
    policy_table: Document
    results: Document

    @classmethod
    def of(cls, folder: Path) -> Pack:
        """The evidence in the folder of a run.

        Raises SourceDataError where it is not there or cannot be read.
        """
        place = folder / FOLDER
        with _readable(folder):
            return cls(place, *(read(place / name) for name in (RUN, POLICY, RESULTS)))

    @property
    def run_id(self) -> str:
        """The name of the run."""
        return str(self.run["run_id"])

    @property
    def month(self) -> Month:
        """The month that was reconciled."""
        return month_of(self.run)

    @property
    def policy(self) -> Policy:
        """The rules that the run applied."""
        return Policy.of(self.policy_table)

    def relation(self, side: Side) -> str:
        """The relation to select a side's rows from."""
        return extract_relation(self.folder, side)

    def hashes(self) -> Mapping[str, str]:
        """The SHA-256 of every file by name, from the pack.

        Raises SourceDataError where it does not.
        """
        with _readable(self.folder.parent):
            return parsed_sums((self.folder / SUMS).read_bytes())[0]

    def same_rows(self, other: Pack, side: Side) -> bool:
        """Whether both packs hold the same bytes of a side."""
        return self.hashes().get(EXTRACTS[side]) == other.hashes().get(EXTRACTS[side])

    def recorded(self) -> dict[str, dict[str, int]]:
        """The totals that the run reported, by currency and figure."""
        return {
            currency: {figure: money.parse_sum(totals[figure]) for figure in FIGURES}
            for currency, totals in self.results["totals"].items()
        }


FIGURES = ("expected", "recognized", "difference", "gross_difference")


@contextmanager
def replayed(
    pack: Pack,
    policy: Policy | None = None,
    prepare: Mapping[Side, str] | None = None,
    setup: str = "",
    also: Iterable[Path] = (),
) -> Iterator[tuple[Session, Reconciliation]]:
    """Yield a pack's reconciliation, perhaps with other rules or rows.

    `prepare` has what to select a side from, readable after the SQL of `setup`; `also` are other
    folders that it reads.
    """
    relations = {side: pack.relation(side) for side in Side} | dict(prepare or {})
    with session(pack.folder, *also) as opened:
        if setup:
            opened.execute(setup)
        know_named_rows(opened, pack.run)
        yield (
            opened,
            reconcile_relations(
                opened,
                relations[Side.ANALYTICS],
                relations[Side.ACCOUNTING],
                pack.month,
                policy or pack.policy,
                compliance=tuple(pack.run["compliance"]),
            ),
        )


def figures(result: Reconciliation) -> dict[str, dict[str, int]]:
    """The totals of a reconciliation, by currency and figure."""
    return {
        currency: {figure: getattr(totals, figure) for figure in FIGURES}
        for currency, totals in result.totals.items()
    }
