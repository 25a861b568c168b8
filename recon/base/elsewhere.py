"""Failures in words for people at the page.

They are on another machine: its paths tell them nothing and are none of their business, and the
commands of the console are not theirs to type.
"""

from __future__ import annotations

import re

from recon.base.errors import (
    ConfigError,
    Locked,
    NothingLoaded,
    RanAtOnce,
    ReconError,
    ReportError,
    UsageError,
)
from recon.base.secrets import redacted
from recon.base.text import visible

_ADVICE = "Nothing was changed; tell whoever runs recon: the log on the server has more."
# The first that fits; what a person has asked for wrongly is theirs to know.
_SENTENCES: tuple[tuple[type[ReconError], str], ...] = (
    (NothingLoaded, "Nothing was loaded yet. Once files are loaded, their figures are here."),
    (Locked, "Another run or load is at work. Wait until it has ended, then try again."),
    (RanAtOnce, f"Another run came between. {_ADVICE}"),
    (ConfigError, f"The configuration on the server has mistakes. {_ADVICE}"),
    (ReportError, f"The server cannot read or write its files. {_ADVICE}"),
    (ReconError, f"What this needs cannot be read on the server. {_ADVICE}"),
)
_KNOWN = ((re.compile(r"`recon load --accept (\d+)`"), r"load \1 is accepted"),)
_COMMAND = r"`(?:recon|python)\b[^`]*`"
_ASIDE = re.compile(rf"\s*\([^()]*{_COMMAND}[^()]*\)")
_CLAUSES = re.compile(r"(?<=[.;:])\s+")
_OPTION = re.compile(r"(?<![\w-])--(?=[a-z])")
_PATH = re.compile(r"(?<![\w.:/\\-])(?:[A-Za-z]:[\\/]|\\\\|/)(?:[^\s:;,'\"<>|/\\]+[\\/])+")


def said_elsewhere(error: ReconError) -> str:
    """The sentence of a failure, for people at the page."""
    if isinstance(error, UsageError) or error.is_of_file:
        said = without_paths(without_commands(visible(redacted(str(error)))))
        return said or "This is not possible."
    return next(sentence for of, sentence in _SENTENCES if isinstance(error, of))


def hides(error: Exception) -> bool:
    """Whether an error's own text is kept from people."""
    if not isinstance(error, ReconError):
        return True
    return not (isinstance(error, UsageError | Locked | NothingLoaded) or error.is_of_file)


def without_commands(text: str) -> str:
    """A text without the clauses that name a command."""
    for command, words in _KNOWN:
        text = command.sub(words, text)
    kept = [
        clause for clause in _CLAUSES.split(_ASIDE.sub("", text)) if not re.search(_COMMAND, clause)
    ]
    said = _OPTION.sub("", " ".join(kept)).rstrip()
    return said if said[-1:] not in (";", ":", ",") else f"{said[:-1]}."


def without_paths(text: str) -> str:
    """A text whose paths are the names of their files."""
    return _PATH.sub("", text)
