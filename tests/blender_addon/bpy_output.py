"""What the Output section asks for beside the format, inside Blender's Python: size, handles, proxies."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import bpy_timeline as tl
from bpy_movies import error, smooth_pictures
from bpy_styling import activate, refused, region, result_of, shown, use_backend


def run(folder: str, python: str) -> dict[str, Any]:
    """One strip, trimmed to the middle of its content, is styled at half its size with handles and proxies."""
    work = Path(folder)
    use_backend(python)
    scene = tl.empty(20)
    strip = tl.image_strip(scene.sequence_editor.strips, "Bild ä", smooth_pictures(work / "src", 10), 1, 3)
    tl.room("compat").set_handles(strip, 5, 9)
    region(strip)
    activate(scene, strip)
    bpy.ops.wm.save_as_mainfile(filepath=str(work / "schnitt ü.blend"))
    told: dict[str, Any] = {}
    output = strip.brushpass.output
    before = tl.timeline(scene, range(5, 9), work / "before")

    output.size = "32x18"
    told["not a percentage"] = refused(bpy.ops.brushpass.style_strip)
    output.size, output.handles, output.proxy = "50%", 3, "25"
    told["outcome"] = sorted(bpy.ops.brushpass.style_strip())
    result = result_of(scene, strip)
    told["shown"] = [shown(result)[0], len(result.elements), *tl.room("compat").handles(result)]
    told["size"] = list(tl.read(Path(bpy.path.abspath(result.directory)) / result.elements[0].filename).shape[:2])
    told["scale"] = [result.transform.scale_x, result.transform.scale_y]
    told["error"] = max(error(before, tl.timeline(scene, range(5, 9), work / "after")))
    folder_of = Path(bpy.path.abspath(result.directory))
    told["proxies"] = sorted(str(path.relative_to(folder_of).as_posix()) for path in folder_of.rglob("*.jpg"))
    told["selected"] = [strip.select, result.select, result.use_proxy]

    # Drawn out, it shows what was styled beside the strip.
    source = tl.read(sorted((work / "src").glob("*.png"))[0])
    tl.room("compat").set_handles(result, 3, 9)
    told["drawn out"] = error([source], tl.timeline(scene, range(3, 4), work / "out"))[0]
    tl.room("compat").set_handles(result, 5, 9)

    # What the artist did to the scale stays, keyed or not, when the size changes.
    result.transform.scale_y *= 1.5
    for frame, factor in ((5, 2.0), (8, 4.0)):
        result.transform.scale_x = factor
        scene.keyframe_insert(f'sequence_editor.strips_all["{result.name}"].transform.scale_x', frame=frame)
    bpy.ops.brushpass.compare()
    told["plate"] = _scales(scene, result_of(scene, strip))
    bpy.ops.brushpass.compare()
    told["half"] = _scales(scene, result_of(scene, strip))
    output.size, output.format, output.handles, output.proxy = "50%", "MP4", 0, "50"
    activate(scene, strip)
    told["as movie"] = sorted(bpy.ops.brushpass.redo_changed())
    result = result_of(scene, strip)
    told["half movie"] = [result.type, result.elements[0].orig_width, *_scales(scene, result)]
    told["movie proxies"] = sorted(path.name for path in Path(bpy.path.abspath(result.filepath)).parent.rglob("*.avi"))

    bpy.ops.brushpass.remove_result()
    told["removed"] = _scales(scene, strip)
    return told


def _scales(scene: Any, strip: Any) -> list[float]:
    scene.frame_set(8)
    return [round(float(np.float32(value)), 4) for value in (strip.transform.scale_x, strip.transform.scale_y)]
