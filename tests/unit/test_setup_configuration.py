"""What setup writes: a configuration that loads as it was meant, all files or none."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from recon.base.errors import ConfigError, ReportError, UsageError
from recon.base.result import Side
from recon.config import SourceKind
from recon.setup.init import writing
from recon.setup.init.configuration import Access, configuration, read_back, string
from recon.setup.init.writing import write_all

SERVER = Access(server=r"SQL01\FINANCE", database="Analytics")
ODBC = Access(connection="DSN=Books;UID=recon", password_env="BOOKS_PASSWORD")  # noqa: S106
BOTH = {Side.ANALYTICS: SERVER, Side.ACCOUNTING: ODBC}


@pytest.mark.parametrize(
    "text",
    ["plain", r"C:\temp\new", "it's", r"it's a \ ", 'say "x"', "tab\tnew\nline", "Umsätze €",
     "\x7f", "𝄞", "]]'''\"\"\"", "#"],
)  # fmt: skip
def test_texts(text: str) -> None:
    """Whatever is in a text, TOML reads it back."""
    assert tomllib.loads(f"a = {string(text)}") == {"a": text}


def test_paths_of_windows_stay_readable() -> None:
    """A backslash stands in single quotes."""
    assert string(r"SQL01\FINANCE") == r"'SQL01\FINANCE'"


def test_a_configuration_is_read_back() -> None:
    """Both kinds of sides, with what was answered and nothing else."""
    settings = read_back(configuration(BOTH, "EUR", {Side.ANALYTICS: "dbo.x\ny"}, ["approved_by"]))
    assert settings.analytics.kind is SourceKind.SQLSERVER
    assert settings.accounting.kind is SourceKind.ODBC
    assert settings.accounting.compliance == ("approved_by",)
    assert settings.policy.currency == "EUR"
    found = settings.analytics.database
    assert found is not None
    assert (found.server, found.database, found.user) == (r"SQL01\FINANCE", "Analytics", None)
    assert found.encrypt


def test_only_what_is_unusual_is_written() -> None:
    """Windows authentication needs no user, and the usual encryption no key."""
    text = configuration({Side.ANALYTICS: SERVER, Side.ACCOUNTING: SERVER}, "USD")
    assert "\nencrypt" not in text
    assert "\ntrust" not in text
    assert "\npassword_env" not in text
    assert "Windows authentication" in text


def test_all_answers_are_written() -> None:
    """Login, driver and certificates."""
    access = Access("S", "D", "svc", "PASSWORD_HERE", "ODBC Driver 17 for SQL Server", False, True)
    found = read_back(configuration(dict.fromkeys(Side, access), "USD")).accounting.database
    assert found is not None
    assert (found.user, found.password_env, found.encrypt) == ("svc", "PASSWORD_HERE", False)
    assert found.driver == "ODBC Driver 17 for SQL Server"
    assert found.trust_server_certificate


def test_a_password_of_a_login_that_windows_vouches_for_is_none() -> None:
    """The variable belongs to the other side."""
    both = {**BOTH, Side.ANALYTICS: Access("S", "D", password_env="X")}  # noqa: S106
    found = read_back(configuration(both, "USD"))
    assert found.analytics.database is not None
    assert found.analytics.database.password_env is None


@pytest.mark.parametrize("secret", ["PWD=s3cret", "Password = s3cret"])
def test_a_secret_is_refused(secret: str) -> None:
    """Before anything is written, and without repeating it."""
    access = {**BOTH, Side.ANALYTICS: Access(connection=f"DSN=x;{secret}")}
    with pytest.raises(ConfigError, match=r"analytics\.connection: it contains") as caught:
        read_back(configuration(access, "USD"))
    assert "s3cret" not in str(caught.value)


# Files


def written(folder: Path) -> dict[str, str]:
    """Return all files below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(folder.rglob("*")) if path.is_file()}  # fmt: skip


def test_files_are_written(tmp_path: Path) -> None:
    """With the folders that they need."""
    files = {tmp_path / "a" / "b.toml": "ä\n", tmp_path / "a" / "c" / "d.sql": "d\n"}
    assert write_all(files) == []
    assert written(tmp_path) == {"a/b.toml": "ä\n", "a/c/d.sql": "d\n"}


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    """One file that is there keeps all from being written."""
    (tmp_path / "b").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="b already exists"):
        write_all({tmp_path / "a": "", tmp_path / "b": ""})
    assert written(tmp_path) == {"b": "mine"}


def test_what_was_there_is_kept(tmp_path: Path) -> None:
    """Every time, under a name of its own."""
    path = tmp_path / "a"
    path.write_text("1", encoding="utf-8")
    assert write_all({path: "2"}, force=True) == [tmp_path / "a.bak"]
    assert write_all({path: "3"}, force=True) == [tmp_path / "a.2.bak"]
    assert written(tmp_path) == {"a": "3", "a.bak": "1", "a.2.bak": "2"}


@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["beside", "kept", "replaced"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_failure_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, error: BaseException
) -> None:
    """Whenever it comes: no new file, no copy, no folder, and the old text."""
    files = {tmp_path / "old": "new", tmp_path / "x" / "a": "a", tmp_path / "x" / "b": "b"}
    (tmp_path / "old").write_text("old", encoding="utf-8")
    real, calls = getattr(writing._Undo, step), []

    def failing(self: object, *arguments: object) -> object:
        calls.append(step)
        result = real(self, *arguments)
        if len(calls) == number:
            raise error
        return result

    monkeypatch.setattr(writing._Undo, step, failing)
    with pytest.raises((ReportError, KeyboardInterrupt)):
        write_all(files, force=True)
    assert written(tmp_path) == {"old": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
