"""Partners: two lines that are off by opposite amounts."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import recon
from recon.base.result import Cause, Certainty
from tests.tables import ENTRY, MONTH, contract, entries, subscriptions


@given(st.lists(st.tuples(*[st.text("aäb1", min_size=1, max_size=4)] * 2), max_size=60))
@settings(max_examples=4, deadline=None)
def test_an_edit_is_one_of_letters(pairs: list[tuple[str, str]]) -> None:
    """A letter more, less, another one, or two neighbours that have changed places."""
    # Each pair has an amount of its own, so that it is held against itself alone.
    book, posted = [], []
    for number, (ours, theirs) in enumerate(pairs, 1):
        price = 1200 * number
        book.append(contract(contract_id=f"{number}:{ours}", contract_value=f"{price}.00"))
        entry_id = f"{number}:{theirs}"
        posted.append(ENTRY | {"contract_id": entry_id, "amount": f"{price // 12}.00"})
    found = {
        item.contract_id for item in recon.reconcile(
            pd.DataFrame(book, columns=list(contract())), pd.DataFrame(posted, columns=list(ENTRY)),
            MONTH,
        ).breaks
        if item.cause is Cause.MISTYPED_CONTRACT
    }  # fmt: skip
    assert found == {
        f"{number}:{name}"
        for number, pair in enumerate(pairs, 1) if _is_one_edit(*pair) for name in pair
    }  # fmt: skip


def _is_one_edit(one: str, other: str) -> bool:
    places = range(len(one) + 1)
    edits = {one[:i] + letter + one[i:] for i in places for letter in "aäb1"}
    edits |= {one[:i] + letter + one[i + 1 :] for i in places for letter in ("", *"aäb1")}
    edits |= {one[:i] + one[i + 1 : i + 2] + one[i : i + 1] + one[i + 2 :] for i in places}
    return one != other and other in edits


def test_all_ids_of_one_price_are_mistyped() -> None:
    """Accounting leaves out the hyphen: each is held against its own, whatever the others lack."""
    ids = [f"{n:04}" for n in range(300)]
    book = pd.DataFrame([contract(contract_id=f"C-{n}") for n in ids])
    posted = pd.DataFrame([ENTRY | {"entry_id": n, "contract_id": f"C{n}"} for n in ids])
    found = recon.reconcile(book, posted, MONTH).breaks
    assert {item.cause for item in found} == {Cause.MISTYPED_CONTRACT}
    assert {
        (item.contract_id, item.counterpart.contract_id) for item in found if item.counterpart
    } == {pair for n in ids for pair in ((f"C-{n}", f"C{n}"), (f"C{n}", f"C-{n}"))}


def test_one_surplus_does_not_pay_for_three_lacks() -> None:
    """An amount moves between two lines; what three others lack stays without that cause."""
    book = subscriptions(*(f"K{n}00 c1 12000.00 2024-06-01 2025-05-31 -" for n in range(1, 5)))
    posted = entries("""
        contract_id amount  recognition_period
        K100        1300.00 2024-06
        K200        700.00  2024-06
        K300        700.00  2024-06
        K400        700.00  2024-06
    """)
    result = recon.reconcile(book, posted, "2024-06")
    assert {item.cause for item in result.breaks} == {Cause.UNEXPLAINED}


def test_customers_match_whatever_the_case() -> None:
    """Ids are folded, those of customers too."""
    book = subscriptions("K100 c1 12000.00 2024-06-01 2025-05-31 -",
                 "K222 C1 12000.00 2024-06-01 2025-05-31 -")  # fmt: skip
    posted = entries("""
        contract_id amount  recognition_period
        K100        1300.00 2024-06
        K222        700.00  2024-06
    """)
    result = recon.reconcile(book, posted, "2024-06")
    assert {item.cause for item in result.breaks} == {Cause.WRONG_CONTRACT}


def test_a_credit_in_another_currency_keeps_its_sign_and_direction() -> None:
    """What was to be a credit in dollars was posted in euros, not the other way round."""
    book = subscriptions("K1 c1 -12000.00 2024-06-01 2025-05-31 -")
    posted = entries("""
        contract_id amount   recognition_period currency
        K1          -1000.00 2024-06            EUR
    """)
    found = recon.reconcile(book, posted, "2024-06").breaks
    assert {item.explanation for item in found} == {"-1,000.00 was posted in EUR instead of USD."}


def test_an_unknown_contract_may_be_one_that_lacks_about_as_much() -> None:
    """Every entry is a little high, and the id is mistyped besides: neither line is certain."""
    book = subscriptions("K1 c1 12000.00 2024-06-01 2025-05-31 -")
    posted = entries("""
        contract_id amount  recognition_period
        K2          1009.00 2024-06
    """)
    found = recon.reconcile(book, posted, "2024-06").breaks
    assert {item.certainty for item in found} == {Certainty.AMBIGUOUS}
    assert all(Cause.MISTYPED_CONTRACT in item.candidates for item in found)
