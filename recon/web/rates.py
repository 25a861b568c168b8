"""Limits on the rate of requests and failed logins."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

# Nobody fills the memory by inventing names.
_KEPT = 10_000
_FREE_TRIES, _LONGEST, _FORGOTTEN = 4, 900.0, 3_600.0


@dataclass(slots=True)
class _Bucket:
    """The requests that are left, at a moment."""

    left: float
    at: float


class Rates:
    """So many requests a minute for each key, refilled evenly."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = float(per_minute), clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, key: str) -> int:
        """Take one request; the seconds to wait, or 0."""
        with self._lock:
            now = self._clock()
            bucket = self._buckets.setdefault(key, _Bucket(self._most, now))
            self._buckets.move_to_end(key)
            while len(self._buckets) > _KEPT:
                self._buckets.popitem(last=False)
            bucket.left = min(self._most, bucket.left + (now - bucket.at) * self._most / 60)
            bucket.at = now
            if bucket.left < 1:
                return max(1, round((1 - bucket.left) * 60 / self._most))
            bucket.left -= 1
            return 0


@dataclass(slots=True)
class _Failures:
    """Failed logins, the last one at a moment."""

    count: int
    at: float


class Throttle:
    """Failed logins by key, each doubling the wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, *keys: str) -> int:
        """The seconds to wait before the next try."""
        with self._lock:
            return max((self._wait(key) for key in keys), default=0)

    def _wait(self, key: str) -> int:
        found, now = self._failures.get(key), self._clock()
        if found is None or now - found.at > _FORGOTTEN:
            return 0
        over = found.count - _FREE_TRIES
        pause = min(2.0 ** min(over, 30), _LONGEST) if over >= 0 else 0.0
        return max(0, math.ceil(found.at + pause - now))

    def failed(self, *keys: str) -> None:
        """Note a failed login."""
        with self._lock:
            now = self._clock()
            for key in keys:
                before = self._failures.pop(key, None)
                fresh = before is None or now - before.at > _FORGOTTEN
                count = 1 if fresh or before is None else before.count + 1
                self._failures[key] = _Failures(count, now)
            while len(self._failures) > _KEPT:
                self._failures.popitem(last=False)

    def succeeded(self, *keys: str) -> None:
        """Forget the failures before a login."""
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)
