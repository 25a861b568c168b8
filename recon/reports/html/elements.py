"""Elements of a page, escaped by construction.

A page is a tree of `xml.etree.ElementTree`, whose writer escapes every text and every attribute; no
function here takes markup, so no name of a customer can become any. A template language would ask
for the same care in each of its files, and its templates would be neither typed nor checked.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote
from xml.etree.ElementTree import Element, tostring

from recon.base.text import visible

Child = Element | str | None
# An iterable of more of the same, at any depth.
Children = Child | Iterable["Children"]


def element(tag: str, *children: Children, **attributes: str | int) -> Element:
    """An element with texts and elements in it.

    None is left out. An attribute's name may end with an underscore, as in `class_`, and has a
    hyphen for each underscore in between.
    """
    made = Element(tag)
    for name, value in attributes.items():
        made.set(name.rstrip("_").replace("_", "-"), visible(str(value)))
    for child in children:
        _fill(made, child)
    return made


def link(text: str, *path: str) -> Element:
    """A link to a file beside or below the page.

    The path is in parts, each of them a name.
    """
    return element("a", text, href=place(*path))


def place(*path: str) -> str:
    """The address of a file beside or below the page.

    It is quoted, and so can lead nowhere else.
    """
    return "/".join(["."] + [quote(part, safe="") for part in path])


def written(root: Element) -> str:
    """The HTML of an element."""
    return tostring(root, encoding="unicode", method="html")


def _fill(made: Element, child: Children) -> None:
    if child is None:
        return
    if isinstance(child, Element):
        made.append(child)
    elif isinstance(child, str):
        _write(made, visible(child))
    else:
        for each in child:
            _fill(made, each)


def _write(made: Element, text: str) -> None:
    if len(made):
        made[-1].tail = (made[-1].tail or "") + text
    else:
        made.text = (made.text or "") + text
