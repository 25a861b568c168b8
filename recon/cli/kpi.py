"""`recon kpi`: figures of the store."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.cli import process
from recon.cli.options import Config, Json, NoColor, Profile, chosen_settings

if TYPE_CHECKING:
    from recon.config import Settings
    from recon.kpi.result import Figures
    from recon.run.figures import Request


class Format(StrEnum):
    """The forms of figures."""

    TABLE = "table"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
    HTML = "html"
    JSON = "json"


def kpi(
    view: Annotated[
        str,
        typer.Argument(
            metavar="[VIEW]",
            help="executive, inventory, customers, sales, forecast, scores, or measures such as "
            "revenue,margin.",
        ),
    ] = "executive",
    period: Annotated[
        str | None,
        typer.Option(
            "--period",
            help="A day, month, quarter or year (2024-06, 2024-Q2, FY2024), a range like "
            "2024-01..2024-06, or 'last 90 days'; if left out, the last month with data.",
        ),
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", help="A dimension to divide by, such as region.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", help="A filter, such as region=North or category!=Sugar."),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option("--compare", help="previous, year, or both: previous,year."),
    ] = None,
    top: Annotated[
        int | None, typer.Option("--top", min=1, help="How many rows to show of each currency.")
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List all measures and dimensions.")
    ] = False,
    form: Annotated[
        Format,
        typer.Option("--format", help="Print a table, CSV or JSON, or write xlsx, pdf or html."),
    ] = Format.TABLE,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The folder for files, instead of reports/figures/."),
    ] = None,
    config: Config = None,
    profile: Profile = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Show figures of the store: revenue, stock, customers."""
    from recon.run import figures as running

    settings = chosen_settings(config, profile, None)
    if listed:
        from recon.reports.figures.listing import list_lines

        with process.printing():
            for line in list_lines(running.all_measures(settings)):
                typer.echo(line)
        return
    request = running.Request(view, period, by or (), where or (), compare, top)
    chosen = Format.JSON if json else form
    if chosen is Format.HTML:
        _write_page(settings, request, out or settings.reports / "figures")
        return
    found = running.figures(settings, request)
    if chosen is Format.CSV:
        for note in found.notes:
            typer.echo(note, err=True)
    # CSV of one table is printed, so that a program can read it; a view has many.
    if chosen in (Format.XLSX, Format.PDF) or (chosen is Format.CSV and len(found.tables) > 1):
        written = _write(found, chosen, out or settings.reports / "figures")
        with process.printing():
            for path in written:
                typer.echo(f"Written: {path}")
        return
    with process.printing():
        _print(found, chosen, no_color=no_color)


def _write_page(settings: Settings, request: Request, folder: Path) -> None:
    from recon.reports.figures import files
    from recon.run.figures import figures_with_detail

    found, detail = figures_with_detail(settings, request)
    path = folder.absolute() / f"{files.file_name(found)}.html"
    written = files.write_page(found, detail, path)
    with process.printing():
        typer.echo(f"Written: {written}")


def _write(found: Figures, form: Format, folder: Path) -> list[Path]:
    """Write the figures as files; return their paths."""
    from recon.reports.figures import files
    from recon.reports.figures.wording import heading

    if form is Format.CSV:
        return files.write_csv(found, folder)
    write = files.write_xlsx if form is Format.XLSX else files.write_pdf
    path = folder.absolute() / f"{files.file_name(found)}.{form}"
    return [write(heading(found), [found], path)]


def _print(found: Figures, form: Format, *, no_color: bool) -> None:
    if form is Format.JSON:
        from recon.reconciliation.document import dumps
        from recon.reports.figures.documents import document

        typer.echo(dumps(document(found)), nl=False)
    elif form is Format.CSV:
        from recon.reports.figures.documents import table_csv

        typer.echo("".join(table_csv(table) for table in found.tables), nl=False)
    else:
        from recon.reports.console.dashboard import make_console
        from recon.reports.figures.console import show_figures

        show_figures(make_console(sys.stdout, color=False if no_color else None), found)
