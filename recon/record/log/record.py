"""A record: the events of a run, to its end."""

from __future__ import annotations

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
    from recon.reconciliation.completeness import Completeness
    from recon.record.journal.model import Run
    from recon.record.log.files import RunHandler

Progress = Callable[[str], None]
# Numbers of `logging`, which only a log that is begun loads.
_INFO, _WARNING, _ERROR = 20, 30, 40
_WARNINGS = ("retry", "provisional", "alerts_waiting", "alert_dropped")


class Log:
    """The events of a run; nobody hears them before `begin`.

    A log that cannot be written never ends a run: `trouble` then is the sentence about it. Of
    several months each has a file of its own; `remark` lists those that are done where a later one
    fails.
    """

    def __init__(self) -> None:
        self.trouble = self.remark = ""
        self._handler: RunHandler | None = None
        self._path = Path()
        self._settings: Settings | None = None
        self._begun = self._step_begun = time.perf_counter()
        self._step = ""

    def expect(self, settings: Settings) -> None:
        """Let a failure leave a log without a known month."""
        self._settings = settings

    def begin(self, settings: Settings, month: Month | None, what: str = "") -> None:
        """Begin the file of a run or other work."""
        from recon.record.log import files
        from recon.record.log.lines import beginning

        self._settings, now = settings, datetime.now(UTC)
        self._path = folder = settings.log.directory or settings.reports / files.FOLDER
        try:
            file = files.created(folder, month, now)
        except OSError as error:
            self._give_up(error)
            return
        self._path = Path(file.name)
        self._handler = files.RunHandler(file, settings.log, self._give_up)
        begun = what or f"The run of {month or 'a month'} begins"
        self._handler.write(_INFO, "run_begun", begun, beginning(settings, month))
        if settings.log.keep_days:
            with suppress(OSError):
                if deleted := files.prune(folder, now, settings.log.keep_days):
                    self.note("pruned", "Old logs are deleted", files=deleted)

    def note(self, event: str, message: str, **facts: object) -> None:
        """Write an event, unless the level omits it."""
        level = _WARNING if event in _WARNINGS else _INFO
        if self._handler and level >= self._handler.least:
            self._handler.write(level, event, message, facts)

    def following(self, progress: Progress) -> Progress:
        """A `progress` that writes each step here, too."""

        def step(name: str) -> None:
            self.step_ended()
            self._step, self._step_begun = name, time.perf_counter()
            self.note("step_begun", f"{name} …")
            progress(name)

        return step

    def step_ended(self) -> None:
        """Write the end of the step, with its seconds."""
        if self._step:
            seconds = _since(self._step_begun)
            self.note("step_ended", f"{self._step}: done", step=self._step, seconds=seconds)
        self._step = ""

    def recorded(
        self, run: Run, ready: Completeness | None, notices: Sequence[str], reports: Sequence[Path]
    ) -> None:
        """Write a run's notices, reports, and completeness of its books."""
        self.step_ended()
        for notice in notices:
            if not ready or notice != ready.notice:
                self.note("notice", notice)
        if ready:
            event = "provisional" if ready.provisional else "readiness"
            self.note(event, ready.sentence, share=ready.share, ready_from=ready.ready_from)
        known = {"run_id": run.run_id, "verdict": run.verdict, "folder": run.folder}
        names = [path.name for path in reports]
        self.note("recorded", "The run is recorded", **known, reports=names, evidence=run.evidence)

    def end(self, code: int, sentence: str = "", defect: BaseException | None = None) -> None:
        """Write the exit code, and a defect's traceback; close."""
        failed = code not in (ExitCode.DONE, ExitCode.BREAKS, ExitCode.ALERT)
        # What a person has mistyped at the console needs no record.
        late = failed and code != ExitCode.USAGE and not self.trouble
        if late and self._handler is None and self._settings:
            self.begin(self._settings, None)
        if not failed:
            self.step_ended()
        facts: dict[str, object] = {"exit_code": int(code), "seconds": _since(self._begun)}
        facts |= {"during": self._step} if self._step else {}
        if defect:
            # Without local variables: they may hold what nobody is to read.
            facts["traceback"] = "".join(traceback.format_exception(defect))
        if self._handler:
            level = _ERROR if failed else _INFO
            self._handler.write(level, "run_ended", sentence or "The run has ended", facts)
        self._close()
        self._begun = time.perf_counter()

    def _give_up(self, error: OSError) -> None:
        self.trouble = (
            f"The log cannot be written: {error.filename or self._path}: {error.strerror}. The "
            "run went on without it; make room there or name another folder as [log] directory."
        )
        self._close()

    def _close(self) -> None:
        handler, self._handler = self._handler, None
        if handler:
            handler.close()


def _since(begun: float) -> float:
    return round(time.perf_counter() - begun, 3)
