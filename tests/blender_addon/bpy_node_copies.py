"""Style nodes and bakes that are duplicated, pasted, or copied with their tree or scene, inside Blender's Python."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import compositor_scene as comp
from bpy_capture import refused
from bpy_compositor_life import node_editor, select


def run(case: str, folder: str, python: str) -> Any:
    """What a case returns."""
    comp.use_backend(python)
    return CASES[case](Path(folder))


# ---- tools


def styles(tree: Any) -> list[Any]:
    return [node for node in tree.nodes if node.bl_idname == comp.NODE]


def pictures(tree: Any) -> list[Any]:
    return [node for node in tree.nodes if node.bl_idname == "CompositorNodeImage"]


def key_strength(node: Any) -> None:
    owner = comp.room("compositor.style_node.node_owner").node_owner(node)
    for frame, strength in ((1, 1.0), (3, 0.2)):
        node.brushpass.regions[0].strength = strength
        node.id_data.keyframe_insert(owner.option_path(0, "strength"), frame=frame)


def strengths(node: Any) -> list[list[float]]:
    """The keys of a node's own curve of its first region's strength."""
    owner = comp.room("compositor.style_node.node_owner").node_owner(node)
    curve = comp.room("settings.animation").curve(owner, 0, "strength")
    return [] if curve is None else [[round(value, 4) for value in key.co] for key in curve.keyframe_points]


def curve_count(tree: Any) -> int:
    return sum(len(curves) for curves in comp.room("settings.channelbags").all_fcurves(tree))


def operate(scene: Any, nodes: list[Any], *operators: Any) -> list[Any]:
    """Run operators of the editor with ``nodes`` selected; the nodes that are new."""
    tree = comp.tree_of(scene)
    before = set(tree.nodes)
    with node_editor(scene):
        select(*nodes)
        for operator in operators:
            operator()
    return [node for node in tree.nodes if node not in before]


def copied_scene(scene: Any, kind: str) -> Any:
    bpy.context.window.scene = scene
    bpy.ops.scene.new(type=kind)
    twin = bpy.context.window.scene
    bpy.context.window.scene = scene
    return twin


def played(node: Any) -> list[Any]:
    """Which part of whose frames comes into each entrance of a node that plays back."""
    found: list[Any] = []
    for name in ("Styled Image", "Styled Matte"):
        links = node.inputs[name].links
        source = links[0].from_node if links else None
        key = str(source.get("brushpass_frames", "")) if source is not None else ""
        found.append(key.replace(node.record.mark, "own"))
    return found


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max())


# ---- cases


def keyframes(work: Path) -> dict[str, Any]:
    """A keyed node is duplicated and pasted: each copy has the keys, and they are its own."""
    scene = comp.new_scene(work / "keys.blend")
    tree = comp.tree_of(scene)
    node = comp.add_node(scene)
    comp.region(node, "swirl")
    key_strength(node)
    live = comp.render(scene, work / "live", frames=(2,))[0]
    [copy] = operate(scene, [node], bpy.ops.node.duplicate)
    [pasted] = operate(scene, [node], bpy.ops.node.clipboard_copy, bpy.ops.node.clipboard_paste)
    # Of a copy that was not tended yet.
    [further] = operate(scene, [copy], bpy.ops.node.duplicate)
    told: dict[str, Any] = {"before": [curve_count(tree)]}
    comp.update()
    told["after"] = [curve_count(tree), [strengths(other) for other in (node, copy, pasted, further)]]
    told["marks"] = len({other.record.mark for other in styles(tree)})
    comp.update()
    told["again"] = curve_count(tree)

    tree.links.new(comp.layers_of(scene).outputs["Image"], copy.inputs["Image"])
    tree.links.new(copy.outputs["Image"], comp.output(scene))
    told["painted"] = difference(live, comp.render(scene, work / "copy", frames=(2,))[0])
    owner = comp.room("compositor.style_node.node_owner").node_owner(copy)
    tree.keyframe_insert(owner.option_path(0, "strength"), frame=5)
    told["own"] = [len(strengths(node)), len(strengths(copy))]
    for other in (copy, pasted, further):
        tree.nodes.remove(other)
    told["removed"] = curve_count(tree)

    twin = copied_scene(scene, "LINK_COPY")
    comp.update()
    told["twin"] = [strengths(other) for other in styles(comp.tree_of(twin))]
    for other in styles(comp.tree_of(twin)):
        comp.tree_of(twin).nodes.remove(other)
    operate(scene, [node], bpy.ops.node.clipboard_copy)
    [elsewhere] = operate(twin, [], bpy.ops.node.clipboard_paste)
    comp.update()
    told["elsewhere"] = [strengths(elsewhere), elsewhere.slot]
    return told


def trees(work: Path) -> dict[str, Any]:
    """Scenes and trees are copied in each of Blender's ways."""
    scene = comp.new_scene(work / "trees.blend")
    node = comp.add_node(scene)
    comp.region(node, "swirl")
    twins = [scene.copy(), copied_scene(scene, "LINK_COPY"), copied_scene(scene, "FULL_COPY")]
    if comp.V5:
        twins[0].compositing_node_group = comp.tree_of(scene).copy()
    comp.update()
    every = [node, *(styles(comp.tree_of(twin))[0] for twin in twins)]
    told: dict[str, Any] = {"slots": [other.slot for other in every]}
    told["marks"] = len({other.record.mark for other in every})
    told["bridges"] = sum(other.render.engine == "BRUSHPASS_BRIDGE" for other in bpy.data.scenes)
    live = comp.render(scene, work / "live", frames=(2,))[0]
    full = twins[2]
    told["full copy"] = difference(live, comp.render(full, work / "full", frames=(2,))[0])
    return told


