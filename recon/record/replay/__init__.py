"""Replays: stored months reconciled again with something changed.

`movement` says why a total moved between two runs, `tuning` what another tolerance would do.
"""
