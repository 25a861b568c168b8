"""`recon verify`: runs proved from their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import ExitCode, UsageError
from recon.base.text import counted, one_line
from recon.cli import process
from recon.cli.options import Cash, Config, Json, Profile, Reports, chosen_settings, progress_shown

if TYPE_CHECKING:
    from recon.config import Settings
    from recon.record.evidence import Verdict


@dataclass(frozen=True, slots=True)
class _Proof:
    """The verdicts on runs, the journal and a seal.

    `cut_off` are the runs that the journal knows as cut off before their record; `asked` is what
    is told of the seal asked about, '' where none was.
    """

    verdicts: Sequence[Verdict]
    cut_off: frozenset[str]
    seal: str
    damage: Sequence[str]
    asked: str = ""
    found: bool = True

    @property
    def proven(self) -> bool:
        """Whether nothing was found anywhere."""
        return all(verdict.proven for verdict in self.verdicts) and not self.damage and self.found


def verify(
    which: Annotated[
        str | None, typer.Argument(metavar="RUN|MONTH", help="A run's id, or a month.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Verify every run.")] = False,
    seal: Annotated[
        str | None,
        typer.Option(
            "--seal",
            metavar="HEX",
            help="A seal noted before, as in Slack: the journal must still have it.",
        ),
    ] = None,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    cash: Cash = False,
    json: Json = False,
) -> None:
    """Prove from the evidence that runs are unchanged and correct."""
    if bool(which) == everything and not (seal is not None and not which):
        raise UsageError("Give a run or a month, or use --all.")
    settings = chosen_settings(config, profile, out)
    proofs = [
        _proof(reports, which, seal, json)
        for reports in _journals(settings, everything=everything, cash=cash)
    ]
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps

            first, *others = map(_document, proofs)
            for each in others:
                first |= {"proven": first["proven"] and each["proven"], "cash": each}
            typer.echo(dumps(first), nl=False)
        else:
            # A forged pack may hold anything.
            lines = [line for proof in proofs for line in _lines(proof)]
            typer.echo("\n".join(map(one_line, lines)))
    proven = all(proof.proven for proof in proofs)
    raise typer.Exit(ExitCode.DONE if proven else ExitCode.SOURCE_DATA)


def _journals(settings: Settings, *, everything: bool, cash: bool) -> list[Path]:
    """The folders of reports to prove, both with --all."""
    from recon.record.journal.store import NAME

    months, of_cash = settings.reports, settings.of_cash().reports
    if cash or not everything:
        return [of_cash if cash else months]
    there = [folder for folder in (months, of_cash) if (folder / NAME).exists()]
    return there or [months]


def _proof(reports: Path, which: str | None, seal: str | None, quiet: bool) -> _Proof:
    from recon.record import evidence
    from recon.record.journal.store import Journal

    with Journal.look(reports) as opened:
        journal = opened.proof()
    asked, found = evidence.verify_seal(journal, seal) if seal is not None else ("", True)
    with progress_shown(quiet) as progress:
        verdicts = evidence.verify(reports, which, journal, progress)
    damage = evidence.verify_journal(reports, journal)
    cut_off = {item.run for item in verdicts} & journal.interrupted.keys() - journal.runs.keys()
    return _Proof(verdicts, frozenset(cut_off), journal.seal, damage, asked, found)


def _document(proof: _Proof) -> dict[str, object]:
    asked = {"seal": {"proven": proof.found, "what": proof.asked}} if proof.asked else {}
    return {
        "schema": 1,
        "proven": proof.proven,
        "journal": {
            "proven": not proof.damage, "seal": proof.seal, "findings": list(proof.damage),
        },
        **asked,
        "runs": [
            {
                "run_id": verdict.run,
                "folder": verdict.folder.as_posix(),
                "proven": verdict.proven,
                "recorded": verdict.run not in proof.cut_off,
                "findings": [{"file": item.file, "what": item.what} for item in verdict.findings],
            }
            for verdict in proof.verdicts
        ],
    }  # fmt: skip


def _lines(proof: _Proof) -> list[str]:
    lines = []
    for verdict in proof.verdicts:
        lines.append(f"{verdict.run}: {_word(verdict.proven)}")
        lines += [f"  - {finding}" for finding in verdict.findings]
        if verdict.run in proof.cut_off:
            lines.append("  - was cut off before it was recorded: the journal says so")
    lines.append(f"journal: {_word(not proof.damage)}")
    lines += [f"  - {finding}" for finding in proof.damage]
    if proof.asked:
        lines += [f"seal: {_word(proof.found)}", f"  - {proof.asked}"]
    if not proof.damage:
        lines.append(f"The journal's seal is {proof.seal}.")
    return [*lines, _summary(proof)]


def _word(proven: bool) -> str:
    return "proven" if proven else "NOT PROVEN"


def _summary(proof: _Proof) -> str:
    failed = sum(not verdict.proven for verdict in proof.verdicts)
    runs = counted(len(proof.verdicts), "run")
    if failed:
        return f"{failed:,} of {runs} not proven."
    told = f"{runs} proven: unchanged, complete, and the result follows from the extracts."
    return told if proof.proven else f"{told} The journal or the seal is not."
