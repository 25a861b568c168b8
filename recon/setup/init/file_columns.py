"""Dates, ids of entries, and types, by names and values.

The day on which a deal was won is known by the terms that begin after it, an id of entries by being
another one in each row, a revenue type by its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from recon.base.fields import PERIOD
from recon.setup.init import names
from recon.setup.init.file_ids import taken
from recon.setup.init.file_side import DATES, FileSide
from recon.setup.init.revenue_types import Types, share, type_of, types_of
from recon.setup.init.schema import Family
from recon.setup.init.writings import Profile, day, is_day, orders_of
from recon.store.day_notations import SERIAL

_TERM_ENDS = "9999-12-31"
_SUBSCRIPTION = "Subscription"
_LEAST = 0.5
_PERIODS = {"period", "periode", "fiscal", "month", "posting"}
_DAYS = {"date", "datum", "day", "tag"}
# More values are rather remarks than types.
_MOST_TYPES = 50


def with_days(side: FileSide) -> FileSide:
    """Dates that are dates, and a day of booking."""
    for ours in DATES[side.side]:
        found = side.profile(ours)
        if found is not None and found.serial:
            side = _with_serial(side, found)
        elif found is not None and found.texts and not found.dated:
            side = side.with_column(ours, None)
    duration = side.profile("duration_months")
    if duration is not None and not duration.whole:
        side = side.with_column("duration_months", None).with_doubt(
            f"{duration.name!r} has no whole numbers of months", "analytics.columns.duration_months"
        )
    side = _with_close(side)
    if "booking_date" not in side.columns and "start_date" in side.columns:
        start = side.columns["start_date"]
        side = taken(side, "booking_date", start, "likely: the start; there is no booking date")
    return side


def _with_serial(side: FileSide, found: Profile) -> FileSide:
    """A side whose days are Excel's numbers."""
    if side.dates:
        return side
    text = found.distinct[0]
    return replace(side, dates=SERIAL).with_doubt(
        f"{found.name!r} has Excel's numbers of days: {text} is taken as {day(text, ())}",
        f"{side.side}.dates",
    )


def _with_close(side: FileSide) -> FileSide:
    """A close date that ends terms, else one of booking."""
    close = side.profile("close_date")
    if close is None or not {"close", "closed"} & set(names.words_of(close.name)):
        return side
    if not _is_won(side, close):
        return side.with_column("close_date", close.name, "likely: terms end on it")
    side = side.with_column("close_date", None)
    if "start_date" not in side.columns and "booking_date" in side.columns:
        start = side.columns["booking_date"]
        side = taken(side, "start_date", start, "sure: its name and type")
    return taken(side, "booking_date", close.name, "likely: the day the deal was won")


def _is_won(side: FileSide, close: Profile) -> bool:
    """Whether a close date is the day of winning.

    Then hardly any term ends on it.
    """
    start = side.profile("start_date") or side.profile("booking_date")
    if start is None or start.name == close.name:
        return True
    at = [side.group.looks[0].header.index(each.name) for each in (start, close)]
    orders = orders_of([start, close])
    begun = [day(record.cells[at[0]], orders) for record in side.rows.rows]
    ended = [day(record.cells[at[1]], orders) for record in side.rows.rows]
    both = [(a, b) for a, b in zip(begun, ended, strict=True) if a and b]
    late = sum((b - a).days > 31 for a, b in both)  # noqa: PLR2004 - more than a month
    return late * 2 < len(both) or not both


def with_end(side: FileSide) -> FileSide:
    """The end of each term: date, duration, or none."""
    if side.monthly:
        if "close_date" in side.columns:
            return side
        return side.with_fixed("close_date", _TERM_ENDS).with_doubt(
            "no column says when a monthly value ends; it goes on"
            + (" for its duration" if "duration_months" in side.columns else ""),
            "analytics.columns.close_date",
        )
    if "close_date" not in side.columns and "duration_months" in side.columns:
        side = side.with_fixed("close_date", _TERM_ENDS)
        return side.with_doubt(
            "no column says when a term ends; it ends by its duration",
            "analytics.columns.close_date",
        )
    if "duration_months" not in side.columns and "close_date" in side.columns:
        side = replace(side, by_dates=True)
        return side.with_doubt(
            "no column has the duration; a term runs from its start to its close, both included",
            "policy.term, or analytics.columns.duration_months",
        )
    return side


