"""The check: the bytes of a file -> what is wrong with the task in it."""

from __future__ import annotations

from recon.tasks.findings import Finding
from recon.tasks.reading import read
from recon.tasks.rules import rules
from recon.tasks.structure import structure


def check(content: bytes) -> list[Finding]:
    """Return every finding, mistakes first; how the file is written comes before what it says."""
    task, findings = read(content)
    if task is not None and task.tag == "Task":
        findings += [*structure(task), *rules(task)]
    return sorted(findings, key=lambda finding: not finding.mistake)
