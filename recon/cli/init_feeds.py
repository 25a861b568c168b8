"""`recon init` with a folder of feeds: proposed, tried, written."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.text import Text

from recon.base import temporary
from recon.base.errors import UsageError
from recon.base.feeds import KINDS, RATES, Type
from recon.base.text import counted
from recon.cli import init_questions as questions
from recon.cli import process
from recon.cli.options import progress_shown
from recon.config import Settings, load
from recon.reports.console.dashboard import make_console
from recon.reports.console.layout import Column, Pen
from recon.setup.init.configuration import read_back
from recon.setup.init.feed_configuration import feed_tables, head
from recon.setup.init.feed_proposal import Proposed, proposed, unique
from recon.setup.init.feed_senders import senders
from recon.setup.init.feed_values import with_values
from recon.setup.init.file_side import Doubt
from recon.sources import feed_files
from recon.store.outcome import FileOutcome

# Larger files are not read to try a proposal.
_MOST_BYTES = 50_000_000
# More rejected rows than one in so many are a doubt.
_MANY = 10
_BOOKS = ("contracts", "entries")
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "|"}
_ORDERS = {"dmy": "day first", "mdy": "month first", "serial": "days as Excel counts them"}


def found_feeds(paths: Sequence[str], before: Settings | None) -> tuple[list[Proposed], list[str]]:
    """Feeds that files look like; why others are left.

    Files of a feed that is configured already are not looked at.
    """
    taken = dict(before.feeds) if before else {}
    there = [path for feed in taken.values() for path in feed_files.waiting(feed)]
    with progress_shown(quiet=False) as progress:
        progress("Looking at the files")
        seen, left = senders([Path(text) for text in paths], there)
        order = list(KINDS)
        found = sorted(
            map(proposed, seen), key=lambda each: (order.index(each.kind.name), each.name)
        )
        return unique(found, taken), left


def are_feeds(found: Sequence[Proposed]) -> bool:
    """Whether files are feeds, and not a month's two sides."""
    kinds = {each.kind.name for each in found if not each.missing}
    return bool(kinds) and not kinds.issuperset(_BOOKS) and bool(kinds - set(_BOOKS))


def before(out: Path) -> Settings | None:
    """The settings that are there already; raises ConfigError."""
    path = out / "recon.toml"
    return load(path) if path.exists() else None


def configured(
    found: Sequence[Proposed], left: list[str], currency: str | None, out: Path, asking: bool
) -> str:
    """The configuration's text, with the feeds at its end.

    Raises UsageError where no file is of a feed.
    """
    if asking:
        found = [each for one in found if (each := _answered(one))]
    left += [_unusable(each) for each in found if each.missing]
    feeds = with_values([each for each in found if not each.missing])
    if not feeds:
        if not found and not left:
            raise UsageError("Every file is of a feed that is configured already; nothing to add.")
        raise UsageError(f"None of the files is of a feed that recon knows: {'; '.join(left[:3])}.")
    if currency:
        feeds = [_in_currency(each, currency.upper()) for each in feeds]
    elif asking:
        feeds = [_asked_currency(each) for each in feeds]
    path = out / "recon.toml"
    old = path.read_text(encoding="utf-8") if path.exists() else head(currency or "USD")
    text = old.rstrip("\n") + "\n" + feed_tables(feeds, out)
    settings = read_back(head(currency or "USD") + feed_tables(feeds, None))
    policy = settings.policy.currency if not path.exists() else load(path).policy.currency
    _print(feeds, _tried(settings, feeds), left, policy)
    return text


def _unusable(feed: Proposed) -> str:
    many = len(feed.sender.files) > 1
    files = f"{len(feed.sender.files)} files {feed.sender.path}" if many else feed.sender.files[0]
    if len(feed.missing) >= len(feed.kind.needed):
        return f"{files} is of no kind of feed (it has {', '.join(feed.sender.header)})"
    return (
        f"{files} would be {feed.kind.name} without {', '.join(feed.missing)} (it has "
        f"{', '.join(feed.sender.header)})"
    )


def _answered(feed: Proposed) -> Proposed | None:
    """A feed with the user's answers; None to leave it."""
    for ours in feed.missing:
        process.say(f"\n{feed.sender.path} looks like {feed.kind.name}, without {ours}.")
        process.say(f"It has {', '.join(feed.sender.header)}.")
        ask = f"Your column for {ours.partition(' or ')[0]} (- leaves these files out)"
        while (answer := questions.asked_for(ask)) not in (*feed.sender.header, "-"):
            process.say(f"There is no column {answer}.")
        if answer == "-":
            return replace(feed, missing=(ours,))
        feed = replace(feed, columns={**feed.columns, ours.partition(" or ")[0]: answer})
    feed = replace(feed, missing=())
    what = f"of {feed.name}"
    if feed.orders:
        text = next(text for each in feed.days for text in each.open_days)
        order = questions.order(what, text, feed.orders)
        feed = _without(replace(feed, dates=order, orders=()), "dates")
    if feed.amounts:
        decimal = questions.decimal(what, feed.amounts)
        feed = _without(replace(feed, decimal=decimal, amounts=()), "decimal")
    return feed


def _without(feed: Proposed, setting: str) -> Proposed:
    wanted = f"{feed.key}.{setting}"
    return replace(feed, doubts=tuple(each for each in feed.doubts if each.setting != wanted))


