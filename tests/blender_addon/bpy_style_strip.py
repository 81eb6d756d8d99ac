"""Style Strip from end to end, inside Blender's Python: cases by name."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import bpy_timeline as tl

FRAMES = 4


def run(case: str, *arguments: str) -> Any:
    """What a case returns."""
    return CASES[case](*arguments)


# ---- tools


def use_backend(python: str) -> None:
    """Choose the environment of an interpreter in the preferences."""
    chosen = tl.room("preferences").preferences()
    chosen.source = "own"
    chosen.environment_path = python


def region(strip: Any, style: str = "identity", kind: str = "EVERYTHING", *names: str) -> Any:
    """One more region of a strip."""
    made = strip.brushpass.regions.add()
    made.name = f"region {len(strip.brushpass.regions)}"
    made.style = style
    # Strokes of small pictures: a network pass is quick.
    made.scale = 10.0
    # The stabiliser is no identity where motion cannot explain the picture.
    strip.brushpass.motion.smoothing = 0.0
    made.matte.kind = kind
    for name in names:
        made.matte.names.add().name = name
    return made


def activate(scene: Any, strip: Any) -> None:
    """Make a strip the active and only selected one of the edited scene."""
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = scene
    for other in scene.sequence_editor.strips_all:
        other.select = other == strip
    scene.sequence_editor.active_strip = strip


def an_image_strip(folder: Path, *, frames: int = FRAMES, style: str = "identity") -> tuple[Any, Any]:
    """A saved file whose strip shows numbered pictures from frame 3 on, in one style."""
    scene = tl.empty(20)
    strip = tl.image_strip(scene.sequence_editor.strips, "Bild ä", tl.pictures(folder / "src", frames), 1, 3)
    region(strip, style)
    activate(scene, strip)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "schnitt ü.blend"))
    return scene, strip


def result_of(scene: Any, strip: Any) -> Any:
    return tl.room("sequencer.record").result_of(scene, strip)


def works() -> Any:
    return tl.room("sequencer.watch").queue.works


def refused(operator: Any, **options: Any) -> str:
    """What an operator reports where it fails."""
    try:
        outcome = operator(**options)
    except RuntimeError as error:
        return str(error).strip()
    raise AssertionError(f"it was not refused: {outcome}")


def digests(folder: Path) -> dict[str, str]:
    """The styled frames of a version."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("styled.*"))}


def shown(result: Any) -> list[str]:
    return [element.filename for element in result.elements]


def difference(before: list[np.ndarray], after: list[np.ndarray]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(before, after, strict=True))


# ---- cases


def identity(folder: str, python: str, kind: str) -> dict[str, Any]:
    """The timeline before and after a strip was styled by the identity."""
    work = Path(folder)
    use_backend(python)
    scene, strip = an_image_strip(work)
    if kind == "movie":
        movie = tl.movie(work / "film é.mp4", sorted((work / "src").glob("*.png")))
        scene.sequence_editor.strips.remove(strip)
        strip = scene.sequence_editor.strips.new_movie("Film", str(movie), 1, 3)
        region(strip)
        activate(scene, strip)
        bpy.ops.wm.save_mainfile()
    frames = range(2, 3 + FRAMES + 1)
    before = tl.timeline(scene, frames, work / "before")
    outcome = bpy.ops.brushpass.style_strip()
    after = tl.timeline(scene, frames, work / "after")
    result = result_of(scene, strip)
    return {
        "outcome": sorted(outcome),
        "difference": difference(before, after),
        "picture": float(np.ptp(before[2])),
        "shown": shown(result),
        "channels": [strip.channel, result.channel],
        "muted": [strip.mute, result.mute],
        "left": sorted(path.name for path in Path(bpy.path.abspath(result.brushpass_result.shelf)).rglob("*.blend")),
        "dirty": bpy.data.is_dirty,
    }


CASES = {"identity": identity}
_ = os
