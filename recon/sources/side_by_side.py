"""Side by side: both sources are brought here at the same time, a thread each, stopped together."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol, TypeVar

from recon.base.result import Side

Result = TypeVar("Result")

# How long to wait for a thread that was told to stop: a login cannot be cancelled, a query can.
PATIENCE = 2.0
# On Windows, nothing interrupts a wait; so none is long.
GLANCE = 0.2


class Stopped(Exception):
    """The work was asked to stop; whoever asked knows why."""


class Note(Protocol):
    """Whoever keeps a record: of which kind an event is, in words, and its facts by name."""

    def __call__(self, event: str, message: str, **facts: object) -> None:
        """Hear of an event."""


def unheard(event: str, message: str, **facts: object) -> None:
    """Keep no record."""


class Supervisor:
    """What the threads share: whether to stop, what to cancel then, whom to tell of progress."""

    def __init__(self, tell: Callable[[str], None] = lambda _: None, note: Note = unheard) -> None:
        self.tell = tell
        self.note = note
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._cancels: list[Callable[[], None]] = []

    def pause(self, seconds: float) -> None:
        """Wait; raises Stopped as soon as the work is to stop."""
        if self._stop.wait(seconds):
            raise Stopped

    def check(self) -> None:
        """Raise Stopped where the work is to stop."""
        self.pause(0)

    @contextmanager
    def cancelling(self, cancel: Callable[[], None]) -> Iterator[None]:
        """Call `cancel`, from another thread, if the work is to stop while the context lasts."""
        with self._lock:
            self._cancels.append(cancel)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._cancels.remove(cancel)

    def stop(self) -> None:
        """Let the work stop: no new step begins and the running ones are cancelled.

        Called again, it cancels what began in the very moment of the first call.
        """
        self._stop.set()
        with self._lock:
            for cancel in self._cancels:
                with suppress(Exception):
                    cancel()


def side_by_side(
    works: Mapping[Side, Callable[[Supervisor], Result]],
    tell: Callable[[str], None],
    note: Note = unheard,
) -> dict[Side, Result]:
    """Return what each side's work returns; raises what the first that fails raises.

    Where one fails, or Ctrl-C is pressed, the others are stopped.
    """
    supervisor = Supervisor(tell, note)
    ended: queue.SimpleQueue[tuple[Side, Result] | BaseException] = queue.SimpleQueue()

    def run(side: Side, work: Callable[[Supervisor], Result]) -> None:
        try:
            ended.put((side, work(supervisor)))
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            ended.put(error)

    # As daemons they keep no process alive that has been told to end.
    threads = [
        threading.Thread(target=run, args=pair, name=f"recon-{pair[0]}", daemon=True)
        for pair in works.items()
    ]
    results: dict[Side, Result] = {}
    try:
        for thread in threads:
            thread.start()
        while len(results) < len(threads):
            with suppress(queue.Empty):
                end = ended.get(timeout=GLANCE)
                if isinstance(end, BaseException):
                    raise end
                results[end[0]] = end[1]
    except BaseException:
        _stop(supervisor, threads)
        raise
    return results


def _stop(supervisor: Supervisor, threads: Sequence[threading.Thread]) -> None:
    end = time.monotonic() + PATIENCE
    while any(thread.is_alive() for thread in threads) and time.monotonic() < end:
        supervisor.stop()
        for thread in threads:
            thread.join(GLANCE / len(threads))
