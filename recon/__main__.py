"""The program: `recon`, or `python -m recon` in Task Scheduler."""

from __future__ import annotations

import sys

from recon import __version__


def main() -> None:
    """Run the command line; Ctrl-C during loading ends quietly, too."""
    if sys.argv[1:] == ["--version"]:
        # Scripts call it often, and loading Typer takes ten times as long.
        print(f"recon {__version__}")  # noqa: T201 - says nothing where standard output is closed
        return
    try:
        from recon import cli
        from recon.cli import process
    except KeyboardInterrupt:
        # Nothing is begun, so there is nothing to clean up.
        sys.exit(130)
    process.leave(cli.main())


if __name__ == "__main__":
    main()
