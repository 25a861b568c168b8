"""Keys: values of a configuration table, with every mistake noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

from recon.base import money

Parsed = TypeVar("Parsed")
Choice = TypeVar("Choice", bound=StrEnum)


class Keys:
    """A table whose keys are taken one by one.

    Any key that nobody takes is a mistake.
    """

    def __init__(self, table: Mapping[str, object], key: str, mistakes: list[str]) -> None:
        self._table = dict(table)
        self.key = key
        self._mistakes = mistakes
        self._asked: list[str] = []

    def __contains__(self, name: str) -> bool:
        self._asked.append(name)
        return name in self._table

    def names(self) -> list[str]:
        """The keys that nobody has taken yet."""
        return list(self._table)

    def mistake(self, name: str, what: str) -> None:
        """Note a mistake in a key."""
        self._mistakes.append(f"{self.key}.{name}: {what}" if self.key else f"{name}: {what}")

    def take(self, name: str, parse: Callable[[object], Parsed], default: Parsed) -> Parsed:
        """A key's parsed value; the default where absent or wrong."""
        self._asked.append(name)
        if name not in self._table:
            return default
        try:
            return parse(self._table.pop(name))
        except ValueError as error:
            self.mistake(name, str(error))
            return default

    def table(self, name: str) -> Keys:
        """The table below a key, empty where there is none."""
        self._asked.append(name)
        found = self._table.pop(name, {})
        if not isinstance(found, Mapping):
            self.mistake(name, "must be a table")
            found = {}
        return Keys(found, f"{self.key}.{name}" if self.key else name, self._mistakes)

    def tables(self, name: str) -> list[tuple[str, Keys]]:
        """The tables below a key by name."""
        children = self.table(name)
        return [(child, children.table(child)) for child in children.names()]

    def close(self) -> None:
        """Note every key that nobody took."""
        from difflib import get_close_matches

        for name in self._table:
            meant = get_close_matches(name, self._asked, 1)
            self.mistake(
                name, "is not a known key" + (f"; did you mean {meant[0]}?" if meant else "")
            )


def one_of(kind: type[Choice]) -> Callable[[object], Choice]:
    """A parser for one of a few words."""

    def parse(value: object) -> Choice:
        try:
            return kind(str(value))
        except ValueError:
            choices = ", ".join(choice.value for choice in kind)
            raise ValueError(f"{value!r} is not one of {choices}") from None

    return parse


def text(value: object) -> str:
    """A text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is not a text")
    return value.strip()


def texts(value: object) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list of texts")
    return tuple(text(item) for item in value)


def character(value: object) -> str:
    """A single character."""
    if not isinstance(value, str) or len(value) != 1:
        raise ValueError(f"{value!r} is not a single character")
    return value


def currency(value: object) -> str:
    """An ISO 4217 code."""
    code = text(value).upper()
    if len(code) != 3 or not (code.isascii() and code.isalpha()):  # noqa: PLR2004 - ISO 4217
        raise ValueError(f"{value!r} is not a currency code like USD")
    return code


def whole(value: object) -> int:
    """A whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is not a whole number from 0")
    return value


def yes_or_no(value: object) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is not true or false")
    return value


def amount(value: object) -> int:
    """An amount from 0, in ten-thousandths.

    A TOML float would not be exact.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{value!r} is not an amount; write it in quotes, like '100.00'")
    units = money.parse_amount(str(value))
    if units < 0:
        raise ValueError(f"{value!r} is negative")
    return units


def rate(value: object) -> int:
    """A percentage from 0% to 100% in millionths."""
    if not isinstance(value, str) or not value.strip().endswith("%"):
        raise ValueError(f"{value!r} is not a percentage; write it in quotes, like '1%'")
    ppm = money.parse_amount(value.strip().removesuffix("%"))
    if not 0 <= ppm <= 100 * money.SCALE:
        raise ValueError(f"{value!r} is not between 0% and 100%")
    return ppm
