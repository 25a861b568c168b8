"""The table [slack] of the configuration, and the queue of alerts in the journal."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recon.base.errors import ConfigError
from recon.config import Settings, load
from recon.config.slack import Level, Place, SlackSettings, Way, is_webhook, mention
from recon.record.journal.alerts import Alert, AlertKind, Delivery, Sent
from recon.record.journal.schema import MIGRATIONS
from recon.record.journal.store import NAME, Journal
from tests.shell import ROOT, Project

AT = datetime(2024, 7, 3, 7, 15, tzinfo=UTC)
ALERT = Alert(
    "A-1", AT, "r", "2024-06", AlertKind.DIGEST, "high", "env:HOOK", {"text": "é"}, ("B-1", "B-2")
)


def configured(tmp_path: Path, text: str) -> Settings:
    """Return the settings of a project with this configuration of Slack."""
    project = Project(tmp_path)
    project.configure(rest=text)
    return load(project.config)


def slack(tmp_path: Path, text: str) -> SlackSettings:
    """Return the settings of Slack."""
    found = configured(tmp_path, text).slack
    assert found is not None
    return found


def mistakes(tmp_path: Path, text: str) -> list[str]:
    """Return the mistakes of a configuration."""
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, text)
    return list(caught.value.mistakes)


def test_without_the_table_nobody_is_told(tmp_path: Path) -> None:
    """Slack is there by its table."""
    assert configured(tmp_path, "").slack is None


def test_one_line_is_enough(tmp_path: Path) -> None:
    """The deadlines of the specification, and everything goes to the one webhook."""
    found = slack(tmp_path, "[slack]\nwebhook_env = 'HOOK'\n")
    place = Place(Way.VARIABLE, "HOOK")
    assert found.place == place
    days = {level: found.levels[level].days for level in Level}
    assert days == {Level.WARNING: 5, Level.HIGH: 2, Level.CRITICAL: 1, Level.FAILURE: 0}
    assert found.levels[Level.FAILURE].hours == 4
    targets = [t for level in Level for t in (found.levels[level].first, found.levels[level].then)]
    assert {target.place for target in targets} == {place}
    assert not found.redact


def test_a_level_has_its_own_places_and_people(tmp_path: Path) -> None:
    """A bot's channel, another webhook, members, groups and everybody."""
    found = slack(
        tmp_path,
        "[slack]\ntoken_keyring = 'bot'\nchannel = '#close'\nca_file = 'ca.pem'\n"
        "[slack.critical]\nwebhook_env = 'AUDIT'\nmentions = ['@UABC12', 'SABC12', 'here']\n"
        "acknowledge_days = 3\nthen = { channel = 'C0AUDIT01', mentions = ['channel'] }\n"
        "[slack.owners]\n'Dana Field' = 'UDANA1'\n",
    )
    assert found.place == Place(Way.CHANNEL, "#close")
    assert found.token == Place(Way.KEYRING, "bot")
    critical = found.levels[Level.CRITICAL]
    assert critical.first.place == Place.parse("env:AUDIT")
    assert critical.first.mentions == ("<@UABC12>", "<!subteam^SABC12>", "<!here>")
    assert (critical.then.place, critical.then.mentions, critical.days) == (
        Place(Way.CHANNEL, "C0AUDIT01"), ("<!channel>",), 3
    )  # fmt: skip
    assert found.levels[Level.HIGH].then.place == found.place
    assert found.owners == {"dana field": "<@UDANA1>"}
    assert found.ca_file == tmp_path / "config" / "ca.pem"


