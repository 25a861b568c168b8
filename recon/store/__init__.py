"""The embedded DuckDB: sessions, and exact reading of any column."""
