"""The command line: parse, call, render; one module a command."""

from __future__ import annotations

from typing import Annotated

import typer

from recon import __version__
from recon.cli import process
from recon.cli.failures import exit_code
from recon.cli.lazy import Commands
from recon.record.log import Log

app = typer.Typer(
    name="recon",
    cls=Commands,
    help="Reconcile booked contracts with recognized revenue to the cent, and say why they differ.",
    epilog="Help on a command: recon help COMMAND, or recon COMMAND -h.",
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
)


@app.callback(invoke_without_command=True)
def recon(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Handle the options that come before a command."""
    if version:
        typer.echo(f"recon {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> int:
    """Run the command line without tracebacks; return the exit code."""
    process.keep_private()
    process.prepare_streams()
    interruption = process.Interruption()
    interruption.listen()
    program, log = typer.main.get_command(app), Log()
    return exit_code(lambda: program.main(standalone_mode=False, obj=log), interruption, log)
