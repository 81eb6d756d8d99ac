"""Restyle: the nodes of the last render whose settings have changed, painted anew from its passes.

Nothing of the scene is rendered. The bridge is, by itself, with the passes that were painted before and those
that have come; Blender's compositor then reads them as after any render. Main thread.
"""

from __future__ import annotations

from dataclasses import replace

import bpy

from ... import compat
from ...contract.errors import InputError, UsageError
from ...session import session
from ..bridge import last_render
from ..bridge.bridge_scene import find_bridge
from ..bridge.frame_plan import plan_nodes
from ..bridge.frame_shape import give_shape
from ..bridge.node_plan import NodePlan
from ..bridge.rendering import Repaint, rendering
from ..style_node.trees import style_nodes
from .kept_frames import KeptFrame
from .restyling import Outcome, Restyling
from .staleness import stale_reason

__all__ = ["begin", "finish", "stale_nodes", "unfit"]

_RESULT = "Render Result"


def stale_nodes(scene: bpy.types.Scene) -> list[tuple[NodePlan, str]]:
    """The nodes whose picture is not what they would make now, with the reason; none before a first render."""
    kept = rendering.kept.find(scene.name)
    if kept is None:
        return []
    nodes = [node for node in plan_nodes(scene, kept.plan.shape) if node.slot]
    reasons = [(node, stale_reason(kept.made(node.slot), node, kept.plan.frame)) for node in nodes]
    return [(node, reason) for node, reason in reasons if reason]


def unfit(scene: bpy.types.Scene) -> str:
    """Why Restyle cannot begin, an instruction; empty where it can."""
    if bpy.app.is_job_running("RENDER"):
        return "Wait until Blender has rendered"
    if rendering.restyling is not None:
        return "It is under way"
    if rendering.kept.find(scene.name) is None:
        return "Render the frame first (F12)"
    if not bpy.app.background and not _composited(scene):
        return "Open the scene's compositor in an editor first"
    return ""


def begin(scene: bpy.types.Scene) -> Restyling:
    """Begin to paint the stale nodes of ``scene``; raises :class:`UsageError` where there is nothing to do."""
    problem = unfit(scene)
    if problem:
        raise UsageError("the last render cannot be restyled", remedy=problem)
    kept = rendering.kept.find(scene.name)
    stale = stale_nodes(scene)
    if kept is None or not stale:
        raise UsageError("the last render shows what the settings say", remedy="change a Style node first")
    client = session().client
    rendering.restyling = Restyling(
        [node for node, _ in stale],
        frame=kept.plan.frame,
        plate=kept.plate,
        size=kept.size,
        client=lambda: client,
    )
    return rendering.restyling


def finish(scene: bpy.types.Scene) -> tuple[Outcome, ...]:
    """Show what was painted, once it ended; what became of each node, nothing where it was cancelled.

    What a node that failed showed stays. Raises :class:`InputError` where Blender does not show the pictures.
    """
    restyling, rendering.restyling = rendering.restyling, None
    kept = rendering.kept.find(scene.name)
    outcomes = () if restyling is None else restyling.outcomes()
    if kept is None or not outcomes:
        return ()
    if any(outcome.pictures for outcome in outcomes):
        _show(scene, kept, outcomes)
    for outcome in outcomes:
        _tell(outcome)
    return outcomes


def _tell(outcome: Outcome) -> None:
    told, node = outcome.told, outcome.node
    before = last_render.recall(node.scene, node.node)
    if told.fault is not None and before is not None:
        told = replace(before, refused=told.fault)
    last_render.tell(node.scene, node.node, told)


def _show(scene: bpy.types.Scene, kept: KeptFrame, outcomes: tuple[Outcome, ...]) -> None:
    bridge = find_bridge()
    if bridge is None:
        raise InputError("the scene of the style passes is gone", remedy="render the frame again")
    painted = {outcome.node.slot: outcome for outcome in outcomes if outcome.pictures}
    nodes = [node for node in kept.plan.nodes if node.slot not in painted]
    plan = replace(kept.plan, nodes=(*nodes, *(outcome.node for outcome in painted.values())))
    repaint = Repaint(
        plan=plan,
        passes=kept.styled,
        pictures={name: picture for outcome in painted.values() for name, picture in outcome.pictures.items()},
    )
    give_shape(bridge, kept.plan.shape)
    bridge.render.use_render_cache = True
    # Blender writes what is rendered to the slot that is shown.
    shown = bpy.data.images.get(_RESULT)
    if shown is not None and shown.render_slots.active_index != kept.render_slot:
        shown.render_slots.active_index = kept.render_slot
    with rendering.repainting(repaint):
        bpy.ops.render.render(scene=bridge.name)
        if not repaint.done:
            raise InputError("Blender did not show what was painted", remedy="render the frame again")
        rendering.kept.repaint(kept, plan, rendering.cache)
    _recomposite(scene)


def _recomposite(scene: bpy.types.Scene) -> None:
    """Have the compositor run again, as after any change in its tree."""
    tree = compat.compositor_tree(scene)
    if tree is None:
        return
    if not bpy.app.background and not _is_shown():
        bpy.ops.render.view_show("INVOKE_DEFAULT")
    for node in style_nodes(tree)[:1]:
        # To what it is: Blender takes that for a change of the tree.
        node.mute = node.mute


def _composited(scene: bpy.types.Scene) -> bool:
    """Whether an editor shows the compositor of ``scene``: without one Blender does not run it."""
    tree = compat.compositor_tree(scene)
    return any(space.type == "NODE_EDITOR" and space.node_tree == tree for space in _spaces())


def _is_shown() -> bool:
    """Whether an editor shows what comes out of the compositor."""
    return any(
        (space.type == "IMAGE_EDITOR" and space.image is not None and space.image.source == "VIEWER")
        or (space.type == "NODE_EDITOR" and space.show_backdrop)
        for space in _spaces()
    )


def _spaces() -> list[bpy.types.Space]:
    windows = bpy.context.window_manager.windows
    return [area.spaces.active for window in windows for area in window.screen.areas if area.spaces.active is not None]
