"""The page under load: so many people on figures while one sends a large file.

python -m tests.benchmarks.page --people 50 --seconds 60 --sales 2000000 --rows 1000000

It makes a store of its own in a temporary folder, starts `recon serve`, lets everybody read views
at a person's pace, and prints latencies, errors, the server's processor time and memory, and the
outcome of the file. A page without figures is asked for all the while: its latency is what the
others leave of the server. Runs on Linux.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from recon.config import load
from recon.record.access.model import Part
from recon.record.access.people import People
from recon.store import snapshot
from recon.store.session import session
from tests.shell import Project, in_process
from tests.web.server import Served, chromium, served

FEED = """
[feeds.shop]
kind = "sales"
path = "../inbox/*.csv"
currency = "USD"
"""
PATHS = (
    "/api/v1/figures?view=executive", "/api/v1/figures?view=sales",
    "/api/v1/figures?view=customers", "/api/v1/figures?view=revenue,orders&by=region&period={m}",
    "/api/v1/figures?view=revenue&by=category,month&period=2024", "/api/v1/loads",
)  # fmt: skip
LIGHT, _OFTEN = "/login", 0.25
EMPTY, _PAINTS = "/login", 21
PAINTED = ("/", "/months", "/months/2024-06", "/breaks", "/cash/months/2024-06", "/loads",
           "/figures", "/figures?view=sales", "/figures?view=customers")  # fmt: skip


@dataclass
class Seen:
    """The seconds of each answer, and what was no answer."""

    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--sales", type=int, default=2_000_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pause", type=float, default=3.0)
    parser.add_argument("--paint", action="store_true", help="the first paint on the sample only")
    asked = parser.parse_args()
    if asked.paint:
        _paint()
        return
    with tempfile.TemporaryDirectory(prefix="recon-page-") as folder:
        tokens = _made(Path(folder), asked.sales, asked.people)
        larger = Path(folder) / "larger.csv"
        _write(larger, asked.sales, asked.rows)
        with served(Path(folder)) as server:
            print(f"{asked.sales:,} sales; {asked.people} people for {asked.seconds} s")
            with _told(server, "figures, one person, the first time") as seen:
                _crowd(server, tokens[:1], 0, 1, 0.0, seen)
            crowd = (server, tokens, asked.seconds, 0, asked.pause)
            with _told(server, "everybody on figures") as seen:
                _crowd(*crowd, seen)
            sending = threading.Thread(target=_send, args=(server, tokens[0], larger))
            sending.start()
            with _told(server, "the same, while a file is sent and loaded") as seen:
                _crowd(*crowd, seen)
            sending.join()
            _counted(Path(folder), asked.sales + asked.rows)


def _paint() -> None:
    """Measure the first paint of pages of the sample, each beside an empty page."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="recon-page-") as place:
        folder = Path(place)
        for line in (["month", "2024-06"], ["load", "--quiet"], ["cash", "2024-06"]):
            in_process(*line, cwd=folder)
        with served(folder) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            tab = browser.new_page()
            tab.set_default_timeout(240_000)
            tab.goto(server.link)
            for path in PAINTED:  # what is kept is made
                tab.goto(server.place + path, wait_until="networkidle")
            for path in PAINTED:
                both = [(_painted(tab, server.place + EMPTY), _painted(tab, server.place + path))
                        for _ in range(_PAINTS)]  # fmt: skip
                empty, full = (statistics.median(each) for each in zip(*both, strict=True))
                print(f"{path}: {full:.0f} ms, an empty page {empty:.0f} ms: x {full / empty:.2f}")


def _painted(tab: Any, address: str) -> float:
    """The milliseconds from asking for a page to its first paint."""
    tab.goto(address, wait_until="load")
    said = "performance.getEntriesByName('first-contentful-paint').map(each => each.startTime)"
    while not (found := tab.evaluate(said)):
        time.sleep(0.01)
    return float(found[0])


def _made(folder: Path, sales: int, people: int) -> list[dict[str, str]]:
    """A store of so many sales; the headers of so many people."""
    Project(folder).configure(rest=FEED)
    (folder / "inbox").mkdir()
    _write(folder / "inbox" / "shop.csv", 0, sales)
    done = in_process("load", "--quiet", cwd=folder)
    assert done.returncode in (0, 3), done.stderr
    tokens = []
    with People.at(load(folder / "config" / "recon.toml").reports) as known:
        for number in range(people):
            known.add(f"person {number}", None, [Part.ADMIN])
            tokens.append(known.make_token(f"person {number}", [Part.ADMIN], 1, ""))
    return [{"Authorization": f"Bearer {token}"} for token in tokens]


