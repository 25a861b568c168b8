"""README.md and docs/: what they show is what happens."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

from recon.base.errors import ExitCode
from recon.base.month import Month
from recon.base.period_tables import read_periods
from recon.cli.lazy import LINES, loaded
from recon.config import Settings, load
from recon.reconciliation.explain import contract_detail
from recon.run.gathering import reconciled
from tests.pages import DOCS, README, ROOT, block, text_of
from tests.shell import in_process

COMMAND_LINE = DOCS / "command-line.md"
HELP = ("<!-- help texts -->\n", "<!-- end of help texts -->\n")


def commands() -> Iterator[str]:
    """Yield every command, each after the one that it belongs to."""
    yield "recon"
    for name in LINES:
        yield f"recon {name}"
        for inner in getattr(loaded(name), "commands", ()):
            yield f"recon {name} {inner}"


def help_of(command: str, folder: Path) -> str:
    """The help of a command, at 80 columns."""
    width = {"COLUMNS": "80", "TERMINAL_WIDTH": "80"}
    shown = in_process(*command.split()[1:], "--help", cwd=folder, env=width)
    assert shown.returncode == 0
    lines = [line.rstrip() for line in shown.stdout.decode().splitlines()]
    # In this process, the program goes by the name of the tests as well.
    return re.sub(r"^Usage: .*?recon", "Usage: recon", "\n".join(lines).strip()) + "\n"


def test_the_help_texts_are_what_the_program_prints(tmp_path: Path) -> None:
    """Every command is there with its help; RECON_UPDATE_GOLDEN=1 writes them anew."""
    texts = [f"\n## {name}\n\n```\n{help_of(name, tmp_path)}```\n" for name in commands()]
    written = text_of(COMMAND_LINE)
    before, begin, rest = written.partition(HELP[0])
    _, end, after = rest.partition(HELP[1])
    assert begin and end, "docs/command-line.md has no place for the help texts"
    wanted = "".join([before, begin, *texts, "\n", end, after])
    if os.environ.get("RECON_UPDATE_GOLDEN"):
        COMMAND_LINE.write_text(wanted, encoding="utf-8", newline="\n")
    assert text_of(COMMAND_LINE) == wanted


def test_the_python_example_prints_what_it_says() -> None:
    """The example for Python runs and prints the output below it."""
    printed, names = io.StringIO(), dict[str, object]()
    with contextlib.redirect_stdout(printed):
        exec(compile(block("python"), "docs", "exec"), names)  # noqa: S102 - our own page
        frames = dict(names)
        exec(compile(block("python of periods"), "docs", "exec"), names)  # noqa: S102
    assert printed.getvalue() == block("python output")
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(block("python of frames"), "docs", "exec"), frames)  # noqa: S102
    assert shown.getvalue() == block("python of frames output")


def test_the_table_of_periods_is_one() -> None:
    """The example of a file of fiscal periods is read without a mistake."""
    assert read_periods(block("periods").splitlines()).codes[-1] == "FY24-P03"


def test_the_configuration_is_one(tmp_path: Path) -> None:
    """The configuration of files is read without a mistake."""
    path = tmp_path / "config" / "recon.toml"
    path.parent.mkdir()
    path.write_text(block("config"), encoding="utf-8")
    settings = load(path)
    assert settings.analytics.path == path.parent / "deals.csv"
    assert settings.reports == tmp_path / "reports"


def test_the_files_of_the_example_become_a_month(tmp_path: Path) -> None:
    """`recon init` is unsure of what the page shows; RECON_UPDATE_GOLDEN=1 writes it anew."""
    for name in ("deals.csv", "entries.csv"):
        (tmp_path / name).write_text(block(name), encoding="utf-8")
    said = ""
    for line in block("files").splitlines():
        done = in_process(*line.split()[1:], cwd=tmp_path, env={"COLUMNS": "98"})
        assert done.returncode in (ExitCode.DONE, ExitCode.BREAKS), done.stderr.decode()
        said += done.stdout.decode()
    unsure = said[said.index("Not sure") : said.index("\n\nWritten:")] + "\n"
    page = text_of(DOCS / "your-data.md")
    if os.environ.get("RECON_UPDATE_GOLDEN"):
        before, mark, rest = page.partition("<!-- not sure -->\n```\n")
        page = before + mark + unsure + rest[rest.index("```\n") :]
        (DOCS / "your-data.md").write_text(page, encoding="utf-8", newline="\n")
    assert block("not sure") == unsure
    # 1,000 + 1,000 + 1,200 are expected, 100 less are recognized; the fourth deal is not won.
    assert "3,200.00" in said and "3,100.00" in said and "-100.00" in said


def test_the_configuration_of_databases_is_one(tmp_path: Path) -> None:
    """The configuration of databases is read without a mistake, beside the SELECTs that we ship."""
    shutil.copytree(ROOT / "config" / "sqlserver", tmp_path / "sqlserver")
    path = tmp_path / "recon.toml"
    path.write_text(block("database config"), encoding="utf-8")
    database = load(path).analytics.database
    assert database is not None
    assert (database.server, database.query.name) == (r"SQL01\FINANCE", "contracts.sql")


def test_the_configuration_of_slack_is_one(tmp_path: Path) -> None:
    """The configuration of Slack is read without a mistake, below that of files."""
    path = tmp_path / "recon.toml"
    path.write_text(block("config") + block("slack config"), encoding="utf-8")
    assert load(path).slack is not None


def test_the_configuration_of_spark_is_one(tmp_path: Path) -> None:
    """The configuration of Spark is read without a mistake."""
    path = tmp_path / "recon.toml"
    path.write_text(block("spark config"), encoding="utf-8")
    settings = load(path)
    assert settings.accounting.spark is not None
    assert settings.accounting.spark.description == "Spark delta s3a://books/entries"


def test_the_shipped_configuration_explains_keys_that_exist(tmp_path: Path) -> None:
    """Every key that config/recon.toml explains is one, with its comment sign taken away."""
    text = (ROOT / "config" / "recon.toml").read_text(encoding="utf-8")
    assert load(ROOT / "config" / "recon.toml").sample
    keys = re.sub(r'^# (?=\[|(\w+|"[^"]+") = )', "", text, flags=re.MULTILINE)
    # Those of files hold for files alone, and the rules on ids not on Spark.
    keys = keys.replace('source = "sample"', 'source = "files"', 1).replace(
        'engine = "spark"', 'engine = "local"'
    )
    shutil.copy(ROOT / "config" / "holidays.txt", tmp_path)
    path = tmp_path / "recon.toml"
    path.write_text(keys, encoding="utf-8")
    tomllib.loads(keys)
    settings = load(path)
    assert settings.analytics.columns["contract_id"] == "DealID"
    assert settings.accounts["Deferred revenue"] == "2400 Deferred revenue"


def test_the_exit_codes_are_all_there() -> None:
    """The table lists every exit code, in order."""
    rows = re.findall(r"^\| (\d+) \| ", text_of(DOCS / "exit-codes.md"), flags=re.MULTILINE)
    assert [int(row) for row in rows] == sorted(code.value for code in ExitCode)


def test_the_contract_to_explain_is_one_of_the_sample() -> None:
    """The README's `recon explain` finds its contract, and something to explain."""
    found = re.search(r"`recon explain (\S+) (\S+)`", text_of(README))
    assert found
    month = Month.parse(found[2])
    with reconciled(Settings(), month) as (session, result):
        told = contract_detail(session, result, found[1])
    assert any(line.finding for line in told.lines)