def capturing(work: Path) -> dict[str, Any]:
    """A node that plays back is copied in all ways: each copy plays what it played, and writes elsewhere."""
    scene = comp.new_scene(work / "playing.blend")
    scene.frame_end = 2
    tree = comp.tree_of(scene)
    node = comp.add_node(scene)
    comp.region(node, "swirl")
    node.mode = "CAPTURE"
    comp.update()
    told: dict[str, Any] = {"outcome": refused(bpy.ops.brushpass.node_capture, node=node.name)}
    shown = comp.render(scene, work / "played", frames=(2,))[0]
    [alone] = operate(scene, [node], bpy.ops.node.duplicate)
    both = operate(scene, [node, *pictures(tree)], bpy.ops.node.duplicate)
    with_frames = next(other for other in both if other.bl_idname == comp.NODE)
    frames_alone = operate(scene, pictures(tree)[:1], bpy.ops.node.duplicate)
    twin = copied_scene(scene, "FULL_COPY")
    if comp.V5:
        copied = comp.tree_of(scene).copy()
        copied.use_fake_user = True
    comp.update()
    nodes = [node, alone, with_frames, *styles(comp.tree_of(twin)), *(styles(copied) if comp.V5 else [])]
    told["played"] = [played(other) for other in nodes]
    told["marks"] = [len({other.record.mark for other in nodes}), len(nodes)]
    told["frames alone"] = [other.get("brushpass_frames") for other in frames_alone]
    told["frames"] = len(pictures(tree)) - len(frames_alone)
    tree.links.new(with_frames.outputs["Image"], comp.output(scene))
    told["same"] = difference(shown, comp.render(scene, work / "copy", frames=(2,))[0])
    tree.links.new(comp.layers_of(scene).outputs["Image"], with_frames.inputs["Image"])
    told["copy"] = refused(bpy.ops.brushpass.node_capture, node=with_frames.name, tree=tree.name)
    told["shelves"] = [node.record.shelf != with_frames.record.shelf, node.record.version, with_frames.record.version]
    return told


def baked(work: Path) -> dict[str, Any]:
    """A bake is duplicated and copied with its scene: each becomes a node of its own again."""
    scene = comp.new_scene(work / "baked.blend")
    scene.frame_end = 2
    tree = comp.tree_of(scene)
    node = comp.add_node(scene)
    comp.region(node, "swirl")
    key_strength(node)
    live = comp.render(scene, work / "live", frames=(2,))[0]
    told: dict[str, Any] = {"outcome": refused(bpy.ops.brushpass.node_bake, node=node.name)}
    [first] = pictures(tree)
    [second] = operate(scene, [first], bpy.ops.node.duplicate)
    twin = copied_scene(scene, "FULL_COPY")
    comp.update()
    told["frames"] = difference(live, comp.render(scene, work / "baked", frames=(2,))[0])
    unbake = comp.room("compositor.capture.bake").unbake
    for own, picture in ((tree, first), (tree, second)):
        unbake(own, picture)
    unbake(comp.tree_of(twin), pictures(comp.tree_of(twin))[0])
    comp.update()
    nodes = [*styles(tree), *styles(comp.tree_of(twin))[:1]]
    told["marks"] = len({other.record.mark for other in nodes})
    told["keys"] = [len(strengths(other)) for other in nodes]
    told["in its place"] = comp.output(scene).links[0].from_node == nodes[0]
    told["painted"] = difference(live, comp.render(scene, work / "back", frames=(2,))[0])
    return told


CASES = {case.__name__: case for case in (keyframes, trees, capturing, baked)}