def _write(path: Path, first: int, count: int) -> None:
    with session(path.parent) as made:
        made.execute(
            f"""COPY (SELECT n AS sale_id, DATE '2024-01-01' + CAST(n % 360 AS INTEGER) AS sold_on,
                'P' || (n * 7919 % 400) AS product_id, 'C' || (n * 104729 % 20000) AS customer_id,
                1 + n % 5 AS quantity, 1 + n % 90 AS unit_price,
                'R' || (n % 8) AS region, 'K' || (n * 7919 % 400 % 12) AS category
                FROM range({first}, {first + count}) t(n)) TO '{path}' (HEADER)"""
        )


def _crowd(
    server: Served, tokens: list[dict[str, str]], seconds: int, rounds: int, pause: float,
    seen: Seen,
) -> None:  # fmt: skip
    """Let everybody ask until the time is over, or so many rounds."""
    end = time.monotonic() + seconds

    def person(number: int) -> None:
        draw = random.Random(number)  # noqa: S311 - nobody guesses it
        with httpx2.Client(base_url=server.place, headers=tokens[number], timeout=120) as client:
            done = 0
            while (rounds and done < rounds) or (not rounds and time.monotonic() < end):
                for path in PATHS if rounds else [draw.choice(PATHS)]:
                    _asked(client, path.format(m=f"2024-{draw.randint(1, 12):02}"), seen)
                done += 1
                time.sleep(pause * draw.random() * 2)

    threads = [threading.Thread(target=person, args=(number,)) for number in range(len(tokens))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _asked(client: httpx2.Client, path: str, seen: Seen) -> None:
    begun = time.perf_counter()
    try:
        answer = client.get(path)
        if answer.status_code != 200:
            seen.wrong.append(f"{answer.status_code} {answer.text[:200]}")
    except httpx2.HTTPError as error:
        seen.wrong.append(repr(error))
    seen.seconds.append(time.perf_counter() - begun)


def _send(server: Served, token: dict[str, str], file: Path) -> None:
    begun = time.perf_counter()
    place = f"{server.place}/api/v1/uploads"
    with file.open("rb") as content:
        sent = httpx2.post(place, params={"feed": "shop", "name": file.name}, content=content,
                           headers=token, timeout=600)  # fmt: skip
    here = time.perf_counter() - begun
    while True:
        found = httpx2.get(f"{place}/{sent.json()['id']}", headers=token, timeout=120).json()
        if found["final"]:
            break
        time.sleep(0.5)
    took = time.perf_counter() - begun
    print(f"  the file of {file.stat().st_size / 1e6:,.0f} MB was there after {here:.1f} s, and "
          f"loaded after {took:.1f} s: {found['sentence']}")  # fmt: skip


@contextmanager
def _told(server: Served, what: str) -> Iterator[Seen]:
    """Yield what is seen, and print it beside the server's work."""
    seen, light, over = Seen(), Seen(), threading.Event()

    def look() -> None:
        with httpx2.Client(base_url=server.place, timeout=120) as client:
            while not over.wait(_OFTEN):
                _asked(client, LIGHT, light)

    looking = threading.Thread(target=look)
    before, begun = _processor_seconds(server.process.pid), time.perf_counter()
    looking.start()
    yield seen
    over.set()
    looking.join()
    worked = _processor_seconds(server.process.pid) - before
    print(f"{what}: {_latencies(seen)}")
    print(f"  a page without figures meanwhile: {_latencies(light)}")
    print(f"  the server worked {worked:.1f} s in {time.perf_counter() - begun:.1f} s, and had "
          f"{_peak(server.process.pid):,} MB at most")  # fmt: skip
    for each in sorted({*seen.wrong, *light.wrong})[:5]:
        print(f"  {each}")


def _latencies(seen: Seen) -> str:
    cuts = statistics.quantiles(seen.seconds, n=100) if len(seen.seconds) > 1 else [0.0] * 99
    return (
        f"{len(seen.seconds):,} answers, median {cuts[49]:.2f} s, 95% within {cuts[94]:.2f} s, "
        f"slowest {max(seen.seconds, default=0.0):.2f} s, {len(seen.wrong)} errors"
    )


def _processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    (peak,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) // 1024


def _counted(folder: Path, wanted: int) -> None:
    with snapshot.looked_at(folder / "store") as (opened, _):
        (found,) = opened.execute("SELECT count(*) FROM fact_sales").fetchone() or (0,)
    print(f"{found:,} sales are in the store, {wanted:,} were sent")


if __name__ == "__main__":
    main()
