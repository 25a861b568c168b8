"""This machine: drivers, report folder, free space, last run."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import struct
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from recon.base.errors import ConfigError, ExitCode
from recon.base.month import Month
from recon.config import DatabaseSettings, Settings
from recon.record.heartbeat import NAME, last_beat
from recon.record.run_folder import new_run_id, report_directory
from recon.setup.doctor.model import Finding, failed, ok, warning
from recon.setup.doctor.network import keywords
from recon.sources.connection import newest
from recon.sources.database import driver_manager

LONGEST_PATH = 240
MEGABYTE = 1_000_000
LITTLE_SPACE = 1_000 * MEGABYTE
NO_SPACE = 100 * MEGABYTE
LEGACY = "SQL Server"


def driver(settings: DatabaseSettings) -> Finding:
    """The ODBC driver in use.

    Raises ConfigError where it is not installed.
    """
    pyodbc = driver_manager()
    installed = pyodbc.drivers()
    bits = f"{8 * struct.calcsize('P')}-bit"
    around = f"Python {platform.python_version()} and its driver manager are {bits}"
    around += f", pyodbc is {pyodbc.version}"
    if settings.connection is None:
        name = settings.driver or newest(installed)
    else:
        name = _named(settings, pyodbc.dataSources())
    if not _is_installed(name, installed):
        raise ConfigError([_missing(name, installed, bits)], "This machine")
    if name == LEGACY:
        return warning(
            f"{name} is the driver that came with Windows; {around}",
            "install ODBC Driver 18 for SQL Server, which supports today's types and encryption",
        )
    return ok(f"{Path(name).name if '/' in name else name} is installed; {around}")


def _named(settings: DatabaseSettings, sources: dict[str, str]) -> str:
    """The driver of a connection string.

    Named directly, or by its data source.
    """
    found = keywords(settings.connection or "")
    if "DRIVER" in found:
        return found["DRIVER"]
    if "DSN" not in found:
        raise ConfigError(
            [f"{settings.key}.connection: names neither DRIVER nor DSN; it needs one of them"],
            "the configuration",
        )
    known = {name.lower(): driver for name, driver in sources.items()}
    if found["DSN"].lower() not in known:
        there = ", ".join(sorted(sources)) or "none"
        raise ConfigError(
            [
                f"{settings.key}.connection: there is no data source {found['DSN']} (available: "
                f"{there}); set it up for the account that runs recon, or name a DRIVER"
            ],
            "the configuration",
        )
    return known[found["DSN"].lower()]


def _is_installed(name: str, installed: list[str]) -> bool:
    # Driver managers other than that of Windows take the path of a driver, too.
    return name.lower() in map(str.lower, installed) or ("/" in name and Path(name).is_file())


def _missing(name: str, installed: list[str], bits: str) -> str:
    there = ", ".join(sorted(installed)) or "none"
    return (
        f"the driver {name} is not installed (installed: {there}); install its {bits} version, "
        f"since a {bits} Python sees no other, or set another driver"
    )


def reports(folder: Path, month: Month) -> Finding:
    """Whether a run could write its reports.

    Raises ReportError where it could not. They are written as a run writes them, and gone again.
    """
    run_id = new_run_id(month, datetime.now(UTC))
    missing = [path for path in (folder, *folder.parents) if not _is_there(path)]
    try:
        with suppress(_Enough), report_directory(folder, month, run_id) as place:
            workbook = place.path / f"recon_{run_id}.xlsx"
            workbook.write_bytes(b"recon doctor")
            raise _Enough
    finally:
        for path in missing:
            with suppress(OSError):
                path.rmdir()
    length = len(str(workbook.absolute()))
    if length > LONGEST_PATH:
        return warning(
            f"{folder} can be written, but the paths of reports would have {length} characters",
            "choose a folder with a shorter path: Windows and Excel may refuse more than "
            f"{LONGEST_PATH}",
        )
    return ok(f"{folder} can be written")


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError:  # what may not be looked at was not made by us either
        return True
    return True


class _Enough(Exception):
    """The trial has succeeded; the folder may vanish."""


def free_space(folders: list[Path]) -> Finding:
    """The space left for reports and temporary files, least first."""
    try:
        folders = [*folders, Path(tempfile.gettempdir())]
        found = sorted((_free(folder), folder) for folder in folders)
    except OSError as error:
        # Without a file name, Python has tried every place for temporary files.
        where = error.filename or "any folder for temporary files"
        return failed(
            ExitCode.REPORT,
            f"{where} cannot be used ({error.strerror})",
            "connect its drive, or choose another folder (TEMP for temporary files)",
        )
    said = "; ".join(f"{_size(free)} free for {folder}" for free, folder in found)
    advice = "make room there, or choose a folder on another drive"
    if found[0][0] < NO_SPACE:
        return failed(ExitCode.REPORT, said, advice)
    return warning(said, advice) if found[0][0] < LITTLE_SPACE else ok(said)


def _free(folder: Path) -> int:
    there = next((path for path in (folder, *folder.parents) if path.exists()), None)
    if there is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
    return shutil.disk_usage(there).free


def _size(count: int) -> str:
    if count < LITTLE_SPACE:
        return f"{count // MEGABYTE:,} MB"
    return f"{count / 1e9:,.1f} GB"


def last_run(settings: Settings, now: datetime) -> Finding:
    """The time of the last run, with warning if old.

    A folder of reports without any run is a new one, and well.
    """
    expected = settings.log.expect_run_every_days
    try:
        found = last_beat(settings.reports)
    except (OSError, ValueError):
        return warning(
            f"{settings.reports / NAME} cannot be read, so the time of the last run is unknown",
            "delete it; the next run creates it again",
        )
    if found is None:
        return ok(f"no run is recorded in {settings.reports} yet")
    days = (now - found.ended).days
    when = (
        f"the run of {found.month} ended on {found.ended.date()} with exit code {found.exit_code}"
    )
    if expected and days > expected:
        return warning(
            f"{when}, {days:,} days ago; one is expected every {expected:,} days",
            "look at the task in Task Scheduler and at the newest log, or set "
            "[log] expect_run_every_days",
        )
    return ok(when)
