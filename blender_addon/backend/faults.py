"""What can go wrong between Blender and the backend."""

from __future__ import annotations

from ..contract.errors import NstError

__all__ = ["BackendError"]


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
