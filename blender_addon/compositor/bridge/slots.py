"""Slots of the bridge: each Style node of a tree has one, and three passes of its own in it.

Their number is fixed: Blender 4.5 reads the passes of an engine once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["SLOTS", "SlotPass", "assign", "passes_of"]

SLOTS = 8
"""Style nodes that one tree can have."""
Part = Literal["image", "per_frame", "matte"]
_PARTS: Mapping[Part, str] = {"image": "Image", "per_frame": "Per-frame", "matte": "Matte"}


@dataclass(frozen=True)
class SlotPass:
    """A pass of the bridge and the socket that it goes through."""

    part: Part
    name: str
    socket: str
    """Name of the node's output."""

    @property
    def entrance(self) -> str:
        """Name of the node's input that takes the pass in."""
        return f"Styled {self.socket}"

    @property
    def channels(self) -> str:
        """Names of the channels, as an engine adds a pass."""
        return "X" if self.part == "matte" else "RGBA"


def passes_of(slot: int) -> tuple[SlotPass, ...]:
    """The passes of a slot, counted from 1."""
    return tuple(SlotPass(part, f"Style {slot} {socket}", socket) for part, socket in _PARTS.items())


def assign(wanted: Sequence[int]) -> list[int]:
    """A slot for each node, given what each has; 0 has none yet, and stays 0 where all are taken.

    Of two nodes with one slot the first keeps it.
    """
    found: list[int] = []
    for slot in wanted:
        found.append(slot if 1 <= slot <= SLOTS and slot not in found else 0)
    free = (slot for slot in range(1, SLOTS + 1) if slot not in found)
    return [slot or next(free, 0) for slot in found]
