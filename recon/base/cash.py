"""Words of order to cash: causes, statuses, accounts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class CashStatus(StrEnum):
    """The status of documents that do not agree."""

    NOT_IN_LEDGER = "not_in_ledger"
    NOT_IN_FEEDS = "not_in_feeds"
    DIFFERS = "differs"


class CashCause(StrEnum):
    """Why a receivable differs."""

    POSTED_TWICE = "posted_twice"
    DUPLICATE_PAYMENT = "duplicate_payment"
    SIGN_FLIPPED = "sign_flipped"
    DECIMAL_SHIFT = "decimal_shift"
    DIGITS_SWAPPED = "digits_swapped"
    TAX = "tax"
    DISCOUNT_TAKEN = "discount_taken"
    ROUNDING = "rounding"
    WRONG_CUSTOMER = "wrong_customer"
    WRONG_CURRENCY = "wrong_currency"
    WRONG_PERIOD = "wrong_period"
    SHORT_PAYMENT = "short_payment"
    OVER_PAYMENT = "over_payment"
    CREDIT_WITHOUT_SALE = "credit_without_sale"
    CREDIT_BEYOND_SALE = "credit_beyond_sale"
    CREDIT_NOT_APPLIED = "credit_not_applied"
    UNAPPLIED_CASH = "unapplied_cash"
    NETTED = "netted_documents"
    NOT_POSTED = "not_posted"
    NOT_IN_FEEDS = "not_in_feeds"
    UNEXPLAINED = "unexplained"


# The accounts of proposed entries: the receivable, and the other one by a document's kind.
RECEIVABLE, OTHER_ACCOUNT = "Accounts receivable", "Adjustments"
ACCOUNTS: Mapping[str, str] = {
    "invoice": "Sales",
    "credit_note": "Credit notes",
    "payment": "Bank",
    "refund": "Bank",
    "charge": "Other charges",
}
