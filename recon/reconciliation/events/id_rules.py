"""Id rules: unknown contracts that one rule makes known.

`recon.reconciliation.relations` lists the relations that it reads and makes.

An id of accounting that analytics does not know is held against those of contract lines without an
entry: one may be the other with something in front or behind it, without its leading zeros, its
first characters, or a number that a spreadsheet wrote with an exponent. A rule that is a setting of
`[analytics.ids]` or `[accounting.ids]` is tried as that setting would read the ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from recon.base.events import EventKind
from recon.base.ids import IdRules
from recon.base.policy import Policy
from recon.base.result import Side
from recon.base.text import counted
from recon.reconciliation.events.found import FEWEST, Axis, Found, Mark, enough
from recon.store.ids import by_rules
from recon.store.session import Session, is_any

# A number as spreadsheets write it, with its digits and its power of ten.
_EXPONENT = r"(\d)(?:\.(\d+))?e\+?(\d+)"
_WRITTEN = f"regexp_full_match(id_key, '{_EXPONENT}') AND length(id_key) < 30"
_BOTH = """
    unknown AS (
        SELECT 'accounting' AS side, line, id, id_key, type, currency
        FROM lines_off WHERE NOT known_contract),
    lacking AS (
        SELECT 'analytics' AS side, line, id, id_key, type, currency
        FROM lines_off WHERE on_contract AND entries = 0),
    met AS (
        FROM unknown SEMI JOIN lacking USING (type, currency)
        UNION ALL FROM lacking SEMI JOIN unknown USING (type, currency))"""
# Every beginning and end of every id, with what is left of it.
_RULES = f"""
    WITH {_BOTH},
    places AS (SELECT *, unnest(range(1, length(id_key))) AS place FROM met),
    cuts AS (
        SELECT *, 'strip_suffix' AS way, left(id_key, place) AS key,
            substr(id_key, place + 1) AS part, right(id, length(id_key) - place) AS said
        FROM places
        UNION ALL
        SELECT *, 'strip_prefix', right(id_key, place), left(id_key, length(id_key) - place),
            left(id, length(id_key) - place)
        FROM places),
    pairs AS (
        SELECT c.way, c.side, part, if(lower(said) = part, said, part) AS said, place,
            length(c.id_key) AS length,
            way = 'strip_prefix' AND regexp_full_match(part, '0+')
                AND regexp_full_match(key, '\\d+') AS zeros
        FROM cuts c JOIN met k ON k.side <> c.side AND k.id_key = c.key
            AND k.type = c.type AND k.currency = c.currency)
    SELECT * FROM (
        SELECT way, side, any_value(said) AS part, CAST(0 AS BIGINT) AS length, count(*) AS pairs,
            1 AS rank
        FROM pairs WHERE NOT zeros GROUP BY way, side, part
        UNION ALL
        SELECT 'pad', if(side = 'analytics', 'accounting', 'analytics'), '', mode(length),
            count(*), 0
        FROM pairs WHERE zeros GROUP BY side
        UNION ALL
        SELECT 'first', side, '', place, count(*), 2 FROM pairs
        WHERE way = 'strip_suffix' GROUP BY side, place HAVING count(DISTINCT part) > 1)
    WHERE 2 * pairs >= {FEWEST} ORDER BY pairs DESC, rank, way, side, part LIMIT 4"""


class _Rule(NamedTuple):
    """Rule on a side's ids: a part or a length."""

    way: str
    side: str
    part: str
    length: int

    def settings(self) -> dict[str, str | int]:
        """The rule as the configuration has it."""
        return {self.way: self.part or self.length}


def id_rules(connection: Session, policy: Policy) -> Iterator[Found]:
    """Yield the rules under which unknown contracts are known."""
    for *given, _, _ in connection.execute(_RULES).fetchall():
        rule = _Rule(*given)
        lines, changed = _tried(connection, policy, rule)
        if enough(len(lines), 2 * changed):
            yield _of_rule(rule, lines, changed, not _harmful(connection, policy, rule))
    if is_any(connection, f"lines_off WHERE NOT known_contract AND {_WRITTEN}"):
        yield from _exponents(connection)


def _rules_of(policy: Policy, rule: _Rule) -> dict[str, IdRules]:
    own = {"analytics": policy.analytics_ids, "accounting": policy.accounting_ids}
    rules = own[rule.side]
    changed = IdRules(**{**rules.table(), **rule.settings()})  # type: ignore[arg-type]
    return own | {rule.side: changed}


