"""Intake: the SQL that both sides' rows share.

Nothing is guessed and nothing is dropped: a row that cannot be compared keeps its place and gets a
reason. Contracts are read by `contract_intake`, entries by `entry_intake`.

Amounts are ten-thousandths, months are counted from January of year 0.
"""

from __future__ import annotations

from collections.abc import Mapping

from recon.store.columns import Columns
from recon.store.session import literal

NOT_EXACT = "not an amount, or is too large"
NOT_A_DATE = "not a date"
ERROR = "an error of a spreadsheet"
_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!")
# A function, or another cell.
_FORMULA = r"=[A-Za-z.]+\(.*\)|=('?[^!]+'?!)?\$?[A-Z]{1,3}\$?\d+"
CODED = "CASE WHEN regexp_full_match(currency, '[A-Z]{3}') THEN currency END"


def unless_error(of: str) -> str:
    """SQL of an id, NULL where a spreadsheet has none.

    That is an error, or a formula without a stored result.
    """
    listed = ", ".join(map(literal, _ERRORS))
    # Texts in order are enough to see that most ids begin with neither.
    formula = f"regexp_full_match({of}, {literal(_FORMULA)})"
    error = (
        f"({of} BETWEEN '#' AND '$' AND {of} IN ({listed})) "
        f"OR ({of} BETWEEN '=' AND '>' AND {formula})"
    )
    return f"CASE WHEN {error} THEN NULL ELSE {of} END"


def coded(text: str, currency: str) -> str:
    """SQL of a currency; without one, the policy's."""
    return f"coalesce(upper({text}), {literal(currency)})"


def not_a_date(column: str, torn: Mapping[str, tuple[str, str]]) -> str:
    """The fault of a day that cannot be read.

    `torn` columns have days in both orders.
    """
    if column not in torn:
        return NOT_A_DATE
    return f"not clear: {' and '.join(torn[column])} of its column have different orders"


def float_notice(side: Columns, column: str) -> list[str]:
    """Notice of amounts in binary floating point."""
    if not side.has_floats(column):
        return []
    return [
        f"{column} is a binary floating point column; its values were rounded to 0.0001. "
        "Deliver it as DECIMAL or MONEY."
    ]
