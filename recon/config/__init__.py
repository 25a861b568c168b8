"""From a TOML file to frozen Settings, or every mistake."""

from recon.config.location import find
from recon.config.reading import load
from recon.config.settings import (
    DatabaseSettings,
    Engine,
    Intent,
    Settings,
    SourceKind,
    SourceSettings,
    SparkSettings,
    SparkSource,
    TaskSettings,
)

__all__ = [
    "DatabaseSettings",
    "Engine",
    "Intent",
    "Settings",
    "SourceKind",
    "SourceSettings",
    "SparkSettings",
    "SparkSource",
    "TaskSettings",
    "find",
    "load",
]