def _tried(connection: Session, policy: Policy, rule: _Rule) -> tuple[list[int], int]:
    """Lines that meet under a rule; how many ids change."""
    keys = {side: by_rules("id_key(id)", own) for side, own in _rules_of(policy, rule).items()}
    changing = "unknown" if rule.side == Side.ACCOUNTING.value else "lacking"
    pairs, changed = connection.execute(
        f"""WITH {_BOTH},
        ours AS (SELECT *, {keys["accounting"]} AS key FROM unknown),
        theirs AS (SELECT *, {keys["analytics"]} AS key FROM lacking)
        SELECT (
            SELECT list([o.line, t.line]) FROM ours o JOIN theirs t USING (key, type, currency)),
            (SELECT count(*) FROM {changing} WHERE {keys[rule.side]} <> id_key)"""
    ).fetchone() or (None, 0)
    return list({line for pair in pairs or () for line in pair}), changed


def _harmful(connection: Session, policy: Policy, rule: _Rule) -> bool:
    """Whether a rule would part lines that meet without it."""
    key = by_rules("id_key", _rules_of(policy, rule)[rule.side])
    (parted,) = connection.execute(
        f"""SELECT count(*) FROM lines_compared
        WHERE on_contract AND entries > 0 AND {key} <> id_key"""
    ).fetchone() or (0,)
    return bool(parted)


def _of_rule(rule: _Rule, lines: list[int], changed: int, helps: bool) -> Found:
    value = f'"{rule.part}"' if rule.part else str(rule.length)
    setting, pairs = f"[{rule.side}.ids] {rule.way} = {value}", len(lines) // 2
    how = _WORDS[rule.way].format(part=rule.part, length=rule.length)
    other = next(side.value for side in Side if side.value != rule.side)
    mark = Mark(
        Axis.IDS, f"{rule.side} {rule.way} {value}", f"contract ids of {rule.side} that {how}"
    )
    return Found(
        EventKind.ID_RULE, mark, frozenset(lines), pairs, max(changed, pairs), setting,
        lambda told, net: f"{pairs:,} contract ids of {rule.side} {how}, unlike those of {other}, "
        f"so that they do not meet: {told} ({net}).",
        f"Set {setting}." if helps else f"Have the ids of {rule.side} delivered as {other} writes "
        f"them: with {setting}, lines that match now would not.",
        setting=helps,
    )  # fmt: skip


_WORDS = {
    "strip_suffix": 'end in "{part}"',
    "strip_prefix": 'begin with "{part}"',
    "pad": "lack their leading zeros",
    "first": "go on after their first {length} characters",
}


def _exponents(connection: Session) -> Iterator[Found]:
    """Yield the ids that a spreadsheet wrote with an exponent."""
    rows = connection.execute(
        f"""WITH {_BOTH},
        written AS (
            SELECT *, regexp_extract(id_key, '{_EXPONENT}', 1)
                || regexp_extract(id_key, '{_EXPONENT}', 2) AS digits,
                CAST(regexp_extract(id_key, '{_EXPONENT}', 3) AS INTEGER) + 1 AS length,
                CAST(length(digits) AS INTEGER) AS known
            FROM unknown WHERE {_WRITTEN}),
        numbers AS (
            SELECT *, TRY_CAST(id_key AS DECIMAL(38, 0)) AS number, length(id_key) AS length
            FROM lacking WHERE regexp_full_match(id_key, '\\d{{5,37}}'))
        SELECT w.line, list(n.line) FROM written w LEFT JOIN numbers n ON n.length = w.length
            AND n.type = w.type AND n.currency = w.currency AND known <= w.length
            AND 2 * abs(number - CAST(rpad(digits, w.length, '0') AS DECIMAL(38, 0)))
                <= CAST(rpad('1', w.length - known + 1, '0') AS DECIMAL(38, 0))
        GROUP BY w.line"""
    ).fetchall()
    met = {line: found for line, (*found,) in rows if found != [None]}
    lines = frozenset(met) | {line for found in met.values() for line in found}
    if len(lines) < FEWEST or not enough(FEWEST * len(met), FEWEST * len(rows)):
        return
    mark = Mark(Axis.IDS, "accounting exponent", "contract ids of accounting with an exponent")
    yield Found(
        EventKind.ID_RULE, mark, lines, len(met), len(rows), "exponent",
        lambda told, net: f"{counted(len(met), 'contract id')} of accounting is a number with an "
        f"exponent, as spreadsheets write long ids, like 9.91214E+15: {told} in all ({net}).",
        "Have the ids delivered as text; the digits that are lost cannot be made up for.",
        setting=True,
    )  # fmt: skip
