"""How amounts, dates and rows of a side are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from statistics import median

from recon.base.fields import AMOUNTS, DEBIT_CREDIT
from recon.base.result import Side
from recon.base.text import counted
from recon.setup.init import names
from recon.setup.init.file_rows import apart
from recon.setup.init.file_side import DATES, FileSide
from recon.setup.init.schema import Family
from recon.setup.init.writings import CURRENCIES, Profile, decimal_of, orders_of
from recon.store.amount_notations import SIGNS
from recon.store.day_notations import ORDERS, in_order

# Values of a column that says which of the amounts beside it are debits.
_INDICATORS = ({"D", "C"}, {"DR", "CR"}, {"S", "H"}, {"DEBIT", "CREDIT"}, {"SOLL", "HABEN"})


def written(side: FileSide) -> FileSide:
    """A side with the notation of its amounts and dates."""
    figures = [each for ours in (AMOUNTS[side.side], *DEBIT_CREDIT) if (each := side.profile(ours))]
    decimal, doubtful = decimal_of(figures)
    side = replace(side, decimal=decimal, amounts=doubtful)
    if doubtful:
        both = " and ".join(map(repr, doubtful))
        side = side.with_doubt(
            f"amounts could mean two numbers, like {both}", f"{side.side}.decimal"
        )
    if any(each.family is Family.INTEGER and _in_cents(each) for each in figures):
        side = replace(side, unit="0.01")
    return _signed(_with_where(_dated(side)), figures)


def _in_cents(amounts: Profile) -> bool:
    return bool({"cents", "cent", "minor"} & set(names.words_of(amounts.name)))


def _dated(side: FileSide) -> FileSide:
    """The order of day and month, where days need one."""
    columns = [found for each in DATES[side.side] if (found := side.profile(each))]
    orders = orders_of(columns)
    # 01/01/2024 is the same day both ways.
    texts = [text for column in columns for text in column.open_days
             if len({in_order(text, order) for order in ORDERS}) > 1]  # fmt: skip
    if not texts:
        return side
    if len(orders) == 1:
        return replace(side, dates=orders[0])
    setting = f"{side.side}.dates"
    if not orders:
        return side.with_doubt(
            "days are written in both orders, day first and month first", setting
        )
    ways = [f"{in_order(texts[0], order):%d %B %Y} ({order})" for order in orders]
    side = replace(side, orders=orders)
    return side.with_doubt(f"{texts[0]!r} could be {' or '.join(ways)}", setting)


def _with_where(side: FileSide) -> FileSide:
    """The condition that keeps its rows, if needed."""
    first, rows = side.group.looks[0], side.rows
    wanted, parts = [*side.columns.values(), *side.profiles], []
    if rows.among:
        told = apart(first, rows.rows, (*rows.among, *rows.end), wanted)
        if told and all(record.width == len(first.header) for record in rows.end):
            side = replace(side, skip_foot=0)  # the condition leaves them out, too
        told = told or apart(first, rows.rows, rows.among, wanted)
        parts += [told] if told else []
        look = "looks" if len(rows.among) == 1 else "look"
        side = side.with_doubt(
            f"{counted(len(rows.among), 'line')} among the rows {look} like sections or totals"
            + (
                f"; only rows with {told} are taken" if told else ", and no column tells them apart"
            ),
            f"{side.side}.where",
        )
    if side.kept:
        parts.append(side.kept.where)
        side = side.with_doubt(f"only rows with {side.kept.where} are taken", f"{side.side}.where")
    return replace(side, where=" AND ".join(parts) or None)


def _signed(side: FileSide, figures: Sequence[Profile]) -> FileSide:
    """The sign of a ledger that writes revenue as negative."""
    marks = {each.mark for profile in figures for each in profile.amounts} & {"CR", "DR"}
    if marks:
        side = side.with_doubt(
            "amounts end in CR or DR, which recon does not read; export debit and credit columns",
            f"{side.side}.columns.debit and credit",
        )
    for profile in side.free():
        if {text.upper() for text in profile.distinct} in _INDICATORS:
            side = side.with_doubt(
                f"{profile.name!r} says which amounts are debits; recon reads their sign alone",
                f"{side.side}.columns.debit and credit",
            )
    values = list(_values(side, figures))
    below = [-value for value in values if value < 0]
    enough = len(below) * 3 >= len(values) * 2 and sum(below) * 4 >= sum(map(abs, values)) * 3
    if side.side is not Side.ACCOUNTING or not below or not enough:
        return side
    return replace(side, invert=True).with_doubt(
        "most amounts are negative: they are taken as revenue written as credits",
        "accounting.invert",
    )


def _values(side: FileSide, figures: Sequence[Profile]) -> Iterable[Decimal]:
    for profile in figures:
        sign = -1 if profile.name == side.columns.get("debit") else 1
        for each in profile.amounts:
            if value := each.value(side.decimal or "."):
                yield sign * value


def with_unit(found: Mapping[Side, FileSide]) -> FileSide:
    """The entries, in cents where 100 times too large."""
    contracts, entries = found[Side.ANALYTICS], found[Side.ACCOUNTING]
    amount = entries.profile("amount")
    if amount is None or amount.family is not Family.INTEGER or entries.unit:
        return entries
    parts = _parts(contracts)
    at = [entries.group.looks[0].header.index(entries.columns[ours])
          for ours in ("contract_id", "amount")]  # fmt: skip
    rates = [
        abs(Decimal(record.cells[at[1]])) / parts[key]
        for record in entries.rows.rows
        if (key := record.cells[at[0]].casefold()) in parts and record.cells[at[1]]
    ]
    if not rates or not 50 < median(rates) < 200:  # noqa: PLR2004 - about a hundred
        return entries
    return replace(entries, unit="0.01").with_doubt(
        "amounts are about a hundred times those of the contracts: taken as cents",
        "accounting.unit",
    )


def _parts(contracts: FileSide) -> dict[str, Decimal]:
    """The value of a contract by months, by its id."""
    wanted = ("contract_id", "contract_value", "duration_months")
    if any(ours not in contracts.columns for ours in wanted):
        return {}
    amounts = contracts.profiles[contracts.columns["contract_value"]].amounts
    unit = Decimal(contracts.unit or 1)
    value = {each.text: unit * each.value(contracts.decimal or ".") for each in amounts}
    header = contracts.group.looks[0].header
    at = [header.index(contracts.columns[ours]) for ours in wanted]
    found = {}
    for record in contracts.rows.rows:
        key, text, months = (record.cells[place] for place in at)
        if months.isdigit() and int(months) and value.get(text, Decimal(0)) > 0:
            found[key.casefold()] = value[text] / int(months)
    return found


def currency_of(found: Mapping[Side, FileSide]) -> tuple[str | None, str]:
    """The currency of rows without one, and why.

    None where nothing says it.
    """
    codes = {
        code.upper() for each in found.values() if (column := each.profile("currency"))
        for code in column.distinct
    }  # fmt: skip
    if len(codes) == 1:
        return codes.pop(), "the only currency of the files"
    for side, each in found.items():
        for ours in (AMOUNTS[side], *DEBIT_CREDIT):
            profile = each.profile(ours)
            named = re.search(r"\(([A-Z]{3})\)", profile.name) if profile else None
            marks = {a.mark for a in profile.amounts} - {"", "CR", "DR"} if profile else set()
            if named and named[1] in CURRENCIES:
                return named[1], f"the column {profile.name!r} names it" if profile else ""
            if len(marks) == 1 and marks <= CURRENCIES | set(SIGNS):
                mark = marks.pop()
                return SIGNS.get(mark, [mark])[0], f"amounts have the sign {mark}"
    return None, ""
