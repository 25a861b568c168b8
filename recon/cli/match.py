"""`recon match`: any two files, row by row."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import UsageError
from recon.cli import process
from recon.cli.options import Json, NoColor, progress_shown

if TYPE_CHECKING:
    from recon.sources.document_files import Asked

_COLUMN = "The column, or A=B where the files name it differently."


def match(
    first: Annotated[Path, typer.Argument(metavar="A", help="A file: CSV, Excel, Parquet, JSON.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="The file to hold against it.")],
    key: Annotated[
        str | None, typer.Option("--key", help=f"The number of the document. {_COLUMN}")
    ] = None,
    amount: Annotated[
        str | None,
        typer.Option("--amount", help=f"The amount; 'In - Out' takes one off. {_COLUMN}"),
    ] = None,
    date: Annotated[str | None, typer.Option("--date", help=f"The day. {_COLUMN}")] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", help=f"The customer. {_COLUMN}")
    ] = None,
    currency: Annotated[
        str | None, typer.Option("--currency", help=f"The currency. {_COLUMN}")
    ] = None,
    window: Annotated[
        str, typer.Option("--window", help="How far days may be apart where no number agrees.")
    ] = "5d",
    group: Annotated[
        bool, typer.Option("--group", help="Also match several rows with one, by their sum.")
    ] = False,
    tolerance: Annotated[
        str | None,
        typer.Option("--tolerance", help="How far amounts may be apart where no number agrees."),
    ] = None,
    invert: Annotated[
        bool, typer.Option("--invert", help="Turn the sign of B, for a book of the other side.")
    ] = False,
    dates: Annotated[
        str | None, typer.Option("--dates", help="dmy or mdy, where days do not show it; or A=B.")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option("--decimal", help="The decimal sign, . or ,; or A=B.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder for CSV files and a workbook.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Print every row that is open.")] = False,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Match two files: matched, one to many, near, open."""
    from recon.run.match import exit_code, matched_files

    columns = {
        "document_ref": _both(key), "amount": _both(amount), "posted_on": _both(date),
        "customer_id": _both(customer), "currency": _both(currency),
    }  # fmt: skip
    sides = (
        _asked(first, 0, columns, dates, decimal, inverted=False),
        _asked(second, 1, columns, dates, decimal, inverted=invert),
    )
    with (
        progress_shown(json) as progress,
        matched_files(
            sides, _days(window), group=group, room=_room(tolerance), progress=progress
        ) as found,
    ):
        reports = []
        code = exit_code(found.result)
        if out:
            from recon.reports.cash.files import write_matching

            reports = write_matching(found.session, found.result, out.absolute())
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps
            from recon.reports.cash.matching import matching_document

            typer.echo(dumps(matching_document(found.result, reports, code)), nl=False)
        else:
            from recon.reports.cash.console import show_matching

            show_matching(found.result, reports, full=full, color=not no_color)
    raise typer.Exit(code)


def _both(text: str | None) -> tuple[str, str] | None:
    """A column's name in A and in B."""
    if text is None:
        return None
    first, equals, second = (part.strip() for part in text.partition("="))
    if not first or (equals and not second):
        raise UsageError(f"{text!r} is not a column, nor A=B.")
    return first, second if equals else first


def _asked(
    path: Path,
    side: int,
    columns: dict[str, tuple[str, str] | None],
    dates: str | None,
    decimal: str | None,
    *,
    inverted: bool,
) -> Asked:
    from recon.sources.document_files import Asked

    wanted = {ours: names[side] for ours, names in columns.items() if names}
    amount, minus, less = wanted.get("amount", "").partition(" - ")
    if minus:
        wanted |= {"amount": amount.strip(), "less": less.strip()}
    return Asked(
        path.absolute(),
        wanted,
        dates=_one_of(dates, side, "--dates", ("dmy", "mdy")),
        decimal=_one_of(decimal, side, "--decimal", (".", ",")),
        inverted=inverted,
    )


def _one_of(text: str | None, side: int, option: str, allowed: tuple[str, ...]) -> str | None:
    """The value of an option for a side."""
    both = _both(text)
    if both is None:
        return None
    if both[side] not in allowed:
        raise UsageError(f"{option} is one of {', '.join(allowed)}, not {both[side]!r}.")
    return both[side]


def _days(text: str) -> int:
    found = re.fullmatch(r"(\d{1,3}) ?d?(ays?)?", text.strip())
    if not found:
        raise UsageError(f"--window is a number of days, like 5d, not {text!r}.")
    return int(found[1])


def _room(text: str | None) -> int:
    from recon.base.money import parse_amount

    try:
        return abs(parse_amount(text)) if text else 0
    except ValueError as error:
        raise UsageError(f"--tolerance: {error}.") from error
