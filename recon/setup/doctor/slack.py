"""Slack: whether alerts would arrive, and how many wait.

Nothing is posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recon.alerts.delivery import Refusal, Slack, named, secret, webhook
from recon.alerts.listing import waits
from recon.alerts.responses import Outcome, Response
from recon.base.calendar import Calendar
from recon.base.errors import ExitCode
from recon.config.slack import Level, Place, SlackSettings, Way
from recon.record.journal.store import Journal
from recon.setup.doctor.model import Finding, State, failed, ok, parted, warning
from recon.setup.doctor.steps import Step

MENTIONED = {Level.CRITICAL: "critical breaks", Level.FAILURE: "failed runs"}
LATER = "try again later; until then alerts wait in the journal"
_WORST_FIRST = (State.FAILED, State.WARNING, State.OK)


@dataclass(frozen=True, slots=True)
class SlackSubject:
    """The settings of Slack, the journal's path and the calendar."""

    slack: SlackSettings
    reports: Path
    calendar: Calendar

    @property
    def places(self) -> Sequence[Place]:
        """Every place for alerts, that of the digest first."""
        levels = self.slack.levels.values()
        targets = [target.place for level in levels for target in (level.first, level.then)]
        return list(dict.fromkeys([self.slack.place, *targets]))

    @property
    def webhooks(self) -> Sequence[Place]:
        """The places that have a secret of their own."""
        return [place for place in self.places if place.way is not Way.CHANNEL]

    @property
    def channels(self) -> Sequence[Place]:
        """The places that a bot posts to."""
        return [place for place in self.places if place.way is Way.CHANNEL]


def places(subject: SlackSubject) -> Finding:
    """The places of alerts, and the levels that mention nobody."""
    where = f"alerts go to {_listed([named(place) for place in subject.places])}"
    levels = subject.slack.levels
    nobody = [what for level, what in MENTIONED.items() if not levels[level].first.mentions]
    return ok(f"{where}; nobody is mentioned for {_listed(nobody)}" if nobody else where)


def secrets(subject: SlackSubject) -> Finding:
    """Whether this account can read the webhooks and the token."""
    token = subject.slack.token
    wanted = [*subject.webhooks, *([token] if token else [])]
    missing = []
    for place in wanted:
        try:
            secret(place, "token") if place is token else webhook(place)
        except Refusal as refusal:
            missing.append(str(refusal))
    if missing:
        advice = "store it for the account that runs recon, and run this as that account"
        return failed(ExitCode.ALERT, "\n".join(missing), advice)
    return ok(f"{_listed([named(place) for place in wanted])} can be read")


def answers(subject: SlackSubject) -> Finding:
    """Whether Slack would take messages from here; none is posted."""
    slack = Slack(subject.slack)
    found = [_webhook(place, slack.probe(place)) for place in subject.webhooks]
    if channels := subject.channels:
        found.append(_token(channels, slack.probe(channels[0])))
    return _together(found)


def _webhook(place: Place, answer: Response) -> Finding:
    if answer.outcome is Outcome.SENT:
        return ok(f"Slack knows the webhook in {named(place)}")
    if answer.outcome is Outcome.REFUSED:
        advice = "test it with a message: recon notify, with a run"
        return warning(f"{named(place)}: {answer.detail}", advice)
    return _refused(named(place), answer)


def _token(channels: Sequence[Place], answer: Response) -> Finding:
    if answer.outcome is not Outcome.SENT:
        return _refused("the bot", answer)
    where = f" of {answer.detail}" if answer.detail else ""
    names = _listed([place.name for place in channels])
    return ok(f"Slack knows the token{where}; only a message will show if the app is in {names}")


def _refused(what: str, answer: Response) -> Finding:
    found, advice = parted(answer.detail)
    return failed(ExitCode.ALERT, f"{what}: {found}", advice or LATER)


def _together(findings: Sequence[Finding]) -> Finding:
    """Several findings as one, in the most severe state.

    It has a line and the advice of each.
    """
    worst = min(findings, key=lambda finding: _WORST_FIRST.index(finding.state))
    advice = dict.fromkeys(finding.advice for finding in findings if finding.advice)
    return Finding(
        worst.state,
        "\n".join(finding.found for finding in findings),
        "; ".join(advice),
        worst.exit_code,
    )


def queue(subject: SlackSubject) -> Finding:
    """The number of waiting alerts, and since when; raises ReportError."""
    with Journal.look(subject.reports) as journal:
        alerts = journal.alerts
        waiting = alerts.waiting()
    if not waiting:
        return ok("no alert is waiting")
    since = subject.calendar.day(waiting[0].at)
    return warning(
        f"{waits(len(waiting))} (since {since})",
        "recon escalate sends those that can be sent; recon notify --waiting lists them",
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


STEPS: tuple[Step[SlackSubject], ...] = (
    Step("slack_places", places),
    Step("slack_secrets", secrets),
    Step("slack_answers", answers, needs=("slack_secrets",)),
    Step("slack_queue", queue),
)
