"""Month-end revenue reconciliation, with the reason for every difference."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recon.base.frames import amount
    from recon.base.policy import Policy
    from recon.base.result import Reconciliation
    from recon.reconciliation.revenue import reconcile

__all__ = ["Policy", "Reconciliation", "__version__", "amount", "reconcile"]
__version__ = "0.2.0"

_HOMES = {
    "amount": "recon.base.frames",
    "Policy": "recon.base.policy",
    "Reconciliation": "recon.base.result",
    "reconcile": "recon.reconciliation.revenue",
}


def __dir__() -> list[str]:
    """All names, with the public ones not loaded yet."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    """A public name, imported on first use; `--help` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'recon' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
