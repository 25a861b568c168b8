"""A run: the one place where the steps meet.

`month` is the way: open, reconcile, decide, write, record, alert. Nothing is written before
everything is decided. `gathering`, `reporting` and `recording` are its parts, `opened_sources` are
both sides in a session, and `read_ahead` is shared by months in a row.
"""
