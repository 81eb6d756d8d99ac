"""What can go wrong between Blender and the backend."""

from __future__ import annotations

import traceback

from ..contract.errors import NstError, as_fault

__all__ = ["BackendError", "fault_or_defect"]


class BackendError(NstError):
    """The backend failed, or refused a request.

    ``kind`` is that of the error event (see ``contract.messages.ErrorEvent``), or one of
    this side's own: ``environment`` (there is none that works), ``crashed`` (it ended by
    itself), ``hung`` (it no longer answers), ``stopped`` (it was ended on request).
    """

    def __init__(self, problem: str, *, remedy: str = "", kind: str = "environment", log: str | None = None) -> None:
        super().__init__(problem, remedy=remedy)
        self.kind = kind
        self.log = log


def fault_or_defect(error: Exception) -> NstError:
    """What the artist is told of an exception; a defect of ours is printed to the console as well."""
    fault = as_fault(error)
    if fault is None:
        traceback.print_exception(error)
        fault = BackendError(f"a fault of Brushpass ({error!r})", remedy="see the console", kind="defect")
    return fault
