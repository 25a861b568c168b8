"""A folder with a configuration and two files, and recon run on it as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
CONTRACTS = (
    "contract_id,revenue_type,contract_value,duration_months,booking_date,close_date,customer\n"
)
ENTRIES = "entry_id,contract_id,revenue_type,amount,recognition_period\n"


def contract(key: str, value: str = "1200.00", customer: str = "Aster") -> str:
    """Return a contract line over a year from June 2024, 100.00 a month unless told otherwise."""
    return f"{key},Subscription,{value},12,2024-06-01,2025-05-31,{customer}\n"


def entry(key: str, amount: str = "100.00", month: str = "2024-06") -> str:
    """Return an entry of a contract."""
    return f"E-{key}-{month},{key},Subscription,{amount},{month}\n"


@dataclass(frozen=True)
class Project:
    """A project folder with `config/recon.toml` and `data/`; reports go to `reports/`."""

    folder: Path
    config: Path = field(init=False)
    reports: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "config", self.folder / "config" / "recon.toml")
        object.__setattr__(self, "reports", self.folder / "reports")
        self.configure()

    def configure(self, analytics: str = "", accounting: str = "", rest: str = "") -> None:
        """Write the configuration; the texts go to its tables, below `source` and `path`."""
        sides = {"analytics": ("contracts", analytics), "accounting": ("entries", accounting)}
        text = "".join(
            f"[{side}]\nsource = 'files'\n"
            + ("" if "path =" in more else f"path = '../data/{name}.csv'\n")
            + f"{more}\n"
            for side, (name, more) in sides.items()
        )
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text + rest, encoding="utf-8")

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file below `data/`, as it is."""
        path = self.folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def fill(self, *amounts: str, contracts: Sequence[str] | None = None) -> None:
        """Write both sides: contracts 001, 002, … and an entry each with the given amounts."""
        keys = [f"{number:03}" for number in range(1, len(amounts) + 1)]
        lines = contracts if contracts is not None else [contract(key) for key in keys]
        self.write("contracts.csv", CONTRACTS + "".join(lines))
        self.write("entries.csv", ENTRIES + "".join(map(entry, keys, amounts)))

    def written(self) -> list[str]:
        """Return the names of all files of runs below `reports/` but for evidence and logs."""
        files = [path for path in self.reports.glob("*/**/*") if path.is_file()]
        return sorted(path.name for path in files if path.parent.name not in ("evidence", "logs"))


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a run: ours, without what would change its output."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONIOENCODING", "RECON_CONFIG")
    }
    return {**ours, "PYTHONPATH": str(ROOT), **(extra or {})}


def command(*arguments: str | Path) -> list[str]:
    """Return the command line of `recon` with these arguments."""
    return [sys.executable, "-m", "recon", *map(str, arguments)]


def recon(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Return what became of `recon` with these arguments; its output is bytes."""
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=environment(env),
        capture_output=True,
        timeout=60,
        check=False,
    )


def one_sentence(text: str) -> str:
    """Return the message of a failed run: one line, by recon, without the words of a library."""
    assert text.startswith("recon: "), text
    assert text.endswith("\n"), text
    assert text.count("\n") == 1, text
    for jargon in ("Traceback", "Error:", "Exception", "[Errno", "defect"):
        assert jargon not in text, text
    return text
