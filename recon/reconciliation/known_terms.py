"""The kinds of a session's terms, and the amounts' type.

Statements are planned and computed faster where amounts are small, terms are of one kind, and no
stop cuts a month: that is looked up once, when both sides are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from recon.base.policy import Policy, SameKey
from recon.reconciliation.expected import NARROW, WIDE, terms
from recon.store.session import Session, columns


@dataclass(frozen=True, slots=True)
class KnownTerms:
    """The type and the possible kinds of a session's terms.

    `whole` is the type of amounts, which the allowances fit, too. `cuts` is whether a stop may cut
    a month, `kinds` whether terms differ in kind, `evenly` whether each month has the same part.
    """

    whole: str
    cuts: bool
    kinds: bool
    evenly: bool


# Of the lines that are viewed.
_TERMS: WeakKeyDictionary[Session, KnownTerms] = WeakKeyDictionary()


def keep(connection: Session, known: KnownTerms | None) -> KnownTerms:
    """Keep the kinds of terms of the viewed lines.

    Without them, as where lines were compared in other sessions, they are looked up.
    """
    _TERMS[connection] = known or _of_compared_lines(connection)
    return _TERMS[connection]


def _of_compared_lines(connection: Session) -> KnownTerms:
    rules = connection.execute(
        f"""SELECT bool_or({_CUTS}), EXISTS (FROM contracts_typed WHERE {_OF_ANOTHER_KIND}),
            bool_and({_EVENLY}) FROM rules"""
    ).fetchone() or (True, True, False)
    whole = columns(connection, "lines_compared")["expected"]
    return KnownTerms(whole, *map(bool, rules))


def of_contracts(connection: Session, policy: Policy, long_periods: bool) -> KnownTerms:
    """The kinds of terms, once both sides are read."""
    value, months, valid_kinds, kinds, unit, by_day_rate, cuts, evenly, posted = connection.execute(
        f"""SELECT * FROM (
            SELECT coalesce(max(abs(value)) FILTER (reason IS NULL), 0),
                coalesce(max(CASE WHEN dated
                    THEN month_index(close_date) - month_index(started_on) + 1 ELSE duration END)
                    FILTER (reason IS NULL), 1),
                coalesce(bool_or({_OF_ANOTHER_KIND}) FILTER (reason IS NULL), false),
                coalesce(bool_or({_OF_ANOTHER_KIND}), false)
            FROM contracts_typed),
            (SELECT max(unit), bool_or(convention = 'prorate_day_rate'), bool_or({_CUTS}),
                bool_and({_EVENLY}) FROM rules),
            (SELECT coalesce(max(greatest(abs(recognized), abs(earned))), 0) FROM entry_sums_all)"""
    ).fetchone() or (0, 1, False, False, 1, True, True, False, 0)
    # The rest of a value that was raised or lowered may be twice the largest one.
    rest = 2 if policy.same_key is SameKey.VERSIONS else 1
    whole = reckoned_in(rest * value, months, unit, posted, by_day_rate, valid_kinds)
    return KnownTerms(WIDE if long_periods else whole, cuts, kinds, evenly)


# A rule by which a stop may cut a month, and one by which every month takes the same part.
_CUTS = "convention <> 'even' OR stop_rule <> 'full'"
_EVENLY = "convention = 'even' AND start_rule = 'full'"
# A contract row whose term is not its duration alone.
_OF_ANOTHER_KIND = "monthly OR dated OR free_months > 0"


def reckoned_in(
    value: int,
    months: int,
    unit: int,
    posted: int = 0,
    by_day_rate: bool = True,
    kinds: bool = False,
) -> str:
    """Type to reckon in: 64 bits where nothing overflows them.

    Those are many times faster. Given are the largest amounts and the longest term. The largest
    denominator is that of a line that stops within a month: the term's days (by a daily rate times
    its months) times the days of that month. With `kinds`, a month may have as many parts as days
    besides, and a monthly value may be due for as long as there are dates.
    """
    parts = (31 * months + 31) * 31 * (months if by_day_rate else 1) * (62 if kinds else 1)
    longest = 2 * (value + unit) * max(parts, 12 * 9999 if kinds else 0)
    return NARROW if max(longest, posted) < 2**61 else WIDE


def with_terms(connection: Session, lines: str) -> str:
    """SELECT of some of `lines` with everything of their terms.

    `expected.terms` lists its columns.
    """
    own = f"SELECT * EXCLUDE (start_month, close_month) FROM {lines}"
    known = _TERMS[connection]
    return terms(own, known.whole, cuts=known.cuts, kinds=known.kinds, evenly=known.evenly)


def terms_differ(connection: Session) -> bool:
    """Whether the terms of `lines` are of several kinds."""
    return _TERMS[connection].kinds
