"""The formats in which a result is rendered.

One module a format; each renders the same Reconciliation.
"""
