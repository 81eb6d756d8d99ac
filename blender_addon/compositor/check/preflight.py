"""What would make a render through Style nodes fail, black or other than it was meant, before anything is rendered.

Reads the file and a few folders, writes nothing and starts nothing: for the command line and for the interface.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import bpy

from ... import compat
from ...contract.errors import NstError, UsageError
from ...contract.frames import FrameRange
from ...findings import Finding, Severity, retold
from ...session import session
from ..bridge.frame_plan import plan_frame
from ..capture.bake import baked_fault, baked_nodes
from ..capture.node_record import plays
from ..capture.operators import stale
from ..style_node.passes import missing_passes, needed_passes
from ..style_node.trees import nested_style_node, scenes_of, style_nodes
from ..style_node.upstream import find_source
from .matte_check import absent_objects, missing_pictures, unknown_names
from .playback_check import playback_fault

__all__ = ["check_backend", "check_scene", "has_nodes", "scene_frames", "scenes_with_nodes"]

_FILE_OUTPUT = "CompositorNodeOutputFile"
_UNDEFINED = "NodeUndefined"


def scenes_with_nodes() -> list[bpy.types.Scene]:
    """The scenes whose compositor has Style nodes or baked ones, those of groups and of one that is off too."""
    return [scene for scene in bpy.data.scenes if has_nodes(scene)]


def has_nodes(scene: bpy.types.Scene) -> bool:
    """Whether a scene is one of them."""
    tree = _tree(scene)
    return tree is not None and _has_nodes(tree)


def scene_frames(scene: bpy.types.Scene) -> range:
    """The frames that an animation of the scene renders."""
    return range(scene.frame_start, scene.frame_end + 1, scene.frame_step)


def check_backend() -> tuple[Finding, ...]:
    """Whether a backend is there that could be started; starts none."""
    status = session().status
    if status.python is None:
        return (_error(UsageError(status.text, remedy=status.remedy)),)
    return ()


def check_scene(scene: bpy.types.Scene, frames: Sequence[int] | None = None) -> tuple[Finding, ...]:
    """Everything about one scene, for the ``frames`` that are to be rendered; its own animation's.

    Nothing where it has neither Style nodes nor baked ones.
    """
    tree = _tree(scene)
    if tree is None or not _has_nodes(tree):
        return ()
    found = [*_of_scene(scene, tree), *_of_tree(scene, tree)]
    wanted = scene_frames(scene) if frames is None else frames
    played = {node.name: partial(playback_fault, node) for node in style_nodes(tree) if plays(node)}
    played |= {picture.name: partial(baked_fault, picture) for picture in baked_nodes(tree) if not picture.mute}
    for name, fault_at in played.items():
        found += _of_playback(scene, name, fault_at, wanted)
    for node in style_nodes(tree):
        if plays(node) and (reason := stale(node)):
            found.append(
                _warning(UsageError(f"its frames are old, {reason}", remedy="style it again"), scene, node.name)
            )
    for plan in plan_frame(scene).nodes:
        if plan.node in played:
            continue  # A fault of the frame that the file is at.
        if plan.fault is not None:
            found.append(_error(plan.fault, scene, plan.node))
        found += [_warning(UsageError(note), scene, plan.node) for note in plan.notes]
        if plan.recipe is not None:
            found += _of_node(scene, tree.nodes[plan.node])
            found += _of_mattes(scene, plan.node, plan.recipe, plan.base, wanted)
    return tuple(found)


def _tree(scene: bpy.types.Scene) -> bpy.types.NodeTree | None:
    return compat.compositor_tree(scene) or compat.idle_compositor_tree(scene)


def _has_nodes(tree: bpy.types.NodeTree) -> bool:
    return bool(style_nodes(tree)) or any(baked_nodes(tree)) or nested_style_node(tree) is not None


def _of_scene(scene: bpy.types.Scene, tree: bpy.types.NodeTree) -> Iterator[Finding]:
    """What keeps a scene from being composited at all."""

    def error(problem: str, remedy: str) -> Finding:
        return _error(UsageError(problem, remedy=remedy), scene)

    if not scene.render.use_compositing:
        yield error(
            "compositing is off, so nothing is styled", "switch on Post Processing > Compositing in Output properties"
        )
    if compat.compositor_tree(scene) is None:
        yield error("the compositor's nodes are off, so nothing is styled", "switch on Use Nodes in the compositor")
    strips = scene.sequence_editor.strips if scene.sequence_editor is not None else ()
    if scene.render.use_sequencer and any(strip.type != "SOUND" and not strip.mute for strip in strips):
        yield error(
            "the sequencer of the scene has strips, and is rendered instead of the compositor",
            "switch off Post Processing > Sequencer in Output properties",
        )
    if scene.camera is None:
        yield error("the scene has no camera", "add one")
    others = [other.name for other in scenes_of(tree) if other != scene]
    if others:
        yield Finding(
            severity="warning",
            fault=UsageError(
                f"its compositor tree is that of {', '.join(map(repr, others))} too",
                remedy="give each scene a tree of its own: a Style node paints one scene alone",
            ),
            scene=scene.name,
        )


def _of_tree(scene: bpy.types.Scene, tree: bpy.types.NodeTree) -> Iterator[Finding]:
    """What becomes of the pictures of Style nodes, and of what is before them."""
    outputs = [node for node in tree.nodes if node.bl_idname == compat.OUTPUT_NODE and not node.mute]
    files = [node for node in tree.nodes if node.bl_idname == _FILE_OUTPUT and not node.mute]
    if not any(_links(node.inputs[0]) for node in outputs if node.inputs):
        severity: Severity = "warning" if any(map(_behind, files)) else "error"
        label = "Group Output" if compat.BLENDER_5 else "Composite"
        fault = UsageError(f"nothing is linked to {label}", remedy="link the picture that is to be written to it")
        yield Finding(severity=severity, fault=fault, scene=scene.name)
    feeding = {name for node in (*outputs, *files) for name in (node.name, *_behind(node))}
    for node in style_nodes(tree):
        if node.mute:
            yield _warning(UsageError("the node is muted, and paints nothing", remedy="unmute it"), scene, node.name)
        elif node.name not in feeding:
            fault = UsageError("its pictures go nowhere", remedy="link one to what is written, or mute the node")
            yield _warning(fault, scene, node.name)
    for node in tree.nodes:
        if node.bl_idname == _UNDEFINED and node.name in feeding:
            fault = UsageError("this Blender does not know the type of the node", remedy="enable its add-on")
            yield _error(fault, scene, node.name)


def _of_playback(
    scene: bpy.types.Scene, node: str, fault_at: Callable[[int], NstError | None], frames: Sequence[int]
) -> Iterator[Finding]:
    """Frames that were styled ahead and are not there."""
    faults = {frame: fault for frame in frames if (fault := fault_at(frame)) is not None}
    if faults:
        first = faults[min(faults)]
        words = f"the frames {FrameRange.of(faults)} cannot be played back, {first.problem}"
        yield _error(retold(first, words), scene, node)


def _of_node(scene: bpy.types.Scene, node: bpy.types.Node) -> Iterator[Finding]:
    """What a node reads, and is not rendered."""
    off = missing_passes(scene.view_layers[find_source(node, scene).layer], needed_passes(node))
    if off:
        fault = UsageError(f"passes are off: {', '.join(off)}", remedy="switch them on in the View Layer properties")
        yield _error(fault, scene, node.name)


def _of_mattes(
    scene: bpy.types.Scene, node: str, recipe: Mapping[str, Any], base: Path, frames: Sequence[int]
) -> Iterator[Finding]:
    for unknown in unknown_names(recipe):
        yield _error(unknown, scene, node)
    for absent in absent_objects(recipe, scene):
        yield _warning(absent, scene, node)
    for missing in missing_pictures(recipe, base, frames):
        yield _error(missing, scene, node)


def _links(socket: bpy.types.NodeSocket) -> list[bpy.types.NodeLink]:
    return [link for link in socket.links or () if not link.is_muted]


def _behind(node: bpy.types.Node) -> set[str]:
    """Names of all nodes whose pictures reach a node."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for socket in waiting.pop().inputs:
            for link in _links(socket):
                source = link.from_node
                if source is not None and source.name not in found:
                    found.add(source.name)
                    waiting.append(source)
    return found


def _error(fault: NstError, scene: bpy.types.Scene | None = None, node: str = "") -> Finding:
    return Finding(severity="error", fault=fault, scene="" if scene is None else scene.name, node=node)


def _warning(fault: NstError, scene: bpy.types.Scene, node: str) -> Finding:
    return Finding(severity="warning", fault=fault, scene=scene.name, node=node)
