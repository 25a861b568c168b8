"""Events: one fact that breaks many documents.

Reads `documents`. A fact is a kind with a mark that its documents share: a day, a customer, a
currency. It takes at least five documents, and at least 80% of those with its mark; the simplest
that explains most wins, and a break belongs to one event.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from recon.base.breaks import short_name
from recon.base.cash import CashCause, CashStatus
from recon.base.events import Event, EventKind
from recon.base.month import Month
from recon.reconciliation.cash.breaks import CashBreak
from recon.reconciliation.cash.model import Document
from recon.store.session import Session, literal

# An event takes at least so many documents, and 4 in 5 of its mark.
FEWEST = 5
# Documents of a mark for each that an event explains, at most.
_COPIES = 4
# Of so many marks, the largest, the documents are counted.
_MARKS = 60
FEEDS, THERE = 1, 2
_SIDES = {FEEDS: "the feeds", THERE: "the ledger"}
_HAVE = {FEEDS: "the feeds have", THERE: "the ledger has"}
_PAID, _SOLD = "payments and credits", "invoices and charges"
_TWICE = {CashCause.POSTED_TWICE, CashCause.DUPLICATE_PAYMENT}
_KINDS = {
    CashCause.WRONG_CURRENCY: EventKind.MAPPING,
    CashCause.WRONG_CUSTOMER: EventKind.MAPPING,
    CashCause.WRONG_PERIOD: EventKind.SHIFTED_MONTH,
    CashCause.SIGN_FLIPPED: EventKind.SIGN_OF_SIDE,
    CashCause.DECIMAL_SHIFT: EventKind.UNIT_OF_SIDE,
    CashCause.TAX: EventKind.RATIO,
    CashCause.DISCOUNT_TAKEN: EventKind.RATIO,
}
# Causes of an open document that say where else it stands: it is not missing.
_ELSEWHERE = {CashCause.WRONG_CURRENCY, CashCause.WRONG_CUSTOMER, CashCause.NETTED}


@dataclass(frozen=True, slots=True)
class _Mark:
    """Something that documents of a side have in common.

    Empty parts hold for all; `recent` is of the month alone.
    """

    side: int
    day: str = ""
    customer: str = ""
    currency: str = ""
    paid: bool | None = None
    recent: bool = False

    @property
    def cost(self) -> int:
        """How much it says, the less the simpler."""
        parts = (self.currency, self.day, self.customer, self.paid is not None, self.recent)
        return sum(map(bool, parts))

    @property
    def words(self) -> str:
        """The mark as a sentence has it."""
        what = "documents" if self.paid is None else _PAID if self.paid else _SOLD
        of = [f"of {self.day}" if self.day else "", "of the month" if self.recent else ""]
        of += [f"of customer {self.customer}" if self.customer else ""]
        of += [f"in {self.currency}" if self.currency else ""]
        return " ".join([what, *filter(None, of)])

    def condition(self, month: Month) -> str:
        """The SQL of a document that has it."""
        parts = [f"side = {self.side}", "counts"]
        parts += [f"day = DATE '{self.day}'"] if self.day else []
        parts += [f"customer_key = id_key({literal(self.customer)})"] if self.customer else []
        parts += [f"currency = {literal(self.currency)}"] if self.currency else []
        parts += [f"amount {'<' if self.paid else '>'} 0"] if self.paid is not None else []
        parts += [f"day >= DATE '{month.first_day}'"] if self.recent else []
        return " AND ".join(parts)


@dataclass(frozen=True, slots=True)
class _Fact:
    """A kind of fault, its detail, and its document.

    `twin` is the day of the document that stands there twice.
    """

    kind: EventKind
    detail: str
    document: Document
    twin: str = ""

    def marks(self, month: Month) -> Iterator[_Mark]:
        """Yield the marks that others may share."""
        yield from _marks(self.document, month)
        if self.twin:
            for paid in (None, self.document.amount < 0):
                yield _Mark(self.document.side, day=self.twin, paid=paid)


def find_events(
    session: Session, month: Month, breaks: Sequence[CashBreak]
) -> tuple[tuple[Event, ...], tuple[CashBreak, ...]]:
    """The events, and the breaks with the names of theirs."""
    named = {item.name: item for item in breaks}
    facts = {item.name: fact for item in breaks if (fact := _fact(item))}
    found = defaultdict[tuple[EventKind, str, _Mark], set[str]](set)
    for name, fact in facts.items():
        for mark in fact.marks(month):
            found[fact.kind, fact.detail, mark].add(name)
    ranked = sorted(
        (key for key, names in found.items() if len(names) >= FEWEST),
        key=lambda key: (-len(found[key]), key[2].cost, str(key)),
    )[:_MARKS]
    events, taken = list[Event](), dict[str, str]()
    most = dict(zip(ranked, _most(session, month, [mark for *_, mark in ranked]), strict=True))
    for key in ranked:
        kind, detail, mark = key
        names = found[key] - taken.keys()
        # A number stands at most a few times.
        if len(names) < FEWEST or most[key] > _COPIES * len(names):
            continue
        explained = len({_number(facts[name].document) for name in names})
        marked = _marked(session, month, mark)
        if explained < FEWEST or 5 * explained < 4 * marked:
            continue
        own = [item for item in breaks if item.name in names]
        left = len(breaks) - len(taken) - len(own)
        events.append(_event(kind, detail, mark, own, explained, marked, left))
        taken |= dict.fromkeys(names, events[-1].id)
    told = (replace(item, event=taken.get(name, "")) for name, item in named.items())
    return tuple(events), tuple(told)


def _fact(item: CashBreak) -> _Fact | None:
    """The fault of a break that may have many."""
    cause, one = item.cause, item.documents[0]
    first = next((each for each in item.documents if each.side == 1), None)
    last = item.documents[-1]
    if cause in _TWICE:
        days = [str(e.day) for e in item.documents if e.side == last.side and e is not last]
        return _Fact(EventKind.BATCH_TWICE, "", last, item.found.twin or min(days, default=""))
    if item.status is not CashStatus.DIFFERS and cause not in _ELSEWHERE:
        return _Fact(EventKind.BATCH_MISSING, "", one)
    if cause not in _KINDS or first is None:
        return None
    detail = cause.value
    if cause is CashCause.WRONG_CURRENCY:
        detail += f" {first.currency} {last.currency}"
    elif cause is CashCause.WRONG_CUSTOMER:
        detail += f" {last.customer}"
    return _Fact(_KINDS[cause], detail, first)


def _marks(document: Document, month: Month) -> Iterator[_Mark]:
    """Yield the marks of a document."""
    side, paid = document.side, document.amount < 0
    day, customer = str(document.day or ""), document.customer or ""
    recent = document.day is not None and document.day >= month.first_day
    for kind in (None, paid):
        if day:
            yield _Mark(side, day=day, paid=kind)
        for of_month in {False, recent}:
            if customer:
                yield _Mark(side, customer=customer, paid=kind, recent=of_month)
            if document.currency:
                yield _Mark(side, currency=document.currency, paid=kind, recent=of_month)


def _number(document: Document) -> object:
    return document.ref.casefold() if document.ref else document.document


def _most(session: Session, month: Month, marks: Sequence[_Mark]) -> Sequence[int]:
    """The documents with each mark, counted over their groups.

    A mark is of a day, a customer or a currency.
    """
    first, found = f"DATE '{month.first_day}'", dict[_Mark, int]()
    for column in ("day", "customer", "currency"):
        of = [mark for mark in marks if getattr(mark, column)]
        if not of:
            continue
        key = {
            "day": "day",
            "customer": f"customer_key, CASE WHEN day >= {first} THEN {first} END AS day",
            "currency": f"currency, CASE WHEN day >= {first} THEN {first} END AS day",
        }[column]
        counts = ", ".join(f"sum(n) FILTER ({mark.condition(month)})" for mark in of)
        row = session.execute(
            f"""SELECT {counts} FROM (
                SELECT side, counts, {key}, sign(amount) AS amount, count(*) AS n
                FROM documents GROUP BY ALL)"""
        ).fetchone()
        found |= {mark: int(n or 0) for mark, n in zip(of, row or (), strict=True)}
    return [found[mark] for mark in marks]


def _marked(session: Session, month: Month, mark: _Mark) -> int:
    """The number of documents with a mark, by their numbers."""
    row = session.execute(
        f"""SELECT count(DISTINCT coalesce(ref_key, CAST(document AS VARCHAR)))
        FROM documents WHERE {mark.condition(month)}"""
    ).fetchone()
    return int(row[0]) if row else 0


def _event(
    kind: EventKind,
    detail: str,
    mark: _Mark,
    own: Sequence[CashBreak],
    explained: int,
    marked: int,
    left: int,
) -> Event:
    net, gross = Counter[str](), Counter[str]()
    for effect in (effect for item in own for effect in item.effects):
        net[effect.currency] += effect.amount
        gross[effect.currency] += abs(effect.amount)
    sentence, advice = _told(kind, detail, mark, explained, marked)
    return Event(
        id="E-" + short_name(12, kind.value, str(mark), detail),
        kind=kind,
        sentence=sentence,
        advice=advice,
        keys=tuple((item.title, item.kind, item.currency) for item in own),
        severity=max(item.severity for item in own),
        net=dict(net),
        gross=dict(gross),
        mark=mark.words,
        explained=explained,
        marked=marked,
        breaks_left=left,
        to_date=True,
    )


def _told(
    kind: EventKind, detail: str, mark: _Mark, explained: int, marked: int
) -> tuple[str, str]:
    """The sentence of an event, and its advice."""
    there = _SIDES[FEEDS + THERE - mark.side]
    of = f"{explained:,} of {marked:,} {mark.words}"
    cause, *which = detail.split(" ")
    if kind is EventKind.BATCH_TWICE:
        again = (
            "Take the second load back." if mark.side == FEEDS else "Reverse the second posting."
        )
        return f"{of} stand twice in {_SIDES[mark.side]}, and once in {there}.", again
    if kind is EventKind.BATCH_MISSING:
        missing = {
            FEEDS: "Post them together, and find out why they were not posted.",
            THERE: "Load the file that has them, or find out what they are.",
        }
        return f"{of} that {_HAVE[mark.side]} are not in {there}.", missing[mark.side]
    if kind is EventKind.SHIFTED_MONTH:
        return (
            f"{of} are of another month in {there}.",
            "Move them to the month that they belong in.",
        )
    text = {
        "wrong_currency": f"are posted in {' '.join(which[-1:])} instead of {' '.join(which[:1])}",
        "wrong_customer": f"are posted to customer {' '.join(which)}",
        "sign_flipped": "are posted with the opposite sign",
        "decimal_shift": "are posted with the decimal sign off",
        "tax": "are posted without their tax, or with it twice",
        "discount_taken": "are posted less a discount",
    }[cause]
    what = (
        "Agree whether the discount is granted."
        if cause == "discount_taken"
        else ("Correct the posting of all of them at once, and what makes it.")
    )
    return f"{of} {text}.", what
