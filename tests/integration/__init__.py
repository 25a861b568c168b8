"""Tests of the whole: the command line as its users run it, the README as they read it."""
