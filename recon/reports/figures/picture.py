"""Pictures of a page of figures: bars, columns, sparklines.

They are without letters, and stretch with the page; tables beside them have the same numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element

from recon.reports.html.elements import element

WIDTH = 1_000
_LEAST = 3
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def bar(scale: Sequence[int], value: int) -> Element:
    """A bar on a scale that holds zero."""
    low, high = min(0, *scale, 0), max(0, *scale, 0)
    left, right = sorted((_place(low, high, 0), _place(low, high, value)))
    width = max(right - left, _LEAST) if value else 0
    zero = _place(low, high, 0)
    return _svg(
        "", f"0 0 {WIDTH} 16",
        element("line", x1=zero, x2=zero, y1=0, y2=16, class_="zero"),
        element("rect", x=min(left, WIDTH - width), y=2, width=width, height=12,
                class_="under" if value < 0 else "over") if width else None,
    )  # fmt: skip


def spark(values: Sequence[int | None]) -> Element | None:
    """A line through the values, those not known left out."""
    known = [value for value in values if value is not None]
    if len(known) < 2:  # noqa: PLR2004
        return None
    low, high = min(0, *known), max(0, *known)
    points = [
        f"{round(WIDTH * at / (len(values) - 1))},{WIDTH - _place(low, high, value)}"
        for at, value in enumerate(values)
        if value is not None
    ]
    return _svg("spark", "-20 -60 1040 1120", element("polyline", points=" ".join(points)))


def chart(values: Sequence[int], names: Sequence[str], tips: Sequence[str]) -> Element:
    """Columns side by side; a script finds their names."""
    low, high = min(0, *values, 0), max(0, *values, 0)
    zero = WIDTH - _place(low, high, 0)
    wide = Fraction(WIDTH, len(values))
    made = []
    for at, value in enumerate(values):
        top = WIDTH - _place(low, high, value)
        left = float(at * wide)
        made += [
            element("rect", class_="under" if value < 0 else "over", x=f"{left + wide * 0.08:.2f}",
                    width=f"{wide * 0.84:.2f}", y=min(top, zero), height=max(abs(top - zero), 4)),
            element("rect", class_="hit", x=f"{left:.2f}", width=f"{float(wide):.2f}", y=0,
                    height=WIDTH, data_tip=tips[at], data_point=names[at]),
        ]  # fmt: skip
    ruler = element("line", x1=0, x2=WIDTH, y1=zero, y2=zero, class_="zero")
    return _svg("chart", f"0 0 {WIDTH} {WIDTH}", *made, ruler)


def short(name: str) -> str:
    """A month's or day's name below its column."""
    if re.fullmatch(r"\d{4}-\d\d", name):
        return _MONTHS[int(name[5:]) - 1]
    if re.fullmatch(r"\d{4}-\d\d-\d\d", name):
        return str(int(name[8:]))
    return name[:3] if name[:3] in _MONTHS else name[:8]


def _svg(kind: str, box: str, *parts: Element | None) -> Element:
    look = {"class": kind} if kind else {}
    return element(
        "svg", *parts, viewBox=box, preserveAspectRatio="none", aria_hidden="true", **look
    )


def _place(low: int, high: int, point: int) -> int:
    return round(Fraction(WIDTH * (point - low), high - low)) if high > low else 0
