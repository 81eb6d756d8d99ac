"""A result through the operators: versions, comparing, undo, removal, files that are gone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import bpy
import bpy_timeline as timelines


def run(folder: str) -> dict[str, Any]:
    """What the result shows after each step."""
    work = Path(folder)
    scene = timelines.empty()
    strips = scene.sequence_editor.strips
    versions, shown = timelines.room("sequencer.versions"), timelines.room("sequencer.shown_frames")
    record = timelines.room("sequencer.record")
    shelf = work / "shelf"
    plates = timelines.pictures(work / "made", 4)
    (shelf / "plate").mkdir(parents=True)
    for index, path in enumerate(plates):
        shutil.copy(path, shelf / "plate" / f"plate.{1001 + index}.png")
    original = timelines.image_strip(strips, "Bild", plates, 1, 3)
    blocker = timelines.effect(strips, "blocker", "COLOR", 2, 1, 10)
    blocker.blend_type, blocker.blend_alpha = "ALPHA_OVER", 0.0
    scene.sequence_editor.channels[2].name = "Titel"
    plate = timelines.room("sequencer.plan").Plate(
        pattern="plate.####.png",
        picture="plate.####.png",
        first=1001,
        last=1004,
        width=64,
        height=36,
        encoding="display",
    )
    told: dict[str, Any] = {}
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="before")

    def place(styled: str, number: int) -> Any:
        return timelines.room("sequencer.placement").place(
            scene, original, plate, shelf=shelf, version_pattern="v###", version=number, styled=styled
        )

    def names() -> list[str]:
        return timelines.shown_files(record.result_of(scene, original))

    first, folder_one = versions.claim_version(shelf, "v###")
    result = place("styled.####.png", first)
    told["unstyled"] = names()
    told["tracks"] = [result.channel, blocker.channel, scene.sequence_editor.channels[3].name]
    shutil.copy(plates[0], folder_one / "styled.1002.png")
    told["counted"] = [shown.refresh(result).styled, shown.refresh(result).frames]
    told["one styled"] = names()

    second, folder_two = versions.claim_version(shelf, "v###")
    for index, path in enumerate(plates):
        timelines.save(timelines.read(path), folder_two / f"styled.{1001 + index}.exr")
    (folder_two / "styled.1004.exr").rename(work / "late.exr")
    place("styled.####.exr", second)
    told["linear, not complete"] = [*names(), result.colorspace_settings.name]
    (work / "late.exr").rename(folder_two / "styled.1004.exr")
    shown.refresh(result)
    told["linear, complete"] = [*names(), result.colorspace_settings.name, result.alpha_mode]

    bpy.ops.ed.undo_push(message="placed")
    with _editing(scene):
        scene.sequence_editor.active_strip = result
        bpy.ops.brushpass.compare()
        told["compared"] = names()
        bpy.ops.brushpass.compare()
        told["compared back"] = names()
        bpy.ops.brushpass.delete_version(version=second)
        told["deleted"] = [names(), folder_two.exists(), folder_one.exists()]
        bpy.ops.brushpass.remove_result()
    told["removed"] = [sorted(strip.name for strip in strips), original.mute, blocker.channel]
    told["tracks again"] = [scene.sequence_editor.channels[number].name for number in (2, 3)]

    bpy.ops.ed.undo_push(message="removed")
    scene_name = scene.name
    bpy.ops.ed.undo()
    told["undone"] = sorted(strip.name for strip in bpy.data.scenes[scene_name].sequence_editor.strips)
    bpy.ops.ed.undo()
    strips = bpy.data.scenes[scene_name].sequence_editor.strips
    told["undone twice"] = [sorted(strip.name for strip in strips), strips["Bild"].mute]
    told["no result"] = record.result_of(bpy.data.scenes[scene_name], strips["Bild"]) is None
    return told


def _editing(scene: bpy.types.Scene) -> Any:
    """The sequencer shows ``scene``; in 5.x another scene is the active one."""
    window = bpy.context.window_manager.windows[0]
    if timelines.room("compat").BLENDER_5:
        window.scene = bpy.data.scenes.new("elsewhere")
        window.workspace.sequencer_scene = scene
    else:
        window.scene = scene
    return bpy.context.temp_override(window=window)
