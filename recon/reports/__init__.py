"""What a run shows: one module a format, each of which renders the same Reconciliation."""
