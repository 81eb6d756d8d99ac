"""What a preview is asked for: one frame of a strip, its plate, and the recipe that paints it; nothing of Blender."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract.frames import FrameRange
from ..sequencer.plan import IsolateSpec, Plate

__all__ = ["SPEC_FILE", "FramePlate", "Wish", "for_frame", "plate_recipe"]

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


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One preview. What is None is not asked for."""

    scene: str
    strip: str
    frame: int
    """On the timeline."""
    plate: FramePlate
    recipe: Mapping[str, Any] | None
    """Of the strip's settings; its plate and output are filled in once the plate is known."""
    region: str | None
    """Whose matte is wanted."""

    def shows_the_same(self, other: Wish) -> bool:
        """Whether ``other`` gives the same pictures, wherever the plate comes from."""
        return self._told() == other._told()

    def _told(self) -> tuple[object, ...]:
        return self.scene, self.strip, self.frame, self.plate.key, self.recipe, self.region


def for_frame(recipe: Mapping[str, Any], plate: Plate, number: int) -> dict[str, Any]:
    """``recipe`` for one frame of ``plate``, relative to the plate's folder, at the plate's size."""
    source = {**recipe.get("plate", {}), "path": plate.pattern, "frames": str(FrameRange.of([number]))}
    if plate.layer is not None:
        source["layer"] = plate.layer
    # Nothing is written; the name says what kind of picture comes out.
    output = {"path": f"preview.####{plate.output['suffix']}", "depth": plate.output["depth"]}
    return {**recipe, "plate": source, "output": output}


def plate_recipe(plate: Plate, number: int) -> dict[str, Any]:
    """A recipe that leaves the plate as it is: whatever the artist's regions lack, the plate can be looked at."""
    nothing: dict[str, Any] = {"name": "plate", "matte": {"everything": {}}, "style": None}
    return for_frame({"version": 1, "regions": [nothing]}, plate, number)
