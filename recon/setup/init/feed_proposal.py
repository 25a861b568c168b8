"""A sender's feed, proposed: kind, columns, notations, and doubts.

Pure. A column is known by its name and never against its values: a column of days holds days. What
nothing proves is a doubt with its setting, or a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from recon.base.feeds import (
    CONTRACTS,
    ENTRIES,
    KINDS,
    MARKET,
    NUMBERS,
    RECEIVABLES,
    FeedColumn,
    FeedKind,
    Type,
)
from recon.base.result import Side
from recon.setup.init import names, vocabulary
from recon.setup.init.feed_senders import Sender
from recon.setup.init.file_side import Doubt
from recon.setup.init.places import said
from recon.setup.init.writings import CURRENCIES, Profile, decimal_of, orders_of
from recon.store.amount_notations import SIGNS
from recon.store.day_notations import SERIAL, in_order
from recon.store.feeds.synonyms import SYNONYMS

# How sure a name is, of 100, and from where on it is taken.
_SAME, _SYNONYM, _LAST, _FIRST_WORDS, _LEAST, _SURE = 100, 92, 72, 62, 55, 90
_CONTENT = 50
_HINT = 60
# Words of a file's name that speak for a kind.
_HINTS: Mapping[str, frozenset[str]] = {
    kind: frozenset(words.split())
    for kind, words in {
        "sales": "sale sales invoice invoices orders umsatz pos shop rechnungen ventes",
        "credits": "credit credits payment payments gutschriften receipts rebates zahlungen",
        "debits": "debit debits charge charges fees refunds belastungen",
        "inventory": "inventory stock stocks count counts bestand lager warehouse",
        "movements": "movement movements moves transfers receipts bewegungen goods",
        "customers": "customer customers clients kunden crm accounts",
        "products": "product products items articles artikel catalogue catalog skus",
        "rates": "rate rates fx exchange ecb kurse wechselkurse taux",
        "market": "market markt marche mercado panel",
        "contracts": "contract contracts deals bookings",
        "entries": "entries ledger gl journal",
    }.items()
}
# A ledger of receivables looks like payments; whoever has one in the store says so.
_PROPOSED = [kind for kind in KINDS.values() if kind is not RECEIVABLES]
_LEDGER = {CONTRACTS.name: Side.ANALYTICS, ENTRIES.name: Side.ACCOUNTING}
_FLAGS = frozenset("yes no y n true false t f x 1 0".split())


@dataclass(frozen=True)
class Proposed:
    """A feed as proposed.

    `columns` are ours to theirs, `unsure` those of them known by less than their name, with why.
    `missing` are needed columns that no column is. `values` are by column theirs to ours.
    `orders` and `amounts` are set where days, or amounts, could mean two things.
    """

    name: str
    sender: Sender
    kind: FeedKind
    columns: Mapping[str, str]
    unsure: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    currency: str = ""
    decimal: str | None = None
    dates: str | None = None
    orders: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    receivable: str = ""
    doubts: tuple[Doubt, ...] = ()
    score: int = 0

    @property
    def key(self) -> str:
        """Its table in the configuration."""
        return f"feeds.{self.name}"

    @cached_property
    def days(self) -> list[Profile]:
        """The columns of days."""
        return self._of(Type.DAY)

    @cached_property
    def figures(self) -> list[Profile]:
        """The columns of amounts and quantities."""
        return self._of(*NUMBERS)

    def _of(self, *types: Type) -> list[Profile]:
        return [
            self.sender.profiles[self.columns[column.name]]
            for column in self.kind.columns
            if column.name in self.columns and column.type in types
        ]

    def with_doubt(self, sentence: str, setting: str) -> Proposed:
        """The feed with a doubt on one of its settings."""
        return replace(self, doubts=(*self.doubts, Doubt(sentence, f"{self.key}.{setting}")))


def proposed(sender: Sender) -> Proposed:
    """The feed that a sender's files are likely to be."""
    # Of a market there is little to know; sales without their numbers would look like one.
    kinds = [kind for kind in _PROPOSED if kind is not MARKET or _is_hinted(sender, kind)]
    found = max((_of_kind(sender, kind) for kind in kinds), key=lambda each: each.score)
    if not found.missing:
        found = _signed(_numbers(_dated(_placed(found))))
    for ours, why in found.unsure.items():
        found = found.with_doubt(f"{found.columns[ours]!r}: {why}", f"columns.{ours}")
    for path in found.sender.odd[:3]:
        found = found.with_doubt(f"{path.name} has other columns than most files", "columns")
    return found


