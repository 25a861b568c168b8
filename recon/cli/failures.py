"""The one place where failures become sentences and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import typer

from recon.base.errors import ExitCode, ReconError
from recon.base.secrets import redacted
from recon.base.text import visible
from recon.cli import process
from recon.record.log import Log


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a command: exit code, sentence and defect.

    Without a sentence everything was printed already.
    """

    code: int
    sentence: str = ""
    defect: BaseException | None = None


_INTERRUPTED = _End(ExitCode.INTERRUPTED, "Interrupted; no report was left half-written.")


def exit_code(
    command: Callable[[], int | None],
    interruption: process.Interruption,
    log: Log | None = None,
) -> int:
    """Run a command; report a failure in one sentence."""
    log = log or Log()
    try:
        end = _End(command() or 0)
    except BaseException as error:  # noqa: BLE001 - this is where every failure ends
        # Whatever a library makes of an interruption, it stays one.
        end = _INTERRUPTED if interruption.asked else _failure(error)
    # No signal comes between the end of the work and the exit code.
    interruption.ignore()
    if end.code == ExitCode.INTERRUPTED:
        end = _INTERRUPTED
    if end.sentence and log.remark:
        end = replace(end, sentence=f"{end.sentence} {log.remark}")
    log.end(end.code, end.sentence, end.defect)
    if end.defect and os.environ.get("RECON_DEBUG"):
        raise end.defect
    _tell(end.sentence)
    # Where reports cannot be written, the sentence covers the log as well.
    _tell(log.trouble if end.code != ExitCode.REPORT else "")
    return end.code


def sentence_of(error: Exception) -> str:
    """The sentence of a failure."""
    return _failure(error).sentence


def _failure(error: BaseException) -> _End:
    """The end of a command that raised an error."""
    if isinstance(error, ReconError):
        return _End(error.exit_code, str(error))
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return _INTERRUPTED
    if isinstance(error, SystemExit | BrokenPipeError):
        # The reader of the output has closed it.
        process.discard_output()
        return _End(ExitCode.DONE)
    if hasattr(error, "format_message"):
        return _misused(error)
    return _End(
        ExitCode.DEFECT,
        f"This is a defect in recon ({type(error).__name__}: {error}); no report was left "
        "half-written. Set RECON_DEBUG=1 and run again to see where it happened.",
        error,
    )


def _misused(error: Any) -> _End:  # noqa: ANN401 - Typer has moved this class between packages
    """The end of a wrong command line, with a sentence."""
    message = error.format_message().replace("Value error, ", "")
    if "\n" in message:
        # The help, or what was typed with a line break in it.
        with suppress(OSError):
            print(visible(redacted(message)), file=sys.stderr)  # noqa: T201
        return _End(ExitCode.USAGE)
    asked = getattr(getattr(error, "ctx", None), "command_path", "recon")
    ended = message if message.endswith(("?", ".")) else f"{message}."
    return _End(ExitCode.USAGE, f"{ended} See `{asked} --help`.")


def _tell(sentence: str) -> None:
    if sentence:
        # Plainly: whatever failed, this must not.
        with suppress(OSError):
            print(f"recon: {visible(redacted(sentence))}", file=sys.stderr)  # noqa: T201
