"""What the bridge will have to do for a frame, in plain data: made as a frame begins, read by the engine's thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from ... import compat
from ...contract.errors import UsageError, as_fault
from ...data_layer import blurs
from ..capture.bake import baked_fault, baked_nodes
from ..capture.node_record import CAPTURE, plays
from ..check.playback_check import not_captured, playback_fault
from ..style_node.data_layers import BLURRED, motion_layer
from ..style_node.node_recipe import base_folder, node_recipe
from ..style_node.trees import nested_style_node, style_nodes
from ..style_node.upstream import find_source
from .border import border_zoom, enlarged
from .frame_shape import FrameShape, read_shape
from .node_plan import NodePlan
from .slots import SLOTS, passes_of

__all__ = ["FramePlan", "plan_frame", "plan_nodes", "stray_plan"]


@dataclass(frozen=True, kw_only=True)
class FramePlan:
    """All Style nodes of the scene whose frame is rendered."""

    scene: str
    frame: int
    nodes: tuple[NodePlan, ...]
    shape: FrameShape
    unfinished: Path | None
    """A file that lies under its final name before it is finished: a placeholder, a movie."""


def plan_frame(scene: bpy.types.Scene) -> FramePlan:
    """Read what a frame of ``scene`` needs; from any thread, for nothing is written."""
    tree = compat.compositor_tree(scene) if scene.render.use_compositing else None
    shape = read_shape(scene)
    nodes: list[NodePlan] = []
    if tree is not None:
        nodes += plan_nodes(scene, shape)
        nodes += _faults_of_playback(scene, tree)
        nested = nested_style_node(tree)
        if nested is not None:
            fault = UsageError(
                f"the group {nested!r} has a Style node, where Blender renders nothing for it",
                remedy="move the node out of the group, to the top of the compositor",
            )
            nodes.append(NodePlan(scene=scene.name, node=nested, slot=0, passes=(), fault=fault))
    return FramePlan(
        scene=scene.name,
        frame=scene.frame_current,
        nodes=tuple(nodes),
        shape=shape,
        unfinished=_unfinished(scene),
    )


def plan_nodes(scene: bpy.types.Scene, shape: FrameShape) -> tuple[NodePlan, ...]:
    """What the Style nodes of ``scene`` that count are to do in a frame of that shape."""
    tree = compat.compositor_tree(scene)
    if tree is None:
        return ()
    zoom = border_zoom(shape)
    return tuple(_plan(node, scene, zoom) for node in style_nodes(tree) if _counts(node) and not plays(node))


def _faults_of_playback(scene: bpy.types.Scene, tree: bpy.types.NodeTree) -> list[NodePlan]:
    """The bridge has nothing to do with nodes that play frames back; that a frame is missing is said all the same."""
    frame = scene.frame_current
    faults = [(node.name, playback_fault(node, frame)) for node in style_nodes(tree) if plays(node)]
    faults += [(picture.name, baked_fault(picture, frame)) for picture in baked_nodes(tree) if not picture.mute]
    return [
        NodePlan(scene=scene.name, node=name, slot=0, passes=(), fault=fault)
        for name, fault in faults
        if fault is not None
    ]


def stray_plan(frame: int) -> FramePlan:
    """For a bridge that is rendered although no frame was planned: a fault in every slot."""
    fault = UsageError(
        f"the bridge was rendered at frame {frame} for a scene that has no Style node",
        remedy="render the scene with the nodes, and remove what reads the bridge elsewhere",
    )
    nodes = [
        NodePlan(scene="", node="", slot=slot, passes=passes_of(slot), fault=fault) for slot in range(1, SLOTS + 1)
    ]
    return FramePlan(scene="", frame=frame, nodes=tuple(nodes), shape={}, unfinished=None)


def _counts(node: bpy.types.Node) -> bool:
    return not node.mute and any(socket.is_linked for socket in node.outputs)


def _plan(node: bpy.types.Node, scene: bpy.types.Scene, zoom: float) -> NodePlan:
    linked = {socket.name for socket in node.outputs if socket.is_linked}
    slot_passes = passes_of(node.slot) if node.slot else ()
    passes = tuple(part for part in slot_passes if part.part == "image" or part.socket in linked)
    try:
        if node.mode == CAPTURE:
            raise not_captured(node)
        if not node.slot:
            raise UsageError(
                f"{node.name!r} is more than the {SLOTS} Style nodes that a tree can have",
                remedy="give one node several regions, or style the rest in another scene",
            )
        if not scene.render.use_render_cache:
            raise UsageError(
                f"Cache Result is off in the scene {scene.name!r}", remedy="switch it on in the Output properties"
            )
        source = find_source(node, scene)
        recipe = enlarged(node_recipe(node, scene, source.layer), zoom)
        notes = [source.warning, *_motion_notes(node, scene, source.layer)]
        if zoom > 1:
            notes.append("a border is rendered: the tones are those of what is within it")
    except Exception as error:
        fault = as_fault(error)
        if fault is None:
            raise
        return NodePlan(scene=scene.name, node=node.name, slot=node.slot, passes=passes, fault=fault)
    return NodePlan(
        scene=scene.name,
        node=node.name,
        slot=node.slot,
        passes=passes,
        recipe=recipe,
        base=base_folder(),
        notes=tuple(filter(None, notes)),
    )


def _motion_notes(node: bpy.types.Node, scene: bpy.types.Scene, layer: str) -> list[str]:
    motion = node.brushpass.motion
    blurred = blurs(scene, scene.view_layers[layer]) and motion_layer(scene, layer) is None
    return [BLURRED] if blurred and motion.smoothing > 0 and motion.flow == "auto" else []


def _unfinished(scene: bpy.types.Scene) -> Path | None:
    render = scene.render
    if not (render.is_movie_format or render.use_placeholder):
        return None
    return Path(bpy.path.abspath(render.frame_path(frame=scene.frame_current)))
