"""Exact money, months, policy, errors and the frozen result."""
