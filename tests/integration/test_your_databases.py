"""The documented way to your databases, followed from an empty folder on every server there is."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from recon.config import SourceKind, load
from recon.sources import sample
from tests.integration.servers import Server
from tests.pages import block
from tests.shell import PATIENCE, command, environment, figures, in_process


def followed(line: str, server: Server) -> list[str]:
    """Return a documented command with the names of a server that is there."""
    words = shlex.split(line, posix=False)
    assert words[0] == "recon"
    return [*words[1:2], *server.options(), "--yes"] if words[1] == "init" else words[1:]


def test_the_three_commands_lead_to_a_month(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From an empty folder: a configuration, a clean bill of health, the month of the files."""
    monkeypatch.setenv("BOOKS_PASSWORD", server.password)
    folder = tmp_path / "finance"
    folder.mkdir()
    recipe = sample.Recipe(contracts=200)
    sample.make(recipe, tmp_path / "sample.duckdb")
    sample.export(tmp_path / "sample.duckdb", tmp_path / "files", "csv")
    server.load(tmp_path / "files")
    codes = []
    for line in block("databases").splitlines():
        arguments = followed(line, server)
        if arguments[0] == "doctor":
            arguments += ["--month", "2024-06"]
        done = subprocess.run(
            command(*arguments), cwd=folder, env=environment(), capture_output=True,
            encoding="utf-8", timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert server.password not in done.stdout + done.stderr
        codes.append(done.returncode)
        assert done.stderr == "", done.stdout
    assert codes == [0, 0, 3]
    assert load(folder / "config" / "recon.toml").analytics.kind is not SourceKind.SAMPLE
    assert "June 2024" in done.stdout
    assert list((folder / "reports" / "2024-06").glob("*/*.xlsx"))
    # The mapping that `recon init` proposes for the example tables delivers the same figures.
    files = tmp_path / "files" / "recon.toml"
    files.write_text(
        '[analytics]\nsource = "files"\npath = "contracts.csv"\n'
        '[accounting]\nsource = "files"\npath = "entries.csv"\n',
        encoding="utf-8",
    )
    asked = ("month", "2024-06", "--json", "--format", "none")
    ours, theirs = (
        figures(json.loads(in_process(*asked, *more, cwd=folder).stdout))
        for more in ((), ("--config", files))
    )
    assert ours == theirs
