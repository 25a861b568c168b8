"""The journal: what was run, what broke, and what people said about it; nothing is ever changed.

`model` has the terms, `lives` says where each break stands, `history` what a run means beside the
ones before it; `store` and `schema` keep it all in a file.
"""
