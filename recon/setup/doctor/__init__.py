"""The doctor: everything a month needs, checked in advance.

`examine` makes the checks: the configuration, then each side (driver, server, login, …, or files),
then where reports go. A check is a function that returns a `Finding`; what failed before it makes
it skipped, never left out. `view` writes each line as its check ends.
"""

from recon.setup.doctor.examination import Asked, examine
from recon.setup.doctor.model import Check, Finding, State, document, exit_code

__all__ = ["Asked", "Check", "Finding", "State", "document", "examine", "exit_code"]
