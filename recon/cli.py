"""The command line: parse, call, render; and the one place where failures become exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon import __version__, process
from recon.errors import ExitCode, ReconError, UsageError

if TYPE_CHECKING:
    from recon.model import Severity
    from recon.month import Month

app = typer.Typer(
    name="recon",
    help="Reconcile booked contracts with recognized revenue to the cent, and say why they differ.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
)


class FailOn(StrEnum):
    """From which severity on the exit code is 3."""

    WARNING = "warning"
    HIGH = "high"
    CRITICAL = "critical"
    NEVER = "never"


Config = Annotated[Path | None, typer.Option("--config", help="The configuration to use.")]
Profile = Annotated[
    str | None, typer.Option("--profile", help="The [profiles.NAME] of the configuration.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="Print without colours.")]
MonthText = Annotated[
    str | None,
    typer.Argument(metavar="MONTH", help="The month, like 2024-06; the last one if left out."),
]


@app.callback(invoke_without_command=True)
def recon(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Take the options that come before a command."""
    if version:
        typer.echo(f"recon {__version__}")
        raise typer.Exit


@app.command()
def month(
    month: MonthText = None,
    config: Config = None,
    profile: Profile = None,
    json: Json = False,
    formats: Annotated[
        str, typer.Option("--format", help="The reports to write: csv, xlsx, both or none.")
    ] = "csv,xlsx",
    out: Annotated[
        Path | None, typer.Option("--out", help="The folder for reports instead of reports/.")
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="From which severity on the exit code is 3.")
    ] = FailOn.HIGH,
    top: Annotated[int, typer.Option("--top", min=0, help="How many breaks to show.")] = 10,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the verdict only.")] = False,
    no_color: NoColor = False,
) -> None:
    """Reconcile a month: print the dashboard and write the reports."""
    from dataclasses import replace

    from recon.config import load
    from recon.run import run_month

    wanted = _formats(formats)
    settings = load(config, profile)
    if out:
        settings = replace(settings, reports=out.absolute())
    with _progress(quiet or json) as progress:
        outcome = run_month(
            settings,
            _month(month, settings.sample),
            formats=wanted,
            fail_on=_severity(fail_on),
            progress=progress,
        )
    with process.printing():
        if json:
            from recon.reports.json_document import document, dumps

            found = document(outcome.result, outcome.run_id, outcome.reports, outcome.exit_code)
            typer.echo(dumps(found), nl=False)
        else:
            from recon.reports.console import make_console, show

            show(
                make_console(sys.stdout, color=False if no_color else None),
                outcome.result,
                run_id=outcome.run_id,
                reports=outcome.reports,
                sample=settings.sample,
                top=top,
                quiet=quiet,
                exit_code=outcome.exit_code,
            )
    raise typer.Exit(outcome.exit_code)


@app.command()
def explain(
    contract: Annotated[str, typer.Argument(metavar="CONTRACT", help="The contract's id.")],
    month: MonthText = None,
    config: Config = None,
    profile: Profile = None,
    json: Json = False,
    all_months: Annotated[
        bool, typer.Option("--all-months", help="Show every month of a long term.")
    ] = False,
    no_color: NoColor = False,
) -> None:
    """Show one contract whole: terms, months, formula and cause."""
    from recon.config import load
    from recon.dossier import as_json, dossier
    from recon.run import reconciled

    settings = load(config, profile)
    chosen = _month(month, settings.sample)
    with _progress(json) as progress, reconciled(settings, chosen, progress) as (session, result):
        found = dossier(session, result, contract, settings.accounting.compliance)
    with process.printing():
        if json:
            from recon.reports.json_document import dumps

            typer.echo(dumps(as_json(found)), nl=False)
            return
        from recon.reports.console import make_console
        from recon.reports.explain_view import show_dossier

        console = make_console(sys.stdout, color=False if no_color else None)
        show_dossier(console, found, sample=settings.sample, all_months=all_months)


