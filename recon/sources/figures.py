"""Amounts computed: credit less debit, sign and unit.

They are exact: what cannot be read stays as it came, for the intake to say why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from recon.base.fields import AMOUNTS, DEBIT_CREDIT
from recon.base.result import Side
from recon.config import SourceSettings
from recon.reconciliation.separators import Unsaid, refuse_doubtful
from recon.store.columns import Columns
from recon.store.session import Session, columns, literal, name

_DEBIT, _CREDIT = DEBIT_CREDIT


def has_debit_and_credit(settings: SourceSettings, found: Iterable[str]) -> bool:
    """Whether two columns stand for the amount.

    They do where they are named in the configuration, or where there is no amount.
    """
    if settings.side is not Side.ACCOUNTING:
        return False
    ours = {column.strip().lower() for column in found}
    named = any(column in settings.columns for column in DEBIT_CREDIT)
    return set(DEBIT_CREDIT) <= ours and (named or AMOUNTS[settings.side] not in ours)


def adjusts(settings: SourceSettings, found: Iterable[str]) -> bool:
    """Whether amounts are computed from those delivered."""
    return settings.invert or settings.unit != 1 or has_debit_and_credit(settings, found)


def adjusted(
    session: Session, settings: SourceSettings, relation: str, description: str, *, known: bool
) -> str:
    """The relation with its amounts computed.

    Unless it is `known` how amounts in text are written, those that could mean two numbers are
    asked about here, since what is computed shows it no more. Raises SourceDataError.
    """
    found = columns(session, relation)
    amount = AMOUNTS[settings.side]
    both = has_debit_and_credit(settings, found)
    sources = DEBIT_CREDIT if both else (amount,)
    names = {column.strip().lower(): column for column in found}
    if any(column not in names for column in sources):
        return relation  # that it is missing is said later, with all that are
    if not known:
        _ask(session, settings, relation, description, sources)
    given = Columns(settings.side, found, ())
    number = given.number(amount) if not both else _difference(given)
    quoted = f"CAST({given.raw(amount)} AS VARCHAR)" if not both else _quoted(given)
    left_out = ", ".join(name(names[column]) for column in names if column in (*sources, amount))
    figure = _scaled(number, settings.unit * (-1 if settings.invert else 1))
    return (
        f"(SELECT * EXCLUDE ({left_out}), coalesce({figure}, {quoted}) AS {name(amount)} "
        f"FROM {relation})"
    )


def float_notices(session: Session, relation: str, settings: SourceSettings) -> list[str]:
    """A sentence on floating point columns, which text hides."""
    given = Columns(settings.side, columns(session, relation), ())
    return [
        f"{column} is a binary floating point column; its values were rounded to 0.0001. "
        "Deliver it as DECIMAL or MONEY."
        for column in (AMOUNTS[settings.side], *DEBIT_CREDIT)
        if given.has_floats(column)
    ]


def _scaled(number: str, factor: Decimal) -> str:
    """The SQL of a product as text.

    Four decimals, so that none of them looks like a group of three; or more if it has more.
    """
    product = f"({number} * CAST({literal(str(factor))} AS {_type_of(factor)}))"
    short = f"CAST({product} AS DECIMAL(38, 4))"
    exact = f"CAST({product} AS VARCHAR)"
    return f"CASE WHEN {short} = {product} THEN CAST({short} AS VARCHAR) ELSE {exact} END"


def _type_of(factor: Decimal) -> str:
    decimals = max(-int(factor.as_tuple().exponent), 0)
    return f"DECIMAL({max(len(factor.as_tuple().digits), decimals)}, {decimals})"


def _difference(given: Columns) -> str:
    """The SQL of credit less debit.

    It is NULL where either is unreadable. One of them may be blank; a row in which both are has no
    amount.
    """
    read = {column: given.number(column) for column in DEBIT_CREDIT}
    blank = {column: f"{given.text(column)} IS NULL" for column in DEBIT_CREDIT}
    of = {
        column: f"CASE WHEN {blank[column]} THEN 0 ELSE {read[column]} END"
        for column in DEBIT_CREDIT
    }
    difference = f"CAST({of[_CREDIT]} AS DECIMAL(28, 10)) - CAST({of[_DEBIT]} AS DECIMAL(28, 10))"
    return (
        f"CASE WHEN NOT ({blank[_DEBIT]} AND {blank[_CREDIT]}) "
        f"THEN TRY_CAST({difference} AS DECIMAL(28, 10)) END"
    )


def _quoted(given: Columns) -> str:
    """The SQL of both columns, quoted."""
    parts = ", ".join(f"'{column} ' || {given.text(column)}" for column in (_CREDIT, _DEBIT))
    return f"nullif(concat_ws(', ', {parts}), '')"


def _ask(
    session: Session,
    settings: SourceSettings,
    relation: str,
    description: str,
    sources: tuple[str, ...],
) -> None:
    amount = AMOUNTS[settings.side]
    found = columns(session, relation)
    kept = ", ".join(
        name(column)
        for column in found
        if column.strip().lower() in ("contract_id", "entry_id", "currency")
    )
    first = f"{kept}, " if kept else ""
    union = " UNION ALL ".join(
        f"SELECT {first}{name(column)} AS {name(amount)} FROM {relation}" for column in sources
    )
    theirs = " or ".join(settings.columns.get(column, column) for column in sources)
    unsaid: Mapping[Side, Unsaid] = {settings.side: Unsaid(theirs, setting=True)}
    given, told = {settings.side: f"({union})"}, {settings.side: description}
    refuse_doubtful(session, given, unsaid, settings.currency or "", told)
