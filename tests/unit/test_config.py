"""The configuration: where it is looked for, what it means, and every mistake in it at once."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from recon.base.errors import ConfigError
from recon.config import Settings, SourceKind, find, load
from recon.store.session import open_session

FILES = """\
[analytics]
source = "files"
path = "../data/contracts.csv"
[accounting]
source = "files"
path = "../data/entries-*.csv"
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder; the user has no configuration of their own either."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.delenv("RECON_CONFIG", raising=False)
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda *_, **__: str(tmp_path / "user"))
    return here


def written(path: Path, text: str | bytes = FILES) -> Path:
    """Write a configuration and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def mistakes(text: str | bytes, profile: str | None = None) -> tuple[str, ...]:
    """Return the mistakes of a configuration."""
    with pytest.raises(ConfigError) as caught:
        load(written(Path("recon.toml"), text), profile)
    return caught.value.mistakes


def loaded(text: str, profile: str | None = None) -> Settings:
    """Return the settings of a configuration."""
    return load(written(Path("recon.toml"), text), profile)


# Where it is looked for


def test_without_any_the_sample_is_reconciled(nowhere: Path) -> None:
    """No configuration is no mistake: both sides are the sample, reports go here."""
    settings = load()
    assert settings.sample
    assert settings.path is None
    assert settings.reports == nowhere / "reports"


def test_each_place_goes_before_the_next(
    nowhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--config, RECON_CONFIG, config/recon.toml here, the one above, the user's own."""
    deep = nowhere / "deeper"
    places = [
        written(tmp_path / "user" / "recon.toml"),
        written(nowhere / "config" / "recon.toml"),
        written(deep / "config" / "recon.toml"),
        written(tmp_path / "variable.toml"),
        written(tmp_path / "option.toml"),
    ]
    assert find(None, tmp_path) == places[0]
    assert find(None, nowhere) == places[1]
    assert find(None, deep) == places[2]
    assert find(None, deep / "config") == places[2]
    monkeypatch.setenv("RECON_CONFIG", str(places[3]))
    assert find(None, deep) == places[3]
    assert find(places[4], deep) == places[4]


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """RECON_CONFIG= switches nothing on."""
    monkeypatch.setenv("RECON_CONFIG", "")
    assert load().path is None


@pytest.mark.parametrize("name", ["nowhere.toml", "a-folder", "x" * 300, "~nobody/recon.toml"])
def test_a_named_one_must_be_there(nowhere: Path, name: str) -> None:
    """A configuration that was asked for is never replaced by another one."""
    written(nowhere / "config" / "recon.toml")
    (nowhere / "a-folder").mkdir()
    with pytest.raises(ConfigError, match="there is no such file; correct --config"):
        load(Path(name))


def test_the_variable_is_named_when_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who set RECON_CONFIG long ago is told that it is the one to correct."""
    monkeypatch.setenv("RECON_CONFIG", "gone.toml")
    with pytest.raises(ConfigError, match="correct the environment variable RECON_CONFIG"):
        load()


def test_a_folder_that_may_not_be_looked_into_is_passed_over(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service account may not see every folder above; that stops nothing."""

    def refused(self: Path) -> bool:
        raise PermissionError(13, "denied", str(self))

    monkeypatch.setattr(Path, "is_file", refused)
    assert find(None, nowhere) is None


# What it means


def test_paths_stand_beside_the_file(nowhere: Path) -> None:
    """A relative path starts at the folder of the configuration, and is shown without detours."""
    settings = load(written(nowhere / "config" / "recon.toml"))
    assert settings.analytics.path == nowhere / "data" / "contracts.csv"
    assert settings.accounting.path == nowhere / "data" / "entries-*.csv"
    assert settings.analytics.kind is SourceKind.FILES
    assert not settings.sample


def test_reports_go_beside_the_config_folder(nowhere: Path) -> None:
    """The reports of project/config/recon.toml go to project/reports, from wherever it is run."""
    assert load(written(nowhere / "p" / "config" / "recon.toml")).reports == nowhere / "p/reports"


def test_reports_of_another_file_go_here(nowhere: Path, tmp_path: Path) -> None:
    """A configuration that stands somewhere else says nothing of where reports go."""
    assert load(written(tmp_path / "etc" / "recon.toml")).reports == nowhere / "reports"


def test_the_reports_directory_is_configured(nowhere: Path) -> None:
    """reports.directory is relative to the file, too."""
    text = FILES + "[reports]\ndirectory = '../out'\n"
    assert load(written(nowhere / "p/config/recon.toml", text)).reports == nowhere / "p/out"


