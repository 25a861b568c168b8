"""`recon tune`: stored months under another tolerance."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from recon.base.errors import ConfigError, UsageError
from recon.cli import process
from recon.cli.options import (
    Config,
    Json,
    NoColor,
    Profile,
    Reports,
    asked_month,
    chosen_settings,
    progress_shown,
)


def tune(
    tolerance: Annotated[
        str | None,
        typer.Option(
            "--tolerance", help="The tolerance in percent of the expected amount, like 0.5%."
        ),
    ] = None,
    segment: Annotated[
        list[str] | None,
        typer.Option("--segment", help="The tolerance of a segment, like SMB=2%; may be repeated."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--type", help="The tolerance of a revenue type, like Setup=0%; may be repeated."
        ),
    ] = None,
    month: Annotated[
        list[str] | None, typer.Option("--month", help="Only this month; may be repeated.")
    ] = None,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Replay stored months under another tolerance."""
    from recon.record.replay.tuning import stored, tuned_months

    if tolerance is not None:
        _refuse_no_rate(tolerance, "--tolerance must be a percentage")
    segments, kinds = _rates(segment, "--segment"), _rates(kind, "--type")
    if tolerance is None and not segments and not kinds:
        raise UsageError("Give another tolerance, like: recon tune --tolerance 0.5%")
    settings = chosen_settings(config, profile, out)
    packs = stored(
        settings.reports,
        {asked_month(text, settings) for text in month or ()},
        settings.calendar.periods,
    )
    with progress_shown(json) as progress:
        months = tuned_months(packs, tolerance, segments, kinds, progress)
    change = ", ".join(
        [*([f"tolerance {tolerance}"] if tolerance else []),
         *(f"{name} {rate}" for name, rate in {**segments, **kinds}.items())]
    )  # fmt: skip
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps
            from recon.reports.documents import tuning_document

            typer.echo(dumps(tuning_document(months, change)), nl=False)
            return
        from recon.reports.console.dashboard import make_console
        from recon.reports.console.replay import show_tuning

        console = make_console(sys.stdout, color=False if no_color else None)
        main = settings.policy.currency
        show_tuning(console, months, change, main, sample=settings.sample)


def _rates(texts: list[str] | None, option: str) -> dict[str, str]:
    found = {}
    for text in texts or ():
        name, equals, rate = text.partition("=")
        if not (name.strip() and equals and rate.strip()):
            raise UsageError(f"{option} needs a name and a tolerance, like SMB=2%, not {text!r}.")
        _refuse_no_rate(rate, f"{option} needs a name and a percentage")
        found[name.strip()] = rate.strip()
    return found


def _refuse_no_rate(text: str, what: str) -> None:
    """Refuse a text that is no tolerance."""
    from recon.base.policy import Policy

    try:
        Policy.of({"tolerance": text.strip()})
    except ConfigError as error:
        raise UsageError(f"{what} from 0% to 100%, like 0.5%, not {text!r}.") from error
