"""The table [slack]: places, mentions and deadlines of alerts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from recon.base import keys
from recon.base.keys import Keys
from recon.config import values

API = "https://slack.com/api/"


class Level(StrEnum):
    """The level of an alert.

    Breaks of a severity, or a run that failed.
    """

    WARNING = "warning"
    HIGH = "high"
    CRITICAL = "critical"
    FAILURE = "failure"


class Way(StrEnum):
    """The way to a place: webhook or channel.

    The webhook is in a variable or in the credential store.
    """

    VARIABLE = "env"
    KEYRING = "keyring"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Place:
    """A place for alerts.

    `name` is that of a variable, of an entry of the credential store, or of a channel.
    """

    way: Way
    name: str

    def __str__(self) -> str:
        return f"{self.way}:{self.name}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place that is written so."""
        way, _, name = text.partition(":")
        return cls(Way(way), name)


@dataclass(frozen=True, slots=True)
class Target:
    """A place, and who is mentioned there: `<@U…>`, `<!subteam^S…>`, `<!here>`."""

    place: Place
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LevelSettings:
    """The places of a level, at first and when unanswered.

    Breaks have business days to be acknowledged, a failed run has hours to be made good.
    """

    first: Target
    then: Target
    days: int = 0
    hours: int = 0


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """The settings of Slack; secrets are named, not held.

    `report_link` is an address of the folder of a run, with {month} and {run} in it; `owners` are
    the mentions of owners of contracts by their names in the data.
    """

    place: Place
    levels: Mapping[Level, LevelSettings]
    token: Place | None = None
    redact: bool = False
    upload: bool = False
    report_link: str | None = None
    proxy: str | None = None
    ca_file: Path | None = None
    api: str = API
    owners: Mapping[str, str] = field(default_factory=dict)


# Business days until somebody else is notified, and hours for a failed run.
DAYS = {Level.WARNING: 5, Level.HIGH: 2, Level.CRITICAL: 1, Level.FAILURE: 0}
HOURS = 4

_MEMBER = re.compile(r"[UW][A-Z0-9]{4,}")
_GROUP = re.compile(r"S[A-Z0-9]{4,}")
_EVERYBODY = ("here", "channel", "everyone")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CHANNEL = re.compile(r"#?[\w-]{1,80}|@?[UW][A-Z0-9]{4,}")


def read_slack(table: Keys, path: Path) -> SlackSettings:
    """The settings of Slack.

    Relative paths start beside the configuration.
    """
    token = _read_secret(table, "token")
    place = _read_place(table, token, Place(Way.VARIABLE, "RECON_SLACK_WEBHOOK"))
    if place is None:
        table.mistake("webhook_env", "is missing; it names the variable with a webhook's address")
        place = Place(Way.VARIABLE, "")
    settings = SlackSettings(
        place=place,
        levels={level: _read_level(table.table(level), level, place, token) for level in Level},
        token=token,
        redact=table.take("redact", keys.yes_or_no, False),
        upload=table.take("upload", keys.yes_or_no, False),
        report_link=table.take("report_link", _link, None),
        proxy=table.take("proxy", _proxy, None),
        ca_file=table.take("ca_file", values.below(path), None),
        api=table.take("api", _api, API),
        owners=_read_owners(table.table("owners")),
    )
    if settings.upload and (settings.redact or token is None):
        why = "shows what redact hides" if settings.redact else "needs token_env; see its comment"
        table.mistake("upload", why)
    table.close()
    return settings


def usual_slack() -> SlackSettings:
    """The settings where nothing but a webhook is set."""
    table = {"webhook_env": "RECON_SLACK_WEBHOOK"}
    return read_slack(Keys(table, "slack", []), Path.cwd())


def _read_level(table: Keys, level: Level, usual: Place, token: Place | None) -> LevelSettings:
    first = _read_target(table, usual, token)
    failure = level is Level.FAILURE
    settings = LevelSettings(
        first=first,
        days=0 if failure else table.take("acknowledge_days", keys.whole, DAYS[level]),
        hours=table.take("acknowledge_hours", keys.whole, HOURS) if failure else 0,
        then=_read_target(table.table("then"), first.place, token),
    )
    table.close()
    return settings


