"""What the preferences show: how the backend is, what can be done about it, where things lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy

from .backend.environment import State, Status
from .ui.problem import draw_problem

if TYPE_CHECKING:
    from .preferences import BrushpassPreferences
    from .session import Session

__all__ = ["draw_preferences"]

# Any: the type stubs spell out a thousand names of icons.
_ICONS: dict[State, Any] = {
    State.NOT_INSTALLED: "INFO",
    State.INSTALLING: "SORTTIME",
    State.INCOMPLETE: "ERROR",
    State.READY: "CHECKMARK",
    State.OUTDATED: "ERROR",
    State.BROKEN: "CANCEL",
}
_FOUND: dict[str, Any] = {"ok": "CHECKMARK", "note": "INFO"}
_BUTTONS: dict[State, tuple[str, Any]] = {
    State.NOT_INSTALLED: ("Install Backend", "IMPORT"),
    State.INCOMPLETE: ("Install Backend", "IMPORT"),
    State.READY: ("Repair", "TOOL_SETTINGS"),
    State.OUTDATED: ("Upgrade Backend", "IMPORT"),
    State.BROKEN: ("Repair", "TOOL_SETTINGS"),
}


def draw_preferences(chosen: BrushpassPreferences, session: Session, context: bpy.types.Context) -> None:
    """Draw all of it into ``chosen.layout``."""
    layout = chosen.layout
    layout.use_property_split = True
    layout.use_property_decorate = False
    box = layout.box()
    box.row().prop(chosen, "source", expand=True)
    status = session.status
    _draw_status(box, status)
    if session.installation is not None:
        _draw_installation(box, session)
    elif chosen.source == "private":
        _draw_private(box, chosen, status, context)
    else:
        box.prop(chosen, "environment_path")
        row = _buttons(box)
        row.operator("brushpass.check_backend", icon="VIEWZOOM")
    if session.busy and session.installation is None:
        box.label(text="Asking …", icon="SORTTIME")
    if session.fault is not None:
        draw_problem(box, session.fault.sentence())
    if status.python is not None:
        _draw_running(box, chosen, session)
    _draw_places(layout.box(), chosen, session)
    # Whose room reads the preferences itself.
    from .ui.training_section import draw_training

    draw_training(layout.box())


def _draw_status(layout: bpy.types.UILayout, status: Status) -> None:
    column = layout.column()
    column.alert = status.state in (State.BROKEN, State.OUTDATED, State.INCOMPLETE)
    text = f"{status.text}: {status.remedy}" if status.remedy else status.text
    draw_problem(column, text, icon=_ICONS[status.state])


def _draw_installation(layout: bpy.types.UILayout, session: Session) -> None:
    assert session.installation is not None
    progress = session.installation.progress
    column = layout.column(align=True)
    column.progress(factor=progress.overall, text=f"Step {progress.step} of {progress.steps}")
    if progress.share is None:
        column.label(text=progress.text)
    else:
        column.progress(factor=progress.share, text=progress.text)
    row = _buttons(layout)
    row.operator("brushpass.cancel_installation", icon="X")
    row.operator("brushpass.open_log", text="Log", icon="TEXT").path = str(session.home.log)


def _draw_private(
    layout: bpy.types.UILayout, chosen: BrushpassPreferences, status: Status, context: bpy.types.Context
) -> None:
    layout.prop(chosen, "home_path", placeholder=str(chosen.home))
    layout.prop(chosen, "python_path", placeholder="one that is found")
    layout.prop(chosen, "torch")
    layout.prop(chosen, "wheels_path", placeholder="from the network")
    if not bpy.app.online_access and not chosen.wheels_path:
        layout.label(text="Installing needs online access, or a folder of wheels", icon="INTERNET_OFFLINE")
        layout.prop(context.preferences.system, "use_online_access")
    if status.state is State.INSTALLING:
        layout.label(text="Another Blender installs it", icon="SORTTIME")
        return
    row = _buttons(layout)
    text, icon = _BUTTONS[status.state]
    row.operator("brushpass.install_backend", text=text, icon=icon)
    if status.python is not None:
        row.operator("brushpass.check_backend", icon="VIEWZOOM")
    if status.state is not State.NOT_INSTALLED:
        row.operator("brushpass.remove_backend", icon="TRASH")


def _draw_running(layout: bpy.types.UILayout, chosen: BrushpassPreferences, session: Session) -> None:
    for finding in session.findings:
        if finding["subject"] == "device" or finding["state"] != "ok":
            text = f"{finding['subject'].capitalize()}: {finding['text']}"
            layout.label(text=text, icon=_FOUND.get(finding["state"], "ERROR"))
    layout.prop(chosen, "release_minutes")
    if session.client.state != "stopped":
        row = _buttons(layout)
        row.operator("brushpass.release_memory", icon="MEMORY")
        row.operator("brushpass.stop_backend", icon="PAUSE")


def _draw_places(layout: bpy.types.UILayout, chosen: BrushpassPreferences, session: Session) -> None:
    layout.prop(chosen, "output_template")
    layout.prop(chosen, "cache_path", placeholder=str(chosen.cache))
    row = _buttons(layout)
    size = session.cache_size
    row.operator(
        "brushpass.measure_cache",
        text="Measure" if size is None else f"{size / 1e6:,.1f} MB",
        icon="FILE_REFRESH",
    )
    row.operator("brushpass.clear_cache", icon="TRASH")
    row = _buttons(layout)
    for text, path in (("Installation Log", session.home.log), ("Backend Log", chosen.service_log)):
        if path.exists():
            row.operator("brushpass.open_log", text=text, icon="TEXT").path = str(path)


def _buttons(layout: bpy.types.UILayout) -> bpy.types.UILayout:
    """A row that lines up with the properties."""
    split = layout.split(factor=0.4)
    split.label()
    row = split.row(align=True)
    row.use_property_split = False
    return row
