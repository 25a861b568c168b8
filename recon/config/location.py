"""Location: where the configuration that applies is found."""

from __future__ import annotations

import os
from pathlib import Path

from recon.base.errors import ConfigError


def find(given: Path | None, here: Path) -> Path | None:
    """The configuration that applies.

    The one given, RECON_CONFIG, one here or above, or the user's own, in this order. None where
    there is none. Raises ConfigError where a named one is not there.
    """
    variable = os.environ.get("RECON_CONFIG")
    named = given or (Path(variable) if variable else None)
    if named:
        if not _is_file(named):
            origin = "--config" if given else "the environment variable RECON_CONFIG"
            raise ConfigError([f"there is no such file; correct {origin}"], named)
        return named.absolute()
    import platformdirs

    places = [folder / "config" / "recon.toml" for folder in (here, *here.parents)]
    places.append(Path(platformdirs.user_config_dir("recon", appauthor=False)) / "recon.toml")
    return next((place for place in places if _is_file(place)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be looked into, or a name that is too long
        return False
