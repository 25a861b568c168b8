"""Requests as pages and API see them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import FormData, QueryParams

from recon.base.errors import UsageError
from recon.base.month import Month
from recon.config import Settings
from recon.record import identity
from recon.record.access.model import Person
from recon.web.problems import Refused
from recon.web.site import Site

MOST = 200
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: the site, the person, and its contents.

    `person` is nobody where the route needs no login; `body` is the JSON of an API request.
    """

    site: Site
    person: Person
    address: str
    path: str
    params: Mapping[str, Any]
    query: QueryParams
    form: FormData = field(default_factory=FormData)
    body: Mapping[str, Any] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    secure: bool = False
    host: str = ""

    @property
    def of_cash(self) -> bool:
        """Whether it asks for order to cash, not for revenue."""
        return self.path.startswith(("/cash", "/api/v1/cash"))

    @property
    def book(self) -> tuple[str, ...]:
        """The beginning of the paths of this book's pages."""
        return ("cash",) if self.of_cash else ()

    @property
    def settings(self) -> Settings:
        """The settings of the runs that it asks for."""
        return self.site.settings.of_cash() if self.of_cash else self.site.settings

    def text(self, name: str) -> str:
        """A text of the form or JSON, trimmed, or ''.

        Raises Refused where it is none, or longer than a person would write.
        """
        found = self.form.get(name) if self.form else self.body.get(name)
        if found is None:
            return ""
        if not isinstance(found, str) or len(found) > _LONGEST:
            raise Refused(422, f"{name} must be a text of at most {_LONGEST:,} letters.")
        return found.strip()

    def asked(self, name: str) -> str:
        """A text of the address, '' without one."""
        return self.query.get(name, "").strip()

    def many(self, name: str) -> Sequence[str]:
        """The texts of the address under a name, none blank."""
        return [text.strip() for text in self.query.getlist(name) if text.strip()]

    def number(self, name: str, usual: int, least: int = 0, most: int = 1_000_000_000) -> int:
        """A whole number of the address; raises Refused."""
        text = self.asked(name)
        if not text:
            return usual
        if not (text.isascii() and text.isdigit() and len(text) < len(str(most)) + 1):
            raise Refused(422, f"{name} must be a whole number.")
        if not least <= int(text) <= most:
            raise Refused(422, f"{name} must be from {least:,} to {most:,}.")
        return int(text)

    def month(self, text: str) -> Month:
        """A month of the settings' calendar; raises MonthError."""
        return self.site.settings.calendar.month(text, datetime.now(UTC))

    def acting(self) -> Any:  # noqa: ANN401 - a context manager
        """A context in which this person acts."""
        return identity.acting(self.person.name, self.address)

    def note(self, what: str, subject: str = "", detail: str = "") -> None:
        """Write down an action of this person."""
        with self.site.people() as people:
            people.note(self.person.name, self.address, what, subject, detail)


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of a list."""

    offset: int
    limit: int

    @classmethod
    def of(cls, ask: Ask, usual: int = 50) -> Slice:
        """The page that the address asks for."""
        return cls(ask.number("offset", 0), ask.number("limit", usual, 1, MOST))

    def cut(self, found: Sequence[Any]) -> Sequence[Any]:
        """The part of a list."""
        return found[self.offset : self.offset + self.limit]


def parsed(content: bytes) -> Mapping[str, Any]:
    """The JSON object of a body; raises Refused."""
    try:
        found = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not JSON.") from None
    if not isinstance(found, dict):
        raise Refused(422, "The body must be a JSON object.")
    return found


def required(text: str, sentence: str) -> str:
    """A text that must be there; raises UsageError."""
    if not text:
        raise UsageError(sentence)
    return text
