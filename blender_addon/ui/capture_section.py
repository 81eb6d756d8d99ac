"""How a Style node comes to its frames: while rendering, or captured ahead; and its bake."""

from __future__ import annotations

import time

import bpy

from ..compositor.capture.bake import baked_fault, baked_range, is_baked
from ..compositor.capture.node_record import CAPTURE
from ..compositor.capture.operators import stale, work_of_node
from ..compositor.check.playback_check import playback_fault
from ..compositor.style_node.node import bodies
from ..compositor.style_node.node_owner import node_of
from ..settings.owner import Owner
from .problem import draw_problem
from .sections import Section
from .works import draw_ended, draw_running

__all__ = ["SECTION", "register", "unregister"]

_LOOK_AGAIN_SECONDS = 1.0
_known: dict[tuple[str, str], tuple[float, str]] = {}
"""Why a node's frames are stale, and when that was found out."""


def _draw_mode(layout: bpy.types.UILayout, node: bpy.types.Node) -> None:
    layout.row(align=True).prop(node, "mode", expand=True)
    work = work_of_node(node)
    running = work is not None and not work.progress.state.ended
    if running:
        assert work is not None
        draw_running(layout, work, 1.3)
    elif node.mode == CAPTURE:
        row = layout.row()
        row.scale_y = 1.3
        row.operator("brushpass.node_capture", icon="BRUSH_DATA").node = node.name
    if work is not None and not running:
        draw_ended(layout, work)
    if node.mode == CAPTURE and not running:
        _draw_frames(layout, node)


def _draw_frames(layout: bpy.types.UILayout, node: bpy.types.Node) -> None:
    """What is played back, and why that is not all that the artist means."""
    if not bpy.data.filepath:
        draw_problem(layout, "Save the file first: the frames lie beside it", icon="INFO")
    fault = playback_fault(node, bpy.context.scene.frame_current)
    if fault is not None:
        draw_problem(layout, fault.sentence())
    record = node.record
    if not record.version:
        return
    reason = _stale(node)
    if reason:
        draw_problem(layout, f"Stale: {reason}")
    layout.label(text=f"Frames {record.first}-{record.last}, version {record.version}", icon="PLAY")


def _stale(node: bpy.types.Node) -> str:
    """Asked with every redraw, and answered from all settings."""
    assert node.id_data is not None
    key, now = (node.id_data.name_full, node.name), time.monotonic()
    then, known = _known.get(key, (-_LOOK_AGAIN_SECONDS, ""))
    if now - then > _LOOK_AGAIN_SECONDS:
        known = stale(node)
        _known[key] = now, known
    return known


def _draw_body(layout: bpy.types.UILayout, node: bpy.types.Node, context: bpy.types.Context) -> None:
    _draw_mode(layout, node)


def _draw_section(layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context) -> None:
    node = node_of(owner)
    if node is None:
        return
    _draw_mode(layout, node)
    work = work_of_node(node)
    if work is None or work.progress.state.ended:
        layout.operator("brushpass.node_bake", icon="IMAGE_DATA").node = node.name
        if node.mode == CAPTURE:
            layout.prop(node.brushpass.output, "depth")


class BRUSHPASS_PT_baked(bpy.types.Panel):
    bl_label = "Baked Style"
    bl_idname = "BRUSHPASS_PT_baked"
    bl_space_type = "NODE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Style"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.active_node is not None and is_baked(context.active_node)

    def draw(self, context: bpy.types.Context) -> None:
        layout, node = self.layout, context.active_node
        assert layout is not None
        assert node is not None
        first, last = baked_range(node)
        layout.label(text=f"Frames {first}-{last}", icon="PLAY")
        fault = baked_fault(node, context.scene.frame_current)
        if fault is not None:
            draw_problem(layout, fault.sentence())
        layout.operator("brushpass.node_unbake", icon="LOOP_BACK").node = node.name


SECTION = Section(
    name="capture", label="Frames", order=2, draw=_draw_section, shown=lambda owner: node_of(owner) is not None
)


def register() -> None:
    bodies.append(_draw_body)
    bpy.utils.register_class(BRUSHPASS_PT_baked)


def unregister() -> None:
    bpy.utils.unregister_class(BRUSHPASS_PT_baked)
    bodies.remove(_draw_body)
