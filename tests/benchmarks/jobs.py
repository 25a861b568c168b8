"""Jobs: the commands that are measured, ours and theirs, and the data that they are given."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.data import MONTH, ROOT, Ledger, in_a_child, ledger
from tests.benchmarks.process import Shot, shoot

WORKBOOK_LINES = "50000"
YEAR = "2024-01..2024-12"


@dataclass(frozen=True)
class Data:
    """What the jobs are given, made when the first of them asks for it."""

    folder: Path
    scratch: Path
    tell: Callable[[str], None]

    @cached_property
    def sample(self) -> tuple[str, str]:
        """The sample as recon keeps it, and as SQLite."""
        path = str(self.scratch / "sample.sqlite")
        return in_a_child("sqlite", path), path

    @cached_property
    def million(self) -> Ledger:
        """A ledger of a million contract lines."""
        return ledger(self.folder, 1, self.tell)

    @cached_property
    def ten_million(self) -> Ledger:
        """A ledger of ten million contract lines."""
        return ledger(self.folder, 10, self.tell)

    @cached_property
    def rows(self) -> dict[str, dict[str, int]]:
        """How many rows the ledgers have that were asked for."""
        made = {"million": "core", "ten_million": "large"}
        return {name: self.__dict__[key].rows for key, name in made.items() if key in self.__dict__}


@dataclass(frozen=True, slots=True)
class Job:
    """A command; `fresh` is a folder that is there for one run of it only."""

    name: str
    arguments: Callable[[Data, str], Sequence[str]]
    packages: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """The packages that it needs and that are not installed, '' where all are."""
        return ", ".join(package for package in self.packages if find_spec(package) is None)

    def run(self, data: Data) -> Shot:
        """Return what one run took; its folder is made before and removed after."""
        fresh = tempfile.mkdtemp(dir=data.scratch)
        try:
            return shoot(self.arguments(data, fresh))
        finally:
            shutil.rmtree(fresh)


def _recon_month(month: str, fresh: str, formats: str) -> list[str]:
    config = str(ROOT / "config" / "recon.toml")
    words = ["-m", "recon", "month", month, "--config", config, "--out", fresh]
    return [*words, "--format", formats]


def _core(of: Ledger, work: str = "core") -> Sequence[str]:
    return ["-m", "tests.benchmarks.ours", work, of.contracts, of.entries]


def _peer(name: str, *packages: str) -> Job:
    """Return a peer of the core, by the name of its module."""

    def arguments(data: Data, _: str) -> Sequence[str]:
        files = data.million
        return ["-m", f"{_PEERS}.{name}", files.contracts, files.entries, MONTH]

    return Job(name, arguments, packages)


_PEERS = "tests.benchmarks.peers"
JOBS = {
    job.name: job
    for job in (
        Job("typer", lambda _, __: ["-c", "import typer"]),
        Job("help", lambda _, __: ["-m", "recon", "--help"]),
        Job("version", lambda _, __: ["-m", "recon", "--version"]),
        Job("bare_sums", lambda data, _: ["-m", f"{_PEERS}.bare_sums", data.sample[0], MONTH]),
        Job("month", lambda _, fresh: _recon_month(MONTH, fresh, "csv")),
        Job("month_workbook", lambda _, fresh: _recon_month(MONTH, fresh, "csv,xlsx")),
        Job(
            "analyst",
            lambda data, fresh: [
                "-m", f"{_PEERS}.analyst", data.sample[1], f"{fresh}/out.xlsx", MONTH
            ],
        ),
        Job("year", lambda _, fresh: _recon_month(YEAR, fresh, "csv")),
        Job(
            "workbook",
            lambda _, fresh: [
                "-m", "tests.benchmarks.ours", "workbook", f"{fresh}/out.xlsx", WORKBOOK_LINES
            ],
        ),
        Job(
            "workbook_pandas",
            lambda _, fresh: [
                "-m", f"{_PEERS}.workbook_pandas", f"{fresh}/out.xlsx", WORKBOOK_LINES
            ],
        ),
        Job("core", lambda data, _: _core(data.million)),
        Job("compared", lambda data, _: _core(data.million, "compared")),
        Job("core_10m", lambda data, _: _core(data.ten_million)),
        _peer("duckdb_query"),
        _peer("polars_query", "polars"),
        _peer("datacompy_pandas", "datacompy", "pyarrow"),
        _peer("datacompy_polars", "datacompy", "polars"),
    )
}  # fmt: skip
