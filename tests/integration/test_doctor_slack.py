"""`recon doctor` on Slack: places, secrets, the way there and what waits; nothing is posted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recon.alerts import delivery
from recon.base.errors import ExitCode
from recon.config import load
from recon.record.journal.alerts import Alert, AlertKind
from recon.record.journal.store import Journal
from recon.setup.doctor.model import Finding, State
from recon.setup.doctor.slack import STEPS, SlackSubject
from recon.setup.doctor.steps import Silence, run_steps
from recon.sources.side_by_side import Supervisor
from tests.shell import Project, in_process
from tests.slack_server import BOT, CANARY, Reply, SlackServer, free_port, slack_server

WEBHOOK = "[slack]\nwebhook_env = 'HOOK'\n"
BOTH = """[slack]
token_env = 'BOT'
channel = '#close'
api = '{}'
[slack.critical]
mentions = ['UCONTROL1']
[slack.failure]
webhook_env = 'HOOK'
mentions = ['UOPERATE1']
"""


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    """Yield a Slack whose secrets stand in variables."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(delivery, "PAUSE", 0.0)
    monkeypatch.setattr(delivery, "RETRIES", 0)
    monkeypatch.setenv("BOT", BOT)
    with slack_server() as found:
        monkeypatch.setenv("HOOK", found.webhook)
        yield found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a project that tells Slack by a webhook."""
    made = Project(tmp_path)
    made.configure(rest=WEBHOOK)
    return made


def found(project: Project) -> dict[str, Finding]:
    """Return what the checks of Slack come to, none of which shows a secret or posts anything."""
    settings = load(project.config)
    assert settings.slack is not None
    subject = SlackSubject(settings.slack, settings.reports, settings.calendar)
    checks = run_steps(STEPS, subject, None, Silence(), Supervisor())
    assert CANARY not in str(checks)
    for check in checks:
        graver = check.finding.state in (State.WARNING, State.FAILED)
        assert bool(check.finding.advice) == graver, check
    return {check.name.removeprefix("slack_"): check.finding for check in checks}


def test_a_webhook_that_works(project: Project, slack: SlackServer) -> None:
    """Through the front door; a project without the table has no such checks."""
    project.fill("100.00")
    done = in_process("doctor", "--json", "--month", "2024-06", cwd=project.folder)
    checks = {item["check"]: item for item in json.loads(done.stdout)["checks"]}
    told = {name: item["found"] for name, item in checks.items() if name.startswith("slack")}
    assert told == {
        "slack_places": "alerts go to the variable HOOK; nobody is mentioned for critical breaks "
        "and failed runs",
        "slack_secrets": "the variable HOOK can be read",
        "slack_answers": "Slack knows the webhook in the variable HOOK",
        "slack_queue": "no alert is waiting",
    }
    assert done.returncode == 0
    assert len(slack.requests) == 1
    assert slack.messages == []
    project.configure()
    assert b"slack" not in in_process("doctor", "--json", cwd=project.folder).stdout


def test_a_webhook_that_is_revoked_ends_with_8(project: Project, slack: SlackServer) -> None:
    """As a month would; the page says what to do."""
    project.fill("100.00")
    slack.standing = Reply(404, "no_service")
    done = in_process("doctor", "--month", "2024-06", "--no-color", cwd=project.folder)
    assert done.returncode == ExitCode.ALERT
    said = " ".join(done.stdout.decode().split())
    assert "slack answers the variable HOOK: Slack no longer knows the webhook" in said
    assert "→ make a new one and store it" in said
    assert "Not ready: 1 check failed" in said


def test_a_token_and_a_webhook_that_work(project: Project, slack: SlackServer) -> None:
    """Each is asked once, whatever the number of places."""
    project.configure(rest=BOTH.format(slack.api))
    told = found(project)
    assert told["places"].found == "alerts go to #close and the variable HOOK"
    assert told["secrets"].found == "the variable HOOK and the variable BOT can be read"
    assert told["answers"].found.splitlines() == [
        "Slack knows the webhook in the variable HOOK",
        "Slack knows the token of Aster & Söhne; only a message will show if the app is in #close",
    ]
    assert [name for name, _ in slack.calls] == ["auth.test"]
    assert slack.messages == []


@pytest.mark.parametrize(
    ("reply", "state", "said", "advice"),
    [
        (Reply(400, "no_text"), "ok", "Slack knows the webhook", ""),
        (Reply(400, "invalid_payload"), "warning", "does not say whether", "with a message"),
        (Reply(400, "missing_text_or_fallback_or_attachments"), "warning",
         "does not say whether it knows the webhook", "with a message"),
        (Reply(400, "invalid_token"), "failed", "no longer knows the webhook", "make a new one"),
        (Reply(403, "action_prohibited"), "failed", "does not let the app post", "administrator"),
        (Reply(410, "channel_is_archived"), "failed", "is archived", "invite the app"),
        (Reply(200, "<html>Log in</html>"), "failed", "something other than Slack", "the proxy"),
        (Reply(407, ""), "failed", "the proxy asks for a login", "HTTPS_PROXY"),
        (Reply(500, ""), "failed", "a problem of its own", "wait in the journal"),
        (Reply(cut=True), "failed", "the connection was cut", "wait in the journal"),
    ],
)  # fmt: skip
def test_what_slack_says_to_an_empty_message(
    project: Project, slack: SlackServer, reply: Reply, state: str, said: str, advice: str
) -> None:
    """What Slack documents of it, and what stands between."""
    slack.standing = reply
    answers = found(project)["answers"]
    assert (answers.state, answers.exit_code) == (
        state, ExitCode.ALERT if state == "failed" else ExitCode.DONE,
    )  # fmt: skip
    assert said in answers.found
    assert advice in answers.advice


@pytest.mark.parametrize(
    ("reply", "state", "said"),
    [
        (Reply(200, '{"ok": false, "error": "invalid_auth"}'), "failed", "refuses the token"),
        (Reply(200, '{"ok": true}', (("X-OAuth-Scopes", "chat:write,users:read"),)), "ok",
         "Slack knows the token; only"),
        (Reply(200, '{"ok": true}', (("X-OAuth-Scopes", "users:read"),)), "failed",
         "the token lacks a permission"),
    ],
)  # fmt: skip
def test_what_slack_says_to_a_token(
    project: Project, slack: SlackServer, reply: Reply, state: str, said: str
) -> None:
    """Where it tells the token's rights, they are looked at."""
    project.configure(rest=BOTH.format(slack.api).partition("[slack.failure]")[0])
    slack.standing = reply
    answers = found(project)["answers"]
    assert answers.state == state
    assert said in answers.found


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("rest", ["[slack.failure]", "webhook"])
def test_no_redirect_is_followed(
    project: Project, slack: SlackServer, status: int, rest: str
) -> None:
    """Whoever the answer names is told neither a token nor a webhook."""
    bot = BOTH.format(slack.api).partition(rest)[0]
    project.configure(rest=WEBHOOK if rest == "webhook" else bot)
    with slack_server() as elsewhere:
        elsewhere.standing = Reply(200, '{"ok": true}')
        # What Slack says to a webhook that it knows counts only where Slack says it.
        where = (("Location", f"{elsewhere.address}/api/auth.test"),)
        slack.standing = Reply(status, "no_text", where)
        answers = found(project)["answers"]
        assert elsewhere.requests == []
    assert (answers.state, answers.exit_code) == (State.FAILED, ExitCode.ALERT)
    assert "the answer redirects to another address, which recon does not follow" in answers.found
    assert answers.advice == f"check the address and the proxy (HTTP {status})"


