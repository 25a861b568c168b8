"""A project with a journal, a store and people, and visitors of its page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from recon.config import Settings, load
from recon.record.access import passwords
from recon.record.access.model import Part
from recon.record.access.people import People
from recon.web.api import ENTRIES
from recon.web.api.openapi import document
from recon.web.app import application
from recon.web.site import Site
from recon.web.work import Worker
from tests.inbox import SALES
from tests.shell import Project, contract, in_process

PASSWORD = "correct horse battery"  # noqa: S105 - of people who live as long as the tests
FEEDS = """
[feeds.uk]
kind = "sales"
path = "../inbox/uk*.csv"
currency = "GBP"
fixed = { region = "UK" }
[feeds.fr]
kind = "sales"
path = "../inbox/fr*.csv"
currency = "EUR"
fixed = { region = "France" }
"""
PEOPLE: dict[str, tuple[Part, ...]] = {
    "vera": (Part.VIEWER,),
    "uli": (Part.UPLOADER,),
    "paul": (Part.PREPARER,),
    "rita": (Part.REVIEWER,),
    "ada": (Part.ADMIN,),
}
# What a customer could be called.
ATTACK = "<script>alert(1)</script>"
BASE = "http://127.0.0.1:8765"


@dataclass(frozen=True)
class House:
    """A project and its site; nothing is loaded before `work`."""

    project: Project
    site: Site

    @property
    def settings(self) -> Settings:
        """The settings."""
        return self.site.settings

    @contextmanager
    def visitor(self, name: str = "", **options: Any) -> Iterator[Visitor]:
        """Yield a browser, logged in under a name unless it is ''."""
        app = application(self.site, work=False)
        with TestClient(
            app, base_url=options.pop("base", BASE), follow_redirects=False,
            client=(options.pop("address", "127.0.0.1"), 50_000),
        ) as client:  # fmt: skip
            visitor = Visitor(client)
            if name:
                assert visitor.login(name).status_code == 303
            yield visitor

    def work(self) -> bool:
        """Load what waits."""
        return Worker(self.site).once()

    def token(self, name: str, *parts: Part) -> dict[str, str]:
        """The header of a new token."""
        with People.at(self.settings.reports) as people:
            made = people.make_token(name, parts or PEOPLE[name], 7, "tests")
        return {"Authorization": f"Bearer {made}"}


class Visitor:
    """A browser: it keeps cookies, and sends forms as their page has them."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> Response:
        """Ask for a page."""
        return self.client.get(path, **more)

    def secret(self, path: str = "/account") -> str:
        """The secret of the forms of a page."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)
        return found[1] if found else ""

    def login(self, name: str, password: str = PASSWORD, **fields: str) -> Response:
        """Send the form to log in."""
        form = {"csrf": self.secret("/login"), "name": name, "password": password, **fields}
        return self.client.post("/login", data=form, headers={"Origin": self.origin})

    def send(self, path: str, files: Any = None, **fields: str) -> Response:
        """Send a form with the secret of the session."""
        return self.client.post(
            path, data={"csrf": self.secret(), **fields}, files=files,
            headers={"Origin": self.origin},
        )  # fmt: skip

    @property
    def origin(self) -> str:
        """The origin that the browser tells."""
        return str(self.client.base_url).rstrip("/")


def house(folder: Path, rest: str = "", *, runs: bool = True) -> House:
    """A project with two feeds, the people, and perhaps a month with breaks."""
    project = Project(folder)
    project.configure(rest=FEEDS + rest)
    if runs:
        lines = [contract(key, customer=ATTACK) for key in ("001", "002", "003")]
        project.fill("100.00", "160.00", "90000.00", contracts=lines)
        done = in_process("month", "2024-06", "--format", "csv", cwd=folder)
        assert done.returncode == 3, done
    settings = load(project.config)
    with pytest.MonkeyPatch.context() as patch:
        fast(patch)
        with People.at(settings.reports) as people:
            for name, parts in PEOPLE.items():
                feeds = ["uk"] if Part.UPLOADER in parts else []
                people.add(name, PASSWORD, parts, feeds)
    return House(project, Site.of(settings))


def fast(patch: pytest.MonkeyPatch) -> None:
    """Let passwords be hashed with little work: tests guess none."""
    from argon2 import PasswordHasher

    patch.setattr(passwords, "_hasher", lambda: PasswordHasher(1, 8, 1))


def limited(made: House, **limits: Any) -> House:
    """The same house with other settings of the page."""
    settings = replace(made.settings, web=replace(made.settings.web, **limits))
    return House(made.project, Site.of(settings))


def sales(*rows: str) -> bytes:
    """A file of sales."""
    return "".join(f"{row}\n" for row in (SALES, *rows)).encode()


GOOD = sales("1,2024-06-03,P1,C1,2,5.00", "2,2024-06-04,P2,C2,1,7.50")
BAD = sales("1,2024-06-03,P1,C1,2,5.00", "2,2024-06-44,P2,C2,1,7.50")


def described(path: str, template: str = "") -> Callable[[object], object]:
    """What holds an answer of the API against its description."""
    whole = document(ENTRIES)
    operation = whole["paths"][f"/api/v1{template or path.partition('?')[0]}"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    made: Callable[[object], object] = fastjsonschema.compile(
        {**schema, "components": whole["components"]}
    )
    return made
