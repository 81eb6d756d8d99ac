"""The face of a Style node: its regions, the style of the chosen one, and what its last render came to."""

from __future__ import annotations

import bpy

from ..compositor.bridge import last_render
from ..compositor.bridge.rendering import rendering
from ..compositor.capture.node_record import CAPTURE
from ..compositor.restyle import stale_watch
from ..compositor.restyle.operator import BRUSHPASS_OT_restyle
from ..compositor.style_node.data_layers import BLURRED
from ..compositor.style_node.node import bodies
from ..compositor.style_node.node_group import IMAGE
from ..compositor.style_node.node_owner import CONTEXT_NODE, node_of, node_owner
from ..compositor.style_node.trees import group_of, scenes_of
from ..compositor.style_node.upstream import find_source
from ..contract.errors import UsageError
from ..settings.owner import Owner
from .check_section import draw_pointer
from .data_layer import draw_missing_data_layer
from .optimisation import draw_painter
from .problem import draw_problem
from .regions_section import draw_regions
from .sections import Section, active_region

__all__ = ["SECTION", "register", "unregister"]

_MOST_NOTES = 4


def _draw_body(layout: bpy.types.UILayout, node: bpy.types.Node, context: bpy.types.Context) -> None:
    # A press on a button of a node does not make it the active one.
    layout.context_pointer_set(CONTEXT_NODE, node)
    owner = node_owner(node)
    _draw_warning(layout, node)
    draw_regions(layout, owner, context)
    region = active_region(owner)
    if region is not None:
        draw_painter(layout, region)
    draw_pointer(layout, node, context.scene)
    _draw_told(layout, node)
    _draw_stale(layout, node, context.scene)


def _draw_section(layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context) -> None:
    node = node_of(owner)
    if node is not None:
        _draw_warning(layout, node)
        _draw_told(layout, node)
        _draw_stale(layout, node, context.scene)


def _draw_warning(layout: bpy.types.UILayout, node: bpy.types.Node) -> None:
    assert node.id_data is not None
    group = group_of(node.id_data)  # type: ignore[arg-type]
    if group is not None:
        draw_problem(layout, f"{group}, where Blender renders nothing for this node: move it to the top")
        return
    if node.mode == CAPTURE:
        return
    if not node.slot:
        draw_problem(layout, "the tree has all the Style nodes that it can have: give one of them more regions")
    for scene in scenes_of(node.id_data):  # type: ignore[arg-type]
        try:
            warning = find_source(node, scene).warning
        except UsageError as fault:
            draw_problem(layout, fault.sentence())
            continue
        if warning:
            draw_problem(layout, warning)
            if node.inputs[IMAGE].is_linked:
                layout.operator("brushpass.node_to_capture", icon="RENDER_ANIMATION").node = node.name


def _draw_told(layout: bpy.types.UILayout, node: bpy.types.Node) -> None:
    for scene in scenes_of(node.id_data):  # type: ignore[arg-type]
        told = last_render.recall(scene.name, node.name)
        if told is None:
            continue
        if told.fault is not None:
            draw_problem(layout, f"Frame {told.frame} failed: {told.fault.sentence()}")
            continue
        painting = sum(told.stages.values())
        done = "restyled" if told.restyled else "styled"
        text = f"Frame {told.frame} {done}, {told.seconds:.1f} s ({painting:.1f} s painting)"
        layout.label(text=text, icon="CHECKMARK")
        for note in told.notes[:_MOST_NOTES]:
            draw_problem(layout, note, icon="INFO")
        if BLURRED in told.notes:
            draw_missing_data_layer(layout, node)
        if told.refused is not None:
            draw_problem(layout, f"Not restyled: {told.refused.sentence()}")


def _draw_stale(layout: bpy.types.UILayout, node: bpy.types.Node, scene: bpy.types.Scene | None) -> None:
    if scene is None or scene not in scenes_of(node.id_data):  # type: ignore[arg-type]
        return
    reason = stale_watch.reason(scene.name, node.name)
    if not reason:
        return
    draw_problem(layout, f"Stale: {reason}")
    if rendering.restyling is not None:
        layout.label(text=f"{rendering.restyling.text}, Esc: cancel", icon="SORTTIME")
    else:
        layout.operator(BRUSHPASS_OT_restyle.bl_idname, icon="FILE_REFRESH")


SECTION = Section(
    name="render", label="Last Render", order=3, draw=_draw_section, shown=lambda owner: node_of(owner) is not None
)


def register() -> None:
    bodies.append(_draw_body)


def unregister() -> None:
    bodies.remove(_draw_body)
