"""Works as panels show them: how far one is, what became of it, and what helps."""

from __future__ import annotations

import bpy

from ..contract.errors import NstError
from ..jobs.progress import State
from ..jobs.queue import AnyWork
from ..jobs.remedies import Remedy, remedy_of
from ..jobs.work import Work
from ..sequencer.watch import fault_of, notes_of
from .backend_help import draw_open_preferences
from .problem import draw_problem

__all__ = ["draw_ended", "draw_fault", "draw_running"]


def draw_running(layout: bpy.types.UILayout, work: AnyWork, scale: float = 1.0) -> None:
    """A bar of progress with its cross."""
    progress = work.progress
    row = layout.row(align=True)
    row.scale_y = scale
    row.progress(factor=progress.part, text=progress.text().capitalize())
    row.operator("brushpass.cancel", text="", icon="X").work = work.id


def draw_ended(layout: bpy.types.UILayout, work: AnyWork) -> None:
    """What there is to say of a work that has ended; nothing where all went well."""
    fault, warnings = fault_of(work), notes_of(work)
    cancelled = work.progress.state is State.CANCELLED
    if fault is None and not warnings and not cancelled:
        return
    box = layout.box()
    if fault is not None:
        draw_fault(box, work.order.strip, fault, work)
    else:
        _draw_heading(box, work.order.strip, work)
    if cancelled:
        draw_problem(box, work.cancelled_in_words(), icon="INFO")
        if isinstance(work, Work):
            _draw_resume(box, work)
    for warning in warnings:
        draw_problem(box, warning, icon="INFO")


def draw_fault(layout: bpy.types.UILayout, heading: str, fault: NstError, work: AnyWork | None = None) -> None:
    """A fault, of a work or of what never became one, with its remedy as a button where there is one."""
    _draw_heading(layout, heading, work)
    draw_problem(layout, fault.sentence())
    remedy = remedy_of(fault)
    if remedy is Remedy.PREFERENCES:
        draw_open_preferences(layout)
    elif isinstance(work, Work) and remedy is Remedy.STYLE:
        if work.order.node is None:
            layout.operator("brushpass.style_strip", text="Style Again", icon="BRUSH_DATA").work = work.id
        else:
            name = "node_bake" if work.order.node.bake else "node_capture"
            again = layout.operator(f"brushpass.{name}", text="Style Again", icon="BRUSH_DATA")
            again.node = work.order.strip
    elif isinstance(work, Work):
        _draw_resume(layout, work)


def _draw_resume(layout: bpy.types.UILayout, work: Work) -> None:
    if work.order.node is None:
        layout.operator("brushpass.resume", icon="PLAY").work = work.id
    else:
        layout.operator("brushpass.node_capture_resume", icon="PLAY").node = work.order.strip


def _draw_heading(layout: bpy.types.UILayout, heading: str, work: AnyWork | None) -> None:
    of_node = work is not None and work.order.node is not None
    row = layout.row()
    row.label(text=heading, icon="NODETREE" if of_node else "SEQUENCE")
    row.operator("brushpass.dismiss", text="", icon="X", emboss=False).work = "" if work is None else work.id
