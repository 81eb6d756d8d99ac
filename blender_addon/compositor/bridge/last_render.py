"""What became of each Style node when it was rendered last, for its face and the side panel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...contract.errors import NstError

__all__ = ["Told", "forget", "recall", "tell"]


@dataclass(frozen=True, kw_only=True)
class Told:
    """One frame of one node."""

    frame: int
    seconds: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)
    """Seconds of these that the backend worked, by stage."""
    notes: tuple[str, ...] = ()
    fault: NstError | None = None
    restyled: bool = False
    """Whether the frame's passes were painted once more after it was rendered."""
    refused: NstError | None = None
    """Why Restyle left the picture as it was."""


_told: dict[tuple[str, str], Told] = {}


def tell(scene: str, node: str, told: Told) -> None:
    """Keep what became of a node; from any thread."""
    _told[scene, node] = told


def recall(scene: str, node: str) -> Told | None:
    """What became of a node in the last render of a scene; None where it was not rendered."""
    return _told.get((scene, node))


def forget() -> None:
    """Of another file."""
    _told.clear()
