"""`recon init` against a real database: from an empty folder to the month's figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from recon.config import load
from recon.sources import sample
from tests.integration.conftest import Postgres
from tests.integration.newcomer import DATED, DEALS, Setting, Terminal, agrees
from tests.integration.servers import PostgresBooks, Server
from tests.shell import in_process, one_sentence

PERIODS = {
    "date": DATED,
    "timestamp": f"CAST({DATED} AS timestamp) + interval '20 days'",
    "numeric YYYYMMDD": f"CAST(to_char({DATED}, 'YYYYMMDD') AS numeric(8))",
}
# What every server understands, and makes 2024-06-01 of a date.
_WRITTEN = "CAST(recognition_period AS CHAR(10))"
FORMS = {
    "YYYYMM": f"CAST(LEFT(REPLACE({_WRITTEN}, '-', ''), 6) AS INT)",
    "YYYYMMDD": f"CAST(REPLACE({_WRITTEN}, '-', '') AS INT)",
    "'YYYYMM'": f"LEFT(REPLACE({_WRITTEN}, '-', ''), 6)",
    "'YYYY-MM'": f"LEFT({_WRITTEN}, 7)",
    "'YYYYMMDD'": f"REPLACE({_WRITTEN}, '-', '')",
    "'YYYY-MM-DD'": _WRITTEN,
}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sample as files, and a configuration for them."""
    folder = tmp_path_factory.mktemp("books")
    sample.make(sample.Recipe(contracts=100), folder / "sample.duckdb")
    sample.export(folder / "sample.duckdb", folder, "csv")
    (folder / "files.toml").write_text(
        "[analytics]\nsource = 'files'\npath = 'contracts.csv'\n"
        "[accounting]\nsource = 'files'\npath = 'entries.csv'\n",
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def setting(postgres: Postgres, books: Path, tmp_path: Path) -> Setting:
    """Return an empty folder and the server."""
    return Setting(postgres, books, tmp_path)


@pytest.mark.parametrize("period", PERIODS)
def test_the_month_is_that_of_the_files(setting: Setting, period: str) -> None:
    """From nothing to the same figures: other names, blanks and quotes in them, other types."""
    setting.tables(period=PERIODS[period])
    done = setting.init()
    assert done.returncode == 0, done.stderr.decode()
    assert list(setting.written()) == [
        "config/recon.toml", "config/sqlserver/contracts.sql", "config/sqlserver/entries.sql",
    ]  # fmt: skip
    assert setting.agrees()


@pytest.fixture(scope="module")
def loaded(server: Server, books: Path) -> Server:
    """Return each server that is there, with the sample in the tables of the example."""
    server.load(books)
    return server


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_period_on_every_server(
    loaded: Server, books: Path, tmp_path: Path, form: str
) -> None:
    """Periods that are numbers or texts are compared as such, in the words of the server."""
    create = (
        "CREATE VIEW dbo.revrec_entries AS SELECT entry_id, contract_id, revenue_type, amount, "
        f"{FORMS[form]} AS period, currency, posted_at, document_ref FROM dbo.revenue_recognition"
    )
    grant = ["GRANT SELECT ON dbo.revrec_entries TO recon"] * isinstance(loaded, PostgresBooks)
    loaded.execute("accounting", create, *grant)
    secrets = {"BOOKS_PASSWORD": loaded.password}
    try:
        done = in_process(
            "init", *loaded.options(), "--contracts-table", "dbo.deals", "--entries-table",
            "dbo.revrec_entries", "--yes", cwd=tmp_path, env=secrets,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        assert agrees(tmp_path, secrets, books)
    finally:
        loaded.execute("accounting", "DROP VIEW dbo.revrec_entries")


def test_what_is_proposed_is_shown_and_written(setting: Setting) -> None:
    """Every column of ours with theirs; the configuration loads; nothing holds the password."""
    setting.tables()
    said = setting.init().stdout.decode()
    for line in (
        "analytics: sales.Deals", "accounting: gl.Revenue Recognition",
        "contract_value   TotalContractValue", "close_date       EndDate",
        'revenue_type        Revenue"Type', "compliance          Approved By",
        "recon doctor\n", "recon month 20",
    ):  # fmt: skip
        assert line in said, said
    files = setting.written()
    assert not any(setting.postgres.password in text for text in files.values())
    settings = load(setting.config)
    assert settings.accounting.compliance == ("performance_obligation", "approved_by")
    assert settings.policy.currency == "USD"
    assert 'c."EndDate" AS close_date' in files["config/sqlserver/contracts.sql"]


def test_lower_case_names_and_a_close_date_alone(setting: Setting) -> None:
    """Tables as analysts make them; a close date without an end date is taken with a warning."""
    setting.tables(
        "CREATE SCHEMA sales; CREATE TABLE sales.dim_contract AS SELECT contract_id AS contract_no,"
        " revenue_type AS category, contract_value AS tcv, duration_months AS term,"
        " booking_date AS booked_on, close_date, start_date, currency, customer_id, customer,"
        " segment, owner, terminated_on AS churn_date FROM staged;",
        "CREATE SCHEMA gl; CREATE VIEW gl.x AS SELECT 1; CREATE TABLE gl.fact_revenue_entries AS"
        " SELECT entry_id AS line_id, contract_id AS contract_no, revenue_type AS product_type,"
        " amount AS revenue_amount, CAST(replace(recognition_period, '-', '') AS int) AS"
        " fiscal_period, currency, posted_at AS posting_date, document_ref AS doc_no FROM staged;",
    )
    done = setting.init("--currency", "usd")
    assert done.returncode == 0, done.stderr.decode()
    assert "a CRM's close date is the" in done.stdout.decode()
    contracts = (setting.folder / "config/sqlserver/contracts.sql").read_text(encoding="utf-8")
    assert 'c."close_date" AS close_date,' in contracts
    assert "-- date; a CRM_s close date is the day the deal was won" in contracts
    assert load(setting.config).policy.currency == "USD"
    assert setting.agrees()


def test_a_needed_column_that_lacks_is_told(setting: Setting) -> None:
    """All that lack at once, with the columns that there are; nothing is written."""
    setting.tables(DEALS + 'ALTER TABLE sales."Deals" DROP "TermMonths", DROP "EndDate", '
                           'DROP "CloseDate";')  # fmt: skip
    code, said = setting.refused()
    assert code == 4
    assert "analytics.duration_months: no column of sales.Deals fits; it has DealID, Type" in said
    assert "analytics.close_date: no column" in said


def test_tables_are_named_where_none_fits(setting: Setting) -> None:
    """Without a table that looks like it, those that the login sees are listed."""
    setting.tables('CREATE SCHEMA sales; CREATE TABLE sales."X1" AS SELECT 1 AS a;')
    code, said = setting.refused()
    assert (code, "--contracts-table: no table looks right" in said) == (4, True)
    assert "sales.X1" in said
    code, said = setting.refused("--contracts-table", "sales.nix")
    assert (code, "there is no sales.nix; this login sees sales.X1" in said) == (4, True)


def test_a_table_can_be_named(setting: Setting) -> None:
    """What is named is taken, without its schema and whatever the case."""
    setting.tables()
    assert setting.init("--contracts-table", "deals_archive").returncode == 0
    assert '"Deals_Archive"' in setting.written()["config/sqlserver/contracts.sql"]


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("CAST(right(recognition_period, 2) AS int)", "its values run from 1 to 12"),
        ("CASE WHEN amount > 100 THEN recognition_period ELSE '' END", "its values run from ''"),
        ("CAST(NULL AS text)", "it has no values"),
    ],
)
def test_a_period_that_is_none_is_told(setting: Setting, period: str, said: str) -> None:
    """What is no month of a year is not taken for one."""
    setting.tables(period=period)
    code, message = setting.refused()
    assert (code, said in message) == (4, True), message


