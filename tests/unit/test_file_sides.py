"""Shapes of exports: which column is which, by names and by values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from recon.base.result import Side
from recon.setup.init.file_groups import groups, sides
from recon.setup.init.file_side import FileSide
from recon.setup.init.file_sides import understood
from recon.setup.init.file_written import currency_of


@dataclass(frozen=True)
class Shape:
    """A header and a row of each side, and what is found; `#` counts the rows."""

    contracts: tuple[str, str]
    entries: tuple[str, str]
    columns: Mapping[str, str]
    currency: str | None
    settings: Mapping[str, object] = field(default_factory=dict)


SHAPES = {
    "names of Salesforce's API, ids of 18 characters": Shape(
        ("Id,Name,StageName,Amount,CloseDate,Contract_Start_Date__c,Contract_End_Date__c,"
         "Contract_Term__c,Product_Family__c,CurrencyIsoCode",
         "006Dn000001abc#AAQ,Deal,Closed Won,1200.0,2024-05-2#T00:00:00.000Z,2024-06-01,2025-05-31,"
         "12.0,Subscription,USD"),
        ("Entry ID,Opportunity ID,Account,Amount,Period",
         "JE#,006Dn000001abc#AAQ,Subscription Revenue,100.00,Jun-24"),
        {"booking_date": "CloseDate", "start_date": "Contract_Start_Date__c",
         "duration_months": "Contract_Term__c", "revenue_type": "Account", "entry_id": "Entry ID"},
        "USD",
    ),
    "balance transactions of Stripe": Shape(
        ("Subscription ID,Plan,Total value,Start (UTC),Term months,Currency",
         "sub_#A,Support plan,1200.00,2024-06-01 00:00,12,usd"),
        ("balance_transaction_id,created_utc,reporting_category,gross,fee,net,currency,description,"
         "subscription_id (metadata)",
         "txn_#,2024-06-0# 10:11:12,charge,100.00,3.20,96.80,usd,Subscription update,sub_#A"),
        {"amount": "gross", "recognition_period": "created_utc",
         "contract_id": "subscription_id (metadata)"},
        "USD", {"fixed": {"revenue_type": "Support"}},
    ),
    "debit and credit with their currency": Shape(
        ("Contract No.,Client,Service,Contract Sum,Months,Order date,Start,End",
         "CN-#,Client,Support,1200.00,12,01/05/2024,01/06/2024,31/05/2025"),
        ("Date,Source,Description,Reference,Debit (GBP),Credit (GBP),Account",
         "30/06/2024,Manual Journal,Rev,CN-#,,100.00,Support revenue"),
        {"debit": "Debit (GBP)", "credit": "Credit (GBP)", "contract_id": "Reference"},
        "GBP", {"dates": "dmy"},
    ),
    "entries of Business Central": Shape(
        ("No.,Customer Name,Type,Amount (LCY),Duration,Signed,Starting Date,Ending Date",
         'S-00#,Kunde,Maintenance,"1.200,00",12,15.05.2024,01.06.2024,31.05.2025'),
        ("Posting Date,Document Type,Document No.,G/L Account No.,G/L Account Name,Description,"
         "External Document No.,Amount,Entry No.",
         '30.06.2024,,GL-#,8400,Maintenance revenue,June,S-00#,"-100,00",100#'),
        {"contract_id": "External Document No.", "entry_id": "Entry No.",
         "revenue_type": "G/L Account Name"},
        None, {"decimal": ",", "invert": True},
    ),
    "debit and credit of NetSuite": Shape(
        ("Contract ID,Item,Total Contract Value,Term in Months,Booked Date,End Date",
         "100#,Implementation,$1200.00,12,6/1/2024,5/31/2025"),
        ("Internal ID,Type,Date,Period,Document Number,Account,Amount (Debit),Amount (Credit),"
         "Contract ID",
         '88#,Journal,6/30/2024,Jun 2024,JE#,4030 Implementation Revenue,,"$100.00",100#'),
        {"debit": "Amount (Debit)", "recognition_period": "Period", "contract_id": "Contract ID"},
        "USD",
    ),
    "a German SAP": Shape(
        ("Vertrag,Kunde,Erlösart,Vertragswert,Laufzeit (Monate),Auftragsdatum,Beginn,Ende",
         '4000#,Müller,Wartung,"1.200,00",12,15.05.2024,01.06.2024,31.05.2025'),
        ("Belegnummer,Buchungsdatum,Zuordnung,Betrag in Hauswährung,Währung,Text",
         '10#,30.06.2024,4000#,"100,00-",EUR,Wartung'),
        {"amount": "Betrag in Hauswährung", "contract_id": "Zuordnung", "currency": "Währung",
         "document_ref": "Belegnummer"},
        "EUR", {"decimal": ",", "invert": True},
    ),
    "amounts in cents by their name": Shape(
        ("subscription_id,plan_name,contract_term_start,contract_term_end,total_contract_value,"
         "contract_term_months",
         "cb#x,Gold subscription,2024-06-01,2025-05-31,1200,12"),
        ("id,date,subscription_id,amount_in_cents,description",
         "e#,2024-06-30,cb#x,10000,Gold subscription"),
        {"amount": "amount_in_cents", "entry_id": "id"},
        None, {"unit": "0.01"},
    ),
    "a desktop ledger": Shape(
        ("Deal Number,Company,Deal Value,Contract Length (months),Signed Date,Effective Date,Kind",
         "D#,Co,1200,12,2024-05-02,2024-06-01,SaaS"),
        ("Type,Date,Num,Name,Memo,Class,Clr,Split,Debit,Credit,Balance",
         "General Journal,06/30/2024,J1,Co,D#,,,Deferred,,100.00,#00.00"),
        {"contract_id": "Memo", "credit": "Credit", "document_ref": "Num"},
        None, {"dates": "mdy", "fixed": {"entry_id": "", "revenue_type": "Subscription"}},
    ),
}  # fmt: skip


def found(folder: Path, shape: Shape) -> dict[Side, FileSide]:
    """The two sides of a shape, from five rows each."""
    for name, (header, row) in (("a.csv", shape.contracts), ("b.csv", shape.entries)):
        rows = [row.replace("#", str(number)) for number in range(1, 6)]
        (folder / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    chosen, _, clear = sides(groups([str(folder / "b.csv"), str(folder / "a.csv")], []), [])
    assert clear
    assert chosen[Side.ANALYTICS].path.name == "a.csv"
    return understood(chosen)


@pytest.mark.parametrize("kind", SHAPES)
def test_a_shape_is_understood(tmp_path: Path, kind: str) -> None:
    """The columns that matter, how they are written, and the currency."""
    shape = SHAPES[kind]
    both = found(tmp_path, shape)
    entries = both[Side.ACCOUNTING]
    columns = {**both[Side.ANALYTICS].columns, **entries.columns}
    assert {ours: columns.get(ours) for ours in shape.columns} == shape.columns
    assert {key: getattr(entries, key) for key in shape.settings} == shape.settings
    assert currency_of(both)[0] == shape.currency


def test_an_indicator_of_debits_is_a_doubt(tmp_path: Path) -> None:
    """Amounts whose sign stands in another column are not read with it."""
    contracts = SHAPES["a desktop ledger"].contracts
    header, row = "Voucher,Deal Number,Kind,Amount,Date,D/C", "V#,D#,SaaS,100.00,2024-06-30,C"
    (tmp_path / "a.csv").write_text(
        "\n".join([contracts[0], *(contracts[1].replace("#", str(n)) for n in range(1, 6))]),
        encoding="utf-8",
    )
    rows = [row.replace("#", str(number)) for number in range(1, 6)]
    rows[4] = rows[4].replace(",C", ",D")
    (tmp_path / "b.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    chosen, _, _ = sides(groups([str(tmp_path / name) for name in ("a.csv", "b.csv")], []), [])
    told = [doubt.sentence for doubt in understood(chosen)[Side.ACCOUNTING].doubts]
    assert any("'D/C' says which amounts are debits" in sentence for sentence in told), told
