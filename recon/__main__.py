"""The program: `recon` on the command line, `python -m recon` in Task Scheduler."""

from __future__ import annotations

import os
import sys

from recon import __version__


def main() -> None:
    """Run the command line; Ctrl-C while it is being loaded leaves as quietly as later on."""
    if sys.argv[1:] == ["--version"]:
        # Scripts ask for it often, and parsing one word would load more than half of Typer.
        print(f"recon {__version__}")  # noqa: T201 - says nothing where standard output is closed
        return
    try:
        from recon import cli
        from recon.cli import process
    except KeyboardInterrupt:
        # Nothing was begun, so there is nothing to tidy up.
        os._exit(130)
    process.leave(cli.main())


if __name__ == "__main__":
    main()
