"""A run: the one place where the steps meet.

Gather (open the sources), decide (reconcile), apply (write, record, tell): nothing is written
before everything is decided. `month` is the way through; `gathering`, `reporting` and `recording`
are its parts; `books` are what months in a row have in common.
"""

from __future__ import annotations

from recon.run.books import Books, kept_books
from recon.run.gathering import reconciled
from recon.run.month import Outcome, exit_code, run_month

__all__ = ["Books", "Outcome", "exit_code", "kept_books", "reconciled", "run_month"]
