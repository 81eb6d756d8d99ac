"""Style nodes that capture what is linked to them, and bakes, inside Blender's Python: cases by name."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import asked_objects as objects
import compositor_scene as comp


def _baked(tree: Any) -> Any:
    return next(comp.room("compositor.capture.bake").baked_nodes(tree))


def run(case: str, folder: str, python: str, *arguments: str) -> Any:
    """What a case returns."""
    comp.use_backend(python)
    return CASES[case](Path(folder), *arguments)


# ---- tools


def brighter(scene: Any, stops: float = 1.0) -> Any:
    """An Exposure node behind the scene's Render Layers."""
    tree = comp.tree_of(scene)
    node = tree.nodes.new("CompositorNodeExposure")
    node.inputs["Exposure"].default_value = stops
    tree.links.new(comp.layers_of(scene).outputs["Image"], node.inputs["Image"])
    return node


def capturing(scene: Any, source: Any) -> Any:
    """A Style node that captures the output ``source``."""
    node = comp.add_node(scene)
    tree = comp.tree_of(scene)
    tree.links.new(source, node.inputs["Image"])
    node.mode = "CAPTURE"
    comp.update()
    return node


def difference(one: Any, other: Any) -> float:
    return float(np.abs(np.asarray(one) - np.asarray(other)).max())


def refused(operator: Any, **options: Any) -> str:
    try:
        return str(operator(**options))
    except RuntimeError as error:
        return str(error).strip()


def samples(action: Any) -> int:
    """How often Cycles told of samples while ``action`` ran."""
    heard: list[str] = []

    def hear(*told: Any) -> None:
        heard.append(str(told[0]))

    bpy.app.handlers.render_stats.append(hear)
    action()
    bpy.app.handlers.render_stats.remove(hear)
    return sum("Sample" in line for line in heard)


# ---- cases


def linked(work: Path) -> dict[str, Any]:
    """An exposed picture through the identity, captured, played back without 3D, and styled by objects."""
    scene = comp.new_scene(work / "capture ü.blend")
    tree = comp.tree_of(scene)
    exposure = brighter(scene)
    tree.links.new(exposure.outputs[0], comp.output(scene))
    bare = comp.render(scene, work / "bare", animation=True)
    node = capturing(scene, exposure.outputs[0])
    comp.region(node)
    told: dict[str, Any] = {"unsaid": refused(bpy.ops.brushpass.node_capture)}
    told["outcome"] = refused(bpy.ops.brushpass.node_capture, node=node.name)
    told["record"] = [node.record.version, node.record.first, node.record.last, node.record.image]
    frames: list[Any] = []
    told["samples"] = samples(lambda: frames.extend(comp.render(scene, work / "played", animation=True)))
    told["identity"] = [difference(one, other) for one, other in zip(bare, frames, strict=True)]
    told["exposed"] = float(np.mean(bare[0][..., :3]))
    told["bridge"] = [scene_.name for scene_ in bpy.data.scenes if scene_.render.engine == "BRUSHPASS_BRIDGE"]
    stale = comp.room("compositor.capture.operators").stale
    told["fresh"] = stale(node)

    comp.region(node, "swirl", "OBJECT", "Kügel")
    node.brushpass.regions.move(1, 0)
    told["stale"] = stale(node)
    plates = list(Path(bpy.path.abspath(node.record.shelf)).joinpath("plate").glob("passes.*.exr"))
    before = {path.name: path.stat().st_mtime_ns for path in plates}
    told["again"] = refused(bpy.ops.brushpass.node_capture, node=node.name)
    after = {path.name: path.stat().st_mtime_ns for path in plates}
    told["kept plates"] = [len(before), before == after]
    told["version"] = node.record.version
    styled = comp.render(scene, work / "styled", animation=True)
    moved = np.abs(styled[1] - bare[1]).max(axis=2) > 1e-3
    told["painted"] = float(moved.mean())
    told["recipe"] = json.loads(
        (Path(bpy.path.abspath(node.record.shelf)) / "v002" / "version.json").read_text(encoding="utf-8")
    )["recipe"]["plate"]

    exposure.inputs["Exposure"].default_value = 2.0
    comp.update()
    told["other exposure"] = refused(bpy.ops.brushpass.node_capture, node=node.name)
    told["new plates"] = before != {path.name: path.stat().st_mtime_ns for path in plates}
    brighter_still = comp.render(scene, work / "two", frames=(2,))[0]
    told["twice as bright"] = float(np.median(brighter_still[:8, :, :3] / styled[1][:8, :, :3]))
    told["muted"] = [other.mute for other in tree.nodes if other.type == "R_LAYERS"]
    return told


