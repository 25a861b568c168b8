"""Alerting: the Slack messages of a recorded run."""

from __future__ import annotations

from contextlib import suppress

from recon.base.errors import ExitCode, ReconError
from recon.config import Settings
from recon.record.journal.store import Journal
from recon.record.log import Log
from recon.run.opened_sources import Progress


def alerted(
    settings: Settings, run_id: str, code: ExitCode, step: Progress, log: Log, notice: str = ""
) -> tuple[ExitCode, str]:
    """Alert people to a recorded run.

    Return the exit code, and a sentence where alerts are waiting. `notice` is what to know of the
    run before anything else.

    Where an alert waits, 8 goes before 0 and 3: only those who watch exit codes can still hear of
    the breaks, and the verdict itself is in the reports and the journal.
    """
    if settings.slack is None:
        return code, ""
    from recon.alerts.service import after_run

    step("Sending the Slack message")
    try:
        told = after_run(settings, run_id, notice)
        said, sent = told.sentence, len(told.sent)
    except ReconError as error:
        said, sent = f"Slack got no message: {error} Send it with `recon notify {run_id}`.", 0
    log.step_ended()
    _log_alerts(settings, run_id, log)
    log.note("alerts_waiting" if said else "alerts", said or "The Slack message is sent", sent=sent)
    return (ExitCode.ALERT, said) if said else (code, "")


def _log_alerts(settings: Settings, run_id: str, log: Log) -> None:
    """Log every alert of a run, sent or waiting."""
    with suppress(ReconError), Journal.look(settings.reports, settings.calendar.periods) as journal:
        for alert in journal.alerts.all():
            if alert.run == run_id:
                told = {"kind": alert.kind.value, "place": alert.place, "alert": alert.id}
                log.note("alert", str(alert.payload.get("text", "")), **told)
