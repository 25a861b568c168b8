"""Accuracy on planted books: single errors by price list, systemic faults, proposals.

    python -m tests.benchmarks.planted [--seeds 1-20] [--prices distinct,ten,one] [--variants all]
                                       [--customers 400] [--only faults --fault "a year off"]

The first table has a row a cause and price list: planted, found, certain and right, certain and
wrong, ambiguous with the truth in it and without. The second has a row a systemic fault: in how
many books one event tells it with 95% of its lines, and the events besides. Proposals are held
against the entries that were changed: one that books what is found somewhere is wrong. Exits 1
where a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import pandas as pd

import recon
from recon.base.month import Month
from recon.base.result import Break, Certainty, Reconciliation
from recon.reconciliation.adjusting_entries import Proposals, proposals
from tests.benchmarks.planted.books import NOW, PRICES, Book, Key, book, month_text
from tests.benchmarks.planted.errors import ERRORS, PLAIN, plant
from tests.benchmarks.planted.mixed import MIXES, Mixed
from tests.benchmarks.planted.systemic import FAULTS, Fault
from tests.benchmarks.planted.variants import VARIANTS, Variant

TIMES = 2
CUSTOMERS = 400
# Certain and right at least, and how many breaks are certain at least, by price list.
GOALS = {"distinct": (1.0, 0.0), "ten": (0.995, 0.6), "one": (0.99, 0.0)}
TRUTH_AMONG = 0.99
ENOUGH = 0.95
PROPOSED = 0.8


@dataclass
class Score:
    """The counts of one price list, by cause, and the mistakes in words."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    alarms: int = 0
    events: list[str] = field(default_factory=list)
    plain: int = 0
    proposed: int = 0
    booked_twice: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def total(self, column: str) -> int:
        """Return a column's sum."""
        return sum(count for (_, name), count in self.counts.items() if name == column)


def reconciled(made: Book, variant: Variant = VARIANTS[0]) -> Reconciliation:
    """Return the reconciliation of a book's month."""
    contracts = pd.DataFrame(variant.contracts(made.contract_rows()))
    entries = pd.DataFrame(variant.entries(made.entry_rows()))
    return recon.reconcile(contracts, entries, month_text(NOW))


def posted(made: Book, variant: Variant, found: Proposals) -> Reconciliation:
    """Return the reconciliation with all proposals posted."""
    extra = [
        {
            "entry_id": f"ADJ-{number}-{place}", "contract_id": line.contract_id,
            "revenue_type": line.revenue_type, "currency": line.currency,
            "amount": str(Decimal(line.credit - line.debit) / 10_000),
            "recognition_period": str(line.period), "document_ref": f"ADJ-{number}",
        }
        for number, proposal in enumerate(found.proposed)
        for place, line in enumerate(proposal.lines) if line.revenue_type
    ]  # fmt: skip
    contracts = pd.DataFrame(variant.contracts(made.contract_rows()))
    entries = pd.DataFrame([*variant.entries(made.entry_rows()), *extra])
    return recon.reconcile(contracts, entries, month_text(NOW))


def key_of(item: Break) -> Key:
    """Return the key of a break, matched as recon matches it."""
    return item.contract_id.lower(), item.revenue_type, item.currency


def judge(
    score: Score, seed: int, prices: str, variant: Variant = VARIANTS[0], customers: int = CUSTOMERS
) -> None:
    """Plant every error in a book, and add what recon makes of it."""
    made = book(seed, prices, customers)
    variant.change(made)
    truth = {
        key: cause
        for planter in ERRORS if planter.cause not in variant.without
        for key, cause in plant(made, planter, TIMES).items()
    }  # fmt: skip
    result = reconciled(made, variant)
    breaks = {key_of(item): item for item in result.breaks}
    for key, cause in truth.items():
        score.counts[cause, "planted"] += 1
        if item := breaks.get(key):
            _judge_one(score, f"{prices} {seed}", cause, item)
    score.alarms += len(breaks.keys() - truth.keys())
    score.wrong += [
        f"{prices} {seed} false alarm {key} {breaks[key].explanation}"
        for key in breaks.keys() - truth.keys()
    ]
    score.events += [f"{prices} {seed} {event.sentence}" for event in result.events]
    found = proposals(Month(NOW), result.breaks, events=result.events)
    _judge_proposals(score, made, truth, breaks, found)
    after = {key_of(item) for item in posted(made, variant, found).breaks}
    solved = {key_of(item) for proposal in found.proposed for item in proposal.breaks}
    score.left += [f"{prices} {seed} {key} breaks still" for key in after & solved]
    score.left += [f"{prices} {seed} {key} breaks newly" for key in after - breaks.keys()]


