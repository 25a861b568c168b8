"""A file's columns under our names, texts parsed as configured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recon.base.errors import SourceDataError
from recon.base.fields import AMOUNTS, DEBIT_CREDIT
from recon.config import SourceSettings
from recon.store.amount_notations import BLANKS, number, own_currency_of
from recon.store.checks import noted
from recon.store.columns import PLACE
from recon.store.day_notations import day_in, open_day
from recon.store.session import literal, name

_MONTHS = {"duration_months", "free_months"}
CURRENCY = "currency"
NUMBERS = {*AMOUNTS.values(), *DEBIT_CREDIT, *_MONTHS}
DATES = {
    "booking_date", "close_date", "start_date", "terminated_on", "recognition_period",
    "valid_from",
}  # fmt: skip
MOMENTS = DATES | {"posted_at"}
# A moment whose offset from UTC is known, in capitals. The years in which systems say that there is
# no date are left out: those moments stay what they are.
_WITH_OFFSET = (
    r"(19(0[1-9]|[1-9]\d)|[2-8]\d{3}|9([0-8]\d|9[0-8])\d|999[0-8])-\d{2}-\d{2}[T ]\d{2}:\d{2}"
    r"(:\d{2}([.,]\d+)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)"
)


def selected(settings: SourceSettings, found: Mapping[str, str]) -> str:
    """The SELECT of the columns found, with their SQL types."""
    kept = chosen(settings, found)
    of = own_currency(settings, kept, found)
    delivered = [
        f"{written(settings, name(column), found[column], ours, of)} AS {name(ours)}"
        for ours, column in kept.items()
    ]
    fixed = [f"{literal(value)} AS {name(ours)}" for ours, value in settings.fixed.items()]
    return ", ".join(delivered + fixed)


def own_currency(
    settings: SourceSettings, kept: Mapping[str, str], found: Mapping[str, str]
) -> str:
    """The SQL of a row's currency, else the policy's."""
    theirs = next((their for ours, their in kept.items() if ours.strip().lower() == CURRENCY), "")
    policy = settings.fixed.get(CURRENCY, settings.currency or "").upper()
    return own_currency_of(policy, theirs, found.get(theirs, ""))


def chosen(settings: SourceSettings, found: Iterable[str]) -> dict[str, str]:
    """Our names, mapped to the columns found.

    Raises SourceDataError where one is missing.
    """
    theirs = {column.strip().lower(): column for column in found}
    renamed = {
        ours: _known(settings, theirs, their, ours) for ours, their in settings.columns.items()
    }
    # A column that is renamed, or that another one or a fixed value replaces under our name, steps
    # aside; so does one that has the name of the place that we give a row.
    kept = {
        column: column
        for lower, column in theirs.items()
        if column not in renamed.values() and lower not in {*renamed, *settings.fixed, PLACE}
    }
    return kept | renamed


def _known(settings: SourceSettings, theirs: Mapping[str, str], their: str, ours: str) -> str:
    if their.strip().lower() not in theirs:
        raise SourceDataError(
            f"The {settings.side} side has no column {their!r}, which "
            f"{settings.side}.columns.{ours} names (it has {', '.join(theirs.values())})."
        )
    return theirs[their.strip().lower()]


def written(settings: SourceSettings, raw: str, kind: str, ours: str, currency: str = "''") -> str:
    """A column's SQL, for text written as configured.

    `currency` is the SQL of the row's, which a sign beside an amount must mean.
    """
    lower = ours.strip().lower()
    if settings.time_zone and lower in MOMENTS:
        raw = _in_zone(raw, kind, settings.time_zone)
    if kind != "VARCHAR":
        return raw
    if lower in _MONTHS:
        # No duration is long enough to be grouped, and none has a currency.
        return number(raw, settings.decimal, "''", known=False)
    if lower in NUMBERS:
        return number(raw, settings.decimal, currency, known=settings.decimal is not None)
    return _dated(settings, raw) if lower in DATES else raw


def _dated(settings: SourceSettings, raw: str) -> str:
    """A day in ISO's notation, read as configured.

    Another one that needs an order stays open no more: it is no day.
    """
    days = []
    if settings.date_format:
        days.append(f"try_strptime({raw}, {literal(settings.date_format)})")
    if settings.dates:
        days.append(day_in(f"trim({raw}, {literal(BLANKS)})", [settings.dates]))
    if not days:
        return raw
    keys = {"date_format": settings.date_format, "dates": settings.dates}
    note = ", ".join(f'{key} = "{value}"' for key, value in keys.items() if value)
    other = f"CASE WHEN {open_day(raw)} THEN {noted(raw, note)} ELSE {raw} END"
    return f"coalesce(strftime(coalesce({', '.join(days)}), '%Y-%m-%d'), {other})"


def _in_zone(raw: str, kind: str, zone: str) -> str:
    """The SQL of a moment in a zone."""
    if kind == "TIMESTAMP WITH TIME ZONE":
        known = f"year({raw}) BETWEEN 1901 AND 9998"
        return f"timezone(CASE WHEN {known} THEN {literal(zone)} ELSE 'UTC' END, {raw})"
    if kind != "VARCHAR":
        return raw
    text = f"upper(trim({raw}))"
    # Nothing shorter has an offset, which is seen at once.
    with_offset = f"length({raw}) > 16 AND regexp_full_match({text}, '{_WITH_OFFSET}')"
    exact = rf"regexp_replace(regexp_replace({text}, '[.,]\d+', ''), '\s+([Z+-])', '\1')"
    there = f"timezone({literal(zone)}, TRY_CAST({exact} AS TIMESTAMPTZ))"
    day = f"strftime({there}, '%Y-%m-%d %H:%M:%S')"
    return f"CASE WHEN {with_offset} THEN coalesce({day}, {raw}) ELSE {raw} END"
