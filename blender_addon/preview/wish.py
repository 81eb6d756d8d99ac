"""What a preview is asked for: one frame of a strip, its plate, and the recipe that paints it; nothing of Blender."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..sequencer.plan import IsolateSpec, Plate

__all__ = ["SPEC_FILE", "FramePlate", "Wish", "for_frame"]

SPEC_FILE = "isolate.json"
"""In the plate's folder: what the isolating Blender is asked."""


@dataclass(frozen=True, kw_only=True)
class FramePlate:
    """Where the plate of one frame lies, or will."""

    key: str
    """Names all that the picture is made of: equal keys mean an equal plate."""
    folder: Path
    number: int
    spec: IsolateSpec | None
    """How to render it; None where it is there."""
    shelf: Path | None = None
    """The folder of the strip's plate, where that holds the same frame: what was found in the plate lies there."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One preview. What is None is not asked for."""

    scene: str
    strip: str
    frame: int
    """On the timeline."""
    plate: FramePlate
    looked_at: Mapping[str, Any]
    """The recipe that leaves the plate as it is: whatever the artist's regions lack, the plate can be looked at."""
    recipe: Mapping[str, Any] | None
    """Of the strip's settings; its plate and output are filled in once the plate is known."""
    region: str | None
    """Whose matte is wanted."""
    objects: tuple[str, ...] = ()
    """The folders of the found objects that the recipe's mattes take."""

    def shows_the_same(self, other: Wish) -> bool:
        """Whether ``other`` gives the same pictures, wherever the plate comes from."""
        return self._told() == other._told()

    def _told(self) -> tuple[object, ...]:
        where = self.scene, self.strip, self.frame, self.plate.key
        return (*where, self.looked_at, self.recipe, self.region, self.objects)


def for_frame(recipe: Mapping[str, Any], plate: Plate, number: int, *, shelf: Path | None = None) -> dict[str, Any]:
    """``recipe`` for one frame of ``plate``, or the same of the ``shelf``, relative to the plate's folder."""
    found = plate.recipe(recipe, [number])
    if shelf is not None:
        found["plate"]["path"] = (shelf / plate.pattern).as_posix()
    return found
