"""The SELECTs that setup writes, for SQL Server and for the others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from recon.base.result import Side
from recon.setup.init.proposal import propose
from recon.setup.init.queries import Form, comment, contracts_query, entries_query, form_of, quoted
from recon.setup.init.schema import Catalog, Column, Table, family, tables
from recon.sources.database import POSTGRESQL, SQL_SERVER


def table(columns: str, name: str, product: str = SQL_SERVER) -> Table:
    """Return a table; its columns are written as `name type, name type`."""
    rows = [("dbo", name, *column.strip().rsplit(" ", 1)) for column in columns.split(",")]
    (found,) = tables(rows, product)
    return found


DEALS = table(
    "DealID int, ProductType nvarchar, TCV money, TermMonths int, SignedDate date, CloseDate date",
    "Deals",
)
ENTRIES = (
    "Entry ID int, Deal]No nvarchar, RevenueType nvarchar, Amount money, Period {}, "
    "ApprovedBy nvarchar"
)


def test_the_contracts_of_sql_server() -> None:
    """Aliases to our names, types and warnings beside them, no ORDER BY."""
    assert (
        contracts_query(propose(Side.ANALYTICS, DEALS), SQL_SERVER)
        == """\
-- Booked contracts, one row a contract and revenue type, from dbo.Deals.
-- recon wraps this SELECT for its control totals, so it has no ORDER BY.
SELECT
    c.[DealID] AS contract_id,          -- int
    c.[ProductType] AS revenue_type,    -- nvarchar
    c.[TCV] AS contract_value,          -- money
    c.[TermMonths] AS duration_months,  -- int
    c.[SignedDate] AS booking_date,     -- date
    c.[CloseDate] AS close_date         -- date; a CRM_s close date is the day the deal was won; \
recon needs the day recognition ends
FROM [dbo].[Deals] AS c
"""
    )


def test_the_entries_of_sql_server() -> None:
    """The range is made into what the period column holds; names are in brackets."""
    proposal = propose(Side.ACCOUNTING, table(ENTRIES.format("int"), "Revenue Recognition"))
    assert (
        entries_query(proposal, SQL_SERVER, Form.NUMBER_MONTH)
        == """\
-- Recognized revenue, one row an entry, from dbo.Revenue Recognition. recon puts the
-- first day, and the first day after the range, into the condition below. It wraps this
-- SELECT for its sums and control totals, so it has no ORDER BY.
SELECT
    e.[Entry ID] AS entry_id,          -- int
    e.[Deal]]No] AS contract_id,       -- nvarchar
    e.[RevenueType] AS revenue_type,   -- nvarchar
    e.[Amount] AS amount,              -- money
    e.[Period] AS recognition_period,  -- int
    e.[ApprovedBy] AS [approved_by]    -- nvarchar
FROM [dbo].[Revenue Recognition] AS e
WHERE e.[Period] >= CAST(LEFT(CONVERT(char(8), CAST(? AS date), 112), 6) AS int)
  AND e.[Period] < CAST(LEFT(CONVERT(char(8), CAST(? AS date), 112), 6) AS int)
