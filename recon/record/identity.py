"""The identity of a run: user, machine and versions."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Mapping
from functools import cache

from recon import __version__

LIBRARIES = ("duckdb", "openpyxl", "pyodbc")


def who() -> str:
    """The user of the operating system, with a Windows domain.

    Not as a variable has it: anybody can set one, and the two who sign a month are two people.
    """
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
    """Return the name of this machine."""
    return socket.gethostname()


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
