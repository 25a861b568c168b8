"""A run on the console, one module a table."""
