"""Newcomers to recon: an empty folder, two databases with tables of other names, a terminal."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from tests.integration.conftest import Postgres
from tests.shell import PATIENCE, command, environment, figures, in_process

STAGED = """
DROP DATABASE IF EXISTS crm WITH (FORCE);
DROP DATABASE IF EXISTS books WITH (FORCE);
CREATE DATABASE crm;
CREATE DATABASE books;
\\c crm
CREATE TABLE staged (contract_id text, revenue_type text, contract_value decimal(19, 4),
    duration_months int, booking_date date, close_date date, start_date date, currency text,
    customer_id text, customer text, segment text, owner text, terminated_on date);
\\copy staged from '{folder}/contracts.csv' csv header
\\c books
CREATE TABLE staged (entry_id text, contract_id text, revenue_type text, amount decimal(19, 4),
    recognition_period text, currency text, posted_at timestamp, document_ref text,
    performance_obligation text, approved_by text);
\\copy staged from '{folder}/entries.csv' csv header
"""
DEALS = """
CREATE SCHEMA sales;
CREATE TABLE sales."Deals" AS SELECT contract_id AS "DealID", 'new' AS "Type",
    revenue_type AS "ProductType", contract_value AS "TotalContractValue",
    contract_value / 12 AS "ACV", duration_months AS "TermMonths", booking_date AS "SignedDate",
    booking_date AS "CloseDate", close_date AS "EndDate", start_date AS "StartDate",
    currency AS "CurrencyCode", customer_id AS "AccountId", customer AS "CustomerName",
    segment AS "Segment", owner AS "SalesRep", terminated_on AS "CancelledAt" FROM staged;
CREATE TABLE sales."Deals_Archive" AS SELECT * FROM sales."Deals" WHERE false;
CREATE TABLE sales."Customers" ("AccountId" text, "CustomerName" text, "Segment" text);
"""
ENTRIES = """
CREATE SCHEMA gl;
CREATE TABLE gl."Revenue Recognition" AS SELECT entry_id AS "Entry ID", contract_id AS "Deal No",
    revenue_type AS "Revenue""Type", amount AS "Recognized Amount", {period} AS "Period",
    currency AS "Currency?", posted_at AS "Posted On", document_ref AS "Invoice No",
    performance_obligation AS "PerformanceObligation", approved_by AS "Approved By" FROM staged;
CREATE TABLE gl."Accounts" ("AccountId" text, "Name" text);
"""
ALLOWED = """
DROP TABLE staged;
GRANT USAGE ON SCHEMA {schema} TO recon; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO recon;
"""
DATED = "to_date(recognition_period, 'YYYY-MM')"


def agrees(folder: Path, secrets: Mapping[str, str], books: Path) -> bool:
    """Whether June is the same by the configuration of a folder and from the files of the books."""
    return bool(_month(folder, secrets) == _of_files(books))


@cache
def _of_files(books: Path) -> Any:
    return _month(books, {}, "--config", books / "files.toml")


def _month(folder: Path, secrets: Mapping[str, str], *options: str | Path) -> Any:
    arguments = ("month", "2024-06", "--json", "--format", "none", *options)
    done = in_process(*arguments, cwd=folder, env=secrets)
    assert done.returncode == 3, done.stderr.decode()
    return figures(json.loads(done.stdout))


class Setting:
    """An empty folder and a server with two databases, as `recon init` finds them."""

    def __init__(self, postgres: Postgres, books: Path, folder: Path) -> None:
        self.postgres, self.books, self.folder = postgres, books, folder
        self.config = folder / "config" / "recon.toml"
        self.environment = {"BOOKS_PASSWORD": postgres.password}

    def tables(self, deals: str = DEALS, entries: str = ENTRIES, period: str = DATED) -> None:
        """Fill the databases from the sample: with tables of other names, made of `staged`."""
        self.postgres.sql(
            STAGED.format(folder=self.books)
            + "\\c crm\n" + deals + ALLOWED.format(schema="sales")
            + "\\c books\n" + entries.format(period=period) + ALLOWED.format(schema="gl")
        )  # fmt: skip

    def connection(self, database: str) -> str:
        """Return the connection string of a database, without the password."""
        return (
            f"DRIVER={{PostgreSQL Unicode}};SERVER=127.0.0.1;PORT={self.postgres.port};"
            f"DATABASE={database};UID=recon"
        )

    @property
    def options(self) -> list[str]:
        """What says where both databases are."""
        return [
            "--analytics-connection", self.connection("crm"),
            "--accounting-connection", self.connection("books"),
            "--password-env", "BOOKS_PASSWORD",
        ]  # fmt: skip

    def init(self, *more: str) -> subprocess.CompletedProcess[bytes]:
        """Return what became of `recon init --yes`."""
        done = in_process(
            "init", *self.options, "--yes", *more, cwd=self.folder, env=self.environment
        )
        assert self.postgres.password.encode() not in done.stdout + done.stderr
        return done

    def refused(self, *more: str) -> tuple[int, str]:
        """Return the exit code and the message of an init that wrote nothing."""
        before = self.written()
        done = self.init(*more)
        assert self.written() == before
        return done.returncode, done.stderr.decode()

    def written(self) -> dict[str, str]:
        """Return all files below the folder."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def agrees(self) -> bool:
        """Whether the databases give the figures that the files give."""
        return agrees(self.folder, self.environment, self.books)


class Terminal:
    """`recon` in a terminal: what it shows, and answers when it waits for them."""

    def __init__(self, setting: Setting, *arguments: str) -> None:
        import pty  # Windows has none

        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            command("init", *arguments), cwd=setting.folder, stdin=theirs, stdout=theirs,
            stderr=theirs, env=environment(setting.environment | {"TERM": "dumb"}),
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.shown = ""

    def close(self) -> None:
        """Leave nothing running."""
        self.process.kill()
        self.process.wait()
        os.close(self.ours)

    def _read(self, end: float) -> bool:
        """Have more of what is shown; return whether there was more before the end."""
        ready, _, _ = select.select([self.ours], [], [], max(end - time.monotonic(), 0))
        assert ready, f"waits after: {self.shown}"
        try:
            read = os.read(self.ours, 65_536).decode(errors="replace")
        except OSError:
            read = ""
        self.shown += read
        return bool(read)

    def until(self, question: str) -> None:
        """Read until a question is asked; forget what was shown before it."""
        end = time.monotonic() + PATIENCE
        while question not in self.shown:
            assert self._read(end), f"ended without {question!r}: {self.shown}"
        self.shown = self.shown.partition(question)[2]

    def answer(self, *dialogue: tuple[str, str]) -> None:
        """Answer questions in this order."""
        for question, answer in dialogue:
            self.until(question)
            os.write(self.ours, f"{answer}\n".encode())

    def ended(self) -> int:
        """Return the exit code, and have all that is shown to the end."""
        end = time.monotonic() + PATIENCE
        while self._read(end):
            pass
        return self.process.wait(PATIENCE)

    def interrupt(self) -> None:
        """Press Ctrl-C until the process ends: pressed right before it waits, it is seen late."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(1)