def test_a_home_is_expanded_and_a_tilde_in_a_name_is_not(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`~/x` is below the home; a name that only begins with ~, as Office's locks do, is a name."""
    monkeypatch.setenv("HOME", str(nowhere))
    monkeypatch.setenv("USERPROFILE", str(nowhere))
    text = FILES.replace("../data/contracts.csv", "~/contracts.csv")
    assert loaded(text).analytics.path == nowhere / "contracts.csv"
    text = FILES.replace("../data/contracts.csv", "~$contracts.csv")
    assert loaded(text).analytics.path == nowhere / "~$contracts.csv"


def test_a_byte_order_mark_is_no_mistake() -> None:
    """Windows editors write one."""
    assert load(written(Path("recon.toml"), b"\xef\xbb\xbf" + FILES.encode())).path


def test_a_profile_goes_over_the_rest() -> None:
    """[profiles.NAME] replaces single keys and keeps the others."""
    text = FILES + "[policy]\nfloor = '5.00'\n[profiles.q.policy]\ntolerance = '2%'\n"
    assert loaded(text).policy.tolerance.ppm == 10_000
    policy = loaded(text, "q").policy
    assert (policy.tolerance.ppm, policy.tolerance.floor) == (20_000, 50_000)


def test_the_way_a_csv_file_is_written() -> None:
    """Every key of a side arrives."""
    side = loaded(
        FILES + "encoding = 'UTF8'\ndelimiter = \"\\t\"\ndecimal = ','\ndate_format = '%m/%Y'\n"
        "compliance = ['approved_by']\n[accounting.columns]\namount = 'Betrag'\napproved_by = 'Wer'"
    ).accounting
    assert (side.encoding, side.delimiter, side.decimal) == ("utf-8", "\t", ",")
    assert (side.date_format, side.compliance) == ("%m/%Y", ("approved_by",))
    assert side.columns == {"amount": "Betrag", "approved_by": "Wer"}


@pytest.mark.parametrize(
    ("given", "kept"), [("2GB", "2GB"), ("1.5 gb", "1.5GB"), ("1500MB", "1500MB"), ("1TB", "1TB")]
)
def test_how_much_memory_a_month_may_take(given: str, kept: str) -> None:
    """The limit reaches the session in which a month is reconciled."""
    found = loaded(f"memory_limit = '{given}'\n{FILES}").memory_limit
    assert found == kept
    with open_session(found) as limited, open_session() as free:
        asked = "SELECT current_setting('memory_limit')"
        assert limited.execute(asked).fetchone() != free.execute(asked).fetchone()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("'2'", "is not an amount of memory, like '2GB'"),
        ("'2 gallons'", "is not an amount of memory"),
        ("2", "is not a text"),
        ("'16MB'", "is too little; a month needs '256MB' or more"),
    ],
)
def test_a_memory_limit_that_is_none(given: str, told: str) -> None:
    """A number needs a unit, and a month a little room."""
    (mistake,) = mistakes(f"memory_limit = {given}\n{FILES}")
    assert mistake.startswith("memory_limit: ")
    assert told in mistake


# Mistakes


def test_every_mistake_at_once_with_its_full_key() -> None:
    """One run tells all of them, so that nobody mends them one by one."""
    found = mistakes("""
        speed = 1
        [analytics]
        source = "fiels"
        [accounting]
        source = "files"
        pth = "x.csv"
        [policy]
        tolerance = 0.01
        currency = "Dollar"
        [policy.segments.SMB]
        tolerence = "2%"
        [policy.types.Licence]
        floor = "1"
        [reports]
        folder = "x"
    """)
    assert sorted(mistake.split(":")[0] for mistake in found) == [
        "accounting.path",
        "accounting.pth",
        "analytics.source",
        "policy.currency",
        "policy.segments.SMB.tolerence",
        "policy.tolerance",
        "policy.types.Licence.kind",
        "reports.folder",
        "speed",
    ]


def test_the_mistakes_are_a_list_of_bullets() -> None:
    """The message names the file, counts, and gives a line each."""
    with pytest.raises(ConfigError) as caught:
        loaded("[analytics]\n[accounting]\n")
    first, *rest = str(caught.value).splitlines()
    assert first.endswith("recon.toml has 2 mistakes:")
    sources = "sample, files, sqlserver, odbc, spark, store"
    assert rest == [
        f"  - {side}.source: is missing; it is one of {sources}"
        for side in ("analytics", "accounting")
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("path = 5", "accounting.path: 5 is not a text"),
        ("path = ' '", "accounting.path: ' ' is not a text"),
        ('path = "C:\\temp\\x.csv"', "Windows paths need single quotes"),
        ("encoding = 'latin-12'", "'latin-12' is not a known encoding"),
        ("encoding = 'hex'", "'hex' is not a known encoding"),
        ("delimiter = '::'", "'::' is not a single character"),
        ("delimiter = '\"'", "cannot separate columns"),
        ('delimiter = "\\n"', "cannot separate columns"),
        ("decimal = ';'", "is not '.' or ','"),
        ("decimal = 1", "is not '.' or ','"),
        ("date_format = 'dd.MM.yyyy'", "is not a format of dates, like '%d.%m.%Y'"),
        ("date_format = '%d.%m.'", "is not a format of dates"),
        ("date_format = '%'", "is not a format of dates"),
        ("compliance = 'approved_by'", "is not a list of texts"),
        (
            "[accounting.columns]\namuont = 'x'",
            "accounting.columns.amuont: is not a known key; did you mean amount?",
        ),
        ("[accounting.columns]\namount = 1", "accounting.columns.amount: 1 is not a text"),
    ],
)
def test_a_mistake_of_a_side_is_told(line: str, words: str) -> None:
    """Each key of a source is checked before anything is read."""
    text = FILES if not line.startswith("path") else FILES.replace('path = "../data/e', '#"')
    found = mistakes(f"{text}{line}\n")
    assert words in found[0]
    assert len(found) == 1


