"""The proposal: which table is meant and which of its columns are ours, by names and types."""

from __future__ import annotations

import pytest

from recon.base.result import Side
from recon.setup.init.names import snake, words_of
from recon.setup.init.proposal import Proposal, propose, ranked, ties
from recon.setup.init.schema import Family, Table, family, tables
from recon.sources.database import POSTGRESQL, SQL_SERVER

BOOKED, POSTED = Side.ANALYTICS, Side.ACCOUNTING
# A type that fits each column of ours.
TYPES = {
    "contract_id": "nvarchar", "revenue_type": "nvarchar", "contract_value": "decimal",
    "duration_months": "int", "booking_date": "date", "close_date": "date", "start_date": "date",
    "currency": "nchar", "customer_id": "int", "customer": "nvarchar", "segment": "nvarchar",
    "owner": "nvarchar", "terminated_on": "datetime2", "entry_id": "bigint", "amount": "money",
    "recognition_period": "date", "posted_at": "datetime", "document_ref": "nvarchar",
}  # fmt: skip


def table(columns: str, name: str = "Deals") -> Table:
    """Return a table of SQL Server; its columns are written as `name type, name type`."""
    rows = [("dbo", name, *column.strip().rsplit(" ", 1)) for column in columns.split(",")]
    (found,) = tables(rows, SQL_SERVER)
    return found


def mapped(proposal: Proposal) -> dict[str, str]:
    """Return the columns of theirs by ours, where there are any."""
    return {match.ours: match.column.name for match in proposal.matches if match.column}


def notes(proposal: Proposal, ours: str) -> str:
    """Return what a proposal says of a column."""
    (found,) = (match for match in proposal.matches if match.ours == ours)
    return "; ".join(found.notes)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("DealID", "deal id"), ("deal_id", "deal id"), ("Deal Id", "deal id"),
        ("TCV", "tcv"), ("GLEntries", "gl entries"), ("Contract_Value__c", "contract value c"),
        ("amount2", "amount 2"), ("Währung", "wahrung"), ("...", ""),
    ],
)  # fmt: skip
def test_words(name: str, words: str) -> None:
    """A name's words are the same however it is written."""
    assert " ".join(words_of(name)) == words


def test_snake() -> None:
    """What recon calls a column of theirs; a name without Latin letters is still a name."""
    assert snake("PerformanceObligation") == snake("Performance obligation")
    assert snake("ApprovedBy") == "approved_by"
    assert snake("承認") == "column"


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("nvarchar", Family.TEXT), ("character varying", Family.TEXT), ("uuid", Family.TEXT),
        ("bigint", Family.INTEGER), ("money", Family.DECIMAL), ("double precision", Family.FLOAT),
        ("timestamp without time zone", Family.DATE), ("datetimeoffset", Family.DATE),
        ("bit", Family.OTHER), ("varbinary", Family.OTHER), ("", Family.OTHER),
    ],
)  # fmt: skip
def test_families(kind: str, found: Family) -> None:
    """What a type can hold, by the words of either server."""
    assert family(kind, POSTGRESQL) is found


def test_a_timestamp_of_sql_server_is_no_moment() -> None:
    """It is a row's version."""
    assert family("timestamp", SQL_SERVER) is Family.OTHER
    assert family("timestamp", POSTGRESQL) is Family.DATE