@app.command()
def sample(
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another sample.")] = 1,
    contracts: Annotated[
        int, typer.Option("--contracts", min=1, help="Active contract lines in every month.")
    ] = 5_000,
    error_rate: Annotated[
        str, typer.Option("--error-rate", help="The share of lines that are broken, like 8%.")
    ] = "8%",
    first: Annotated[str, typer.Option("--first", help="The first month.")] = "2024-01",
    last: Annotated[str, typer.Option("--last", help="The last month.")] = "2024-12",
    history: Annotated[
        bool, typer.Option(help="Post every month before the first, or one opening entry a line.")
    ] = True,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write both sides and the truth as files here.")
    ] = None,
    kind: Annotated[str, typer.Option("--format", help="csv or parquet, for --out.")] = "csv",
) -> None:
    """Make the sample anew, or one of your own with its errors."""
    from recon import sample as samples
    from recon.month import Month

    if kind not in ("csv", "parquet"):
        raise UsageError(f"--format is csv or parquet, not {kind}.")
    recipe = samples.Recipe(
        seed=seed,
        contracts=contracts,
        error_rate=_share(error_rate),
        first=Month.parse(first),
        last=Month.parse(last),
        history=history,
    )
    with _progress(quiet=False) as progress:
        progress("Making the sample")
        path = samples.sample_path(recipe)
        samples.make(recipe, path)
        written = (
            samples.export(path, out, "csv" if kind == "csv" else "parquet") if out else [path]
        )
    with process.printing():
        for file in written:
            typer.echo(str(file))


def _month(text: str | None, sample: bool) -> Month:
    from recon.month import Month

    if text is None:
        from datetime import date

        chosen = Month.of(date.today()) - 1
    else:
        chosen = Month.parse(text)
    if sample:
        from recon.sample import Recipe

        recipe = Recipe()
        if not recipe.first <= chosen <= recipe.last:
            raise UsageError(
                f"The sample covers {recipe.first} to {recipe.last}, not {chosen}; "
                f"name one of its months, like: recon month 2024-06"
            )
    return chosen


def _formats(text: str) -> tuple[str, ...]:
    wanted = tuple(part.strip().lower() for part in text.split(","))
    if wanted == ("none",):
        return ()
    if not {*wanted} <= {"csv", "xlsx"}:
        raise UsageError(f"--format is csv, xlsx, both with a comma, or none; not {text!r}.")
    return wanted


def _severity(word: FailOn) -> Severity | None:
    from recon.model import Severity

    return None if word is FailOn.NEVER else Severity[word.name]


def _share(text: str) -> Any:  # noqa: ANN401 - a Decimal, imported only here
    from decimal import Decimal, InvalidOperation

    try:
        share = Decimal(text.strip().removesuffix("%")) / (100 if "%" in text else 1)
    except InvalidOperation:
        share = Decimal("NaN")
    if not share.is_finite():
        raise UsageError(f"--error-rate is a share like 8%, not {text}.")
    return share


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yield what tells the current step, on the terminal only and gone at the end."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True, markup=False).status("Starting") as status:
        yield lambda step: status.update(f"{step} …")


def main() -> None:
    """Run the command line and leave with the documented exit code, never with a traceback."""
    process.prepare_streams()
    interruption = process.Interruption()
    interruption.listen()
    command = typer.main.get_command(app)
    code = _exit_code(lambda: command.main(standalone_mode=False), interruption)
    interruption.ignore()
    sys.exit(code)


def _exit_code(command: Callable[[], int | None], interruption: process.Interruption) -> int:
    try:
        code = command() or 0
    except BaseException as error:  # noqa: BLE001 - this is where every failure ends
        # Whatever a library makes of an interruption, it stays one.
        code = ExitCode.INTERRUPTED if interruption.asked else _failure(error)
    if code == ExitCode.INTERRUPTED:
        return _failed("Interrupted; no report was left half-written.", ExitCode.INTERRUPTED)
    return code


def _failure(error: BaseException) -> int:
    """Tell what went wrong, and return its exit code."""
    if isinstance(error, ReconError):
        return _failed(str(error), error.exit_code)
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return ExitCode.INTERRUPTED
    if isinstance(error, SystemExit | BrokenPipeError):
        # Whoever read the help has seen enough.
        process.discard_output()
        return ExitCode.DONE
    if hasattr(error, "format_message"):
        return _misused(error)
    if os.environ.get("RECON_DEBUG"):
        raise error
    return _failed(
        f"This is a defect of recon ({type(error).__name__}: {error}); no report was left "
        "half-written. Set RECON_DEBUG=1 and run again to see where it happened.",
        ExitCode.DEFECT,
    )


def _misused(error: Any) -> ExitCode:  # noqa: ANN401 - Typer has moved this class between packages
    """Tell what is wrong with the command line; without any, the whole help."""
    message = error.format_message().replace("Value error, ", "")
    if "\n" in message:
        error.show()
        return ExitCode.USAGE
    asked = getattr(getattr(error, "ctx", None), "command_path", "recon")
    return _failed(f"{message.rstrip('.')}; see `{asked} --help`.", ExitCode.USAGE)


def _failed(sentence: str, code: ExitCode) -> ExitCode:
    # Plainly: whatever failed, this must not.
    with suppress(OSError):
        print(f"recon: {sentence}", file=sys.stderr)  # noqa: T201
    return code
