"""The monthly pack: verdict, bridge and figures in two files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from recon.base.errors import MonthError, ReportError, UsageError
from recon.base.month import Month
from recon.base.result import Reconciliation
from recon.config import Settings
from recon.kpi.measures import Unit
from recon.kpi.period import Unit as Part
from recon.kpi.result import Column, Figures, Row, Table
from recon.reconciliation.verdict import verdict
from recon.reports.wording import currencies, steps
from recon.run.feed_findings import restated_after
from recon.run.figures import Request, figures

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
    parts = [figures(settings, Request(view, month)) for view in _VIEWS]
    first = parts[0]
    if first.unit not in (Part.MONTH, Part.PERIOD):
        raise UsageError(f"A pack is of one month, like 2024-06, not {first.period}.")
    revenue, notes = _reconciliation(settings, first, progress)
    title = f"Monthly financial report {first.period}"
    place = (folder or settings.reports / "packs").absolute()
    path = place / f"pack-{files.safe(first.period)}"
    changed = _since_last(settings, first, path.with_name(f"{path.name}.xlsx"))
    whole = [*revenue, replace(first, notes=(*first.notes, *changed)), *parts[1:]]
    progress("Writing the PDF and the workbook")
    workbook = files.write_xlsx(title, whole, path.with_name(f"{path.name}.xlsx"))
    try:
        pdf = files.write_pdf(title, whole, path.with_name(f"{path.name}.pdf"))
    except ReportError as error:
        raise ReportError(f"{error} The workbook is written: {workbook}.") from error
    return [workbook, pdf], [*notes, *changed]


def _since_last(settings: Settings, of: Figures, last: Path) -> list[str]:
    """Sentences on loads that changed the month since its last pack."""
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
        return [_as_figures(result, of, sample=settings.sample)], []


def _in_sample(month: Month) -> bool:
    from recon.sources.sample import Recipe

    recipe = Recipe()
    return recipe.first <= month <= recipe.last


def _as_figures(result: Reconciliation, of: Figures, *, sample: bool) -> Figures:
    """The verdict, the totals and the bridge as tables."""
    rows = []
    for currency in currencies(result):
        totals = result.totals[currency]
        rows.append(Row(("Expected",), currency, (totals.expected,)))
        rows += [
            Row((step.bucket.replace("_", " "),), currency, (step.amount,))
            for step in steps(result.bridge[currency])
        ]
        rows.append(Row(("Recognized",), currency, (totals.recognized,)))
    column = Column("amount", "Amount", Unit.AMOUNT)
    bridge = Table("bridge", "From expected to recognized", ("step",), (column,), tuple(rows))
    notes = [f"{verdict(result)}."]
    if sample:
        notes.append("SAMPLE DATA: invented contracts and entries, not your books.")
    return Figures(
        "reconciliation", "Reconciliation", of.period, of.first, of.last, (), None, (bridge,),
        tuple(notes), unit=of.unit,
    )  # fmt: skip
