"""Whether a strip's plate on its shelf is still what the strip shows at the playhead. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from .. import compat
from ..contract.errors import NstError
from .description import FrameDigests
from .ledger import is_finished
from .ordering import plate_state, shelf_of_strip
from .plan import Plate, load_plate
from .scene_passes import plate_layers
from .strips import content_of, renders_passes
from .versions import PLATE_FOLDER, frame_name

__all__ = ["FinishedPlate", "finished_plate", "plate_holding"]


@dataclass(frozen=True)
class FinishedPlate:
    """A plate with a frame that is made of what the strip shows."""

    folder: Path
    digest: str
    """Names what the frame is made of."""


def finished_plate(scene: bpy.types.Scene, strip: bpy.types.Strip, frame: int) -> FinishedPlate | None:
    """The plate on the strip's shelf, where it holds the picture at a timeline frame, which the scene must be at."""
    try:
        shelf = shelf_of_strip(scene, strip)
    except NstError:
        # Of a file that was never saved, or a template that says nothing.
        return None
    number = content_of(strip).number(frame)
    folder = shelf / PLATE_FOLDER if shelf is not None else None
    plate = plate_holding(folder, number) if folder is not None else None
    if folder is None or plate is None:
        return None
    # Were the moment another one, the digest would not be found.
    extra = (_plain_moment(strip, frame), 0.0, *plate_layers(strip)) if renders_passes(strip) else ()
    state = plate_state(scene, strip)
    digest = FrameDigests(scene, strip, state=state, encoding=plate.encoding).at(frame, *extra)
    return FinishedPlate(folder, digest) if is_finished(folder / frame_name(plate.pattern, number), digest) else None


def plate_holding(folder: Path, number: int) -> Plate | None:
    """The plate in a folder, where it has a frame of that number; else None."""
    try:
        plate = load_plate(folder)
    except NstError:
        return None
    there = plate.first <= number <= plate.last and (folder / frame_name(plate.pattern, number)).is_file()
    return plate if there else None


def _plain_moment(strip: bpy.types.Strip, frame: int) -> int:
    """The frame of its scene that a scene strip shows which is neither retimed nor reversed."""
    begin = int(strip.scene.frame_start) + compat.content_trim_start(strip)
    return begin + frame - compat.content_start(strip)
