"""Planted books: errors and systemic faults whose truth is known, in plain Python."""
