"""Restyle, inside Blender's Python: cases by name.

Without a window Blender does not composite again, so what counts is what the compositor would read: the passes of
the bridge, as Blender wrote them to its cache.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import compositor_scene as comp
from bpy_styling import refused


def run(case: str, folder: str, python: str, *arguments: str) -> Any:
    """What a case returns."""
    comp.use_backend(python)
    # Which it is in a window alone.
    _rendering().keeps = True
    return CASES[case](Path(folder), *arguments)


def changed(work: Path) -> dict[str, Any]:
    """A frame of an animation, restyled, and rendered anew with the same settings."""
    scene = comp.new_scene(work / "restyle ö.blend")
    node = comp.add_node(scene)
    region = comp.region(node, "swirl", "OBJECT", "Kügel")
    node.brushpass.motion.smoothing = 0.5
    told: dict[str, Any] = {"first": refused(bpy.ops.brushpass.restyle)}
    comp.render(scene, work / "first", animation=True)
    plate = _kept(scene).plate
    told["fresh"] = [_reasons(scene), refused(bpy.ops.brushpass.restyle)]
    region.strength, region.scale = 0.5, 7.0
    scene.frame_start, scene.frame_end = 2, 8
    told["stale"] = _reasons(scene)
    rendered: list[str] = []
    bpy.app.handlers.render_pre.append(lambda scene, *_: rendered.append(scene.name))
    before = bpy.context.preferences.filepaths.render_cache_directory
    told["outcome"] = list(bpy.ops.brushpass.restyle())
    told["rendered"] = list(rendered)
    told["preference"] = bpy.context.preferences.filepaths.render_cache_directory == before
    told["same plate"] = _kept(scene).plate == plate
    told["now"] = _reasons(scene)
    last = _told(scene, node)
    told["told"] = [last.frame, last.restyled, list(last.notes)]
    told["restyled"] = _copy(scene, work / "restyled.exr")
    comp.render(scene, work / "again", frames=(3,))
    told["rendered anew"] = _copy(scene, work / "rendered.exr")
    told["files"] = len(list(_kept(scene).plate.parent.iterdir()))
    bpy.ops.wm.save_as_mainfile(filepath=str(work / "elsewhere.blend"))
    region.strength = 1.0
    told["saved elsewhere"] = list(bpy.ops.brushpass.restyle())
    folder = _kept(scene).plate.parent
    comp.new_scene(work / "other.blend")
    told["another file"] = [folder.exists(), refused(bpy.ops.brushpass.restyle)]
    return told


def keyed(work: Path) -> dict[str, Any]:
    """What makes a node stale, and fresh again."""
    scene = comp.new_scene(work / "keyed.blend")
    node = comp.add_node(scene)
    region = comp.region(node, "swirl", "OBJECT", "Kügel")
    comp.render(scene, work / "first", frames=(2,))
    told: dict[str, Any] = {}
    owner = comp.room("compositor.style_node.node_owner").node_owner(node)
    keyframes = comp.room("settings.keyframes")
    keyframes.insert(owner, 0, "strength", 2)
    told["the same key"] = _reasons(scene)
    region.strength = 0.2
    keyframes.insert(owner, 0, "strength", 40)
    told["another frame's key"] = _reasons(scene)
    curve = comp.room("settings.animation").curve(owner, 0, "strength")
    for point in curve.keyframe_points:
        point.co.x -= 1
    curve.update()
    told["moved keys"] = _reasons(scene)
    for point in curve.keyframe_points:
        point.co.x += 1
    curve.update()
    told["moved back"] = _reasons(scene)
    region.style = "identity"
    told["style"] = _reasons(scene)
    region.style = "swirl"
    comp.region(node, "swirl")
    told["region"] = _reasons(scene)
    node.brushpass.regions.remove(1)
    node.brushpass.motion.smoothing = 0.3
    told["motion"] = _reasons(scene)
    node.brushpass.motion.smoothing = 0.0
    region.enabled = False
    told["fault"] = _reasons(scene)
    region.enabled = True
    scene.render.use_border = True
    scene.render.border_max_y = 0.5
    told["border"] = _reasons(scene)
    scene.render.use_border = False
    comp.tree_of(scene).links.new(node.outputs["Matte"], _viewer(scene))
    told["matte"] = _reasons(scene)
    comp.tree_of(scene).links.remove(node.outputs["Matte"].links[0])
    comp.layers_of(scene).layer = scene.view_layers.new("Zweite").name
    told["layer"] = _reasons(scene)
    told["layer that was not rendered"] = refused(bpy.ops.brushpass.restyle)
    node.mute = True
    told["muted"] = _reasons(scene)
    return told


def several(work: Path) -> dict[str, Any]:
    """Of three nodes, one of which is muted at first, only the stale ones are painted; one of them fails."""
    scene = comp.new_scene(work / "several.blend")
    tree = comp.tree_of(scene)
    one, other, third = comp.add_node(scene), comp.add_node(scene, linked=""), comp.add_node(scene, linked="")
    tree.links.new(other.outputs["Image"], _viewer(scene))
    tree.links.new(third.outputs["Image"], _viewer(scene, place=1))
    for node in (one, other, third):
        comp.region(node, "swirl", "OBJECT", "Kügel")
    third.mute = True
    comp.render(scene, work / "first", frames=(2,))
    told: dict[str, Any] = {"first": _copy(scene, work / "first.exr")}
    third.mute = False
    one.brushpass.regions[0].strength = 0.25
    told["stale"] = _reasons(scene)
    told["outcome"] = list(bpy.ops.brushpass.restyle())
    told["restyled"] = [_told(scene, node).restyled for node in (one, other, third)]
    told["second"] = _copy(scene, work / "second.exr")
    one.brushpass.regions[0].strength = 0.75
    other.brushpass.regions[0].matte.names[0].name = "Niemand"
    told["failed"] = refused(bpy.ops.brushpass.restyle)
    told["third"] = _copy(scene, work / "third.exr")
    last = _told(scene, other)
    told["said"] = [last.fault is None, last.refused.sentence()]
    told["left"] = _reasons(scene)
    return told


def border(work: Path) -> dict[str, Any]:
    """A border, restyled twice, the second time after the scene's was changed; and rendered anew."""
    scene = comp.new_scene(work / "border.blend")
    node = comp.add_node(scene)
    region = comp.region(node, "swirl", "OBJECT", "Kügel")
    render = scene.render
    render.use_border = True
    render.border_min_x, render.border_max_x, render.border_min_y, render.border_max_y = 0.25, 0.75, 0.25, 1.0
    told = {}
    for crop in (False, True):
        render.use_crop_to_border = crop
        region.strength = 1.0
        comp.render(scene, work / "first", frames=(2,))
        render.use_border = False
        for strength in (0.2, 0.5):
            region.strength = strength
            bpy.ops.brushpass.restyle()
        restyled = _copy(scene, work / f"restyled_{crop}.exr")
        render.use_border = True
        comp.render(scene, work / "again", frames=(2,))
        told[str(crop)] = [restyled, _copy(scene, work / f"rendered_{crop}.exr")]
    return told


