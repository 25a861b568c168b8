"""Commands: known by name and first line, each loaded when it is called and not before.

Their values are converted without a library where nothing is to check: for every option, even one
that is left out, Typer loads pydantic, which takes longer than Typer itself. A text that is to be
a text, a path and what is left out need none of it; everything else Typer converts, and says in
its own words where it cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

# In the order of the help. The lines are those of the docstrings, which only the modules know; a
# test holds the two together.
LINES = {
    "month": "Reconcile a month: print the dashboard and write the reports.",
    "explain": "Show one contract whole: terms, months, formula and cause.",
    "open": "List the breaks that are not resolved, and how old they are.",
    "ack": "Acknowledge open breaks, with a reason.",
    "note": "Add a note to a break.",
    "notify": "Tell Slack of a run again, and send what waits.",
    "escalate": "Tell the next people of what nobody has acknowledged in time.",
    "sign-off": "Sign the last run of a month, as preparer or as reviewer.",
    "rollforward": "Show how the unrecognized contract value moved in a month.",
    "history": "List months and runs: when, who, verdict, signatures.",
    "diff": "Show what two runs of a month differ in, and why.",
    "tune": "Replay stored months under another tolerance.",
    "verify": "Prove runs from their evidence: unchanged, and right again.",
    "init": "Write the configuration, after a look at your databases.",
    "doctor": "Check everything that a month needs, and say what to do.",
    "sample": "Make the sample anew, or one of your own with its errors.",
    "task": "Write and check the tasks of Windows Task Scheduler.",
}
# Module and function, where they are not named like the command.
_HOMES = {
    "open": ("breaks", "open_breaks"),  # a function of that name would hide Python's own
    "ack": ("breaks", "ack"),
    "note": ("breaks", "note"),
    "notify": ("alerts", "notify"),
    "escalate": ("alerts", "escalate"),
    "sign-off": ("signing", "sign_off"),
}


class Commands(TyperGroup):
    """All commands: the help and the suggestions know their lines, a call loads the one called."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - Typer's own
        lines = [TyperCommand(name, help=line) for name, line in LINES.items()]
        super().__init__(**{**attributes, "commands": lines})

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - Typer has moved these classes
        """Return the options that come before the command."""
        return sparing(super().get_params(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401
        """Return the command that is called, loaded, and the arguments for it."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, loaded(str(name)), rest


def loaded(name: str) -> Any:  # noqa: ANN401 - a command or a group, for which Typer has no one name
    """Return a command as Typer makes it from its function, or from its own commands."""
    module, attribute = _HOMES.get(name, (name, name))
    found = getattr(import_module(f"recon.cli.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name, cls=Command)(found)
        found = app
    return typer.main.get_command(found)


class Command(TyperCommand):
    """A command that loads pydantic only for a value that it has to check."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - Typer has moved this class
        """Return the arguments and options."""
        return sparing(super().get_params(ctx))


def sparing(params: Sequence[Any]) -> list[Any]:
    """Return arguments and options as ours; Typer has no way to name their class."""
    for param in params:
        if isinstance(param, TyperOption):
            param.__class__ = _Option
        elif isinstance(param, TyperArgument):
            param.__class__ = _Argument
    return list(params)


class _Option(TyperOption):
    def process_value(self, ctx: Any, value: Any) -> Any:  # noqa: ANN401
        if _is_plain(self, value):
            return _plain(self, ctx, value)
        return super().process_value(ctx, value)


class _Argument(TyperArgument):
    def process_value(self, ctx: Any, value: Any) -> Any:  # noqa: ANN401
        if _is_plain(self, value):
            return _plain(self, ctx, value)
        return super().process_value(ctx, value)


def _is_plain(param: TyperOption | TyperArgument, value: object) -> bool:
    """Return whether a value is left out, of the right type already, or a path."""
    if param.nargs != 1 or param.multiple:
        return False
    wanted = param.type_descriptor.annotation
    if value is None:
        return not param.required
    return type(value) is wanted or (wanted is Path and isinstance(value, str))


def _plain(param: TyperOption | TyperArgument, ctx: Any, value: Any) -> Any:  # noqa: ANN401
    if value is not None and param.type_descriptor.annotation is Path:
        # Whoever reads or writes it says better what is wrong with it.
        value = Path(value)
    return param.callback(ctx, param, value) if param.callback else value
