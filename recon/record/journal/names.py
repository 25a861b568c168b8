"""Names of breaks: found by whatever people call them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from recon.base import money
from recon.base.errors import UsageError
from recon.base.filters import folded
from recon.base.text import counted
from recon.record.journal.model import OpenItem

LISTED = 5


def named(text: str, known: Iterable[OpenItem]) -> list[OpenItem]:
    """The breaks that a text names, none where nothing fits.

    It is the name of a break, an event, an entry, a contract, a customer or an owner: whole or, if
    nothing is called so, its beginning, in any case. `B-` may be left out.
    """
    wanted = folded(text)
    among = [(item, set(_names(item))) for item in known]
    for fits in (_is, _begins, _begins_without_letter):
        found = [item for item, names in among if any(fits(name, wanted) for name in names)]
        if found:
            return found
    return []


def called(text: str, known: Iterable[OpenItem]) -> list[OpenItem]:
    """The breaks of a whole name, or a break's beginning."""
    wanted = folded(text)
    return [
        item
        for item in known
        if wanted in set(_names(item))
        or (wanted.startswith("b-") and _begins(folded(item.name), wanted))
    ]


def one(text: str, known: Iterable[OpenItem]) -> OpenItem:
    """The only break that a text names.

    One that is open goes before those that are resolved. Raises UsageError where there is none, or
    more than one.
    """
    known = list(known)
    found = unresolved_first(named(text, known))
    if not found:
        raise nothing(text, option(known))
    if len(found) > 1:
        raise several(text, found)
    return found[0]


def unresolved_first(found: Sequence[OpenItem]) -> list[OpenItem]:
    """Those that are not resolved, or all where none is."""
    return [item for item in found if not item.resolved] or list(found)


def option(known: Sequence[OpenItem]) -> str:
    """The option of commands for breaks of their kind."""
    return " --cash" if known and known[0].last.to_date else ""


def nothing(text: str, of: str = "") -> UsageError:
    """The error that a text names no break."""
    return UsageError(f"There is no break {text!r}; `recon open{of}` lists them.")


def several(text: str, found: Sequence[OpenItem]) -> UsageError:
    """The error that a text names several breaks, with them."""
    listed = "; ".join(map(told, found[:LISTED]))
    more = f"; and {len(found) - LISTED:,} more" if len(found) > LISTED else ""
    return UsageError(
        f"There are {counted(len(found), 'break')} {text!r}: {listed}{more}. Name one of them; "
        f"`recon open {_quoted(text)}{option(found)}` lists them."
    )


def told(item: OpenItem) -> str:
    """A break in a few words."""
    last = item.last
    amount = f"{money.pretty(item.amount, last.currency, sign=True)} {last.currency}"
    return f"{item.name} ({last.contract_id} {last.revenue_type}, {amount})"


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


def _names(item: OpenItem) -> Iterator[str]:
    yield folded(item.name)
    for seen in item.seen.values():
        for name in (seen.event, seen.contract_id, seen.customer, seen.owner, *seen.entry_ids):
            if name:
                yield folded(name)


def _is(name: str, wanted: str) -> bool:
    return name == wanted


def _begins(name: str, wanted: str) -> bool:
    return name.startswith(wanted)


def _begins_without_letter(name: str, wanted: str) -> bool:
    return name.removeprefix("b-").startswith(wanted)
