"""The script and the style of pages of figures."""

from __future__ import annotations

from pathlib import Path

from recon.reports.html.style import STYLE

_HERE = Path(__file__).parent


def page_script() -> str:
    """The script of the page, for a server's file."""
    return (_HERE / "page.js").read_text(encoding="utf-8")


def page_style() -> str:
    """The style of the page, for a server's file."""
    return STYLE + (_HERE / "page.css").read_text(encoding="utf-8")
