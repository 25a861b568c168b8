"""Replays: stored months reconciled again, from their evidence, with something changed.

`movement` says why a total moved between two runs, `tuning` what another tolerance would do.
"""
