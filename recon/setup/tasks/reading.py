"""Reading: the bytes of a file -> its XML, and what is wrong with how it is written."""

from __future__ import annotations

import codecs
import re
import xml.etree.ElementTree as ET

from recon.setup.tasks.schema import NAMESPACE, VERSIONS
from recon.setup.tasks.values import Finding

_DECLARATION = re.compile(r"\s*<\?xml(?P<rest>.*?)\?>", re.DOTALL)
_ENCODING = re.compile(r"""encoding\s*=\s*["']([^"']*)["']""")
_SAVE = "save it as UTF-16 LE, in Notepad under Save as, Encoding"
# By how a file begins: its encoding, and what is wrong with it.
_BEGINNINGS = (
    (codecs.BOM_UTF16_LE, "utf-16-le", ""),
    (codecs.BOM_UTF16_BE, "utf-16-be", f"is UTF-16 with the high byte first; {_SAVE}"),
    (codecs.BOM_UTF8, "utf-8", f"is UTF-8, which schtasks refuses; {_SAVE}"),
    (b"<\0", "utf-16-le", f"has no byte order mark (FF FE); {_SAVE}"),
    (b"\0<", "utf-16-be", f"has no byte order mark (FF FE); {_SAVE}"),
)
_OTHER = (b"", "utf-8", f"is not UTF-16, and schtasks refuses it; {_SAVE}")


def read(content: bytes) -> tuple[ET.Element | None, list[Finding]]:
    """Return the task in a file, None where there is none, and the findings so far.

    Elements have their names without the namespace.
    """
    text, findings = _decoded(content)
    if text is None:
        return None, findings
    findings += _declared(text)
    task, problem = _parsed(text)
    if task is None:
        return None, [*findings, problem] if problem else findings
    return task, findings + _root(task)


def _decoded(content: bytes) -> tuple[str | None, list[Finding]]:
    known = (row for row in _BEGINNINGS if content.startswith(row[0]))
    mark, encoding, problem = next(known, _OTHER)
    findings = [Finding("", problem)] if problem else []
    try:
        return content.removeprefix(mark if b"<" not in mark else b"").decode(encoding), findings
    except UnicodeDecodeError:
        damaged = f"has bytes that are no {encoding.upper()} text; write it anew"
        return None, [*findings, Finding("", damaged)]


def _declared(text: str) -> list[Finding]:
    """Return what is wrong with the first line."""
    declaration = _DECLARATION.match(text)
    encoding = _ENCODING.search(declaration["rest"]) if declaration else None
    if encoding and encoding[1].upper() == "UTF-16":
        return []
    found = f'says encoding="{encoding[1]}"' if encoding else "does not say its encoding"
    wanted = '<?xml version="1.0" encoding="UTF-16"?>'
    return [Finding("", f"the first line {found}; it must be {wanted}")]


def _parsed(text: str) -> tuple[ET.Element | None, Finding | None]:
    bare = _DECLARATION.sub("", text, count=1)
    if "<!DOCTYPE" in bare:
        # Its entities could make a small file as large as the memory.
        return None, Finding("", "has a DOCTYPE; take it out, a task has none")
    try:
        return ET.fromstring(bare.strip()), None  # noqa: S314 - without a DOCTYPE, see above
    except ET.ParseError as error:
        return None, Finding("", f"is not well-formed XML: {error}; write & < > as &amp; &lt; &gt;")


def _root(task: ET.Element) -> list[Finding]:
    """Return what is wrong with the outermost element, and take the namespace off all names."""
    findings = []
    own = f"{{{NAMESPACE}}}"
    if task.tag != f"{own}Task":
        findings.append(Finding("", f'must be a <Task xmlns="{NAMESPACE}">, not {task.tag!r}'))
    foreign = [item for item in task.iter() if not str(item.tag).startswith(own)]
    if foreign and not findings:
        name = str(foreign[0].tag)
        findings.append(
            Finding("", f"{name!r} is not in the namespace of tasks; take its xmlns out")
        )
    for item in task.iter():
        item.tag = str(item.tag).rpartition("}")[2]
    version = task.get("version")
    if version not in VERSIONS:
        what = f'version="{version}"' if version else "no version"
        findings.append(Finding("Task", f'has {what}; write version="{VERSIONS[0]}"'))
    return findings