def _of_kind(sender: Sender, kind: FeedKind) -> Proposed:
    """The feed of a kind; a missing column weighs much."""
    scored = sorted(
        (
            (score, -at, -place, column.name, their)
            for at, column in enumerate(kind.columns)
            for place, (their, profile) in enumerate(sender.profiles.items())
            if _fits(column, profile) and (score := _likeness(kind, column.name, their))
        ),
        reverse=True,
    )
    columns: dict[str, str] = {}
    sure: dict[str, int] = {}
    for score, _, _, ours, their in scored:
        if ours not in columns and their not in columns.values():
            columns[ours], sure[ours] = their, score
    columns, sure = _by_content(sender, kind, columns, sure)
    missing = [ours for ours in kind.needed if ours not in columns]
    if kind.either and not set(kind.either) & set(columns):
        missing.append(" or ".join(kind.either))
    hinted = bool(_HINTS[kind.name] & set(sender.words))
    if missing == ["location"] and hinted:
        missing = []
    score = sum(sure.values()) + _HINT * hinted - 250 * len(missing)
    unsure = {ours: _why(kind, ours, columns[ours], at) for ours, at in sure.items() if at < _SURE}
    return Proposed(
        _name(sender, kind), sender, kind,
        {ours: columns[ours] for ours in kind.by_name if ours in columns},
        unsure, tuple(missing), score=score,
    )  # fmt: skip


def _is_hinted(sender: Sender, kind: FeedKind) -> bool:
    """Whether a name of files or columns speaks for it."""
    said = {*sender.words, *(word for their in sender.header for word in names.words_of(their))}
    return bool(_HINTS[kind.name] & said)


def _by_content(
    sender: Sender, kind: FeedKind, columns: dict[str, str], sure: dict[str, int]
) -> tuple[dict[str, str], dict[str, int]]:
    """The columns, with needed ones that only one can be."""
    price = kind.either[:1] if not set(kind.either) & set(columns) else ()
    for ours in (*kind.needed, *price):
        column = kind.by_name[ours]
        if ours in columns or column.type not in (Type.DAY, *NUMBERS):
            continue
        free = [
            their for their, profile in sender.profiles.items()
            if their not in columns.values() and profile.texts and _fits(column, profile)
        ]  # fmt: skip
        if len(free) == 1:
            columns, sure = columns | {ours: free[0]}, sure | {ours: _CONTENT}
    return columns, sure


def _why(kind: FeedKind, ours: str, their: str, score: int) -> str:
    if score == _CONTENT:
        what = "days" if kind.by_name[ours].type is Type.DAY else "numbers"
        return f"no name says {ours}; it is the only column of {what} left"
    return f"taken as {ours} by a part of its name"


def _likeness(kind: FeedKind, ours: str, their: str) -> int:
    """How sure a name is, of 100, else 0."""
    words = names.words_of(their)
    bare = tuple(w for w in words if w.upper() not in CURRENCIES) or words
    text = "".join(bare)
    if text == ours.replace("_", ""):
        return _SAME
    known = _known(kind, ours)
    if text in known:
        return _SYNONYM - known.index(text) // 8
    for at in range(1, len(bare)):
        if "".join(bare[at:]) in known:
            return _LAST - at
    if len(bare) > 1 and bare[0] in known and kind.by_name[ours].type in (Type.ID, *NUMBERS):
        return _FIRST_WORDS
    return 0


def _known(kind: FeedKind, ours: str) -> tuple[str, ...]:
    """The names of a column, without blanks."""
    listed = [re.sub(r"[ _]", "", each) for each in (ours, *SYNONYMS.get(ours, ()))]
    if kind.name in _LEDGER:
        more = vocabulary.COLUMNS[_LEDGER[kind.name]].get(ours, ())
        listed += [re.sub(" ", "", each) for words in more for each in words.names.split(",")]
    return tuple(listed)


def _fits(column: FeedColumn, profile: Profile) -> bool:
    """Whether values can be those of our column."""
    texts = [text.lower() for text in profile.distinct]
    amounts = bool(profile.amounts) and not profile.dated
    fits: dict[Type, bool] = {
        Type.DAY: profile.dated or profile.serial,
        Type.MONTH: profile.dated or profile.fiscal,
        Type.AMOUNT: amounts,
        Type.QUANTITY: amounts,
        Type.RATE: amounts,
        Type.WHOLE: profile.whole,
        Type.CURRENCY: all(text.upper() in CURRENCIES or text in SIGNS for text in texts),
        Type.FLAG: _FLAGS.issuperset(texts),
        Type.ID: not profile.dated,
        Type.TEXT: not profile.dated and (not amounts or column.name == "store"),
    }
    return not texts or fits[column.type]


