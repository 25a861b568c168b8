"""The chart of docs/benchmarks.md: how much of its goal each work uses, as an SVG written by hand.

Up to the line is met, beyond it is missed. Bars end at two goals, where their figure goes on. The
picture has a ground of its own and follows whether the reader likes it light or dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from tests.benchmarks.works import Result

WIDTH, ROW, TOP = 980, 28, 58
LEFT, GOAL, LONGEST = 400, 140, 2.0
STYLE = """
  .ground { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, sans-serif }
  .quiet { fill: #59636e } .head { font-weight: 600; font-size: 15px }
  .met { fill: #2da44e } .missed { fill: #d4760a }
  .goal { stroke: #59636e; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .quiet { fill: #9198a1 }
    .met { fill: #3fb950 } .missed { fill: #f0883e } .goal { stroke: #9198a1 }
  }"""


def chart(results: Sequence[Result], cores: int) -> str:
    """Return the chart of the works that have a goal and were measured."""
    shown = [result for result in results if result.used is not None]
    height = TOP + ROW * len(shown) + 16
    title = f"How much of its goal each work uses, on {cores} cores"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">',
        f"<title>{title}</title>",
        f"<style>{STYLE}\n</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>',
        _text(16, 26, title, "head"),
        _text(LEFT + GOAL, 48, "the goal", "quiet", "middle"),
        *(line for row, result in enumerate(shown) for line in _bar(result, TOP + row * ROW)),
        f'<line class="goal" x1="{LEFT + GOAL}" y1="{TOP - 4}" '
        f'x2="{LEFT + GOAL}" y2="{height - 12}"/>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _bar(result: Result, top: int) -> Iterator[str]:
    used = result.used or 0
    length = round(min(used, LONGEST) * GOAL)
    middle = top + ROW // 2 + 1
    yield _text(LEFT - 12, middle, result.work.title, "", "end")
    yield (
        f'<rect class="{result.verdict}" x="{LEFT}" y="{top + 4}" width="{max(length, 2)}" '
        f'height="{ROW - 12}" rx="2"/>'
    )
    further = " … " if used > LONGEST else ""
    told = f"{further}{result.measured}, {result.verdict} ({result.work.aim})"
    yield _text(LEFT + max(length, GOAL) + 10, middle, told)


def _text(x: int, y: int, words: str, kind: str = "", anchor: str = "start") -> str:
    of = f' class="{kind}"' if kind else ""
    return f'<text{of} x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'
