"""Every failure that recon foresees has its exit code and says in one sentence what to do."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
import typer

from recon.base import errors
from recon.base.errors import ExitCode, ReconError
from recon.cli.failures import exit_code
from recon.cli.process import Interruption
from recon.record.log import Log
from recon.store.session import reading, reckoning
from tests.shell import PATIENCE, environment

FAILURES: dict[type[ReconError], tuple[Callable[[], ReconError], int]] = {
    errors.ReconError: (lambda: errors.ReconError("The memory is too small."), 1),
    errors.TieOutError: (lambda: errors.TieOutError("The bridge in USD", 1, 2), 1),
    errors.UsageError: (lambda: errors.UsageError("--format is csv or xlsx, not pdf."), 2),
    errors.MonthError: (lambda: errors.MonthError("2024-6"), 2),
    errors.PeriodError: (lambda: errors.PeriodError("2024-06", "FY24-P06"), 2),
    errors.ConfigError: (lambda: errors.ConfigError(["policy.cap: is negative"], Path("x")), 4),
    errors.SourceUnreachable: (lambda: errors.SourceUnreachable("x.csv is not there."), 5),
    errors.NothingLoaded: (lambda: errors.NothingLoaded("There is no store yet."), 5),
    errors.SourceDataError: (lambda: errors.SourceDataError("x.csv has no header line."), 6),
    errors.MissingColumns: (lambda: errors.MissingColumns("analytics", ["amount"], ["x"]), 6),
    errors.LooksLikeCrmCloseDate: (lambda: errors.LooksLikeCrmCloseDate(6, 10), 6),
    errors.Locked: (lambda: errors.Locked("recon month 2024-06", Path("reports")), 9),
    errors.RanAtOnce: (lambda: errors.RanAtOnce("2024-06_x"), 9),
    errors.JournalHeld: (lambda: errors.JournalHeld("reports/journal.db"), 7),
    errors.ReportError: (lambda: errors.ReportError("The disk is full."), 7),
}


def _all(kind: type[ReconError]) -> set[type[ReconError]]:
    return {kind}.union(*map(_all, kind.__subclasses__()))


@pytest.fixture(autouse=True)
def signals_kept() -> Iterator[None]:
    """Give the signals back that the end of a command ignores: what we start would, too."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def fails(error: BaseException) -> int:
    """Return the exit code of a command that raises."""

    def command() -> int:
        raise error

    return exit_code(command, Interruption())


def test_the_codes_are_those_of_the_specification() -> None:
    """Task Scheduler and scripts act on them."""
    codes = {"DONE": 0, "DEFECT": 1, "USAGE": 2, "BREAKS": 3, "CONFIGURATION": 4}
    codes |= {"SOURCE_UNREACHABLE": 5, "SOURCE_DATA": 6, "REPORT": 7, "ALERT": 8, "LOCKED": 9}
    assert {code.name: code.value for code in ExitCode} == codes | {"INTERRUPTED": 130}


def test_every_failure_is_listed_here() -> None:
    """A new class of failure needs a code and a sentence."""
    assert {kind for kind in _all(ReconError) if kind.__module__ == "recon.base.errors"} == set(
        FAILURES
    )


@pytest.mark.parametrize("kind", FAILURES, ids=lambda kind: kind.__name__)
def test_a_failure_has_its_code_and_its_sentence(
    kind: type[ReconError], capsys: pytest.CaptureFixture[str]
) -> None:
    """The code is returned, the sentence goes to stderr, stdout stays empty."""
    make, code = FAILURES[kind]
    assert fails(make()) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"recon: {make()}\n"
    if kind is not errors.ConfigError:
        assert err.count("\n") == 1
        assert err.rstrip().endswith(".")


def test_several_mistakes_of_the_configuration_are_several_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The one message of more than a line is a list of bullets."""
    assert fails(errors.ConfigError(["a: is missing", "b: is missing"], Path("x.toml"))) == 4
    assert capsys.readouterr().err == (
        "recon: x.toml has 2 mistakes:\n  - a: is missing\n  - b: is missing\n"
    )


def test_anything_else_is_a_defect_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody foresaw says so, and how to see more."""
    monkeypatch.delenv("RECON_DEBUG", raising=False)
    assert fails(KeyError("line")) == 1
    err = capsys.readouterr().err
    assert "This is a defect in recon (KeyError: 'line')" in err
    assert "RECON_DEBUG=1" in err
    assert "Traceback" not in err