def _judge_one(score: Score, where: str, cause: str, item: Break) -> None:
    score.counts[cause, "found"] += 1
    right = item.cause == cause if item.certainty is Certainty.CERTAIN else cause in item.candidates
    if item.certainty is Certainty.UNEXPLAINED:
        right = cause == item.cause
    score.counts[cause, f"{item.certainty.value}, {'right' if right else 'wrong'}"] += 1
    if not right:
        said = f"{item.certainty.value} {'/'.join(item.candidates)}: {item.explanation}"
        score.wrong.append(f"{where} {cause} {key_of(item)} {said}")


def _judge_proposals(
    score: Score, made: Book, truth: dict[Key, str], breaks: dict[Key, Break], found: Proposals
) -> None:
    """Hold every proposal against the entries that were changed."""
    corrections = made.corrections()
    done = {key_of(item) for proposal in found.proposed for item in proposal.breaks}
    plain = {key for key, cause in truth.items() if cause in PLAIN and key in breaks
             and breaks[key].certainty is Certainty.CERTAIN}  # fmt: skip
    score.plain += len(plain)
    score.proposed += len(plain & done)
    for proposal in found.proposed:
        moves: Counter[tuple[Key, int]] = Counter()
        for line in proposal.lines:
            if line.revenue_type:
                key = line.contract_id.lower(), line.revenue_type, line.currency
                amount = made.sign * (line.credit - line.debit) // 10 ** (4 - made.digits)
                moves[key, line.period.index] += amount
        # An error in the contract's data or an amount that nobody knows has no right entry.
        known = {truth.get(key_of(item)) for item in proposal.breaks} <= PLAIN
        if known and any(corrections[place] != amount for place, amount in moves.items()):
            score.booked_twice.append(f"{sorted(moves.items())}: {proposal.text}")


COLUMNS = (
    "planted", "found", "certain, right", "certain, wrong", "ambiguous, right",
    "ambiguous, wrong", "unexplained, right", "unexplained, wrong",
)  # fmt: skip


def table(prices: str, score: Score) -> Iterator[str]:
    """Yield the lines of a price list's table."""
    yield f"{prices + ' prices':<20}" + "".join(f"{name:>20}" for name in COLUMNS)
    for cause in dict.fromkeys(planter.cause for planter in ERRORS):
        yield f"{cause:<20}" + "".join(f"{score.counts[cause, name]:>20,}" for name in COLUMNS)
    yield f"{'all':<20}" + "".join(f"{score.total(name):>20,}" for name in COLUMNS)


def reached(prices: str, score: Score) -> Iterator[tuple[str, bool]]:
    """Yield the goals of a price list, and whether each is met."""
    right, wrong = score.total("certain, right"), score.total("certain, wrong")
    found, least = score.total("found"), GOALS[prices]
    among = right + score.total("ambiguous, right") + score.total("unexplained, right")
    yield f"certain and right {_share(right, right + wrong)}", right >= least[0] * (right + wrong)
    yield f"certain {_share(right + wrong, found)}", right + wrong >= least[1] * found
    yield f"truth among the candidates {_share(among, found)}", among >= TRUTH_AMONG * found
    planted = score.total("planted")
    yield f"found {_share(found, planted)}", found == planted
    yield f"{score.alarms} false alarms", not score.alarms
    yield f"{len(score.events)} events where there are none", not score.events
    yield f"{len(score.booked_twice)} proposals wrong", not score.booked_twice
    yield f"{len(score.left)} breaks left or made by proposals", not score.left
    share = _share(score.proposed, score.plain)
    yield f"plain breaks with a proposal {share}", score.proposed >= PROPOSED * score.plain


def _share(part: int, whole: int) -> str:
    return f"{part * 1000 // whole / 10:.1f}% ({part:,} of {whole:,})" if whole else "-"


def told(fault: Fault, seed: int, prices: str, customers: int) -> tuple[bool, str]:
    """Return whether one event tells a fault, and the events in words."""
    made = book(seed, prices, customers)
    lines = fault.plant(made)
    result = reconciled(made)
    events = [
        (event, {(c.lower(), t, currency) for c, t, currency in event.keys})
        for event in result.events
    ]
    said = "; ".join(f"{event.kind} {len(keys & lines)} of {len(lines)}" for event, keys in events)
    whole = any(
        event.kind in fault.kinds and len(keys & lines) >= ENOUGH * len(lines)
        for event, keys in events
    )
    return whole and len(events) == 1, said or f"nothing, {len(result.breaks)} breaks"


