"""The SQL that makes ids comparable, whatever wrote them.

Two ids are the same where their Unicode NFKC is, without format characters (zero width, byte order
mark, soft hyphen), with one blank for any run of blanks and one dash for every dash; and, unless
case counts, in any case. Folding is DuckDB's own: Python has other capitals of a few letters.

DuckDB composes characters, which is NFC, but does not replace those that are only another form of
others, such as a full-width letter: `wide_id` does that first, and NFC of it is NFKC.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from string import ascii_lowercase, ascii_uppercase, digits

from recon.base.ids import IdRules, Ids
from recon.base.policy import Policy
from recon.store.session import Session, literal

# As regular expressions of DuckDB know them.
_BLANK = r"\s\x{0B}\x{1C}-\x{1F}\x{85}\p{Z}"
_FORMAT = r"\p{Cf}"
_DASH = r"[\p{Pd}\x{2212}]"
# Visible ASCII with single blanks in it: nearly every id, which is compared as it is.
_PLAIN = "[!-~]+( [!-~]+)*"
# What begins or ends an id and is no part of it.
AROUND = rf"^[{_BLANK}{_FORMAT}]+|[{_BLANK}{_FORMAT}]+$"
# Letters, digits and dashes of most languages, none of them another form of some other character.
USUAL = (
    r"\x00-\x7F\x{C0}-\x{131}\x{386}-\x{3CE}\x{400}-\x{481}\x{48A}-\x{52F}\x{5D0}-\x{5EA}"
    r"\x{621}-\x{64A}\x{3041}-\x{3096}\x{30A1}-\x{30FA}\x{4E00}-\x{9FFF}\x{AC00}-\x{D7A3}"
    r"\x{2010}-\x{2015}\x{2212}"
)
# Where the other forms are.
_RANGES = (
    (0xA0, 0x2000), (0x2000, 0x3400), (0xA690, 0xAB70), (0xF900, 0x10000), (0x10780, 0x107C0),
    (0x1CCD0, 0x1CD00), (0x1D100, 0x1D200), (0x1D400, 0x1D800), (0x1E030, 0x1E070),
    (0x1EE00, 0x1EF00), (0x1F100, 0x1F300), (0x1FBF0, 0x1FBFA),
)  # fmt: skip


@cache
def other_forms() -> dict[str, str]:
    """Characters that are another form of others, by these."""
    return dict(_other_forms())


def _other_forms() -> Iterator[tuple[str, str]]:
    for start, end in _RANGES:
        for character in map(chr, range(start, end)):
            written = unicodedata.normalize("NFKD", character)
            if written != unicodedata.normalize("NFD", character):
                yield character, written


@cache
def plain_letters() -> dict[str, str]:
    """Characters with small letters and digits of ASCII in them.

    Ids that are compared as equal are equal where nothing but these is left of them, too.
    """
    found = {character: character.lower() for character in ascii_uppercase}
    for character in (chr(code) for span in _RANGES for code in range(*span)):
        written = unicodedata.normalize("NFKD", character).lower()
        if letters := "".join(filter(f"{digits}{ascii_lowercase}".__contains__, written)):
            found[character] = letters
    return found


def _macros(exact: bool) -> tuple[str, ...]:
    forms, wide = other_forms(), "".join(map(chr, range(0xFF01, 0xFF5F)))
    ascii_of = "".join(map(forms.__getitem__, wide))
    keys, values = literal("".join(forms)), literal("\x1f".join(forms.values()))
    blanks, usual = f"'[{_BLANK}]+', ' ', 'g'", f"{USUAL}{_BLANK}{_FORMAT}"
    buyer = "lower(exact_id(coalesce(customer_id, customer)))"
    if exact:
        buyer = "coalesce(id_key(customer_id), lower(exact_id(customer)))"
    return (
        f"CREATE MACRO other_forms() AS map(string_split({keys}, ''), "
        f"string_split({values}, chr(31)))",
        # Each way is slower than the one before it, and rarer. An argument is planned as often as a
        # macro names it, so that this one is given a column and cleaned afterwards.
        rf"""CREATE MACRO wide_id(id) AS CASE
            WHEN regexp_full_match(id, '[{usual}]*') THEN id
            WHEN regexp_full_match(id, '[{usual}\x{{FF01}}-\x{{FF5E}}]*')
                THEN translate(id, {literal(wide)}, {literal(ascii_of)})
            ELSE array_to_string(list_transform(string_split(id, ''),
                lambda c: coalesce(other_forms()[c], c)), '') END""",
        f"""CREATE MACRO odd_id(id) AS trim(regexp_replace(regexp_replace(
            nfc_normalize(regexp_replace(wide_id(id), '{_FORMAT}+', '', 'g')),
            '{_DASH}', '-', 'g'), {blanks}))""",
        # What an id is compared as, where that is not the id itself.
        f"""CREATE MACRO other_id(id) AS
            CASE WHEN NOT regexp_full_match(id, '{_PLAIN}') THEN odd_id(id) END""",
        "CREATE MACRO exact_id(id) AS coalesce(other_id(id), id)",
        f"CREATE MACRO folded(id) AS {'id' if exact else 'lower(id)'}",
        "CREATE MACRO id_key(id) AS folded(exact_id(id))",
        # A customer without an id is known by name, in which case never counts.
        f"CREATE MACRO buyer_key(customer_id, customer) AS {buyer}",
    )


def install(connection: Session, policy: Policy) -> None:
    """Create the macros that read keys by a policy.

    `id_key` is that of any id, `analytics_key` and `accounting_key` follow a side's rules besides.
    """
    for macro in _macros(policy.ids is Ids.EXACT):
        connection.execute(macro)
    for side, rules in (("analytics", policy.analytics_ids), ("accounting", policy.accounting_ids)):
        connection.execute(f"CREATE MACRO {side}_key(id) AS {by_rules('id_key(id)', rules)}")


def by_rules(key: str, rules: IdRules) -> str:
    """SQL of a key as a side's rules make it."""
    for affix, ends, rest in (
        (rules.strip_prefix, "starts_with", "substr({0}, length({1}) + 1)"),
        (rules.strip_suffix, "ends_with", "left({0}, length({0}) - length({1}))"),
    ):
        if affix is not None:
            own = f"id_key({literal(affix)})"
            key = (
                f"CASE WHEN {ends}({key}, {own}) AND length({key}) > length({own}) "
                f"THEN trim({rest.format(key, own)}) ELSE {key} END"
            )
    if rules.first is not None:
        key = f"left({key}, {rules.first})"
    if rules.pad is not None:
        short = rf"regexp_full_match({key}, '\d+') AND length({key}) < {rules.pad}"
        key = f"CASE WHEN {short} THEN lpad({key}, {rules.pad}, '0') ELSE {key} END"
    return key