def with_period(side: FileSide) -> FileSide:
    """With the month of recognition, by a column of dates."""
    found = side.profile(PERIOD)
    if found is not None and found.dated:
        return side
    if found is not None and found.serial:
        return _with_serial(side, found)
    why = side.whys.get(PERIOD, "")
    named = [each for each in side.free() if _PERIODS & set(names.words_of(each.name))]
    coded = [each for each in (found, *named) if each and each.fiscal]
    if coded:
        return side.with_column(PERIOD, coded[0].name, "likely: codes of fiscal periods")
    side = side.with_column(PERIOD, None)
    likely = [each for each in side.profiles.values() if each.dated]
    likely = [each for each in likely if each.family is Family.DATE]
    if not likely and found is not None and why.startswith("sure"):
        return side.with_column(PERIOD, found.name, why).with_doubt(
            f"{_no_day(found)!r} is no day and no month; fiscal periods need a calendar",
            "calendar.periods, or accounting.columns.recognition_period",
        )
    return _with_first_days(side, likely)


def _with_first_days(side: FileSide, likely: Sequence[Profile]) -> FileSide:
    """With the month by the first column of days."""
    numbers = [
        each for each in side.free() if each.serial and _DAYS & set(names.words_of(each.name))
    ]
    why = "perhaps: the first dates of the file"
    if likely:
        side = taken(side, PERIOD, likely[0].name, why)
        return side.with_doubt(
            f"{likely[0].name!r} is taken as the day that says the month",
            "accounting.columns.recognition_period",
        )
    if numbers:
        return _with_serial(taken(side, PERIOD, numbers[0].name, why), numbers[0])
    return side


def _no_day(profile: Profile) -> str:
    return next(text for text in profile.distinct if not is_day(text))


def with_entry_id(side: FileSide) -> FileSide:
    """Ids of entries that differ, else none."""
    found = side.profile("entry_id")
    # Rows that are delivered twice are one.
    rows = len({record.cells for record in side.rows.rows})
    if found is not None and len(found.distinct) * 10 >= rows * 9:
        return side
    if found is not None:
        side = side.with_column("entry_id", None)
        if "document_ref" not in side.columns:
            side = side.with_column("document_ref", found.name, "likely: it repeats on lines")
    document = side.profile("document_ref")
    if document is not None and len(document.distinct) == len(side.rows.rows):
        side = side.with_column("entry_id", document.name, "perhaps: each entry has a document")
        return replace(side, repeated_ids=True).with_doubt(
            f"{document.name!r} is taken as the id: it differs in each of these rows",
            "accounting.columns.entry_id",
        )
    return side.with_fixed("entry_id", "").with_doubt(
        "no column has an id for each entry; entries have none",
        "accounting.columns.entry_id",
    )


def with_types(side: FileSide, contracts: FileSide | None) -> FileSide:
    """Revenue types by their words, else one for all."""
    named = side.profile("revenue_type")
    found, why = named, side.whys.get("revenue_type", "")
    if named is None or share(named.texts) < _LEAST:
        side = side.with_column("revenue_type", None)
        found, why = _with_words(side), "likely: its values"
        if found is None or _others(types_of(found.distinct), contracts):
            return _with_one_type(side, named, contracts)
    if found is None:
        return side
    types = types_of(found.distinct)
    side = replace(side.with_column("revenue_type", found.name, why), types=types)
    if types.unknown:
        listed = ", ".join(map(repr, types.unknown[:5]))
        side = side.with_doubt(f"no revenue type is known for {listed}", "policy.aliases")
    return side


def _with_words(side: FileSide) -> Profile | None:
    """The free column most of whose values name a type."""
    likely = [each for each in side.free() if each.family is Family.TEXT]
    found = max(likely, key=lambda each: share(each.texts), default=None)
    if found is None or share(found.texts) < _LEAST or len(found.distinct) > _MOST_TYPES:
        return None
    return found


def _kinds(types: Types) -> set[str]:
    """The revenue types that values mean."""
    return set(types.aliases.values()) | {type_of(known) or known for known in types.known}


def _others(types: Types, contracts: FileSide | None) -> bool:
    """Whether types are others than all of the contracts."""
    ours = _kinds(contracts.types) if contracts else set()
    return bool(ours) and not ours & _kinds(types)


def _with_one_type(side: FileSide, named: Profile | None, contracts: FileSide | None) -> FileSide:
    """A side whose rows all have one type, of contracts."""
    kinds = _kinds(contracts.types) if contracts else set()
    one = kinds.pop() if len(kinds) == 1 else _SUBSCRIPTION
    if contracts and contracts.fixed.get("revenue_type"):
        one = contracts.fixed["revenue_type"]
    values = f" ({named.name!r} has {named.distinct[0]!r} …)" if named and named.texts else ""
    side = side.with_fixed("revenue_type", one)
    return side.with_doubt(
        f"no column has revenue types{values}; all rows are taken as {one}",
        f"{side.side}.fixed.revenue_type",
    )
