"""The benchmarks: what they make of their runs. Nothing here measures anything."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping

import pytest

from tests.benchmarks.chart import chart
from tests.benchmarks.jobs import JOBS
from tests.benchmarks.measuring import Measured
from tests.benchmarks.process import Shot
from tests.benchmarks.telling import MARKS, Surroundings, document, in_page, jobs_table, table
from tests.benchmarks.works import STAGES, WORKS, Result, Work, judge
from tests.pages import DOCS, text_of

BY_NAME = {work.name: work for work in WORKS}
SAID = {"breaks_per_second": 60_000.0, "breaks_per_cpu_second": 50_000.0}
VERSIONS = {"duckdb": "2.0", "polars": "1.4", "pandas": "3.0", "datacompy": "not installed"}
AROUND = Surroundings(5, 2, "3.11.7", VERSIONS, {"core": {"contracts": 1_000, "entries": 3_000}})


def shots(*walls: float) -> list[Shot]:
    """Return runs that took so long, half of it as CPU time and with 2 GiB."""
    return [Shot(wall, wall / 2, 2 << 30, SAID) for wall in walls]


def measured(missing: Mapping[str, str] | None = None) -> Measured:
    """Return results of every work, where each job takes a second."""
    lacking = missing or {}
    every = {name: shots(1.0, 1.0) for name in JOBS if name not in lacking}
    return Measured([judge(work, every, lacking) for work in WORKS], {"core": every})


def test_works_name_jobs_and_stages_that_exist() -> None:
    """No work needs a job or a stage that is not there, and their names are theirs alone."""
    assert len(BY_NAME) == len(WORKS)
    assert {name for work in WORKS for name in work.jobs} == set(JOBS)
    assert {work.stage for work in WORKS} == set(STAGES)


def test_a_ratio_is_the_median_of_neighbouring_runs() -> None:
    """A run is held against the one beside it, for the machine may slow down meanwhile."""
    found = judge(BY_NAME["help"], {"help": shots(1, 2, 9), "typer": shots(1, 1, 8)}, {})
    assert found.figure == pytest.approx(9 / 8)
    assert found.cpu == pytest.approx(9 / 8)
    assert found.verdict == "met"


def test_of_several_the_fastest_counts() -> None:
    """The core is held against the faster one of two queries."""
    every = {"core": shots(3), "duckdb_query": shots(2), "polars_query": shots(1)}
    found = judge(BY_NAME["core"], every, {})
    assert (found.figure, found.against, found.verdict) == (3, "polars_query", "met")


def test_a_year_is_held_against_twelve_months() -> None:
    """The ratio of the year is one to as many months."""
    found = judge(BY_NAME["year"], {"year": shots(6), "month": shots(1)}, {})
    assert (found.figure, found.verdict) == (0.5, "missed")


@pytest.mark.parametrize(("goal", "used"), [(4.0, 0.5), (1.0, 2.0)])
def test_how_much_of_a_goal_is_used(goal: float, used: float) -> None:
    """More than one is missed, whichever way the goal is meant."""
    most = Work("a", "a", "core", "core", goal=goal)
    assert Result(most, 2).used == used
    least = Work("a", "a", "core", "core", goal=2, at_least=True)
    assert Result(least, goal).used == 2 / goal


def test_memory_and_rates_are_figures_of_their_own() -> None:
    """The peak is in GiB, the breaks explained are so many a second."""
    told = {result.work.name: result.measured for result in measured().results}
    assert told["large_memory"] == "2.00 GiB"
    assert told["explained"] == "60,000 /s"
    assert any("60,000 /s" in line and "50,000.00" in line for line in table(measured().results))


def test_what_is_not_installed_is_said() -> None:
    """Nothing is left out in silence: neither a work nor a part of one."""
    found = measured({"polars_query": "polars", "datacompy_polars": "datacompy, polars"})
    lines = list(table(found.results))
    assert "NOT MEASURED in full: core: polars_query: polars is not installed" in lines
    assert (
        "NOT MEASURED: datacompy_polars: datacompy_polars: datacompy, polars is not installed"
        in lines
    )
    assert sum("not measured" in line for line in lines) == 1


def test_the_table_has_every_work_beside_its_goal() -> None:
    """Each work has a line with its goal and verdict, each job one with what it took."""
    found = measured()
    lines = "\n".join(table(found.results))
    assert all(work.title in lines and work.aim in lines for work in WORKS)
    assert "recon --help / import typer" in lines
    assert "  1.00 s" in "\n".join(jobs_table(found))


def test_the_document_is_json_with_everything_that_figures_depend_on() -> None:
    """Works, jobs, versions, cores and rows."""
    told = json.loads(document(measured(), AROUND))
    assert [work["name"] for work in told["works"]] == [work.name for work in WORKS]
    assert (told["cores"], told["versions"]["duckdb"]) == (2, "2.0")
    assert told["rows"]["core"]["entries"] == 3_000
    assert told["jobs"]["core"]["help"]["walls"] == [1.0, 1.0]


def test_the_chart_is_well_formed_and_names_every_work() -> None:
    """What has a goal has a bar; what was not measured has none."""
    drawn = ET.fromstring(chart(measured().results, 2))  # noqa: S314 - our own
    texts = {text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {work.title for work in WORKS if work.goal is not None} <= texts
    empty = chart([Result(WORKS[0], missing="typer is not installed")], 2)
    assert WORKS[0].title not in empty


def test_the_page_keeps_everything_but_the_figures() -> None:
    """Only what stands between the marks is replaced, and only by what was measured."""
    begin, end = MARKS
    found = measured({"polars_query": "polars", "datacompy_polars": "polars"})
    told = in_page(f"before\n{begin}figures of last year\n{end}\nafter\n", found.results, AROUND)
    assert told.startswith(f"before\n{begin}| work")
    assert told.endswith(f"{end}\nafter\n")
    assert "last year" not in told
    assert BY_NAME["datacompy_polars"].title not in told
    assert "on 2 cores" in told
    assert "other work" not in told
    with pytest.raises(ValueError, match="no lines"):
        in_page("nothing", [], AROUND)


def test_our_page_has_a_place_for_the_figures() -> None:
    """The command finds the marks in docs/benchmarks.md."""
    text = text_of(DOCS / "benchmarks.md")
    assert in_page(text, [], AROUND)
