"""Find Objects for strips: the order of a search, and whether what it found still holds."""

from __future__ import annotations

from typing import Any

import bpy

from ..contract.errors import UsageError
from ..contract.frames import FrameRange
from ..jobs.order import FindOrder
from ..settings import finder
from ..settings.found_objects import looked_at
from ..settings.mattes import recipe_model
from ..settings.owner import Owner
from ..settings.recipe import recipe_of_plate
from .finished_plate import finished_plate
from .ordering import isolate_command, plate_of_strip
from .record import mark
from .searching import Asked, WorkFinder
from .shelves import output_template, shelf_for
from .strip_owner import strip_of
from .strips import content_of, with_handles
from .targets import orders_strip
from .versions import PLATE_FOLDER

__all__ = ["register", "unregister"]


class _StripFinder(WorkFinder):
    def serves(self, owner: Owner) -> bool:
        return isinstance(owner.id, bpy.types.Scene)

    def timeline(self, owner: Owner, number: int) -> int:
        return content_of(_strip_of(owner)[1]).frame(number)

    def ask(self, owner: Owner, model: str) -> Asked:
        scene, strip = _strip_of(owner)
        plate = plate_of_strip(scene, strip)
        shelf = shelf_for(scene, strip, output_template())
        order = FindOrder(
            **plate, mark=mark(strip), model=recipe_model(model, shelf / PLATE_FOLDER), recipe=recipe_of_plate(owner)
        )
        return Asked(order, shelf, isolate_command)

    def is_about(self, owner: Owner, order: FindOrder) -> bool:
        strip = strip_of(owner)
        return strip is not None and orders_strip(order, strip)

    def shown(self, owner: Owner) -> tuple[object, ...]:
        scene, strip = _strip_of(owner)
        return strip.name, scene.frame_current

    def changed(self, owner: Owner, found: Any) -> str:
        scene, strip = _strip_of(owner)
        try:
            shown = with_handles(strip, strip.brushpass.output.handles)
        except UsageError as fault:
            # A strip that cannot be styled as it is now.
            return fault.problem
        missing = set(range(shown.first, shown.last + 1)) - looked_at(found)
        if missing:
            frames = FrameRange.of(map(shown.frame, missing))
            return f"the strip shows frames that were not looked at, {frames}"
        content, frame = content_of(strip), scene.frame_current
        if content.first <= content.number(frame) <= content.last and finished_plate(scene, strip, frame) is None:
            return "the strip has changed since its objects were found"
        return ""


def _strip_of(owner: Owner) -> tuple[bpy.types.Scene, bpy.types.Strip]:
    strip = strip_of(owner)
    if strip is None:
        raise UsageError(f"the strip {owner.label!r} is gone", remedy="select another strip")
    assert isinstance(owner.id, bpy.types.Scene)
    return owner.id, strip


_FINDER = _StripFinder()


def register() -> None:
    finder.add_finder(_FINDER)


def unregister() -> None:
    finder.remove_finder(_FINDER)
