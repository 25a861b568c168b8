"""Draw the picture of README.md: the first screen of the sample, as a terminal shows it.

python -m tests.picture
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from recon.base.month import Month
from recon.config import Settings
from recon.reports.console.brief import Brief, show_brief
from recon.run.gathering import reconciled

PICTURE = Path(__file__).parents[1] / ".github" / "dashboard.svg"
WIDTH = 100
RUN = "2024-06_20240703T071500Z_3f9a"


def draw() -> str:
    """Return the picture as SVG, without the web fonts that Rich would load."""
    console = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True)
    places = [("page", "reports/2024-06/latest.html"), ("reports", f"reports/2024-06/{RUN}")]
    with reconciled(Settings(), Month.parse("2024-06")) as (_, result):
        show_brief(console, Brief(result, sample=True, places=places))
    svg = console.export_svg(title="recon month 2024-06", theme=MONOKAI, unique_id="recon")
    return re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8", newline="\n")
