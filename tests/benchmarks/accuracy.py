"""Accuracy: errors of every cause, planted with known truth, against what recon finds.

    python -m tests.benchmarks.accuracy [--seeds 1-5] [--months 2024-01..2024-12]

Prints per cause how many lines were planted, how many were found, precision and recall of the
name, and what became of the rest. Exits 1 where a goal is missed: no planted break missed, no
clean line reported, and every cause named right or ambiguous with the right one among its
candidates.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Break, Cause, Reconciliation, Side
from recon.reconciliation.revenue import reconcile_relations
from recon.sources.sample import Recipe, make
from recon.store.session import literal, open_session

GOAL = 1.0
Key = tuple[str, str, str]


@dataclass
class Score:
    """What was planted and what recon made of it."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    among: Counter[str] = field(default_factory=Counter)
    mistakes: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)
    clean: int = 0
    months: int = 0

    def judge(self, truth: dict[Key, str], result: Reconciliation) -> None:
        """Add a month: its planted causes by key, and its reconciliation."""
        self.months += 1
        breaks = {key(item): item for item in result.breaks}
        for planted, cause in truth.items():
            self._judge_one(planted, cause, breaks.get(planted), result.month)
        for reported, item in breaks.items():
            self.named[item.cause] += 1
            if reported not in truth:
                self.false_alarms.append(f"{result.month} {reported}: {item.cause}")
        compared = sum(totals.compared for totals in result.totals.values())
        self.clean += compared - len(truth)

    def _judge_one(self, planted: Key, cause: str, item: Break | None, month: Month) -> None:
        self.planted[cause] += 1
        if item is None:
            self.mistakes.append(f"{month} {planted}: {cause} was missed")
            return
        self.found[cause] += 1
        if item.cause == cause:
            self.right[cause] += 1
        elif item.ambiguous and cause in item.candidates:
            self.among[cause] += 1
        else:
            self.mistakes.append(f"{month} {planted}: {cause} is named {item.explanation}")

    @property
    def reached(self) -> bool:
        """Whether every goal is met."""
        right = sum(self.right.values()) + sum(self.among.values())
        enough = right >= GOAL * sum(self.planted.values())
        return enough and not self.mistakes and not self.false_alarms


def key(item: Break) -> Key:
    """Return the key of a break, matched as recon matches it."""
    return item.contract_id.lower(), item.revenue_type, item.currency


def score(seeds: Iterable[int], months: Iterable[Month]) -> Score:
    """Return the score of samples of these seeds in these months; each month is tied out."""
    total = Score()
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sample.duckdb"
            make(Recipe(seed=seed), path)
            for month in months:
                total.judge(*_reconciled(path, month))
    return total


def _reconciled(path: Path, month: Month) -> tuple[dict[Key, str], Reconciliation]:
    with open_session() as session:
        session.execute(f"ATTACH {literal(str(path))} AS sample (READ_ONLY)")
        truth = session.execute(
            """SELECT lower(contract_id), revenue_type, currency, cause FROM sample.truth
            WHERE month = ? AND cause <> 'invalid'""",
            [str(month)],
        ).fetchall()
        result = reconcile_relations(session, "sample.contracts", "sample.entries", month, Policy())
        _tie(result)
        return {(c, t, currency): cause for c, t, currency, cause in truth}, result


def _tie(result: Reconciliation) -> None:
    """Check from outside what the core asserts: the bridge and the rows."""
    for currency, totals in result.totals.items():
        steps = sum(step.amount for step in result.bridge[currency])
        assert totals.expected + steps == totals.recognized
    invalid = Counter(row.side for row in result.invalid)
    lines = sum(totals.contract_lines for totals in result.totals.values())
    assert result.sources[Side.ANALYTICS].rows == lines + invalid[Side.ANALYTICS]
    entries = sum(row[result.lines.columns.index("entries")] for row in result.lines)
    assert result.sources[Side.ACCOUNTING].rows == entries + invalid[Side.ACCOUNTING]


def report(total: Score) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{'cause':<18} planted  found  named  precision  recall  right  among candidates"
    for cause in Cause:
        planted, right = total.planted[cause], total.right[cause]
        yield (
            f"{cause:<18} {planted:>7,} {total.found[cause]:>6,} {total.named[cause]:>6,} "
            f"{share(right, total.named[cause]):>10} {share(total.found[cause], planted):>7} "
            f"{share(right, planted):>6} {total.among[cause]:>17,}"
        )
    planted, right = sum(total.planted.values()), sum(total.right.values())
    yield (
        f"{'all':<18} {planted:>7,} {sum(total.found.values()):>6,} "
        f"{sum(total.named.values()):>6,} {'':>10} "
        f"{share(sum(total.found.values()), planted):>7} {share(right, planted):>6} "
        f"{sum(total.among.values()):>17,}"
    )
    alarms = len(total.false_alarms)
    yield f"{total.months} months, {total.clean:,} clean lines, {alarms} of them reported"
    yield f"{len(total.mistakes)} planted breaks missed or named wrongly without being ambiguous"


def share(part: int, whole: int) -> str:
    """Return a share in percent, cut off rather than rounded up."""
    return f"{part * 1000 // whole / 10:.1f}%" if whole else "-"


def main() -> int:
    """Run the benchmark; return 0 where the goals are met, else 1."""
    parser = argparse.ArgumentParser(description="Accuracy of recon on planted errors.")
    parser.add_argument("--seeds", default="1-5")
    parser.add_argument("--months", default="2024-01..2024-12")
    options = parser.parse_args()
    first_seed, _, last_seed = options.seeds.partition("-")
    first, _, last = options.months.partition("..")
    months = range(Month.parse(first).index, Month.parse(last or first).index + 1)
    total = score(
        range(int(first_seed), int(last_seed or first_seed) + 1), [Month(m) for m in months]
    )
    print("\n".join(report(total)))
    print("\n".join(total.mistakes[:20] + total.false_alarms[:20]))
    return 0 if total.reached else 1


if __name__ == "__main__":
    sys.exit(main())
