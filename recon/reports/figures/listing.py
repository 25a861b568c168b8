"""The list of measures and dimensions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recon.kpi.compiled import bases
from recon.kpi.dimensions import DIMENSIONS
from recon.kpi.measures import Measure


def list_lines(known: Mapping[str, Measure]) -> Iterator[str]:
    """Yield a line for each measure and each dimension."""
    widest = max(map(len, (*known, *DIMENSIONS)))
    yield "Measures"
    for each in known.values():
        absent = f" ({each.absent})" if each.absent else ""
        yield f"  {each.name:<{widest}}  {each.sentence}{absent}"
    yield ""
    yield "Dimensions"
    for dimension in DIMENSIONS.values():
        below = f" Below it: {dimension.below}." if dimension.below else ""
        yield f"  {dimension.name:<{widest}}  {dimension.sentence}{below}"


def measure_page(known: Mapping[str, Measure]) -> Iterator[str]:
    """Yield the lines of the page's table of measures."""
    yield "| measure | what it is | unit | kind | formula | rows |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for each in known.values():
        facts = dict.fromkeys(of.fact for of in bases(each, known))
        absent = f" {each.absent[0].upper()}{each.absent[1:]}." if each.absent else ""
        formula = " ".join(each.formula.split()).replace("|", "\\|")
        yield (
            f"| `{each.name}` | {each.title}. {each.sentence}{absent} | {each.unit} | "
            f"{each.kind} | `{formula}` | {', '.join(facts)} |"
        )


def dimension_page() -> Iterator[str]:
    """Yield the lines of the page's table of dimensions."""
    yield "| dimension | what it is | the next one down |"
    yield "| --- | --- | --- |"
    for each in DIMENSIONS.values():
        yield f"| `{each.name}` | {each.sentence} | {f'`{each.below}`' if each.below else ''} |"
