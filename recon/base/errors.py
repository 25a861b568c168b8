"""The failures that end a run, with their exit codes.

Each has its sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path

from recon.base.text import counted


class ExitCode(IntEnum):
    """The exit codes, which Task Scheduler and scripts act on."""

    DONE = 0
    DEFECT = 1
    USAGE = 2
    BREAKS = 3
    CONFIGURATION = 4
    SOURCE_UNREACHABLE = 5
    SOURCE_DATA = 6
    REPORT = 7
    ALERT = 8
    LOCKED = 9
    INTERRUPTED = 130


class ReconError(Exception):
    """A failure that recon foresaw: one sentence, with advice.

    `is_of_file` is whether it is about a file that somebody sends, who can put it right.
    """

    exit_code = ExitCode.DEFECT
    is_of_file = False


class UsageError(ReconError):
    """A command line that asks for something impossible."""

    exit_code = ExitCode.USAGE


class MonthError(UsageError):
    """A text that names no calendar month."""

    def __init__(self, text: object) -> None:
        written = str(text)
        letters, digits = (any(map(of, written)) for of in (str.isalpha, str.isdigit))
        code = (
            " If it is the code of a fiscal period, set [calendar] periods in the configuration."
            if letters and digits
            else ""
        )
        super().__init__(
            f"{written!r} is not a month; write it as year and month, like 2024-06.{code}"
        )


class PeriodError(MonthError):
    """A text that is the code of no fiscal period."""

    def __init__(self, text: object, near: str) -> None:
        UsageError.__init__(
            self,
            f"{str(text)!r} is not a fiscal period; write the code of one from [calendar] "
            f"periods: {near}.",
        )


class ConfigError(ReconError):
    """Every mistake of a configuration, each with its full key."""

    exit_code = ExitCode.CONFIGURATION

    def __init__(
        self, mistakes: Sequence[str], where: Path | str = "the policy", advice: str = ""
    ) -> None:
        self.mistakes = tuple(mistakes)
        count = counted(len(self.mistakes), "mistake")
        lines = "\n".join(f"  - {mistake}" for mistake in self.mistakes)
        super().__init__(f"{where} has {count}:\n{lines}" + (f"\n{advice}" if advice else ""))


class SourceUnreachable(ReconError):
    """A source that cannot be reached or refuses."""

    exit_code = ExitCode.SOURCE_UNREACHABLE


class NothingLoaded(SourceUnreachable):
    """A store that nothing was loaded into yet."""


class SourceDataError(ReconError):
    """Source data that fails its control totals or its shape."""

    exit_code = ExitCode.SOURCE_DATA


class MissingColumns(SourceDataError):
    """A side without columns that the comparison needs."""

    def __init__(self, side: str, missing: Sequence[str], found: Sequence[str]) -> None:
        noun = "column" if len(missing) == 1 else "columns"
        super().__init__(
            f"The {side} side has no {noun} {', '.join(missing)} (it has {', '.join(found)}); "
            f"name yours under [{side}.columns] in the configuration, or rename them in the query."
        )


class LooksLikeCrmCloseDate(SourceDataError):
    """A close_date column that holds the days deals were won."""

    def __init__(self, early: int, rows: int) -> None:
        super().__init__(
            f"{early:,} of {rows:,} contract lines close on or before their start: close_date "
            "looks like a CRM close date (the day the deal was won). As close_date, deliver the "
            "day on which recognition ends."
        )


class TieOutError(ReconError):
    """Totals that do not tie: a defect in recon.

    It is found before anybody relies on them.
    """

    def __init__(self, what: str, found: object, wanted: object) -> None:
        super().__init__(
            f"{what[0].upper()}{what[1:]} does not tie out: {found} instead of {wanted}. "
            "This is a defect in recon; nothing was reported."
        )


class ReportError(ReconError):
    """A report that cannot be written."""

    exit_code = ExitCode.REPORT


class Locked(ReconError):
    """Another run that writes to the same folder of reports."""

    exit_code = ExitCode.LOCKED

    def __init__(self, holder: str, reports: Path) -> None:
        super().__init__(
            f"{reports} is in use: {holder}. Wait until that run has ended, then try again."
        )


class RanAtOnce(ReconError):
    """A run recorded meanwhile, though this one holds the lock."""

    exit_code = ExitCode.LOCKED

    def __init__(self, other: str) -> None:
        super().__init__(
            f"{other} was recorded while this run held the lock: locks do nothing where the "
            "reports are. Nothing of this run is kept; move the reports to a disk or share that "
            "keeps locks, then run again."
        )


class JournalHeld(ReportError):
    """The journal, held by another program for too long."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"The journal cannot be used: another program holds {path}. Nothing was recorded; "
            "close what has it open (such as a viewer of databases or a backup), then run again."
        )


def tie(what: str, found: int, wanted: int) -> None:
    """Raise TieOutError where two figures that must agree do not."""
    if found != wanted:
        raise TieOutError(what, found, wanted)
