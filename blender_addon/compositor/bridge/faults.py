"""An exception in work for a node, as what the artist is told of it."""

from __future__ import annotations

import sys

from ...contract.errors import NstError, UsageError, as_fault

__all__ = ["fault_of"]


def fault_of(error: Exception) -> NstError:
    """Its sentence; a defect of ours is printed as well. Call it where the exception is handled."""
    fault = as_fault(error)
    if fault is None:
        sys.excepthook(*sys.exc_info())
        fault = UsageError(f"a fault of Brushpass, {type(error).__name__}: {error}", remedy="please report it")
    return fault