def test_a_failed_run_has_hours(tmp_path: Path) -> None:
    """To be made good in, until the next people hear of it."""
    found = slack(
        tmp_path, "[slack]\nwebhook_env = 'HOOK'\n[slack.failure]\nacknowledge_hours = 1\n"
    )
    assert found.levels[Level.FAILURE].hours == 1


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Each with its full key."""
    found = mistakes(
        tmp_path,
        "[slack]\nwebhook_env = 'HOOK'\nchanel = '#x'\nupload = true\nredact = 1\n"
        "proxy = 'http://me:pw@proxy:80'\nreport_link = 'x y'\napi = 'http://slack.com/api'\n"
        "[slack.high]\nchannel = '#x'\nmentions = ['@dana']\n"
        "[slack.high.then]\nacknowledge_days = 2\n"
        "[slack.failure]\nacknowledge_days = 1\nwebhook_env = 'A'\nwebhook_keyring = 'B'\n"
        "[slack.owners]\nDana = 'dana'\n",
    )
    keys = {mistake.partition(":")[0] for mistake in found}
    assert keys == {
        "slack.chanel", "slack.upload", "slack.redact", "slack.proxy", "slack.report_link",
        "slack.api", "slack.high.channel", "slack.high.mentions",
        "slack.high.then.acknowledge_days", "slack.failure.acknowledge_days",
        "slack.failure.webhook_keyring", "slack.owners.Dana",
    }  # fmt: skip
    assert "pw" not in " ".join(found)


@pytest.mark.parametrize("text", ["[slack]\n", "[slack]\ntoken_env = 'T'\n"])
def test_a_place_is_needed(tmp_path: Path, text: str) -> None:
    """A token alone does not say where."""
    (mistake,) = mistakes(tmp_path, text)
    assert mistake.startswith("slack.webhook_env: is missing")


def test_a_secret_that_stands_in_the_file_is_not_repeated(tmp_path: Path) -> None:
    """Somebody pastes the webhook where its variable is named."""
    pasted = "https://hooks.slack.com/services/T0/B0/canary"
    found = mistakes(tmp_path, f"[slack]\nwebhook_env = '{pasted}'\n")
    assert len(found) == 1
    assert "canary" not in found[0]


def test_the_shipped_configuration_explains_what_is_there(tmp_path: Path) -> None:
    """Its table, with the comment signs taken away, is read without a mistake."""
    text = (ROOT / "config" / "recon.toml").read_text(encoding="utf-8")
    table = text[text.index("# [slack]") : text.index("# What every recorded run leaves")]
    lines = (line.removeprefix("# ") for line in table.splitlines())
    wanted = ("[", '"', *"abcdefghijklmnopqrstuvwxyz_")
    keys = [line for line in lines if line.startswith(wanted) and ("=" in line or line[0] == "[")]
    found = slack(tmp_path, "\n".join(keys))
    assert found.levels[Level.CRITICAL].then.place.name == "#audit"
    assert found.owners == {"dana field": "<@U099MN8OP>"}


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://hooks.slack.com/services/T/B/x", True),
        ("http://127.0.0.1:8000/services/T/B/x", True),
        ("http://hooks.slack.com/services/T/B/x", False),
        ("https://hooks.slack.com/services/T/B/x y", False),
        ("hooks.slack.com/services/T/B/x", False),
        ("https://[x", False),
    ],
)
def test_a_webhook_is_an_address_that_nobody_else_can_read(address: str, good: bool) -> None:
    """Over the network only encrypted."""
    assert is_webhook(address) is good


def test_names_of_people_are_no_mentions() -> None:
    """Slack wants their ids."""
    with pytest.raises(ValueError, match="neither a member ID"):
        mention("@dana.field")


def test_alerts_wait_until_they_are_sent(tmp_path: Path) -> None:
    """In order, once, and with what became of each attempt."""
    with Journal.at(tmp_path) as journal:
        alerts = journal.alerts
        second = Alert(**{**_fields(ALERT), "id": "A-2", "names": ()})
        alerts.queue([ALERT, second])
        alerts.queue([ALERT])
        assert alerts.waiting() == [ALERT, second] == alerts.all()
        alerts.mark(Delivery("A-1", AT, Sent.FAILED, "down"))
        assert alerts.waiting() == [ALERT, second]
        alerts.mark(Delivery("A-1", AT, Sent.SENT))
        alerts.mark(Delivery("A-2", AT, Sent.VOID))
        assert alerts.waiting() == []
        assert [delivery.sent for delivery in alerts.deliveries()] == ["failed", "sent", "void"]


def _fields(alert: Alert) -> dict[str, object]:
    return {name: getattr(alert, name) for name in Alert.__slots__}


def test_the_queue_is_append_only(tmp_path: Path) -> None:
    """Nobody takes an alert back, by accident at least."""
    with Journal.at(tmp_path) as journal:
        alerts = journal.alerts
        alerts.queue([ALERT])
        alerts.mark(Delivery("A-1", AT, Sent.SENT))
    connection = sqlite3.connect(tmp_path / NAME)
    for table in ("alerts", "alerted", "deliveries"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(f"DELETE FROM {table}")
    connection.close()


def test_all_of_it_is_queued_or_nothing(tmp_path: Path) -> None:
    """What cannot be written leaves nothing behind."""
    with Journal.at(tmp_path) as journal:
        alerts = journal.alerts
        bad = Alert(**{**_fields(ALERT), "id": "A-2", "payload": {"x": object()}})
        with pytest.raises(TypeError):
            alerts.queue([ALERT, bad])
        assert alerts.all() == []


def test_a_journal_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its runs stay, and it can keep alerts."""
    connection = sqlite3.connect(tmp_path / NAME)
    connection.executescript(MIGRATIONS[0])
    connection.execute(
        "INSERT INTO runs VALUES ('r', '2024-06', ?, ?, 'd', 'h', '{}', '{}', '{}', 'high', 3, "
        "'2024-06/r', '', 0, '')",
        (AT.isoformat(), AT.isoformat()),
    )
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    with Journal.at(tmp_path) as journal:
        alerts = journal.alerts
        assert [run.run_id for run in journal.runs()] == ["r"]
        alerts.queue([ALERT])
        assert alerts.waiting() == [ALERT]
    connection = sqlite3.connect(tmp_path / NAME)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    connection.close()


def test_looking_at_the_queue_begins_no_journal(tmp_path: Path) -> None:
    """There is nothing to see, and nothing is left."""
    with Journal.look(tmp_path) as journal:
        alerts = journal.alerts
        assert alerts.waiting() == []
    assert not (tmp_path / NAME).exists()
