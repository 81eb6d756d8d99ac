"""The eyedropper: point at a part of the picture, see what it is called and what it covers, click to add it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import bpy

from ..contract.errors import NstError, UsageError
from ..sequencer.strip_owner import strip_owner
from ..session import session
from . import overlay, previews
from .painter import Stage
from .picked import add_name, names_of
from .picker import Picker
from .pointer import is_over
from .strip_placement import strip_placement

__all__ = ["register", "unregister"]

_TICK = 0.05
_HINT = "Click: add to the region      Esc: leave"


def previewing_areas(screen: bpy.types.Screen | None) -> Iterator[tuple[bpy.types.Area, bpy.types.Region]]:
    """The sequencers of a screen that show the picture, and the regions that do."""
    for area in screen.areas if screen is not None else ():
        if area.type == "SEQUENCE_EDITOR" and area.spaces.active.view_type != "SEQUENCER":
            yield from ((area, region) for region in area.regions if region.type == "PREVIEW")


def view_under(screen: bpy.types.Screen | None, x: int, y: int) -> tuple[float, float] | None:
    """The place of the sequencer's picture under a window's pixel; None where something else is there."""
    for area, region in previewing_areas(screen):
        if is_over(area, region, x, y):
            place: Any = region.view2d.region_to_view(x - region.x, y - region.y)
            return float(place[0]), float(place[1])
    return None


class BRUSHPASS_OT_eyedropper(bpy.types.Operator):
    """Pick parts of the rendered scene in the sequencer's preview, by their Cryptomatte, for the active region"""

    bl_idname = "brushpass.eyedropper"
    bl_label = "Pick in Preview"
    # Each click is a step of undo.
    bl_options = {"REGISTER"}  # noqa: RUF012 - Blender reads a set

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        try:
            previews.target(context)
        except NstError as fault:
            cls.poll_message_set(fault.remedy.capitalize())
            return False
        if not any(previewing_areas(context.screen)):
            cls.poll_message_set("Open a sequencer's preview to pick in")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self._picker: Picker | None = None
        self._told = ""
        self._clicked = False
        self._pointer = (event.mouse_x, event.mouse_y)
        self._added = ""
        try:
            self._begin(context)
        except NstError as fault:
            self.report({"ERROR"}, fault.sentence())
            return {"CANCELLED"}
        self._timer = context.window_manager.event_timer_add(_TICK, window=context.window)
        context.window.cursor_modal_set("EYEDROPPER")
        context.workspace.status_text_set(_HINT)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        try:
            return self._hear(context, event)
        except NstError as fault:
            self._end(context)
            self.report({"ERROR"}, fault.sentence())
            return {"CANCELLED"}

    def cancel(self, context: bpy.types.Context) -> None:
        self._end(context)

    def _hear(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type in ("ESC", "RIGHTMOUSE") and event.value == "PRESS":
            self._end(context)
            return {"FINISHED"}
        inside = view_under(context.screen, event.mouse_x, event.mouse_y) is not None
        if event.type == "MOUSEMOVE":
            self._pointer = (event.mouse_x, event.mouse_y)
            if not self._clicked:
                self._point(context)
            context.window.cursor_modal_set("EYEDROPPER" if inside else "DEFAULT")
            return {"PASS_THROUGH"}
        if event.type == "TIMER":
            self._step(context)
            return {"PASS_THROUGH"}
        if event.type == "LEFTMOUSE" and inside:
            if event.value == "PRESS":
                # What is under the click counts, which the backend may not have told yet.
                self._pointer = (event.mouse_x, event.mouse_y)
                self._clicked = True
                self._point(context)
            return {"RUNNING_MODAL"}
        # Zoom, pan, the panels and the playhead stay what they are.
        return {"PASS_THROUGH"}

    # ---- inside

    def _begin(self, context: bpy.types.Context) -> None:
        """See to an open plate of the strip at the playhead; nothing is painted for it."""
        self._leave_plate()
        scene, strip = previews.target(context)
        now = previews.progress()
        wish = previews.wish_for(scene, strip, painted=False)
        keys = {wish.plate.key}
        with contextlib.suppress(NstError):
            # A preview that was painted will do too, and may lie elsewhere for the mattes that it needs.
            keys.add(previews.wish_for(scene, strip).plate.key)
        there = now.wish is not None and now.wish.plate.key in keys and now.open_plate is not None
        if not there:
            previews.request(scene, strip, painted=False)
        self._place = strip.name, scene.frame_current
        self._names = names_of(strip_owner(strip))

    def _step(self, context: bpy.types.Context) -> None:
        scene, strip = previews.target(context)
        if (strip.name, scene.frame_current, names_of(strip_owner(strip))) != (*self._place, self._names):
            self._begin(context)
        now = previews.progress()
        if now.wish is None or (now.wish.scene, now.wish.strip, now.wish.frame) != (scene.name, *self._place):
            self._begin(context)
        elif now.open_plate is None:
            if now.stage is Stage.FAILED and now.fault is not None:
                raise now.fault
            if now.stage is Stage.STOPPED:
                raise UsageError("the preview was stopped", remedy="pick again")
        else:
            if self._picker is None or self._picker.plate.job != now.open_plate.job:
                self._leave_plate()
                self._picker = Picker(session().client, now.open_plate, self._names)
                self._point(context)
            if self._picker.step():
                overlay.highlight(self._picker.matte, strip_placement(scene, strip, now.open_plate.plate))
                previews.redraw()
            if self._clicked and self._picker.knows:
                self._clicked = False
                self._take(context)
                self._point(context)
        self._tell(context)

    def _point(self, context: bpy.types.Context) -> None:
        found = previews.previewed(context)
        if self._picker is None or found is None:
            return
        view = view_under(context.screen, *self._pointer)
        placement = strip_placement(*found, self._picker.plate.plate)
        self._picker.point(None if view is None else placement.pixel(*view))

    def _take(self, context: bpy.types.Context) -> None:
        name = self._picker.name if self._picker is not None else None
        if name is None:
            return
        _, strip = previews.target(context)
        owner = strip_owner(strip)
        new = add_name(owner, name)
        region = owner.settings.regions[owner.settings.active_region].name
        if new:
            bpy.ops.ed.undo_push(message=f"Pick {name}")
        self._added = f"{name} {'was added to' if new else 'is already in'} {region}"
        previews.redraw()

    def _tell(self, context: bpy.types.Context) -> None:
        picker = self._picker
        if picker is None:
            text = f"Eyedropper: {previews.progress().stage.value}…"
        elif picker.fault is not None:
            text = picker.fault.sentence()
        else:
            text = f"Eyedropper: {picker.name or 'nothing with a name here'}"
        if self._added:
            text = f"{text}      ({self._added})"
        if text != self._told:
            self._told = text
            for area, _ in previewing_areas(context.screen):
                area.header_text_set(text)

    def _leave_plate(self) -> None:
        overlay.highlight(None, None)
        if self._picker is not None:
            self._picker.close()
        self._picker = None

    def _end(self, context: bpy.types.Context) -> None:
        self._leave_plate()
        context.window_manager.event_timer_remove(self._timer)
        context.window.cursor_modal_restore()
        context.workspace.status_text_set(None)
        for area, _ in previewing_areas(context.screen):
            area.header_text_set(None)
        previews.redraw()


def register() -> None:
    bpy.utils.register_class(BRUSHPASS_OT_eyedropper)


def unregister() -> None:
    bpy.utils.unregister_class(BRUSHPASS_OT_eyedropper)
