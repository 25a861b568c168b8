"""Matching: a file's rows against the store's.

Reads `staged` and the table of the kind of feed. Adds to `fates` the rows that are not new, and
makes `ended` (id, load): the rows of the table that the file changes or no longer has.
"""

from __future__ import annotations

from recon.base.feed import Feed, OnConflict, Repeats
from recon.base.feeds import FeedKind, Type
from recon.store.columns import PLACE
from recon.store.schema import STORE, TYPE_2
from recon.store.session import Session, is_any, literal, name

# Rows of `staged` whose fate is still open.
_OPEN = f"(SELECT * FROM staged WHERE recon_fault IS NULL) s ANTI JOIN fates USING ({PLACE})"


def keys(kind: FeedKind, *, by_line: bool, of: str = "") -> list[str]:
    """The SQL of a row's key, of `of` if named."""
    columns = [*kind.key, *([kind.line] if by_line and kind.line else [])]
    return [_key(kind, column, f"{of}{name(column)}") for column in columns]


def _key(kind: FeedKind, column: str, value: str) -> str:
    """A part of a key, '' where it is blank."""
    if kind.by_name[column].type is Type.DAY:
        return value
    may_be_blank = column in kind.key and column not in kind.needed
    return f"coalesce(lower({value}),'')" if may_be_blank else f"lower({value})"


def contents(kind: FeedKind) -> list[str]:
    """The columns whose change is an update."""
    return [name(column.name) for column in kind.columns if column.name != "valid_from"]


def match(session: Session, feed: Feed, *, by_line: bool, mended: bool) -> None:
    """Settle which rows are new, changed, unchanged, or repeated."""
    session.execute("CREATE OR REPLACE TEMP TABLE ended (id BIGINT, load BIGINT)")
    session.execute("CREATE OR REPLACE TEMP TABLE stood_on (load BIGINT)")
    if feed.kind.lines and not by_line:
        _match_lines(session, feed, mended=mended)
    else:
        _conflicts(session, feed, by_line=by_line)
        _match_keys(session, feed, by_line=by_line)


def _kept(feed: Feed) -> str:
    """The rows of the table that a file can match."""
    conditions = ["true"]
    if feed.kind.table.startswith("dim_"):
        conditions.append("NOT placeholder")
    if not feed.kind.shared:
        conditions.append(f"feed = {literal(feed.name)}")
    if feed.kind.table == TYPE_2:
        conditions.append("valid_to IS NULL")
    return (
        f"(SELECT rowid AS id, * FROM {STORE}.{feed.kind.table} WHERE {' AND '.join(conditions)})"
    )


def _same(feed: Feed) -> str:
    """Whether row `s` has the content of kept `f`."""
    same = [f"s.{column} IS NOT DISTINCT FROM f.{column}" for column in contents(feed.kind)]
    if feed.kind.name in ("credits", "debits"):
        same.append(f"f.receivable = s.amount * {feed.receivable}")
    return " AND ".join(same)


def _conflicts(session: Session, feed: Feed, *, by_line: bool) -> None:
    """Settle the rows of one key in one file."""
    key = ", ".join(keys(feed.kind, by_line=by_line))
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE keys_again AS SELECT {_listed(key)} FROM staged
        WHERE recon_fault IS NULL GROUP BY ALL HAVING count(*) > 1"""
    )
    if not is_any(session, "keys_again"):
        return
    same = " AND ".join(
        f"{expression} = a.k{at}"
        for at, expression in enumerate(keys(feed.kind, by_line=by_line, of="s."))
    )
    content = ", ".join(contents(feed.kind))
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE rivals AS
        SELECT *, count(*) FILTER (WHERE copy = 1) OVER of_key AS contents,
            max({PLACE}) OVER of_key AS last,
            list({PLACE}) OVER (PARTITION BY {_numbered(key)} ORDER BY {PLACE}
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS places
        FROM (SELECT s.{PLACE}, a.*, row_number() OVER (
                PARTITION BY {content} ORDER BY s.{PLACE}) AS copy
            FROM staged s JOIN keys_again a ON {same} WHERE s.recon_fault IS NULL)
        WINDOW of_key AS (PARTITION BY {_numbered(key)})"""
    )
    again = "contents = 1 AND copy > 1"
    if feed.on_conflict is OnConflict.LAST:
        again = f"({again}) OR (contents > 1 AND {PLACE} <> last)"
    else:
        named = " and ".join([*feed.kind.key, *([feed.kind.line] if by_line else [])])
        session.execute(
            f"""UPDATE staged SET fault_column = {literal(feed.kind.key[0])}, recon_fault =
                'rows ' || array_to_string(places[1:5], ', ')
                || if(len(places) > 5, ' …', '')
                || {literal(f" have the same {named} and different content")}
            FROM rivals WHERE contents > 1 AND staged.{PLACE} = rivals.{PLACE}"""
        )
    session.execute(f"INSERT INTO fates SELECT {PLACE}, 'repeated' FROM rivals WHERE {again}")


