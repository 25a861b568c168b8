"""The sample's store and ledger, made on first use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from recon.base.fields import RECEIVABLES
from recon.base.policy import Policy
from recon.config import Settings, SourceKind, SourceSettings
from recon.config.settings import ReceivablesSettings
from recon.reconciliation.cash.documents import prepare
from recon.reconciliation.cash.star import LEDGER, feeds_select
from recon.run.feeds import load_feeds
from recon.run.sample_feeds import with_sample
from recon.sources.sample import feeds
from recon.sources.sample.receivables import Posting, place, write
from recon.store import snapshot

SEED = 1
_LAST = date(9999, 12, 31)


def sample_store(settings: Settings, progress: Callable[[str], None]) -> Path:
    """The configured store if it has sales.

    Else the sample's own, in the user's cache.
    """
    if "fact_sales" in snapshot.current(settings.store).tables:
        return settings.store
    folder = feeds.ensure(SEED)
    store = folder / "store"
    if "fact_sales" not in snapshot.current(store).tables:
        own = Settings(store=store, reports=folder / "reports", memory_limit=settings.memory_limit)
        load_feeds(with_sample(own), progress=progress)
    return store


def sample_ledger(settings: Settings, store: Path) -> ReceivablesSettings:
    """The settings of the sample's ledger, made if missing."""
    own = settings.receivables or ReceivablesSettings()
    path = place(feeds.ensure(SEED))
    if not path.exists():
        path = write(path.parent, SEED, _documents(store))
    return replace(own, source=SourceSettings(RECEIVABLES, SourceKind.FILES, path=path))


def _documents(store: Path) -> list[Posting]:
    """The documents of a store, as postings."""
    with snapshot.looked_at(store) as (session, _):
        prepare(session, Policy())
        session.execute(f"CREATE TEMP TABLE {LEDGER} (document_ref VARCHAR, amount DECIMAL(19, 4))")
        rows = session.execute(
            f"""SELECT ref, customer, day, amount, currency, kind, coalesce(sale, '')
            FROM ({feeds_select(session, None, _LAST, _LAST)})"""
        ).fetchall()
    return [Posting(*row) for row in rows]
