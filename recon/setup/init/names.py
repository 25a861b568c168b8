"""The words in a table's or column's name, with meanings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

from recon.setup.init.vocabulary import MARKS, MONEY_MARKS, OTHERS, SPELLINGS, Words

# How much is left of the sureness where marks, the entity or other words stand around a name.
_MARKED, _PREFIXED, _WITHIN = 95, 85, 60


@dataclass(frozen=True, slots=True)
class Reading:
    """A name's possible meaning, with sureness out of 100.

    `whole` is set where all of the name was read.
    """

    sureness: int
    words: Words
    whole: bool


@cache
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name.

    `GL Entries`, `gl_entries` and `GLEntries` are the same two.
    """
    plain = unicodedata.normalize("NFKD", name)
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", letters))


def compact(name: str) -> str:
    """A name's words without anything between them."""
    return "".join(words_of(name))


def snake(name: str) -> str:
    """A name as recon would write it, like `performance_obligation`."""
    return "_".join(words_of(name)) or "column"


def singular(word: str) -> str:
    """The singular of an English plural, for table names."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def known(vocabulary: Iterable[Words]) -> Mapping[str, Words]:
    """The meanings of compact names, the surest first.

    In every spelling.
    """
    found: dict[str, Words] = {}
    for words in vocabulary:
        for name in words.names.split(","):
            spellings = (SPELLINGS.get(word, (word,)) for word in name.split())
            for spelling in product(*spellings):
                found.setdefault("".join(spelling), words)
    return found


def readings(name: str, names: Mapping[str, Words], entities: str = "") -> Iterator[Reading]:
    """The possible meanings of a name.

    Of the whole, and without marks, the entity or other words around.
    """
    for form, percent in _forms(name, entities):
        if found := names.get(form):
            yield Reading(found.sureness * percent // 100, found, percent >= _MARKED)


@cache
def _forms(name: str, entities: str) -> tuple[tuple[str, int], ...]:
    """The ways to read a name, with the sureness left."""
    words = words_of(name)
    bare = _bare(words)
    found = {"".join(words): 100}
    found.setdefault("".join(bare), _MARKED)
    if len(bare) > 1 and bare[0] in entities.split():
        found.setdefault("".join(bare[1:]), _PREFIXED)
    if not OTHERS & set(words):
        for start in range(len(bare)):
            for end in range(start + 2, len(bare) + 1):
                found.setdefault("".join(bare[start:end]), _WITHIN)
    return tuple(found.items())


def _bare(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words without marks at either end.

    As in `fk_deal_id`, `Value__c`, `AmountUSD`.
    """
    while len(words) > 1 and words[0] in MARKS:
        words = words[1:]
    while len(words) > 1 and words[-1] in MARKS | MONEY_MARKS:
        words = words[:-1]
    return words
