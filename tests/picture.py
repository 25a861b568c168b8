"""Draw the picture of README.md: the dashboard of the sample, as a terminal shows it.

python -m tests.picture
"""

from __future__ import annotations

import io
import re
from itertools import takewhile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from recon.base.month import Month
from recon.config import Settings
from recon.reports.console.dashboard import show
from recon.run.gathering import reconciled

PICTURE = Path(__file__).parents[1] / ".github" / "dashboard.svg"
WIDTH = 100
# The head of the dashboard ends here: verdict, totals, bridges and the first breaks.
END = "Where the differences are"


def draw() -> str:
    """Return the picture as SVG, without the web fonts that Rich would load."""
    console = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True)
    with reconciled(Settings(), Month.parse("2024-06")) as (_, result):
        show(console, result, run_id="2024-06_20240703T071500Z_3f9a", sample=True, top=4)
    lines = console.export_text(styles=True).splitlines()
    head = takewhile(lambda line: END not in line, lines)
    picture = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True)
    from rich.text import Text

    picture.print(Text.from_ansi("\n".join(head)))
    svg = picture.export_svg(title="recon month 2024-06", theme=MONOKAI, unique_id="recon")
    return re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8", newline="\n")
