"""Bank statements: camt.053 and MT940 become rows, and prove themselves."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from recon.base.errors import SourceDataError
from recon.sources import bank
from tests.shell import in_process

MT940 = """{1:F01BANKDEFFXXXX0000000000}{2:I940BANKDEFFXXXXN}{4:
:20:STARTUMS
:25:10020030/1234567
:28C:00012/001
:60F:C240531EUR1000,00
:61:2406030603C119,00NTRFR-1001//B1
:86:166?00GUTSCHRIFT?20Rechnung R-1001?32Muster GmbH
:61:2406040604D50,50NTRFNONREF
:86:?20Miete Juni
:61:2406050605RC19,00NMSCR-1002
:86:Storno
:62F:C240605EUR1049,50
-}
:20:STARTUMS
:25:10020030/1234567
:60F:C240605EUR1049,50
:61:2406060606C0,50NTRFR-1003
:62F:C240606EUR1050,00
-
"""
CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>DE02100100100006820101</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">10.00</Amt>
<CdtDbtInd>DBIT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">170.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Ntry><Amt Ccy="EUR">200.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2024-06-03</Dt></BookgDt><NtryDtls>
<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy="EUR">119.00</Amt>
<RltdPties><Dbtr><Pty><Nm>Muster &amp; Co</Nm></Pty></Dbtr></RltdPties>
<RmtInf><Strd><CdtrRefInf><Ref>R-1001</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>
<TxDtls><Refs><EndToEndId>R-1002</EndToEndId></Refs><Amt Ccy="EUR">81.00</Amt></TxDtls>
</NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">20.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><DtTm>2024-06-04T08:00:00</DtTm></BookgDt><AddtlNtryInf>Fee</AddtlNtryInf></Ntry>
<Ntry><Amt Ccy="EUR">99.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""
LEDGER = """document_ref,posted_on,amount,currency
R-1001,2024-06-03,119.00,EUR
R-1002,2024-06-05,81.00,EUR
,2024-06-04,-20.00,EUR
"""


def _rows(tmp_path: Path, content: str, name: str) -> list[list[str]]:
    path, copy = tmp_path / name, tmp_path / "copy.csv"
    path.write_text(content, "utf-8")
    assert bank.is_statement(path)
    bank.as_csv(path, copy)
    with copy.open(encoding="utf-8", newline="") as file:
        return [row[:4] for row in csv.reader(file)][1:]


def test_mt940_has_signs_references_and_every_statement(tmp_path: Path) -> None:
    """A debit and the reversal of a credit take off; NONREF is no reference."""
    assert _rows(tmp_path, MT940, "june.sta") == [
        ["R-1001", "2024-06-03", "119.00", "EUR"],
        ["", "2024-06-04", "-50.50", "EUR"],
        ["R-1002", "2024-06-05", "-19.00", "EUR"],
        ["R-1003", "2024-06-06", "0.50", "EUR"],
    ]


def test_camt_has_the_transactions_that_add_up_and_no_pending_ones(tmp_path: Path) -> None:
    """A collective entry is its transactions; the balances prove that all are there."""
    assert _rows(tmp_path, CAMT, "june.xml") == [
        ["R-1001", "2024-06-03", "119.00", "EUR"],
        ["R-1002", "2024-06-03", "81.00", "EUR"],
        ["", "2024-06-04", "-20.00", "EUR"],
    ]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (MT940.replace("C119,00", "C118,00"), "a.sta", "1.00 is missing"),
        (MT940.replace("C119,00N", "C1x9,00N"), "a.sta", "of the 3 entries"),
        (CAMT.replace(">200.00<", ">201.00<"), "a.xml", "-1.00 is missing"),
        (CAMT.replace("</Stmt>", ""), "a.xml", "is no camt that can be read"),
        (CAMT.replace(">20.00<", ">twenty<"), "a.xml", "is no camt that can be read"),
        (
            CAMT.replace("<Document", '<!DOCTYPE d [<!ENTITY a "b">]><Document', 1),
            "a.xml",
            "is no camt that can be read",
        ),
    ],
)
def test_a_statement_that_does_not_prove_itself_is_refused(
    tmp_path: Path, content: str, name: str, said: str
) -> None:
    """Balances, the number of entries, XML that is cut off or defines entities."""
    with pytest.raises(SourceDataError, match=said):
        _rows(tmp_path, content, name)


def test_a_statement_is_matched_with_a_ledger(tmp_path: Path) -> None:
    """`recon match bank.xml ledger.csv`; what is open is named by its entry."""
    (tmp_path / "bank.xml").write_text(CAMT, "utf-8")
    (tmp_path / "ledger.csv").write_text(LEDGER.replace("R-1002,", "R-1009,"), "utf-8")
    done = in_process("match", "bank.xml", "ledger.csv", "--window", "0d", "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert done.returncode == 3
    assert [each["place"] for each in found["open"]] == ["bank.xml, entry 2", "ledger.csv, line 3"]
    (tmp_path / "ledger.csv").write_text(LEDGER, "utf-8")
    done = in_process("match", "bank.xml", "ledger.csv", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
