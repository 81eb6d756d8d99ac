"""Which button cures a fault."""

from __future__ import annotations

from enum import StrEnum

from ..backend.faults import BackendError
from ..contract.errors import NstError

__all__ = ["Remedy", "remedy_of"]


class Remedy(StrEnum):
    """A button beside a fault."""

    PREFERENCES = "preferences"
    RESUME = "resume"
    STYLE = "style"


_OF_KIND = {
    "environment": Remedy.PREFERENCES,
    "protocol": Remedy.PREFERENCES,
    "usage": Remedy.STYLE,
}


def remedy_of(fault: NstError) -> Remedy:
    """What to offer; going on where it stopped is right wherever nothing must be changed first."""
    if isinstance(fault, BackendError) and fault.kind == "crashed" and "preferences" in fault.remedy:
        return Remedy.PREFERENCES
    if "style" in fault.remedy and "again" in fault.remedy:
        return Remedy.STYLE
    return _OF_KIND.get(fault.kind, Remedy.RESUME)
