"""Style nodes of all kinds in a file that is opened and saved while the extension is off, inside Blender's Python."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import addon_utils
import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import compositor_scene as comp
from bpy_capture import refused

KEPT = ("brushpass_frames", "brushpass_baked", "brushpass_muted")


def run(folder: str, python: str) -> dict[str, Any]:
    """What the file tells before and after, and how its pictures differ."""
    comp.use_backend(python)
    work = Path(folder)
    scene = _file(work)
    told: dict[str, Any] = {"before": _state(scene), "captured": _captured(scene), "baked": _bake(scene)}
    before = _pictures(scene, work / "before")
    told["before"] = _state(scene)
    bpy.ops.wm.save_mainfile()
    addon_utils.disable(comp.ADDON)
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    tree = bpy.context.scene.compositing_node_group if comp.V5 else bpy.context.scene.node_tree
    told["off"] = sorted(node.bl_idname for node in tree.nodes if "Undefined" in node.bl_idname)
    bpy.ops.wm.save_mainfile()
    addon_utils.enable(comp.ADDON)
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    scene = bpy.context.scene
    told["after"] = _state(scene)
    after = _pictures(scene, work / "after")
    told["differences"] = [float(np.abs(one - other).max()) for one, other in zip(before, after, strict=True)]
    told["shown"] = [float(np.ptp(picture)) for picture in before]
    picture = next(comp.room("compositor.capture.bake").baked_nodes(comp.tree_of(scene)))
    told["unbaked"] = refused(bpy.ops.brushpass.node_unbake, node=picture.name)
    told["back"] = _told(comp.tree_of(scene).nodes["Baked"])
    return told


def _file(work: Path) -> Any:
    """A keyed node that paints while rendering, one that captures with a mask, and one that is to be baked."""
    scene = comp.new_scene(work / "old.blend")
    scene.frame_end = 2
    tree = comp.tree_of(scene)
    for name in ("Live", "Captured", "Baked"):
        node = comp.add_node(scene)
        node.name = name
        comp.region(node, "swirl", "OBJECT", "Kügel")
        owner = comp.room("compositor.style_node.node_owner").node_owner(node)
        tree.keyframe_insert(owner.option_path(0, "strength"), frame=1)
    captured = tree.nodes["Captured"]
    captured.mode = "CAPTURE"
    comp.region(captured, "swirl", "INPUT").matte.mask_input = 2
    mask = tree.nodes.new("CompositorNodeBoxMask")
    tree.links.new(mask.outputs[0], captured.inputs["Mask 2"])
    comp.update()
    return scene


def _captured(scene: Any) -> str:
    tree = comp.tree_of(scene)
    tree.links.new(tree.nodes["Captured"].outputs["Image"], comp.output(scene))
    return refused(bpy.ops.brushpass.node_capture, node="Captured")


def _bake(scene: Any) -> str:
    tree = comp.tree_of(scene)
    tree.links.new(tree.nodes["Baked"].outputs["Image"], comp.output(scene))
    return refused(bpy.ops.brushpass.node_bake, node="Baked")


def _pictures(scene: Any, stem: Path) -> list[np.ndarray]:
    """What each node shows of frame 2."""
    tree = comp.tree_of(scene)
    picture = next(comp.room("compositor.capture.bake").baked_nodes(tree))
    found = []
    for source in (tree.nodes["Live"], tree.nodes["Captured"], picture):
        tree.links.new(source.outputs["Image"], comp.output(scene))
        comp.update()
        found += comp.render(scene, stem, frames=(2,))
    return found


def _state(scene: Any) -> dict[str, Any]:
    """All that Style nodes have in the file."""
    tree = comp.tree_of(scene)
    curves = [curve for bag in comp.room("settings.channelbags").all_fcurves(tree) for curve in bag]
    links = [
        [link.from_node.name, link.from_socket.identifier, link.to_node.name, link.to_socket.identifier]
        for link in tree.links
    ]
    return {
        "nodes": {node.name: _told(node) for node in tree.nodes if node.bl_idname == comp.NODE},
        "kept": {node.name: [node.get(key) for key in KEPT] for node in tree.nodes},
        "muted": sorted(node.name for node in tree.nodes if node.mute),
        "curves": sorted(curve.data_path for curve in curves),
        "links": sorted(links),
    }


def _told(node: Any) -> dict[str, Any]:
    snapshot = comp.room("settings.snapshot").snapshot
    return {
        "mode": node.mode,
        "slot": node.slot,
        "settings": snapshot(node.brushpass),
        "record": snapshot(node.record),
        "curve": [curve.data_path for curve in _curves(node)],
    }


def _curves(node: Any) -> list[Any]:
    owner = comp.room("compositor.style_node.node_owner").node_owner(node)
    return [curve for _, _, curve in comp.room("settings.animation").owners_curves(owner)]