def cancelled(work: Path) -> dict[str, Any]:
    """A render that begins ends what is under way; a scene whose last render was cancelled has none."""
    scene = comp.new_scene(work / "cancelled.blend")
    node = comp.add_node(scene)
    region = comp.region(node, "swirl", "OBJECT", "Kügel")
    comp.render(scene, work / "first", frames=(2,))
    region.strength = 0.5
    restyle = comp.room("compositor.restyle.repainting")
    kept = _kept(scene)
    restyling = restyle.begin(scene)
    told: dict[str, Any] = {"twice": restyle.unfit(scene)}
    restyling.cancel()
    restyling.wait()
    told["outcomes"] = len(restyle.finish(scene))
    told["kept"] = [_kept(scene) is kept, bool(_reasons(scene))]
    restyling = restyle.begin(scene)
    comp.render(scene, work / "second", frames=(2,))
    told["overtaken"] = [restyling.cancelled, len(restyle.finish(scene)), _reasons(scene)]
    _rendering().begin()
    _rendering().begin_frame(scene)
    _rendering().end(complete=False)
    region.strength = 0.6
    told["no last render"] = refused(bpy.ops.brushpass.restyle)
    return told


def _rendering() -> Any:
    return comp.room("compositor.bridge.rendering").rendering


def _kept(scene: Any) -> Any:
    return _rendering().kept.find(scene.name)


def _told(scene: Any, node: Any) -> Any:
    return comp.room("compositor.bridge.last_render").recall(scene.name, node.name)


def _reasons(scene: Any) -> dict[str, str]:
    return {node.node: reason for node, reason in comp.room("compositor.restyle.repainting").stale_nodes(scene)}


def _copy(scene: Any, path: Path) -> str:
    """A copy of the bridge's passes, by name."""
    shutil.copy(_kept(scene).styled, path)
    return path.name


def _viewer(scene: Any, place: int = 0) -> Any:
    """An input of a node that shows what is linked to it."""
    tree = comp.tree_of(scene)
    found = [node for node in tree.nodes if node.bl_idname == "CompositorNodeViewer"]
    while len(found) <= place:
        found.append(tree.nodes.new("CompositorNodeViewer"))
    return found[place].inputs["Image"]


CASES = {case.__name__: case for case in (changed, keyed, several, border, cancelled)}
