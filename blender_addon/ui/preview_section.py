"""Preview Frame: the button, what is shown, how it is, and the eyedropper."""

from __future__ import annotations

import time

import bpy

from ..preview import previews
from ..preview.painter import Progress, Stage
from ..settings.owner import Owner
from .backend_help import draw_open_preferences
from .problem import draw_problem
from .sections import Section

__all__ = ["SECTION"]

_OF_BACKEND = ("environment", "protocol")
_MOST_NOTES = 3


def _draw(layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context) -> None:
    options = context.window_manager.brushpass_preview
    now = previews.progress()
    row = layout.row(align=True)
    row.scale_y = 1.3
    row.operator("brushpass.preview", icon="RENDER_STILL")
    row.prop(options, "automatic", text="", icon="FILE_REFRESH")
    row.operator("brushpass.eyedropper", text="", icon="EYEDROPPER")
    visible = previews.visible(context) is not None
    if visible:
        row = layout.row(align=True)
        row.prop(options, "view", expand=True)
        row.prop(options, "overlay", text="", icon="HIDE_OFF" if options.overlay else "HIDE_ON")
    fault = previews.fault()
    if fault is not None:
        row = layout.row(align=True)
        draw_problem(row, fault.sentence())
        row.operator("brushpass.preview_clear", text="", icon="X", emboss=False)
        if fault.kind in _OF_BACKEND:
            draw_open_preferences(layout)
        return
    if not now.stage.ended:
        _draw_running(layout, now)
    elif visible:
        _draw_ended(layout, now)
        for note in now.notes[:_MOST_NOTES]:
            draw_problem(layout, note, icon="INFO")


def _draw_running(layout: bpy.types.UILayout, now: Progress) -> None:
    assert now.wish is not None
    row = layout.row(align=True)
    seconds = time.monotonic() - now.began
    row.label(text=f"Frame {now.wish.frame}: {now.stage.value}, {seconds:.0f} s", icon="SORTTIME")
    row.operator("brushpass.preview_stop", text="", icon="X")


def _draw_ended(layout: bpy.types.UILayout, now: Progress) -> None:
    assert now.wish is not None
    row = layout.row(align=True)
    of_plate = now.stage is Stage.READY and now.pictures.result is None
    words = "plate is ready" if of_plate else now.stage.value
    text = f"Frame {now.wish.frame} {words}, {now.seconds:.1f} s" if now.stage is Stage.READY else "Stopped"
    if previews.view() == "MATTE" and now.wish.region is not None:
        text = f"Frame {now.wish.frame}, matte of {now.wish.region}"
    row.label(text=text, icon="CHECKMARK")
    row.operator("brushpass.preview_clear", text="", icon="TRASH")


SECTION = Section(
    name="preview", label="Preview", order=5, draw=_draw, shown=lambda owner: isinstance(owner.id, bpy.types.Scene)
)
