"""Exact amounts: whole ten-thousandths, never binary floating point.

Ten-thousandths are the scale of SQL Server's MONEY. A currency's minor unit (ISO 4217) is a
whole number of them: 100 for USD, 10,000 for JPY, 10 for KWD.
"""

from __future__ import annotations

import re

SCALE = 10_000
LARGEST = 2**63 - 1

_DECIMALS = (
    dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0)
    | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)
    | dict.fromkeys("CLF UYW".split(), 4)
)
_DECIMALS_OF_MOST = 2
# By the number of decimals.
_UNITS = (10_000, 1_000, 100, 10, 1)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")


def decimals(currency: str) -> int:
    """A currency's number of decimals.

    ISO 4217; 2 unless listed otherwise.
    """
    return _DECIMALS.get(currency, _DECIMALS_OF_MOST)


def minor_unit(currency: str) -> int:
    """A currency's minor unit in ten-thousandths."""
    return _UNITS[decimals(currency)]


def minor_units() -> dict[str, int]:
    """Minor units of currencies without two decimals, in ten-thousandths."""
    return {currency: minor_unit(currency) for currency in _DECIMALS}


def fine_currencies() -> list[str]:
    """The currencies of more than two decimals."""
    return [currency for currency, places in _DECIMALS.items() if places > _DECIMALS_OF_MOST]


def parse_amount(text: str) -> int:
    """The ten-thousandths of an amount written plainly, like `-1234.50`.

    Raises ValueError as `parse_sum` does, and where it does not fit 64 bits.
    """
    amount = parse_sum(text)
    if abs(amount) > LARGEST:
        raise ValueError(f"{text!r} is too large")
    return amount


def parse_sum(text: str) -> int:
    """A sum of amounts of any size, in ten-thousandths.

    Raises ValueError where the text is no plain number or has more than four decimals.
    """
    if _NUMBER.fullmatch(text.strip()) is None:
        raise ValueError(f"{text!r} is not a plain number like 1234.50")
    whole, _, decimals = text.strip().partition(".")
    if decimals[4:].strip("0"):
        raise ValueError(f"{text!r} has more than four decimals")
    return int(whole + decimals[:4].ljust(4, "0"))


def plain(amount: int, currency: str) -> str:
    """An amount for machines: `-1234.50`."""
    written = _written(abs(amount), currency, "")
    return f"-{written}" if amount < 0 else written


def pretty(amount: int, currency: str, sign: bool = False) -> str:
    """An amount for people: `-1,234.50`.

    With `sign`, a positive one has a `+`.
    """
    written = _written(abs(amount), currency, ",")
    return f"-{written}" if amount < 0 else f"+{written}" if sign and amount else written


def _written(amount: int, currency: str, between: str) -> str:
    # Reports write millions of them: as whole numbers, three times as fast as by way of Decimal.
    places = _DECIMALS.get(currency, _DECIMALS_OF_MOST)
    whole, rest = divmod(amount, SCALE)
    if rest % _UNITS[places]:
        places = 4
    if not places:
        return f"{whole:{between}}"
    return f"{whole:{between}}.{rest // _UNITS[places]:0{places}}"


def rank(currency: str, main: str) -> tuple[bool, str]:
    """The sort key of currencies: the main one, then names.

    Their amounts cannot be compared, so whatever is sorted by amount is sorted by this before.
    """
    return currency != main, currency


def rounded(above: int, below: int) -> int:
    """A quotient rounded half away from zero."""
    units = (2 * abs(above) + abs(below)) // (2 * abs(below))
    return units if (above >= 0) == (below > 0) else -units


def share(part: int, whole: int) -> str:
    """The share part / whole as `97.31%`, or `n/a`.

    It is cut off, so that only the whole is 100.00%.
    """
    if whole == 0:
        return "n/a"
    hundredths = 10_000 * part // whole
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def percent(part: int, whole: int) -> str:
    """The ratio part / whole as `-1.20%`, or `n/a`.

    Rounded half away from zero; `n/a` where the whole is 0.
    """
    if whole == 0:
        return "n/a"
    hundredths = (20_000 * abs(part) + abs(whole)) // (2 * abs(whole))
    negative = hundredths and (part < 0) != (whole < 0)
    return f"{'-' if negative else ''}{hundredths // 100}.{hundredths % 100:02d}%"
