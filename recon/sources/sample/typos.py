"""SQL macros for typing errors and for visible differences.

Amounts are ten-thousandths; `unit` is the currency's minor unit in them.
"""

from __future__ import annotations

from recon.store.session import Session

MACROS = (
    # Outside the default tolerance: 1%, half a minor unit for each month of the term, one unit.
    """CREATE MACRO beyond(difference, expected, months, unit) AS
        abs(difference) * 100 > abs(expected)
        AND abs(difference) > greatest((months + 1) // 2, 1) * unit""",
    # Every number that one exchange of neighbouring digits makes of a positive one.
    """CREATE MACRO swaps(number) AS list_transform(range(0, 15), lambda i: number
        + 9 * ten_to(i) * (number // ten_to(i) % 10 - number // ten_to(i + 1) % 10))""",
    # The same, but as people do it: within the digits that are there, a leading zero never.
    """CREATE MACRO typed_swaps(number) AS list_filter(swaps(number),
        lambda swapped: swapped <> number AND len(swapped::VARCHAR) = len(number::VARCHAR))""",
    # Exchanged digits and a moved decimal point change a number by a multiple of nine, in the sum
    # and in a single posting alike: no other difference can be taken for one of them.
    """CREATE MACRO no_slip(recognized, expected, unit) AS
        recognized <> -expected AND (recognized - expected) % (9 * unit) <> 0""",
    # One digit typed as another, two exchanged, one left out or one doubled, never the first two.
    """CREATE MACRO mistyped(id, luck) AS CASE
        WHEN luck % 10 < 4 AND id[typo_at(id, luck)] <> id[typo_at(id, luck) + 1]
            THEN id[:typo_at(id, luck) - 1] || id[typo_at(id, luck) + 1] || id[typo_at(id, luck)]
                || id[typo_at(id, luck) + 2:]
        WHEN luck % 10 = 8 THEN id[:typo_at(id, luck) - 1] || id[typo_at(id, luck) + 1:]
        WHEN luck % 10 = 9 THEN id[:typo_at(id, luck)] || id[typo_at(id, luck):]
        ELSE id[:typo_at(id, luck) - 1]
            || (CAST(id[typo_at(id, luck)] AS INTEGER) + 1 + luck // 1000 % 9) % 10
            || id[typo_at(id, luck) + 1:] END""",
)


def install(connection: Session) -> None:
    """Create beyond(), swaps(), typed_swaps(), no_slip() and mistyped() in the session."""
    connection.execute(
        "CREATE MACRO typo_at(id, luck) AS CAST(3 + luck // 10 % (len(id) - 3) AS INTEGER)"
    )
    for macro in MACROS:
        connection.execute(macro)
