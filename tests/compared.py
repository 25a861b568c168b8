"""A month of a folder, read and compared: for tests of how books are read, not of what they say."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from recon.base import money
from recon.base.month import Month
from recon.base.result import Side
from recon.config import load
from recon.reconciliation.revenue import compare_month, load_both_sides
from recon.record.log import Log
from recon.run.opened_sources import open_sources
from recon.sources.delivery import Request


@dataclass(frozen=True)
class Compared:
    """What a month comes to in its only currency, with rows that cannot be compared left out."""

    matched: int
    expected: str
    invalid: int


def compared(folder: Path, text: str = "2024-06") -> Compared:
    """Compare a month under the configuration of a folder; no break is explained."""
    settings, month = load(folder / "config" / "recon.toml"), Month.parse(text)
    with ExitStack() as stack:
        opened = open_sources(settings, Request(month), stack, lambda _: None, Log(), {})
        told = {side: found.description for side, found in opened.deliveries.items()}
        load_both_sides(
            opened.session,
            opened.relations[Side.ANALYTICS],
            opened.relations[Side.ACCOUNTING],
            settings.policy,
            told,
            (),
            {side: found.unsaid for side, found in opened.deliveries.items()},
        )
        compare_month(opened.session, month, settings.policy, told, ())
        ((currency, matched, expected),) = opened.session.execute(
            "SELECT currency, count(*) FILTER (status = 'matched'), sum(expected) "
            "FROM lines_compared GROUP BY currency"
        ).fetchall()
        (invalid,) = opened.session.execute(
            "SELECT (SELECT count(*) FROM contracts_typed WHERE reason IS NOT NULL) "
            "+ (SELECT count(*) FROM entries_invalid)"
        ).fetchone() or (0,)
    return Compared(matched, money.plain(int(expected), currency), invalid)
