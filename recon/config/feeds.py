"""Feeds: the tables [feeds.NAME] and [store]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from recon.base import keys
from recon.base.feed import Expected, Feed, OnConflict, OnOverlap, OwnIds, Repeats
from recon.base.feeds import KINDS, NUMBERS, FeedKind
from recon.base.keys import Keys
from recon.config import values
from recon.config.feed_checks import read_checks

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_EXPECTED = re.compile(
    r"(every day|business days|(?:mon|tues|wednes|thurs|fri|satur|sun)days?) by "
    r"((?:[01]\d|2[0-3]):[0-5]\d)"
)
_SIGNS = {"+": 1, "-": -1}
# What a feed of each kind does to what the customer owes, unless it says so.
_RECEIVABLE = {"credits": "-", "debits": "+"}


def read_feeds(table: Keys, path: Path, currency: str) -> dict[str, Feed]:
    """The feeds by name; `currency` is the policy's."""
    feeds = {}
    for name, found in table.tables("feeds"):
        if not _NAME.fullmatch(name):
            table.mistake(
                f"feeds.{name}", "is no name of a feed; use small letters, digits, - and _"
            )
        feed = _read_feed(found, name, path, currency)
        if feed:
            feeds[name] = feed
    return feeds


def read_store(table: Keys, path: Path) -> Path | None:
    """The folder of the store, None by default."""
    folder: Path | None = table.take("path", values.below(path), None)
    table.close()
    return folder


def _read_feed(table: Keys, name: str, path: Path, currency: str) -> Feed | None:
    if "kind" not in table:
        table.mistake("kind", "is missing; it is one of " + ", ".join(KINDS))
    if "path" not in table:
        table.mistake("path", "is missing; it names the file, or the files like 'inbox/UK*.csv'")
    kind = table.take("kind", _kind, None)
    place = table.take("path", values.below(path), path)
    if kind is None:
        return None
    columns = _read_columns(table.table("columns"), kind)
    checks, known = read_checks(table.table("checks"), kind)
    feed = Feed(
        name=name,
        kind=kind,
        path=place,
        columns=columns,
        values=_read_values(table.table("values"), kind),
        fixed=_read_fixed(table.table("fixed"), kind, columns),
        checks=checks,
        known=known,
        currency=table.take("currency", keys.currency, currency),
        receivable=_read_receivable(table, kind),
        max_rejected=table.take("max_rejected", keys.rate, None),
        on_conflict=table.take("on_conflict", keys.one_of(OnConflict), OnConflict.REJECT),
        repeats=table.take("repeats", keys.one_of(Repeats), Repeats.KEEP),
        ids=table.take("ids", keys.one_of(OwnIds), OwnIds.SHARED),
        on_overlap=table.take("on_overlap", keys.one_of(OnOverlap), OnOverlap.TELL),
        expected=table.take("expected", _expected, None),
        thin=table.take("thin", keys.rate, 500_000),
        encoding=table.take("encoding", values.encoding, "utf-8"),
        delimiter=table.take("delimiter", values.delimiter, None),
        decimal=table.take("decimal", values.decimal, None),
        date_format=table.take("date_format", values.date_format, None),
        dates=table.take("dates", values.dates, None),
        sheet=table.take("sheet", values.sheet, None),
        skip_head=table.take("skip_head", keys.whole, 0),
        skip_foot=table.take("skip_foot", keys.whole, 0),
        where=table.take("where", keys.text, None),
        archive=table.take("archive", values.below(path), None),
        refused=table.take("refused", values.below(path), None),
    )
    for key, folder in (("archive", feed.archive), ("refused", feed.refused)):
        if folder is not None and place.parent.is_relative_to(folder):
            table.mistake(key, f"{folder} is where the feed's files arrive; choose another folder")
    table.close()
    return feed


def _kind(value: object) -> FeedKind | None:
    if str(value) not in KINDS:
        raise ValueError(f"{value!r} is not one of {', '.join(KINDS)}")
    return KINDS[str(value)]


def _expected(value: object) -> Expected | None:
    found = _EXPECTED.fullmatch(" ".join(keys.text(value).lower().split()))
    if not found:
        raise ValueError(
            f"{value!r} is not a time like 'business days by 07:00', 'every day by 07:00' or "
            "'mondays by 09:00'"
        )
    days = found[1] if found[1] == "every day" else found[1].removesuffix("s") + "s"
    return Expected(days, found[2])


def _read_receivable(table: Keys, kind: FeedKind) -> int:
    """The sign by which amounts change the receivable."""
    usual = _RECEIVABLE.get(kind.name, "+")
    if kind.name not in _RECEIVABLE and "receivable" in table:
        table.mistake("receivable", f"is for feeds of credits and debits, not of {kind.name}")
    return _SIGNS[table.take("receivable", _sign, usual)]


def _sign(value: object) -> str:
    if value not in _SIGNS:
        raise ValueError(f"{value!r} is not '+' or '-'")
    return str(value)


def _read_columns(table: Keys, kind: FeedKind) -> Mapping[str, str]:
    """Our column names -> theirs."""
    found = {ours: table.take(ours, keys.text, ours) for ours in kind.by_name if ours in table}
    table.close()
    return found


def _read_values(table: Keys, kind: FeedKind) -> Mapping[str, Mapping[str, str]]:
    """Our column names -> their values -> ours."""
    found = {}
    for ours in kind.by_name:
        if ours in table:
            theirs = table.table(ours)
            found[ours] = {their: theirs.take(their, keys.text, their) for their in theirs.names()}
    table.close()
    return found


def _read_fixed(table: Keys, kind: FeedKind, columns: Mapping[str, str]) -> Mapping[str, str]:
    """Our column names -> the value of every row."""
    found = {ours: table.take(ours, keys.text, "") for ours in kind.by_name if ours in table}
    for ours in found:
        if ours in columns:
            table.mistake(ours, "is fixed, and a column under columns; leave one of them out")
        elif kind.by_name[ours].type in NUMBERS or (ours,) == kind.key:
            table.mistake(ours, "is each row's own and cannot be fixed")
    table.close()
    return found
