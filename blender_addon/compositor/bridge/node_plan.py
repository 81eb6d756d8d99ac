"""What is to be done for one Style node in one frame, in plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...contract.errors import NstError
from .slots import SlotPass

__all__ = ["NodePlan"]


@dataclass(frozen=True, kw_only=True)
class NodePlan:
    """One Style node in one frame. Either ``recipe`` or ``fault`` is there."""

    scene: str
    node: str
    slot: int
    """Its slot of the bridge, 0 where it has none."""
    passes: tuple[SlotPass, ...]
    """The passes of its slot whose sockets are linked, its picture always."""
    recipe: Mapping[str, Any] | None = None
    base: Path = Path()
    fault: NstError | None = None
    notes: tuple[str, ...] = ()
    """What the artist should know, a sentence each."""
