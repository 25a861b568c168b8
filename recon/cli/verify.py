"""`recon verify`: runs proved from their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import ExitCode, UsageError
from recon.base.text import counted
from recon.cli import process
from recon.cli.options import Config, Json, Profile, progress_shown

if TYPE_CHECKING:
    from recon.record.evidence import Verdict


def verify(
    which: Annotated[
        str | None, typer.Argument(metavar="RUN|MONTH", help="A run's id, or a month.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Verify every run.")] = False,
    config: Config = None,
    profile: Profile = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The reports folder, instead of reports/.")
    ] = None,
    json: Json = False,
) -> None:
    """Prove from the evidence that runs are unchanged and correct."""
    from recon.config import load

    if bool(which) == everything:
        raise UsageError("Give a run or a month, or use --all.")
    reports = out.absolute() if out else load(config, profile).reports
    verdicts, unrecorded = _verdicts(reports, which, json)
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps

            typer.echo(dumps(_document(verdicts, unrecorded)), nl=False)
        else:
            typer.echo("\n".join(_lines(verdicts, unrecorded)))
    proven = all(verdict.proven for verdict in verdicts)
    raise typer.Exit(ExitCode.DONE if proven else ExitCode.SOURCE_DATA)


def _verdicts(
    reports: Path, which: str | None, quiet: bool
) -> tuple[Sequence[Verdict], frozenset[str]]:
    """The verdicts of runs, and those missing in the journal."""
    from recon.record import evidence
    from recon.record.journal.store import Journal

    with Journal.look(reports) as journal:
        seals = journal.seals()
    recorded = {run: seal for run, seal in seals.items() if seal}
    with progress_shown(quiet) as progress:
        verdicts = evidence.verify(reports, which, recorded, progress)
    return verdicts, frozenset(item.run for item in verdicts) - seals.keys()


def _document(verdicts: Sequence[Verdict], unrecorded: frozenset[str]) -> dict[str, object]:
    return {
        "schema": 1,
        "proven": all(verdict.proven for verdict in verdicts),
        "runs": [
            {
                "run_id": verdict.run,
                "folder": verdict.folder.as_posix(),
                "proven": verdict.proven,
                "recorded": verdict.run not in unrecorded,
                "findings": [{"file": item.file, "what": item.what} for item in verdict.findings],
            }
            for verdict in verdicts
        ],
    }


def _lines(verdicts: Sequence[Verdict], unrecorded: frozenset[str]) -> list[str]:
    lines = []
    for verdict in verdicts:
        lines.append(f"{verdict.run}: {'proven' if verdict.proven else 'NOT PROVEN'}")
        lines += [f"  - {finding}" for finding in verdict.findings]
        if verdict.run in unrecorded:
            lines.append(
                "  - the journal does not know this run: it was interrupted before it was "
                "recorded, or it was recorded in another journal"
            )
    return [*lines, _summary(verdicts)]


def _summary(verdicts: Sequence[Verdict]) -> str:
    failed = sum(not verdict.proven for verdict in verdicts)
    runs = counted(len(verdicts), "run")
    if failed:
        return f"{failed:,} of {runs} not proven."
    return f"{runs} proven: unchanged, complete, and the result follows from the extracts."
