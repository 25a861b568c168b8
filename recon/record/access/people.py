"""The people of the page, their sessions, tokens and actions."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recon.base.errors import UsageError
from recon.record.access import passwords
from recon.record.access.model import Part, Person
from recon.record.access.schema import NAME, opened, transaction

# Also what Windows and directories call an account: DOMAIN\anna, anna@example.com.
_NAME = re.compile(r"[\w](?:[\w .@\\-]{0,98}[\w])?")
# A moment's requests write no second line.
_SEEN = 30.0
TOKEN = "recon_"  # noqa: S105 - how a token begins
LONGEST = 3_650


@dataclass(frozen=True, slots=True)
class Listed:
    """A person or token as it is listed."""

    person: Person
    disabled: bool
    has_password: bool
    created: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is listed, without itself."""

    id: str
    person: str
    label: str
    parts: tuple[Part, ...]
    expires: datetime
    revoked: bool


@dataclass(frozen=True, slots=True)
class Action:
    """A change or login: who, when and from where."""

    at: str
    who: str
    address: str
    what: str
    subject: str
    detail: str


class People:
    """The file of access; opened by `People.at`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def at(cls, reports: Path) -> Iterator[People]:
        """Yield the people of a folder of reports; raises ReportError."""
        with opened(reports / NAME) as connection:
            yield cls(connection)

    def add(
        self,
        name: str,
        password: str | None,
        parts: Collection[Part],
        feeds: Sequence[str] = (),
        regions: Sequence[str] = (),
    ) -> None:
        """Add a person.

        Without a password only a proxy can log them in.

        Raises UsageError where the name is taken or none, or the password is weak.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no name of a person; use letters, digits and . - _ @ \\")
        if self._row(name):
            raise UsageError(f"There is a person {name!r} already; `recon users list` shows them.")
        if password is not None:
            passwords.refuse_weak(name, password)
        self._connection.execute(
            "INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
            (_key(name), name, passwords.hashed(password) if password is not None else "",
             _dumped(parts), json.dumps(list(feeds)), json.dumps(list(regions)), _now()),
        )  # fmt: skip

    def change(
        self,
        name: str,
        parts: Collection[Part] | None = None,
        feeds: Sequence[str] | None = None,
        regions: Sequence[str] | None = None,
    ) -> None:
        """Give a person other roles, feeds or regions."""
        self.find(name)
        given = {"feeds": feeds, "regions": regions}
        sets = {key: json.dumps(list(value)) for key, value in given.items() if value is not None}
        sets |= {"parts": _dumped(parts)} if parts is not None else {}
        for column, text in sets.items():
            self._connection.execute(
                f"UPDATE people SET {column} = ? WHERE key = ?", (text, _key(name))
            )

    def set_password(self, name: str, password: str) -> None:
        """Give a person another password; their sessions end."""
        self.find(name)
        passwords.refuse_weak(name, password)
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE people SET password = ? WHERE key = ?",
                (passwords.hashed(password), _key(name)),
            )
            self._end_sessions(name)

    def disable(self, name: str, *, disabled: bool = True) -> None:
        """Keep a person out, or let them in again."""
        self.find(name)
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE people SET disabled = ? WHERE key = ?", (int(disabled), _key(name))
            )
            self._end_sessions(name)

    def _end_sessions(self, name: str) -> None:
        self._connection.execute("DELETE FROM sessions WHERE person = ?", (_key(name),))

    def find(self, name: str) -> Listed:
        """A person by name; raises UsageError."""
        if row := self._row(name):
            return _listed(row)
        raise UsageError(f"There is no person {name!r}; `recon users list` shows them.")

    def all(self) -> list[Listed]:
        """All people by name."""
        rows = self._connection.execute("SELECT * FROM people ORDER BY key").fetchall()
        return [_listed(row) for row in rows]

    def _row(self, name: str) -> Sequence[object] | None:
        found: Sequence[object] | None = self._connection.execute(
            "SELECT * FROM people WHERE key = ?", (_key(name),)
        ).fetchone()
        return found

    def known(self, name: str) -> Person | None:
        """A person who is not disabled, else None."""
        row = self._row(name)
        found = _listed(row) if row else None
        return found.person if found and not found.disabled else None

    def checked(self, name: str, password: str) -> Person | None:
        """The person of a name and password, else None.

        It takes as long for a name that nobody has.
        """
        row = self._row(name)
        fits = passwords.fits(str(row[2]) if row else "", password)
        return self.known(name) if fits else None

    # Sessions.

    def begin_session(
        self, person: str, address: str, parts: Collection[Part] | None = None
    ) -> str:
        """Begin a session; return its secret.

        With `parts` it is of somebody who is not among the people: who has started the server.
        """
        secret, now = secrets.token_urlsafe(32), time.time()
        self._connection.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)",
            (_digest(secret), _key(person) if parts is None else person, secrets.token_urlsafe(32),
             "" if parts is None else _dumped(parts), now, now, address),
        )  # fmt: skip
        return secret

    def of_session(self, secret: str, hours: float, idle_minutes: float) -> Person | None:
        """The person of a session that goes on, else None."""
        digest, now = _digest(secret), time.time()
        row = self._connection.execute(
            "SELECT person, csrf, parts, created, seen FROM sessions WHERE digest = ?", (digest,)
        ).fetchone()
        if row is None:
            return None
        name, csrf, parts, created, seen = row
        if now - created > hours * 3600 or now - seen > idle_minutes * 60:
            self.end_session(secret)
            return None
        if now - seen > _SEEN:
            self._connection.execute("UPDATE sessions SET seen = ? WHERE digest = ?", (now, digest))
        person = Person(name, _loaded(parts)) if parts else self.known(name)
        return replace(person, csrf=csrf) if person else None

    def end_session(self, secret: str) -> None:
        """End a session."""
        self._connection.execute("DELETE FROM sessions WHERE digest = ?", (_digest(secret),))

    def forget_old_sessions(self, hours: float, *, of_starts: bool = False) -> None:
        """Remove sessions that are over, and those of earlier starts."""
        self._connection.execute(
            "DELETE FROM sessions WHERE created < ? OR (? AND parts <> '')",
            (time.time() - hours * 3600, of_starts),
        )

    # Tokens.

    def make_token(self, name: str, parts: Collection[Part], days: int, label: str) -> str:
        """A new token of a person, shown this once.

        Raises UsageError where the person lacks the role, or it would never expire.
        """
        mine = self.find(name).person.parts
        lacking = [part for part in parts if part not in mine and Part.ADMIN not in mine]
        if lacking:
            raise UsageError(f"{name} is no {lacking[0]}; a token has roles of its person.")
        if not 1 <= days <= LONGEST:
            raise UsageError(f"A token is good for 1 to {LONGEST:,} days, not {days:,}.")
        token, number = TOKEN + secrets.token_urlsafe(32), secrets.token_hex(4)
        expires = datetime.now(UTC) + timedelta(days=days)
        self._connection.execute(
            "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            (number, _digest(token), _key(name), label, _dumped(parts), _now(),
             expires.isoformat()),
        )  # fmt: skip
        return token

    def of_token(self, token: str) -> Person | None:
        """The person of a token that is good, else None."""
        row = self._connection.execute(
            "SELECT person, parts, expires FROM tokens WHERE digest = ? AND NOT revoked",
            (_digest(token),),
        ).fetchone()
        if row is None or datetime.fromisoformat(row[2]) < datetime.now(UTC):
            return None
        person, parts = self.known(row[0]), _loaded(row[1])
        if person is None:
            return None
        mine = parts if Part.ADMIN in person.parts else parts & person.parts
        return replace(person, parts=mine)

    def tokens(self) -> list[Token]:
        """All tokens, the newest first."""
        rows = self._connection.execute(
            "SELECT id, person, label, parts, expires, revoked FROM tokens ORDER BY rowid DESC"
        )
        return [
            Token(id_, person, label, tuple(sorted(_loaded(parts))),
                  datetime.fromisoformat(expires), bool(revoked))
            for id_, person, label, parts, expires, revoked in rows
        ]  # fmt: skip

    def revoke(self, token: str) -> None:
        """Let a token be good no more; raises UsageError."""
        done = self._connection.execute("UPDATE tokens SET revoked = 1 WHERE id = ?", (token,))
        if not done.rowcount:
            raise UsageError(f"There is no token {token!r}; `recon users tokens` lists them.")

    # Actions.

    def note(self, who: str, address: str, what: str, subject: str = "", detail: str = "") -> None:
        """Write down an action; nobody can change it later."""
        self._connection.execute(
            "INSERT INTO actions VALUES (NULL, ?, ?, ?, ?, ?, ?)",
            (_now(), who, address, what, subject, detail),
        )

    def actions(self, most: int = 100) -> list[Action]:
        """The last actions, the newest first."""
        rows = self._connection.execute(
            "SELECT at, who, address, what, subject, detail FROM actions "
            "ORDER BY number DESC LIMIT ?",
            (most,),
        )
        return [Action(*row) for row in rows]


def _listed(row: Sequence[object]) -> Listed:
    _, name, password, parts, feeds, regions, disabled, created = row
    person = Person(
        str(name), _loaded(parts), tuple(json.loads(str(feeds))), tuple(json.loads(str(regions)))
    )
    return Listed(person, bool(disabled), bool(password), str(created))


def _key(name: str) -> str:
    return name.casefold()


def _digest(secret: str) -> str:
    # Secrets of 256 random bits need no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()


def _dumped(parts: Collection[Part]) -> str:
    return json.dumps(sorted(part.value for part in parts))


def _loaded(parts: object) -> frozenset[Part]:
    return frozenset(map(Part, json.loads(str(parts))))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