def test_existing_files_stay_unless_forced(setting: Setting) -> None:
    """Nothing is replaced without --force, and with it the old ones are kept, all of them."""
    setting.tables()
    setting.config.parent.mkdir()
    setting.config.write_text("# mine\n", encoding="utf-8")
    code, said = setting.refused()
    assert code == 2
    assert "--force" in one_sentence(said)
    assert setting.init("--force").returncode == 0
    assert setting.init("--force").returncode == 0
    files = setting.written()
    assert files["config/recon.toml.bak"] == "# mine\n"
    assert files["config/recon.toml.2.bak"] == files["config/recon.toml"]
    assert setting.agrees()


def test_another_folder(setting: Setting) -> None:
    """--out is created; the next commands then name the configuration."""
    setting.tables()
    setting.environment["RECON_CONFIG"] = "nowhere.toml"
    done = setting.init("--out", "finance/emea")
    assert done.returncode == 0
    path = setting.folder / "finance" / "emea" / "recon.toml"
    assert f'recon doctor --config "{path}"' in done.stdout.decode()
    assert load(path).analytics.database is not None


def test_a_folder_that_cannot_be_written(setting: Setting) -> None:
    """A file where the folder should be ends it with exit 7, in one sentence."""
    setting.tables()
    (setting.folder / "config").write_text("", encoding="utf-8")
    code, said = setting.refused()
    assert code == 7
    assert "The configuration cannot be written" in one_sentence(said)


