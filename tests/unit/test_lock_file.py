"""`requirements.lock`: every dependency once, each with hashes, from no place of its own."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.version import Version

from tests.pages import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINNED = re.compile(
    r"^([\w.-]+)==([\w.]+)[^\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M
)


def pinned() -> dict[str, set[str]]:
    """Return the versions of each package; Pythons of two versions may need two."""
    found: dict[str, set[str]] = {}
    for name, version, _ in PINNED.findall(LOCK):
        found.setdefault(name, set()).add(version)
    return found


def test_every_dependency_is_locked_within_its_bounds() -> None:
    """Those of recon itself, and of its passwords."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for text in [*project["dependencies"], *project["optional-dependencies"]["keyring"]]:
        wanted = Requirement(text)
        versions = pinned()[wanted.name.lower()]
        assert all(wanted.specifier.contains(Version(each)) for each in versions), wanted


def test_every_line_of_the_lock_is_a_version_with_hashes() -> None:
    """Nothing is installed unseen, and nowhere is said where from."""
    left = PINNED.sub("", LOCK)
    assert all(line.startswith("#") for line in left.splitlines() if line.strip()), left
    assert "://" not in LOCK
    assert "--index" not in LOCK
