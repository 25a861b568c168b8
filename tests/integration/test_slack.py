"""Alerts against a server that behaves like Slack: sent, limited, slow, cut, refused, down, up."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import keyring
import pytest

from recon.alerts import clients, delivery, sending, service
from recon.alerts.pack import after_pack
from recon.base.errors import ExitCode, ReportError
from recon.base.month import Month
from recon.config import Settings, load
from recon.record.journal.alerts import AlertKind, Sent
from recon.record.journal.store import Journal
from recon.run.month import Outcome, run_month
from tests.credential_store import credential_store
from tests.shell import (
    PATIENCE,
    Project,
    command,
    contract,
    environment,
    in_process,
    one_sentence,
    patient,
    recon,
)
from tests.slack_limits import broken
from tests.slack_server import (
    BOT,
    CANARY,
    Reply,
    SlackServer,
    free_port,
    private_authority,
    slack_server,
)
from tests.unit.test_journal import of_schema_3

pytestmark = pytest.mark.slow

JUNE = Month.parse("2024-06")
WEBHOOK = "[slack]\nwebhook_env = 'HOOK'\n[slack.critical]\nmentions = ['UCONTROL1']\n"
CONTRACTS = [
    contract("001"), contract("002"), contract("003", "1200000.00", "<!channel> & Söhne 🧾"),
]  # fmt: skip


@dataclass
class Company:
    """A project whose month has a critical and a high break, and the Slack that it tells."""

    project: Project
    slack: SlackServer

    @property
    def settings(self) -> Settings:
        """What its configuration says."""
        return load(self.project.config)

    def month(self, *amounts: str) -> Outcome:
        """Run June, with other entries where they are given."""
        if amounts:
            self.project.fill(*amounts, contracts=CONTRACTS)
        return run_month(self.settings, JUNE, formats=["csv"])

    def attempts(self) -> list[str]:
        """Return what became of each attempt to send something."""
        with Journal.at(self.project.reports) as journal:
            alerts = journal.alerts
            return [item.sent.value for item in alerts.deliveries()]


@pytest.fixture
def server() -> Iterator[SlackServer]:
    """Yield the Slack that everybody here tells."""
    with slack_server() as found:
        yield found


@pytest.fixture
def company(
    tmp_path: Path, server: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Company]:
    """Yield a company that tells Slack by a webhook, without pauses between messages."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOOK", server.webhook)
    monkeypatch.setattr(delivery, "PAUSE", 0.0)
    monkeypatch.setattr(delivery, "RETRIES", 0)
    project = Project(tmp_path / "project")
    project.configure(rest=WEBHOOK)
    project.fill("100.00", "250.00", "100.00", contracts=CONTRACTS)
    yield Company(project, server)


def test_a_run_tells_its_digest_and_each_critical_break(company: Company) -> None:
    """The reconciliation's own exit code stays, and nothing is beyond Slack's limits."""
    outcome = company.month()
    assert outcome.exit_code is ExitCode.BREAKS
    digest, critical = company.slack.messages
    assert digest["text"] == "CRITICAL · Do not close June 2024: 1 critical, 1 high"
    assert critical["text"].startswith("CRITICAL · 003")
    assert critical["text"].endswith("<@UCONTROL1>")
    assert [broken(message) for message in company.slack.messages] == [[], []]
    assert "<!channel>" not in json.dumps(company.slack.messages, ensure_ascii=False)


def test_every_alert_is_in_the_log(company: Company) -> None:
    """Sent or not: whoever was not in Slack reads there who was told what."""
    company.slack.standing = Reply(500, "trouble")
    done = in_process(
        "month", "2024-06", "--format", "csv",
        cwd=company.project.folder, env={"HOOK": company.slack.webhook},
    )  # fmt: skip
    assert done.returncode == ExitCode.ALERT, done.stderr
    (log,) = (company.project.reports / "logs").glob("*.log")
    said = log.read_text(encoding="utf-8")
    assert "CRITICAL · Do not close June 2024" in said
    assert "CRITICAL · 003" in said
    assert company.slack.webhook not in said


def test_a_run_that_fails_is_told_from_the_command_line(company: Company) -> None:
    """The sentence of the failure, once; the exit code stays that of the failure."""
    (company.project.folder / "data" / "entries.csv").unlink()
    for _ in range(2):
        done = in_process(
            "month", "2024-06", cwd=company.project.folder, env={"HOOK": company.slack.webhook}
        )
        assert done.returncode == ExitCode.SOURCE_UNREACHABLE
    (told,) = company.slack.texts
    assert "2024-06" in told
    assert "entries.csv does not exist" in json.dumps(company.slack.messages)


@pytest.mark.parametrize("line", ["2024-06", "2024-06..2024-07"])
def test_a_verdict_alone_says_why_it_ends_with_8(company: Company, line: str) -> None:
    """On stderr; the verdict stays one line a month."""
    done = in_process(
        "month", line, "--format", "csv", "--quiet", cwd=company.project.folder,
        env={"HOOK": ""},
    )  # fmt: skip
    assert done.returncode == ExitCode.ALERT
    said = done.stderr.decode().splitlines()
    assert len(said) == len(done.stdout.splitlines()) == line.count("2024")
    assert all("the variable HOOK is not set" in sentence for sentence in said)