NAMES = [
    (BOOKED, "contract_id", "DealID deal_id ContractNo ContractNumber OpportunityId fk_deal_id"),
    (BOOKED, "revenue_type", "RevenueType ProductType Category rev_type"),
    (BOOKED, "contract_value", "TCV TotalContractValue ContractAmount Value contract_val Amount "
                               "TCV_USD Total_Contract_Value__c"),
    (BOOKED, "duration_months", "TermMonths DurationMonths Term term_in_months contract_term"),
    (BOOKED, "booking_date", "SignedDate BookedOn BookingDate booked_at date_signed ContractDate"),
    (BOOKED, "close_date", "EndDate ContractEndDate ContractEnd RecognitionEnd ValidTo CloseDate"),
    (BOOKED, "start_date", "StartDate contract_start EffectiveDate ValidFrom"),
    (BOOKED, "currency", "Currency CurrencyCode ISO CurrencyISOCode deal_currency ccy"),
    (BOOKED, "customer_id", "CustomerID AccountId cust_no ClientId"),
    (BOOKED, "customer", "CustomerName AccountName Customer"),
    (BOOKED, "segment", "Segment MarketSegment"),
    (BOOKED, "owner", "Owner SalesRep sales_rep AccountExecutive DealOwner"),
    (BOOKED, "terminated_on", "TerminatedOn CancelledAt ChurnDate canceled_on termination_date"),
    (POSTED, "entry_id", "EntryID JournalEntryID LineID entry_no GLEntryNo ID"),
    (POSTED, "contract_id", "DealID ContractNo contract_ref OpportunityId"),
    (POSTED, "revenue_type", "RevenueType ProductType Category"),
    (POSTED, "amount", "Amount RecognizedAmount RevenueAmount recognised_amount amt entry_amount"),
    (POSTED, "recognition_period", "RecognitionPeriod Period FiscalPeriod PostingPeriod "
                                   "RecognitionDate revenue_month"),
    (POSTED, "posted_at", "PostedAt PostingDate posted_on GLDate"),
    (POSTED, "document_ref", "DocumentRef DocumentNo InvoiceNo doc_no InvoiceNumber"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("side", "ours", "name"),
    [(side, ours, name) for side, ours, listed in NAMES for name in listed.split()],
)
def test_names(side: Side, ours: str, name: str) -> None:
    """What each of our columns is called out there."""
    # A start or a posting date would stand in for a needed column that lacks.
    besides = {"posted_at": ", Period date", "start_date": ", BookedOn date"}.get(ours, "")
    found = mapped(propose(side, table(f"{name} {TYPES[ours]}{besides}")))
    assert found.pop(ours) == name
    assert len(found) == bool(besides)


@pytest.mark.parametrize(
    "column",
    ["ACV money", "TaxAmount money", "Value date", "DurationDays int", "Term nvarchar",
     "ClosedFlag bit", "CreatedDate date", "DiscountValue money", "IsActive bit", "Notes text"],
)  # fmt: skip
def test_what_is_none_of_ours(column: str) -> None:
    """A column of another meaning, or of a type that cannot be, is not proposed."""
    assert mapped(propose(BOOKED, table(column))) == {}


DEALS = (
    "DealID int, Type nvarchar, ProductType nvarchar, TCV money, ACV money, TermMonths int, "
    "SignedDate date, CloseDate date, EndDate date, StartDate date, CurrencyCode nchar, "
    "AccountId int, CustomerName nvarchar"
)
ENTRIES = (
    "EntryID int, DealID int, RevenueType nvarchar, Amount money, Period int, PostingDate date, "
    "PerformanceObligation nvarchar, ApprovedBy nvarchar, GLAccount nvarchar"
)


def test_a_whole_table() -> None:
    """Each column goes to the one of ours that it fits best."""
    assert mapped(propose(BOOKED, table(DEALS))) == {
        "contract_id": "DealID", "revenue_type": "ProductType", "contract_value": "TCV",
        "duration_months": "TermMonths", "booking_date": "SignedDate", "close_date": "EndDate",
        "start_date": "StartDate", "currency": "CurrencyCode", "customer_id": "AccountId",
        "customer": "CustomerName",
    }  # fmt: skip


def test_the_entries() -> None:
    """Compliance columns are found, and a ledger with accounts gets a note."""
    found = propose(POSTED, table(ENTRIES))
    assert mapped(found) == {
        "entry_id": "EntryID", "contract_id": "DealID", "revenue_type": "RevenueType",
        "amount": "Amount", "recognition_period": "Period", "posted_at": "PostingDate",
    }  # fmt: skip
    assert [column.name for column in found.compliance] == ["PerformanceObligation", "ApprovedBy"]
    assert found.missing == []


def test_what_may_have_to_be_left_out_is_told() -> None:
    """A CRM holds chances too, and a ledger other accounts; both may hold deleted rows."""
    deals = propose(BOOKED, table(DEALS + ", StageName nvarchar, IsDeleted bit"))
    assert deals.notes == (
        "if it contains more than booked contracts, add a condition on StageName or IsDeleted",
    )
    assert "recognized revenue, add a condition on GLAccount" in propose(
        POSTED, table(ENTRIES)
    ).notes[0]  # fmt: skip
    assert propose(BOOKED, table(DEALS)).notes == ()


@pytest.mark.parametrize(
    ("kind", "noted"), [("datetimeoffset", True), ("datetime2", False), ("date", False)]
)
def test_a_period_with_an_offset(kind: str, noted: bool) -> None:
    """Which month a moment is in may depend on the time zone."""
    found = propose(POSTED, table(f"Period {kind}"))
    assert ("time_zone" in notes(found, "recognition_period")) == noted


def test_a_crm_close_date_is_not_the_end() -> None:
    """With an end it is when the deal was won; alone it is proposed with a warning."""
    both = propose(BOOKED, table("CloseDate date, EndDate date"))
    assert mapped(both) == {"close_date": "EndDate", "booking_date": "CloseDate"}
    assert notes(both, "booking_date") == "the day the deal was won"
    alone = propose(BOOKED, table("CloseDate date, BookingDate date"))
    assert mapped(alone) == {"close_date": "CloseDate", "booking_date": "BookingDate"}
    assert "a CRM's close date" in notes(alone, "close_date")
    assert "booking_date" in propose(BOOKED, table("CloseDate date")).missing


def test_without_a_booking_date_the_start_stands_in() -> None:
    """It says so, and the start is not used twice."""
    found = propose(BOOKED, table("StartDate date, EndDate date"))
    assert mapped(found) == {"booking_date": "StartDate", "close_date": "EndDate"}
    assert notes(found, "booking_date") == "the start; there is no booking date"


def test_without_a_period_the_posting_date_is_one() -> None:
    """What is needed goes before what is not; with a period the posting date stays itself."""
    alone = propose(POSTED, table("PostingDate date"))
    assert mapped(alone) == {"recognition_period": "PostingDate"}
    assert "the day of posting" in notes(alone, "recognition_period")
    both = propose(POSTED, table("PostingDate date, Period int"))
    assert mapped(both) == {"recognition_period": "Period", "posted_at": "PostingDate"}


def test_what_lacks_is_told() -> None:
    """A needed column without a candidate has none: nothing is guessed."""
    found = propose(BOOKED, table("DealID int, X money, Y int"))
    assert found.missing == [
        "revenue_type", "contract_value", "duration_months", "booking_date", "close_date",
    ]  # fmt: skip
    assert found.column("contract_value") is None


def test_ties_are_told() -> None:
    """The first of two that fit alike is proposed, the other one named."""
    found = propose(BOOKED, table("ContractAmount money, DealValue money"))
    assert mapped(found) == {"contract_value": "ContractAmount"}
    assert notes(found, "contract_value") == "DealValue would also fit"


def test_of_two_ids_the_entries_decide() -> None:
    """The contracts' id is the one that the entries refer to, by its name or by the table's."""
    two = table("DealID int, ContractNo nvarchar")
    references = table("Contract No nvarchar, deal_id int").columns
    assert mapped(propose(BOOKED, two, references[0]))["contract_id"] == "ContractNo"
    assert mapped(propose(BOOKED, two, references[1]))["contract_id"] == "DealID"
    own = table("Id int, DealNumber nvarchar")
    assert mapped(propose(BOOKED, own, references[1]))["contract_id"] == "Id"
    assert mapped(propose(BOOKED, own))["contract_id"] == "DealNumber"


def test_types_that_fit_less_are_told() -> None:
    """Floats are rounded; a date in text has to be written so that recon reads it."""
    found = propose(BOOKED, table("TCV float, EndDate nvarchar, BookingDate int"))
    assert "rounded to 0.0001" in notes(found, "contract_value")
    assert "2024-06-30 or 20240630" in notes(found, "close_date")
    (end,) = (match for match in found.matches if match.ours == "close_date")
    assert (end.sure, end.why) == ("perhaps", "its name; its type fits less well")


def test_how_sure() -> None:
    """Three words, and none where there is nothing."""
    found = propose(BOOKED, table("TCV money, Term int, Category nvarchar, X int"))
    sure = {match.ours: match.sure for match in found.matches}
    assert sure["contract_value"] == "sure"
    assert sure["duration_months"] == "likely"
    assert sure["revenue_type"] == "perhaps"
    assert sure["close_date"] == ""


def test_the_user_changes_a_column() -> None:
    """What is chosen is taken, with what its type means; another one can be left out."""
    deals = table("TCV money, Note nvarchar, Owner nvarchar")
    found = propose(BOOKED, deals).changed("close_date", deals.column("note"))
    assert mapped(found)["close_date"] == "Note"
    assert "2024-06-30" in notes(found, "close_date")
    assert "owner" not in mapped(found.changed("owner", None))
    wrong = found.changed("contract_value", deals.column("Note"))
    assert notes(wrong, "contract_value") == "nvarchar is not a suitable type"


def test_a_column_is_found_whatever_its_case() -> None:
    """Unless two differ by nothing else."""
    two = table("Amount money, AMOUNT money, Value money")
    assert two.column("amount") is None
    assert two.column("AMOUNT") is two.columns[1]
    assert two.column(" value ") is two.columns[2]


@pytest.mark.parametrize("name", ["Deals", "dim_deal", "crm_opportunities", "Bookings", "CONTRACT"])
def test_contract_tables(name: str) -> None:
    """The contracts go before the entries, whatever they are called."""
    contracts, entries = table(DEALS, name), table(ENTRIES, "RevRec")
    assert ranked(BOOKED, [entries, contracts])[0][1] is contracts
    assert ranked(POSTED, [contracts, entries])[0][1] is entries


@pytest.mark.parametrize(
    "name",
    ["RevenueRecognition", "Revenue Recognition", "RevRec", "GLEntries", "JournalLines",
     "fact_revenue_entries", "gl_transactions", "journal_entry_lines"],
)  # fmt: skip
def test_entry_tables(name: str) -> None:
    """The entries go before everything else, whatever they are called."""
    others = [table(DEALS), table("AccountId int, Name nvarchar", "Accounts")]
    entries = table(ENTRIES, name)
    assert [found for _, found in ranked(POSTED, [*others, entries])] == [entries]


def test_copies_come_last() -> None:
    """An archive is not what is meant, even where it has a column more."""
    deals, archive = table(DEALS.replace("TermMonths", "N")), table(DEALS, "Deals_Archive")
    assert ranked(BOOKED, [archive, deals])[0][1] is deals


def test_tables_that_fit_alike_are_told() -> None:
    """The first by name is proposed."""
    found = ranked(BOOKED, [table(DEALS, "Deals"), table(DEALS, "Contracts")])
    assert str(found[0][1]) == "dbo.Contracts"
    assert list(map(str, ties(found))) == ["dbo.Deals"]


def test_no_table_is_proposed_that_is_none() -> None:
    """Tables of something else stay out."""
    assert ranked(BOOKED, [table("AccountId int, Name nvarchar", "Accounts")]) == []