def masks(work: Path) -> dict[str, Any]:
    """A region where another node's matte is, one where a Blender mask is, and all three outputs."""
    scene = comp.new_scene(work / "masks.blend")
    tree = comp.tree_of(scene)
    exposure = brighter(scene)
    node = capturing(scene, exposure.outputs[0])
    comp.region(node, "swirl", "INPUT")
    told: dict[str, Any] = {"unlinked": refused(bpy.ops.brushpass.node_capture, node=node.name)}
    # The left third, by a matte that a node makes of the frame's own coordinates.
    half = tree.nodes.new("CompositorNodeBoxMask")
    if comp.V5:
        half.inputs["Position"].default_value = (0.25, 0.5)
        half.inputs["Size"].default_value = (0.5, 2.0)
    else:
        half.x, half.y, half.mask_width, half.mask_height = 0.25, 0.5, 0.5, 2.0
    tree.links.new(half.outputs[0], node.inputs["Mask 1"])
    tree.links.new(node.outputs["Matte"], comp.output(scene))
    told["outcome"] = refused(bpy.ops.brushpass.node_capture, node=node.name)
    matte = comp.render(scene, work / "matte", frames=(2,))[0][..., 0]
    told["left"], told["right"] = float(matte[:, 8:40].min()), float(matte[:, 52:].max())
    tree.links.new(node.outputs["Per-frame"], comp.output(scene))
    comp.update()
    told["no per-frame"] = told_of(scene, node, 2)
    told["again"] = refused(bpy.ops.brushpass.node_capture, node=node.name)
    told["with per-frame"] = told_of(scene, node, 2)
    raw = comp.render(scene, work / "raw", frames=(2,))[0]
    tree.links.new(node.outputs["Image"], comp.output(scene))
    told["same without smoothing"] = difference(raw, comp.render(scene, work / "image", frames=(2,))[0])
    return told


def told_of(scene: Any, node: Any, frame: int) -> str:
    """What is said to be wrong with a frame that is played back."""
    fault = comp.room("compositor.check.playback_check").playback_fault(node, frame)
    return "" if fault is None else str(fault.sentence())


def baked(work: Path) -> dict[str, Any]:
    """A node that paints while rendering is baked: the same pictures, by nodes of Blender's own; and back."""
    scene = comp.new_scene(work / "bake.blend")
    tree = comp.tree_of(scene)
    node = comp.add_node(scene)
    comp.region(node, "swirl", "OBJECT", "Kügel")
    node.brushpass.regions[0].statistics = "frame"
    owner = comp.room("compositor.style_node.node_owner").node_owner(node)
    for frame, strength in ((1, 1.0), (3, 0.5)):
        node.brushpass.regions[0].strength = strength
        tree.keyframe_insert(owner.option_path(0, "strength"), frame=frame)
    comp.update()
    live = comp.render(scene, work / "live", animation=True)
    module = comp.room("compositor.capture.bake")
    told: dict[str, Any] = {"outcome": refused(bpy.ops.brushpass.node_bake, node=node.name)}
    picture = next(module.baked_nodes(tree))
    told["in its place"] = [picture.image.source, picture.image.filepath, picture.name]
    told["nodes"] = sorted(other.bl_idname for other in tree.nodes)
    told["read"] = [link.to_node.bl_idname for link in picture.outputs[0].links]
    frames: list[Any] = []
    told["samples"] = samples(lambda: frames.extend(comp.render(scene, work / "baked", animation=True)))
    told["same"] = [difference(one, other) for one, other in zip(live, frames, strict=True)]
    bpy.ops.wm.save_mainfile()
    told["without"] = str(bpy.data.filepath)
    told["beyond"] = str(module.baked_fault(picture, 5).sentence())
    gone = Path(bpy.path.abspath(picture.image.filepath)).with_name("styled.0002.exr")
    gone.rename(gone.with_name("moved.exr"))
    told["gone"] = str(module.baked_fault(picture, 2).sentence())
    gone.with_name("moved.exr").rename(gone)

    # Keyframes go by no name.
    picture.name = "Umbenannt"
    told["back"] = refused(bpy.ops.brushpass.node_unbake, node=picture.name)
    node = next(other for other in tree.nodes if other.bl_idname == comp.NODE)
    region = node.brushpass.regions[0]
    told["settings"] = [node.name, region.style, region.matte.kind, [entry.name for entry in region.matte.names]]
    told["live again"] = comp.output(scene).links[0].from_node == node
    told["frames"] = [other.name for other in tree.nodes if other.bl_idname == "CompositorNodeImage"]
    told["muted"] = [other.mute for other in tree.nodes if other.type == "R_LAYERS"]
    painted = comp.render(scene, work / "unbaked", animation=True)
    told["painted"] = [difference(one, other) for one, other in zip(live, painted, strict=True)]
    return told


