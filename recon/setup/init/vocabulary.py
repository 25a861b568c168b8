"""The vocabulary of finance and sales systems.

Their names for the tables and columns that recon needs. Words are written apart and in lower case;
`Words` says how sure a name makes us, out of 100. Words of one meaning are written in one way here
and known in all of `SPELLINGS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recon.base.result import Side


@dataclass(frozen=True, slots=True)
class Words:
    """Names, separated by commas, of one sureness.

    `note` is a remark to consider before accepting one.
    """

    sureness: int
    names: str
    note: str = ""


SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "account": ("account", "acct", "acc"),
    "amount": ("amount", "amt"),
    "booked": ("booked", "booking"),
    "cancelled": ("cancelled", "canceled", "cancellation", "cancel"),
    "currency": ("currency", "curr", "ccy"),
    "customer": ("customer", "cust", "client"),
    "date": ("date", "dt", "on", "at"),
    "document": ("document", "doc"),
    "id": ("id", "identifier"),
    "invoice": ("invoice", "inv"),
    "journal": ("journal", "jrnl", "jnl"),
    "months": ("months", "month", "mths", "mos"),
    "number": ("number", "no", "nr", "num", "nbr"),
    "opportunity": ("opportunity", "opp", "oppty"),
    "recognized": ("recognized", "recognised", "recognition", "recog", "rec"),
    "reference": ("reference", "ref"),
    "revenue": ("revenue", "rev"),
    "signed": ("signed", "signing", "signature", "sign"),
    "terminated": ("terminated", "termination"),
    "transaction": ("transaction", "trans", "txn", "trx"),
    "value": ("value", "val"),
}

# What a name may begin with without meaning anything else: deal_currency is a currency.
ENTITIES = {
    Side.ANALYTICS: "contract deal opportunity opp booking subscription agreement order crm",
    Side.ACCOUNTING: "entry journal je gl line posting ledger accounting recognition revenue rev",
}
# Marks of a kind or of a system, not words.
MARKS = frozenset(
    "fk pk sk key fld col f c dim fact fct stg src tbl vw v t utc gmt lcy metadata".split()
)
MONEY_MARKS = frozenset("usd eur gbp chf jpy cad aud".split())
# What makes another amount, term or date of one: never found inside a longer name.
OTHERS = frozenset(
    "annual arr acv mrr tax vat discount cost budget forecast exchange fx rate percent pct margin"
    " commission deferred remaining billed previous prior old original days day years year weeks"
    " is has created updated modified deleted estimated planned target".split()
)

_CRM = "a CRM's close date is the day the deal was won; recon needs the day recognition ends"
_WON = "the day the deal was won"

COLUMNS: Mapping[Side, Mapping[str, tuple[Words, ...]]] = {
    Side.ANALYTICS: {
        "contract_id": (
            Words(100, "contract id, contract number, deal id"),
            Words(95, "contract, deal number, opportunity id, agreement id, agreement number"),
            Words(85, "contract reference, opportunity number, subscription id, booked id"),
            Words(80, "deal key, contract key, deal code, contract code, opportunity key"),
            Words(95, "vertrag, vertragsnummer, vertragsnr"),
            Words(75, "id, subscription number, order id, order number, sales order number"),
            Words(70, "record id, auftrag, auftragsnummer, number"),
        ),
        "revenue_type": (
            Words(100, "revenue type, erlosart, umsatzart"),
            Words(90, "product type, revenue category, revenue stream, revenue class"),
            Words(80, "product category, product family, product line, service type, line type"),
            Words(60, "category, product, product name, item type, produkt, item, service"),
            Words(50, "type, contract type, deal type"),
        ),
        "contract_value": (
            Words(100, "contract value, total contract value, tcv, vertragswert, auftragswert"),
            Words(95, "contract sum, contract price, value in cents, amount in cents"),
            Words(95, "contract amount, deal value, deal amount, contract total, total deal value"),
            Words(85, "total value, total amount, booked value, booked amount, opportunity amount"),
            Words(75, "value, amount, order value, order amount, net value, net amount"),
            Words(55, "total, price, total price"),
        ),
        "duration_months": (
            Words(100, "duration months, term months, duration in months, term in months"),
            Words(95, "contract term months, contract months, contract duration months"),
            Words(90, "number of months, contract length months, length months, months"),
            Words(90, "laufzeit monate, laufzeit in monaten, vertragslaufzeit monate, laufzeit"),
            Words(90, "subscription term months, term length months, contract term in months"),
            Words(75, "duration, term, contract term, contract duration, subscription term"),
            Words(70, "term length"),
            Words(60, "length, contract length"),
        ),
        "booking_date": (
            Words(100, "booked date, date booked"),
            Words(90, "signed date, date signed, contract date, deal date"),
            Words(85, "signed, auftragsdatum, vertragsdatum, abschlussdatum, unterzeichnet am"),
            Words(85, "won date, closed won date, order date, agreement date, sold date"),
            Words(50, "closed date", _WON),
            Words(45, "close date", _WON),
            Words(40, "starting date, start, vertragsbeginn, beginn, startdatum",
                  "the start; there is no booking date"),
            Words(40, "start date, contract start date, contract start, contract term start, "
                      "started date, activated date", "the start; there is no booking date"),
        ),
        "close_date": (
            Words(100, "contract end date, recognized end date, contract end, recognized end"),
            Words(98, "recognized end date, revenue end date, end date, date end, ends date"),
            Words(95, "service end date, service end, subscription end date, subscription end"),
            Words(95, "contract term end, contract term end date, ending date, vertragsende, ende"),
            Words(95, "enddatum, laufzeitende, contract expiry date, expiration"),
            Words(90, "term end date, term end, expiry date, expiration date"),
            Words(85, "expires date, valid to, valid until, valid to date, end, current term end"),
            Words(60, "close date, contract close date", _CRM),
        ),
        "start_date": (
            Words(100, "start date, contract start date, contract start, recognized start date"),
            Words(95, "service start date, subscription start date, service start, starts date"),
            Words(90, "effective date, effective from, valid from, term start date, term start"),
            Words(95, "contract term start, contract term start date, starting date"),
            Words(95, "vertragsbeginn, beginn, startdatum, beginning date, contract begin date"),
            Words(80, "commencement date, begin date, go live date, start, current term start"),
            Words(80, "started date, activated date"),
        ),
        "currency": (
            Words(100, "currency, currency code, iso currency, currency iso code"),
            Words(90, "contract currency, deal currency, iso, iso code, currency id"),
            Words(85, "amount currency, local currency, document currency, wahrung"),
        ),
        "customer_id": (
            Words(100, "customer id, customer number, kundennummer, kundennr"),
            Words(90, "account id, account number, company id, sold to id, customer code"),
            Words(80, "customer key, account key, account code"),
            Words(60, "customer, account"),
        ),
        "customer": (
            Words(100, "customer, customer name, kunde, kundenname"),
            Words(90, "account name, company name, company, sold to, sold to name"),
            Words(80, "customer company, associated company"),
            Words(70, "account"),
        ),
        "segment": (
            Words(100, "segment, customer segment, market segment, business segment"),
            Words(80, "account segment, segment name, customer type, customer class"),
        ),
        "owner": (
            Words(100, "owner, deal owner, contract owner, owner name, opportunity owner"),
            Words(90, "sales rep, sales person, account executive, account manager, account owner"),
            Words(85, "sales owner, rep, sales rep name, seller"),
            Words(70, "owner id, sales rep id"),
        ),
        "terminated_on": (
            Words(100, "terminated date, date terminated, contract terminated date"),
            Words(95, "cancelled date, date cancelled, churn date, churned date"),
            Words(80, "terminated, cancelled, churned, terminated effective date"),
        ),
    },
    Side.ACCOUNTING: {
        "entry_id": (
            Words(100, "entry id, entry number, journal entry id, journal line id, je line id"),
            Words(95, "journal entry number, je id, gl entry id, gl entry number, je number"),
            Words(90, "line id, posting id, transaction id, journal entry line id, entry line id"),
            Words(90, "balance transaction id"),
            Words(80, "revenue recognized id, recognized id, rev recognized id, revenue entry id"),
            Words(70, "id, record id, transaction number, document line id, rev id, row id"),
            Words(60, "journal id, journal number", "the id of a journal may repeat on its lines"),
        ),
        "contract_id": (
            Words(100, "contract id, contract number, deal id"),
            Words(95, "contract, deal number, opportunity id, agreement id, agreement number"),
            Words(85, "contract reference, deal reference, opportunity number, subscription id"),
            Words(80, "deal key, contract key, deal code, contract code, opportunity key"),
            Words(70, "order id, order number, sales order number, subscription number, booked id"),
            Words(95, "vertrag, vertragsnummer, vertragsnr"),
            Words(55, "assignment, assignment number, zuordnung",
                  "the text by which postings are assigned"),
        ),
        "revenue_type": (
            Words(100, "revenue type, erlosart, umsatzart"),
            Words(90, "product type, revenue category, revenue stream, revenue class"),
            Words(80, "product category, product family, product line, service type, line type"),
            Words(60, "category, product, product name, item type, produkt, item"),
            Words(45, "type"),
        ),
        "amount": (
            Words(100, "amount, recognized amount, amount recognized, revenue amount"),
            Words(100, "amount in transaction currency, amount in document currency, betrag"),
            Words(95, "amount in cents, betrag in hauswahrung, betrag in hauswahr, betrag in hw"),
            Words(90, "amount in local currency, amount in local cur, amount in lc, "
                      "amount in company code currency, amount in doc currency, amount in doc cur"),
            Words(95, "recognized revenue, revenue recognized, revenue recognized amount"),
            Words(90, "posted amount, entry amount, line amount, amount posted, posting amount"),
            Words(80, "net amount, revenue, value, recognized value, transaction amount"),
            Words(70, "gross, gross amount, total"),
            Words(45, "net", "fees may be taken off"),
        ),
        "recognition_period": (
            Words(100, "recognized period, revenue period, recognized months, revenue months"),
            Words(95, "period, fiscal period, posting period, accounting period, gl period"),
            Words(90, "periode, buchungsperiode, leistungsperiode"),
            Words(90, "recognized date, revenue date, period date, period start"),
            Words(85, "rev recognized date, period id, period key, period code, period months"),
            Words(80, "posting months, year months"),
            Words(75, "period end date, period end, months, fiscal months, accounting date"),
            Words(50, "posting date, posted date, gl date, entry date, journal date, "
                      "transaction date, pstng date, buchungsdatum",
                  "the day of posting, since there is no period"),
            Words(42, "date", "the day of posting, since there is no period"),
        ),
        "currency": (
            Words(100, "currency, currency code, iso currency, currency iso code"),
            Words(90, "transaction currency, entry currency, iso, iso code, currency id"),
            Words(85, "amount currency, local currency, document currency, lcurr, l curr, "
                      "wahrung, hauswahrung"),
        ),
        "posted_at": (
            Words(100, "posted date, posting date, date posted, posted, pstng date, buchungsdatum"),
            Words(85, "gl date, entry date, journal date, booked date"),
            Words(70, "created date, transaction date, document date"),
        ),
        "document_ref": (
            Words(100, "document reference, document number, document id"),
            Words(95, "belegnummer, belegnr, beleg"),
            Words(95, "invoice number, invoice id, invoice reference, source document"),
            Words(85, "reference, voucher number, voucher, document, invoice, reference number"),
            Words(70, "external reference, source reference, source document number"),
            Words(65, "number"),
        ),
    },
}  # fmt: skip

COMPLIANCE = (
    "performance obligation, performance obligation id, pob, pob id, obligation id, approved by, "
    "approver, approved date, approval date, approval status, reviewed by, reviewer, prepared by, "
    "preparer, posted by, entered by, created by, recognized method, recognized rule, "
    "recognized policy, accounting standard, accounting policy, ssp, standalone selling price, "
    "audit reference, control id, sox control, evidence, evidence reference"
)
# What tells a booked contract from a mere chance, or revenue from other postings of a ledger: a
# table with such a column may need one more condition.
FILTERS = {
    Side.ANALYTICS: "stage, stage name, status, contract status, deal status, opportunity stage, "
    "is won, won, is deleted, deleted, deleted date",
    Side.ACCOUNTING: "account, account number, account id, account code, gl account, "
    "gl account number, gl account code, ledger account, status, posting status, entry status, "
    "is posted, is deleted, deleted, deleted date",
}

TABLES: Mapping[Side, tuple[Words, ...]] = {
    Side.ANALYTICS: (
        Words(100, "deal, contract, contract line, deal line, sales contract, customer contract"),
        Words(90, "opportunity, booking, subscription, agreement, opportunity line, booking line"),
        Words(60, "sales order, order, order line, sale"),
    ),
    Side.ACCOUNTING: (
        Words(100, "revenue recognized, revenue recognized entry, revenue entry, revenue line"),
        Words(95, "recognized revenue, revenue recognized line, recognized entry, revenue posting"),
        Words(90, "gl entry, journal line, journal entry, journal entry line, gl line, je line"),
        Words(80, "general ledger, ledger entry, gl transaction, posting, gl detail, gl posting"),
        Words(70, "revenue, ledger, journal, entry, accounting entry, revenue recognized schedule"),
    ),
}
# Copies and leftovers of the table that is meant.
COPIES = frozenset(
    "log history hist archive archived backup bak old tmp temp test staging copy".split()
)
