"""A record: what a run tells of itself, from its beginning to its exit code."""

from __future__ import annotations

import io
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from recon.base.errors import ExitCode

if TYPE_CHECKING:
    from recon.base.month import Month
    from recon.config import Settings
    from recon.config.log import LogLevel
    from recon.reconciliation.completeness import Readiness
    from recon.record.journal.model import Run

Progress = Callable[[str], None]


class Log:
    """What a run tells; before `begin`, or where no file can be written, nobody hears it.

    A log that cannot be written never ends a run: `trouble` then is the sentence about it. Of
    months in a row each has a file of its own; `remark` is what there is to say of those that are
    done where a later one fails.
    """

    def __init__(self) -> None:
        self.trouble = self.remark = ""
        self._file: io.FileIO | None = None
        self._path = Path()
        self._lock = threading.Lock()
        self._settings: Settings | None = None
        self._begun = self._step_begun = time.perf_counter()
        self._step = ""
        self._deafen: Callable[[], None] = lambda: None

    def expect(self, settings: Settings) -> None:
        """Let a failure leave a log, even where the month that is meant is not known yet."""
        self._settings = settings

    def begin(self, settings: Settings, month: Month | None, what: str = "") -> None:
        """Begin the file of a run, or of `what` else is done; files older than wanted go."""
        from recon.record.log import files
        from recon.record.log.files import listen
        from recon.record.log.lines import beginning

        self._settings = settings
        folder = settings.log.directory or settings.reports / files.FOLDER
        now = datetime.now(UTC)
        self._path = folder
        try:
            self._path, self._file = files.created(folder, month, now)
        except OSError as error:
            self._give_up(error)
            return
        self._deafen = listen(self._heard)
        told = beginning(settings, month)
        begun = what or f"The run of {month or 'a month'} begins"
        self._tell("run_begun", begun, None, told)
        if settings.log.keep_days:
            with suppress(OSError):
                if deleted := files.prune(folder, now, settings.log.keep_days):
                    self.note("pruned", "Old logs are deleted", files=deleted)

    def note(self, event: str, message: str, **facts: object) -> None:
        """Tell an event; what somebody should look at is a warning."""
        from recon.config.log import LogLevel

        grave = event in ("retry", "provisional", "alerts_waiting", "alert_dropped")
        self._tell(event, message, LogLevel.WARNING if grave else LogLevel.INFO, facts)

    def following(self, progress: Progress) -> Progress:
        """Return what tells a step both to `progress` and here; the step before has ended then."""

        def step(name: str) -> None:
            self.step_ended()
            self._step, self._step_begun = name, time.perf_counter()
            self.note("step_begun", f"{name} …")
            progress(name)

        return step

    def step_ended(self) -> None:
        """Tell how long the step took that has ended."""
        if self._step:
            seconds = _since(self._step_begun)
            self.note("step_ended", f"{self._step}: done", step=self._step, seconds=seconds)
        self._step = ""

    def recorded(
        self, run: Run, ready: Readiness | None, notices: Sequence[str], reports: Sequence[Path]
    ) -> None:
        """Tell what a run has left: its notices, its reports, and how full the books are."""
        self.step_ended()
        for notice in notices:
            if not ready or notice != ready.notice:
                self.note("notice", notice)
        if ready:
            event = "provisional" if ready.provisional else "readiness"
            self.note(event, ready.sentence, share=ready.share, ready_from=ready.ready_from)
        told = {"run_id": run.run_id, "verdict": run.verdict, "folder": run.folder}
        names = [path.name for path in reports]
        self.note("recorded", "The run is recorded", **told, reports=names, evidence=run.evidence)

    def end(self, code: int, sentence: str = "", defect: BaseException | None = None) -> None:
        """Tell how the run ended and close the file; of a defect also where it happened."""
        failed = code not in (ExitCode.DONE, ExitCode.BREAKS, ExitCode.ALERT)
        # What a person has mistyped at the console needs no record.
        late = failed and code != ExitCode.USAGE and not self.trouble
        if late and self._file is None and self._settings:
            self.begin(self._settings, None)
        if self._file is None:
            return
        from recon.config.log import LogLevel

        if not failed:
            self.step_ended()
        facts: dict[str, object] = {"exit_code": int(code), "seconds": _since(self._begun)}
        if self._step:
            facts["during"] = self._step
        if defect:
            # Without local variables: they may hold what nobody is to read.
            facts["traceback"] = "".join(traceback.format_exception(defect))
        level = LogLevel.ERROR if failed else None
        self._tell("run_ended", sentence or "The run has ended", level, facts)
        self._close()
        self._begun = time.perf_counter()

    def _heard(self, library: str, message: str, is_error: bool) -> None:
        from recon.config.log import LogLevel

        level = LogLevel.ERROR if is_error else LogLevel.WARNING
        self._tell("library", message, level, {"library": library})

    def _tell(
        self, event: str, message: str, level: LogLevel | None, facts: dict[str, object]
    ) -> None:
        """Write a line; without a level, one that is there whatever the configuration says."""
        if self._file is None or self._settings is None:
            return
        from recon.config.log import LogLevel
        from recon.record.log.files import append
        from recon.record.log.lines import Line, written

        if level and level.rank < self._settings.log.level.rank:
            return
        line = Line(datetime.now(UTC).astimezone(), level or LogLevel.INFO, event, message, facts)
        form = self._settings.log.format
        with self._lock:
            if self._file is not None:
                try:
                    append(self._file, written(line, form))
                except OSError as error:
                    self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.trouble = (
            f"The log cannot be written: {error.filename or self._path}: {error.strerror}. The "
            "run went on without it; make room there or name another folder as [log] directory."
        )
        self._close()

    def _close(self) -> None:
        self._deafen()
        file, self._file = self._file, None
        if file:
            with suppress(OSError):
                file.close()


def _since(begun: float) -> float:
    return round(time.perf_counter() - begun, 3)
