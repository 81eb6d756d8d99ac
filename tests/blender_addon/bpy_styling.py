"""What scripts that style strips inside Blender have in common."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import bpy_timeline as tl

FRAMES = 4
MANY = 40


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
    folder = Path(bpy.path.abspath(result.directory)).name
    return [f"{folder}/{element.filename}" for element in result.elements]


def meanwhile(what: Callable[[Any], bool]) -> threading.Thread:
    """Beside an operator that blocks, call ``what`` with the newest running work, until it says that it acted."""

    def act() -> None:
        while True:
            running = [work for work in works() if not work.progress.state.ended]
            if running and what(running[-1]):
                return
            time.sleep(0.005)

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread


def once_styled(act: Callable[[Any], object]) -> Callable[[Any], bool]:
    """For :func:`meanwhile`: act when a work's first styled frame is there."""

    def look(work: Any) -> bool:
        ready = work.progress.styled >= 1
        if ready:
            act(work)
        return ready

    return look


def isolating_children() -> list[int]:
    """Process ids of this Blender's isolating Blenders."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"isolate_entry" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def sentence(work: Any) -> str:
    """What the panel shows of a work that failed."""
    fault = tl.room("sequencer.watch").fault_of(work)
    return "" if fault is None else fault.sentence()


def remedy(work: Any) -> str:
    """The button beside it."""
    return tl.room("jobs.remedies").remedy_of(tl.room("sequencer.watch").fault_of(work)).value


def difference(before: list[np.ndarray], after: list[np.ndarray]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(before, after, strict=True))