def _name(sender: Sender, kind: FeedKind) -> str:
    text = "-".join("".join(names.words_of(word)) for word in sender.words).strip("-")
    return text if re.fullmatch(r"[a-z0-9][a-z0-9_-]*", text) else kind.name


def _placed(found: Proposed) -> Proposed:
    """The feed with region and currency of its files' name."""
    place = said(found.sender.path, found.sender.words)
    fixed = dict(found.fixed)
    if "location" in found.kind.needed and "location" not in found.columns:
        fixed["location"] = place.region or found.name
        found = found.with_doubt(
            f"no column has it: {fixed['location']!r} in every row", "fixed.location"
        )
    if place.region and found.kind.name == "sales" and "region" not in found.columns:
        fixed["region"] = place.region
        found = found.with_doubt(
            f"the files' name says {place.region!r}: it is the region of every row", "fixed.region"
        )
    currency, why = place.currency, f"the files' name says {place.region or place.currency}"
    named = [each.name for each in found.figures if re.search(r"\b[A-Z]{3}\b", each.name)]
    codes = {
        code for each in named for code in re.findall(r"\b[A-Z]{3}\b", each) if code in CURRENCIES
    }
    marks = {a.mark for each in found.figures for a in each.amounts} - {"", "CR", "DR"}
    signs = {SIGNS.get(mark, [mark])[0] for mark in marks} & CURRENCIES
    if len(codes) == 1:
        currency, why = codes.pop(), "the name of a column has it"
    elif len(signs) == 1:
        currency, why = signs.pop(), "amounts have its sign"
    elif "region" in found.columns:
        currency = ""  # of several regions, a file's name says none
    if "currency" in found.kind.by_name and "currency" not in found.columns and currency:
        found = replace(found, currency=currency)
        found = found.with_doubt(f"{currency}: {why}", "currency")
    return replace(found, fixed=fixed)


def _dated(found: Proposed) -> Proposed:
    """The feed with the order of day and month."""
    texts = [text for each in found.days for text in each.open_days]
    if any(each.serial and not each.dated for each in found.days):
        return replace(found, dates=SERIAL).with_doubt(
            "days are taken as Excel's numbers of days", "dates"
        )
    if not texts:
        return found
    orders = orders_of(found.days) or _most(texts)
    if len(orders) == 1:
        return replace(found, dates=orders[0])
    ways = [f"{in_order(texts[0], order):%d %B %Y} ({order})" for order in orders]
    return replace(found, orders=orders).with_doubt(
        f"{texts[0]!r} could be {' or '.join(ways)}", "dates"
    )


def _most(texts: Sequence[str]) -> tuple[str, ...]:
    """The order that reads nearly all days, or none."""
    for order in ("dmy", "mdy"):
        other = "mdy" if order == "dmy" else "dmy"
        wrong = sum(in_order(text, order) is None for text in texts)
        proofs = sum(in_order(text, other) is None for text in texts)
        if wrong * 20 <= proofs:
            return (order,)
    return ()


def _numbers(found: Proposed) -> Proposed:
    """The feed with its decimal separator, where one is written."""
    decimal, doubtful = decimal_of(found.figures)
    marked = any(set(each.bare) & set(".,") for column in found.figures for each in column.amounts)
    if doubtful:
        both = " and ".join(map(repr, doubtful))
        found = replace(found, amounts=tuple(doubtful))
        return found.with_doubt(f"amounts could mean two numbers, like {both}", "decimal")
    return replace(found, decimal=decimal if marked else None)


def _signed(found: Proposed) -> Proposed:
    """The feed whose credits or debits have the other sign."""
    usual = {"credits": "-", "debits": "+"}.get(found.kind.name)
    amounts = found.sender.profiles[found.columns["amount"]].amounts if usual else ()
    below = sum(each.negative for each in amounts)
    if not usual or below * 10 < len(amounts) * 9 or not below:
        return found
    other = "+" if usual == "-" else "-"
    return replace(found, receivable=other).with_doubt(
        f"nearly all amounts are negative: they are taken as written, and change what is owed "
        f"by {other!r}", "receivable",
    )  # fmt: skip


def unique(found: Iterable[Proposed], taken: Iterable[str]) -> list[Proposed]:
    """The feeds, each with a name of its own."""
    seen, made = set(taken), []
    for each in found:
        name, number = each.name, 2
        while name in seen:
            name, number = f"{each.name}-{number}", number + 1
        seen.add(name)
        old = f"{each.key}."
        renamed = replace(each, name=name)
        doubts = tuple(
            replace(doubt, setting=f"{renamed.key}.{doubt.setting.removeprefix(old)}")
            for doubt in each.doubts
        )
        made.append(replace(renamed, doubts=doubts))
    return made
