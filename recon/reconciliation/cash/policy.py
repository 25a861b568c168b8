"""The rules of order to cash."""

from __future__ import annotations

from dataclasses import dataclass, field

from recon.base.ids import Ids
from recon.base.matching import WINDOW, MatchingRule, usual_rules
from recon.base.policy import SeverityRules


@dataclass(frozen=True, slots=True)
class CashPolicy:
    """How documents are matched, aged and judged.

    Documents are due `terms_days` after their day where they do not say when. Within `window` days
    documents without a number may be one. `currency` is the first one in reports.
    """

    rules: tuple[MatchingRule, ...] = field(default_factory=usual_rules)
    severity: SeverityRules = field(default_factory=SeverityRules)
    terms_days: int = 30
    window: int = WINDOW
    currency: str = ""
    ids: Ids = Ids.FOLD

    def rows(self) -> dict[str, str]:
        """Every rule and its value, as reports show them."""
        return {
            "currency": self.currency,
            "terms_days": str(self.terms_days),
            "window": f"{self.window}d",
            **({} if self.ids is Ids.FOLD else {"ids": self.ids.value}),
            **{
                f"rule {number}": f"{each.name}: {each.words}"
                for number, each in enumerate(self.rules, 1)
            },
        }
