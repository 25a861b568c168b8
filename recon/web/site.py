"""The site: everything that all requests share."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recon.base.errors import ReconError
from recon.base.feed import Feed
from recon.config import Settings
from recon.record import identity
from recon.record.access.people import People
from recon.run.uploads import Uploads
from recon.web.rates import Rates, Throttle

if TYPE_CHECKING:
    from recon.record.access.model import Person

# The link of the start is good for so many seconds, and once.
LINK_SECONDS = 900
_KEPT = 128
# Breaks of a book as they stand after an event; of thousands, each is some megabytes.
_JOURNALS = 8
# More queries at once would only wait for each other, and for memory.
_AT_ONCE = 4
_OPEN_SECONDS = 600.0


class Link:
    """The one-time secret that the start prints."""

    def __init__(self) -> None:
        self.secret = secrets.token_urlsafe(24)
        self._until = time.monotonic() + LINK_SECONDS
        self._lock = threading.Lock()

    def use(self, secret: str) -> bool:
        """Whether the secret is right, in time, and unused."""
        with self._lock:
            good = hmac.compare_digest(self.secret.encode(), secret.encode())
            if not good or time.monotonic() > self._until:
                return False
            self._until = 0.0
            return True


class Kept:
    """The results that were used last."""

    def __init__(self, most: int = _KEPT) -> None:
        self._most = most
        self._found: OrderedDict[object, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._at_once = threading.BoundedSemaphore(_AT_ONCE)

    def get(self, key: object, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever is made
        """The result of a key, made unless it is kept."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        with self._at_once:
            with self._lock:
                if key in self._found:  # somebody else has asked the same in the meantime
                    return self._found[key]
            made = make()
        with self._lock:
            self._found[key] = made
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        return made


class KeptOpen:
    """The month that was explained last, still open.

    Whoever looks at a month opens one break after the other; one at a time asks, and what nobody
    asks for any more is closed.
    """

    def __init__(self, seconds: float = _OPEN_SECONDS) -> None:
        self._seconds, self._lock = seconds, threading.Lock()
        self._stack, self._key, self._found = ExitStack(), object(), None
        self._end: threading.Timer | None = None

    @contextmanager
    def get(self, key: object, make: Callable[[], AbstractContextManager[Any]]) -> Iterator[Any]:
        """Yield the month of a key, opened where needed."""
        with self._lock:
            if key != self._key:
                self._close()
                self._found, self._key = self._stack.enter_context(make()), key
            self._later()
            try:
                yield self._found
            except ReconError:
                raise
            except Exception:
                self._close()  # whatever it is, the next one begins anew
                raise

    def _later(self) -> None:
        if self._end:
            self._end.cancel()
        self._end = threading.Timer(self._seconds, self.close)
        self._end.daemon = True
        self._end.start()

    def close(self) -> None:
        """Close the month, after those who ask."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        self._key, self._found = object(), None
        self._stack.close()


@dataclass(slots=True)
class Site:
    """The settings, the people, the uploads, and limits in memory.

    `owner` is who has started the server, and gets in by the link; `wake` lets uploads be loaded.
    """

    settings: Settings
    uploads: Uploads
    proxy_secret: str = ""
    owner: str = field(default_factory=identity.who)
    link: Link = field(default_factory=Link)
    kept: Kept = field(default_factory=Kept)
    journals: Kept = field(default_factory=lambda: Kept(_JOURNALS))
    month: KeptOpen = field(default_factory=KeptOpen)
    month_of_cash: KeptOpen = field(default_factory=KeptOpen)
    logins: Throttle = field(default_factory=Throttle)
    sent: Rates = field(default_factory=lambda: Rates(60))
    asked: Rates = field(default_factory=lambda: Rates(1_200))
    wake: Callable[[], None] = lambda: None

    @classmethod
    def of(cls, settings: Settings, proxy_secret: str = "") -> Site:
        """The site of some settings."""
        sent = Rates(settings.web.uploads_per_minute)
        return cls(settings, Uploads(settings.store), proxy_secret, sent=sent)

    def close(self) -> None:
        """Close the open months."""
        self.month.close()
        self.month_of_cash.close()

    @contextmanager
    def people(self) -> Iterator[People]:
        """Yield the people of the page."""
        with People.at(self.settings.reports) as people:
            yield people

    def feeds_of(self, person: Person) -> list[Feed]:
        """The feeds whose files a person may send."""
        return [feed for feed in self.settings.feeds.values() if person.reaches(feed)]

    def seen_by(self, person: Person) -> list[str]:
        """The names of the feeds whose loads a person sees."""
        return [feed.name for feed in self.settings.feeds.values() if person.sees(feed)]
