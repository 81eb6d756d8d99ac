"""Inside Blender: a sequencer with strips to set, and ways to look at what came of it."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import bpy

ADDON = "bl_ext.user_default.brushpass"


def run_cases(cases: Iterable[Callable[[Path], Any]], folder: str) -> dict[str, dict[str, Any]]:
    """What each case returns, or the traceback that ended it; each has a folder of its name."""
    told = {}
    for case in cases:
        own = Path(folder, case.__name__)
        own.mkdir(exist_ok=True)
        try:
            told[case.__name__] = {"result": case(own)}
        except Exception:
            told[case.__name__] = {"failed": traceback.format_exc()}
    return told


def addon(module: str) -> Any:
    """A module of the installed add-on."""
    return import_module(f"{ADDON}.{module}")


def new_scene(*names: str) -> bpy.types.Scene:
    """An empty file whose sequencer holds a colour strip for each name, the first one active."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 60
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = scene
    editor = scene.sequence_editor_create()
    length = {"length": 60} if bpy.app.version >= (5, 0, 0) else {"frame_end": 60}
    for channel, name in enumerate(names, 1):
        editor.strips.new_effect(name=name, type="COLOR", channel=channel, frame_start=1, **length)
    activate(names[0])
    return scene


def strip(name: str) -> bpy.types.Strip:
    """A strip of the scene by name."""
    return bpy.context.scene.sequence_editor.strips_all[name]


def activate(name: str, *others: str) -> None:
    """Make a strip the active one; it and ``others`` are what is selected."""
    editor = bpy.context.scene.sequence_editor
    for entry in editor.strips_all:
        entry.select = entry.name in (name, *others)
    editor.active_strip = editor.strips_all[name]


def owner(name: str) -> Any:
    """The owner of a strip's settings."""
    return addon("sequencer.strip_owner").strip_owner(strip(name))


@contextmanager
def sequencer() -> Iterator[None]:
    """The context of a sequencer editor."""
    window = bpy.context.window
    area = window.screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        yield


def played(name: str, region: int, option: str, frames: Iterable[float]) -> list[float]:
    """What Blender plays for an option on these frames."""
    values = []
    for frame in frames:
        bpy.context.scene.frame_set(int(frame // 1), subframe=frame % 1)
        values.append(getattr(strip(name).brushpass.regions[region], option))
    return values


def key(
    name: str, region: int, option: str, keys: Iterable[tuple[float, float]], interpolation: str = "LINEAR"
) -> None:
    """Key an option by the buttons' own way, then set the keys' interpolation."""
    keyframes, animation = addon("settings.keyframes"), addon("settings.animation")
    for frame, value in keys:
        setattr(strip(name).brushpass.regions[region], option, value)
        keyframes.insert(owner(name), region, option, frame)
    fcurve = animation.curve(owner(name), region, option)
    for point in fcurve.keyframe_points:
        point.interpolation = interpolation
    fcurve.update()


def export(name: str, path: Path) -> dict[str, Any]:
    """The recipe that the operator writes for a strip."""
    activate(name)
    assert bpy.ops.brushpass.recipe_export(filepath=str(path)) == {"FINISHED"}
    return json.loads(path.read_text(encoding="utf-8"))


def refused(operator: Any, **options: Any) -> str:
    """What an operator says when it cannot."""
    try:
        operator(**options)
    except RuntimeError as error:
        return str(error).strip()
    raise AssertionError(f"{operator} did not refuse")
