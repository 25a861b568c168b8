"""The log of a run: a file of its own beside the reports, for whoever was not there.

`record` is what the run tells; `lines` writes it down as text or JSON, `files` knows the folder
and deletes what is old, `libraries` listens to what others warn of, `facts` puts a run in figures.
"""

from recon.log.record import Log

__all__ = ["Log"]
