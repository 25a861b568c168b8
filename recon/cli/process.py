"""The process around the commands: streams, signals, and the end."""

from __future__ import annotations

import atexit
import errno
import io
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from recon.base.errors import ReportError
from recon.base.text import visible

# Windows' word for a pipe that nobody reads any more.
_BROKEN_PIPES = (errno.EPIPE, errno.EINVAL)
# The rights of the group and of everybody else.
_OTHERS = 0o077


class Interruption:
    """A handler of Ctrl-C, which never stops the cleaning up."""

    PATIENCE = 2.0

    def __init__(self) -> None:
        self._asked_at: float | None = None

    @property
    def asked(self) -> bool:
        """Whether the process was asked to stop."""
        return self._asked_at is not None

    def __call__(self, *_: object) -> None:
        """Raise KeyboardInterrupt, but not for a second signal right after."""
        now = time.monotonic()
        if self._asked_at is None or now - self._asked_at > self.PATIENCE:
            self._asked_at = now
            raise KeyboardInterrupt

    def listen(self) -> None:
        """Handle signals from now on, except those ignored so far."""
        for number in _signals():
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self)

    def ignore(self) -> None:
        """Ignore signals from here on, until the process ends."""
        for number in _signals():
            signal.signal(number, signal.SIG_IGN)


def _signals() -> list[signal.Signals]:
    # SIGBREAK is what Windows sends on Ctrl-Break.
    return [number for number in signal.Signals if number.name in ("SIGINT", "SIGTERM", "SIGBREAK")]


def keep_private() -> None:
    """Make new files and folders readable for this account only.

    Existing files keep their rights. On Windows a file has those of its folder.
    """
    if os.name == "posix":
        # In one place, since DuckDB, SQLite and openpyxl make files of their own.
        os.umask(os.umask(_OTHERS) | _OTHERS)


def prepare_streams() -> None:
    """Write UTF-8 where output is redirected.

    Windows would use a code page that has no box characters.
    """
    if not os.environ.get("RECON_DEBUG"):
        # Half a workbook complains once more when it is collected; the failure is reported already.
        sys.unraisablehook = lambda _: None
    # A closed stream is None: then nothing is printed, and nothing goes to the other one.
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            redirected = not stream.isatty() and "PYTHONIOENCODING" not in os.environ
            stream.reconfigure(encoding="utf-8" if redirected else None, errors="replace")


def _nowhere() -> io.TextIOWrapper:
    return Path(os.devnull).open("w", encoding="utf-8")


@contextmanager
def printing() -> Iterator[None]:
    """Let results be printed, even for readers such as `head`.

    Raises ReportError where they cannot be printed, as on a full disk.
    """
    try:
        yield
        sys.stdout.flush()
    except SystemExit:  # rich, of a broken pipe
        discard_output()
    except OSError as error:
        discard_output()
        if error.errno not in _BROKEN_PIPES:
            raise ReportError(
                f"The results cannot be printed: {error.strerror}. Send the output "
                "somewhere else and run again."
            ) from error


def say(text: str = "", *, err: bool = False) -> None:
    """Print a text, whatever the names in it hold."""
    import typer

    typer.echo(visible(text), err=err)


def leave(code: int) -> NoReturn:
    """End the process at once.

    The exit functions of libraries run and all output is written. Python would wait for threads and
    take every object apart first. A driver's thread may hang in a login after Ctrl-C, and the
    objects of a month take 9% of its CPU time.
    """
    # openpyxl removes the sheets of half a workbook.
    with suppress(Exception):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def discard_output() -> None:
    """Drop unprinted output: it would fail again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