def _read_target(table: Keys, usual: Place, token: Place | None) -> Target:
    place = _read_place(table, token, usual) or usual
    target = Target(place, table.take("mentions", _mentions, ()))
    if table.key.endswith(".then"):
        table.close()
    return target


def _read_place(table: Keys, token: Place | None, usual: Place) -> Place | None:
    """The one place that a table names, else None."""
    names = [name for name in ("channel", "webhook_env", "webhook_keyring") if name in table]
    for name in names[1:]:
        table.mistake(name, f"does not go with {names[0]}; an alert goes to one place")
    channel = table.take("channel", _channel, None)
    if channel is not None and token is None:
        table.mistake("channel", "needs token_env; a webhook has its channel from Slack")
    if channel is not None:
        return Place(Way.CHANNEL, channel)
    # A mistake in it is reported once, not also as a missing one.
    return _read_secret(table, "webhook") or (usual if names else None)


def _read_secret(table: Keys, what: str) -> Place | None:
    variable = table.take(f"{what}_env", _variable, None)
    entry = table.take(f"{what}_keyring", keys.text, None)
    if variable is not None:
        return Place(Way.VARIABLE, variable)
    return Place(Way.KEYRING, entry) if entry is not None else None


def _read_owners(table: Keys) -> Mapping[str, str]:
    owners = {name.strip().casefold(): table.take(name, mention, "") for name in table.names()}
    return {name: found for name, found in owners.items() if found}


def _mentions(value: object) -> tuple[str, ...]:
    return tuple(mention(text) for text in keys.texts(value))


def mention(value: object) -> str:
    """The mention of a member, group or everybody, for Slack."""
    text = keys.text(value).removeprefix("@")
    if _MEMBER.fullmatch(text):
        return f"<@{text}>"
    if _GROUP.fullmatch(text):
        return f"<!subteam^{text}>"
    if text in _EVERYBODY:
        return f"<!{text}>"
    raise ValueError(
        f"{value!r} is neither a member ID like U012AB3CD, nor a group ID like S012AB3CD, nor "
        "one of " + ", ".join(_EVERYBODY)
    )


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        text = keys.text(value)
        if not pattern.fullmatch(text):
            # Somebody may have written the secret itself here: it is not repeated.
            raise ValueError(what)
        return text

    return parse


_variable: Any = _matching(_VARIABLE, "is not the name of a variable; the secret is its value")
_channel: Any = _matching(_CHANNEL, "is not a channel like '#close' or C012AB3CD")


def _link(value: object) -> str:
    return _address(value, ("https", "http", "file"), "https://share.example/{month}/{run}")


def _api(value: object) -> str:
    text = _address(value, ("https", "http"), API)
    _refuse_cleartext(text)
    return text if text.endswith("/") else f"{text}/"


def _proxy(value: object) -> str:
    text = _address(value, ("http", "https"), "http://proxy.example:8080")
    if "@" in urlsplit(text).netloc:
        raise ValueError("it contains a login; set the variable HTTPS_PROXY to it instead")
    return text


def _address(value: object, schemes: tuple[str, ...], example: str) -> str:
    text = keys.text(value)
    if urlsplit(text).scheme not in schemes or re.search(r"[\s<>|]", text):
        raise ValueError(f"is not an address like {example}")
    return text


def _refuse_cleartext(address: str) -> None:
    """Raise ValueError for an address that others could overhear.

    An address of this machine is safe: nothing leaves it.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("does not begin with https://")


def is_webhook(address: str) -> bool:
    """Whether a secret looks like the address of a webhook."""
    try:
        _refuse_cleartext(address)
        return bool(urlsplit(address).hostname) and re.search(r"\s", address) is None
    except ValueError:
        return False
