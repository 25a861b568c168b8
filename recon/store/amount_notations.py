"""Amounts in text, however written, as plain numbers.

A sign may come before or behind, or be a pair of brackets; digits may be grouped by threes; a
currency may come before or behind if it is the row's own. Whatever is not certain is no amount:
`1,00.00`, `(-5.00)`, `100.00 CR` (of which nothing says which sign it has), or `€5.00` in dollars.
"""

from __future__ import annotations

import re

from recon.store.checks import noted
from recon.store.session import literal, name

# Blanks that group digits: no-break, figure, thin, narrow no-break.
_THIN = "\u00a0\u2007\u2009\u202f"
_MINUS, _APOSTROPHE = "\u2212", "\u2019"
BLANKS = " \t\r\n" + _THIN
# Several currencies share a sign; a code stands for itself.
SIGNS = {
    "$": (
        "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD "
        "SRD TTD TWD UYU XCD"
    ).split(),
    "€": ["EUR"],
    "£": ["GBP"],
    "¥": ["JPY", "CNY"],
    "US$": ["USD"], "CA$": ["CAD"], "C$": ["CAD", "NIO"], "A$": ["AUD"], "AU$": ["AUD"],
    "NZ$": ["NZD"], "HK$": ["HKD"], "S$": ["SGD"], "NT$": ["TWD"], "MX$": ["MXN"], "R$": ["BRL"],
    "₹": ["INR"], "Rs": ["INR", "PKR", "LKR", "NPR", "MUR", "SCR"], "₩": ["KRW"],
    "₽": ["RUB"], "₪": ["ILS"], "₺": ["TRY"], "₴": ["UAH"], "₫": ["VND"], "฿": ["THB"],
    "₱": ["PHP"], "₦": ["NGN"], "zł": ["PLN"], "Kč": ["CZK"], "kr": ["SEK", "NOK", "DKK", "ISK"],
    "Ft": ["HUF"], "Fr": ["CHF"], "lei": ["RON"],
}  # fmt: skip
# The longest first; some are abbreviated by a dot, which is no separator.
_DOTTED = r"(?:Rs|Fr|kr)[.,]"
_WORDS = "|".join(re.escape(sign) for sign in sorted(SIGNS, key=len, reverse=True))
MARK = rf"(?:{_DOTTED}|{_WORDS}|[A-Z]{{3}})"


# Lakhs and crores: 12,34,567.89.
INDIAN = r"[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d*)?"


_ALONE = r"[1-9]\d{0,2}(?:,\d{3})+"


def _form(alone: str) -> str:
    """The pattern of an amount, its blanks made tildes."""
    number = (
        r"(?:\d+(?:\.\d*)?|\.\d+|\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:'\d{3})+(?:\.\d+)?"
        rf"|\d{{1,3}}(?:~\d{{3}})+(?:\.\d+)?|{INDIAN}{alone})"
    )
    before, behind = f"(?:{MARK}[ ~]*)", f"(?:[ ~]*{MARK})"
    return "|".join(
        (
            rf"[+-]?{before}?{number}{behind}?",
            rf"{before}[+-]{number}",
            rf"{before}?{number}{behind}?-",
            rf"{number}-{behind}",
            rf"\({before}?{number}{behind}?\)",
            rf"{before}\({number}\)|\({number}\){behind}",
        )
    )


# With commas that group and prove nothing, and without.
_FORMS = {True: _form(f"|{_ALONE}"), False: _form("")}


def plain(raw: str, decimal: str = ".", currency: str = "''", *, known: bool = False) -> str:
    """The SQL of a text's plain number, NULL where uncertain.

    `currency` is the SQL of the row's. A comma that groups without a point behind it as its proof
    stays, unless it is `known` which sign comes before decimals.
    """
    form = _FORMS[known or decimal == "."]
    swapped = raw if decimal == "." else f"translate({raw}, '.,', ',.')"
    same = literal(_MINUS + _APOSTROPHE + _THIN), literal("-'" + "~" * len(_THIN))
    # A tilde is no part of an amount; here it is a blank between groups, and only there.
    one = f"trim(translate(trim({swapped}, {literal(BLANKS)}), {same[0]}, {same[1]}), '~')"
    bare = f"regexp_replace({one}, {literal(_DOTTED)}, '', 'g')"
    mark = f"regexp_replace({one}, '[-+()0-9.,''~ ]', '', 'g')"
    sign = f"CASE WHEN regexp_matches({one}, '[(-]') THEN '-' ELSE '' END"
    return (
        f"CASE WHEN NOT contains({raw}, '~') AND regexp_full_match({one}, {literal(form)}) "
        f"AND {_own(mark, currency)} THEN {sign} || {_digits(bare, known)} END"
    )


def _digits(bare: str, known: bool) -> str:
    """SQL of digits, with the commas that prove nothing."""
    digits = f"regexp_replace({bare}, '[^0-9.]', '', 'g')"
    if known:
        return digits
    either = f"regexp_replace({bare}, '[^0-9,.]', '', 'g')"
    alone = f"regexp_full_match({either}, {literal(_ALONE)})"
    return f"CASE WHEN {alone} THEN {either} ELSE {digits} END"


def number(raw: str, decimal: str | None, currency: str, *, known: bool) -> str:
    """The SQL of a number, with a decimal point.

    It is as it came where it is uncertain. Nearly every amount is plain, which is seen fast.
    """
    number = plain(raw, decimal or ".", currency, known=known)
    point, is_plain, other = raw, "true", raw
    if decimal == ",":
        point, is_plain = f"replace({raw}, ',', '.')", f"NOT contains({raw}, '.')"
        # With a point it would be read as a number that it is not.
        with_point = noted(raw, 'decimal = ","')
        other = f"CASE WHEN contains({raw}, '.') THEN {with_point} ELSE {raw} END"
    fits = f"{_plain_number(point)} IS NOT NULL"
    return f"CASE WHEN {is_plain} AND {fits} THEN {point} ELSE coalesce({number}, {other}) END"


def written_otherwise(raw: str) -> str:
    """The SQL of whether a text is no plain number."""
    return f"{raw} IS NOT NULL AND {_plain_number(raw)} IS NULL"


def _plain_number(text: str) -> str:
    return f"TRY_CAST({text} AS DECIMAL(18, 4))"


def own_currency_of(policy: str, column: str, kind: str) -> str:
    """The SQL of a row's currency, else the policy's.

    `column` is that of currencies, or ''; `kind` is its type.
    """
    if not kind.startswith("VARCHAR"):
        return literal(policy)
    text = f"upper(trim({name(column)}, {literal(BLANKS)}))"
    return f"coalesce(nullif({text}, ''), {literal(policy)})"


def _own(mark: str, currency: str) -> str:
    """The condition that a mark means the row's currency."""
    signs = " ".join(
        f"WHEN {literal(sign)} THEN {currency} IN ({', '.join(map(literal, codes))})"
        for sign, codes in SIGNS.items()
    )
    return f"CASE {mark} WHEN '' THEN true {signs} ELSE {mark} = {currency} END"
