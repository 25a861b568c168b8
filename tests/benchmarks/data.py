"""The data that is measured: the sample as SQLite, and ledgers of millions, made once and kept.

A ledger of 10 million contract lines is ten samples of a million with another seed each. Their
ids get two equal letters, by which any two of them are at least two edits apart, so that no
sample holds what looks like a mistyped id of another one.

    python -m tests.benchmarks.data part FOLDER SEED
    python -m tests.benchmarks.data sqlite FILE
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MONTH = "2024-06"
# So many lines with revenue in the month come with a million contract lines in all.
ACTIVE = 612_000
# Raised with every change of the files.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Ledger:
    """Parquet files of both sides as globs, and how many rows they have."""

    contracts: str
    entries: str
    rows: dict[str, int]


def ledger(folder: Path, parts: int, tell: Callable[[str], None]) -> Ledger:
    """Return a ledger of so many million contract lines, made where it is not there yet."""
    folders = [_part(folder, seed) for seed in range(1, parts + 1)]
    for seed, part in enumerate(folders, 1):
        if not part.exists():
            tell(f"Making part {seed} of {parts} of the data")
            in_a_child("part", str(folder), str(seed))
    counts = [json.loads((part / "rows.json").read_text(encoding="utf-8")) for part in folders]
    seeds = "[0-9]" if parts > 1 else "1"
    return Ledger(
        str(_part(folder, seeds) / "contracts.parquet"),
        str(_part(folder, seeds) / "entries.parquet"),
        {side: sum(count[side] for count in counts) for side in ("contracts", "entries")},
    )


def in_a_child(*arguments: str) -> str:
    """Make data in a process of its own, and return what it prints.

    This one stays small: a new process is said to have had the memory of the one that started it.
    """
    command = [sys.executable, "-m", "tests.benchmarks.data", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    return done.stdout.strip()


def _part(folder: Path, seed: int | str) -> Path:
    # Seed 10 is 0, so that one digit is a pattern for all of them.
    return folder / f"v{FORMAT}-{ACTIVE}-{seed if isinstance(seed, str) else seed % 10}"


def make_part(folder: Path, seed: int) -> None:
    """Write contracts.parquet, entries.parquet and rows.json of a seed."""
    from recon.base.month import Month
    from recon.sources.sample import Recipe, make
    from recon.store.session import literal, open_session

    month, letters = Month.parse(MONTH), chr(ord("A") + seed % 10) * 2
    ids = f"replace(contract_id, 'C-', 'C-{letters}') AS contract_id"
    renamed = {
        "contracts": f"{ids}, replace(customer_id, 'K-', 'K-{letters}') AS customer_id",
        "entries": f"{ids}, replace(entry_id, 'JE-', 'JE-{letters}') AS entry_id",
    }
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        sample, made = Path(place) / "sample.duckdb", Path(place) / "part"
        made.mkdir()
        make(Recipe(seed, ACTIVE, first=month, last=month, history=False), sample)
        rows = {}
        with open_session(allowed=[Path(place)]) as session:
            session.execute(f"ATTACH {literal(str(sample))} AS sample (READ_ONLY)")
            for side, changed in renamed.items():
                (rows[side],) = session.execute(
                    f"COPY (SELECT * REPLACE ({changed}) FROM sample.{side}) "
                    f"TO {literal(str(made / f'{side}.parquet'))} (FORMAT parquet)"
                ).fetchall()[0]
        (made / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
        made.rename(_part(folder, seed))


def make_sqlite(path: Path) -> Path:
    """Write the sample as a SQLite database, for pandas; return where recon keeps it itself."""
    import sqlite3

    from recon.sources.sample import Recipe, ensure
    from recon.store.session import literal, open_session

    sample = ensure(Recipe())
    with open_session(allowed=[sample.parent]) as session, sqlite3.connect(path) as out:
        session.execute(f"ATTACH {literal(str(sample))} AS sample (READ_ONLY)")
        for table in ("contracts", "entries"):
            frame = session.execute(f"SELECT * FROM sample.{table}").df()
            texts = frame.select_dtypes(exclude="number").columns
            frame[texts] = frame[texts].astype(str).where(frame[texts].notna(), None)
            frame.to_sql(table, out, index=False)
    return sample


if __name__ == "__main__":
    kind, place, *rest = sys.argv[1:]
    if kind == "part":
        make_part(Path(place), int(rest[0]))
    else:
        print(make_sqlite(Path(place)))
