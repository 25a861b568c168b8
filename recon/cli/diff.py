"""`recon diff`: the difference between two runs of a month."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from recon.cli import process
from recon.cli.options import (
    Cash,
    Config,
    Json,
    NoColor,
    Profile,
    Reports,
    chosen_settings,
    progress_shown,
)


def diff(
    then: Annotated[
        str, typer.Argument(metavar="RUN", help="The earlier run, or the end of its id.")
    ],
    now: Annotated[
        str, typer.Argument(metavar="RUN", help="The later run, or a month for its last run.")
    ],
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    cash: Cash = False,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Show how two runs of a month differ, and why."""
    from dataclasses import replace

    from recon.record.journal.found_events import lives
    from recon.record.journal.history import compared
    from recon.record.journal.store import Journal
    from recon.record.replay.cash_movement import cash_movement
    from recon.record.replay.movement import movement
    from recon.record.replay.stored_run import Pack

    settings = chosen_settings(config, profile, out, cash)
    with Journal.look(settings.reports, settings.calendar.periods) as journal:
        earlier, later = journal.run(then), journal.run(now)
        breaks = [{item.name: item for item in journal.breaks(run.run_id)}
                  for run in (earlier, later)]  # fmt: skip
        events = [journal.found_events(run.run_id) for run in (earlier, later)]
    since = compared(earlier, breaks[0], later.totals, breaks[1])
    since = replace(since, events=lives(events[1], events[:1]))
    with progress_shown(json) as progress:
        progress("Replaying")
        if cash:
            parts = cash_movement(earlier, later, settings.reports)
        else:
            parts = movement(*(Pack.of(settings.reports / run.folder) for run in (earlier, later)))
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps
            from recon.reports.documents import difference_document

            typer.echo(dumps(difference_document(earlier, later, since, parts)), nl=False)
            return
        from recon.reports.console.dashboard import make_console
        from recon.reports.console.replay import show_difference

        console = make_console(sys.stdout, color=False if no_color else None)
        show_difference(console, earlier, later, since, parts, sample=settings.sample)
