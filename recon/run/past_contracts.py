"""Past contracts: where earlier runs keep them in their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from recon.base.errors import ReconError
from recon.base.month import Month
from recon.base.result import Side
from recon.reconciliation.earlier_values import know_earlier_runs
from recon.record.evidence.extracts import extract_relation
from recon.record.evidence.layout import EXTRACTS, packs
from recon.record.evidence.sums import SUMS, parsed_sums
from recon.store.session import Session

# So many months are looked back.
_MONTHS = 12


def know_past(session: Session, reports: Path, month: Month) -> None:
    """Let a session look up contracts in earlier evidence."""
    know_earlier_runs(session, partial(_extracts, reports, month))


def _extracts(reports: Path, month: Month) -> Sequence[tuple[str, str]]:
    """Months up to one, the newest first, with their contracts.

    Of a month it is the last run; contracts that did not change come once.
    """
    latest: dict[Month, Path] = {}
    for pack in packs(reports):
        with suppress(ReconError):
            latest[Month.parse(pack.parent.parent.name, month.periods)] = pack
    found: dict[str, tuple[str, str]] = {}
    for of in sorted((of for of in latest if of <= month), reverse=True)[:_MONTHS]:
        with suppress(OSError, ValueError, KeyError):
            sums, *_ = parsed_sums((latest[of] / SUMS).read_bytes())
            relation = extract_relation(latest[of], Side.ANALYTICS)
            found.setdefault(sums[EXTRACTS[Side.ANALYTICS]], (str(of), relation))
    return list(found.values())
