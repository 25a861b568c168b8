"""The log of a run: a file of its own beside the reports, for whoever was not there.

`record` is what the run tells; `lines` puts a run in figures and writes it down as text or JSON;
`files` knows the folder, deletes what is old, and listens to what libraries warn of.
"""

from recon.record.log.record import Log

__all__ = ["Log"]
