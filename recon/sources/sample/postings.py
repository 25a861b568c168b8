"""Clean postings, as a faultless accounting department would book.

The amounts come from `recon.reconciliation.expected`. From the first month on each line has one
to five postings a month, which add up to what is expected; the months before have one.
"""

from __future__ import annotations

from recon.reconciliation.expected import TERM
from recon.sources.sample.recipe import Recipe
from recon.store.session import Session

# How many months before the first one are kept as they were where history is condensed: as many
# as errors reach back.
REACH = 2

_POWERS = ", ".join(str(10**power) for power in range(19))

MACROS = (
    f"CREATE MACRO ten_to(n) AS ([{_POWERS}])[1 + n]",
    # One draw a line and month; its decimal digits, two by two, are the dice of its postings.
    "CREATE MACRO die(dice, n) AS dice // ten_to(2 * n) % 100",
    """CREATE MACRO parts(dice) AS CASE WHEN die(dice, 0) < 10 THEN 1 WHEN die(dice, 0) < 29 THEN 2
        WHEN die(dice, 0) < 59 THEN 3 WHEN die(dice, 0) < 85 THEN 4 ELSE 5 END""",
    # The first posting of one month in six has no document. It is the largest, so no other
    # posting of the month has its amount: two equal ones without a document would be duplicates.
    "CREATE MACRO documented(dice, part) AS part > 1 OR die(dice, 1) >= 16",
    # The further postings have 5% of the amount and more, the first what is left, at least a
    # quarter. Thousandths, for with whole percents one posting is often a tenth of another.
    """CREATE MACRO share(amount, parts, dice, unit, part) AS CASE WHEN part > parts THEN 0
        ELSE sign(amount) * unit * (abs(amount)
            * (50 + dice // ten_to(3 * part - 2) % 1000 % least(400, 540 // greatest(parts - 1, 1)))
            // (1000 * unit)) END""",
    """CREATE MACRO posting(amount, parts, dice, unit, part) AS CAST(CASE WHEN part > 1
        THEN share(amount, parts, dice, unit, part)
        ELSE amount - share(amount, parts, dice, unit, 2) - share(amount, parts, dice, unit, 3)
            - share(amount, parts, dice, unit, 4) - share(amount, parts, dice, unit, 5) END
        AS BIGINT)""",
    # Minutes since 1970: within office hours, from three days before the month's end to four after.
    """CREATE MACRO posted(m, dice, part) AS epoch(month_start(m + 1))::BIGINT // 60
        + (die(dice, 7) % 8 - 3) * 1440 + 480 + die(dice, 8) * 6 + part""",
    """CREATE MACRO document(m, line, part) AS 'INV-' || ((m // 12 % 100) * 100 + m % 12 + 1)
        || '-' || (10000000 + line * 8 + part)""",
)


def create_postings(connection: Session, recipe: Recipe) -> None:
    """Create `due`, amounts by line and month, and their `postings`.

    `due`: line, m, amount, parts, dice, unit. `postings`: line, m, part, amount, dice.
    """
    for macro in MACROS:
        connection.execute(macro)
    connection.execute(f"CREATE TEMP TABLE due AS {_due(recipe)}")
    connection.execute(
        """CREATE TEMP TABLE postings AS
        SELECT line, m, part, dice, posting(amount, parts, dice, unit, part) AS amount
        FROM (SELECT *, unnest(range(1, parts + 1)) AS part FROM due)"""
    )


def _due(recipe: Recipe) -> str:
    first, last = recipe.first.index, recipe.last.index
    earliest = 0 if recipe.history else first - REACH
    months = f"""
        SELECT line, m, unit, CAST(expected(m, {TERM}) AS BIGINT) AS amount
        FROM (SELECT *, unnest(range(greatest(start_month, {earliest}),
            least(close_month, {last}) + 1)) AS m FROM lines) t"""
    opening = f"""
        SELECT line, {earliest - 1}, unit, CAST(expected_to_date({earliest - 1}, {TERM}) AS BIGINT)
        FROM lines t WHERE start_month < {earliest}"""
    return f"""
    SELECT line, m, amount, dice, unit,
        CASE WHEN m < {first} OR abs(amount) < 100 * unit THEN 1 ELSE parts(dice) END AS parts
    FROM (SELECT *, draw('dice', line || '/' || m) AS dice
        FROM ({months}{"" if recipe.history else " UNION ALL " + opening}))
    WHERE amount <> 0"""
