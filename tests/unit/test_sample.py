"""The sample: the same everywhere, whole, and its truth the truth.

What is expected is computed here a second time, by fractions, without the code under test.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from recon.base.errors import ReportError, UsageError
from recon.base.month import Month
from recon.base.result import Cause
from recon.sources import sample
from recon.sources.sample import Recipe
from recon.sources.sample.recipe import FORMAT
from recon.sources.sample.tables import fill
from recon.store.session import Session, literal, open_session
from tests.shell import PATIENCE, in_process

SMALL = Recipe(seed=3, contracts=400)
ONE_MONTH = Recipe(
    seed=4,
    contracts=400,
    first=Month.parse("2024-06"),
    last=Month.parse("2024-06"),
    history=False,
)
TABLES = ("contracts", "entries", "truth")
Key = tuple[str, str, str]


@pytest.fixture(scope="module", params=[SMALL, ONE_MONTH], ids=["year", "month"])
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    """A small sample of a year, and one of a single month without history."""
    with open_session() as connection:
        connection.execute("ATTACH ':memory:' AS sample")
        fill(connection, request.param)
        yield Made(request.param, connection)


@pytest.fixture(scope="module")
def standard() -> Iterator[Made]:
    """The sample that `recon` shows by default."""
    recipe = Recipe()
    with open_session() as connection:
        connection.execute("ATTACH ':memory:' AS sample")
        fill(connection, recipe)
        yield Made(recipe, connection)


@dataclass(frozen=True)
class Made:
    """A sample in an open session."""

    recipe: Recipe
    connection: Session

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(query).fetchall()

    def months(self) -> list[str]:
        """Return the months that the sample covers."""
        recipe = self.recipe
        return [str(recipe.first + k) for k in range(recipe.last.index - recipe.first.index + 1)]


# --- the second opinion -------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A contract line, with what it should recognize by the specification, section 3."""

    value: Decimal
    months: int
    start: date
    close: date
    decimals: int

    def to_date(self, month: int) -> Decimal:
        """Return what is earned by the end of a month, half a unit rounded away from zero."""
        last = min(month, self.close.year * 12 + self.close.month - 1)
        elapsed = min(max(last - (self.start.year * 12 + self.start.month - 1) + 1, 0), self.months)
        exact = Fraction(self.value) * Fraction(elapsed, self.months) * 10**self.decimals
        whole = Decimal(exact.numerator) / Decimal(exact.denominator)
        return whole.quantize(Decimal(1), ROUND_HALF_UP).scaleb(-self.decimals)

    def expected(self, month: int) -> Decimal:
        """Return what the month should recognize."""
        return self.to_date(month) - self.to_date(month - 1)

    def allowed(self, expected: Decimal) -> Decimal:
        """Return the default tolerance."""
        unit = Decimal(1).scaleb(-self.decimals)
        return max(abs(expected) / 100, (self.months + 1) // 2 * unit, unit)


def _index(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _lines(made: Made) -> dict[Key, Line]:
    rows = made.rows(
        """SELECT contract_id, revenue_type, currency, contract_value, duration_months, start_date,
            least(close_date, terminated_on) FROM sample.contracts
        WHERE (contract_id, revenue_type, currency) NOT IN (
            SELECT (contract_id, revenue_type, currency) FROM sample.truth
            WHERE cause = 'invalid' AND note NOT LIKE '%amount')
        AND duration_months IS NOT NULL"""
    )
    decimals = {"JPY": 0, "KWD": 3}
    found = {}
    for contract, kind, currency, value, months, start, close in rows:
        assert isinstance(value, Decimal)
        assert isinstance(months, int)
        assert isinstance(start, date)
        assert isinstance(close, date)
        key = (str(contract), str(kind), str(currency))
        found[key] = Line(value, months, start, close, decimals.get(str(currency), 2))
    return found


def _recognized(made: Made) -> dict[Key, dict[int, Decimal]]:
    found: defaultdict[Key, dict[int, Decimal]] = defaultdict(dict)
    rows = made.rows(
        """SELECT contract_id, revenue_type, currency, recognition_period, sum(amount)
        FROM sample.entries WHERE amount IS NOT NULL AND revenue_type <> 'Trainng' GROUP BY ALL"""
    )
    for contract, kind, currency, month, amount in rows:
        assert isinstance(amount, Decimal)
        found[str(contract), str(kind), str(currency)][_index(str(month))] = amount
    return found


def _truth(made: Made) -> dict[tuple[Key, int], str]:
    rows = made.rows(
        """SELECT contract_id, revenue_type, currency, month, cause FROM sample.truth
        WHERE cause <> 'invalid'"""
    )
    return {((str(c), str(t), str(u)), _index(str(m))): str(cause) for c, t, u, m, cause in rows}


# --- tests --------------------------------------------------------------------------------------


def test_reference_by_hand() -> None:
    """The second opinion itself, on figures that can be done in the head."""
    line = Line(Decimal("1000.00"), 12, date(2024, 1, 15), date(2025, 1, 14), 2)
    months = [line.expected(2024 * 12 + k) for k in range(13)]
    assert [str(m) for m in months[:3]] == ["83.33", "83.34", "83.33"]
    assert (sum(months), months[12]) == (Decimal(1000), Decimal(0))


def test_breaks_are_the_truth_and_all_else_ties_exactly(made: Made) -> None:
    """Beyond tolerance are exactly the truth's line-months; every other one agrees to the unit."""
    lines, recognized, truth = _lines(made), _recognized(made), _truth(made)
    first, last = made.recipe.first.index, made.recipe.last.index
    earliest = 0 if made.recipe.history else first - 2
    broken = set()
    for key in lines.keys() | recognized.keys():
        line, booked = lines.get(key), recognized.get(key, {})
        since = line.start.year * 12 + line.start.month - 1 if line else first
        for month in booked.keys() | set(range(max(since, earliest), last + 1)):
            if month < earliest:
                continue
            expected = line.expected(month) if line else Decimal(0)
            difference = booked.get(month, Decimal(0)) - expected
            if difference:
                broken.add((key, month))
                assert line is None or abs(difference) > line.allowed(expected), (key, month)
    flawed = {
        (str(c), str(t), str(u))
        for c, t, u in made.rows(
            "SELECT contract_id, revenue_type, currency FROM sample.truth WHERE cause = 'invalid'"
        )
    }
    assert {place for place in broken if place[0] in lines or place[0] not in flawed} == set(truth)


def test_what_came_before_agrees_to_date(made: Made) -> None:
    """All of the past is there, month by month or, without history, as one opening entry."""
    recognized, before = _recognized(made), made.recipe.first.index - 3
    for key, line in _lines(made).items():
        past = [amount for month, amount in recognized[key].items() if month <= before]
        assert sum(past) == line.to_date(before)
        assert made.recipe.history or len(past) <= 1


def test_truth_names_each_place_once(made: Made) -> None:
    """A line and month has one cause."""
    twice = made.rows(
        """SELECT contract_id, revenue_type, currency, month FROM sample.truth
        GROUP BY ALL HAVING count(*) > 1"""
    )
    assert twice == []


def test_truth_refers_to_known_keys(made: Made) -> None:
    """Every truth names a contract line, or a key that has entries in the month."""
    keys = "contract_id, revenue_type, currency"
    strangers = made.rows(
        f"""SELECT * FROM sample.truth
        WHERE ({keys}) NOT IN (SELECT ({keys}) FROM sample.contracts)
        AND ({keys}, month) NOT IN (SELECT ({keys}, recognition_period) FROM sample.entries)"""
    )
    assert strangers == []


def test_two_sided_events_have_two_rows(made: Made) -> None:
    """What is moved is missing at one place and too much at the other."""
    causes = "'wrong_period', 'wrong_type', 'wrong_contract', 'mistyped_contract', 'wrong_currency'"
    events = made.rows(
        f"SELECT count(*) FROM sample.truth WHERE cause IN ({causes}) GROUP BY event"
    )
    assert {count for (count,) in events} == {2}


@pytest.mark.slow
def test_every_month_is_large_enough(standard: Made) -> None:
    """Every month has 5,000 lines with revenue and 15,000 entries."""
    rows = standard.rows(
        """SELECT recognition_period, count(DISTINCT contract_id || revenue_type), count(*)
        FROM sample.entries WHERE recognition_period >= '2024-01' GROUP BY ALL ORDER BY ALL"""
    )
    assert [month for month, _, _ in rows] == standard.months()
    assert all(int(str(entries)) >= 15_000 for _, _, entries in rows)
    lines = _lines(standard)
    for month in map(_index, standard.months()):
        assert sum(1 for line in lines.values() if line.expected(month)) >= 5_000


NOT_PLANTED = {
    Cause.POSTED_AGAIN, Cause.CREDIT_NOTE, Cause.PARTIAL_POSTING, Cause.POSTED_TOGETHER,
    Cause.AMENDED, Cause.STOPPED_BY_DAYS, Cause.REMAINDER_TAKEN, Cause.TWO_CAUSES,
    Cause.EXTRA_ENTRY,
}  # fmt: skip


def test_every_cause_in_every_month_and_8_percent_broken(standard: Made) -> None:
    """No month lacks a cause, and the share of broken lines is the recipe's."""
    truth = _truth(standard)
    active = len(standard.rows("SELECT DISTINCT contract_id, revenue_type FROM sample.entries "
                               "WHERE recognition_period = '2024-06'"))  # fmt: skip
    for month in map(_index, standard.months()):
        causes = Counter(cause for (_, at), cause in truth.items() if at == month)
        assert set(causes) == set(Cause) - NOT_PLANTED
        assert 0.065 < causes.total() / active < 0.095


def test_ids_are_two_edits_apart(made: Made) -> None:
    """One edit never leads from one contract to another."""
    (nearest,) = made.rows(
        """WITH ids AS (SELECT DISTINCT contract_id AS id FROM sample.contracts)
        SELECT min(damerau_levenshtein(a.id, b.id)), min(len(a.id)), max(len(a.id))
        FROM ids a JOIN ids b ON a.id < b.id"""
    )
    assert nearest[0] == 2
    assert nearest[1] == nearest[2]


def test_strangers_are_far_from_every_contract(made: Made) -> None:
    """No unknown contract looks like a typing error."""
    ((nearest,),) = made.rows(
        """SELECT min(damerau_levenshtein(t.contract_id, c.contract_id))
        FROM sample.truth t, sample.contracts c WHERE t.cause = 'unknown_contract'"""
    )
    assert isinstance(nearest, int)
    assert nearest >= 3


def test_entries_have_unique_ids_and_honest_documents(made: Made) -> None:
    """Only planted duplicates repeat amount and document, missing documents included."""
    ((rows, ids, documents),) = made.rows(
        "SELECT count(*), count(DISTINCT entry_id), count(document_ref) FROM sample.entries"
    )
    assert rows == ids
    assert 0.80 < int(str(documents)) / int(str(rows)) < 0.97
    copies = made.rows(
        """SELECT contract_id, revenue_type, currency, recognition_period
        FROM sample.entries WHERE amount IS NOT NULL
        GROUP BY 1, 2, 3, 4, amount, document_ref HAVING count(*) > 1"""
    )
    truth = _truth(made)
    places = [((str(c), str(t), str(u)), _index(str(m))) for c, t, u, m in copies]
    assert {truth[place] for place in places} == {"duplicate_entry"}


def test_postings_are_split(standard: Made) -> None:
    """A month's revenue comes in one to five postings."""
    rows = standard.rows(
        """SELECT count(*) FROM sample.entries e ANTI JOIN sample.truth t
        ON e.contract_id = t.contract_id WHERE recognition_period = '2024-06'
        GROUP BY e.contract_id, revenue_type"""
    )
    assert {count for (count,) in rows} == {1, 2, 3, 4, 5}


def test_invalid_rows_are_there(standard: Made) -> None:
    """Three kinds of invalid contracts, and every month some invalid entries."""
    assert standard.rows(
        """SELECT count(*) FILTER (duration_months IS NULL),
            count(*) FILTER (revenue_type = 'Trainng') FROM sample.contracts"""
    ) == [(1, 1)]
    assert standard.rows(
        """SELECT count(*) FROM (SELECT contract_id FROM sample.contracts
        GROUP BY contract_id, revenue_type HAVING count(*) = 2)"""
    ) == [(1,)]
    rows = standard.rows(
        """SELECT count(*) FILTER (amount IS NULL), count(*) FILTER (revenue_type = 'Trainng')
        FROM sample.entries WHERE recognition_period >= '2024-01' GROUP BY recognition_period"""
    )
    assert rows == [(2, 3)] * 12


def test_contracts_look_like_contracts(standard: Made) -> None:
    """Mid-month starts, credits, currencies and terminations have their shares."""
    ((rows, later, credits, dollars, early),) = standard.rows(
        """SELECT count(*),
            count(*) FILTER (day(start_date) > 1) / count(*),
            count(*) FILTER (contract_value < 0) / count(*),
            count(*) FILTER (currency = 'USD') / count(*),
            count(*) FILTER (terminated_on IS NOT NULL)
        FROM sample.contracts"""
    )
    assert 0.3 < float(str(later)) < 0.45
    assert 0.01 < float(str(credits)) < 0.02
    assert 0.7 < float(str(dollars)) < 0.9
    assert 0 < int(str(early)) < int(str(rows)) // 20


def test_no_errors_without_a_rate() -> None:
    """At a rate of zero nothing is broken."""
    with open_session() as connection:
        connection.execute("ATTACH ':memory:' AS sample")
        fill(connection, replace(SMALL, error_rate=Decimal(0)))
        found = connection.execute("SELECT DISTINCT cause FROM sample.truth").fetchall()
    assert found == [("invalid",)]


def _digest(recipe: Recipe, threads: int) -> str:
    with open_session(threads=threads) as connection:
        connection.execute("ATTACH ':memory:' AS sample")
        fill(connection, recipe)
        rows = [connection.execute(f"FROM sample.{table}").fetchall() for table in TABLES]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def test_the_same_with_any_number_of_threads_and_for_ever() -> None:
    """A changed digest is a changed sample: raise FORMAT, then write the new digest down."""
    recipe = Recipe(seed=5, contracts=150)
    assert _digest(recipe, threads=1) == _digest(recipe, threads=4)
    pinned = "8bb4d4adfe846cb1b5d3c8020425547808f3e40017a95908bae395be43a3a0c3"
    assert (FORMAT, _digest(recipe, threads=2)) == (5, pinned)


def test_another_seed_is_another_sample() -> None:
    """The seed matters."""
    recipe = Recipe(contracts=50)
    assert _digest(recipe, 2) != _digest(replace(recipe, seed=2), 2)


@pytest.mark.slow
def test_two_processes_make_it_at_once(tmp_path: Path) -> None:
    """Both succeed, and one whole file is left."""
    path = tmp_path / "new" / "sample.duckdb"
    code = (
        "import sys; from pathlib import Path; from recon.sources.sample import Recipe, make; "
        "make(Recipe(contracts=100), Path(sys.argv[1]))"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(2)]
    assert [process.wait(timeout=PATIENCE) for process in both] == [0, 0]
    assert list(path.parent.iterdir()) == [path]
    with open_session() as connection:
        connection.execute(f"ATTACH {literal(str(path))} AS sample (READ_ONLY)")
        found = dict(connection.execute("SELECT name, value FROM sample.about").fetchall())
    assert (found["format"], found["contracts"]) == (str(FORMAT), "100")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of the size of files")
def test_a_full_disk_leaves_none(tmp_path: Path) -> None:
    """Also where the database file cannot commit; the first run of a new user makes it."""
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from recon.base.errors import ReportError; from recon.sources.sample import Recipe, make\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "try: make(Recipe(contracts=300), Path(sys.argv[1]))\n"
        "except ReportError as error: sys.exit(str(error))"
    )
    path = tmp_path / "sample.duckdb"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.stderr.startswith(f"{path} cannot be written: "), done
    assert list(tmp_path.iterdir()) == []


def test_ensure_makes_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call finds what the first one made."""
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda _: str(tmp_path / "cache"))
    recipe = Recipe(contracts=20)
    path = sample.ensure(recipe)
    made_at = path.stat().st_mtime_ns
    assert path == sample.sample_path(recipe)
    assert sample.ensure(recipe).stat().st_mtime_ns == made_at


def test_a_file_in_use_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses to replace an open file: who made it first is as good, but must exist."""

    def refuse(_: Path, target: Path) -> None:
        if first:
            target.touch()
        raise PermissionError(13, "in use")

    monkeypatch.setattr("platformdirs.user_cache_dir", lambda _: str(tmp_path))
    monkeypatch.setattr(Path, "replace", refuse)
    first = False
    with pytest.raises(ReportError, match="in use"):
        sample.ensure(Recipe(contracts=1))
    assert list(tmp_path.iterdir()) == []
    first = True
    assert sample.ensure(Recipe(contracts=1)).exists()


def test_each_recipe_has_its_own_file() -> None:
    """No part of the recipe is missing in the file name."""
    others = [
        replace(SMALL, seed=9),
        replace(SMALL, contracts=9),
        replace(SMALL, error_rate=Decimal("0.01")),
        replace(SMALL, first=SMALL.last),
        replace(SMALL, last=SMALL.first),
        replace(SMALL, history=False),
    ]
    assert len({sample.sample_path(recipe) for recipe in [SMALL, *others]}) == 7


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_export(tmp_path: Path, kind: sample.Kind) -> None:
    """The files hold the tables, the CSV amounts as plain decimals."""
    path = tmp_path / "sample.duckdb"
    sample.make(Recipe(contracts=20), path)
    files = sample.export(path, tmp_path / "out", kind)
    assert [file.name for file in files] == [f"{table}.{kind}" for table in TABLES]
    with open_session() as connection:
        connection.execute(f"ATTACH {literal(str(path))} AS sample (READ_ONLY)")
        for table, file in zip(TABLES, files, strict=True):
            here, there = (
                connection.execute(f"SELECT count(*) FROM {relation}").fetchall()
                for relation in (f"sample.{table}", literal(str(file)))
            )
            assert here == there
    if kind == "csv":
        head, row = files[1].read_text("utf-8").splitlines()[:2]
        assert head.startswith("entry_id,contract_id,revenue_type,amount,recognition_period")
        assert Decimal(row.split(",")[3]).as_tuple().exponent == -4


@pytest.mark.parametrize(
    "wrong",
    [
        {"contracts": 0},
        {"error_rate": Decimal("0.5")},
        {"error_rate": Decimal(-1)},
        {"first": Month.parse("2025-01")},
    ],
)
def test_impossible_recipes_are_refused(wrong: dict[str, object]) -> None:
    """A recipe that cannot be is a mistake of usage."""
    with pytest.raises(UsageError):
        replace(SMALL, **wrong)  # type: ignore[arg-type]


def test_dates_are_in_order(standard: Made) -> None:
    """Nothing is booked after its start, closed before it, or posted in a later year."""
    assert standard.rows(
        """SELECT count(*) FROM sample.contracts
        WHERE booking_date > start_date OR close_date < start_date OR terminated_on < start_date"""
    ) == [(0,)]
    last = standard.rows("SELECT max(posted_at) FROM sample.entries")[0][0]
    assert isinstance(last, date)
    assert last.isoformat() < (date(2024, 12, 31) + timedelta(days=7)).isoformat()


def test_no_books_are_written_over(tmp_path: Path) -> None:
    """A sample goes over another sample, but over nothing else of the same name."""
    for table in ("contracts", "entries"):
        (tmp_path / f"{table}.csv").write_text("mine", encoding="utf-8")
    line = ["sample", "--contracts", "50", "--first", "2024-06", "--last", "2024-06", "--out"]
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "LOCALAPPDATA": str(tmp_path / "cache")}
    refused = in_process(*line, tmp_path, cwd=tmp_path, env=env)
    assert refused.returncode == 2
    assert b"already contains contracts.csv and entries.csv" in refused.stderr
    assert (tmp_path / "entries.csv").read_text(encoding="utf-8") == "mine"
    for _ in range(2):
        assert in_process(*line, tmp_path / "new", cwd=tmp_path, env=env).returncode == 0
