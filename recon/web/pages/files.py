"""Files of the server: style, script and icon."""

from __future__ import annotations

from importlib import resources

from starlette.responses import Response

from recon.web.asking import Ask
from recon.web.pages.shell import figures_script, script, style
from recon.web.problems import Refused

_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}


def static(ask: Ask) -> Response:
    """A file by its name, one of four."""
    name = ask.params["name"]
    if name == "page.css":
        return Response(style(), headers=_FOR_GOOD, media_type="text/css")
    if name in ("page.js", "figures.js"):
        text = script() if name == "page.js" else figures_script()
        return Response(text, headers=_FOR_GOOD, media_type="text/javascript")
    if name == "icon.svg":
        icon = resources.files("recon.web").joinpath("static/icon.svg").read_bytes()
        return Response(icon, headers=_FOR_GOOD, media_type="image/svg+xml")
    raise Refused(404, "There is no such file.")
