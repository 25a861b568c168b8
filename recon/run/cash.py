"""Order to cash of a month: opened and matched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path, PurePath

from recon.base.errors import SourceDataError
from recon.base.fields import RECEIVABLES
from recon.base.month import Month
from recon.base.policy import Policy
from recon.config import Settings, SourceKind
from recon.config.settings import ReceivablesSettings
from recon.reconciliation.cash.documents import prepare
from recon.reconciliation.cash.entries import CashEntries, proposed_entries
from recon.reconciliation.cash.model import InvalidRow
from recon.reconciliation.cash.policy import CashPolicy
from recon.reconciliation.cash.reading import Places
from recon.reconciliation.cash.receivable import NAMES, Receivables, reconcile_receivables
from recon.reconciliation.cash.star import FACTS, LEDGER, feeds_select
from recon.reconciliation.cash.statement import Statement, statement
from recon.reconciliation.places import known_places
from recon.run.opened_sources import scratch_folders
from recon.sources.delivery import Delivery
from recon.sources.document_files import Asked, select, staged
from recon.sources.receivables import Ledger, delivered, stage_ledger
from recon.store import snapshot
from recon.store.session import Session, is_any, literal

Progress = Callable[[str], None]
OPENING = "opening_rows"
# The kinds of postings; of any other the sign decides.
_KINDS = ("invoice", "credit_note", "payment", "refund", "adjustment", "charge")
_TOLD = "replace(replace(lower(trim(kind)), ' ', '_'), '-', '_')"
_NAMED = 5
FIRST, LAST = date(1900, 1, 2), date(9999, 12, 30)


@dataclass(frozen=True, slots=True)
class ReconciledCash:
    """A month's order to cash, its session still open."""

    result: Receivables
    session: Session
    sample: bool
    ledger: Ledger
    trails: Mapping[str, Callable[[], Mapping[str, object]]]
    places: Mapping[str, Mapping[int, str]]
    started: datetime
    find: Places
    since: date | None
    until: date


@contextmanager
def reconciled_cash(
    settings: Settings, month: Month, progress: Progress = lambda _: None
) -> Iterator[ReconciledCash]:
    """Yield a month's order to cash, from store and ledger.

    On the sample, the store of its feeds and its ledger are made first. Raises ConfigError,
    SourceUnreachable and SourceDataError.
    """
    sample = settings.receivables is None or settings.receivables.source.kind is SourceKind.SAMPLE
    if sample:
        settings = _with_sample(settings, progress)
    of, started = settings.receivables or ReceivablesSettings(), datetime.now(UTC)
    named: dict[str, dict[int, str]] = {name: {} for name in NAMES}
    with ExitStack() as stack:
        progress("Reading the store and the ledger")
        delivery = delivered(of.source, month, stack.enter_context(scratch_folders()))
        beside = [*delivery.reads, settings.reports, *filter(None, [of.opening])]
        session, found = stack.enter_context(
            snapshot.looked_at(settings.store, settings.memory_limit, beside)
        )
        prepare(session, Policy(ids=settings.policy.ids))
        ledger = _ledger(session, settings, of, delivery, stack)
        stored = found.paths(settings.store, RECEIVABLES) if _is_stored(of) else []
        find = partial(_places, session, stored)
        sides, notices = _sides(session, of, month, settings.policy.currency, stack)
        result = reconcile_receivables(
            session,
            month,
            sides,
            (f"store {settings.store.as_posix()}, snapshot {found.number}", ledger.description),
            _policy(settings, of),
            invalid=_invalid(session, find, ledger),
            notices=[*notices, *_other_kinds(session), *ledger.delivery.left_out()],
            places=partial(_named, named, find),
            progress=progress,
        )
        trails: dict[str, Callable[[], Mapping[str, object]]] = {
            "feeds": partial(_feeds_trail, session, settings.store, found.number),
            "ledger": delivery.trail,
        }
        yield ReconciledCash(
            result, session, sample, ledger, trails, named, started, find, of.since,
            _until(of, month),
        )  # fmt: skip


