"""A server of its own: killed while files arrive, and asked by several at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from recon.run.uploads import State, Uploads
from recon.store import snapshot
from tests.shell import wait_until
from tests.web.server import served
from tests.web.visitor import FEEDS, House, house, sales

pytestmark = pytest.mark.slow
API = "/api/v1/uploads"


@pytest.fixture
def made(tmp_path: Path) -> House:
    """A house without runs."""
    assert FEEDS
    return house(tmp_path, runs=False)


def rows(first: int, count: int) -> bytes:
    """A file of sales."""
    return sales(
        *(
            f"{n},2024-06-{1 + n % 28:02},P{n % 9},C{n % 99},2,5.00"
            for n in range(first, first + count)
        )
    )


def _are_more(found: list[str], than: int) -> bool:
    return len(found) > than


def test_a_server_killed_while_files_arrive_loses_and_halves_nothing(made: House) -> None:
    """Killed three times, in the middle of receiving and of loading: every file is whole or not."""
    folder, uploads = made.project.folder, Uploads(made.settings.store)
    token = made.token("ada")
    accepted: list[str] = []

    def send(place: str, number: int) -> None:
        try:
            answer = httpx2.post(
                f"{place}{API}", params={"feed": "uk", "name": f"{number}.csv"},
                content=rows(number * 10_000, 3_000), headers=token, timeout=60,
            )  # fmt: skip
        except httpx2.TransportError:
            return  # the server was killed before it has said that it has the file
        if answer.status_code == 202:
            accepted.append(answer.json()["id"])

    def half(place: str) -> None:
        def drip() -> Iterator[bytes]:
            yield b"x" * 100_000
            stop.wait(30)

        with pytest.raises(httpx2.TransportError):
            httpx2.post(
                f"{place}{API}", params={"feed": "uk", "name": "half.csv"}, content=drip(),
                headers=token, timeout=60,
            )  # fmt: skip

    for round_ in range(3):
        stop = threading.Event()
        with served(folder, out=f"out{round_}") as server:
            others = [threading.Thread(target=half, args=(server.place,))]
            others += [
                threading.Thread(target=send, args=(server.place, round_ * 3 + number))
                for number in range(3)
            ]
            for thread in others:
                thread.start()
            wait_until(partial(_are_more, accepted, len(accepted)))
            server.process.kill()
            server.process.wait()
            stop.set()
            for thread in others:
                thread.join()
    halves = list(uploads.folder.glob(".*.part"))
    for path in halves:
        os.utime(path, (0, 0))  # another server might still receive a younger one
    with served(folder, out="last"):
        wait_until(lambda: not uploads.waiting())
        wait_until(lambda: not any(path.exists() for path in halves))
    found = [uploads.get(upload) for upload in accepted]
    assert {each.state for each in found if each} <= {State.LOADED, State.KNOWN}
    assert halves
    with snapshot.looked_at(made.settings.store) as (session, _):
        counts = session.execute(
            "SELECT count(*) FROM fact_sales GROUP BY CAST(sale_id AS BIGINT) // 10000"
        ).fetchall()
    # Each file that the server had is there with all of its rows, once.
    assert {count for (count,) in counts} == {3_000}
    assert len(counts) >= len(set(accepted))


def test_everybody_is_answered_at_once(made: House) -> None:
    """Twelve people at the same time: each gets a page or a token's answer, nobody a failure."""
    token = made.token("ada")
    codes: list[Any] = []
    with served(made.project.folder) as server:
        sent = httpx2.post(
            f"{server.place}{API}?feed=uk&name=a.csv", content=rows(0, 500), headers=token
        )
        place = f"{server.place}/api/v1/uploads/{sent.json()['id']}"
        wait_until(lambda: httpx2.get(place, headers=token).json()["final"])

        def ask() -> None:
            for path in ("/api/v1/figures?view=sales", "/api/v1/loads", "/login"):
                codes.append(
                    httpx2.get(server.place + path, headers=token, timeout=120).status_code
                )

        people = [threading.Thread(target=ask) for _ in range(12)]
        for each in people:
            each.start()
        for each in people:
            each.join()
    assert codes == [200] * 36
