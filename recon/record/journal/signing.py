"""Signing: signatures under runs, and who may sign. Pure.

A month is signed off when a preparer and then a reviewer, who is somebody else, have signed the
same run. A later run of the month supersedes it and is signed anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from recon.base.errors import UsageError
from recon.base.events import Severity
from recon.base.month import Month
from recon.base.result import Break
from recon.record.journal.model import Event, Kind, OpenItem, Role, Run, State

NAMED = 3


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature under a run.

    `accepted` is why open critical breaks were accepted.
    """

    run_id: str
    month: Month
    role: Role
    who: str
    host: str
    at: datetime
    comment: str
    accepted: str = ""


@dataclass(frozen=True, slots=True)
class Pen:
    """The signatory, the role and the comment."""

    role: Role
    who: str
    host: str
    at: datetime
    comment: str
    accept: str | None = None


def signatures(events: Iterable[Event]) -> dict[str, tuple[Signature, ...]]:
    """The signatures of every signed run, oldest first."""
    found: dict[str, tuple[Signature, ...]] = {}
    accepted: dict[tuple[str, str, str], str] = {}
    for event in events:
        key = (event.subject, event.detail, event.who)
        if event.kind is Kind.ACCEPTED:
            accepted[key] = event.reason
        elif event.kind is Kind.SIGNED_OFF:
            signed = _signature(event, accepted.get(key, ""))
            found[event.subject] = (*found.get(event.subject, ()), signed)
    return found


def _signature(event: Event, accepted: str) -> Signature:
    return Signature(
        event.subject, event.month, Role(event.detail), event.who, event.host, event.at,
        event.reason, accepted,
    )  # fmt: skip


def is_signed_off(given: Iterable[Signature]) -> bool:
    """Whether the signatures of a run sign it off."""
    return {signature.role for signature in given} == set(Role)


def signed_off(events: Iterable[Event], month: Month) -> str:
    """A month's run that was signed off last, or ''."""
    complete = [
        given[-1]
        for given in signatures(events).values()
        if is_signed_off(given) and given[-1].month == month
    ]
    return max(complete, key=lambda signature: signature.at).run_id if complete else ""


def unacknowledged(seen: Sequence[Break], open_items: Mapping[str, OpenItem]) -> list[Break]:
    """A run's critical breaks that are open and not acknowledged.

    Those that have changed since they were acknowledged are among them.
    """
    return [
        item
        for item in seen
        if item.severity is Severity.CRITICAL and open_items[item.name].state is State.OPEN
    ]


def signed(
    run: Run, pen: Pen, given: Sequence[Signature], left: Sequence[Break], changed: int = 0
) -> tuple[Event, ...]:
    """The events that put a signature under a run.

    `given` are the signatures that it has, `left` its critical breaks that nobody has
    acknowledged, of which so many have `changed` since somebody did. Raises UsageError where this
    signature may not stand there.
    """
    again = next((old for old in given if old.role is pen.role), None)
    if again:
        raise UsageError(
            f"{run.run_id} was signed by {again.who} as {pen.role} already, and a signature is "
            "never taken back; to sign again, run the month again."
        )
    if not pen.comment.strip():
        raise UsageError("--comment is empty; say in a few words what you have checked.")
    if pen.role is Role.REVIEWER:
        _refuse_reviewer(run, pen, given)
    accepted = _accepted(run, pen, left, changed)
    told = [(Kind.ACCEPTED, accepted)] if accepted else []
    told.append((Kind.SIGNED_OFF, pen.comment.strip()))
    return tuple(
        Event(0, pen.at, pen.who, pen.host, kind, run.run_id, run.month, reason, pen.role.value)
        for kind, reason in told
    )


def _refuse_reviewer(run: Run, pen: Pen, given: Sequence[Signature]) -> None:
    prepared = next((first for first in given if first.role is Role.PREPARER), None)
    if prepared is None:
        raise UsageError(
            f"{run.run_id}, the last run of {run.month}, has no preparer's signature; the preparer "
            f"signs first: `recon sign-off {run.month}{_option(run)} --role preparer --comment "
            '"..."`'
        )
    if prepared.who.casefold() == pen.who.casefold():
        raise UsageError(
            f"{pen.who} has signed {run.run_id} as preparer; the reviewer must be "
            "a different person."
        )


def _option(run: Run) -> str:
    """The option of commands for a run of its kind."""
    return " --cash" if run.of_cash else ""


def _accepted(run: Run, pen: Pen, left: Sequence[Break], changed: int) -> str:
    """Why critical breaks are accepted, '' without any."""
    if pen.accept is None and left:
        some = ", ".join(item.name for item in left[:NAMED])
        more = f" and {len(left) - NAMED:,} more" if len(left) > NAMED else ""
        since = f" {changed:,} of them changed since acknowledged." if changed else ""
        raise UsageError(
            f"{run.month} has critical breaks that are open and that nobody has acknowledged: "
            f"{some}{more} (`recon open{_option(run)} --severity critical --unacknowledged` lists "
            f"them).{since} Acknowledge them with `recon ack{_option(run)}`, or accept them with "
            '--accept "why".'
        )
    if pen.accept is None:
        return ""
    if not left:
        raise UsageError(
            f"--accept has nothing to accept: {run.month} has no critical break that is open and "
            "not acknowledged."
        )
    if not pen.accept.strip():
        raise UsageError("--accept is empty; say in a few words why the breaks may stay.")
    return pen.accept.strip()
