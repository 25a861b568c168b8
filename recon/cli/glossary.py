"""`recon glossary`: the words of recon."""

from __future__ import annotations

from typing import Annotated

import typer

from recon.cli import process


def glossary(
    word: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORD", help="The word, or how it begins; if left out, all."),
    ] = None,
) -> None:
    """Explain a word of recon, or list them all."""
    from recon.reports.glossary import explained, listed, read

    words = read()
    text = " ".join(word or ())
    with process.printing():
        for line in explained(words, text) if text.strip() else listed(words):
            typer.echo(line)
