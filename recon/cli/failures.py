"""The one place where failures become sentences and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import typer

from recon import process
from recon.errors import ExitCode, ReconError


def exit_code(command: Callable[[], int | None], interruption: process.Interruption) -> int:
    """Return the exit code of a command; what it raised is told in one sentence."""
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
