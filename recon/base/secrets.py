"""Secrets: remembered when read, and removed from every text.

Code that reads a password, a token or the address of a webhook hands it to `remembered`, once,
where it is read. Whatever goes to a log, to stderr or into a file passes through `redacted`.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote, quote_plus

HIDDEN = "***"
# A shorter secret is part of many words; it is hidden where it stands by itself.
_SHORT = 4

_known: list[str] = []

# What looks like a secret, wherever it was read: keywords of connection strings, tokens and
# webhooks of Slack, a login within an address, an authorization header.
_SHAPES = (
    (r"((?:PWD|PASSWORD|PASSWD|TOKEN|SECRET|API_?KEY|UID)\s*=\s*)"
     r"(?:\{(?:[^}]|\}\})*\}|[^;\r\n]*)", rf"\1{HIDDEN}"),
    (r"\b(xox)[a-z](?:\.xox[a-z])?-[\w.%-]+", rf"\1?-{HIDDEN}"),
    (r"\b(xapp)-[\w.%-]+", rf"\1-{HIDDEN}"),
    (r"(hooks\.slack(?:-gov)?\.com/+\w+/+)[^\s\"'<>)|\\]+", rf"\1{HIDDEN}"),
    (r"(/(?:services|workflows|triggers)/)[TA]\w+/[A-Z]\w+/\w[^\s\"'<>)|\\]*", rf"\1{HIDDEN}"),
    (r"(://)[^\s/@\"'<>]+@", rf"\1{HIDDEN}@"),
    (r"\b((?:Bearer|Basic)\s+)[\w.~+/=-]{8,}", rf"\1{HIDDEN}"),
)  # fmt: skip
_PATTERNS = tuple((re.compile(shape, re.IGNORECASE), instead) for shape, instead in _SHAPES)


def remembered(secret: str) -> str:
    """A secret just read; redacted texts hide it from now."""
    # Every way in which a driver, a library or Python may write it.
    ways = {
        secret,
        secret.strip(),
        " ".join(secret.split()),
        secret.replace("}", "}}"),
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        # What a variable holds that is no UTF-8 has half a surrogate pair in Python.
        quote(secret, safe="", errors="surrogatepass"),
        quote_plus(secret, errors="surrogatepass"),
    }
    _known.extend(way for way in ways if way.strip() and way not in _known)
    return secret


def stored(name: str) -> str | None:
    """The credential store's secret of a name, None without one.

    Raises LookupError, which says why the store cannot be asked.
    """
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise LookupError("the credential store needs the package keyring") from None
    try:
        found: str | None = keyring.get_password("recon", name)
    except KeyringError:
        # What it says may hold what was asked for.
        raise LookupError("the credential store refuses access") from None
    return found if found is None else remembered(found)


def redacted(text: str) -> str:
    """A text without secrets, and without anything like one."""
    for way in sorted(_known, key=len, reverse=True):
        if way not in text:
            continue
        if len(way) < _SHORT:
            text = re.sub(rf"(?<!\w){re.escape(way)}(?!\w)", HIDDEN, text)
        else:
            text = text.replace(way, HIDDEN)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text
