"""Subset sums: which few documents add up to an amount.

The search is exact and bounded in steps, never in seconds. It stops at the second solution: two
are as good as none.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

# The most documents of a group.
MOST = 6
_HALF = MOST // 2

Group = tuple[int, ...]


def steps_for(candidates: int) -> int:
    """Steps of one search among so many candidates, at least."""
    return sum(comb(candidates, size) for size in range(1, _HALF + 1))


def groups_for(candidates: int) -> int:
    """Number of groups of two to six of some candidates."""
    return sum(comb(candidates, size) for size in range(2, MOST + 1))


@dataclass
class Steps:
    """Steps that are left to a search."""

    left: int

    def take(self, count: int = 1) -> bool:
        """Use some; whether they were left."""
        self.left -= count
        return self.left >= 0


class Halves:
    """Groups of up to three candidates by size and sum.

    `alike` is equal for candidates that nothing tells apart.
    """

    def __init__(self, amounts: Sequence[int], alike: Sequence[Hashable]) -> None:
        self._alike = alike
        self._groups: list[list[tuple[int, Group]]] = [[(0, ())]]
        self._by_sum: list[dict[int, list[Group]]] = [{0: [()]}]
        for size in range(1, _HALF + 1):
            groups = [
                (sum(amounts[at] for at in group), group)
                for group in combinations(range(len(amounts)), size)
            ]
            by_sum: dict[int, list[Group]] = {}
            for total, group in groups:
                by_sum.setdefault(total, []).append(group)
            self._groups.append(groups)
            self._by_sum.append(by_sum)

    def adding_up_to(self, target: int, steps: Steps, least: int = 1) -> list[Group] | None:
        """Up to two different groups of a sum, or None.

        None is the answer where the steps did not last. Of groups of like candidates the first one
        counts for all.
        """
        found: dict[tuple[Hashable, ...], Group] = {}
        for group in self._solutions(target, steps, least):
            # The order of candidates is that of their content, so equal groups have equal keys.
            found.setdefault(tuple(self._alike[at] for at in group), group)
            if len(found) > 1:
                break
        return list(found.values()) if steps.left >= 0 else None

    def _solutions(self, target: int, steps: Steps, least: int) -> Iterator[Group]:
        """Yield each group of a sum once, small ones first.

        A group is its first half and its second one, which is as long or one shorter.
        """
        for size in range(least, MOST + 1):
            first, second = (size + 1) // 2, size // 2
            for total, left in self._groups[first]:
                if not steps.take():
                    return
                for right in self._by_sum[second].get(target - total, ()):
                    if not steps.take():
                        return
                    if not right or right[0] > left[-1]:
                        yield left + right
