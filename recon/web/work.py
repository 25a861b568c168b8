"""The worker: loads uploads one by one, in a thread.

What waits is on the disk: after a crash it is taken up again.
"""

from __future__ import annotations

import threading

from recon.base.errors import ReconError
from recon.record.log import Log
from recon.web.site import Site

_PAUSE = 30.0
_AGAIN = 3.0


class Worker:
    """A thread that loads uploads while the server runs."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._woken, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="recon-loads", daemon=True)

    def start(self) -> None:
        """Begin with the uploads that were left."""
        self._thread.start()

    def wake(self) -> None:
        """Let it look for work now."""
        self._woken.set()

    def stop(self, patience: float = 60.0) -> None:
        """End after the file that is being loaded."""
        self._ended.set()
        self._woken.set()
        self._thread.join(patience)

    def _work(self) -> None:
        while not self._ended.is_set():
            # Of several servers of one store, one loads.
            with self._site.uploads.worked() as ours:
                if ours:
                    self._site.uploads.clear()
                    self._until_the_end()
                else:
                    self._ended.wait(_PAUSE)

    def _until_the_end(self) -> None:
        while not self._ended.is_set():
            self._woken.clear()
            try:
                done = self.once()
            except ReconError:  # the disk is full, say; what waits stays
                done = False
            self._woken.wait(_PAUSE if done else _AGAIN)

    def once(self) -> bool:
        """Load all that waits; return whether nothing is left.

        Something is left where another loader is at work.
        """
        while not self._ended.is_set() and (waiting := self._site.uploads.waiting()):
            log = Log()
            log.begin(self._site.settings, None, f"An upload of {waiting[0].feed} is loaded")
            done = self._site.uploads.load(self._site.settings, waiting[0], log)
            log.end(0)
            if not done:
                return False
        return True
