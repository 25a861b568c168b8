"""Regions and currencies that the name of a file says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recon.setup.init.writings import CURRENCIES

# Code, code of three letters, currency, names.
_COUNTRIES = """
AT AUT EUR austria oesterreich
AU AUS AUD australia
BE BEL EUR belgium
BR BRA BRL brazil
CA CAN CAD canada
CH CHE CHF switzerland schweiz suisse
CN CHN CNY china
CZ CZE CZK czechia
DE DEU EUR germany deutschland
DK DNK DKK denmark
ES ESP EUR spain espana
FI FIN EUR finland
FR FRA EUR france
GB GBR GBP britain england scotland wales
HK HKG HKD hongkong
IE IRL EUR ireland
IN IND INR india
IT ITA EUR italy italia
JP JPN JPY japan
MX MEX MXN mexico
NL NLD EUR netherlands holland
NO NOR NOK norway
NZ NZL NZD zealand
PL POL PLN poland
PT PRT EUR portugal
SE SWE SEK sweden
SG SGP SGD singapore
UK UK GBP kingdom
US USA USD america
ZA ZAF ZAR africa
"""
_AREAS = frozenset(
    "north south east west central northern southern eastern western emea apac latam row nordics "
    "dach benelux europe asia domestic international nord sud ost".split()
)


@dataclass(frozen=True, slots=True)
class Said:
    """A region and a currency, or '' for each."""

    region: str = ""
    currency: str = ""


def said(path: Path, words: Sequence[str]) -> Said:
    """The region and the currency that a file's name says.

    A code of two letters counts in capitals, or where it is all of the name.
    """
    found = Said()
    for written in re.findall(r"[^\W\d_]+", path.name.partition(".")[0]):
        word = written.lower()
        if word not in words:
            continue
        if written.upper() in CURRENCIES:
            found = Said(found.region, written.upper())
        elif word in _AREAS:
            found = Said(written if written.isupper() else word.capitalize(), found.currency)
        elif country := _country(written, alone=len(words) == 1):
            named = written.upper() if len(written) < 4 else word.capitalize()  # noqa: PLR2004
            found = Said(named, found.currency or country)
    return found


def _country(written: str, *, alone: bool) -> str:
    """The currency of a country, '' for another word."""
    for line in _COUNTRIES.strip().splitlines():
        short, three, currency, *names = line.split()
        if written.upper() in (three, *map(str.upper, names)):
            return currency
        if written.upper() == short and (alone or written.isupper()):
            return currency
    return ""