@pytest.mark.parametrize(
    "text",
    ["analytics = 3", "policy = 'x'", "reports = 'out'", "profiles = 3", "[profiles]\nq = 3"],
)
def test_a_value_in_the_place_of_a_table_is_told(text: str) -> None:
    """What should be a table and is not ends in a sentence, with or without a profile."""
    key = "profiles.q" if "q =" in text else text.split(" ", maxsplit=1)[0]
    for profile in (None, "q"):
        assert f"{key}: must be a table" in mistakes(text, profile)


def test_an_unknown_profile_is_told_with_the_known_ones() -> None:
    """A misspelled profile never falls back to none."""
    found = mistakes(FILES + "[profiles.test]\n[profiles.prod]\n", "tset")
    assert found == ("profiles.tset: there is no such profile (available: test, prod)",)


def test_a_profile_without_a_configuration_is_told() -> None:
    """--profile needs a file to stand in."""
    with pytest.raises(ConfigError, match=r"profiles\.x: no configuration was found"):
        load(None, "x")


@pytest.mark.parametrize("path", ['"C:\\Users\\x.csv"', '"data\\contracts.csv"'])
def test_a_backslash_in_double_quotes_is_explained(path: str) -> None:
    """TOML takes it for the start of a special character, which no message of TOML says."""
    (found,) = mistakes(f"[analytics]\nsource = 'files'\npath = {path}\n")
    assert "it is not TOML" in found
    assert "line 3" in found
    assert found.endswith("Windows paths need single quotes")


def test_single_quotes_take_a_windows_path() -> None:
    """The advice is true."""
    path = loaded(
        FILES.replace('"../data/contracts.csv"', r"'\\server\share\x.csv'")
    ).analytics.path
    assert str(path).endswith(r"server\share\x.csv")


@pytest.mark.parametrize("text", ["[analytics\n", "x = 1\nx = 2\n", "source = files"])
def test_what_is_not_toml_is_told_with_its_line(text: str) -> None:
    """A slip of the pen is found where it is."""
    (found,) = mistakes(text)
    assert found.startswith("it is not TOML: ")
    assert "line " in found
    assert "quotes" not in found


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_a_file_that_is_not_utf8_is_told(encoding: str) -> None:
    """PowerShell's > writes UTF-16, old editors a code page."""
    assert mistakes(("# März\n" + FILES).encode(encoding)) == ("it is not UTF-8; save it as UTF-8",)


def test_a_file_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rights may be missing on the file itself."""

    def refused(self: Path, encoding: str | None = None) -> str:
        raise PermissionError(13, "Permission denied", str(self))

    written(Path("recon.toml"))
    monkeypatch.setattr(Path, "read_text", refused)
    with pytest.raises(ConfigError, match="it cannot be read: Permission denied"):
        load(Path("recon.toml"))


def test_a_database_needs_its_keys() -> None:
    """What a kind of database needs and lacks is told, and a password in the file is refused."""
    with pytest.raises(ConfigError) as caught:
        loaded(
            '[analytics]\nsource = "sqlserver"\nserver = "S"\nencrypt = "yes"\n'
            '[accounting]\nsource = "odbc"\nconnection = "DSN=x;PWD=s3cret"\nquery = "no.sql"\n'
        )
    assert caught.value.mistakes[:2] == (
        "analytics.database: is missing; source = 'sqlserver' needs it",
        "analytics.query: is missing; source = 'sqlserver' needs it",
    )
    assert "analytics.encrypt: 'yes' is not true or false" in caught.value.mistakes
    told = [mistake for mistake in caught.value.mistakes if mistake.startswith("accounting")]
    assert "there is no file" in told[0]
    assert "password_env" in told[1]
    assert "s3cret" not in str(caught.value)


def test_accounts_have_the_names_of_the_ledger() -> None:
    """Those of every revenue type and of deferred revenue; another name is a mistake."""
    rest = '[policy.types.Training]\nkind = "one_time"\n[accounts]\n"Revenue - Training" = "4100"\n'
    assert loaded(FILES + rest).accounts == {"Revenue - Training": "4100"}
    (found,) = mistakes(FILES + '[accounts]\n"Revenue - Trainng" = "4100"\n')
    said = "accounts.Revenue - Trainng: is not a known key; did you mean Revenue - "
    assert found.startswith(said)
