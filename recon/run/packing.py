"""The monthly pack: verdict, bridge and figures in two files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from recon.base.errors import (
    MonthError,
    ReconError,
    ReportError,
    SourceDataError,
    SourceUnreachable,
    UsageError,
)
from recon.base.month import Month
from recon.config import Settings
from recon.kpi.forecasting import install_sentence
from recon.kpi.period import Unit as Part
from recon.kpi.result import Figures
from recon.run.feed_findings import restated_after
from recon.run.figures import Request, figures
from recon.run.pack_parts import cash_part, revenue_part

_VIEWS = ("executive", "sales", "customers", "inventory")


def write_pack(
    settings: Settings,
    month: str | None,
    folder: Path | None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[list[Path], list[str]]:
    """Write a month's pack; return paths and notes.

    Raises UsageError where the period is no month, ReportError where it cannot be written.
    """
    from recon.reports.figures import files

    progress("Making the figures")
    # A forecast is in it where the library is that makes it.
    views = _VIEWS if install_sentence() else (*_VIEWS, "forecast")
    parts = [figures(settings, Request(view, month)) for view in views]
    first = parts[0]
    if first.unit not in (Part.MONTH, Part.PERIOD):
        raise UsageError(f"A pack is of one month, like 2024-06, not {first.period}.")
    revenue, notes = _reconciliation(settings, first, progress)
    cash, more = _cash(settings, first, progress)
    notes += more
    title = f"Monthly financial report {first.period}"
    place = (folder or settings.reports / "packs").absolute()
    path = place / f"pack-{files.safe(first.period)}"
    changed = _since_last(settings, first, path.with_name(f"{path.name}.xlsx"))
    whole = [*revenue, *cash, replace(first, notes=(*first.notes, *changed)), *parts[1:]]
    progress("Writing the PDF and the workbook")
    workbook = files.write_xlsx(title, whole, path.with_name(f"{path.name}.xlsx"))
    try:
        pdf = files.write_pdf(title, whole, path.with_name(f"{path.name}.pdf"))
    except ReportError as error:
        raise ReportError(f"{error} The workbook is written: {workbook}.") from error
    return [workbook, pdf], [*notes, *changed]


def _since_last(settings: Settings, of: Figures, last: Path) -> list[str]:
    """Sentences on loads since the month's last pack."""
    try:
        packed = datetime.fromtimestamp(last.stat().st_mtime, UTC)
    except OSError:  # it is the first one
        return []
    return restated_after(settings, of.first, packed, f"After the pack of {packed:%Y-%m-%d}")


def _reconciliation(
    settings: Settings, of: Figures, progress: Callable[[str], None]
) -> tuple[list[Figures], list[str]]:
    """The month's reconciliation, and a note where there is none."""
    # Beside feeds of one's own the sample's books are nobody's.
    if settings.sample and settings.feeds:
        return [], ["No reconciliation is in it: [analytics] and [accounting] name no books."]
    from recon.run.gathering import reconciled

    try:
        month = settings.calendar.month(of.period)
        if settings.sample and not _in_sample(month):
            return [], [f"No reconciliation is in it: the sample's books do not cover {month}."]
    except MonthError as error:
        return [], [f"No reconciliation is in it: {error}"]
    progress("Reconciling the month")
    with reconciled(settings, month, progress) as (_, result):
        return [revenue_part(result, of, sample=settings.sample)], []


def _cash(
    settings: Settings, of: Figures, progress: Callable[[str], None]
) -> tuple[list[Figures], list[str]]:
    """The month's order to cash, or a note."""
    sample = settings.sample and not settings.feeds and settings.receivables is None
    if settings.receivables is None and not sample:
        return [], ["No order to cash is in it: the configuration has no [receivables]."]
    from recon.run.cash import reconciled_cash

    progress("Matching order to cash")
    try:
        with reconciled_cash(settings, settings.calendar.month(of.period), progress) as found:
            return [cash_part(found.result, of, sample=found.sample)], []
    except (MonthError, SourceDataError, SourceUnreachable) as error:
        return [], [f"No order to cash is in it: {error}"]


def _in_sample(month: Month) -> bool:
    from recon.sources.sample import Recipe

    recipe = Recipe()
    return recipe.first <= month <= recipe.last


def pack_after(
    settings: Settings, month: str, progress: Callable[[str], None] = lambda _: None
) -> list[str]:
    """Write the pack after a month; return notes.

    That is where [figures] has `pack = true`. Its files go to Slack where [slack] has `upload`.
    Never raises a ReconError: the month is recorded, whatever becomes of its pack.
    """
    if not settings.figures.pack:
        return []
    from recon.alerts.pack import after_pack

    try:
        written, notes = write_pack(settings, month, None, progress)
    except ReconError as error:
        return [f"The monthly pack could not be written whole: {error}"]
    told = after_pack(settings, month, written)
    return [f"The monthly pack is written: {written[0].parent}", *notes,
            *([told.sentence] if told.sentence else [])]  # fmt: skip
