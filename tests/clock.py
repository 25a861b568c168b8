"""A clock of our own that recon believes in this process: a year passes in seconds."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from unittest import mock

# Whatever asks for the time on the way of a month, its alerts and its signatures.
READERS = (
    "recon.alerts.sending", "recon.alerts.service", "recon.cli.closed",
    "recon.record.log.record", "recon.run.gathering", "recon.run.month",
    "recon.run.recording", "recon.run.signing",
)  # fmt: skip


class Clock:
    """Shows the moment that it was set to; each look at it takes a second."""

    def __init__(self) -> None:
        self.moment = datetime(2024, 1, 1, tzinfo=UTC)

    def now(self, zone: tzinfo | None = None) -> datetime:
        """Return the moment, as `datetime.now` does."""
        self.moment += timedelta(seconds=1)
        return self.moment.astimezone(zone)


@contextmanager
def clock_in_hand() -> Iterator[Clock]:
    """Yield the clock that recon looks at in the context."""
    clock = Clock()

    class Clocked(datetime):
        now = clock.now  # type: ignore[assignment]

    with ExitStack() as patched:
        for name in READERS:
            module = importlib.import_module(name)
            patched.enter_context(mock.patch.object(module, "datetime", Clocked))
        yield clock
