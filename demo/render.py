"""Render the demo scene, frame by frame, in Blender's Python.

``python -m demo.render -- --out FOLDER [--frames 24] [--size 640x360] [--samples 8]
[--seed 0] [--threads 0] [--first 1]``, from the folder that holds ``demo``.

Writes ``frame.####.exr`` (multilayer: Combined, Depth, Vector, Cryptomatte of objects,
materials and assets) and ``scene.json``. A frame has its final name only when it is
whole, and a frame that is there is not rendered again. After each frame a line
``PROGRESS <done> <frames> <frame> <seconds>`` goes to standard output.

``scene.json`` holds the camera of every frame, enough to compute how the sky moves::

    {"version": 1, "blender": "5.2.3", "resolution": [640, 360], "fps": 24,
     "sensor_width": 36.0, "lens": 38.0, "shift": [0, 0], "clip": [0.05, 1000.0],
     "objects": ["Boat", ...], "sun": [x, y, z],
     "frames": {"1": {"matrix_world": [[4 x 4]], "projection": [[4 x 4]]}}}

``matrix_world`` takes camera space (x right, y up, looking along −z, metres) to world
space; ``projection`` takes camera space to clip space (OpenGL's, −1..1, y up), both by
rows, for column vectors. ``sun`` is the unit vector towards the visible sun disc.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import bpy

from . import compat
from .scene import SceneSettings, build_scene
from .still import frame_path, parse_size, remove_torn, render_still
from .world import SUN_DISC

__all__ = ["main", "render_frames", "scene_description"]


def render_frames(scene: bpy.types.Scene, folder: Path, settings: SceneSettings, *, first: int = 1) -> None:
    """Render what is missing of ``first`` … ``settings.frames`` into ``folder``."""
    remove_torn(folder)
    for frame in range(first, settings.frames + 1):
        started = time.monotonic()
        final = frame_path(folder, frame)
        if not final.exists():
            scene.frame_set(frame)
            render_still(scene, final)
        print(f"PROGRESS {frame} {settings.frames} {frame} {time.monotonic() - started:.2f}", flush=True)


def scene_description(scene: bpy.types.Scene, settings: SceneSettings) -> dict[str, Any]:
    """The content of ``scene.json``; see the module's docstring."""
    camera = scene.camera
    lens = camera.data
    frames = {}
    for frame in range(1, settings.frames + 1):
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        evaluated = camera.evaluated_get(graph)
        projection = evaluated.calc_matrix_camera(graph, x=settings.width, y=settings.height)
        frames[str(frame)] = {"matrix_world": _rows(evaluated.matrix_world), "projection": _rows(projection)}
    return {
        "version": 1,
        "blender": bpy.app.version_string,
        "resolution": [settings.width, settings.height],
        "fps": scene.render.fps,
        "sensor_width": lens.sensor_width,
        "lens": lens.lens,
        "shift": [lens.shift_x, lens.shift_y],
        "clip": [lens.clip_start, lens.clip_end],
        "objects": sorted(item.name for item in scene.objects if item.type == "MESH"),
        "sun": list(SUN_DISC),
        "frames": frames,
    }


def _rows(matrix: Any) -> list[list[float]]:
    return [list(row) for row in matrix]


def _arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo.render", description="Render the demo scene.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the frames")
    parser.add_argument("--frames", type=int, default=SceneSettings.frames)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--size", type=parse_size, default=(SceneSettings.width, SceneSettings.height), metavar="WxH")
    parser.add_argument("--samples", type=int, default=SceneSettings.samples)
    parser.add_argument("--seed", type=int, default=SceneSettings.seed)
    parser.add_argument("--threads", type=int, default=SceneSettings.threads, help="0: all cores")
    options = parser.parse_args(given)
    if options.frames < 1 or options.samples < 1 or options.threads < 0:
        parser.error("--frames and --samples start at 1, --threads at 0")
    return options


def main(given: list[str]) -> int:
    """Build the scene and render it; returns the exit code."""
    options = _arguments(given)
    width, height = options.size
    settings = SceneSettings(
        frames=options.frames,
        width=width,
        height=height,
        samples=options.samples,
        seed=options.seed,
        threads=options.threads,
    )
    options.out.mkdir(parents=True, exist_ok=True)
    scene = build_scene(settings)
    description = json.dumps(scene_description(scene, settings), indent=1)
    partial = options.out / f".scene.json.{os.getpid()}.partial"
    partial.write_text(description + "\n", encoding="utf-8")
    os.replace(partial, options.out / "scene.json")
    render_frames(scene, options.out, settings, first=options.first)
    return 0


if __name__ == "__main__":
    compat.run_and_leave(main)
