"""Questions of `recon init`, with the proposal in brackets."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import typer
from rich.text import Text

from recon.base.errors import ConfigError
from recon.base.result import Side
from recon.cli import process
from recon.reports.console.dashboard import make_console
from recon.reports.console.layout import CRITICAL, PLAIN, SOFT, WARNING, Column, Pen
from recon.setup.init.configuration import Access, configuration, read_back
from recon.setup.init.names import snake
from recon.setup.init.proposal import LEAST_TABLE, Match, Proposal
from recon.setup.init.queries import Form
from recon.setup.init.schema import Catalog, Family, Table
from recon.setup.init.schema import Column as TheirColumn
from recon.store.day_notations import in_order

_WHAT = {
    Side.ANALYTICS: "booked contracts (analytics)",
    Side.ACCOUNTING: "recognized revenue (accounting)",
}
# What happens without an optional column.
_WITHOUT = {
    "currency": "if left out, the policy's currency applies",
    "start_date": "if left out, booking_date is taken",
}
COMPLIANCE = "compliance"
NONE = "-"
# How many tables are shown as alternatives.
SHOWN = 5


def ask(question: str, default: str | None = None) -> str:
    """An answer; without a default it may be empty."""
    shown = bool(default)
    answer: str = typer.prompt(question, default=default or "", show_default=shown)
    return answer.strip()


def asked_for(question: str, default: str | None = None) -> str:
    """An answer that is not empty."""
    while not (answer := ask(question, default)):
        process.say("An answer is needed; press Ctrl-C to stop.")
    return answer


def order(what: str, text: str, orders: Sequence[str]) -> str:
    """The user's order of day and month."""
    ways = {str(number): order for number, order in enumerate(orders, 1)}
    process.say(f"\nDates {what} could mean two days. {text!r} is")
    for number, each in ways.items():
        process.say(f"  {number}  {in_order(text, each):%d %B %Y}")
    while (answer := asked_for(f"Is it {' or '.join(ways)}")) not in ways:
        pass
    return ways[answer]


def decimal(what: str, texts: Sequence[str]) -> str:
    """The user's decimal sign, for amounts such as `texts`."""
    listed = " and ".join(map(repr, texts))
    process.say(f"\nAmounts {what} could mean two numbers, like {listed}.")
    while (answer := asked_for("The decimal sign, . or ,")) not in (".", ","):
        pass
    return answer


def access(
    given: Mapping[Side, Access], before: Mapping[Side, Access] | None = None
) -> dict[Side, Access]:
    """The access to both sides; missing parts are asked for.

    After answers that failed, everything is asked again, with those as proposals.
    """
    answers: dict[Side, Access] = {}
    for side in (Side.ANALYTICS, Side.ACCOUNTING):
        if before:
            asked = replace(given[side], server=None, database=None, connection=None)
            answers[side] = _access(side, asked, before[side])
        else:
            answers[side] = _access(side, given[side], answers.get(Side.ANALYTICS, Access()))
    return answers


def _access(side: Side, given: Access, likely: Access) -> Access:
    """Ask for missing parts, with proposals, until they are correct."""
    if given.complete:
        return given
    while True:
        found = _answered(side, given, likely)
        try:
            read_back(configuration(dict.fromkeys(Side, found), "USD"))
        except ConfigError as error:
            process.say(error.mistakes[0].partition(".")[2] + ".")
        else:
            return found


def _answered(side: Side, given: Access, likely: Access) -> Access:
    where = given.server or asked_for(
        f"SQL Server with {_WHAT[side]}, or an ODBC connection string",
        likely.connection or likely.server,
    )
    if "=" in where:
        variable = given.password_env or ask(
            "Environment variable that holds its password (Enter if it needs none)",
            likely.password_env,
        )
        return replace(given, connection=where, server=None, password_env=variable or None)
    found = replace(given, server=where)
    found = replace(found, database=given.database or asked_for("Its database", likely.database))
    if given.server or given.user:
        return found
    return _login(found, likely)


def _login(found: Access, likely: Access) -> Access:
    user = ask("Login (Enter for Windows authentication)", likely.user)
    if not user:
        return found
    variable = found.password_env or ask(
        "Environment variable that holds its password (Enter for the credential store)",
        likely.password_env,
    )
    return replace(found, user=user, password_env=variable or None)


def currency(likely: str | None) -> str:
    """The currency of rows that have none."""
    return asked_for("Currency of rows that have none", likely or "USD").upper()


def table(side: Side, catalog: Catalog, ranking: Sequence[tuple[int, Table]]) -> Table:
    """The user's choice of a table; the best is proposed."""
    best = str(ranking[0][1]) if ranking else None
    process.say(f"\nThe table with {_WHAT[side]}")
    for score, found in ranking[:SHOWN]:
        process.say(f"  {found} ({score}% match)")
    if not ranking:
        process.say(f"  no table matches at {LEAST_TABLE}% or more")
    while True:
        answer = asked_for("Table (? lists all)", best)
        chosen = catalog.table(answer)
        if chosen is not None:
            return chosen
        if answer != "?":
            process.say(f"There is no table {answer}, or more than one.")
        process.say("  " + ", ".join(map(str, catalog.tables)))


