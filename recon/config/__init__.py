"""Configuration: a TOML file -> frozen Settings, or every mistake at once."""

from recon.config.location import find
from recon.config.reading import load
from recon.config.settings import (
    DatabaseSettings,
    Intent,
    Settings,
    SourceKind,
    SourceSettings,
    TaskSettings,
)

__all__ = [
    "DatabaseSettings",
    "Intent",
    "Settings",
    "SourceKind",
    "SourceSettings",
    "TaskSettings",
    "find",
    "load",
]