def _has_money(feed: Proposed) -> bool:
    kind = KINDS[feed.kind.name]
    if kind is RATES:
        return "to_currency" not in feed.columns
    wanted = "currency" in kind.by_name and "currency" not in feed.columns
    money = {column.name for column in kind.columns if column.type is Type.AMOUNT}
    return wanted and kind.name != "inventory" and bool(money & set(feed.columns))


def _in_currency(feed: Proposed, currency: str) -> Proposed:
    if not _has_money(feed):
        return feed
    return _without(replace(feed, currency=currency), "currency")


def _asked_currency(feed: Proposed) -> Proposed:
    if not _has_money(feed):
        return feed
    answer = questions.asked_for(f"Currency of {feed.name}", feed.currency or "USD")
    return _in_currency(feed, answer.upper())


def _tried(settings: Settings, feeds: Sequence[Proposed]) -> Mapping[str, FileOutcome]:
    """The outcome of a file of each feed, by feed.

    Nothing is kept.
    """
    from recon.run.feeds import load_feeds

    last = {feed.sender.files[-1].absolute(): feed.name for feed in feeds}
    small = {path for path in last if path.stat().st_size <= _MOST_BYTES}
    with temporary.folder() as folder, progress_shown(quiet=False) as progress:
        here = replace(settings, store=Path(folder) / "store")
        report = load_feeds(here, dry=True, only=small, progress=progress)
    return {each.feed: each for each in report.outcomes}


def _print(
    feeds: Sequence[Proposed],
    tried: Mapping[str, FileOutcome],
    left: Sequence[str],
    policy: str,
) -> None:
    pen = Pen(make_console(sys.stdout))
    lines = [line for feed in feeds for line in _feed(pen, feed, tried.get(feed.name))]
    doubts = [doubt for feed in feeds for doubt in _doubts(feed, tried.get(feed.name))]
    doubts += _without_currency(feeds, policy)
    lines += pen.heading("Not sure" if doubts else "Sure of everything")
    if doubts:
        settings, sentences = (
            [pen.text(text) for text in texts]
            for texts in zip(*((each.setting, each.sentence) for each in doubts), strict=True)
        )
        lines += pen.table(
            [
                Column("setting", settings, least=16, wrap=True),
                Column("what it decides", sentences, least=30, wrap=True),
            ]
        )
    if left:
        lines += [Text(), *pen.paragraph(pen.text(f"Not used: {'; '.join(left)}."))]
    for line in lines:
        pen.console.print(line, soft_wrap=True)


def _feed(pen: Pen, feed: Proposed, tried: FileOutcome | None) -> Iterator[Text]:
    files = counted(len(feed.sender.files), "file")
    kind = "" if feed.name == feed.kind.name else f" ({feed.kind.name})"
    yield from pen.heading(f"{feed.name}{kind}", f"{feed.sender.path}, {files}")
    yield from pen.paragraph(pen.text(f"{_written(feed)}. {_columns(feed)}."))
    if tried is not None:
        yield from pen.paragraph(pen.text(_read(tried)))


def _columns(feed: Proposed) -> str:
    """The columns: `sale_id = Beleg; named as in recon: …`."""
    other = [f"{ours} = {their}" for ours, their in feed.columns.items() if ours != their]
    same = [ours for ours, their in feed.columns.items() if ours == their]
    named = f"{'also ' if other else ''}named as in recon: {', '.join(same)}" if same else ""
    return "; ".join(filter(None, [", ".join(other), named]))


def _written(feed: Proposed) -> str:
    """The notations: `UTF-8, columns separated by commas; day first`."""
    first = feed.sender.looks[-1]
    by = _DELIMITERS.get(first.delimiter, first.delimiter)
    parts = [f"{first.encoding.upper()}, columns separated by {by}" if first.text else "Table"]
    if feed.decimal:
        parts.append(f"decimals after {feed.decimal!r}")
    if feed.dates:
        parts.append(_ORDERS[feed.dates])
    if feed.currency:
        parts.append(feed.currency)
    return "; ".join(parts)


def _read(tried: FileOutcome) -> str:
    if tried.loaded is None:
        return f"{tried.path.name}: {tried.reason}"
    rejected = len(tried.rejected)
    first = f"; the first: {tried.rejected[0].reason}" if rejected else ""
    many = f"{rejected:,} of them would be rejected" if rejected else "none would be rejected"
    return f"{tried.path.name}: {counted(tried.loaded.rows, 'row')}, {many}{first}."


def _without_currency(feeds: Sequence[Proposed], policy: str) -> Iterator[Doubt]:
    """The doubt about feeds whose currency nothing says."""
    named = [feed.name for feed in feeds if _has_money(feed) and not feed.currency]
    if named:
        listed = ", ".join(named)
        yield Doubt(
            f"nothing says the currency of {listed}: it is taken as {policy}, that of [policy]",
            "feeds.NAME.currency",
        )


def _doubts(feed: Proposed, tried: FileOutcome | None) -> Iterator[Doubt]:
    yield from feed.doubts
    if tried is None:
        return
    if tried.loaded is None:
        yield Doubt(tried.reason, feed.key)
    elif len(tried.rejected) * _MANY > tried.loaded.rows:
        yield Doubt(_read(tried), f"{feed.key}.columns")
