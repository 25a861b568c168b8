"""Amounts in text, however written, as plain numbers.

A sign may come before or behind, or be a pair of brackets; digits may be grouped by threes; a
currency may come before or behind if it is the row's own. Whatever is not certain is no amount:
`1,00.00`, `(-5.00)`, `100.00 CR` (of which nothing says which sign it has), or `€5.00` in dollars.
"""

from __future__ import annotations

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
}
_MARK = rf"(?:[{''.join(SIGNS)}]|[A-Z]{{3}})"


def plain(raw: str, decimal: str = ".", currency: str = "''", *, known: bool = False) -> str:
    """The SQL of a text's plain number, NULL where uncertain.

    `currency` is the SQL of the row's. A comma that groups needs a point behind it as its proof,
    unless it is `known` which sign comes before decimals.
    """
    swapped = raw if decimal == "." else f"translate({raw}, '.,', ',.')"
    same = literal(_MINUS + _APOSTROPHE + _THIN), literal("-'" + "~" * len(_THIN))
    # A tilde is no part of an amount; here it is a blank between groups, and only there.
    one = f"trim(translate(trim({swapped}, {literal(BLANKS)}), {same[0]}, {same[1]}), '~')"
    mark = f"regexp_replace({one}, '[^A-Z{''.join(SIGNS)}]', '', 'g')"
    sign = f"CASE WHEN regexp_matches({one}, '[(-]') THEN '-' ELSE '' END"
    return (
        f"CASE WHEN NOT contains({raw}, '~') AND regexp_full_match({one}, {literal(_form(known))}) "
        f"AND {_own(mark, currency)} "
        f"THEN {sign} || regexp_replace({one}, '[^0-9.]', '', 'g') END"
    )


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


def _form(known: bool) -> str:
    """The pattern of an amount, its blanks made tildes."""
    alone = r"|[1-9]\d{0,2}(?:,\d{3})+" if known else ""
    number = (
        r"(?:\d+(?:\.\d*)?|\.\d+|\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:'\d{3})+(?:\.\d+)?"
        rf"|\d{{1,3}}(?:~\d{{3}})+(?:\.\d+)?{alone})"
    )
    before, behind = f"(?:{_MARK}[ ~]*)", f"(?:[ ~]*{_MARK})"
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


def _own(mark: str, currency: str) -> str:
    """The condition that a mark means the row's currency."""
    signs = " ".join(
        f"WHEN {literal(sign)} THEN {currency} IN ({', '.join(map(literal, codes))})"
        for sign, codes in SIGNS.items()
    )
    return f"CASE {mark} WHEN '' THEN true {signs} ELSE {mark} = {currency} END"
