"""Notations of amounts in files: see `recon.store.amount_notations`."""

from __future__ import annotations

from recon.store.amount_notations import BLANKS, SIGNS, number, plain

__all__ = ["BLANKS", "SIGNS", "number", "plain"]
