"""Pictures of a page: bars and bridges.

Each row of a table has its own, in the cell beside its name and its amount, and the picture grows
with the page. Letters are no part of it: they are as large as all others, and can be read aloud.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element

from recon.reports.html.elements import element

WIDTH, HEIGHT = 1_000, 16
_LEAST = 3  # an amount that is there shows, however small


def bars(amounts: Sequence[int]) -> list[Element]:
    """A bar for each amount, with a common zero."""
    low, high = min([0, *amounts]), max([0, *amounts])
    return [_picture(low, high, 0, amount, 0, _direction(amount)) for amount in amounts]


def bridge(start: int, amounts: Sequence[int]) -> list[Element]:
    """The steps of a bridge, from start to end.

    Every step begins where the one before it ended; the ruler is the start. The picture begins at
    the lowest point and not at zero: beside millions no step would be seen.
    """
    points = [start]
    for amount in amounts:
        points.append(points[-1] + amount)
    low, high = min(points), max(points)
    margin = (high - low) // 20
    low, high = low - margin, high + margin
    ends = [_picture(low, high, low, point, start, "whole") for point in (points[0], points[-1])]
    steps = [
        _picture(low, high, point, point + amount, start, _direction(amount))
        for point, amount in zip(points, amounts, strict=False)
    ]
    return [ends[0], *steps, ends[1]]


def _direction(amount: int) -> str:
    return "under" if amount < 0 else "over"


def _picture(low: int, high: int, begin: int, end: int, zero: int, kind: str) -> Element:
    """A bar on a scale from low to high."""
    left, right = (_place(low, high, point) for point in sorted((begin, end)))
    width = max(right - left, _LEAST) if begin != end else 0
    ruler = _place(low, high, zero)
    return element(
        "svg",
        element("line", x1=ruler, x2=ruler, y1=0, y2=HEIGHT, class_="zero"),
        element(
            "rect", x=min(left, WIDTH - width), y=2, width=width, height=HEIGHT - 4, class_=kind
        ) if width else None,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )  # fmt: skip


def _place(low: int, high: int, point: int) -> int:
    return round(Fraction(WIDTH * (point - low), high - low)) if high > low else 0