def main() -> int:
    """Run the benchmark; return 0 where the goals are met, else 1."""
    parser = argparse.ArgumentParser(description="Accuracy of recon on planted books.")
    parser.add_argument("--seeds", default="1-20")
    parser.add_argument("--prices", default=",".join(PRICES))
    parser.add_argument("--wrong", type=int, default=10)
    parser.add_argument("--only", choices=("errors", "faults", "mixes"))
    parser.add_argument("--variants", default="plain", help="names of variants, or all")
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help="size of a book")
    parser.add_argument("--fault", help="names of faults, with commas; all if left out")
    options = parser.parse_args()
    first, _, last = options.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    lists = options.prices.split(",")
    met: list[bool] = []
    if options.only in (None, "errors"):
        names = options.variants.split(",")
        for variant in (v for v in VARIANTS if v.name in names or names == ["all"]):
            met += [_errors(prices, seeds, options, variant) for prices in lists]
    if options.only in (None, "faults"):
        every = [fault.name for fault in FAULTS]
        only = [options.fault, *options.fault.split(",")] if options.fault else every
        met += [_faults(fault, seeds, lists, options.customers)
                for fault in FAULTS if fault.name in only]  # fmt: skip
    if options.only in (None, "mixes"):
        met += [_mixes(name, seeds, lists, options.wrong) for name in MIXES]
    return 0 if all(met) else 1


def _errors(prices: str, seeds: range, options: argparse.Namespace, variant: Variant) -> bool:
    print(f"Variant: {variant.name}")
    score, wrong = Score(), options.wrong
    for seed in seeds:
        judge(score, seed, prices, variant, options.customers)
    goals = list(reached(prices, score))
    print("\n".join(table(prices, score)))
    print("\n".join(f"{'met   ' if met else 'MISSED'}  {said}" for said, met in goals))
    print("\n".join([*score.wrong[:wrong], *score.events[:wrong], *score.booked_twice[:wrong],
                     *score.left[:wrong]]))  # fmt: skip
    return all(met for _, met in goals)


def _faults(fault: Fault, seeds: range, lists: list[str], customers: int) -> bool:
    found = [told(fault, seed, prices, customers) for seed in seeds for prices in lists]
    right = sum(whole for whole, _ in found)
    print(f"{'met   ' if right == len(found) else 'MISSED'}  {fault.name:<30} {right} of "
          f"{len(found)}", flush=True)  # fmt: skip
    print("\n".join(f"        {said}" for whole, said in found if not whole))
    return right == len(found)


def _mixes(name: str, seeds: range, lists: list[str], wrong: int) -> bool:
    """Print how a mix was told; return whether its goals are met."""
    lines, events, certain, unlike = 0, Counter[bool](), Counter[bool](), list[str]()
    for seed in seeds:
        for prices in lists:
            for mixed in MIXES[name](seed, prices):
                result = reconciled(mixed.book)
                lines += len(mixed.causes)
                for right, said in _told_events(mixed, result):
                    events[right] += 1
                    unlike += [] if right else [f"{prices} {seed} {mixed.name}: {said}"]
                for right, said in _told_causes(mixed, result):
                    certain[right] += 1
                    unlike += [] if right else [f"{prices} {seed} {mixed.name}: {said}"]
    met = not events[False] and certain[False] <= certain.total() // 200
    print(
        f"{'met   ' if met else 'MISSED'}  {name}: "
        f"events told {_share(events[True], events.total())}"
        f", {lines} lines with errors, certain and right {_share(certain[True], certain.total())}"
    )
    print("\n".join(f"        {said}" for said in unlike[:wrong]))
    return met


def _told_events(mixed: Mixed, result: Reconciliation) -> Iterator[tuple[bool, str]]:
    """Yield each planted event, whether one event tells it, and each that was invented."""
    found = {event.id: (event, {(c.lower(), t, currency) for c, t, currency in event.keys})
             for event in result.events}  # fmt: skip
    for kinds, lines in mixed.events:
        named = next(
            (at for at, (event, keys) in found.items()
             if event.kind in kinds and len(keys & lines) >= ENOUGH * len(lines)), None,
        )  # fmt: skip
        said = "; ".join(f"{event.kind} {len(keys & lines)} of {len(lines)}: {event.sentence}"
                         for event, keys in found.values())  # fmt: skip
        yield named is not None, f"{'/'.join(kinds)}: {said or 'no event'}"
        found.pop(named or "", None)
    for event, _ in found.values():
        yield False, f"invented: {event.sentence}"


def _told_causes(mixed: Mixed, result: Reconciliation) -> Iterator[tuple[bool, str]]:
    """Yield each certain break of a single line, and whether it is right.

    Of two errors on a line, neither alone is the cause.
    """
    for item in result.breaks:
        causes = mixed.causes.get(key_of(item))
        if causes and item.certainty is Certainty.CERTAIN:
            right = item.cause == (causes[0] if len(causes) == 1 else "two_causes")
            yield right, f"{'+'.join(causes)} {key_of(item)} {item.cause}: {item.explanation}"


if __name__ == "__main__":
    sys.exit(main())
