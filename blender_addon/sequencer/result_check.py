"""Whether results on the timeline will show what they should, before it is rendered. Reads folders, writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..contract.errors import InputError, NstError, UsageError
from ..contract.frames import FrameRange
from ..findings import Finding, Severity
from ..jobs.order import load_order
from .record import original_of, results
from .result_strip import folder_of
from .shown_frames import shelf_of
from .strip_recipe import strip_recipe
from .strips import with_handles
from .versions import read_version, version_name

__all__ = ["check_results"]


def check_results(scene: bpy.types.Scene, frames: Sequence[int] | None = None) -> tuple[Finding, ...]:
    """What is missing or old of a scene's results, for the ``frames`` that are to be rendered; its own animation's.

    Files that are not there render black or magenta; frames that were not painted show the plate.
    """
    wanted = set(range(scene.frame_start, scene.frame_end + 1) if frames is None else frames)
    found: list[Finding] = []
    for result in results(scene):
        if not result.mute:
            found += _missing(scene, result, wanted)
            found += _outdated(scene, result)
    return tuple(found)


def _missing(scene: bpy.types.Scene, result: bpy.types.Strip, wanted: set[int]) -> Iterator[Finding]:
    if result.type == "MOVIE":
        movie = Path(bpy.path.abspath(result.filepath))
        if not movie.is_file():
            fault = InputError(f"the movie {str(movie)!r} is not there", remedy="style the strip again")
            yield _finding(scene, result, "error", fault)
        return
    folder, left_out = folder_of(result), compat.content_start(result)
    shown = {frame: result.elements[frame - left_out].filename for frame in _shown(result) & wanted}
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    gone = [frame for frame, name in shown.items() if name not in there]
    if gone:
        fault = InputError(
            f"pictures are missing in {str(folder)!r} for the frames {FrameRange.of(gone)}",
            remedy="style the strip again, or copy its folder brushpass beside the file",
        )
        yield _finding(scene, result, "error", fault)
    record = result.brushpass_result
    suffix, head = Path(record.plate).suffix, record.plate.partition("####")[0]
    plates = [
        frame for frame, name in shown.items() if name in there and name.startswith(head) and name.endswith(suffix)
    ]
    if plates and record.version:
        what = f"the frames {FrameRange.of(plates)} are not painted and show the plate"
        yield _finding(scene, result, "error", UsageError(what, remedy="resume the strip"))


def _shown(result: bpy.types.Strip) -> set[int]:
    """Timeline frames at which a strip shows pictures of its own."""
    left, right = compat.handles(result)
    first = compat.content_start(result)
    return set(range(max(left, first), min(right, first + len(result.elements))))


def _outdated(scene: bpy.types.Scene, result: bpy.types.Strip) -> Iterator[Finding]:
    """Where the settings of the original are others than those that the shown version was made with."""
    record = result.brushpass_result
    original = original_of(scene, result)
    if original is None or not record.version:
        return
    shelf = shelf_of(result)
    folder = shelf / version_name(record.version_pattern, record.version)
    if not folder.is_dir():
        return  # Its pictures were found missing.
    made = read_version(record.version, folder).recipe
    try:
        order = load_order(folder)
        content = with_handles(original, original.brushpass.output.handles)
        trimmed = content.first < order.first or content.last > order.last
        changed = bool(made) and _look(made) != _look(strip_recipe(original, content, shelf))
    except NstError as fault:
        yield _finding(scene, result, "warning", fault)
        return
    if trimmed or changed:
        what = "the strip shows more frames than were styled" if trimmed else "its settings have changed since"
        yield _finding(scene, result, "warning", UsageError(what, remedy="use Redo Changed"))


def _look(recipe: Mapping[str, Any]) -> Any:
    """What is set of a picture, without what the plate decides; as a file holds it."""
    motion = {name: value for name, value in recipe.get("temporal", {}).items() if name != "flow"}
    return json.loads(json.dumps([recipe["regions"], motion, recipe["plate"].get("exposure")]))


def _finding(scene: bpy.types.Scene, result: bpy.types.Strip, severity: Severity, fault: NstError) -> Finding:
    return Finding(severity=severity, fault=fault, scene=scene.name, strip=result.name)
