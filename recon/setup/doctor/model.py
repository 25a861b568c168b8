"""What a check comes to: a finding, how grave it is, and the exit code of all of them together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from recon.base.errors import ConfigError, ExitCode, ReconError
from recon.base.result import Side

SCHEMA = 1


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and what to do about it; `exit_code` is that of a failure."""

    state: State
    found: str
    advice: str = ""
    exit_code: ExitCode = ExitCode.DONE


@dataclass(frozen=True, slots=True)
class Check:
    """A check by name, the side that it is about (None for this machine) and its finding."""

    name: str
    side: Side | None
    finding: Finding


def ok(found: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(State.OK, found)


def warning(found: str, advice: str) -> Finding:
    """Return a finding that a month can live with."""
    return Finding(State.WARNING, found, advice)


def failed(exit_code: ExitCode, found: str, advice: str) -> Finding:
    """Return a finding that a month would end with."""
    return Finding(State.FAILED, found, advice, exit_code)


def skipped(reason: str) -> Finding:
    """Return the finding of a check that could not be made."""
    return Finding(State.SKIPPED, reason)


def refused(error: ReconError, advice: str) -> Finding:
    """Return the finding of a failure that recon foresaw; `advice` is for one without its own."""
    if isinstance(error, ConfigError):
        if len(error.mistakes) > 1:
            return failed(error.exit_code, str(error), advice)
        said = error.mistakes[0]
    else:
        said = str(error)
    found, own = parted(said)
    return failed(error.exit_code, found, own or advice)


def parted(sentence: str) -> tuple[str, str]:
    """Return what happened and what to do, as every failure of recon says in this order."""
    if "SQLSTATE" in sentence:  # a driver's own words have another order
        return sentence, ""
    found = re.match(r"(.*?)(?:; |\. )(.*)", sentence, re.DOTALL)
    what, advice = (found[1], found[2]) if found else (sentence, "")
    return what.removesuffix("."), advice.removesuffix(".")


def exit_code(checks: Iterable[Check]) -> ExitCode:
    """Return the first exit code of those that failed: 4, 5, 6, then 7."""
    codes = [check.finding.exit_code for check in checks if check.finding.state is State.FAILED]
    return min(codes, default=ExitCode.DONE)


def document(checks: Sequence[Check]) -> dict[str, object]:
    """Return the checks as one JSON document."""
    code = exit_code(checks)
    return {
        "schema": SCHEMA,
        "ok": code is ExitCode.DONE,
        "exit_code": int(code),
        "checks": [
            {
                "check": check.name,
                "side": check.side.value if check.side else None,
                "state": check.finding.state.value,
                "found": check.finding.found,
                "advice": check.finding.advice,
            }
            for check in checks
        ],
    }
