"""Side by side: both sources in one thread each.

They are stopped together.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

from recon.base.result import Side

Result = TypeVar("Result")

# How long to wait for work that was asked to stop: a login cannot be cancelled, a query can, unless
# its server does not answer the cancel either.
PATIENCE = 2.0
# On Windows, nothing interrupts a wait; so none is long.
GLANCE = 0.2


class Stopped(Exception):
    """The work was asked to stop."""


class Note(Protocol):
    """A recorder of events: kind, words, and facts by name."""

    def __call__(self, event: str, message: str, **facts: object) -> None:
        """Hear of an event."""


def unheard(event: str, message: str, **facts: object) -> None:
    """Keep no record."""


def aside(call: Callable[[], object]) -> threading.Thread:
    """A daemon thread for a call that may never return.

    A driver that is to stop a query waits for the server's answer, however long it takes; that
    must keep neither us nor the process. A call that fails has come too late, and nobody cares.
    """

    def run() -> None:
        with suppress(Exception):
            call()

    thread = threading.Thread(target=run, name="recon-aside", daemon=True)
    thread.start()
    return thread


class _Cancel:
    """A call that ends running work, once at a time.

    It is made in a thread aside.
    """

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self._made: threading.Thread | None = None

    def begin(self) -> None:
        """Make the call, unless one is still being made."""
        if self._made is None or not self._made.is_alive():
            self._made = aside(self._call)

    def wait(self) -> None:
        """Wait until no call is being made.

        That is for ever where the server does not answer.
        """
        if self._made is not None:
            self._made.join()


class Supervisor:
    """The state that both threads share.

    Whether to stop, the work to cancel then, and the watcher of progress.
    """

    def __init__(self, tell: Callable[[str], None] = lambda _: None, note: Note = unheard) -> None:
        self.tell = tell
        self.note = note
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._cancels: list[_Cancel] = []

    def pause(self, seconds: float) -> None:
        """Wait a while.

        Raises Stopped as soon as the work is to stop.
        """
        if self._stop.wait(seconds):
            raise Stopped

    def check(self) -> None:
        """Raise Stopped where the work is to stop."""
        self.pause(0)

    @contextmanager
    def cancelling(self, cancel: Callable[[], None]) -> Iterator[None]:
        """Call `cancel` if work stops while the context lasts.

        The call comes from another thread. It lasts until that call returns: a driver may crash
        where a connection that it is still cancelling something on is closed.
        """
        made = _Cancel(cancel)
        with self._lock:
            self._cancels.append(made)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._cancels.remove(made)
            made.wait()

    def stop(self) -> None:
        """Stop the work.

        No new step begins, and the running ones are cancelled. Called again, it cancels what began
        in the very moment of the first call. It waits for nothing.
        """
        self._stop.set()
        with self._lock:
            for cancel in self._cancels:
                cancel.begin()


def side_by_side(
    works: Mapping[Side, Callable[[Supervisor], Result]],
    tell: Callable[[str], None],
    note: Note = unheard,
) -> dict[Side, Result]:
    """The results of both sides' work.

    Raises the error of the side that fails first. Where one fails, or Ctrl-C is pressed, the others
    are stopped.
    """
    supervisor = Supervisor(tell, note)
    ended: queue.SimpleQueue[tuple[Side, Result] | BaseException] = queue.SimpleQueue()

    def run(side: Side, work: Callable[[Supervisor], Result]) -> None:
        try:
            ended.put((side, work(supervisor)))
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            ended.put(error)

    # As daemons they keep no process alive that has been asked to end.
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
    """Stop the work and wait briefly; Ctrl-C ends the wait."""
    end = time.monotonic() + PATIENCE
    with _ctrl_c_noted() as pressed:
        waiting = True
        while waiting:
            supervisor.stop()
            for thread in threads:
                thread.join(GLANCE / len(threads))
            alive = any(thread.is_alive() for thread in threads)
            waiting = alive and not pressed and time.monotonic() < end


@contextmanager
def _ctrl_c_noted() -> Iterator[Sequence[object]]:
    """A list that Ctrl-C fills; other handlers still run."""
    pressed: list[object] = []
    listener = signal.getsignal(signal.SIGINT)
    if not callable(listener) or threading.current_thread() is not threading.main_thread():
        yield pressed
        return

    def hear(*given: Any) -> None:  # noqa: ANN401 - the signal and the frame
        pressed.append(given)
        listener(*given)

    signal.signal(signal.SIGINT, hear)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, listener)