def test_secrets_that_cannot_be_read(
    project: Project, slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them are told, and nobody is asked."""
    project.configure(rest=BOTH.format(slack.api))
    monkeypatch.delenv("BOT")
    monkeypatch.setenv("HOOK", f"xoxb-{CANARY}")
    told = found(project)
    assert told["secrets"].exit_code is ExitCode.ALERT
    assert told["secrets"].found.splitlines() == [
        "the variable HOOK does not hold the address of a webhook",
        "slack.token: the variable BOT is not set",
    ]
    assert told["answers"].state is State.SKIPPED
    assert slack.requests == []


def test_the_proxy_of_the_configuration_is_the_way(project: Project, slack: SlackServer) -> None:
    """As it is for alerts: nobody listens there."""
    proxy = f"proxy = 'http://127.0.0.1:{free_port()}'\n"
    project.configure(rest=WEBHOOK + proxy)
    assert "the connection is refused" in found(project)["answers"].found
    project.configure(rest=f"{WEBHOOK}ca_file = 'recon.toml'\n")
    assert "recon.toml holds no certificates" in found(project)["answers"].found
    assert slack.requests == []


def test_alerts_that_wait(project: Project, slack: SlackServer) -> None:
    """Since the first of them was queued."""
    at = datetime(2024, 7, 3, 12, tzinfo=UTC)
    first = Alert(
        "A-1", at, "", "", AlertKind.FAILURE, "failure", "env:HOOK", {"text": "It failed."}
    )
    with Journal.at(project.reports) as journal:
        alerts = journal.alerts
        alerts.queue([first])
    assert found(project)["queue"].found == "1 alert is waiting (since 2024-07-03)"
    with Journal.at(project.reports) as journal:
        alerts = journal.alerts
        alerts.queue([replace(first, id="A-2", at=datetime(2024, 8, 5, tzinfo=UTC))])
    told = found(project)["queue"]
    assert (told.state, told.found) == (State.WARNING, "2 alerts are waiting (since 2024-07-03)")
