"""Signing: a month's last run, as preparer or reviewer."""

from __future__ import annotations

from datetime import UTC, datetime

from recon.base.errors import UsageError
from recon.base.month import Month
from recon.config import Settings
from recon.record import identity
from recon.record.journal.model import Role, Run
from recon.record.journal.signing import Pen, Signature, signed, unacknowledged
from recon.record.journal.store import NAME, Journal
from recon.record.lock import locked


def sign(
    settings: Settings,
    month: Month,
    role: Role,
    comment: str,
    accept: str | None = None,
    command: str = "recon month",
) -> tuple[Run, tuple[Signature, ...]]:
    """Sign a month's last run; return it with all signatures.

    The command is the one that records such runs. Raises UsageError where there is no run, or
    this signature may not stand there.
    """
    reports = settings.reports
    if not (reports / NAME).exists():
        raise _no_run(month, command)
    pen = Pen(role, identity.who(), identity.host(), datetime.now(UTC), comment, accept)
    # No run may come between looking at the last one and signing it.
    with (
        locked(reports, f"recon sign-off {month}"),
        Journal.at(reports, settings.calendar.periods) as journal,
    ):
        return _sign(journal, month, pen, command)


def _no_run(month: Month, command: str) -> UsageError:
    return UsageError(f"No run of {month} is recorded; run the month first: `{command} {month}`")


def _sign(
    journal: Journal, month: Month, pen: Pen, command: str
) -> tuple[Run, tuple[Signature, ...]]:
    run = journal.last_run(month)
    if run is None:
        raise _no_run(month, command)
    given = journal.signatures().get(run.run_id, ())
    known = journal.open_items(month)
    left = unacknowledged(journal.breaks(run.run_id), known)
    changed = sum(known[item.name].lapsed is not None for item in left)
    journal.say(*signed(run, pen, given, left, changed))
    return run, journal.signatures()[run.run_id]
