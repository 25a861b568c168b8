"""The identity of a run: user, machine and versions."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from recon import __version__

LIBRARIES = ("duckdb", "openpyxl", "pyodbc")
# The person for whom the page works, and from where.
_acting: ContextVar[tuple[str, str] | None] = ContextVar("acting", default=None)


@contextmanager
def acting(name: str, address: str) -> Iterator[None]:
    """Let a person of the page do everything inside."""
    token = _acting.set((name, f"{address} by the page on {socket.gethostname()}"))
    try:
        yield
    finally:
        _acting.reset(token)


def who() -> str:
    """The user of the operating system, with a Windows domain.

    Not as a variable has it: anybody can set one, and the two who sign a month are two people. On
    the page it is the person who has logged in.
    """
    if acting := _acting.get():
        return acting[0]
    if sys.platform == "win32":
        return _windows_account() or os.getlogin()
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # an account without a name
        return f"user {os.getuid()}"


def _windows_account() -> str:
    """The account of this process with its domain, or ''."""
    if sys.platform != "win32":
        return ""
    import ctypes

    sam_compatible, room = 2, ctypes.c_ulong(512)
    name = ctypes.create_unicode_buffer(room.value)
    found = ctypes.windll.secur32.GetUserNameExW(sam_compatible, name, ctypes.byref(room))
    return name.value if found else ""


def host() -> str:
    """The name of this machine, or a person's address."""
    acting = _acting.get()
    return acting[1] if acting else socket.gethostname()


@cache
def versions() -> Mapping[str, str]:
    """The versions of recon, Python, the libraries and the system."""
    from importlib import metadata

    found = {"recon": __version__, "python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return {**found, "system": platform.platform()}
