"""Columns that give a contract row another kind of term.

The policy, a type or a row may say that a value is that of a month, that the term runs from start
to close, or that months are free. `TermColumns` has the SQL of it for `contract_intake`; where no
rule and no column asks for any, it is constants.
"""

from __future__ import annotations

from dataclasses import dataclass

from recon.base.policy import Policy, Recognition, SameKey, Term, ValueBasis
from recon.store.columns import Columns
from recon.store.session import literal

# A thousand years: more is a mistake, and would leave the calendar.
LONGEST_TERM = 12_000

_NO_DATES = ", ".join(
    f"DATE '{day}'"
    for day in ("1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "9999-12-31")
)


NO_DURATION = (
    "No contract row has a duration, so the term of each line runs from its start to its close; "
    'set term = "dates" in [policy] if that is right.'
)
_FREE = f"free BETWEEN 0 AND {LONGEST_TERM}"


@dataclass(frozen=True, slots=True)
class TermColumns:
    """SQL of the contracts' columns on terms.

    `timed`, `monthly` and `dated` are the revenue types that are recognized over time, whose value
    is that of a month, and whose term runs from start to close.
    """

    side: Columns
    timed: tuple[str, ...]
    monthly: tuple[str, ...]
    dated: tuple[str, ...]
    versions: bool = False

    @classmethod
    def of(cls, side: Columns, policy: Policy) -> TermColumns:
        """The columns of the contracts, as delivered."""
        rules = {
            of: rule
            for of, rule in policy.types.items()
            if rule.recognition is Recognition.OVER_DURATION
        }
        by_dates = Term.DURATION if "duration_months" in side.names else Term.DATES
        return cls(
            side,
            tuple(rules),
            tuple(
                of
                for of, rule in rules.items()
                if (rule.value_basis or policy.value_basis) is ValueBasis.MONTH
            ),
            tuple(
                of
                for of, rule in rules.items()
                if (rule.term or policy.term or by_dates) is Term.DATES
            ),
            policy.same_key is SameKey.VERSIONS,
        )

    @property
    def asked(self) -> bool:
        """Whether any other kind of term is asked for."""
        columns = {"value_basis", "free_months"}
        return bool(self.monthly or self.dated) or not columns.isdisjoint(self.side.names)

    @property
    def any_monthly(self) -> bool:
        """Whether a value may be that of a month."""
        return bool(self.monthly) or "value_basis" in self.side.names

    def notices(self, policy: Policy) -> list[str]:
        """Notice of terms that the side's own columns decide."""
        by_itself = "duration_months" not in self.side.names and policy.term is None
        dated = set(self.dated) - set(self.monthly)
        return [NO_DURATION] if dated and by_itself else []

    def read(self) -> str:
        """SQL of the columns as read, one level below `kinds`."""
        if not self.asked:
            return ""
        text = self.side.text
        return f""", lower({text("value_basis")}) AS basis, lower({text("free_at")}) AS free_end,
            {self.side.whole("free_months")} AS free"""

    def kinds(self) -> str:
        """SQL of the columns `monthly`, `dated`, `free_months` and `free_at`.

        Free months are at the end unless the row says otherwise.
        """
        if not self.asked:
            return "false AS monthly, false AS dated, 0 AS free_months, NULL::VARCHAR AS free_at"
        monthly = f"CASE basis WHEN 'total' THEN false WHEN 'month' THEN {self._in(self.timed)} "
        return f"""coalesce({monthly} ELSE {self._in(self.monthly)} END, false) AS monthly,
            coalesce({self._in(self.dated)} AND NOT monthly, false) AS dated,
            coalesce(CASE WHEN {_FREE} THEN CAST(free AS INTEGER) END, 0) AS free_months,
            CASE WHEN free > 0 THEN coalesce(free_end, 'end') END AS free_at"""

    def _in(self, types: tuple[str, ...]) -> str:
        return f"type IN ({', '.join(map(literal, types))})" if types else "false"

    def duration(self) -> str:
        """SQL of a number where the duration is right.

        Only revenue that is recognized over a duration needs one.
        """
        free = f"NOT {self._in(self.timed)}" if self.timed else "type IS NOT NULL"
        if not self.asked:
            return f"coalesce(duration, CASE WHEN {free} THEN 0 END)"
        blank = self.side.text("duration_months")
        return (
            f"coalesce(duration, CASE WHEN {free} OR dated OR (monthly AND {blank} IS NULL) "
            "THEN 0 END)"
        )

    def close(self) -> str:
        """SQL of a date where the close is right."""
        # 1900-01-01 and before, systems write that there is none.
        real = "close_date > DATE '1900-01-01'"
        if not self.asked:
            return f"CASE WHEN {real} THEN close_date END"
        blank = f"monthly AND {self.side.real_date('close_date')} IS NULL"
        return f"CASE WHEN {real} THEN close_date WHEN {blank} THEN DATE '9999-12-31' END"

    def closes(self, started_on: str) -> str:
        """SQL of the close date as it is meant."""
        forever = (
            f"CASE WHEN close_date = DATE '9999-12-31' AND duration IS NOT NULL "
            f"THEN coalesce(add_months({started_on}, duration) - 1, close_date) "
            "ELSE close_date END"
        )
        if not self.asked:
            return forever
        none = f"WHEN close_date NOT IN ({_NO_DATES}) THEN close_date"
        return f"CASE WHEN NOT monthly THEN {forever} {none} END"

    def checks(self) -> dict[str, tuple[str, str]]:
        """Checks of these columns, as `store.checks.Checks` takes them."""
        if not self.asked:
            return self._version()
        basis = "CASE WHEN basis IN ('month', 'total') THEN basis END"
        end = "CASE WHEN free_end IN ('start', 'end') THEN free_end END"
        return {
            "?value_basis": (basis, "neither month nor total"),
            "?free_months": (
                f"CASE WHEN {_FREE} THEN free END",
                f"not a whole number of months from 0 to {LONGEST_TERM:,}",
            ),
            "?free_at": (end, "neither start nor end"),
            **self._version(),
        }

    def _version(self) -> dict[str, tuple[str, str]]:
        return {"?valid_from": ("valid_from", "not a date")} if self.versions else {}

    def faults(self, started_on: str) -> dict[str, tuple[str, str]]:
        """Faults of values that can be read."""
        if not self.asked:
            return {}
        ends = f"close_date NOT BETWEEN {started_on} AND add_months({started_on}, {LONGEST_TERM})"
        no_end = "close_date = DATE '9999-12-31' AND duration IS NOT NULL"
        # Of a term from start to close, or of a month's value, the close is what is left of.
        left = f"add_months({started_on}, free_months) > close_date"
        by_close = f"CASE WHEN free_at = 'end' OR dated THEN coalesce({left}, true) ELSE {left} END"
        return {
            "close_date": (
                f"dated AND {ends} AND NOT coalesce({no_end}, false)",
                f"before its start, or more than {LONGEST_TERM:,} months after it",
            ),
            "free_months": (
                f"{self._in(self.timed)} AND free_months > 0 "
                "AND CASE WHEN dated OR duration IS NULL "
                f"THEN {by_close} ELSE free_months >= duration END",
                "not less than the months of the term",
            ),
        }
