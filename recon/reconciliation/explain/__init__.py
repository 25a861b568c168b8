"""Explaining: one contract in one month, and its figures' origin."""

from recon.reconciliation.explain.assembly import contract_detail
from recon.reconciliation.explain.document import as_json
from recon.reconciliation.explain.model import ContractDetail

__all__ = ["ContractDetail", "as_json", "contract_detail"]
