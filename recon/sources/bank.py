"""Bank statements: camt.053 and MT940 as rows of a file.

A statement proves itself: its entries must lead from its opening balance to its closing one, and
recon stops where they do not. MT940 is taken apart by mt-940 and XML by defusedxml, which are an
extra. Of a camt entry that lists its transactions with amounts that add up to it, each is a row.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from recon.base.errors import SourceDataError, SourceUnreachable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

COLUMNS = ("reference", "date", "amount", "currency", "name", "text", "account")
_CAMT = re.compile(rb"<(?:\w+:)?(?:BkToCstmrStmt|BkToCstmrAcctRpt|BkToCstmrDbtCdtNtfctn)\b")
_MT940 = re.compile(rb"(?:^|\n|\{4:\s*\r?\n?):20:[^\r\n]*\r?\n(?s:.{0,2000}?)\n:25:")
# So much of a file shows what it is.
_START = 8_192
# The reversal of a credit takes money off, as a debit does.
_TAKES_OFF = {"D", "RC", "ED", "RED"}
_NONE = {"", "NONREF", "NOTPROVIDED"}


class Entry(NamedTuple):
    """A row of a statement; a debit is below 0."""

    reference: str
    date: str
    amount: Decimal
    currency: str
    name: str
    text: str
    account: str


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement with its balances, None where it has none."""

    account: str
    entries: Sequence[Entry]
    opening: Decimal | None
    closing: Decimal | None


