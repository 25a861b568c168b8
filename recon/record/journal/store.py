"""The journal: runs and events in, open items out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from recon.base.errors import ConfigError, MonthError, RanAtOnce, ReconError, UsageError
from recon.base.month import Month, as_written
from recon.base.periods import Periods, folded
from recon.base.result import Break, Totals
from recon.config.settings import CASH
from recon.record.journal import chain, names
from recon.record.journal.ageing import standing
from recon.record.journal.alerts import Alerts
from recon.record.journal.breaks import COLUMNS, break_of, row_of
from recon.record.journal.found_events import (
    EventLife,
    FoundEvent,
    event_of,
    lives,
    row_of_event,
)
from recon.record.journal.history import Past
from recon.record.journal.model import Event, Kind, OpenItem, Run
from recon.record.journal.open_items import Resolution, open_items
from recon.record.journal.proof import Proof, proof
from recon.record.journal.repeats import repeats
from recon.record.journal.rows import RUN, moment, run_of, run_row
from recon.record.journal.schema import opened, readable, transaction
from recon.record.journal.signing import Signature, signatures, signed_off

NAME = "journal.db"
# Revenue type, segment, currency.
Line = tuple[str, str, str]


def option_of(reports: Path) -> str:
    """The option of commands for the runs of a folder."""
    return " --cash" if reports.name == CASH else ""


class Journal:
    """All recorded runs; opened by `Journal.at`, closed with the context."""

    def __init__(
        self, connection: sqlite3.Connection, periods: Periods | None = None, option: str = ""
    ) -> None:
        self._connection = connection
        self._periods = periods
        self.alerts = Alerts(connection)
        # With it commands mean this journal.
        self.option = option

    @classmethod
    @contextmanager
    def at(cls, reports: Path, periods: Periods | None = None) -> Iterator[Journal]:
        """Yield the journal of a folder of reports.

        Its months may be fiscal `periods`. Raises ReportError where it cannot be used.
        """
        with opened(reports / NAME) as connection:
            yield cls(connection, periods, option_of(reports))

    @classmethod
    @contextmanager
    def look(cls, reports: Path, periods: Periods | None = None) -> Iterator[Journal]:
        """Yield the journal to read in it.

        Where there is none yet it is an empty one, kept nowhere.
        """
        with readable(reports / NAME) as connection:
            yield cls(connection, periods, option_of(reports))

    def record(
        self,
        run: Run,
        breaks: Sequence[Break],
        resolutions: Sequence[Resolution] = (),
        closings: Mapping[Line, int] | None = None,
        found: Sequence[FoundEvent] = (),
        interrupted: Mapping[str, str] | None = None,
        after: str | None = None,
    ) -> None:
        """Add a run with its breaks, resolutions, closing balances, events.

        All of it or nothing. `closings` are by revenue type, segment and currency; `interrupted`
        has the seals of the evidence of runs that were cut off before their record. `after` is the
        run that this one follows, '' for none. Raises RanAtOnce where another one has come between.
        """
        with self._sealed():
            last = self.last_run_id()
            if after is not None and last != after:
                raise RanAtOnce(last)
            self._insert("runs", [run_row(run)])
            self._insert("totals", [
                (run.run_id, currency, t.expected, t.recognized, t.gross_difference,
                 t.contract_lines, t.inactive_lines, t.matched, t.within_tolerance, t.breaks)
                for currency, t in run.totals.items()
            ])  # fmt: skip
            self._insert("breaks", [(run.run_id, *row_of(item)) for item in breaks])
            self._insert(
                "closings", [(run.run_id, *line, a) for line, a in (closings or {}).items()]
            )
            self._insert("found_events", [(run.run_id, *row_of_event(event)) for event in found])
            told = [
                (Kind.INTERRUPTED, name, run.month, "It was cut off before its record.", seal)
                for name, seal in (interrupted or {}).items()
            ]
            told += [(Kind.RUN, run.run_id, run.month, "", "")]
            told += [
                (Kind.RESOLVED, item.name, item.month, item.reason, "") for item in resolutions
            ]
            self._insert("events", [
                (None, run.ended.isoformat(), run.who, run.host, kind.value, subject,
                 str(month), reason, detail)
                for kind, subject, month, reason, detail in told
            ])  # fmt: skip
            self._note_repeats()

    def _note_repeats(self) -> None:
        """Note the runs that say nothing new of open breaks."""
        found = repeats(self._telling(), self._telling_breaks())
        self._insert("repeats", [(number,) for number in found])

    def say(self, *events: Event) -> None:
        """Add acknowledgements, notes or signatures: all or nothing.

        The events' numbers are given anew.
        """
        with self._sealed():
            self._insert("events", [
                (None, event.at.isoformat(), event.who, event.host, event.kind.value,
                 event.subject, str(event.month), event.reason, event.detail)
                for event in events
            ])  # fmt: skip

    @contextmanager
    def _sealed(self) -> Iterator[None]:
        """Let everything happen and be sealed, or nothing."""
        with transaction(self._connection):
            before = chain.last_event(self._connection)
            yield
            chain.extend(self._connection, before)

    def head(self) -> chain.Link | None:
        """The last event's number and seal, None without any."""
        return chain.head(self._connection)

    def seal_of(self, run_id: str) -> str:
        """The journal's seal up to a run, or ''."""
        return chain.seal_of_run(self._connection, run_id)

    def proof(self) -> Proof:
        """The journal as `recon verify` holds it against the evidence."""
        found = proof(self._connection)
        return replace(found, damage=[*found.damage, *self._hidden()])

    def _hidden(self) -> list[str]:
        """The runs that are wrongly left out, in words.

        Rows that cannot be read are found by others.
        """
        noted = self._connection.execute("SELECT event FROM repeats ORDER BY event").fetchall()
        if not noted:
            return []
        with suppress(ReconError, ValueError, KeyError, TypeError):
            said = set(repeats(self.events(), self._breaks()))
            return [
                f"event {number} is left out of the open breaks, and would change them"
                for (number,) in noted
                if number not in said
            ]
        return []

    def _insert(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            places = ", ".join("?" * len(rows[0]))
            kept = (tuple(map(_kept, row)) for row in rows)
            self._connection.executemany(f"INSERT INTO {table} VALUES ({places})", kept)

    def runs(self, month: Month | None = None) -> list[Run]:
        """All runs, or a month's, in order of time."""
        return self._runs(*_of_month(month))

    def _runs(self, where: str = "", values: Sequence[object] = ()) -> list[Run]:
        rows = self._connection.execute(
            f"SELECT {', '.join(RUN)} FROM runs {where} ORDER BY rowid", values
        ).fetchall()
        totals = self._totals(
            f"WHERE run_id IN (SELECT run_id FROM runs {where})" if where else "", values
        )
        return [run_of(row, self._month(row[1]), totals.get(row[0], {})) for row in rows]

    def newest(self, most: int, month: Month | None = None) -> tuple[list[Run], int, int]:
        """The newest runs of all months or one, with counts.

        The counts are those of all their months and of all runs.
        """
        where, values = _of_month(month)
        found = self._connection.execute(f"SELECT rowid, month, ended FROM runs {where}", values)
        rows = [(self._month(text), ended, row) for row, text, ended in found]
        listed = ", ".join(str(row) for *_, row in sorted(rows, reverse=True)[:most])
        return (
            self._runs(f"WHERE rowid IN ({listed})"),
            len({month for month, *_ in rows}),
            len(rows),
        )

    def run_ids(self) -> list[str]:
        """The names of all runs, in order of time."""
        found = self._connection.execute("SELECT run_id FROM runs ORDER BY rowid")
        return [run_id for (run_id,) in found]

    def run(self, text: str) -> Run:
        """The run of a name or beginning, or month's last.

        Raises UsageError where there is none, or more than one.
        """
        of_month = {folded(month): month for month in self._months()}
        if (written := folded(as_written(text))) in of_month:
            found = [self._last_of(of_month[written])]
        else:
            runs = self.run_ids()
            found = [run for run in runs if run == text] or [
                run for run in runs if run.startswith(text) or run.endswith(text)
            ]
        if len(found) != 1:
            what = "is no run" if not found else f"are {len(found)} runs"
            raise UsageError(f"There {what} {text!r}; `recon history{self.option}` lists them.")
        return self._runs("WHERE run_id = ?", (found[0],))[0]

    def _months(self) -> list[str]:
        found = self._connection.execute("SELECT DISTINCT month FROM runs")
        return [month for (month,) in found]

    def _last_of(self, month: str) -> str:
        """The name of a month's last run, or ''."""
        found = self._connection.execute(
            "SELECT run_id FROM runs WHERE month = ? COLLATE NOCASE ORDER BY rowid DESC LIMIT 1",
            (month,),
        ).fetchone()
        return str(found[0]) if found else ""

    def last_run_id(self) -> str:
        """The name of the last run of all, or ''."""
        found = self._connection.execute("SELECT run_id FROM runs ORDER BY rowid DESC LIMIT 1")
        row = found.fetchone()
        return str(row[0]) if row else ""

    def last_run(self, month: Month | None = None) -> Run | None:
        """The last run, or a month's last; None without any."""
        last = self._last_of(str(month)) if month else self.last_run_id()
        return next(iter(self._runs("WHERE run_id = ?", (last,))), None)

    def latest_month(self) -> Month | None:
        """The latest month that has a run, or None."""
        return max(map(self._month, self._months()), default=None)

    def closings(self, month: Month) -> dict[Line, int] | None:
        """The closing balances of a month's last run, or None."""
        last = self.last_run(month)
        if last is None:
            return None
        rows = self._connection.execute(
            "SELECT revenue_type, segment, currency, amount FROM closings WHERE run_id = ?",
            (last.run_id,),
        )
        return {(kind, segment, currency): int(amount) for kind, segment, currency, amount in rows}

    def _totals(self, where: str, values: Sequence[object]) -> dict[str, dict[str, Totals]]:
        found: dict[str, dict[str, Totals]] = {}
        for run_id, currency, *sums in self._connection.execute(
            f"SELECT * FROM totals {where} ORDER BY run_id, currency", values
        ):
            found.setdefault(run_id, {})[currency] = Totals(*map(int, sums))
        return found

    def breaks(self, run_id: str) -> list[Break]:
        """The breaks of a run by currency, the largest first."""
        return self._breaks("WHERE run_id = ?", (run_id,)).get(run_id, [])

    def _breaks(self, where: str = "", values: Sequence[object] = ()) -> dict[str, list[Break]]:
        found: dict[str, list[Break]] = {}
        # A month is run again and again, and most of its breaks stay as they are.
        known: dict[tuple[Any, ...], Break] = {}
        for run_id, *row in self._connection.execute(
            f"SELECT run_id, {', '.join(COLUMNS)} FROM breaks {where} "
            "ORDER BY currency, abs(difference) DESC, name",
            values,
        ):
            key = tuple(row)
            if key not in known:
                known[key] = break_of(row)
            found.setdefault(run_id, []).append(known[key])
        return found

    def found_events(self, run_id: str) -> list[FoundEvent]:
        """The events behind many lines that a run found."""
        rows = self._connection.execute(
            "SELECT id, kind, severity, sentence, advice, lines, breaks_left FROM found_events "
            "WHERE run_id = ? ORDER BY rowid",
            (run_id,),
        )
        return [event_of(row) for row in rows]

    def event_lives(
        self, month: Month, now: Sequence[FoundEvent] | None = None
    ) -> tuple[EventLife, ...]:
        """The life of each event behind many lines.

        `now` are those of a run that is not recorded yet; without, the month's last run counts. The
        runs before are those of the month and the last one of the month before.
        """
        last = ""
        if now is None:
            last = self._last_of(str(month))
            now = self.found_events(last)
        before = self.found_events(self._last_of(str(month - 1)))
        return lives(now, [before, self._events_before(month, last)])

    def _events_before(self, month: Month, last: str) -> list[FoundEvent]:
        """The events of a month's earlier runs, each once."""
        where, values = _of_month(month)
        rows = self._connection.execute(
            "SELECT id, kind, severity, sentence, advice, lines, breaks_left, max(rowid) "
            f"FROM found_events WHERE run_id IN (SELECT run_id FROM runs {where}) "
            "AND run_id <> ? GROUP BY id ORDER BY min(rowid)",
            (*values, last),
        )
        return [event_of(row[:-1]) for row in rows]

    def _telling(self) -> list[Event]:
        """The events without those of runs that only repeat others."""
        return self.events("WHERE number NOT IN (SELECT event FROM repeats)")

    def _telling_breaks(self) -> dict[str, list[Break]]:
        """The breaks of the runs among these events."""
        return self._breaks(
            "WHERE run_id IN (SELECT subject FROM events WHERE kind = 'run' "
            "AND number NOT IN (SELECT event FROM repeats))"
        )

    def events(self, where: str = "") -> list[Event]:
        """All events, or some, in order of time."""
        rows = self._connection.execute(
            "SELECT number, at, who, host, kind, subject, month, reason, detail FROM events "
            f"{where} ORDER BY number"
        )
        return [
            Event(number, moment(at), who, host, Kind(kind), subject, self._month(month), *rest)
            for number, at, who, host, kind, subject, month, *rest in rows
        ]

    def _month(self, text: str) -> Month:
        """A text's month, which may be a fiscal period.

        Runs before there were any have calendar months. Raises ConfigError where the configuration
        does not know the period.
        """
        if self._periods and self._periods.find(text) is not None:
            return Month.parse(text, self._periods)
        try:
            return Month.parse(text)
        except MonthError:
            what = f"has no {text}" if self._periods else "is not set"
            mistake = f"calendar.periods: {what}, but the journal has a run of {text}; add it"
            raise ConfigError([mistake], "the configuration") from None

    def signatures(self) -> dict[str, tuple[Signature, ...]]:
        """The signatures of every signed run, oldest first."""
        return signatures(self.events("WHERE kind IN ('accepted', 'signed_off')"))

    def past(self, month: Month) -> Past:
        """The journal's content before a run of a month."""
        events, last = self._telling(), self.last_run(month)
        signed = next(iter(self._runs("WHERE run_id = ?", (signed_off(events, month),))), None)
        compared = {run.run_id: self.breaks(run.run_id) for run in (last, signed) if run}
        return Past(events, {**self._telling_breaks(), **compared}, last, signed)

    def standing(self, month: Month) -> tuple[OpenItem, ...]:
        """The breaks open at a month's end, oldest first."""
        return standing(self._telling(), self._telling_breaks(), month)

    def open_items(self, month: Month | None = None) -> dict[str, OpenItem]:
        """The state of every break by name, open or resolved.

        See `recon.record.journal.open_items`.
        """
        return open_items(self._telling(), self._telling_breaks(), month)

    def open_item(self, text: str) -> OpenItem:
        """The only break that a text names.

        See `recon.record.journal.names`. Raises UsageError where it is not one.
        """
        return names.one(text, self.open_items().values())


def _of_month(month: Month | None) -> tuple[str, tuple[str, ...]]:
    """A condition for runs of a month, or none."""
    return ("WHERE month = ? COLLATE NOCASE", (str(month),)) if month else ("", ())


def _kept(value: object) -> object:
    """A value for SQLite: beyond 64 bits, its digits."""
    long = isinstance(value, int) and not -(2**63) <= value < 2**63
    return str(value).encode() if long else value