def test_a_webhook_of_the_credential_store(company: Company) -> None:
    """Kept as `keyring set` keeps it; a locked store delays alerts and shows nothing."""
    company.project.configure(rest="[slack]\nwebhook_keyring = 'close'\n")
    with credential_store() as store:
        assert company.month().exit_code is ExitCode.ALERT
        keyring.set_password("recon", "close", f" {company.slack.webhook}\n")
        store.locked = True
        again = company.month()
        assert again.exit_code is ExitCode.ALERT
        assert "the credential store refuses access" in str(again.notes)
        assert company.slack.webhook not in str(again.notes)
        store.locked = False
        assert company.month().exit_code is ExitCode.BREAKS
    assert company.slack.messages


def test_the_digest_links_to_where_the_reports_are(company: Company) -> None:
    """By an address that the readers of the channel can open; else by the folder's path."""
    outcome = company.month()
    assert str(company.project.reports / "2024-06" / outcome.run_id) in str(company.slack.messages)
    company.slack.messages.clear()
    link = "report_link = 'https://share.example/close/{month}/{run}'\n"
    company.project.configure(rest=WEBHOOK.replace("\n", f"\n{link}", 1))
    outcome = company.month()
    where = f"https://share.example/close/2024-06/{outcome.run_id}"
    assert where in str(company.slack.messages)


def test_without_slack_nobody_can_be_told(company: Company) -> None:
    """What is missing, and where it is described."""
    outcome = company.month()
    company.project.configure()
    done = in_process("notify", outcome.run_id, cwd=company.project.folder)
    assert done.returncode == ExitCode.CONFIGURATION
    assert "slack: is missing; docs/slack.md says how to set it up" in done.stderr.decode()


def test_what_keeps_a_run_from_being_told_does_not_undo_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The month stands, and the command that tells it is named."""
    full = "The journal cannot be written: the disk is full."

    def refuse(*_: object) -> None:
        raise ReportError(full)

    with monkeypatch.context() as patched:
        patched.setattr(service, "after_run", refuse)
        outcome = company.month()
    assert outcome.exit_code is ExitCode.ALERT
    told = f"Slack got no message: {full} Send it with `recon notify {outcome.run_id}`."
    assert told in outcome.notes
    assert company.slack.messages == []
    assert in_process("notify", outcome.run_id, cwd=company.project.folder,
                      env={"HOOK": company.slack.webhook}).returncode == 0  # fmt: skip
    assert company.slack.messages


def test_the_same_month_again_pages_nobody(company: Company) -> None:
    """A digest that says that nothing has changed, until something has."""
    company.month()
    company.slack.messages.clear()
    company.month()
    (digest,) = company.slack.messages
    assert "nothing has changed" in json.dumps(digest)
    assert "<@" not in json.dumps(digest)
    company.month("100.00", "250.00", "200.00")
    assert [text[:14] for text in company.slack.texts[1:]] == ["CRITICAL · Do ", "CRITICAL · 003"]


def test_without_the_table_nothing_of_slack_is_loaded(tmp_path: Path) -> None:
    """Nor is anything of alerts."""
    project = Project(tmp_path)
    project.fill("100.00", "250.00")
    script = (
        "import os, sys, runpy\n"
        "os._exit = sys.exit\n"
        f"sys.argv = ['recon', 'month', '2024-06', '--config', {str(project.config)!r}]\n"
        "try:\n    runpy.run_module('recon', run_name='__main__')\n"
        "finally:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [*command()[:1], "-c", script], env=environment(), capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == ExitCode.BREAKS
    assert "recon.run" in done.stderr
    assert "slack_sdk" not in done.stderr
    assert "recon.alerts.delivery" not in done.stderr


def test_slack_is_down_for_three_runs_then_up(company: Company) -> None:
    """Every alert arrives once, in the order in which it was queued."""
    company.slack.standing = Reply(500, "trouble")
    verdicts = [
        company.month("100.00", "250.00", amount) for amount in ("100.00", "200.00", "300.00")
    ]
    assert [outcome.exit_code for outcome in verdicts] == [ExitCode.ALERT] * 3
    assert "6 alerts could not be sent to Slack" in verdicts[-1].notes[-1]
    # A place that does not answer is asked once a run.
    assert len(company.slack.requests) == 3
    company.slack.standing = None
    assert company.month().exit_code is ExitCode.BREAKS
    with Journal.at(company.project.reports) as journal:
        alerts = journal.alerts
        queued = [alert.payload["text"] for alert in alerts.all()]
        ids = [alert.id for alert in alerts.all()]
        assert alerts.waiting() == []
    assert company.slack.texts == queued
    assert len(queued) == 7
    assert [key for key in ids if json.dumps(company.slack.messages).count(key) != 1] == []


def test_the_journal_keeps_the_verdict_though_slack_is_down(company: Company) -> None:
    """The reconciliation stands."""
    company.slack.standing = Reply(500)
    company.month()
    with Journal.at(company.project.reports) as journal:
        assert journal.runs()[-1].exit_code == ExitCode.BREAKS


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(500, "x"), "Slack reports a problem of its own (HTTP 500)"),
        (Reply(502, "<html>"), "Slack reports a problem of its own (HTTP 502)"),
        (Reply(429, "", (("Retry-After", "3600"),)), "Slack asks to wait"),
        (Reply(429, "", (("Retry-After", "soon"),)), "Slack asks to wait"),
        (Reply(404, "no_service"), "Slack no longer knows the webhook"),
        (Reply(403, "action_prohibited"), "does not let the app post there"),
        (Reply(410, "channel_is_archived"), "the channel is not there, is archived"),
        (Reply(407, ""), "the proxy asks for a login"),
        (Reply(200, "<html>Log in</html>"), "something other than Slack answers"),
        (Reply(418, "teapot \xff"), "something other than Slack answers"),
        (Reply(cut=True), "the connection was cut"),
        # What comes too late is cut, so that it is not there after all.
        (Reply(wait=1.5, cut=True), "it does not answer in time"),
    ],
)
def test_what_slack_says_is_told_in_a_sentence(
    company: Company, monkeypatch: pytest.MonkeyPatch, reply: Reply, said: str
) -> None:
    """The run ends with 8, the alert waits, and the next run sends it."""
    company.slack.standing = reply
    with monkeypatch.context() as patched:
        if reply.wait:
            patched.setattr(delivery, "TIMEOUT", 0.5)
        outcome = company.month()
    assert outcome.exit_code is ExitCode.ALERT
    assert said in outcome.notes[-1]
    assert CANARY not in outcome.notes[-1]
    assert company.attempts() == ["failed"]
    company.slack.standing = None
    company.slack.messages.clear()
    assert service.notify(company.settings, "2024-06", dry=False)[1].waiting == 0
    assert len(company.slack.messages) == 2


def test_a_slack_that_is_not_there_is_told_as_such(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens, the name is unknown, the variable is not set or holds something else."""
    for value, said in (
        (f"http://127.0.0.1:{free_port()}/services/x", "the connection is refused"),
        ("https://slack.invalid/services/x", "it cannot be reached"),
        (f"http://slack.example/{CANARY}", "does not hold the address of a webhook"),
        (" ", "the variable HOOK is not set"),
    ):
        monkeypatch.setenv("HOOK", value)
        outcome = company.month()
        assert outcome.exit_code is ExitCode.ALERT
        assert said in outcome.notes[-1]
        assert CANARY not in outcome.notes[-1]


