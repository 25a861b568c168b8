"""Evidence: a run's proof, made again without trust.

A pack is the folder `evidence/` of a run: the rows of both sides as they were delivered, how they
were asked for, by which rules they were compared, what came of it, by whom and when, and the
SHA-256 of every file. A pack names the one before it, so that a run can neither be changed nor be
taken away unseen, and the seal of the journal as it was then.
"""

from __future__ import annotations

from recon.record.evidence.cash import write_cash_pack
from recon.record.evidence.chain import left_over, verify_chain
from recon.record.evidence.facts import (
    CashContents,
    PackContents,
    PackFinding,
    Previous,
    RunFacts,
)
from recon.record.evidence.layout import FOLDER
from recon.record.evidence.pack import write_pack
from recon.record.evidence.verify import Verdict, verify, verify_journal, verify_pack, verify_seal

__all__ = [
    "FOLDER",
    "CashContents",
    "PackContents",
    "PackFinding",
    "Previous",
    "RunFacts",
    "Verdict",
    "left_over",
    "verify",
    "verify_chain",
    "verify_journal",
    "verify_pack",
    "verify_seal",
    "write_cash_pack",
    "write_pack",
]