def test_a_wrong_password_is_told(setting: Setting) -> None:
    """The login is refused in one sentence that does not hold the password."""
    setting.tables()
    setting.environment = {"BOOKS_PASSWORD": "s3cret"}
    code, said = setting.refused()
    assert code == 5
    assert "rejects the login" in one_sentence(said)
    assert "s3cret" not in said


def test_a_password_has_no_place_on_the_command_line(setting: Setting) -> None:
    """A connection string with a password is a mistake, and not repeated."""
    connection = setting.connection("crm") + ";PWD=s3cret"
    done = in_process("init", "--yes", "--analytics-connection", connection,
                 "--accounting-connection", connection, cwd=setting.folder)  # fmt: skip
    assert done.returncode == 4
    assert b"analytics.connection: it contains a password" in done.stderr
    assert b"s3cret" not in done.stderr + done.stdout


def test_missing_answers_are_named_where_nobody_can_be_asked(tmp_path: Path) -> None:
    """Exit 2 with the options, with --yes and without."""
    for arguments in (["init"], ["init", "--yes"], ["init", "--server", "SQL01", "--yes"]):
        done = in_process(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        said = one_sentence(done.stderr.decode())
        assert "--analytics-database" in said and "--accounting-database" in said
        assert ("--analytics-server" in said) == ("--server" not in arguments)
        assert ("--yes" in said) == ("--yes" not in arguments)
    assert not list(tmp_path.iterdir())


def test_contradicting_answers(tmp_path: Path) -> None:
    """A side is a SQL Server or a connection string, not both."""
    done = in_process("init", "--analytics-connection", "DSN=x", "--analytics-database", "y",
                 "--yes", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 2
    assert "--analytics-connection says where" in one_sentence(done.stderr.decode())
    both = ["--analytics-connection", "DSN=x", "--accounting-connection", "DSN=y"]
    done = in_process("init", *both, "--user", "anna", "--yes", cwd=tmp_path)
    assert done.returncode == 2
    assert "--user belongs in the connection" in one_sentence(done.stderr.decode())
    done = in_process("init", *both, cwd=tmp_path)
    assert done.returncode == 2
    assert "There is no terminal to ask questions in; --yes accepts" in one_sentence(
        done.stderr.decode()
    )
    assert not list(tmp_path.iterdir())


# With questions


@pytest.fixture
def terminal(setting: Setting) -> Iterator[Callable[..., Terminal]]:
    """Return what starts `recon init` in a terminal."""
    with ExitStack() as opened:
        yield lambda *options: opened.enter_context(closing(Terminal(setting, *options)))


def connections(setting: Setting) -> list[tuple[str, str]]:
    """Return the questions for both databases, with what answers them."""
    return [
        ("SQL Server with booked contracts (analytics)", setting.connection("crm")),
        ("Environment variable that holds its password", "BOOKS_PASSWORD"),
        ("SQL Server with recognized revenue (accounting)", setting.connection("books")),
        ("Environment variable that holds its password", ""),
        ("Currency of rows that have none [USD]", ""),
    ]


def test_questions_lead_to_the_month(setting: Setting, terminal: Callable[..., Terminal]) -> None:
    """Enter takes what is proposed, and the figures are those of the files."""
    setting.tables()
    found = terminal()
    found.answer(
        ("SQL Server with booked contracts", setting.connection("crm") + ";PWD=x"),
        ("Environment variable that holds its password", ""),
    )
    found.until("it contains a password")
    found.answer(
        *connections(setting),
        ("Table (? lists all) [sales.Deals]", ""),
        ("Table (? lists all) [gl.Revenue Recognition]", ""),
        ("Column to change", ""),
        ("Column to change", ""),
    )
    assert found.ended() == 0
    assert "Written:" in found.shown
    assert setting.agrees()
    assert setting.postgres.password not in "".join(setting.written().values())


def test_columns_are_changed_by_name(setting: Setting, terminal: Callable[..., Terminal]) -> None:
    """A column of ours is named, then one of theirs; what is not there is asked for again."""
    setting.tables()
    found = terminal(*setting.options, "--currency", "EUR")
    found.answer(
        ("Table", "?"), ("sales.Customers, sales.Deals", "nix"), ("There is no table nix", "deals"),
        ("Table", ""),
        ("Column to change", "nix"), ("recon has no column nix", "compliance"),
        ("Compliance columns", "approved by"), ("Column to change", "document_ref"),
        ("Your column for document_ref (- for none) [Invoice No]", "-"),
        ("Column to change", ""),
        ("analytics: sales.Deals", "close_date"),
        ("Your column for close_date [EndDate]", "nix"), ("There is no nix", "closedate"),
        ("your choice", ""),
    )  # fmt: skip
    assert found.ended() == 0
    files = setting.written()
    assert '"CloseDate" AS close_date' in files["config/sqlserver/contracts.sql"]
    assert "document_ref" not in files["config/sqlserver/entries.sql"]
    assert load(setting.config).accounting.compliance == ("approved_by",)


def test_a_needed_column_is_asked_for(setting: Setting, terminal: Callable[..., Terminal]) -> None:
    """What no name tells is asked, and cannot be left out."""
    setting.tables(DEALS + 'ALTER TABLE sales."Deals" RENAME "TermMonths" TO "N";')
    found = terminal(*setting.options, "--contracts-table", "sales.Deals", "--entries-table",
                     "gl.Revenue Recognition", "--currency", "USD")  # fmt: skip
    found.answer(
        ("Column to change", ""),
        ("looks like duration_months, which recon needs", ""),
        ("An answer is needed", "-"),
        ("There is no -", "n"),
        ("your choice", ""),
    )
    assert found.ended() == 0
    assert setting.agrees()


def test_a_side_that_cannot_be_reached_is_asked_for_again(
    setting: Setting, terminal: Callable[..., Terminal]
) -> None:
    """A typing error costs an answer, not the whole dialogue."""
    setting.tables()
    found = terminal("--password-env", "BOOKS_PASSWORD", "--currency", "USD")
    first, second = connections(setting)[0:4:2]
    found.answer((first[0], setting.connection("nix")), second)
    found.until("has no such database")
    found.answer(
        (f"{first[0]}, or an ODBC connection string [{setting.connection('nix')}]", first[1]),
        (f"string [{second[1]}]", ""), ("have none [USD]", ""), ("Table", ""), ("Table", ""),
        ("Column to change", ""), ("Column to change", ""),
    )  # fmt: skip
    assert found.ended() == 0
    assert setting.agrees()


def test_an_unclear_period_is_asked_for(
    setting: Setting, terminal: Callable[..., Terminal]
) -> None:
    """Where the values do not tell how a period is written, the user does."""
    setting.tables(period="CASE WHEN amount > 1 THEN recognition_period ELSE '?' END")
    found = terminal(*setting.options, "--currency", "USD")
    found.answer(
        ("Table", ""), ("Table", ""), ("to change", ""), ("to change", ""),
        ("Is it YYYYMM or YYYY-MM or YYYYMMDD or YYYY-MM-DD", "x"), ("Is it", "yyyy-mm"),
    )  # fmt: skip
    assert found.ended() == 0
    assert "'YYYY-MM')" in setting.written()["config/sqlserver/entries.sql"]


@pytest.mark.parametrize("question", ["SQL Server with", "Table", "Column to change"])
def test_ctrl_c_leaves_nothing(
    setting: Setting, terminal: Callable[..., Terminal], question: str
) -> None:
    """Whenever it comes: exit 130, and no file."""
    setting.tables()
    found = terminal(*([] if question.startswith("SQL") else setting.options), "--currency", "USD")
    answers = {"Column to change": [("Table", ""), ("Table", "")]}
    found.answer(*answers.get(question, []))
    found.until(question)
    found.interrupt()
    assert found.ended() == 130
    assert setting.written() == {}


def test_replacing_is_asked_first(setting: Setting, terminal: Callable[..., Terminal]) -> None:
    """Before any other question; a no ends it."""
    setting.config.parent.mkdir()
    setting.config.write_text("# mine\n", encoding="utf-8")
    found = terminal(*setting.options)
    found.answer(("Replace the configuration in config", "n"))
    assert found.ended() == 2
    assert setting.written() == {"config/recon.toml": "# mine\n"}
