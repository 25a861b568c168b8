"""The journal: runs, breaks and people's words; nothing ever changes.

`model` has the terms, `open_items` says where each break stands, `ageing` how old the open ones
are, `history` what a run means beside the ones before it; `acknowledgements` and `signing` check
what people write into it; `store` and `schema` keep it all in a file.
"""
