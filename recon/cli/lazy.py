"""Commands: known by name and first line, loaded when called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

# In the order of the help. The lines are those of the docstrings, which only the modules know; a
# test holds the two together.
LINES = {
    "month": "Reconcile a month: print whether to close, write the reports.",
    "explain": "Show one contract in full: terms, months, formula and cause.",
    "open": "List the open breaks, and how old they are.",
    "ack": "Acknowledge open breaks, with a reason.",
    "note": "Add a note to a break.",
    "notify": "Send a run's Slack message again, and those still waiting.",
    "escalate": "Escalate overdue breaks and failed runs to the next level.",
    "sign-off": "Sign a month's last run, as preparer or reviewer.",
    "rollforward": "Show how the unrecognized contract value moved in a month.",
    "history": "List months and runs: date, user, verdict, signatures.",
    "diff": "Show how two runs of a month differ, and why.",
    "tune": "Replay stored months under another tolerance.",
    "verify": "Prove from the evidence that runs are unchanged and correct.",
    "backup": "Copy the journal and all runs into one file.",
    "restore": "Bring a backup back; nothing is overwritten.",
    "load": "Load the files that wait into the store.",
    "loads": "List loads, rejected rows, and restated months.",
    "store": "Look at the store, make it compact, back it up, forget a customer.",
    "publish": "Publish the store's star to PostgreSQL, SQL Server or Parquet.",
    "cash": "Reconcile the receivable: the feeds against the ledger.",
    "match": "Match two files: matched, one to many, near, open.",
    "kpi": "Show figures of the store: revenue, stock, customers.",
    "pack": "Write a month's financial report: one PDF and one workbook.",
    "serve": "Show the page: uploads, figures, months, breaks; Ctrl-C ends it.",
    "users": "Keep the people of the page: roles, passwords, tokens.",
    "init": "Write the configuration from your files or databases.",
    "doctor": "Check everything that a month needs, before you run it.",
    "sample": "Make the sample again, or your own with planted errors.",
    "task": "Write and check the tasks of Windows Task Scheduler.",
    "glossary": "Explain a word of recon, or list them all.",
    "completion": "Print the script that completes commands in your shell.",
}
# The help shows the commands in these groups, those of none in the last one.
GROUPS = {
    "Every month": ("month", "explain", "open", "ack", "note", "sign-off"),
    "Looking back": ("history", "diff", "rollforward", "tune", "verify"),
    "Sales, stock and cash": ("load", "loads", "store", "cash", "match", "kpi", "pack", "publish"),
    "The page": ("serve", "users"),
    "Alerts": ("notify", "escalate"),
    "Setting up": ("init", "doctor", "sample", "task", "backup", "restore"),
    "More": ("glossary", "completion"),
}
# Module and function, where they are not named like the command.
_HOMES = {
    "open": ("breaks", "open_breaks"),  # a function of that name would hide Python's own
    "ack": ("breaks", "ack"),
    "note": ("breaks", "note"),
    "notify": ("alerts", "notify"),
    "escalate": ("alerts", "escalate"),
    "sign-off": ("signing", "sign_off"),
    "restore": ("backup", "restore"),
    "load": ("feeds", "load"),
    "loads": ("feeds", "loads"),
    "store": ("feeds", "store"),
}


def groups() -> dict[str, list[str]]:
    """The commands by group; every command is in one."""
    grouped = {title: [name for name in names if name in LINES] for title, names in GROUPS.items()}
    known = {name for names in grouped.values() for name in names}
    grouped["More"] += [name for name in LINES if name not in known]
    return grouped


class Commands(TyperGroup):
    """All commands by their first lines, loaded when called."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - Typer's own
        lines = {name: TyperCommand(name, help=line) for name, line in LINES.items()}
        super().__init__(**{**attributes, "commands": lines})

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - Typer has moved these classes
        """Options before the command; a flag left out is False."""
        params = list(super().get_params(ctx))
        for param in params:
            # Typer loads pydantic to read the None of --help, which takes as long as all the rest.
            param.default = param.default or False
        return params

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """The arguments; `help NAME` is `NAME --help`."""
        if args[:1] == ["help"]:
            args = [*args[1:], "--help"]
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """The commands of the help, in groups."""
        width = max(map(len, LINES))
        for title, names in groups().items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{width}}", LINES[name]) for name in names])
        del ctx

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401
        """The called command, loaded, and the arguments for it."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, loaded(str(name)), rest


def loaded(name: str) -> Any:  # noqa: ANN401 - a command or a group, for which Typer has no one name
    """Typer's command of a function, or of a group."""
    module, attribute = _HOMES.get(name, (name, name))
    found = getattr(import_module(f"recon.cli.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name)(found)
        found = app
    return typer.main.get_command(found)
