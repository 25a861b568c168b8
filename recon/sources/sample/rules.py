"""The parts of a rule for planting errors.

A rule picks the line-months that are eligible, says what happens to their postings (`steps`) and
how the truth reads (`marks`). Conditions and amounts are SQL over the columns of `chances`,
`pairs` or `sisters` (see `recon.sources.sample.candidates`).
"""

from __future__ import annotations

from dataclasses import dataclass

# Every line has a temper, so that errors of different months never cancel each other to date:
# a plus line is only ever over-recognized, a minus line under-recognized, the others catch up.
TEMPERS = {"plus": 42, "minus": 32, "timing": 12, "late": 8, "corrected": 6}


@dataclass(frozen=True, slots=True)
class Step:
    """A change of postings, `offset` months after the event.

    `takes`: those of the event's part (0: all) are taken away; `books`: they are booked under
    the event's new key and month, times its factor; `posts`: its amount is posted besides.
    """

    offset: int = 0
    takes: bool = False
    books: bool = False
    posts: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """The truth of one month of an event's line.

    With `there`, it is that of the line to which its postings went.
    """

    cause: str
    offset: int = 0
    there: bool = False


REPLACE = (Step(takes=True, posts=True),)
REBOOK = (Step(takes=True, books=True),)
REPEAT = (Step(books=True),)
POST = (Step(posts=True),)


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to go wrong; `weight` is its share.

    `tempers` says which lines, separated by blanks, `idle` that nothing is expected in the
    month, `only` what else must hold. `part` is the posting concerned, 0 for all of the month.
    `source` is the relation it picks from, `guard` the column of which one line a month is hit.
    """

    cause: str
    weight: int
    tempers: str
    steps: tuple[Step, ...]
    note: str
    only: str = "true"
    idle: bool = False
    amount: str = "NULL"
    part: str = "0"
    factor: int = 1
    to_contract: str = "NULL"
    to_type: str = "NULL"
    to_currency: str = "NULL"
    to_month: str = "NULL"
    source: str = "chances"
    guard: str = "contract"
    marked: tuple[Mark, ...] = ()

    @property
    def where(self) -> str:
        """The SQL of the line-months that are eligible."""
        tempers = ", ".join(f"'{temper}'" for temper in self.tempers.split())
        return f"temper IN ({tempers}) AND amount {'=' if self.idle else '<>'} 0 AND {self.only}"

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The truth of an event.

        As written out, else here and where the postings went.
        """
        if self.marked:
            return self.marked
        gone = {self.to_contract, self.to_type, self.to_currency, self.to_month} != {"NULL"}
        return (Mark(self.cause),) + (Mark(self.cause, there=True),) * gone
