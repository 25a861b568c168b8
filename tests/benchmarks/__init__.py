"""Benchmarks: each is a command of its own, none is part of the tests."""
