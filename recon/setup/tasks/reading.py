"""Reading: a file -> its XML and mistakes of form."""

from __future__ import annotations

import codecs
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from recon.setup.tasks.render import HEAD, NAMESPACE

_DECLARATION = re.compile(r"\s*<\?xml(?P<rest>.*?)\?>", re.DOTALL)
_ENCODING = re.compile(r"""encoding\s*=\s*["']([^"']*)["']""")
_SAVE = "save it as UTF-16 LE, in Notepad under Save as, Encoding"
# The first bytes of a file, the encoding that follows from them, and the mistake in it.
_BEGINNINGS = (
    (codecs.BOM_UTF16_LE, "utf-16-le", ""),
    (codecs.BOM_UTF16_BE, "utf-16-be", f"is UTF-16 with the high byte first; {_SAVE}"),
    (codecs.BOM_UTF8, "utf-8", f"is UTF-8, which schtasks refuses; {_SAVE}"),
    (b"<\0", "utf-16-le", f"has no byte order mark (FF FE); {_SAVE}"),
    (b"\0<", "utf-16-be", f"has no byte order mark (FF FE); {_SAVE}"),
    (b"", "utf-8", f"is not UTF-16, and schtasks refuses it; {_SAVE}"),
)


@dataclass(frozen=True, slots=True)
class TaskFinding:
    """A mistake or a warning about a task, with remedy."""

    where: str
    what: str
    mistake: bool = True

    @property
    def line(self) -> str:
        """The finding in a line."""
        parts = ("mistake" if self.mistake else "warning", self.where, self.what)
        return ": ".join(filter(None, parts))


def read(content: bytes) -> tuple[ET.Element | None, list[TaskFinding]]:
    """The task in a file, and the findings so far.

    None where there is no task. Its elements have their names without the namespace.
    """
    mark, encoding, problem = next(row for row in _BEGINNINGS if content.startswith(row[0]))
    findings = [problem] if problem else []
    task = None
    try:
        text = content.removeprefix(mark if b"<" not in mark else b"").decode(encoding)
        findings += _declared(text)
        task = _parsed(text)
        findings += _namespace(task)
    except UnicodeDecodeError:
        findings.append(f"contains bytes that are not {encoding.upper()} text; write it again")
    except ET.ParseError as error:
        findings.append(f"is not well-formed XML: {error}; write & < > as &amp; &lt; &gt;")
    except ValueError as error:
        findings.append(str(error))
    return task, [TaskFinding("", what) for what in findings]


def _declared(text: str) -> list[str]:
    """Mistakes of the first line."""
    declaration = _DECLARATION.match(text)
    encoding = _ENCODING.search(declaration["rest"]) if declaration else None
    if encoding and encoding[1].upper() == "UTF-16":
        return []
    found = f'says encoding="{encoding[1]}"' if encoding else "does not say its encoding"
    return [f"the first line {found}; it must be {HEAD}"]


def _parsed(text: str) -> ET.Element:
    """The outermost element; raises ParseError, and ValueError for a DOCTYPE."""
    bare = _DECLARATION.sub("", text, count=1)
    if "<!DOCTYPE" in bare:
        # Its entities could make a small file as large as the memory.
        raise ValueError("has a DOCTYPE, which no task has; remove it")
    return ET.fromstring(bare.strip())  # noqa: S314 - without a DOCTYPE, see above


def _namespace(task: ET.Element) -> list[str]:
    """Take the namespace, which the outermost needs, off names."""
    root = task.tag
    for item in task.iter():
        item.tag = item.tag.removeprefix(f"{{{NAMESPACE}}}")
    return [] if root == f"{{{NAMESPACE}}}Task" else [f'must be a <Task xmlns="{NAMESPACE}">']