def without(work: Path, blend: str) -> dict[str, Any]:
    """The baked file rendered and saved where the add-on is off; then on again, and the node put back."""
    import addon_utils

    addon_utils.disable(comp.ADDON)
    bpy.ops.wm.open_mainfile(filepath=blend)
    scene = bpy.context.scene
    kinds = [node.bl_idname for node in scene_tree(scene).nodes]
    scene.frame_end = 4
    frames = comp_render_without(scene, work / "without")
    bpy.ops.wm.save_mainfile()
    addon_utils.enable(comp.ADDON, default_set=True)
    bpy.ops.wm.open_mainfile(filepath=blend)
    scene = bpy.context.scene
    tree = scene_tree(scene)
    told = {
        "kinds": kinds,
        "same": [difference(frame, comp.pixels(work / f"baked.{number:04d}.exr")) for number, frame in frames[:3]],
        "beyond": float(np.abs(frames[3][1]).max()),
        "back": refused(bpy.ops.brushpass.node_unbake, node=_baked(tree).name),
    }
    node = next(node for node in tree.nodes if node.bl_idname == comp.NODE)
    return {**told, "record": [node.record.version, node.brushpass.regions[0].style]}


def scene_tree(scene: Any) -> Any:
    return scene.compositing_node_group if comp.V5 else scene.node_tree


def comp_render_without(scene: Any, stem: Path) -> list[tuple[int, Any]]:
    """The scene's frames, rendered without anything of the add-on."""
    settings = scene.render.image_settings
    if comp.V5:
        settings.media_type = "IMAGE"
    settings.file_format, settings.color_mode, settings.color_depth = "OPEN_EXR", "RGBA", "32"
    scene.render.filepath = f"{stem}.####.exr"
    bpy.ops.render.render(animation=True)
    numbers = range(scene.frame_start, scene.frame_end + 1)
    return [(number, comp.pixels(Path(f"{stem}.{number:04d}.exr"))) for number in numbers]


def footage(work: Path) -> dict[str, Any]:
    """An image sequence without any render, objects found in it beforehand, styled by class and by number."""
    scene = comp.new_scene(work / "footage.blend")
    tree = comp.tree_of(scene)
    plate = comp.render(scene, work / "shot", animation=True)
    clip = tree.nodes.new("CompositorNodeImage")
    clip.image = bpy.data.images.load(str(work / "shot.0001.exr"))
    clip.image.source = "SEQUENCE"
    clip.frame_duration, clip.frame_start, clip.use_auto_refresh = 3, 1, True
    tree.nodes.remove(comp.layers_of(scene))
    node = tree.nodes.new(comp.NODE)
    tree.links.new(clip.outputs["Image"], node.inputs["Image"])
    tree.links.new(node.outputs["Image"], comp.output(scene))
    node.brushpass.motion.smoothing = 0.0
    comp.region(node, "swirl", "INSTANCES")
    comp.room("compositor.style_node.wiring").mend()
    owner = comp.room("compositor.style_node.node_owner").node_owner(node)
    finder = comp.room("settings.finder").finder_of(owner)

    def find() -> str:
        try:
            finder.find(bpy.context, owner, "mask_rcnn")
        except Exception as error:
            return str(error.sentence())
        return "found"

    told: dict[str, Any] = {"live": find()}
    node.mode = "CAPTURE"
    comp.update()
    told["offline"] = find()
    shelf = Path(bpy.path.abspath(node.record.shelf))
    objects.write(work, str(shelf / "plate"), model="mask_rcnn")
    told["found"] = find()
    told["list"] = [item.name for item in node.brushpass.found[0].objects]
    told["outdated"] = finder.outdated(owner, node.brushpass.found[0])
    node.brushpass.regions[0].matte.objects.classes.add().name = "car"
    told["outcome"] = refused(bpy.ops.brushpass.node_capture, node=node.name)
    styled = comp.render(scene, work / "styled", animation=True)
    told["cars"] = [objects.parts(one, other) for one, other in zip(plate, styled, strict=True)]
    scene.frame_end = 4
    told["more frames"] = finder.outdated(owner, node.brushpass.found[0])
    return told


CASES = {case.__name__: case for case in (linked, masks, baked, without, footage)}
