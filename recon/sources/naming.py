"""A file's columns under our names, texts parsed as configured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recon.base.errors import SourceDataError
from recon.base.fields import AMOUNTS
from recon.config import SourceSettings
from recon.store.columns import PLACE
from recon.store.session import literal, name

_DURATION = "duration_months"
NUMBERS = {*AMOUNTS.values(), _DURATION}
DATES = {
    "booking_date", "close_date", "start_date", "terminated_on", "recognition_period",
}  # fmt: skip


def selected(settings: SourceSettings, found: Mapping[str, str]) -> str:
    """The SELECT of the columns found, with their SQL types."""
    return ", ".join(
        f"{written(settings, name(column), found[column], ours)} AS {name(ours)}"
        for ours, column in chosen(settings, found).items()
    )


def chosen(settings: SourceSettings, found: Iterable[str]) -> dict[str, str]:
    """Our names, mapped to the columns found.

    Raises SourceDataError where one is missing.
    """
    theirs = {column.strip().lower(): column for column in found}
    renamed = {
        ours: _known(settings, theirs, their, ours) for ours, their in settings.columns.items()
    }
    # A column that is renamed, or that another one replaces under our name, steps aside; so does
    # one that has the name of the place that we give a row.
    kept = {
        column: column
        for lower, column in theirs.items()
        if column not in renamed.values() and lower not in {*renamed, PLACE}
    }
    return kept | renamed


def _known(settings: SourceSettings, theirs: Mapping[str, str], their: str, ours: str) -> str:
    if their.strip().lower() not in theirs:
        raise SourceDataError(
            f"The {settings.side} side has no column {their!r}, which "
            f"{settings.side}.columns.{ours} names (it has {', '.join(theirs.values())})."
        )
    return theirs[their.strip().lower()]


def written(settings: SourceSettings, raw: str, kind: str, ours: str) -> str:
    """A column's SQL, for text written as configured."""
    lower = ours.strip().lower()
    if kind != "VARCHAR":
        return raw
    if lower in NUMBERS:
        # No duration is long enough to be grouped.
        known = settings.decimal is not None and lower != _DURATION
        return _with_point(raw, known) if settings.decimal == "," else _ungrouped(raw, known)
    if lower in DATES and settings.date_format:
        day = f"try_strptime({raw}, {literal(settings.date_format)})"
        return f"coalesce(strftime({day}, '%Y-%m-%d'), {raw})"
    return raw


def _ungrouped(raw: str, known: bool) -> str:
    """The SQL of a number written with a decimal point.

    A comma may only group digits, where a point proves it: 1,234.56. Alone it is refused, since
    1,234 could mean either, unless it is `known` that decimals come after a point.
    """
    grouped = _is_grouped(raw, ",", r"\.", known)
    return (
        f"CASE WHEN contains({raw}, ',') AND {grouped} THEN replace({raw}, ',', '') ELSE {raw} END"
    )


def _is_grouped(raw: str, group: str, decimal: str, known: bool) -> str:
    alone = rf"|[1-9]\d{{0,2}}({group}\d{{3}})+" if known else ""
    number = rf"(\d{{1,3}}({group}\d{{3}})+{decimal}\d+{alone})"
    return rf"regexp_full_match({raw}, '\s*[+-]?{number}\s*')"


def _with_point(raw: str, known: bool) -> str:
    """The SQL of a number, its decimal comma a point."""
    grouped = _is_grouped(raw, r"\.", ",", known)
    return (
        f"CASE WHEN {grouped} THEN replace(replace({raw}, '.', ''), ',', '.') "
        f"WHEN contains({raw}, '.') THEN {raw} || ' (with a point)' "
        f"ELSE replace({raw}, ',', '.') END"
    )