def _policy(settings: Settings, of: ReceivablesSettings) -> CashPolicy:
    policy = settings.policy
    return CashPolicy(
        of.rules, policy.severity, of.terms_days, of.window, policy.currency, policy.ids
    )


def entries_of(found: ReconciledCash, accounts: Mapping[str, str]) -> CashEntries:
    """The proposed entries of a result.

    The ledger's rows of later months, and those that cannot be read, may be what is missing; those
    that agree with later documents of the feeds are not. The sample is as it was then, before its
    faults were put right.
    """
    feeds = feeds_select(found.session, found.since, LAST, LAST)
    days = f"posted_on >= DATE '{found.since or FIRST}'"
    days += f" AND posted_on <= DATE '{found.until}'" if found.sample else ""
    standing = f"""SELECT d.document, l.document_ref AS ref, l.customer_id AS customer,
            CAST(l.amount * 10000 AS BIGINT) AS amount, l.currency,
            l.recon_fault IS NOT NULL AS unread
        FROM {LEDGER} AS l LEFT JOIN (FROM documents WHERE side = 2) AS d ON d.place = l.recon_row
        LEFT JOIN allocations AS a ON a.document = d.document
        WHERE a.match IS NULL AND (({days}) OR recon_fault IS NOT NULL)"""
    return proposed_entries(found.session, found.result, standing, feeds, accounts)


def _named(
    known: Mapping[str, dict[int, str]], find: Places, side: int, rows: Sequence[int]
) -> dict[int, str]:
    """The places of rows, kept for the evidence."""
    found = find(side, rows)
    known[NAMES[side - 1]].update(found)
    return found


def _with_sample(settings: Settings, progress: Progress) -> Settings:
    """The settings with the sample's ledger and store."""
    from recon.run.sample_cash import sample_ledger, sample_store

    store = sample_store(settings, progress)
    return replace(settings, store=store, receivables=sample_ledger(settings, store))


def _ledger(
    session: Session,
    settings: Settings,
    of: ReceivablesSettings,
    delivery: Delivery,
    stack: ExitStack,
) -> Ledger:
    """The ledger's rows in the session.

    Raises SourceDataError where there are none: comparing with nothing proves nothing.
    """
    ledger = stage_ledger(session, of.source, delivery, settings.policy.currency, LEDGER, stack)
    if not is_any(session, LEDGER):
        raise SourceDataError(
            f"The {RECEIVABLES} ({ledger.description}) have no rows at all; check that it is the "
            "right table or file."
        )
    return ledger


def _until(of: ReceivablesSettings, month: Month) -> date:
    """The last day whose postings may belong to a month."""
    return (month + 1).first_day + timedelta(days=of.cutoff - 1)


def _sides(
    session: Session, of: ReceivablesSettings, month: Month, currency: str, stack: ExitStack
) -> tuple[list[str], list[str]]:
    """The SELECTs of both sides, and notices on the opening.

    What was owed before the first day is the same on both sides.
    """
    last, until = (month + 1).first_day - timedelta(days=1), _until(of, month)
    sides = [feeds_select(session, of.since, until, last), _ledger_select(of.since, until, last)]
    if of.opening is None:
        told = f"before {of.since} " if of.since else "before the first document "
        return sides, [f"No opening is configured: nobody owed anything {told}on either side."]
    asked = Asked(of.opening, currency=currency)
    rows = stack.enter_context(staged(session, asked, OPENING))
    if rows.faults:
        row, why = rows.faults[0]
        where = rows.places([row]).get(row, f"row {row}")
        raise SourceDataError(f"The opening cannot be used: {where}: {why}.")
    before = (of.since or FIRST) - timedelta(days=1)
    opening = f"""SELECT NULL AS place, coalesce(ref, 'opening ' || customer) AS ref, customer,
        coalesce(day, DATE '{before}') AS day, amount, currency, coalesce(kind, 'invoice') AS kind,
        due_on, true AS counts FROM ({select(rows, asked)})"""
    return [f"{side} UNION ALL BY NAME {opening}" for side in sides], []


