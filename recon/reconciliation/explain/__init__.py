"""The dossier: everything about one contract in one month, with how each figure came about."""

from recon.reconciliation.explain.assembly import dossier
from recon.reconciliation.explain.document import as_json
from recon.reconciliation.explain.model import Dossier

__all__ = ["Dossier", "as_json", "dossier"]
