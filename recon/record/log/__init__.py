"""The log of a run: a file beside the reports.

`record` is the run's side of it, `lines` and `files` the side of `logging`: a filter without
secrets, text or JSON, and the folder. Only a log that is begun loads `logging`.
"""

from recon.record.log.record import Log

__all__ = ["Log"]
