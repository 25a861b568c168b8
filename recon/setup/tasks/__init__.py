"""Tasks: settings -> XML for Windows Task Scheduler, checked.

`plan` lists the tasks, `render` writes them and `registration` makes the lines for Windows; `rules`
checks them, also after somebody has edited them.
"""
