"""Explaining: one contract in one month, and its figures' origin."""

from recon.reconciliation.explain.assembly import contract_detail
from recon.reconciliation.explain.document import as_json
from recon.reconciliation.explain.model import ContractDetail
from recon.reconciliation.explain.relations import called

__all__ = ["ContractDetail", "as_json", "called", "contract_detail"]