def is_statement(path: Path) -> bool:
    """Whether a file is a bank statement that recon reads.

    Raises SourceUnreachable where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(_START)
    except OSError as error:
        raise SourceUnreachable(f"{path} cannot be read ({error.strerror}).") from error
    return bool(_CAMT.search(start) or _MT940.search(start))


def as_csv(path: Path, copy: Path) -> list[str]:
    """Write a statement's entries as CSV; return its notices.

    Raises SourceDataError where it cannot be read, or its balances do not agree.
    """
    content = path.read_bytes()
    camt = bool(_CAMT.search(content[:_START]))
    statements = list(_camt(path, content) if camt else _mt940(path, content))
    for each in statements:
        _tie(path, each)
    entries = [entry for each in statements for entry in each.entries]
    with copy.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(entries)
    accounts = ", ".join(dict.fromkeys(each.account for each in statements if each.account))
    told = [f"{path.name}: {'camt' if camt else 'MT940'}, account {accounts or 'unknown'}."]
    if any(each.opening is None or each.closing is None for each in statements):
        told.append(f"{path.name} has no balances that prove its entries complete.")
    return told


def _tie(path: Path, each: _Statement) -> None:
    """Raise SourceDataError where balances do not agree."""
    if each.opening is None or each.closing is None:
        return
    off = each.closing - each.opening - sum(entry.amount for entry in each.entries)
    if off:
        raise SourceDataError(
            f"{path}: the entries of the statement of {each.account or 'the account'} do not lead "
            f"from its opening balance {each.opening:,} to its closing balance {each.closing:,}: "
            f"{off:,} is missing. Ask the bank for the whole statement."
        )


def _mt940(path: Path, content: bytes) -> Iterator[_Statement]:
    try:
        import mt940
    except ImportError:
        _not_installed(path, "MT940")
    text = _text(content)
    for part in re.split(r"(?m)^(?=:20:)", text.replace("\r\n", "\n"))[1:]:
        try:
            found = mt940.parse(part)
        except Exception as error:  # whatever the library makes of a damaged file
            raise SourceDataError(f"{path} is no MT940 that can be read: {error}.") from error
        data = found.data
        account = str(data.get("account_identification", "") or "")
        entries = [_of_mt940(each.data, account) for each in found if "amount" in each.data]
        if len(entries) != (lines := len(re.findall(r"(?m)^:61:", part))):
            raise SourceDataError(
                f"{path}: of the {lines} entries of the statement of {account} only {len(entries)} "
                "can be read. Ask the bank for the statement again."
            )
        balances = (data.get(f"final_{which}_balance") for which in ("opening", "closing"))
        opening, closing = (each.amount.amount if each else None for each in balances)
        yield _Statement(account, entries, opening, closing)


def _of_mt940(data: dict[str, Any], account: str) -> Entry:
    amount = abs(data["amount"].amount)
    purpose = " ".join(
        str(data[key]) for key in ("purpose", "additional_purpose", "transaction_details",
                                   "extra_details") if data.get(key)
    )  # fmt: skip
    reference = str(data.get("customer_reference") or "")
    return Entry(
        "" if reference in _NONE else reference,
        str(data.get("entry_date") or data["date"]),
        -amount if data.get("status") in _TAKES_OFF else amount,
        str(data.get("currency") or data["amount"].currency),
        str(data.get("applicant_name") or ""),
        " ".join(purpose.split()),
        account,
    )


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _camt(path: Path, content: bytes) -> Iterator[_Statement]:
    try:
        from defusedxml.ElementTree import fromstring
    except ImportError:
        _not_installed(path, "camt")
    try:
        root = fromstring(content)
        for each in root.iter():
            # Banks use versions, each a namespace of its own, whose names are the same.
            each.tag = each.tag.rpartition("}")[2]
        statements = [s for tag in ("Stmt", "Rpt", "Ntfctn") for s in root.iter(tag)]
        yield from map(_of_statement, statements)
    except (SyntaxError, ValueError, InvalidOperation, ArithmeticError, AttributeError) as error:
        raise SourceDataError(f"{path} is no camt that can be read: {error}.") from error


def _of_statement(statement: Element) -> _Statement:
    account = _first(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
    balances = {
        _first(each, "Tp/CdOrPrtry/Cd"): _signed(each, each) for each in statement.findall("Bal")
    }
    opening = balances.get("OPBD", balances.get("PRCD"))
    entries = [
        row
        for entry in statement.findall("Ntry")
        if _first(entry, "Sts/Cd", "Sts") in ("BOOK", "")
        for row in _of_entry(entry, account)
    ]
    return _Statement(account, entries, opening, balances.get("CLBD"))


def _of_entry(entry: Element, account: str) -> Iterator[Entry]:
    """Yield an entry, or its transactions if they add up."""
    whole = _signed(entry, entry)
    parts = entry.findall("NtryDtls/TxDtls")
    amounts = [_amount_of(part) for part in parts]
    sign = -1 if whole < 0 else 1
    known = [abs(amount) for amount in amounts if amount is not None]
    if len(parts) > 1 and len(known) == len(parts) and sign * sum(known) == whole:
        for part, amount in zip(parts, known, strict=True):
            yield _row(entry, part, sign * amount, account)
    else:
        yield _row(entry, parts[0] if len(parts) == 1 else entry, whole, account)


def _amount_of(part: Element) -> Decimal | None:
    found = part.find("AmtDtls/TxAmt/Amt")
    found = part.find("Amt") if found is None else found
    return None if found is None or not found.text else Decimal(found.text.strip())


def _signed(holder: Element, entry: Element) -> Decimal:
    """An amount with the sign of its entry.

    `RvslInd` says that an entry takes back another one; the sign is its own all the same.
    """
    amount = Decimal(_first(holder, "Amt"))
    return -amount if _first(entry, "CdtDbtInd") == "DBIT" else amount


def _row(entry: Element, part: Element, amount: Decimal, account: str) -> Entry:
    # Who pays is the debtor of a credit, and the creditor of a debit.
    party = "Dbtr" if amount > 0 else "Cdtr"
    reference = _first(
        part, "RmtInf/Strd/RfrdDocInf/Nb", "RmtInf/Strd/CdtrRefInf/Ref", "Refs/EndToEndId"
    )
    currency = entry.find("Amt")
    return Entry(
        "" if reference in _NONE else reference,
        _first(entry, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")[:10],
        amount,
        "" if currency is None else currency.get("Ccy", ""),
        _first(part, f"RltdPties/{party}/Nm", f"RltdPties/{party}/Pty/Nm"),
        " ".join(each.text.strip() for each in part.findall("RmtInf/Ustrd") if each.text)
        or _first(entry, "AddtlNtryInf"),
        account,
    )


def _first(element: Element, *paths: str) -> str:
    """The first text at some paths."""
    texts: Iterable[str] = ((element.findtext(path) or "").strip() for path in paths)
    return next(filter(None, texts), "")


def _not_installed(path: Path, what: str) -> NoReturn:
    raise SourceUnreachable(
        f"{path} is a bank statement ({what}); install what reads it: "
        'python -m pip install "recon[bank]"'
    ) from None
