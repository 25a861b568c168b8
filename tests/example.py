"""A small month, made by hand: every kind of line that a report has to show, and it adds up.

Two currencies; matched, inactive and within-tolerance lines; breaks of nine causes and all
severities, one of them ambiguous; a customer that would be a formula; an id with leading zeros;
an invalid row on each side; and in USD a net difference of one cent over a gross one of 11,000.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from recon.base import money
from recon.base.events import Severity
from recon.base.month import Month
from recon.base.policy import KINDS, Policy
from recon.base.result import (
    Break,
    Bucket,
    Cause,
    CurrencyPart,
    Entry,
    Flag,
    InvalidRow,
    Reconciliation,
    Side,
    SourceFacts,
    Status,
    Totals,
    fingerprint,
)
from recon.store.session import open_session

if TYPE_CHECKING:
    import pandas as pd

MONTH = Month.parse("2024-06")
RUN_ID = "2024-06_20240703T071500Z_3f9a"
COLUMNS = (
    "contract_id",
    "revenue_type",
    "kind",
    "currency",
    "customer",
    "segment",
    "owner",
    "status",
    "cause",
    "severity",
    "expected",
    "recognized",
    "difference",
    "allowed",
    "to_date_expected",
    "to_date_recognized",
    "unrecognized_remainder",
    "entries",
    "flags",
)
HOSTILE = '=HYPERLINK("x")'

# contract, type, currency, customer, segment, owner, status, cause, severity,
# expected, entries, allowed, to date expected, to date recognized, remainder, flags
TABLE = f"""
C-1001|Subscription|USD|Acme Corporation|Enterprise|Dana Field|matched|||10000.00|6000.00 4000.00|100.00|60000.00|60000.00|0|
C-1001|Support|USD|Acme Corporation|Enterprise|Dana Field|matched|||1000.00|1000.00|10.00|6000.00|5800.00|0|carried_difference
C-1002|Subscription|USD|Müller & Söhne GmbH|Mid-Market|Iris Kane|within_tolerance|||83.33|83.34|0.83|499.98|499.99|166.66|term_mismatch, closed_early
C-1003|Subscription|USD|"O'Neil, Ltd."|SMB|Iris Kane|over_recognized|duplicate_entry|critical|1000.00|1000.00 1000.00|10.00|6000.00|7000.00|0|
00042|Subscription|USD|{HOSTILE}|SMB|Dana Field|not_recognized|not_posted|critical|2500.00||25.00|15000.00|12500.00|0|
C-1005|Support|USD|Globex|Enterprise|Dana Field|under_recognized|sign_flipped|critical|1500.00|-1500.00|15.00|9000.00|6000.00|0|spelling
C-1006|Consulting|USD|Initech|Mid-Market|Iris Kane|not_expected|ended|high|0|500.00|0.01|6000.00|6500.00|0|over_contract_value
C-9999|Subscription|USD||||not_expected|unknown_contract|critical|0|1200.00|0.01|0|1200.00|0|
C-1007|Subscription|USD|Umbrella|Mid-Market|Iris Kane|over_recognized|unexplained|warning|10000.00|10400.00|100.00|60000.00|60400.00|0|second_month
C-1008|Subscription|USD|Stark & Partner|Enterprise|Dana Field|over_recognized|wrong_duration|high|26400.00|28800.00|264.00|158400.00|160800.00|0|
C-1009|Setup|USD|Globex|Enterprise|Dana Field|matched|||0||0.01|4000.00|4000.00|0|
C-2001|Subscription|JPY|東京商事|Enterprise|Ken Mori|matched|||500000|500000|5000|3000000|3000000|0|
C-2002|Subscription|JPY|東京商事|Enterprise|Ken Mori|under_recognized|decimal_shift|critical|120000|12000|1200|720000|612000|0|
C-2003|Support|JPY|大阪電機|SMB|Ken Mori|within_tolerance|||30000|30100|300|180000|180100|0|
C-2004|Maintenance|JPY|大阪電機|SMB|Ken Mori|over_recognized|catch_up|high|10000|20000|100|60000|60000|0|
"""  # noqa: E501 - a table reads best with a line a row

_WORDS = {
    Cause.DUPLICATE_ENTRY: "E-1003-2 repeats E-1003-1: same amount, same document.",
    Cause.NOT_POSTED: "Nothing was posted for this line in the month.",
    Cause.SIGN_FLIPPED: "With the sign turned, -1,500.00 is the expected 1,500.00.",
    Cause.ENDED: "Recognition goes on after the close in 2024-05.",
    Cause.UNKNOWN_CONTRACT: "Analytics knows no contract C-9999.",
    Cause.UNEXPLAINED: "No known cause explains 400.00 to the cent.",
    Cause.WRONG_DURATION: "Over 11 months instead of 12 the month is 28,800.00.",
    Cause.DECIMAL_SHIFT: "Moved by 10, 12,000 is the expected 120,000.",
    Cause.CATCH_UP: "To date 60,000 is recognized as expected: late entries were made good.",
}
_CANDIDATES = {Cause.DUPLICATE_ENTRY: (Cause.DUPLICATE_ENTRY, Cause.WRONG_PERIOD)}


@dataclass
class TupleLines:
    """Lines held in memory, as `Reconciliation.lines` wants them."""

    rows: Sequence[tuple[object, ...]]
    columns: tuple[str, ...] = COLUMNS

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        return iter(self.rows)

    def texts(self, expression: str, made: Mapping[str, str]) -> Iterator[str]:
        """Yield a text for each line, as `recon.reconciliation.totals.LineTable` does."""
        kinds = ("HUGEINT" if isinstance(cell, int) else "VARCHAR" for cell in self.rows[0])
        columns = ", ".join(map(" ".join, zip(self.columns, kinds, strict=True)))
        listed = ", ".join(f"{sql} AS {column}" for column, sql in made.items())
        with open_session() as session:
            session.execute(f"CREATE TABLE line (place INTEGER, {columns})")
            for place, row in enumerate(self.rows):
                marks = ", ".join("?" * (len(row) + 1))
                session.execute(f"INSERT INTO line VALUES ({marks})", [place, *row])
            found = session.execute(
                f"SELECT {expression} FROM (SELECT {listed}, place FROM line) ORDER BY place"
            ).fetchall()
        yield from (text for (text,) in found)

    def to_pandas(self) -> pd.DataFrame:
        """Return the lines as a data frame."""
        import pandas as pd

        return pd.DataFrame.from_records(list(self.rows), columns=list(self.columns))


@dataclass(frozen=True)
class _Line:
    contract_id: str
    revenue_type: str
    currency: str
    customer: str
    segment: str
    owner: str
    status: Status
    cause: str
    severity: str
    expected: int
    amounts: tuple[int, ...]
    allowed: int
    to_date_expected: int
    to_date_recognized: int
    unrecognized_remainder: int
    flags: str

    @property
    def recognized(self) -> int:
        return sum(self.amounts)

    @property
    def difference(self) -> int:
        return self.recognized - self.expected

    @property
    def kind(self) -> str:
        return KINDS[self.revenue_type].value

    @property
    def entries(self) -> int:
        return len(self.amounts)

    def row(self) -> tuple[object, ...]:
        return tuple(getattr(self, column) for column in COLUMNS)


def reconciliation() -> Reconciliation:
    """Return the example month."""
    lines = _lines()
    policy = Policy()
    return Reconciliation(
        month=MONTH,
        policy=policy,
        sources=_sources(lines),
        totals={c: _totals(_of(lines, currency=c)) for c in ("JPY", "USD")},
        bridge={c: _bridge(_of(lines, currency=c)) for c in ("JPY", "USD")},
        breaks=_breaks(lines),
        invalid=(
            InvalidRow(
                Side.ANALYTICS, 7, "C-1010", "duration_months is 0", "contracts.csv, line 8"
            ),
            InvalidRow(
                Side.ACCOUNTING, 12, "=E-99", "amount is not a number", "entries.csv, line 13"
            ),
        ),
        parts=_parts(lines),
        flags=Counter(Flag(flag) for line in lines for flag in line.flags.split(", ") if flag),
        notices=("2 spellings of contract C-1005 were matched: 'C-1005', 'c-1005'.",),
        lines=TupleLines([line.row() for line in lines]),
    )


def clean_reconciliation() -> Reconciliation:
    """Return the example month with its breaks and invalid rows left out: ready to close."""
    lines = [line for line in _lines() if not line.cause]
    full = reconciliation()
    return replace(
        full,
        totals={c: _totals(_of(lines, currency=c)) for c in ("JPY", "USD")},
        bridge={c: _bridge(_of(lines, currency=c)) for c in ("JPY", "USD")},
        sources={
            side: replace(facts, invalid=0, rows=facts.rows - 1)
            for side, facts in _sources(lines).items()
        },
        breaks=(),
        invalid=(),
        parts=_parts(lines),
        flags={Flag.TERM_MISMATCH: 1, Flag.CLOSED_EARLY: 1, Flag.CARRIED_DIFFERENCE: 1},
        notices=(),
        lines=TupleLines([line.row() for line in lines]),
    )


def _lines() -> list[_Line]:
    return [_line(text.split("|")) for text in TABLE.strip().splitlines()]


def _line(cells: list[str]) -> _Line:
    contract, revenue_type, currency, customer, segment, owner = cells[:6]
    expected, allowed, expected_to_date, recognized_to_date, remainder = (
        money.parse_amount(cells[place]) for place in (9, 11, 12, 13, 14)
    )
    return _Line(
        contract,
        revenue_type,
        currency,
        customer,
        segment,
        owner,
        Status(cells[6]),
        cells[7],
        cells[8],
        expected,
        tuple(money.parse_amount(text) for text in cells[10].split()),
        allowed,
        expected_to_date,
        recognized_to_date,
        remainder,
        cells[15],
    )


def _of(lines: Iterable[_Line], **wanted: str) -> list[_Line]:
    return [line for line in lines if all(getattr(line, key) == wanted[key] for key in wanted)]


def _totals(lines: Sequence[_Line]) -> Totals:
    statuses = Counter(line.status for line in lines)
    return Totals(
        expected=sum(line.expected for line in lines),
        recognized=sum(line.recognized for line in lines),
        gross_difference=sum(abs(line.difference) for line in lines),
        contract_lines=sum(line.cause != Cause.UNKNOWN_CONTRACT for line in lines),
        inactive_lines=sum(not line.expected and not line.entries for line in lines),
        matched=statuses[Status.MATCHED],
        within_tolerance=statuses[Status.WITHIN_TOLERANCE],
        breaks=sum(bool(line.cause) for line in lines),
    )


def _bridge(lines: Sequence[_Line]) -> tuple[Bucket, ...]:
    buckets: dict[str, list[int]] = {}
    for line in lines:
        if line.difference:
            buckets.setdefault(line.cause or Status.WITHIN_TOLERANCE.value, []).append(
                line.difference
            )
    order = [Status.WITHIN_TOLERANCE.value, *(cause.value for cause in Cause)]
    return tuple(
        Bucket(name, sum(held), len(held), sum(map(abs, held)))
        for name in order
        if (held := buckets.get(name))
    )


def _breaks(lines: Iterable[_Line]) -> tuple[Break, ...]:
    found = [_break(line) for line in lines if line.cause]
    return tuple(sorted(found, key=lambda b: (-b.severity, b.currency, -abs(b.difference))))


def _break(line: _Line) -> Break:
    cause = Cause(line.cause)
    return Break(
        fingerprint(line.contract_id.lower(), line.revenue_type, line.currency),
        line.contract_id,
        line.revenue_type,
        line.currency,
        line.customer,
        line.segment,
        line.owner,
        line.status,
        cause,
        _CANDIDATES.get(cause, (cause,)),
        Severity[line.severity.upper()],
        line.expected,
        line.recognized,
        line.difference,
        line.allowed,
        line.to_date_expected,
        line.to_date_recognized,
        tuple(Flag(flag) for flag in line.flags.split(", ") if flag),
        tuple(
            Entry(f"E-{line.contract_id[-4:]}-{number}", amount, 0, "DOC-7", "2024-06-28")
            for number, amount in enumerate(line.amounts, 1)
        ),
        _WORDS[cause],
        concerned=tuple(f"E-{line.contract_id[-4:]}-{n}" for n in range(1, line.entries + 1)),
    )


def _sources(lines: Sequence[_Line]) -> dict[Side, SourceFacts]:
    contracts = [line for line in lines if line.cause != Cause.UNKNOWN_CONTRACT]
    return {
        Side.ANALYTICS: SourceFacts(
            rows=len(contracts) + 1,
            invalid=1,
            control_total={"JPY": 79_200_000_000, "USD": 6_300_000_000},
            description="contracts.csv",
        ),
        Side.ACCOUNTING: SourceFacts(
            rows=sum(line.entries for line in lines) + 1,
            invalid=1,
            control_total={
                c: sum(line.recognized for line in _of(lines, currency=c)) for c in ("JPY", "USD")
            },
            description="entries.csv",
        ),
    }


def _parts(lines: Sequence[_Line]) -> tuple[CurrencyPart, ...]:
    keys = sorted(
        {
            (by, str(getattr(line, by)), line.currency)
            for line in lines
            for by in ("segment", "revenue_type", "kind")
        }
    )
    return tuple(
        CurrencyPart(by, name, currency, _totals(_of(lines, currency=currency, **{by: name})))
        for by, name, currency in keys
    )
