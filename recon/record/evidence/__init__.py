"""Evidence: a run's proof, made again without trust.

A pack is the folder `evidence/` of a run: the rows of both sides as they were delivered, how they
were asked for, by which rules they were compared, what came of it, by whom and when, and the
SHA-256 of every file. A pack names the one before it, so that a run can neither be changed nor be
taken away unseen.
"""

from __future__ import annotations

from recon.record.evidence.chain import latest, verify_chain
from recon.record.evidence.facts import PackContents, PackFinding, Previous
from recon.record.evidence.layout import FOLDER
from recon.record.evidence.pack import write_pack
from recon.record.evidence.verify import Verdict, verify, verify_pack

__all__ = [
    "FOLDER",
    "PackContents",
    "PackFinding",
    "Previous",
    "Verdict",
    "latest",
    "verify",
    "verify_chain",
    "verify_pack",
    "write_pack",
]
