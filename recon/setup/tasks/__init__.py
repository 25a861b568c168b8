"""Tasks: settings -> the XML that Windows Task Scheduler takes, and the check of such files.

`schema` is the one table of elements, their order and their values; `render` writes by it and
`rules` checks by it. `plan` says which tasks there are, `registration` how they are registered.
"""
