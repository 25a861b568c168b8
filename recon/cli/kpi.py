"""`recon kpi`: figures of the store."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from recon.cli import process
from recon.cli.options import Config, Json, NoColor, Profile, chosen_settings

if TYPE_CHECKING:
    from recon.kpi.result import Figures


class Format(StrEnum):
    """The forms of figures."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def kpi(
    view: Annotated[
        str,
        typer.Argument(
            metavar="[VIEW]",
            help="executive, inventory, customers, sales, or measures such as revenue,margin.",
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
        Format, typer.Option("--format", help="The form of the figures.")
    ] = Format.TABLE,
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
    found = running.figures(settings, request)
    with process.printing():
        _print(found, Format.JSON if json else form, no_color=no_color)


def _print(found: Figures, form: Format, *, no_color: bool) -> None:
    if form is Format.JSON:
        from recon.reconciliation.document import dumps
        from recon.reports.figures.documents import document

        typer.echo(dumps(document(found)), nl=False)
    elif form is Format.CSV:
        from recon.reports.figures.documents import table_csv

        typer.echo("\r\n".join(table_csv(table) for table in found.tables), nl=False)
    else:
        from recon.reports.console.dashboard import make_console
        from recon.reports.figures.console import show_figures

        show_figures(make_console(sys.stdout, color=False if no_color else None), found)
