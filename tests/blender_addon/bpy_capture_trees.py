"""Trees of many shapes before a Style node that captures them, inside Blender's Python."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import bpy_capture as capture
import compositor_scene as comp


def run(case: str, folder: str, python: str) -> Any:
    """What a case returns."""
    comp.use_backend(python)
    return {"chained": chained, "entered": entered, "valued": valued}[case](Path(folder))


def _scene(path: Path) -> tuple[Any, Any, Any]:
    """A scene of two frames, its tree, and an Exposure node behind its Render Layers."""
    scene = comp.new_scene(path)
    scene.frame_end = 2
    tree, exposure = comp.tree_of(scene), capture.brighter(scene)
    tree.links.new(exposure.outputs[0], comp.output(scene))
    return scene, tree, exposure


def _captured(node: Any) -> str:
    return capture.refused(bpy.ops.brushpass.node_capture, node=node.name)


def chained(work: Path) -> dict[str, Any]:
    """A node that reads what another one plays back, paints while rendering, or has left as a bake."""
    scene, tree, exposure = _scene(work / "chained.blend")
    bare = comp.render(scene, work / "bare", frames=(2,))[0]
    first = capture.capturing(scene, exposure.outputs[0])
    comp.region(first)
    more = tree.nodes.new("CompositorNodeExposure")
    more.inputs["Exposure"].default_value = 1.0
    tree.links.new(first.outputs["Image"], more.inputs["Image"])
    second = capture.capturing(scene, more.outputs[0])
    comp.region(second, "identity", "OBJECT", "Kügel")
    second.brushpass.motion.smoothing = 0.5
    first.mode = "LIVE"
    comp.update()
    told: dict[str, Any] = {"live": _captured(second)}
    first.mode = "CAPTURE"
    comp.update()
    told["first"], told["second"] = _captured(first), _captured(second)
    told["twice"] = [_times(bare, comp.render(scene, work / "both", frames=(2,))[0])]
    told["bake"] = capture.refused(bpy.ops.brushpass.node_bake, node=first.name)
    second.brushpass.regions[0].matte.kind = "EVERYTHING"
    told["of the bake"] = _captured(second)
    told["twice"].append(_times(bare, comp.render(scene, work / "baked", frames=(2,))[0]))
    return told


def _times(one: Any, other: Any) -> float:
    return float(np.median(other[..., :3] / one[..., :3]))


def entered(work: Path) -> dict[str, Any]:
    """A group that writes files; in 5.x also a tree's own input, and outputs of which the first is no colour."""
    scene, tree, exposure = _scene(work / "entered.blend")
    group = bpy.data.node_groups.new("Written", "CompositorNodeTree")
    for name, way in (("In", "INPUT"), ("Out", "OUTPUT")):
        group.interface.new_socket(name, in_out=way, socket_type="NodeSocketColor")
    entry, way_out = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")
    group.links.new(entry.outputs[0], way_out.inputs[0])
    files = [work / "within", work / "beside"]
    comp.room("compat").new_file_output(group, entry.outputs[0], files[0], "shot_")
    comp.room("compat").new_file_output(tree, exposure.outputs[0], files[1], "shot_")
    within = tree.nodes.new("CompositorNodeGroup")
    within.node_tree = group
    tree.links.new(exposure.outputs[0], within.inputs[0])
    node = capture.capturing(scene, within.outputs[0])
    comp.region(node)
    told: dict[str, Any] = {"outcome": _captured(node), "written": [path.name for path in files if path.exists()]}
    if comp.V5:
        tree.nodes.remove(next(other for other in tree.nodes if other.bl_idname == "CompositorNodeOutputFile"))
        tree.interface.new_socket("Image", in_out="INPUT", socket_type="NodeSocketColor")
        way_in = tree.nodes.new("NodeGroupInput")
        tree.links.new(way_in.outputs[0], exposure.inputs["Image"])
        comp.update()
        told["muted"] = [comp.layers_of(scene).mute]
        tree.links.new(way_in.outputs[0], tree.nodes.new("CompositorNodeViewer").inputs[0])
        comp.update()
        told["muted"].append(comp.layers_of(scene).mute)
        number = tree.interface.new_socket("Number", in_out="OUTPUT", socket_type="NodeSocketFloat")
        tree.interface.move(number, 0)
        told["anew"] = _captured(node)
    frame = comp.room("compositor.capture.node_record").file_of(node.record, "image", 2)
    told["mean"] = comp.pixels(frame)[..., :3].mean(axis=(0, 1)).tolist()
    plate = Path(bpy.path.abspath(node.record.shelf)) / "plate"
    told["plates"] = len(list(plate.glob("passes.*.exr")))
    return told


def valued(work: Path) -> dict[str, Any]:
    """A tree whose first output is a number: without 3D Blender 5.2 would crash."""
    scene, tree, exposure = _scene(work / "valued.blend")
    node = capture.capturing(scene, exposure.outputs[0])
    comp.region(node)
    if comp.V5:
        number = tree.interface.new_socket("Number", in_out="OUTPUT", socket_type="NodeSocketFloat")
        tree.interface.move(number, 0)
    told = {"outcome": _captured(node)}
    comp.render(scene, work / "valued", frames=(1,))
    return {**told, "muted": comp.layers_of(scene).mute}
