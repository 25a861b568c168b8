"""Libraries: what they warn of goes to the log of the run instead of to stderr, without secrets.

Only warnings and worse are heard, however much a library would like to tell: at its lowest level
one of them writes the address of the webhook.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

Heard = Callable[[str, str, bool], None]


class _Listener(logging.Handler):
    def __init__(self, heard: Heard) -> None:
        super().__init__(logging.WARNING)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        """Tell the log who warns of what; nothing that is logged may end the run."""
        try:
            self._heard(record.name, record.getMessage(), record.levelno >= logging.ERROR)
        except Exception:  # noqa: BLE001 - a library's own mistake
            self._heard(record.name, str(record.msg), record.levelno >= logging.ERROR)


def listen(heard: Heard) -> Callable[[], None]:
    """Let `heard` know who warns, of what, and whether it is an error; return what ends that."""
    listener, root = _Listener(heard), logging.getLogger()
    root.addHandler(listener)
    return lambda: root.removeHandler(listener)
