"""Tests of the settings of Spark: what goes together, and that no secret stands in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.base.errors import ConfigError
from recon.config import Engine, Settings, SourceKind, load
from recon.record.evidence.configuration import configuration

ACCOUNTING = "[accounting]\nsource = 'sample'\n"


def settings(folder: Path, analytics: str, rest: str = "engine = 'spark'\n") -> Settings:
    """Return what is read of a configuration."""
    path = folder / "recon.toml"
    text = f"{rest}[analytics]\nsource = 'spark'\n{analytics}\n{ACCOUNTING}"
    path.write_text(text, encoding="utf-8")
    return load(path)


def mistakes(folder: Path, analytics: str, rest: str = "engine = 'spark'\n") -> list[str]:
    """Return what is wrong with a configuration."""
    with pytest.raises(ConfigError) as raised:
        settings(folder, analytics, rest)
    return list(raised.value.mistakes)


@pytest.mark.parametrize(
    ("analytics", "description"),
    [
        ("table = 'finance.deals'", "Spark table finance.deals"),
        ("path = 's3a://books/deals'\nformat = 'delta'", "Spark delta s3a://books/deals"),
        ("path = '/books/deals'\nformat = 'parquet'", "Spark parquet /books/deals"),
        (
            "format = 'jdbc'\noptions = { url = 'jdbc:sqlserver://db:1433;database=x', "
            "query = 'SELECT 1', fetchsize = 1000 }",
            "Spark jdbc jdbc:sqlserver://db:1433",
        ),
    ],
)
def test_what_spark_reads(tmp_path: Path, analytics: str, description: str) -> None:
    """A table, a path with its format, or a database through JDBC."""
    found = settings(tmp_path, analytics, "engine = 'spark'\nspark.groups = 8\n")
    assert (found.engine, found.spark.groups) == (Engine.SPARK, 8)
    assert found.analytics.kind is SourceKind.SPARK
    assert found.analytics.spark is not None
    assert found.analytics.spark.description == description


@pytest.mark.parametrize(
    ("analytics", "said"),
    [
        ("", "analytics.table: needs exactly one of table, path, and format"),
        ("table = 'a'\npath = '/b'", "analytics.table: needs exactly one of table, path, and"),
        ("table = 'a'\nformat = 'csv'", "analytics.format: does not go with table"),
        ("path = '/b'", "analytics.format: is missing; it is the format of the files"),
        ("path = 'data/b'\nformat = 'csv'", "analytics.path: 'data/b' is neither an address like"),
        ("format = 'jdbc'\noptions = { query = 'x' }", "analytics.options.url: is missing"),
        ("format = 'jdbc'\noptions = { url = 'jdbc:x' }", "analytics.options.query: is missing"),
        ("table = 'a'\noptions = { password = 'x' }", "analytics.options.password: is a secret"),
        (
            "table = 'a'\noptions = { 'fs.s3a.secret.key' = 'x' }",
            "analytics.options.fs.s3a.secret.key: is a secret",
        ),
        (
            "format = 'jdbc'\noptions = { url = 'jdbc:x://u:p@h', query = 'x' }",
            "analytics.options.url: it contains a password",
        ),
        (
            "format = 'jdbc'\noptions = { url = 'jdbc:x://h;password=p', query = 'x' }",
            "analytics.options.url: it contains a password",
        ),
    ],
)
def test_what_does_not_go_together_is_told(tmp_path: Path, analytics: str, said: str) -> None:
    """Every mistake has the key that it is in."""
    found = mistakes(tmp_path, analytics)
    assert any(mistake.startswith(said) for mistake in found), found


def test_each_side_has_to_be_one_that_the_engine_reads(tmp_path: Path) -> None:
    """What Spark alone reads needs Spark, and ODBC is not read there."""
    assert mistakes(tmp_path, "table = 'a'", "") == [
        "analytics.source: 'spark' needs engine = \"spark\" at the top of the file"
    ]
    path = tmp_path / "recon.toml"
    (tmp_path / "q.sql").write_text("SELECT 1")
    side = "source = 'odbc'\nconnection = 'DSN=x'\nquery = 'q.sql'\n"
    path.write_text(f"engine = 'spark'\nspark.groups = 0\n[analytics]\n{side}{ACCOUNTING}")
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert [mistake.partition(": ")[0] for mistake in raised.value.mistakes] == [
        "analytics.source",
        "spark.groups",
    ]


def test_the_evidence_shows_only_harmless_options(tmp_path: Path) -> None:
    """Of an address the server is kept, of unknown options their names."""
    options = "{ url = 'jdbc:x://h?token=1', query = 'SELECT 1', sessionInit = 'hidden' }"
    found = settings(tmp_path, f"format = 'jdbc'\noptions = {options}")
    told = configuration(found)
    assert told["engine"] == "spark"
    assert told["analytics"]["spark"]["options"] == {  # type: ignore[index]
        "url": "jdbc:x://h",
        "query": "SELECT 1",
        "sessionInit": "***",
    }