"""
    )


@pytest.mark.parametrize(
    ("form", "sql_server", "others"),
    [
        (Form.DATE, "?", "?"),
        (Form.NUMBER_MONTH, "CAST(LEFT(CONVERT(char(8), CAST(? AS date), 112), 6) AS int)",
         "CAST(to_char(CAST(? AS date), 'YYYYMM') AS int)"),
        (Form.NUMBER_DAY, "CAST(CONVERT(char(8), CAST(? AS date), 112) AS int)",
         "CAST(to_char(CAST(? AS date), 'YYYYMMDD') AS int)"),
        (Form.TEXT_MONTH, "LEFT(CONVERT(char(8), CAST(? AS date), 112), 6)",
         "to_char(CAST(? AS date), 'YYYYMM')"),
        (Form.TEXT_DASHED_MONTH, "LEFT(CONVERT(char(10), CAST(? AS date), 23), 7)",
         "to_char(CAST(? AS date), 'YYYY-MM')"),
        (Form.TEXT_DAY, "CONVERT(char(8), CAST(? AS date), 112)",
         "to_char(CAST(? AS date), 'YYYYMMDD')"),
        (Form.TEXT_DASHED_DAY, "CONVERT(char(10), CAST(? AS date), 23)",
         "to_char(CAST(? AS date), 'YYYY-MM-DD')"),
    ],
)  # fmt: skip
def test_ranges(form: Form, sql_server: str, others: str) -> None:
    """Every form of period, for both servers, with exactly two parameters."""
    proposal = propose(Side.ACCOUNTING, table(ENTRIES.format("nvarchar"), "RevRec"))
    for product, name, bound in (
        (SQL_SERVER, "e.[Period]", sql_server),
        (POSTGRESQL, 'e."Period"', others),
    ):
        query = entries_query(proposal, product, form)
        assert query.endswith(f"WHERE {name} >= {bound}\n  AND {name} < {bound}\n")
        assert query.count("?") == 2


def test_names_stand_for_themselves() -> None:
    """Whatever is in a name, it ends where it should."""
    assert quoted("a]b[", SQL_SERVER) == "[a]]b[]"
    assert quoted('a"b', POSTGRESQL) == '"a""b"'


def test_a_comment_ends_with_its_line() -> None:
    """A name cannot leave its comment, nor add a parameter."""
    assert comment("dbo.x\nDROP TABLE y? 'z'") == "dbo.x_DROP TABLE y_ _z_"


def test_what_does_not_fit_is_no_query() -> None:
    """Without a period there is no range."""
    proposal = propose(Side.ACCOUNTING, table("EntryID int", "RevRec"))
    with pytest.raises(ValueError, match="recognition_period"):
        entries_query(proposal, SQL_SERVER, Form.DATE)


@pytest.mark.parametrize(
    ("kind", "least", "most", "form"),
    [
        ("date", None, None, Form.DATE),
        ("datetimeoffset", None, None, Form.DATE),
        ("int", 202001, 202412, Form.NUMBER_MONTH),
        ("numeric", Decimal("20200101"), Decimal("20241231"), Form.NUMBER_DAY),
        ("int", 1, 12, None),
        ("int", 202001, 20241231, None),
        ("int", 45000, 46000, None),
        ("int", 202013, 202013, None),
        ("nvarchar", "202001", "202412", Form.TEXT_MONTH),
        ("nchar", "2020-01 ", "2024-12 ", Form.TEXT_DASHED_MONTH),
        ("nvarchar", "20200101", "20241231", Form.TEXT_DAY),
        ("nvarchar", "2020-01-01", "2024-12-31", Form.TEXT_DASHED_DAY),
        ("nvarchar", "2020-01-01 00:00:00", "2024-12-31", Form.TEXT_DASHED_DAY),
        ("nvarchar", "", "2024-12", None),
        ("nvarchar", "01/2020", "12/2024", None),
        ("nvarchar", "Apr 2020", "Sep 2024", None),
        ("nvarchar", None, None, None),
        ("nvarchar", date(2020, 1, 1), date(2020, 1, 1), Form.TEXT_DASHED_DAY),
    ],
)
def test_forms(kind: str, least: object, most: object, form: Form | None) -> None:
    """The form is seen from the least and the greatest value; where it is not clear, it is none."""
    assert form_of(Column("p", kind, family(kind, SQL_SERVER)), least, most) is form


def test_a_table_is_found_by_its_name() -> None:
    """With its schema or, where only one has it, without; whatever the case and the quotes."""
    names = (("dbo", "Deals"), ("old", "Deals"), ("dbo", "Rev Rec"))
    rows = [(schema, name, "a", "int") for schema, name in names]
    deals, _, entries = tables(rows, SQL_SERVER)
    catalog = Catalog(SQL_SERVER, (deals, *tables(rows[1:], SQL_SERVER)))
    assert catalog.table("dbo.deals") is deals
    assert catalog.table("[DBO].[Deals]") is deals
    assert catalog.table("Deals") is None
    assert catalog.table("rev rec") == entries
    assert catalog.table("nix") is None
    odd = Table("dbo", "a]b", ())
    assert Catalog(SQL_SERVER, (odd,)).table("dbo.a]b") is odd


def test_what_may_have_to_be_left_out_stands_in_the_query() -> None:
    """Where the condition would have to be written."""
    deals = propose(Side.ANALYTICS, table("DealID int, Stage nvarchar", "Deals"))
    assert "\n-- Note: if it contains more than booked contracts, add a condition on Stage.\n" in (
        contracts_query(deals, SQL_SERVER)
    )