def _listed(key: str) -> str:
    return ", ".join(f"{part} AS k{at}" for at, part in enumerate(key.split(", ")))


def _numbered(key: str) -> str:
    return ", ".join(f"k{at}" for at, _ in enumerate(key.split(", ")))


def _match_keys(session: Session, feed: Feed, *, by_line: bool) -> None:
    """Match rows one to one by key."""
    if not is_any(session, _kept(feed)):
        return
    ours = keys(feed.kind, by_line=by_line, of="s.")
    theirs = keys(feed.kind, by_line=by_line, of="f.")
    on = " AND ".join(f"{mine} = {kept}" for mine, kept in zip(ours, theirs, strict=True))
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE matched AS
        SELECT s.{PLACE}, f.id, f.load, {_same(feed)} AS same
        FROM (SELECT * FROM {_OPEN}) s JOIN {_kept(feed)} f ON {on}"""
    )
    _settle(session)


def _settle(session: Session) -> None:
    """Take over `matched`: place, id, load, same."""
    session.execute(
        f"INSERT INTO fates SELECT {PLACE}, if(same, 'unchanged', 'updated') FROM matched"
    )
    session.execute("INSERT INTO ended SELECT id, load FROM matched WHERE NOT same")
    session.execute("INSERT INTO stood_on SELECT DISTINCT load FROM matched")


def _match_lines(session: Session, feed: Feed, *, mended: bool) -> None:
    """Match the rows of sales against those kept.

    The rows of a file are all lines of their sales, unless it is one of mended rows.
    """
    content = ", ".join(contents(feed.kind))
    if feed.repeats is Repeats.DROP:
        session.execute(
            f"""INSERT INTO fates SELECT {PLACE}, 'repeated' FROM staged WHERE recon_fault IS NULL
            QUALIFY row_number() OVER (PARTITION BY {content} ORDER BY {PLACE}) > 1"""
        )
    if mended or not is_any(session, _kept(feed)):
        return
    key = keys(feed.kind, by_line=False)
    listed = ", ".join(f"{part} AS k{at}" for at, part in enumerate(key))
    numbers = ", ".join(f"k{at}" for at, _ in enumerate(key))
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE kept_lines AS
        SELECT *, row_number() OVER (PARTITION BY {numbers}, {content} ORDER BY id) AS copy
        FROM (SELECT *, {listed} FROM {_kept(feed)})
        SEMI JOIN (SELECT DISTINCT {listed} FROM {_OPEN}) USING ({numbers})"""
    )
    if not is_any(session, "kept_lines"):
        return
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE sent_lines AS
        SELECT *, row_number() OVER (PARTITION BY {numbers}, {content} ORDER BY {PLACE}) AS copy
        FROM (SELECT *, {listed} FROM {_OPEN})
        SEMI JOIN (SELECT DISTINCT {numbers} FROM kept_lines) USING ({numbers})"""
    )
    same_key = " AND ".join(f"s.k{at} = f.k{at}" for at, _ in enumerate(key))
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE matched AS
        SELECT s.{PLACE}, f.id, f.load, true AS same FROM sent_lines s JOIN kept_lines f
        ON {same_key} AND s.copy = f.copy AND {_same(feed)}"""
    )
    _pair(session, numbers, same_key)
    _settle(session)
    # What the sale has no longer.
    session.execute(
        """INSERT INTO ended SELECT id, load FROM kept_lines
        WHERE id NOT IN (SELECT id FROM matched)"""
    )
    session.execute("INSERT INTO stood_on SELECT DISTINCT load FROM ended")


def _pair(session: Session, numbers: str, same_key: str) -> None:
    """Pair a sale's other rows in order, as updated."""
    order = "product_id, " if _has(session, "product_id") else ""
    session.execute(
        f"""INSERT INTO matched SELECT s.{PLACE}, f.id, f.load, false
        FROM (SELECT *, row_number() OVER (PARTITION BY {numbers} ORDER BY {order}{PLACE}) AS n
            FROM sent_lines ANTI JOIN matched USING ({PLACE})) s
        JOIN (SELECT *, row_number() OVER (PARTITION BY {numbers} ORDER BY {order}id) AS n
            FROM kept_lines ANTI JOIN matched USING (id)) f ON {same_key} AND s.n = f.n"""
    )


def _has(session: Session, column: str) -> bool:
    found = session.execute("SELECT column_name FROM (DESCRIBE sent_lines)").fetchall()
    return (column,) in found