def test_limits_and_troubles_that_pass_are_waited_for(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the run, by slack-sdk's retries; a wait that Slack asks for is kept."""
    monkeypatch.setattr(delivery, "RETRIES", 2)
    company.slack.replies.extend([Reply(429, "", (("Retry-After", "1"),)), Reply(503, "x")])
    assert company.month().exit_code is ExitCode.BREAKS
    assert len(company.slack.requests) == 4
    assert company.slack.times[1] - company.slack.times[0] >= 1.0
    assert len(company.slack.messages) == 2


@pytest.mark.parametrize("status", [500, 502, 504])
def test_what_may_have_arrived_is_not_repeated(
    company: Company, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """A gateway that has waited too long may have handed the message on."""
    monkeypatch.setattr(delivery, "RETRIES", 2)
    company.slack.standing = Reply(status, "x")
    assert company.month().exit_code is ExitCode.ALERT
    assert len(company.slack.requests) == 1


def test_a_message_a_second_goes_to_a_place(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Slack wants it."""
    monkeypatch.setattr(delivery, "PAUSE", 1.0)
    company.month()
    first, second = company.slack.times
    assert second - first >= 1.0


def test_a_message_that_slack_does_not_take_goes_as_plain_text(company: Company) -> None:
    """And holds up no other."""
    company.slack.replies.append(Reply(400, "invalid_blocks"))
    assert company.month().exit_code is ExitCode.BREAKS
    assert "attachments" not in company.slack.messages[0]
    assert "attachments" in company.slack.messages[1]


def test_one_place_that_is_down_holds_up_no_other(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The critical breaks go to a place of their own."""
    monkeypatch.setenv("OTHER", f"http://127.0.0.1:{free_port()}/services/x")
    company.project.configure(
        rest="[slack]\nwebhook_env = 'OTHER'\n[slack.critical]\nwebhook_env = 'HOOK'\n"
    )
    assert company.month().exit_code is ExitCode.ALERT
    assert [text[:14] for text in company.slack.texts] == ["CRITICAL · 003"]


def test_a_queue_that_takes_too_long_is_sent_by_and_by(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run ends in time, whatever waits."""
    monkeypatch.setattr(sending, "DEADLINE", -1.0)
    assert "there are too many for now" in company.month().notes[-1]
    monkeypatch.undo()
    monkeypatch.setenv("HOOK", company.slack.webhook)
    assert service.escalate(company.settings, dry=False)[1].waiting == 0
    assert len(company.slack.messages) == 2


def test_a_run_that_was_killed_before_it_queued_is_told_by_the_next(company: Company) -> None:
    """What is recorded and nobody was told of is made up for."""
    company.month()
    settings = company.settings
    company.project.configure()
    company.month("100.00", "250.00", "200.00")
    company.project.configure(rest=WEBHOOK)
    company.slack.messages.clear()
    last = company.month()
    with Journal.at(company.project.reports) as journal:
        alerts = journal.alerts
        runs = [alert.run for alert in alerts.all() if alert.kind is AlertKind.DIGEST]
    assert len(runs) == 3
    assert runs[-1] == last.run_id
    assert settings.slack is not None


def test_a_kill_between_sending_and_marking_repeats_one_message(company: Company) -> None:
    """With the same id, so that a reader can tell; the others arrive once."""
    script = (
        "import os\n"
        "from recon.record.journal import alerts\n"
        "mark, seen = alerts.Alerts.mark, []\n"
        "def killed(self, delivery):\n"
        "    seen.append(1)\n"
        "    if len(seen) == 2: os._exit(9)\n"
        "    mark(self, delivery)\n"
        "alerts.Alerts.mark = killed\n"
        "import sys; from recon.__main__ import main\n"
        f"sys.argv = ['recon', 'month', '2024-06', '--config', {str(company.project.config)!r}]\n"
        "main()\n"
    )
    done = subprocess.run(
        [*command()[:1], "-c", script], env=environment(), capture_output=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    assert done.returncode == 9
    assert len(company.slack.messages) == 2
    service.escalate(company.settings, dry=False)
    with Journal.at(company.project.reports) as journal:
        alerts = journal.alerts
        ids = [alert.id for alert in alerts.all()]
        assert alerts.waiting() == []
    told = json.dumps(company.slack.messages)
    assert [told.count(key) for key in ids] == [1, 2]


def test_two_that_send_at_once_send_each_alert_once(company: Company) -> None:
    """The second one waits for the first, and finds nothing left."""
    company.slack.standing = Reply(500)
    company.month()
    company.slack.standing = Reply(wait=0.3)
    both = [
        subprocess.Popen(
            patient("escalate", "--config", company.project.config), env=environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in both:
        process.communicate(timeout=PATIENCE)
    assert [process.returncode for process in both] == [0, 0]
    assert len(company.slack.messages) == 2


@pytest.mark.parametrize("known", [True, False])
def test_a_private_authority_is_trusted_where_it_is_named(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """And nowhere else."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, which makes the certificates")
    authority, certificate = private_authority(tmp_path)
    with slack_server(certificate) as slack:
        monkeypatch.setenv("HOOK", slack.webhook)
        named = f"ca_file = '{authority.as_posix()}'\n" if known else ""
        company.project.configure(rest=f"[slack]\nwebhook_env = 'HOOK'\n{named}")
        outcome = company.month()
        assert (outcome.exit_code is ExitCode.BREAKS) == known
        assert known or "certificate is not trusted" in outcome.notes[-1]
        assert len(slack.messages) == (2 if known else 0)


def test_an_authority_that_is_none_is_told(company: Company) -> None:
    """It stops the alerts, not the month."""
    company.project.configure(rest="[slack]\nwebhook_env = 'HOOK'\nca_file = 'recon.toml'\n")
    assert "recon.toml holds no certificates" in company.month().notes[-1]


@pytest.mark.parametrize("by", ["proxy", "HTTPS_PROXY"])
def test_a_proxy_is_used(company: Company, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    """That of the configuration or of the environment; the server here stands in for it."""
    monkeypatch.setenv("NO_PROXY", "")
    proxy = company.slack.address
    if by == "proxy":
        company.project.configure(rest=f"{WEBHOOK.replace('HOOK', 'FAR')}".replace(
            "[slack.critical]", f"proxy = '{proxy}'\n[slack.critical]"))  # fmt: skip
    else:
        company.project.configure(rest=WEBHOOK.replace("HOOK", "FAR"))
        monkeypatch.setenv("https_proxy", proxy.replace("//", f"//me:{CANARY}@"))
        monkeypatch.setenv("HTTPS_PROXY", proxy.replace("//", f"//me:{CANARY}@"))
    monkeypatch.setenv("FAR", f"https://hooks.slack.example/services/{CANARY}")
    outcome = company.month()
    # It takes no tunnels, which is enough to see that it was asked for one.
    assert outcome.exit_code is ExitCode.ALERT
    assert "it cannot be reached" in outcome.notes[-1]
    assert CANARY not in outcome.notes[-1]


def test_a_bot_uploads_the_workbook_into_the_thread(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And posts into channels by their names."""
    monkeypatch.setenv("BOT", BOT)
    company.project.configure(
        rest=f"[slack]\ntoken_env = 'BOT'\nchannel = '#close'\nupload = true\n"
        f"api = '{company.slack.api}'\n[slack.critical]\nchannel = '#audit'\n"
    )
    outcome = run_month(company.settings, JUNE, formats=["xlsx"])
    assert outcome.exit_code is ExitCode.BREAKS
    assert [message["channel"] for message in company.slack.messages] == ["#close", "#audit"]
    workbook = outcome.reports[0].read_bytes()
    assert any(workbook in body for body in company.slack.uploads.values())
    (done,) = [given for name, given in company.slack.calls if "complete" in name]
    assert done["channel_id"] == ["C0CLOSE01"]
    assert done["thread_ts"] == ["1720000000.000001"]


def test_a_pack_is_uploaded_once(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its files, as long as it is the same; without `upload` none is."""
    monkeypatch.setenv("BOT", BOT)
    rest = f"[slack]\ntoken_env = 'BOT'\nchannel = '#close'\napi = '{company.slack.api}'\n"
    company.project.configure(rest=rest)
    folder = company.settings.reports / "packs"
    folder.mkdir(parents=True)
    files = [folder / "pack-2024-06.pdf", folder / "pack-2024-06.xlsx"]
    for path in files:
        path.write_bytes(path.suffix.encode())
    assert after_pack(company.settings, "2024-06", files).sent == ()
    company.project.configure(rest=f"{rest}upload = true\n")
    told = [after_pack(company.settings, "2024-06", files) for _ in range(2)]
    assert [(len(each.sent), each.sentence) for each in told] == [(2, ""), (0, "")]
    assert sum("complete" in name for name, _ in company.slack.calls) == 2
    assert any(b".xlsx" in body for body in company.slack.uploads.values())


@pytest.fixture
def elsewhere() -> Iterator[SlackServer]:
    """Yield a server that nobody is to speak to; it would take everything for delivered."""
    with slack_server() as found:
        told = {"ok": True, "channel": "C0CLOSE01", "ts": "1.1", "file_id": "F1"}
        found.standing = Reply(200, json.dumps({**told, "upload_url": f"{found.address}/upload"}))
        found.at["/services/"] = Reply(200, "ok")
        yield found


def redirect(server: SlackServer, status: int, path: str) -> Reply:
    """Return an answer that leads on to another server."""
    # What the body says of success counts for nothing either.
    return Reply(status, "no_text", (("Location", f"{server.address}{path}"),))


LED_ON = "the answer redirects to another address, which recon does not follow"


@pytest.mark.parametrize(
    ("status", "proxied"),
    [*((status, False) for status in (300, 301, 302, 303, 307, 308)), (302, True), (307, True)],
)
def test_a_webhook_follows_no_redirect(
    company: Company, elsewhere: SlackServer, status: int, proxied: bool
) -> None:
    """Nothing arrives elsewhere, the alerts wait, and the next run sends them."""
    if proxied:
        rest = WEBHOOK.replace("[slack]\n", f"[slack]\nproxy = '{company.slack.address}'\n")
        company.project.configure(rest=rest)
    company.slack.standing = redirect(elsewhere, status, "/services/T1/B1/x")
    outcome = company.month()
    assert outcome.exit_code is ExitCode.ALERT
    assert f"{LED_ON}; check the address and the proxy (HTTP {status})" in str(outcome.notes)
    assert CANARY not in str(outcome.notes)
    assert (elsewhere.requests, company.attempts()) == ([], ["failed"])
    # It is asked once: what leads on now does so a second later, too.
    ((asked, _),) = company.slack.requests
    assert asked.startswith("http") == proxied
    company.slack.standing = None
    assert service.escalate(company.settings, dry=False)[1].waiting == 0
    assert len(company.slack.messages) == 2


STEPS = {
    "chat.postMessage": ["failed"],
    "files.getUploadURLExternal": ["sent", "failed"],
    "upload/F1": ["sent", "failed"],
    "files.completeUploadExternal": ["sent", "failed"],
}


@pytest.mark.parametrize(("status", "proxied"), [(302, False), (307, True)])
@pytest.mark.parametrize("step", STEPS)
def test_a_bot_follows_no_redirect(
    company: Company, elsewhere: SlackServer, monkeypatch: pytest.MonkeyPatch, step: str,
    status: int, proxied: bool,
) -> None:  # fmt: skip
    """Neither with its token nor with a workbook, at no step; what was led on is sent later."""
    monkeypatch.setenv("BOT", BOT)
    company.project.configure(
        rest="[slack]\ntoken_env = 'BOT'\nchannel = '#close'\nupload = true\n"
        f"api = '{company.slack.api}'\n"
        + (f"proxy = '{company.slack.address}'\n" if proxied else "")
    )
    company.slack.at[step] = redirect(elsewhere, status, f"/api/{step}")
    outcome = run_month(company.settings, JUNE, formats=["xlsx"])
    assert outcome.exit_code is ExitCode.ALERT
    assert f"{LED_ON}; check the address and the proxy (HTTP {status})" in str(outcome.notes)
    assert (elsewhere.requests, elsewhere.uploads) == ([], {})
    assert company.attempts() == STEPS[step]
    company.slack.at.clear()
    assert service.escalate(company.settings, dry=False)[1].waiting == 0
    assert outcome.reports[0].read_bytes() in company.slack.uploads.values()


def test_an_address_for_a_file_is_one_of_the_web(
    company: Company, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No file of this machine is taken for an answer, nor an answer without a 200 for a success."""
    monkeypatch.setenv("BOT", BOT)
    company.project.configure(
        rest="[slack]\ntoken_env = 'BOT'\nchannel = '#close'\nupload = true\n"
        f"api = '{company.slack.api}'\n"
    )
    place = {"ok": True, "file_id": "F1", "upload_url": (tmp_path / "project").as_uri()}
    company.slack.at["getUploadURL"] = Reply(200, json.dumps(place))
    outcome = run_month(company.settings, JUNE, formats=["xlsx"])
    assert outcome.exit_code is ExitCode.ALERT
    company.slack.at = {"upload/F1": Reply(204)}
    _, told = service.escalate(company.settings, dry=False)
    assert told.reason.endswith("check the address and the proxy (HTTP 204)")
    assert "files.completeUploadExternal" not in [name for name, _ in company.slack.calls]


@pytest.mark.parametrize("client", ["Bot", "Hook"])
def test_another_way_out_of_slack_sdk_is_shut(
    company: Company, monkeypatch: pytest.MonkeyPatch, client: str
) -> None:
    """A version of it that does not ask us for the way sends nothing, instead of anywhere."""
    monkeypatch.setenv("BOT", BOT)
    for name in ("_perform_urllib_http_request_internal", "_perform_http_request_internal"):
        monkeypatch.delattr(getattr(clients, client), name, raising=False)
    if client == "Bot":
        company.project.configure(
            rest=f"[slack]\ntoken_env = 'BOT'\nchannel = '#close'\napi = '{company.slack.api}'\n"
        )
    outcome = company.month()
    assert outcome.exit_code is ExitCode.ALERT
    assert company.slack.requests == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("invalid_auth", "Slack refuses the token"),
        ("not_in_channel", "invite the app"),
        ("missing_scope", "the token lacks a permission"),
        ("something_new", "something other than Slack answers"),
    ],
)
def test_what_a_bot_may_not_is_told(
    company: Company, monkeypatch: pytest.MonkeyPatch, error: str, said: str
) -> None:
    """In our own words."""
    monkeypatch.setenv("BOT", BOT)
    company.project.configure(
        rest=f"[slack]\ntoken_env = 'BOT'\nchannel = '#close'\napi = '{company.slack.api}'\n"
    )
    company.slack.standing = Reply(200, json.dumps({"ok": False, "error": error}))
    assert said in company.month().notes[-1]


def test_a_workbook_that_is_gone_is_not_waited_for(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has tidied up while Slack was down."""
    monkeypatch.setenv("BOT", BOT)
    company.project.configure(
        rest=f"[slack]\ntoken_env = 'BOT'\nchannel = '#close'\nupload = true\n"
        f"api = '{company.slack.api}'\n"
    )
    company.slack.standing = Reply(500)
    outcome = run_month(company.settings, JUNE, formats=["xlsx"])
    outcome.reports[0].unlink()
    company.slack.standing = None
    assert service.escalate(company.settings, dry=False)[1].waiting == 0
    assert company.attempts()[-3:] == ["sent", "void", "sent"]


def test_notify_tells_a_run_again(company: Company) -> None:
    """To be looked at first, then for everybody; the ids are new ones."""
    company.month()
    shown = in_process(
        "notify",
        "2024-06",
        "--dry-run",
        "--config",
        company.project.config,
        cwd=company.project.folder,
    )
    assert shown.returncode == 0
    assert "<!channel> & Söhne" in shown.stdout.decode()
    assert "2 messages; nothing was sent." in shown.stdout.decode()
    assert len(company.slack.messages) == 2
    again = in_process(
        "notify",
        "2024-06",
        "--json",
        "--config",
        company.project.config,
        cwd=company.project.folder,
    )
    told = json.loads(again.stdout)
    assert (again.returncode, told["waiting"], len(told["sent"])) == (0, 0, 2)
    assert len(company.slack.messages) == 4
    assert len({json.dumps(message) for message in company.slack.messages}) == 4


def test_notify_tells_a_run_of_an_earlier_schema_again(company: Company) -> None:
    """What its journal had not kept is noted, and its breaks are no news to the next run."""
    company.month()
    of_schema_3(company.project.reports)
    shown = in_process("notify", "2024-06", "--dry-run", cwd=company.project.folder)
    text = shown.stdout.decode()
    assert shown.returncode == 0
    assert "CRITICAL · June 2024: 2 breaks" in text
    assert "*Bridge* not kept: an earlier version of recon recorded this run" in text
    company.month()
    assert company.attempts() == ["sent"] * 3
    assert "*Since the last run* nothing has changed" in json.dumps(company.slack.messages[-1])


def test_the_commands_end_with_8_while_something_waits(company: Company) -> None:
    """And say so on stderr, in a sentence."""
    company.slack.standing = Reply(404, "no_service")
    company.month()
    for arguments in (["notify", "2024-06"], ["escalate", "--json"]):
        done = in_process(
            *arguments, "--config", company.project.config, cwd=company.project.folder
        )
        assert done.returncode == ExitCode.ALERT
        sentence = done.stderr.decode()
        assert sentence.startswith("recon: 2 alerts could not be sent to Slack: Slack no longer")
        assert sentence.count("\n") == 1


def test_the_commands_need_the_table_and_a_run(company: Company) -> None:
    """A wrong run is a mistake of the command line, a missing table one of the configuration."""
    here = company.project.folder
    wrong = in_process("notify", "2023-01", "--config", company.project.config, cwd=here)
    assert wrong.returncode == ExitCode.USAGE
    company.project.configure()
    for arguments in (["notify", "2024-06"], ["escalate"]):
        done = in_process(*arguments, "--config", company.project.config, cwd=here)
        assert done.returncode == ExitCode.CONFIGURATION
        assert "slack: is missing" in done.stderr.decode()


def test_an_alert_that_can_never_be_sent_is_dropped(company: Company) -> None:
    """Listed, dropped with a reason, in journal and log; nothing waits, and the next run tells."""

    def notify(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return in_process("notify", *arguments, cwd=company.project.folder)

    company.slack.standing = Reply(410, "channel_is_archived")
    company.month()
    listed = notify("--waiting").stdout.decode()
    waits = json.loads(notify("--waiting", "--json").stdout)["waiting"]
    digest, critical = (item["id"] for item in waits)
    assert f"{digest} digest of 2024-06 to env:HOOK, since 20" in listed
    assert "the channel is not there, is archived" in listed
    assert listed.endswith("2 alerts are waiting.\n")
    why = f"The channel is closed, was {company.slack.webhook}"
    one = notify("--discard", critical, "--reason", why)
    assert (one.returncode, one.stderr) == (0, b"")
    assert one.stdout.decode().endswith("\n1 alert is waiting.\n")
    both = notify("--discard", digest.lower(), "--reason", why, "--json")
    assert json.loads(both.stdout)["waiting"] == 0
    with Journal.look(company.project.reports) as journal:
        alerts = journal.alerts
        ends = [item for item in alerts.deliveries() if item.sent is Sent.VOID]
    assert [item.alert for item in ends] == [critical, digest]
    assert re.fullmatch(r"dropped by \S+ on \S+: The channel is closed, was .*", ends[0].detail)
    logs = [path.read_text(encoding="utf-8") for path in company.project.reports.glob("logs/*")]
    assert sum(ends[0].detail in text for text in logs) == 2
    assert CANARY not in "".join([*logs, ends[0].detail, listed])
    assert notify("--waiting").stdout == b"No alert is waiting.\n"
    company.slack.standing = None
    assert service.escalate(company.settings, dry=False)[1].waiting == 0
    assert company.slack.messages == []
    company.month()
    assert [text[:14] for text in company.slack.texts] == ["CRITICAL · Do ", "CRITICAL · 003"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "needs one of these: a run, --waiting or --discard"),
        (("2024-06", "--waiting"), "needs one of these: a run, --waiting or --discard"),
        (("--waiting", "--dry-run"), "--dry-run needs a run"),
        (("--waiting", "--reason", "x"), "--discard and --reason go together"),
        (("--discard", "A-1"), "--discard and --reason go together"),
        (("--discard", "A-1", "--reason", " "), "--reason is empty"),
        (("--discard", "A-1", "--reason", "x"), "No alert 'A-1' is waiting"),
    ],
)
def test_what_notify_does_not_take(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """A usage error in one sentence, which leaves nothing behind."""
    project = Project(tmp_path)
    done = in_process("notify", *arguments, cwd=project.folder)
    assert done.returncode == ExitCode.USAGE
    assert said in one_sentence(done.stderr.decode())
    assert not project.reports.exists()


def test_escalation_finds_what_is_overdue(company: Company) -> None:
    """Looked at first, then told, once."""
    from datetime import UTC, datetime, timedelta

    company.month()
    company.slack.messages.clear()
    later = datetime.now(UTC) + timedelta(days=20)
    settings = company.settings
    found, _ = service.escalate(settings, dry=True, now=later)
    assert [alert.level for alert in found] == ["critical", "high"]
    assert company.slack.messages == []
    _, told = service.escalate(settings, dry=False, now=later)
    assert [alert.level for alert in told.sent] == ["critical", "high"]
    assert service.escalate(settings, dry=False, now=later)[0] == []
    assert [broken(message) for message in company.slack.messages] == [[], []]


def test_escalation_tells_what_it_has_sent_of_what_waited(company: Company) -> None:
    """Nothing is overdue, but two alerts were waiting."""
    company.slack.standing = Reply(500)
    company.month()
    company.slack.standing = Reply(200)
    found, told = service.escalate(company.settings, dry=False)
    assert (found, len(told.sent), told.waiting) == ([], 2, 0)


def test_a_failed_run_tells_finance_operations(company: Company) -> None:
    """Once a day for the same sentence, without secrets."""
    sentence = f"The disk is full: PWD={CANARY} and {company.slack.webhook}."
    settings = company.settings
    assert len(service.alert_failure(settings, JUNE, sentence, 7).sent) == 1
    assert service.alert_failure(settings, JUNE, sentence, 7).sent == ()
    assert company.slack.texts == ["FAILED · recon month 2024-06 failed"]
    assert CANARY not in json.dumps(company.slack.messages)
    company.slack.standing = Reply(500)
    waiting = service.alert_failure(settings, None, "Another one.", 5)
    assert (waiting.waiting, waiting.lost) == (1, False)


def test_a_failed_run_is_told_though_the_journal_cannot_be_written(company: Company) -> None:
    """Which may be just what failed."""
    company.project.reports.parent.mkdir(exist_ok=True)
    company.project.reports.write_text("a file where the folder should be", encoding="utf-8")
    assert len(service.alert_failure(company.settings, JUNE, "It failed.", 7).sent) == 1
    company.slack.standing = Reply(500)
    lost = service.alert_failure(company.settings, JUNE, "It failed.", 7)
    assert "The journal cannot be written either." in lost.sentence


# Each command in a process of its own, forked once everything is loaded; nothing waits for long.
# Slack's pauses and retries are all there, only shorter; others above see how long they take.
HURRIED = """
import gc, json, os, pkgutil, sys, time
sleep = time.sleep
time.sleep = lambda seconds: sleep(min(seconds, 0.01))
import duckdb, openpyxl, rich.console, slack_sdk.webhook, recon
for module in pkgutil.walk_packages(recon.__path__, "recon."):
    __import__(module.name)
from recon.__main__ import main
gc.freeze()
for arguments in json.loads(sys.argv[1]):
    child = os.fork()
    if child == 0:
        sys.argv = ["recon", *arguments]
        main()
        raise SystemExit
    print("ended with", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def told_by(project: Project, commands: list[list[str]], env: Mapping[str, str]) -> bytes:
    """Return what commands print, one after the other."""
    ways = [[*arguments, "--config", str(project.config)] for arguments in commands]
    if not hasattr(os, "fork"):
        runs = [recon(*way, cwd=project.folder, env=env) for way in ways]
        return b"".join(done.stdout + done.stderr for done in runs)
    done = subprocess.run(
        [sys.executable, "-c", HURRIED, json.dumps(ways)], cwd=project.folder,
        env=environment(env), capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"ended with ") == len(ways)
    return done.stdout + done.stderr


FAILURES = {
    "nothing": (None, ""),
    "slack": (Reply(500, CANARY), ""),
    "blocks": (Reply(400, "invalid_blocks"), ""),
    "cut": (Reply(cut=True), ""),
    "web": (Reply(302, "", (("Location", f"https://{CANARY}.invalid/services/{CANARY}"),)), ""),
    "source": (None, "[accounting]"),
    "reports": (None, "reports"),
    "configuration": (None, "config"),
}


@pytest.mark.parametrize("step", FAILURES)
def test_a_secret_is_found_nowhere(company: Company, step: str) -> None:
    """Not in a file, report, journal, log or message, wherever a run fails."""
    reply, broken = FAILURES[step]
    company.slack.standing = reply
    project = company.project
    if broken == "[accounting]":
        (project.folder / "data" / "entries.csv").unlink()
    elif broken == "reports":
        project.reports.write_text("no folder", encoding="utf-8")
    elif broken == "config":
        project.configure(rest=f"{WEBHOOK}proxy = '{company.slack.address}'\nunknown = 1\n")
    proxy = f"http://me:{CANARY}@127.0.0.1:{free_port()}"
    env = {
        "HOOK": company.slack.webhook if step != "web" else f"{company.slack.webhook} {CANARY}",
        "BOT": BOT, "HTTPS_PROXY": proxy, "NO_PROXY": "127.0.0.1", "RECON_DEBUG": "1",
    }  # fmt: skip
    commands = [["month", "2024-06"], ["escalate"], ["notify", "2024-06"], ["doctor"]]
    if reply is None:
        commands += [["month", "2024-06", "--json"], ["history"]]
    outputs = told_by(project, commands, env)
    assert CANARY.encode() not in outputs
    files = [path for path in project.folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert CANARY.encode() not in path.read_bytes(), path
    assert CANARY not in json.dumps(company.slack.messages)
    if project.reports.is_dir() and (project.reports / "journal.db").exists():
        with closing(sqlite3.connect(project.reports / "journal.db")) as journal:
            assert CANARY not in "\n".join(journal.iterdump())
