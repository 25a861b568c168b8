"""A folder with feeds, their files, and recon run on it as a user runs it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from recon.store import snapshot
from tests.shell import in_process

SALES = "sale_id,sold_on,product_id,customer_id,quantity,unit_price"
FEED = """
[feeds.uk]
kind = "sales"
path = "../inbox/uk*.csv"
currency = "GBP"
"""


@dataclass(frozen=True)
class Inbox:
    """A project folder with `config/recon.toml` and `inbox/`; the store is `store/`."""

    folder: Path

    @property
    def store(self) -> Path:
        """The folder of the store."""
        return self.folder / "store"

    def configure(self, text: str = FEED) -> None:
        """Write the configuration."""
        path = self.folder / "config" / "recon.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def put(self, name: str, *rows: str, header: str = SALES, at: int = 0) -> Path:
        """Write a file of rows; `at` orders files by their time."""
        return self.put_bytes(name, "".join(f"{row}\n" for row in (header, *rows)).encode(), at)

    def put_bytes(self, name: str, content: bytes, at: int = 0) -> Path:
        """Write a file as it is."""
        path = self.folder / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        moment = 1_700_000_000 + at
        os.utime(path, (moment, moment))
        return path

    def run(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Run recon; return exit code, output and messages."""
        done = in_process(*arguments, cwd=self.folder)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def load(self, *arguments: str | Path, code: int = 0) -> dict[str, Any]:
        """Load what waits; return the document, and expect an exit code."""
        found, out, err = self.run("load", "--json", *arguments)
        assert found == code, (found, out, err)
        document: dict[str, Any] = json.loads(out)
        return document

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the snapshot."""
        with snapshot.looked_at(self.store) as (session, _):
            return session.execute(query).fetchall()

    def revenue(self) -> Decimal:
        """The revenue of all sales."""
        return Decimal(self.ask("SELECT coalesce(sum(revenue), 0) FROM fact_sales")[0][0])

    def sales(self, columns: str = "sale_id, product_id, quantity, revenue") -> list[Any]:
        """The sales of the snapshot in order."""
        return self.ask(f"SELECT {columns} FROM fact_sales ORDER BY ALL")


def fates(file: dict[str, Any]) -> dict[str, int]:
    """The counts of a file's outcomes that are not 0."""
    wanted: Sequence[str] = (
        "inserted", "updated", "unchanged", "repeated", "rejected", "removed", "overlapping",
        "mended",
    )  # fmt: skip
    return {fate: file[fate] for fate in wanted if file[fate]}
