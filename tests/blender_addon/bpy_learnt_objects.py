"""Inside Blender: a trained network looks through a strip, and one class of what it finds is painted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import bpy_styling as styling
import bpy_timeline as tl


def run(folder: str, card: str, python: str) -> dict[str, Any]:
    """What is found, what is painted, and how far the painting follows it."""
    styling.use_backend(python)
    pictures = sorted(Path(folder, "src").glob("*.png"))
    scene = tl.empty(len(pictures) + 5)
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    strip = tl.image_strip(scene.sequence_editor.strips, "Bühne", pictures, 1, 5)
    region = styling.region(strip, "swirl", "INSTANCES")
    styling.activate(scene, strip)
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(folder, "bühne.blend")))
    region.matte.objects.model = bpy.path.relpath(card)
    states: list[str] = []
    tl.room("sequencer.watch").listeners.append(
        lambda work: states.append(f"{work.progress.state.value} {work.progress.stage}".strip())
    )
    outcomes = [list(bpy.ops.brushpass.find_objects())]
    (found,) = strip.brushpass.found
    module = tl.room("settings.found_objects")
    told: dict[str, Any] = {
        "objects": [[item.label, item.frames, round(item.score, 3)] for item in found.objects],
        "pictures": [module.thumbnail_of(found, item).is_file() for item in found.objects],
        "states": list(dict.fromkeys(states)),
    }
    bpy.ops.brushpass.object_class_toggle(name="car")
    scene.frame_set(6)
    outcomes.append(list(bpy.ops.brushpass.preview()))
    matte = tl.room("preview.previews").progress().pictures.matte
    outcomes.append(list(bpy.ops.brushpass.style_strip()))
    plate = tl.read(pictures[1])[::-1, :, :3]
    shelf = tl.room("sequencer.shelves").shelf_of_strip(scene, strip)
    styled = tl.read(Path(shelf, "v001", "styled.1002.png"))[::-1, :, :3]
    changed = np.abs(styled - plate).max(axis=2) > 2 / 255
    inside, outside = matte > 0.9, matte == 0.0
    return {
        **told,
        "outcomes": outcomes,
        "covered": float(inside.mean()),
        "painted inside": float(changed[inside].mean()),
        "painted outside": float(changed[outside].mean()),
    }
