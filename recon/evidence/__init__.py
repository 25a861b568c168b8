"""Evidence: what a run leaves behind to prove itself, and the proof made again without trust.

A pack is the folder `evidence/` of a run: the rows of both sides as they were delivered, how they
were asked for, by which rules they were compared, what came of it, by whom and when, and the
SHA-256 of every file. A pack names the one before it, so that a run can neither be changed nor be
taken away unseen.
"""

from __future__ import annotations

from recon.evidence.chain import latest, verify_chain
from recon.evidence.facts import Finding, PackFacts, Previous
from recon.evidence.names import FOLDER
from recon.evidence.pack import write_pack
from recon.evidence.verify import Verdict, verify, verify_pack

__all__ = [
    "FOLDER",
    "Finding",
    "PackFacts",
    "Previous",
    "Verdict",
    "latest",
    "verify",
    "verify_chain",
    "verify_pack",
    "write_pack",
]
