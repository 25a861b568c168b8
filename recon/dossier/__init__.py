"""The dossier: everything about one contract in one month, with how each figure came about."""

from recon.dossier.assembly import dossier
from recon.dossier.document import as_json
from recon.dossier.model import Dossier

__all__ = ["Dossier", "as_json", "dossier"]
