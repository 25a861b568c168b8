"""`recon users`: the people of the page."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import UsageError
from recon.cli import process
from recon.cli.options import Config, Profile, chosen_settings
from recon.record.access.model import Part

if TYPE_CHECKING:
    from recon.config import Settings
    from recon.record.access.people import People

users = typer.Typer(
    help="Keep the people of the page: roles, passwords, tokens.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the person is called.")]
Parts = Annotated[
    list[Part] | None,
    typer.Option("--role", help="A role; may be repeated."),
]
Feeds = Annotated[
    list[str] | None, typer.Option("--feed", help="A feed that an uploader may send files of.")
]
Regions = Annotated[
    list[str] | None,
    typer.Option("--region", help="A region: all feeds whose fixed region it is."),
]
NoPassword = Annotated[
    bool,
    typer.Option("--no-password", help="A proxy logs this person in; nobody can with a password."),
]


@users.command()
def add(
    name: Name,
    role: Parts = None,
    feed: Feeds = None,
    region: Regions = None,
    no_password: NoPassword = False,
    config: Config = None,
    profile: Profile = None,
) -> None:
    """Add a person, with a password that is asked for."""
    settings = chosen_settings(config, profile, None)
    parts = role or [Part.VIEWER]
    _refuse_unknown(settings, parts, feed or (), region or ())
    password = None if no_password else _password()
    with _people(settings, "add", name) as people:
        people.add(name, password, parts, feed or (), region or ())
    _tell(f"{name} is {_listed(parts)} now.")


@users.command("list")
def list_users(config: Config = None, profile: Profile = None) -> None:
    """List people with their roles."""
    with _looked(chosen_settings(config, profile, None)) as people:
        found = people.all()
    if not found:
        _tell("There are no people yet; `recon users add NAME --role ROLE` adds one.")
        return
    width = max(len(each.person.name) for each in found)
    for each in found:
        mine = each.person
        reach = ", ".join([*mine.feeds, *mine.regions])
        notes = [f"feeds and regions: {reach}"] if reach else []
        notes += ["disabled"] if each.disabled else []
        notes += [] if each.has_password else ["without a password"]
        rest = f"  ({'; '.join(notes)})" if notes else ""
        _tell(f"{mine.name:<{width}}  {_listed(sorted(mine.parts))}{rest}")


@users.command()
def role(
    name: Name,
    role: Parts = None,
    feed: Feeds = None,
    region: Regions = None,
    config: Config = None,
    profile: Profile = None,
) -> None:
    """Give a person other roles, feeds or regions."""
    if role is None and feed is None and region is None:
        raise UsageError("Say which --role, --feed or --region the person has from now on.")
    settings = chosen_settings(config, profile, None)
    _refuse_unknown(settings, role or (), feed or (), region or ())
    with _people(settings, "role", name) as people:
        people.change(name, role, feed, region)
        found = people.find(name).person
    _tell(f"{found.name} is {_listed(sorted(found.parts))} now.")


@users.command()
def password(name: Name, config: Config = None, profile: Profile = None) -> None:
    """Give a person another password; their sessions end."""
    settings = chosen_settings(config, profile, None)
    new = _password()
    with _people(settings, "password", name) as people:
        people.set_password(name, new)
    _tell(f"{name} has another password now.")


@users.command()
def disable(name: Name, config: Config = None, profile: Profile = None) -> None:
    """Keep a person out at once: sessions and tokens end."""
    with _people(chosen_settings(config, profile, None), "disable", name) as people:
        people.disable(name)
    _tell(f"{name} is kept out; `recon users enable` lets them in again.")


@users.command()
def enable(name: Name, config: Config = None, profile: Profile = None) -> None:
    """Let a person in again."""
    with _people(chosen_settings(config, profile, None), "enable", name) as people:
        people.disable(name, disabled=False)
    _tell(f"{name} may log in again.")


@users.command()
def token(
    name: Name,
    role: Parts = None,
    days: Annotated[int, typer.Option("--days", help="How many days it is good for.")] = 90,
    label: Annotated[str, typer.Option("--label", help="What it is for.")] = "",
    config: Config = None,
    profile: Profile = None,
) -> None:
    """Make a token for the API, shown this once."""
    parts = role or [Part.VIEWER]
    with _people(chosen_settings(config, profile, None), "token", name) as people:
        made = people.make_token(name, parts, days, label)
    with process.printing():
        typer.echo(made)
        typer.echo(
            f"This token of {name} is {_listed(parts)} for {days:,} days; it is shown this once.",
            err=True,
        )


@users.command()
def tokens(config: Config = None, profile: Profile = None) -> None:
    """List tokens, without themselves."""
    with _looked(chosen_settings(config, profile, None)) as people:
        found = people.tokens()
    if not found:
        _tell("There are no tokens; `recon users token NAME` makes one.")
    for each in found:
        state = "revoked" if each.revoked else f"until {each.expires:%Y-%m-%d}"
        label = f"  {each.label}" if each.label else ""
        _tell(f"{each.id}  {each.person}  {_listed(each.parts)}  {state}{label}")


@users.command()
def revoke(
    token: Annotated[
        str, typer.Argument(metavar="TOKEN", help="Its first column in `recon users tokens`.")
    ],
    config: Config = None,
    profile: Profile = None,
) -> None:
    """Let a token be good no more."""
    with _people(chosen_settings(config, profile, None), "revoke", token) as people:
        people.revoke(token)
    _tell(f"Token {token} is good no more.")


@contextmanager
def _people(settings: Settings, what: str, subject: str) -> Iterator[People]:
    """Yield the people, and note the change of one."""
    from recon.record import identity
    from recon.record.access.people import People

    with People.at(settings.reports) as people:
        yield people
        people.note(identity.who(), identity.host(), f"users {what}", subject)


@contextmanager
def _looked(settings: Settings) -> Iterator[People]:
    from recon.record.access.people import People

    with People.at(settings.reports) as people:
        yield people


def _password() -> str:
    """A password, asked for twice, or read from input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    import getpass

    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise UsageError("The two passwords are not the same; nothing was changed.")
    return first


def _refuse_unknown(
    settings: Settings, parts: Sequence[Part], feeds: Sequence[str], regions: Sequence[str]
) -> None:
    """Raise UsageError for feeds and regions that are not configured."""
    known = settings.feeds
    if unknown := [name for name in feeds if name not in known]:
        raise UsageError(f"There is no feed {unknown[0]!r}; there are {_listed(known) or 'none'}.")
    there = {feed.fixed["region"].casefold() for feed in known.values() if "region" in feed.fixed}
    if away := [region for region in regions if region.casefold() not in there]:
        raise UsageError(
            f"No feed has the fixed region {away[0]!r}; [feeds.NAME] fixed says a feed's region."
        )
    if Part.UPLOADER in parts and not (feeds or regions):
        raise UsageError("An uploader needs a --feed or a --region.")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _tell(sentence: str) -> None:
    with process.printing():
        process.say(sentence)
