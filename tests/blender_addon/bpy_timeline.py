"""Timelines for the tests of the sequencer room: made, rendered and read inside Blender's Python."""

from __future__ import annotations

import json
import os
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import bpy
import numpy as np

MODULE = "bl_ext.user_default.brushpass"
SIZE = (64, 36)


def room(name: str) -> Any:
    """A module of the installed add-on."""
    return import_module(f"{MODULE}.{name}")


def empty(frames: int = 40) -> bpy.types.Scene:
    """A new file with one scene of small frames."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.fps = 24
    scene.frame_start, scene.frame_end = 1, frames
    scene.view_settings.view_transform = "Standard"
    scene.render.dither_intensity = 0.0
    scene.sequence_editor_create()
    return scene


def effect(strips: Any, name: str, kind: str, channel: int, first: int, length: int, **inputs: Any) -> Any:
    """``new_effect`` of both Blenders."""
    compat = room("compat")
    span = {"length": length} if compat.BLENDER_5 else {"frame_end": first + length}
    return strips.new_effect(name, kind, channel, first, **span, **inputs)


def pictures(folder: Path, count: int, *, alpha: bool = False, size: tuple[int, int] = SIZE) -> list[Path]:
    """Numbered PNGs, no two alike: a gradient, noise and a bar that moves."""
    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(7)
    made = []
    for index in range(count):
        pixels = np.empty((size[1], size[0], 4), np.float32)
        pixels[..., 0] = np.linspace(0, 1, size[0])[None]
        pixels[..., 1] = np.linspace(0, 1, size[1])[:, None]
        pixels[..., 2] = noise.random((size[1], size[0]))
        pixels[..., 3] = 1.0
        column = (3 * index) % (size[0] - 6)
        pixels[:, column : column + 6, :3] = (1.0, 0.1, 0.9)
        if alpha:
            pixels[..., 3] = np.linspace(0, 1, size[0])[None] * noise.random((size[1], 1))
        made.append(save(pixels, folder / f"bild {index:04d}.png"))
    return made


def save(pixels: np.ndarray, path: Path) -> Path:
    """Write rows from the bottom up, RGBA, as 8-bit PNG or float EXR by the suffix."""
    image = bpy.data.images.new("t", pixels.shape[1], pixels.shape[0], alpha=True, float_buffer=path.suffix == ".exr")
    image.pixels.foreach_set(np.ascontiguousarray(pixels, np.float32).ravel())
    if path.suffix == ".exr":
        # As renders are written: saved as an image, Blender 5.2 calls the same values sRGB.
        scene = bpy.data.scenes.new("writing")
        room("compat").set_file_format(scene.render.image_settings, "OPEN_EXR")
        scene.render.image_settings.color_depth = "32"
        scene.render.image_settings.color_mode = "RGBA"
        image.save_render(str(path), scene=scene)
        bpy.data.scenes.remove(scene)
    else:
        image.filepath_raw = str(path)
        image.file_format = "PNG"
        image.save()
    bpy.data.images.remove(image)
    return path


def read(path: Path) -> np.ndarray:
    """Pixels of a file as stored, rows from the bottom up."""
    image = bpy.data.images.load(str(path), check_existing=False)
    image.colorspace_settings.name = "Non-Color"
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    width, height = image.size
    bpy.data.images.remove(image)
    return pixels.reshape(height, width, 4)


def movie(path: Path, source: list[Path]) -> Path:
    """Encode pictures into a small video with Blender itself."""
    scene = bpy.data.scenes.new("encoding")
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    strip = scene.sequence_editor_create().strips.new_image("source", str(source[0]), 1, 1)
    for picture in source[1:]:
        strip.elements.append(picture.name)
    scene.frame_start, scene.frame_end = 1, len(source)
    settings = scene.render.image_settings
    room("compat").set_file_format(settings, "FFMPEG")
    scene.render.ffmpeg.format = "MPEG4"
    scene.render.ffmpeg.codec = "H264"
    scene.render.ffmpeg.constant_rate_factor = "HIGH"
    scene.render.ffmpeg.audio_codec = "NONE"
    scene.view_settings.view_transform = "Standard"
    scene.render.use_file_extension = False
    scene.render.filepath = str(path)
    bpy.ops.render.render(animation=True, scene=scene.name)
    bpy.data.scenes.remove(scene)
    return path


def drifting_scene() -> bpy.types.Scene:
    """A square that crosses a transparent picture, rendered by Cycles."""
    scene = bpy.data.scenes.new("Drei Räume")
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 2
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.film_transparent = True
    scene.frame_end = 12
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location = (0, 0, 6)
    mesh = bpy.data.meshes.new("square")
    mesh.from_pydata([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], [], [(0, 1, 2, 3)])
    square = bpy.data.objects.new("Würfel", mesh)
    for frame, place in ((1, -2), (11, 2)):
        square.location.x = place
        square.keyframe_insert("location", frame=frame)
    for item in (camera, square):
        scene.collection.objects.link(item)
    scene.camera = camera
    scene.world = bpy.data.worlds.new("world")
    if not room("compat").BLENDER_5:
        scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs[0].default_value = (1, 0.5, 0.2, 1)
    return scene


def image_strip(strips: Any, name: str, files: list[Path], channel: int, frame: int) -> Any:
    """An image-sequence strip of all files."""
    strip = strips.new_image(name, str(files[0]), channel, frame, fit_method="ORIGINAL")
    for path in files[1:]:
        strip.elements.append(path.name)
    return strip


def shown_files(result: bpy.types.Strip) -> list[str]:
    """Folder and name of the file that each frame of a result shows."""
    folder = Path(bpy.path.abspath(result.directory)).name
    return [f"{folder}/{element.filename}" for element in result.elements]


def timeline(scene: bpy.types.Scene, frames: range, folder: Path, *, linear: bool = False) -> list[np.ndarray]:
    """The rendered timeline, 8-bit PNG or float EXR, a picture for each frame."""
    folder.mkdir(parents=True, exist_ok=True)
    bpy.context.window_manager.windows[0].scene = scene
    settings = scene.render.image_settings
    room("compat").set_file_format(settings, "OPEN_EXR" if linear else "PNG")
    settings.color_mode = "RGBA"
    settings.color_depth = "32" if linear else "8"
    scene.render.use_sequencer = True
    found = []
    for frame in frames:
        scene.frame_set(frame)
        scene.render.filepath = str(folder / f"{frame}{'.exr' if linear else '.png'}")
        bpy.ops.render.render(write_still=True)
        found.append(read(Path(scene.render.filepath)))
    return found


def isolated(spec: Any, work: Path) -> tuple[int, list[dict[str, Any]], str]:
    """Run the isolating Blender as the add-on does: its exit code, its events and what else it printed."""
    plan, compat = room("sequencer.plan"), room("compat")
    bpy.ops.wm.save_as_mainfile(filepath=spec.blend, copy=True, relative_remap=True)
    plan.save_spec(work / "spec.json", spec)
    entry = Path(plan.__file__).with_name("isolate_entry.py")
    command = compat.script_command(entry, "strip", str(work / "spec.json"))
    result = subprocess.run(command, capture_output=True, text=True, timeout=240, env=_calm(), check=False)
    # A program greets before it starts the script; from then on only events are printed.
    events = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    return result.returncode, events, result.stderr


def _calm() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "error::DeprecationWarning:brushpass_isolating"}


def spec_for(scene: bpy.types.Scene, strip: Any, work: Path, **changes: Any) -> Any:
    """The spec of a strip's needed content, in ``work``."""
    strips, plan = room("sequencer.strips"), room("sequencer.plan")
    content = strips.content_of(strip)
    work.mkdir(parents=True, exist_ok=True)
    values = {
        "blend": str(work / "copy.blend"),
        "scene": scene.name,
        "strip": strip.name,
        "folder": str(work / "plate"),
        "first": content.first,
        "last": content.last,
        "state": "test",
        **changes,
    }
    return plan.IsolateSpec(**values)
