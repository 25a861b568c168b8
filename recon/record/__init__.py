"""The record: runs, open breaks, signatures, and their evidence."""
