"""Values: what stands on the command line, converted without a library where nothing is to check.

For every option, even one that is left out, Typer loads pydantic, which takes longer than Typer
itself. A text that is to be a text, a path and what is left out need none of it; everything else
Typer converts, and says in its own words where it cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperOption


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
