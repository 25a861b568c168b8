"""Who ran what where: the user, the machine and the versions, for the record."""

from __future__ import annotations

import getpass
import os
import platform
import socket
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata

from recon import __version__

LIBRARIES = ("duckdb", "openpyxl", "pyodbc")


def who() -> str:
    """Return the user, with the domain on Windows."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        user = "unknown"
    domain = os.environ.get("USERDOMAIN") if sys.platform == "win32" else None
    return f"{domain}\\{user}" if domain else user


def host() -> str:
    """Return the name of this machine."""
    return socket.gethostname()


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of recon, Python, the libraries that touch figures, and the system."""
    found = {"recon": __version__, "python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return {**found, "system": platform.platform()}
