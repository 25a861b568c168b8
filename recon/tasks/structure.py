"""Structure: a task against the schema: names, places, numbers and values of its elements."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from recon.tasks.findings import Finding
from recon.tasks.schema import TASK, VERSIONS, Element


def structure(task: ET.Element) -> Iterator[Finding]:
    """Yield what in a task is not as the schema wants it."""
    version = task.get("version", "")
    known = version if version in VERSIONS else VERSIONS[-1]
    yield from _element(task, TASK, "", known)


def _element(item: ET.Element, schema: Element, above: str, version: str) -> Iterator[Finding]:
    where = f"{above}/{schema.name}" if above else ""
    if schema.since > version:
        yield Finding(where, f'needs version="{schema.since}" of the Task; take it out')
    yield from _attributes(item, schema, where or schema.name)
    if schema.open:
        return
    if schema.check:
        yield from _text(item, schema, where)
        return
    path = where or schema.name
    if (item.text or "").strip():
        yield Finding(path, f"has the text {(item.text or '').strip()!r}; take it out")
    yield from _numbers(item, schema, path)
    if schema.ordered:
        yield from _order(item, schema, path)
    for child in item:
        known = schema.child(child.tag)
        if known is None:
            yield Finding(path, _unknown(child.tag, schema))
        else:
            yield from _element(child, known, path, version)


def _attributes(item: ET.Element, schema: Element, where: str) -> Iterator[Finding]:
    for name, value in item.items():
        check = schema.attributes.get(name)
        if check is None:
            yield Finding(where, f"has an attribute {name}, which it cannot have; take it out")
        elif wrong := check(value):
            yield Finding(f"{where}/@{name}", f"{value!r} {wrong}")


def _text(item: ET.Element, schema: Element, where: str) -> Iterator[Finding]:
    if len(item):
        yield Finding(where, f"has {item[0].tag} in it, where only a text can be; take it out")
    text = item.text or ""
    wrong = schema.check(text.strip()) if schema.check else ""
    if wrong:
        yield Finding(where, f"{text!r} {wrong}")


def _unknown(name: str, schema: Element) -> str:
    alike = [known for known in schema.names if known.lower() == name.lower()]
    what = f"write {alike[0]}" if alike else f"it can have {', '.join(schema.names)}"
    return f"has {name}, which it cannot have; {what}"


def _numbers(item: ET.Element, schema: Element, where: str) -> Iterator[Finding]:
    """Yield which children there are too many or too few of."""
    names = [child.tag for child in item]
    for child in schema.children:
        number = names.count(child.name)
        if child.required and not number:
            yield Finding(where, f"has no {child.name}; add it")
        if number > child.most:
            yield Finding(where, f"has {number} times {child.name}; at most {child.most} can be")
    chosen = [name for name in names if name in schema.choice]
    if schema.choice and len(chosen) != 1:
        listed = ", ".join(schema.choice)
        yield Finding(where, f"must have exactly one of {listed}; it has {len(chosen)}")


def _order(item: ET.Element, schema: Element, where: str) -> Iterator[Finding]:
    """Yield the first child that stands after one that it must stand before."""
    known = [child.tag for child in item if child.tag in schema.names]
    early = {child.name for child in schema.children if child.early}
    for place, name in enumerate(known):
        later = (schema.names.index(other) for other in known[:place] if other not in early)
        before = [index for index in later if index > schema.names.index(name)]
        if before:
            yield Finding(where, f"{name} must stand before {schema.names[min(before)]}; move it")
            return
