"""Preview Frame: the button, what is shown, how it is, and the eyedropper."""

from __future__ import annotations

import time

import bpy

from ..preview import previews
from ..preview.painter import Progress, Stage
from ..settings.owner import Owner
from .problem import draw_problem
from .sections import Section

__all__ = ["SECTION"]

_ADDON = __package__.rpartition(".")[0]
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
    if now.wish is not None:
        row = layout.row(align=True)
        row.prop(options, "view", expand=True)
        row.prop(options, "overlay", text="", icon="HIDE_OFF" if options.overlay else "HIDE_ON")
    _draw_status(layout, now, context)
    fault = previews.fault()
    if fault is not None:
        draw_problem(layout, fault.sentence())
        if fault.kind in _OF_BACKEND:
            layout.operator("preferences.addon_show", text="Open Preferences", icon="PREFERENCES").module = _ADDON
        return
    for note in now.notes[:_MOST_NOTES]:
        draw_problem(layout, note, icon="INFO")


def _draw_status(layout: bpy.types.UILayout, now: Progress, context: bpy.types.Context) -> None:
    if now.stage is Stage.NOTHING or now.wish is None or now.stage is Stage.FAILED:
        return
    row = layout.row(align=True)
    if not now.stage.ended:
        row.label(text=f"{now.stage.value.capitalize()}, {time.monotonic() - now.began:.0f} s", icon="SORTTIME")
        row.operator("brushpass.preview_stop", text="", icon="X")
        return
    elsewhere = previews.previewed(context) is None
    of_plate = now.stage is Stage.READY and now.pictures.result is None
    words = "plate is ready" if of_plate else now.stage.value
    text = f"Frame {now.wish.frame} {words}, {now.seconds:.1f} s" if now.stage is Stage.READY else "Stopped"
    if previews.view() == "MATTE" and now.wish.region is not None:
        text = f"Frame {now.wish.frame}, matte of {now.wish.region}"
    row.label(text=text, icon="INFO" if elsewhere else "CHECKMARK")
    row.operator("brushpass.preview_clear", text="", icon="TRASH")


SECTION = Section(
    name="preview", label="Preview", order=5, draw=_draw, shown=lambda owner: isinstance(owner.id, bpy.types.Scene)
)
