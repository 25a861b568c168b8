"""A run: the one place where the steps meet.

Gather (open the sources), decide (reconcile), apply (write, record, tell): nothing is written
before everything is decided. `month` is the way through; `gathering`, `reporting` and `recording`
are its parts; `books` are what months in a row have in common.
"""