def _ledger_select(since: date | None, until: date, last: date) -> str:
    begin = f"posted_on >= DATE '{since}' AND " if since else ""
    return f"""SELECT recon_row AS place, document_ref AS ref, customer_id AS customer,
            posted_on AS day, CAST(amount * 10000 AS BIGINT) AS amount, currency,
            CASE WHEN told IN {_KINDS} THEN told END AS kind, due_on, coalesce(applies_to, CASE
                WHEN amount < 0 AND told IN ('payment', 'credit_note') THEN document_ref
                END) AS sale, posted_on <= DATE '{last}' AS counts
        FROM (SELECT *, {_TOLD} AS told FROM {LEDGER})
        WHERE {begin}posted_on <= DATE '{until}' AND recon_fault IS NULL AND amount <> 0"""


def _feeds_trail(session: Session, store: Path, snapshot: int) -> dict[str, object]:
    """The files that brought the feeds' rows."""
    counts = " UNION ALL ".join(f"SELECT load FROM {table}" for table in FACTS)
    rows = session.execute(
        f"""SELECT load, feed, file, size, sha256, n
        FROM loads JOIN (SELECT load, count(*) AS n FROM ({counts}) GROUP BY load) USING (load)
        ORDER BY load"""
    ).fetchall()
    names = ("load", "feed", "file", "size", "sha256", "rows")
    return {
        "store": store.as_posix(),
        "snapshot": snapshot,
        "loads": [dict(zip(names, row, strict=True)) for row in rows],
    }


def _other_kinds(session: Session) -> list[str]:
    """The notice on unknown kinds of postings, if any."""
    rows = session.execute(
        f"""SELECT kind, count(*) FROM {LEDGER}
        WHERE recon_fault IS NULL AND {_TOLD} NOT IN {_KINDS} GROUP BY kind ORDER BY 2 DESC, 1"""
    ).fetchall()
    if not rows:
        return []
    named = ", ".join(f"{kind} ({count:,})" for kind, count in rows[:_NAMED])
    more = f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
    return [
        f"Kinds of the ledger that are none of {', '.join(_KINDS)}: {named}{more}; an amount above "
        "0 is taken for an invoice, one below 0 for a credit."
    ]


def _is_stored(of: ReceivablesSettings) -> bool:
    return of.source.kind is SourceKind.STORE


def _places(
    session: Session, stored: Sequence[Path], side: int, rows: Sequence[int]
) -> dict[int, str]:
    """The places of a side's rows.

    `stored` are the files of a ledger that is in the store.
    """
    known: Mapping[int, str] = {}
    if side == 2 and rows:  # noqa: PLR2004
        known = (
            _loaded(session, stored, rows) if stored
            else known_places(session, RECEIVABLES, rows)
        )  # fmt: skip
    return {row: known.get(row, f"row {row:,}") for row in rows}


def _loaded(session: Session, stored: Sequence[Path], rows: Sequence[int]) -> dict[int, str]:
    """The places of rows in the files that were loaded."""
    files = ", ".join(literal(str(path)) for path in stored)
    found = session.execute(
        f"""SELECT row, file, recon_row FROM (
            SELECT row_number() OVER () AS row, load, recon_row FROM read_parquet([{files}]))
        JOIN loads USING (load) WHERE row IN (SELECT unnest($rows))""",
        {"rows": list(rows)},
    ).fetchall()
    return {row: f"{PurePath(file).name}, row {number:,}" for row, file, number in found}


def _invalid(session: Session, find: Places, ledger: Ledger) -> list[InvalidRow]:
    places = find(2, [row for row, _ in ledger.faults])
    rows = session.execute(
        f"""SELECT recon_row, coalesce(document_ref, ''), coalesce(customer_id, '') FROM {LEDGER}
        WHERE recon_fault IS NOT NULL"""
    ).fetchall()
    of = {row: named for row, *named in rows}
    return [InvalidRow(2, places[row], why, *of[row]) for row, why in ledger.faults]


def explained(found: ReconciledCash, asked: str) -> Statement:
    """The statement of a customer or document; raises UsageError."""
    return statement(found.session, found.result, asked, found.find)
