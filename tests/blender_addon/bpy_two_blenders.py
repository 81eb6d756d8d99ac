"""Two Blenders that render one file at once, each other frames: what each of them writes, inside Blender's Python."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import compositor_scene as comp

FRAMES = {"early": (1, 2, 3), "late": (4, 5, 6)}
LONGEST_SECONDS = 300.0


def run(case: str, folder: str, python: str, *arguments: str) -> Any:
    """What a case returns."""
    comp.use_backend(python)
    return CASES[case](Path(folder), *arguments)


def both(work: Path) -> dict[str, Any]:
    """How far what two Blenders write at once is from what each of them writes alone."""
    scene = comp.new_scene(work / "shot.blend")
    scene.frame_end = 6
    node = comp.add_node(scene)
    comp.region(node, "swirl", "OBJECT", "Kügel")
    node.brushpass.motion.smoothing = 0.5
    ball = bpy.data.objects["Kügel"]
    ball.animation_data_clear()
    for frame, place in ((1, -0.6), (6, 0.6)):
        ball.location.x = place
        ball.keyframe_insert("location", frame=frame)
    bpy.ops.wm.save_mainfile()
    for name in FRAMES:
        finish(start(work, name, "alone", name))
    together = [start(work, name, "together", *FRAMES) for name in FRAMES]
    for child in together:
        finish(child)
    numbers = [number for frames in FRAMES.values() for number in frames]
    alone = [comp.pixels(work / f"alone.{number:04d}.exr") for number in numbers]
    at_once = [comp.pixels(work / f"together.{number:04d}.exr") for number in numbers]
    return {
        "differences": [float(np.abs(one - other).max()) for one, other in zip(alone, at_once, strict=True)],
        "between frames": [float(np.abs(one - other).max()) for one, other in itertools.pairwise(alone)],
        "overlap": overlap(work),
    }


def start(work: Path, name: str, stem: str, *fellows: str) -> subprocess.Popen[str]:
    harness = Path(__file__).with_name("bpy_harness.py")
    python = comp.room("preferences").preferences().environment_path
    command = [harness, work / f"{name}.json", Path(__file__), "rendered", work, python, name, stem, *fellows]
    return subprocess.Popen(
        [sys.executable, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def finish(child: subprocess.Popen[str]) -> None:
    said, _ = child.communicate(timeout=LONGEST_SECONDS)
    assert child.returncode == 0, said[-3000:]


def rendered(work: Path, name: str, stem: str, *fellows: str) -> None:
    """One of the children: renders its frames, each of them once all its fellows have come as far."""
    bpy.ops.wm.open_mainfile(filepath=str(work / "shot.blend"))
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = FRAMES[name][0], FRAMES[name][-1]
    begun = iter(range(len(FRAMES[name])))

    def meet(*_arguments: object) -> None:
        place = next(begun)
        (work / f"{stem}.{name}.{place}.begins").touch()
        deadline = time.monotonic() + LONGEST_SECONDS
        while not all((work / f"{stem}.{fellow}.{place}.begins").exists() for fellow in fellows):
            assert time.monotonic() < deadline, "the other Blender does not come"
            time.sleep(0.01)

    bpy.app.handlers.render_pre.append(meet)
    comp.render(scene, work / stem, animation=True)


def overlap(work: Path) -> int:
    """How many frames both had begun."""
    return min(len(list(work.glob(f"together.{name}.*.begins"))) for name in FRAMES)


CASES = {case.__name__: case for case in (both, rendered)}
