"""Every module, class and public function says in a few plain words what it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "recon"
MOST_WORDS = 10
STILTED = re.compile(r"\b(what|told|said|stands|whoever|of ours)\b", re.IGNORECASE)

_Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _definitions(body: list[ast.stmt], within: str = "") -> Iterator[tuple[str, _Documented]]:
    for node in body:
        if isinstance(node, _Documented):
            yield f"{within}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from _definitions(node.body, f"{within}{node.name}.")


def _docstrings(path: Path) -> Iterator[tuple[str, str | None]]:
    """The docstrings of a module; None where a public name or a class lacks one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield "the module", ast.get_docstring(tree)
    for name, node in _definitions(tree.body):
        text = ast.get_docstring(node)
        hidden = any(part.startswith("_") for part in name.split("."))
        if text is not None or not hidden or isinstance(node, ast.ClassDef):
            yield name, text


def _faults(path: Path) -> Iterator[str]:
    for name, text in _docstrings(path):
        first = (text or "").partition("\n")[0]
        if not first:
            yield f"{name} has no docstring"
        elif len(first.split()) > MOST_WORDS:
            yield f"{name} has {len(first.split())} words: {first}"
        elif STILTED.search(first):
            yield f"{name} has a stilted word: {first}"


def test_first_lines_are_short_and_plain() -> None:
    """At most ten words, none of them stilted."""
    found = {path.relative_to(PACKAGE).as_posix(): [*_faults(path)] for path in _modules()}
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ('"""A month."""', []),
        ("x = 1", ["the module has no docstring"]),
        ('"""A month."""\ndef close(): ...', ["close has no docstring"]),
        ('"""A month."""\ndef _close(): ...', []),
        ('"""A month."""\nclass _Open: ...', ["_Open has no docstring"]),
        (
            '"""A month of the books, with all lines and all entries."""',
            ["the module has 11 words: A month of the books, with all lines and all entries."],
        ),
        (
            '"""A month."""\ndef _close():\n    """What is told."""',
            ["_close has a stilted word: What is told."],
        ),
    ],
)  # fmt: skip
def test_a_fault_is_found(tmp_path: Path, source: str, faults: list[str]) -> None:
    """The rule tells a plain docstring from a missing, a long and a stilted one."""
    path = tmp_path / "module.py"
    path.write_text(source, encoding="utf-8")
    assert list(_faults(path)) == faults
