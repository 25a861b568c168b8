"""`recon serve`: the page for people who would rather look."""

from __future__ import annotations

from typing import Annotated

import typer

from recon.cli.options import Config, Profile, chosen_settings


def serve(
    host: Annotated[
        str | None,
        typer.Option("--host", help="The address to listen on; if left out, this machine only."),
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65_535, help="The port, 8765 if left out.")
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Open no browser; print the address only.")
    ] = False,
    config: Config = None,
    profile: Profile = None,
) -> None:
    """Show the page: uploads, figures, months, breaks; Ctrl-C ends it."""
    from dataclasses import replace

    from recon.base.errors import UsageError
    from recon.run.sample_feeds import with_sample

    settings = chosen_settings(config, profile, None)
    web = settings.web
    web = replace(web, host=host or web.host, port=web.port if port is None else port)
    settings = replace(settings, web=web)
    try:
        from recon.web import serving
    except ImportError as error:
        raise UsageError(
            'The page needs Starlette and uvicorn; `python -m pip install ".[web]"` in recon\'s '
            "folder brings them."
        ) from error
    serving.serve(with_sample(settings), say=typer.echo, browser=not no_browser)
