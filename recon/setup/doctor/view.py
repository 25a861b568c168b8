"""The checks on the console, one line each.

Each line comes as soon as its check ends; a sentence sums up all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

from rich.console import Console
from rich.text import Text

from recon.base.text import counted, words
from recon.reports.console.layout import CRITICAL, GOOD, INDENT, PLAIN, SOFT, STRONG, WARNING, Pen
from recon.setup.doctor.model import Check, Finding, State, exit_code

NAME = 15
_STYLES = {
    State.OK: GOOD,
    State.WARNING: WARNING,
    State.FAILED: CRITICAL,
    State.SKIPPED: SOFT,
}
_MARKS = {State.OK: "✓", State.WARNING: "!", State.FAILED: "✗", State.SKIPPED: "–"}
_WORDS = {State.FAILED: "FAILED"}


class ConsoleWatcher:
    """Writes to a console as checks end.

    `waiting` gets the name of a check that begins, and '' at its end; whatever is written is
    written within `printing`.
    """

    def __init__(
        self,
        console: Console,
        waiting: Callable[[str], None] = lambda _: None,
        printing: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._pen = Pen(console)
        self._waiting = waiting
        self._printing = printing

    def section(self, title: str, note: str) -> None:
        """Write a heading."""
        self._write(self._pen.heading(title, str(self._pen.text(note))))

    def begins(self, name: str) -> None:
        """Show the check in progress."""
        self._waiting(words(name))

    def ended(self, check: Check) -> None:
        """Write a check's result."""
        self._waiting("")
        self._write(_lines(self._pen, check))

    def verdict(self, checks: Sequence[Check]) -> None:
        """Write the sentence that sums up all checks."""
        self._write([Text(), *self._pen.paragraph(_verdict(self._pen, checks))])

    def _write(self, lines: Sequence[Text] | Iterator[Text]) -> None:
        with self._printing():
            for line in lines:
                # Lines are laid out already: a long path must not be torn apart.
                self._pen.console.print(line, soft_wrap=True)


def _lines(pen: Pen, check: Check) -> Iterator[Text]:
    """The lines of a check, with any advice below."""
    finding = check.finding
    head = Text.assemble(" " * INDENT, _state(pen, finding), f"{words(check.name):<{NAME}}")
    said = [pen.text(line) for line in finding.found.splitlines()]
    if finding.advice:
        said.append(pen.text(f"→ {finding.advice}", STRONG))
    for text in said:
        # A path is longer than its line rather than torn apart.
        text.overflow = "ignore"
        lines = [line[head.cell_len :] for line in pen.paragraph(text, head.cell_len)]
        for line in lines:
            yield head + line
            head = Text(" " * head.cell_len)


def _state(pen: Pen, finding: Finding) -> Text:
    """A state as mark and word.

    The word alone where the console has no mark.
    """
    style = _STYLES[finding.state]
    word = f"{_WORDS.get(finding.state, finding.state.value):<9}"
    drawn = pen.console.encoding.startswith("utf") and not pen.console.legacy_windows
    return Text(f"{_MARKS[finding.state]} {word}" if drawn else word, style)


def _verdict(pen: Pen, checks: Sequence[Check]) -> Text:
    count = Counter(check.finding.state for check in checks)
    if count[State.FAILED]:
        said = f"Not ready: {counted(count[State.FAILED], 'check')} failed"
        style = CRITICAL
    else:
        said, style = "Ready to reconcile a month", GOOD
    parts = [said]
    if count[State.SKIPPED]:
        parts.append(f"{count[State.SKIPPED]:,} skipped")
    if count[State.WARNING]:
        parts.append(f"with {counted(count[State.WARNING], 'warning')}")
    code = exit_code(checks)
    end = f" (exit code {code.value})" if code else ""
    return Text.assemble(pen.text(", ".join(parts), style), pen.text(end, PLAIN))