def test_the_traceback_is_there_for_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """RECON_DEBUG lets a defect through."""
    monkeypatch.setenv("RECON_DEBUG", "1")
    with pytest.raises(KeyError):
        fails(KeyError("line"))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_an_interruption_is_130(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    """However it arrives."""
    assert fails(error) == 130
    assert capsys.readouterr().err == "recon: Interrupted; no report was left half-written.\n"


@pytest.mark.parametrize(
    "error", [RuntimeError("Query interrupted"), errors.ReportError("x"), SystemExit(1)]
)
def test_what_a_library_makes_of_an_interruption_stays_one(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    """DuckDB raises RuntimeError on Ctrl-C, openpyxl another one while it tidies up."""
    interruption = Interruption()

    def command() -> int:
        with pytest.raises(KeyboardInterrupt):
            interruption()
        raise error

    assert exit_code(command, interruption) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_a_signal_after_the_end_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is that of the work, while the log ends and the sentence is printed."""

    class Late(Log):
        def end(self, *_: object) -> None:
            signal.raise_signal(signal.SIGINT)

    interruption = Interruption()
    interruption.listen()
    assert exit_code(lambda: 3, interruption, Late()) == 3
    assert capsys.readouterr().err == ""


def test_an_impatient_second_signal_does_not_stop_the_tidying_up() -> None:
    """The first one interrupts, one right after it is swallowed, a later one interrupts again."""
    interruption = Interruption()
    assert not interruption.asked
    with pytest.raises(KeyboardInterrupt):
        interruption()
    interruption()
    interruption.PATIENCE = 0.0
    with pytest.raises(KeyboardInterrupt):
        interruption()
    assert interruption.asked


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RuntimeError("Query interrupted"), KeyboardInterrupt),
        (duckdb.InterruptException("INTERRUPT Error: Interrupted!"), KeyboardInterrupt),
        (duckdb.IOException("IO Error: Cannot open file: denied"), errors.SourceUnreachable),
        (duckdb.OutOfMemoryException("Out of Memory Error: failed"), errors.ReconError),
        (
            duckdb.OutOfMemoryException("Out of Memory Error: failed to offload data block"),
            errors.ReportError,
        ),
        (duckdb.InvalidInputException("Invalid Input Error: odd"), errors.SourceDataError),
        (duckdb.ConversionException("Conversion Error: odd"), errors.SourceDataError),
        (duckdb.BinderException("Binder Error: our own mistake"), duckdb.BinderException),
        (RuntimeError("another"), RuntimeError),
    ],
)
def test_what_duckdb_raises_becomes_a_failure_of_its_kind(
    error: Exception, kind: type[BaseException]
) -> None:
    """None of its words for programmers is left, and a mistake of our own is not hidden."""
    with pytest.raises(BaseException) as caught, reading("analytics", "files x.csv"):
        raise error
    assert type(caught.value) is kind
    if isinstance(caught.value, ReconError):
        assert "analytics side (files x.csv)" in str(caught.value)
        assert " Error:" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (duckdb.InterruptException("INTERRUPT Error: Interrupted!"), KeyboardInterrupt),
        (duckdb.OutOfMemoryException("Out of Memory Error: failed"), errors.ReconError),
        (duckdb.IOException("IO Error: Could not write file: full"), errors.ReportError),
        (
            duckdb.InvalidInputException("Invalid Input Error: Division by zero"),
            duckdb.InvalidInputException,
        ),
        (duckdb.ConversionException("Conversion Error: odd"), duckdb.ConversionException),
    ],
)
def test_what_goes_wrong_after_the_reading_is_no_fault_of_a_source(
    error: Exception, kind: type[BaseException]
) -> None:
    """Room and Ctrl-C are told as ever; a fault of the arithmetic is a defect."""
    with pytest.raises(BaseException) as caught, reckoning("the comparison of 2024-06"):
        raise error
    assert type(caught.value) is kind
    if isinstance(caught.value, ReconError):
        assert " Error:" not in str(caught.value)


def test_a_thread_that_hangs_does_not_keep_the_process() -> None:
    """A driver may hang in a login; exit functions of libraries run, and all output is there."""
    script = (
        "import atexit, threading; from recon.cli import process\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        "atexit.register(print, 'tidied up'); print('a result'); process.leave(3)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(), capture_output=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.split()) == (3, b"a result tidied up".split())
