"""How values in text are written: amounts, days, and the revenue types that names speak of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recon.setup.init.revenue_types import is_no_revenue, is_revenue, type_of, types_of
from recon.setup.init.schema import Family
from recon.setup.init.writings import Profile, amount, day, decimal_of, orders_of

WAYS = {
    "(1,234.56)": ("-1234.56", "."), "1.234,56-": ("-1234.56", ","), "$1,234.56": ("1234.56", "."),
    "USD 100.00": ("100.00", "."), "1'234.56": ("1234.56", "."), "1 234,56 €": ("1234.56", ","),
    "-5": ("-5", ""), "($1,234.56)": ("-1234.56", "."), "1.234.567": ("1234567", ","),
    "0.5": ("0.5", "."), "12.000": ("12", ""), "100.00 CR": ("100.00", "."),
    "US$100.00": ("100.00", "."), "Rs.1,20,000": ("120000", "."), "12,34,567.8": ("1234567.8", "."),
    "1.234,50 kr": ("1234.50", ","),
}  # fmt: skip


@pytest.mark.parametrize("text", WAYS)
def test_amounts_are_read_as_they_are_written(text: str) -> None:
    """And prove which sign comes before their decimals, or do not."""
    value, proves = WAYS[text]
    found = amount(text)
    assert found
    assert found.proves == proves
    assert found.value(proves or ".") == Decimal(value)


@pytest.mark.parametrize(
    "text", ["30.06.2024", "2024-06-30", "06/30/2024", "C-12", "SUB100", "1,00.00", ""]
)
def test_what_is_no_amount(text: str) -> None:
    """Neither a day nor an id."""
    assert amount(text) is None


@given(
    some.lists(some.integers(1, 10**9), min_size=1),
    some.sampled_from([("{:,}", ".00"), ("{}", ".5")]),
    some.booleans(),
)
def test_decimals_are_found_in_either_way(
    units: list[int], form: tuple[str, str], swapped: bool
) -> None:
    """Whatever the amounts, one decimal sign is proved, and the values are those written."""
    texts = tuple(form[0].format(unit) + form[1] for unit in units)
    if swapped:
        texts = tuple(text.translate(str.maketrans(".,", ",.")) for text in texts)
    column = Profile("amount", texts)
    decimal, doubtful = decimal_of([column])
    assert (decimal, doubtful) == ("," if swapped else ".", ())
    values = [each.value(decimal or "") for each in column.amounts]
    assert values == [Decimal(f"{unit}{form[1]}") for unit in units]


@pytest.mark.parametrize(
    ("texts", "decimal", "doubtful"),
    [
        (("12.000", "1.000"), None, 2),
        (("12.000", "1.50"), ".", 0),
        (("12.000", "1,50"), ",", 0),
        (("1,50", "1.50"), None, 2),
        (("12", "13"), None, 0),
    ],
)
def test_what_could_mean_two_numbers_is_left_open(
    texts: tuple[str, ...], decimal: str | None, doubtful: int
) -> None:
    """Unless another amount proves it; two proofs prove nothing."""
    found, left = decimal_of([Profile("amount", texts)])
    assert (found, len(left)) == (decimal, doubtful)


FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%d-%b-%Y %H:%M", "%b %d, %Y", "%d %B %Y", "%Y/%m/%d", "%d.%m.%y")


@given(some.sampled_from(FORMS), some.dates(date(1970, 1, 1), date(2068, 12, 1)))
def test_days_are_read_as_they_were_written(form: str, found: date) -> None:
    """Whatever the notation, where it needs no order."""
    column = Profile("day", (found.strftime(form),))
    assert column.dated and not column.open_days
    assert day(column.texts[0], ()) == found


@given(some.sampled_from(("%d/%m/%Y", "%m/%d/%Y", "%m-%d-%y")), some.dates(date(1970, 1, 1)))
def test_the_order_that_wrote_days_reads_them(form: str, found: date) -> None:
    """It is among those that could have written them."""
    found = found.replace(year=1970 + found.year % 90)
    column = Profile("day", (found.strftime(form),))
    order = "dmy" if form.startswith("%d") else "mdy"
    assert order in orders_of([column])
    assert day(column.texts[0], [order]) == found


def test_days_of_a_side_decide_together() -> None:
    """What one column leaves open another one proves; two proofs prove nothing."""
    open_, proof = Profile("a", ("03/04/2024",)), Profile("b", ("28/02/2024",))
    assert orders_of([open_]) == orders_of([Profile("c", ("2024-06-30",)), open_]) == ("dmy", "mdy")
    assert orders_of([open_, proof]) == ("dmy",)
    assert orders_of([proof, Profile("d", ("02/28/2024",))]) == ()


@pytest.mark.parametrize(
    ("text", "family"),
    [("00042", Family.INTEGER), ("202406", Family.INTEGER), ("2024-06", Family.DATE),
     ("Jan 2024", Family.DATE), ("06.2024", Family.DATE), ("1200.5", Family.DECIMAL),
     ("5.1234", Family.DECIMAL), ("$5.00", Family.DECIMAL), ("Acme", Family.TEXT)],
)  # fmt: skip
def test_families_of_values(text: str, family: Family) -> None:
    """As a database would name the type."""
    assert Profile("x", (text, text)).family is family


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("subscription", "Subscription"), ("Subscription - Annual", "Subscription"),
        ("SaaS platform", "Subscription"), ("4010 - Support Revenue", "Support"),
        ("Professional Services", "Consulting"), ("Implementation services", "Implementation"),
        ("Set-up fee", "Setup"), ("subscription_annual", "Subscription"),
        ("Support & Maintenance", None), ("Gold plan", None), ("Deferred subscription", None),
    ],
)  # fmt: skip
def test_a_type_is_named_only_where_it_is_clear(name: str, kind: str | None) -> None:
    """Two types in one name are none."""
    assert type_of(name) == kind


def test_values_of_a_column() -> None:
    """Known ones need no alias, and one alias serves all cases."""
    found = types_of(["Support", "SUPPORT ", "SaaS", "saas", "Gold"])
    assert found.known == ("Support", "SUPPORT")
    assert (dict(found.aliases), found.unknown) == ({"SaaS": "Subscription"}, ("Gold",))


def test_accounts_of_revenue() -> None:
    """Deferred revenue is none, however it is written."""
    for name in (
        "DeferredRevenue",
        "2400 Deferred revenue",
        "Unearned income",
        "AccountsReceivable",
    ):
        assert is_no_revenue(name) and not is_revenue(name)
    for name in ("Revenue", "4000 Sales", "Subscription income"):
        assert is_revenue(name) and not is_no_revenue(name)
