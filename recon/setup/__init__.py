"""From an empty folder to a machine running by itself.

Its rooms are init, doctor and tasks.
"""
