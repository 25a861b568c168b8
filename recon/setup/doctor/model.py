"""The result of a check: finding, state and exit code."""

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
    """The finding of a check, and any advice.

    `exit_code` is that of a failure.
    """

    state: State
    found: str
    advice: str = ""
    exit_code: ExitCode = ExitCode.DONE


@dataclass(frozen=True, slots=True)
class Check:
    """A check with its name, side and finding.

    The side is None for this machine.
    """

    name: str
    side: Side | None
    finding: Finding


def ok(found: str) -> Finding:
    """A finding that needs nothing."""
    return Finding(State.OK, found)


def warning(found: str, advice: str) -> Finding:
    """A finding that a month can live with."""
    return Finding(State.WARNING, found, advice)


def failed(exit_code: ExitCode, found: str, advice: str) -> Finding:
    """A finding that a month would end with."""
    return Finding(State.FAILED, found, advice, exit_code)


def skipped(reason: str) -> Finding:
    """The finding of a check that could not be made."""
    return Finding(State.SKIPPED, reason)


def refused(error: ReconError, advice: str) -> Finding:
    """The finding of a failure that recon foresaw.

    `advice` is for a failure that has none of its own.
    """
    if isinstance(error, ConfigError):
        if len(error.mistakes) > 1:
            return failed(error.exit_code, str(error), advice)
        said = error.mistakes[0]
    else:
        said = str(error)
    found, own = parted(said)
    return failed(error.exit_code, found, own or advice)


def parted(sentence: str) -> tuple[str, str]:
    """A failure's sentence, split into event and advice.

    Every failure of recon names them in this order.
    """
    if "SQLSTATE" in sentence:  # a driver's own words have another order
        return sentence, ""
    found = re.match(r"(.*?)(?:; |\. )(.*)", sentence, re.DOTALL)
    what, advice = (found[1], found[2]) if found else (sentence, "")
    return what.removesuffix("."), advice.removesuffix(".")


def exit_code(checks: Iterable[Check]) -> ExitCode:
    """The exit code of the checks, 0 without a failure.

    It is the first one that any failure has: 4, 5, 6, then 7.
    """
    codes = [check.finding.exit_code for check in checks if check.finding.state is State.FAILED]
    return min(codes, default=ExitCode.DONE)


def document(checks: Sequence[Check]) -> dict[str, object]:
    """The checks as one JSON document."""
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
