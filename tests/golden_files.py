"""Golden files: what a report looked like when a person last read and approved it.

A missing file fails. `RECON_UPDATE_GOLDEN=1 pytest` writes them anew; read the diff before it is
committed.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def check_golden(name: str, text: str) -> None:
    """Assert that a text is the golden file of this name, line breaks apart."""
    path = FOLDER / name
    text = text.replace("\r\n", "\n")
    if os.environ.get("RECON_UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.exists(), f"{path} is missing; RECON_UPDATE_GOLDEN=1 pytest writes it"
    assert text == path.read_text(encoding="utf-8"), f"{path} differs"
