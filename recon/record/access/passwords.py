"""Passwords: hashed by Argon2, checked, never kept."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

from recon.base.errors import UsageError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST, MOST = 12, 256
# Each check takes 64 MB on purpose; a crowd at the login must not take them all.
_AT_ONCE = threading.BoundedSemaphore(4)


def refuse_weak(name: str, password: str) -> None:
    """Raise UsageError for a password that is easily guessed."""
    if not LEAST <= len(password) <= MOST:
        raise UsageError(f"A password has {LEAST} to {MOST} letters; choose another one.")
    if len(set(password)) < LEAST // 3 or name.casefold() in password.casefold():
        raise UsageError("This password is easily guessed; choose another one, such as four words.")


def hashed(password: str) -> str:
    """A password's hash, with its salt."""
    return _hasher().hash(password)


def fits(known: str, password: str) -> bool:
    """Whether a password is that of a hash.

    Without a known hash it takes as long, and is none.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        with _AT_ONCE:
            return _hasher().verify(known or _nobodys(), password[: MOST + 1]) and bool(known)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    try:
        from argon2 import PasswordHasher
    except ImportError as error:
        raise UsageError(
            'People and their passwords need argon2-cffi; `python -m pip install ".[web]"` in '
            "recon's folder brings it."
        ) from error
    return PasswordHasher()


@cache
def _nobodys() -> str:
    return hashed("nobody has this password")
