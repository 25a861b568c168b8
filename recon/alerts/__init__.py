"""Alerts: a run's findings in Slack, and escalations.

`limits` and `message` make the messages, `facts` reads the journal, `plan` and `escalation` decide
which messages are due; all of that is pure. `delivery` talks to Slack, and `service` brings them
together: decide, queue, then send.
"""