def settled(proposal: Proposal) -> Proposal:
    """Show a proposal; return it with the user's changes."""
    show(proposal)
    for ours in proposal.missing:
        process.say(f"\nNo column of {proposal.table} looks like {ours}, which recon needs.")
        process.say("If there is none, stop with Ctrl-C and create a view that has it.")
        proposal = _changed(proposal, ours)
        show(proposal)
    while True:
        ours = ask("\nColumn to change, by recon's name (Enter accepts all as shown)").lower()
        if not ours:
            return proposal
        proposal = _changed(proposal, ours)
        show(proposal)


def _changed(proposal: Proposal, ours: str) -> Proposal:
    if ours == COMPLIANCE and proposal.side is Side.ACCOUNTING:
        return _with_compliance(proposal)
    match = next((match for match in proposal.matches if match.ours == ours), None)
    if match is None:
        names = ", ".join(match.ours for match in proposal.matches)
        process.say(f"recon has no column {ours}; its columns are {names}")
        return proposal
    return proposal.changed(ours, _their_column(proposal, match))


def _their_column(proposal: Proposal, match: Match) -> TheirColumn | None:
    """The user's column; None where it may be missing."""
    default = match.column.name if match.column else None if match.needed else NONE
    listed = ", ".join(column.name for column in proposal.table.columns)
    process.say(f"{proposal.table} has {listed}")
    none = "" if match.needed else f" ({NONE} for none)"
    while True:
        answer = asked_for(f"Your column for {match.ours}{none}", default)
        if answer == NONE and not match.needed:
            return None
        found = proposal.table.column(answer)
        if found is not None:
            return found
        process.say(f"There is no {answer}.")


def _with_compliance(proposal: Proposal) -> Proposal:
    """The proposal with the compliance columns that the user names."""
    now = ", ".join(column.name for column in proposal.compliance)
    answer = asked_for(f"Compliance columns, separated by commas ({NONE} for none)", now or NONE)
    names = [] if answer == NONE else [name.strip() for name in answer.split(",")]
    found = {name: proposal.table.column(name) for name in names if name}
    ours = {match.ours for match in proposal.matches}
    wrong = [name for name, column in found.items() if column is None or snake(name) in ours]
    if wrong:
        process.say(
            f"{', '.join(wrong)} cannot be a compliance column: not in the table, or already used."
        )
        return proposal
    by_alias = {snake(column.name): column for column in found.values() if column}
    return replace(proposal, compliance=tuple(by_alias.values()))


def form(column: TheirColumn, values: str) -> Form:
    """The user's answer to the form of a period column."""
    text = column.family is Family.TEXT
    forms = [form for form in Form if form is not Form.DATE and ("'" in form) == text]
    process.say(f"\nIt is not clear how {column.name} writes a period: {values}.")
    names = {form.strip("'"): form for form in forms}
    while (answer := asked_for(f"Is it {' or '.join(names)}").strip("'").upper()) not in names:
        pass
    return names[answer]


def show(proposal: Proposal) -> None:
    """Print a proposal: columns for each of recon's, with reasons."""
    pen = Pen(make_console(sys.stdout))
    rows = [_row(match) for match in proposal.matches]
    rows += [
        (COMPLIANCE, column.name, column.kind, "likely", "shown by explain")
        for column in proposal.compliance
    ]
    styles = {"": SOFT, "MISSING": CRITICAL, "perhaps": WARNING}
    cells = [[pen.text(cell, styles.get(row[3], PLAIN)) for cell in row] for row in rows]
    ours, theirs, kinds, sure, why = (list(column) for column in zip(*cells, strict=True))
    lines: list[Text] = [
        *pen.heading(f"{proposal.side}: {proposal.table}"),
        *pen.table(
            [
                Column("recon's column", ours),
                Column("your column", theirs, least=12, wrap=True),
                Column("type", kinds, least=8, wrap=True),
                Column("how sure", sure),
                Column("why", why, least=20, wrap=True),
            ]
        ),
        *(line for note in proposal.notes for line in pen.paragraph(pen.text(f"Note: {note}."))),
    ]
    for line in lines:
        pen.console.print(line, soft_wrap=True)


def _row(match: Match) -> tuple[str, str, str, str, str]:
    if match.column is None:
        sure = "MISSING" if match.needed else ""
        why = "needed" if match.needed else _WITHOUT.get(match.ours, "left out")
        return match.ours, NONE, "", sure, why
    why = "; ".join([match.why, *match.notes])
    return match.ours, match.column.name, match.column.kind, match.sure, why
