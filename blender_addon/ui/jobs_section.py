"""The first thing in the Style panel of strips: Style Strip, what runs, what went wrong and what helps."""

from __future__ import annotations

import time

import bpy

from ..contract.errors import NstError
from ..jobs.find_work import FindWork
from ..jobs.progress import State
from ..jobs.work import Work
from ..sequencer.ordering import resumable
from ..sequencer.record import result_of
from ..sequencer.starting import refusal
from ..sequencer.strip_owner import strip_of
from ..sequencer.style_strip import originals, work_of
from ..sequencer.targets import orders_strip
from ..sequencer.watch import fault_of, queue
from ..settings import found_objects
from ..settings.owner import Owner
from .problem import draw_problem
from .sections import Section, active_region
from .works import draw_ended, draw_fault, draw_running

__all__ = ["SECTION", "register", "unregister"]

_LOOK_AGAIN_SECONDS = 2.0
_unfinished: dict[str, tuple[float, bool]] = {}
"""Whether a strip has something to resume, by its name, and when that was read from disk."""


def _draw(layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context) -> None:
    if not bpy.data.filepath:
        draw_problem(layout, "Save the file first: results lie beside it", icon="INFO")
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("wm.save_mainfile", text="Save", icon="FILE_TICK")
        return
    scene, strip = owner.id, strip_of(owner)
    if strip is None:
        return
    assert isinstance(scene, bpy.types.Scene)
    own = work_of(strip)
    if own is None or own.progress.state.ended:
        _draw_buttons(layout, scene, strip, own)
    else:
        draw_running(layout, own, scale=1.5)
    if refusal.fault is not None:
        draw_fault(layout.box(), "Not Started", refusal.fault)
    for work in queue.works:
        if isinstance(work, FindWork) and _in_matte(owner, work):
            continue
        if work.progress.state.ended:
            draw_ended(layout, work)
        elif work is not own:
            layout.label(text=work.order.strip, icon="SEQUENCE")
            draw_running(layout, work)


def _draw_buttons(
    layout: bpy.types.UILayout, scene: bpy.types.Scene, strip: bpy.types.Strip, ended: Work | None
) -> None:
    try:
        count = len(originals(bpy.context, selected=True)[1])
    except NstError:
        count = 1
    column = layout.column(align=True)
    big = column.row(align=True)
    big.scale_y = 1.5
    big.operator("brushpass.style_strip", icon="BRUSH_DATA")
    row = column.row(align=True)
    if result_of(scene, strip) is not None:
        row.operator("brushpass.redo_changed", icon="FILE_REFRESH")
    # What was cancelled has the button below, beside what it says.
    cancelled = ended is not None and ended.progress.state is State.CANCELLED
    if not cancelled and _has_unfinished(scene, strip):
        row.operator("brushpass.resume", icon="PLAY")
    if count > 1:
        column.operator("brushpass.style_strip", text=f"Style {count} Selected Strips").selected = True


def _in_matte(owner: Owner, work: FindWork) -> bool:
    """Whether the section of the matte tells of a search."""
    strip, region = strip_of(owner), active_region(owner)
    if strip is None or region is None or region.matte.kind != found_objects.KIND:
        return False
    return orders_strip(work.order, strip) and region.matte.objects.model.strip() == work.model


def _draw_header(self: bpy.types.Header, context: bpy.types.Context) -> None:
    """In the sequencer's header, for those who have the side panel closed."""
    works = queue.works
    running = next((work for work in works if not work.progress.state.ended), None)
    if running is not None:
        progress = running.progress
        row = self.layout.row(align=True)
        row.ui_units_x = 12
        row.progress(factor=progress.part, text=progress.text().capitalize())
        row.operator("brushpass.cancel", text="", icon="X")
        return
    failed = next((work for work in reversed(works) if fault_of(work) is not None), None)
    if failed is not None:
        self.layout.label(text=f"{failed.order.strip}: see the Style panel", icon="ERROR")


def register() -> None:
    bpy.types.SEQUENCER_HT_header.append(_draw_header)  # type: ignore[arg-type]


def unregister() -> None:
    bpy.types.SEQUENCER_HT_header.remove(_draw_header)  # type: ignore[arg-type]


def _has_unfinished(scene: bpy.types.Scene, strip: bpy.types.Strip) -> bool:
    """Read from disk now and then, not with every redraw."""
    now = time.monotonic()
    then, known = _unfinished.get(strip.name, (-_LOOK_AGAIN_SECONDS, False))
    if now - then < _LOOK_AGAIN_SECONDS:
        return known
    if len(_unfinished) > 100:
        _unfinished.clear()
    found = resumable(scene, strip) is not None
    _unfinished[strip.name] = (time.monotonic(), found)
    return found


SECTION = Section(
    name="jobs",
    label="Style Strip",
    order=0,
    draw=_draw,
    shown=lambda owner: isinstance(owner.id, bpy.types.Scene),
    header=False,
)
