"""`recon users` and `recon serve` as they are typed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from recon.base.errors import UsageError
from recon.config import load
from recon.record.access.model import Part
from recon.record.access.people import People
from recon.run.sample_feeds import with_sample
from recon.web import serving
from tests.shell import Project, in_process
from tests.web.visitor import FEEDS, PASSWORD, fast


def users(folder: Path, *arguments: str, typed: str = PASSWORD) -> tuple[int, str]:
    """What `recon users` does with a first line of input; code and output."""
    with pytest.MonkeyPatch.context() as patch:
        fast(patch)
        patch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        done = in_process("users", *arguments, cwd=folder)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_people_come_change_and_go(tmp_path: Path) -> None:
    """Added with a password and roles, listed, changed, kept out, and let in again."""
    project = Project(tmp_path)
    project.configure(rest=FEEDS)
    assert users(tmp_path, "list")[1].startswith("There are no people yet")
    assert users(tmp_path, "add", "Anna", "--role", "preparer") == (0, "Anna is preparer now.\n")
    for arguments, typed, said in (
        (("add", "anna"), PASSWORD, "a person 'anna' already"),
        (("add", "rob"), "short", "12 to 256 letters"),
        (("add", "rob"), "rob rob rob rob", "easily guessed"),
        (("add", "<b>"), PASSWORD, "is no name of a person"),
        (("add", "rob", "--role", "uploader"), PASSWORD, "needs a --feed or a --region"),
        (("add", "rob", "--feed", "us"), PASSWORD, "There is no feed 'us'"),
        (("add", "rob", "--region", "US"), PASSWORD, "No feed has the fixed region 'US'"),
        (("role", "rob", "--role", "viewer"), PASSWORD, "There is no person 'rob'"),
        (("token", "anna", "--role", "admin"), PASSWORD, "anna is no admin"),
        (("token", "anna", "--role", "preparer", "--days", "0"), PASSWORD, "1 to 3,650 days"),
    ):
        code, told = users(tmp_path, *arguments, typed=typed)
        assert (code, said in told) == (2, True), told
    assert (
        users(tmp_path, "add", "uli", "--role", "uploader", "--region", "uk", "--no-password")[0]
        == 0
    )
    listed = users(tmp_path, "list")[1].splitlines()
    assert listed == [
        "Anna  preparer",
        "uli   uploader  (feeds and regions: uk; without a password)",
    ]
    assert users(tmp_path, "role", "anna", "--role", "viewer", "--role", "reviewer")[0] == 0
    assert users(tmp_path, "disable", "anna")[0] == 0
    assert "reviewer, viewer  (disabled)" in users(tmp_path, "list")[1]
    assert users(tmp_path, "enable", "anna")[0] == 0
    assert users(tmp_path, "password", "anna", typed="another horse battery")[0] == 0
    code, told = users(tmp_path, "token", "anna", "--role", "viewer", "--label", "Power BI")
    assert told.startswith("recon_")
    row = users(tmp_path, "tokens")[1]
    assert "anna  viewer  until" in row
    assert told.split("\n")[0] not in row
    assert users(tmp_path, "revoke", row.split()[0])[0] == 0
    assert "revoked" in users(tmp_path, "tokens")[1]
    settings = load(project.config)
    with pytest.MonkeyPatch.context() as patch, People.at(settings.reports) as people:
        fast(patch)
        found = people.checked("ANNA", "another horse battery")
        assert found
        assert found.parts == {Part.VIEWER, Part.REVIEWER}
        assert people.checked("uli", "") is None
        assert [each.what for each in people.actions()][-1] == "users add"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('user_header = "X-User"', "needs proxies and proxy_secret_env"),
        ('hosts = ["a b"]', "is not the name of a host"),
        ('proxies = ["proxy"]', "is not an address"),
        ('max_upload = "0MB"', "is not a size"),
        ("port = 70000", "is not a port"),
        ('certificate = "recon.toml"', "goes with key"),
        ("idle_minutes = 0", "0 is too little"),
    ],
)
def test_mistakes_of_the_table_web_are_named(tmp_path: Path, text: str, mistake: str) -> None:
    """Each with its key."""
    project = Project(tmp_path)
    project.configure(rest=f"[web]\n{text}\n")
    done = in_process("users", "list", cwd=tmp_path)
    assert (done.returncode, mistake in done.stderr.decode()) == (4, True), done.stderr


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    """And a proxy's secret that is in no variable another one."""
    settings = with_sample(load(Project(tmp_path).config))
    with serving._listening("127.0.0.1", 0) as taken:
        taken.listen()
        with pytest.raises(UsageError, match="cannot be listened on"):
            serving._listening("127.0.0.1", taken.getsockname()[1])
    assert serving._secret(settings) == ""
