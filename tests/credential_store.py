"""A credential store in memory, which the real keyring asks as it would ask that of Windows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class Store(KeyringBackend):
    """What is kept by service and name; a locked store refuses, and says more than it should."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.locked = False
        self._kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept."""
        if self.locked:
            raise KeyringLocked(f"locked: {self._kept}")
        return self._kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret, as `keyring set` does."""
        self._kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget a secret."""
        del self._kept[service, username]


@contextmanager
def credential_store() -> Iterator[Store]:
    """Yield the store of this process, empty."""
    before, store = keyring.get_keyring(), Store()
    keyring.set_keyring(store)
    try:
        yield store
    finally:
        keyring.set_keyring(before)
