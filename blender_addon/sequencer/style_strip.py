"""Style Strip, Redo Changed, Resume and Cancel.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

from collections.abc import Iterator
from typing import ClassVar

import bpy

from .. import compat
from ..contract.errors import NstError, UsageError
from ..contract.frames import FrameRange
from ..jobs.work import Work
from .ordering import Ordered, discard, order_strip, resumable, save_copies, work_for
from .record import original_of
from .starting import Starts, refusal
from .targets import find_target, orders_strip
from .watch import queue

__all__ = ["escape_keys", "ordered_works", "originals", "refusal", "register", "unregister", "work_of"]


_which_work = bpy.props.StringProperty(
    name="Job", description="The job that is meant; empty: the active strip, or all", options={"SKIP_SAVE", "HIDDEN"}
)
_all_selected = bpy.props.BoolProperty(
    name="All Selected", description="Every selected strip, one after another", options={"SKIP_SAVE"}
)


def originals(context: bpy.types.Context, *, selected: bool) -> tuple[bpy.types.Scene, list[bpy.types.Strip]]:
    """The scene that is edited, and the strips that are meant; a result means what it was made of.

    Raises :class:`UsageError` where nothing is.
    """
    scene = compat.sequencer_scene(context)
    editor = scene.sequence_editor if scene else None
    strips = [strip for strip in editor.strips_all if strip.select] if editor and selected else []
    if editor and editor.active_strip is not None and not selected:
        strips = [editor.active_strip]
    if scene is None or not strips:
        raise UsageError("no strip is selected", remedy="select a strip that has a picture")
    found: dict[str, bpy.types.Strip] = {}
    for strip in strips:
        original = strip
        if strip.brushpass_result.of:
            known = original_of(scene, strip)
            if known is None:
                raise UsageError(f"the strip that {strip.name!r} was made of is gone", remedy="select another strip")
            original = known
        if selected and original.type == "SOUND":
            continue
        found[original.name] = original
    return scene, list(found.values())


def _meant(
    context: bpy.types.Context, work_id: str, *, selected: bool
) -> tuple[bpy.types.Scene, list[bpy.types.Strip]]:
    """The same, or the strip of a work."""
    work = queue.find(work_id) if work_id else None
    if work is None:
        return originals(context, selected=selected)
    target = find_target(work.order)
    if target is None:
        raise UsageError(f"the strip {work.order.strip!r} is gone", remedy="select another strip")
    return target.scene, [target.strip]


def work_of(strip: bpy.types.Strip) -> Work | None:
    """The last work about a strip, or about the strip that it is the result of."""
    works = (work for work in reversed(queue.works) if isinstance(work, Work))
    return next((work for work in works if orders_strip(work.order, strip)), None)


def _refuse_running(strips: list[bpy.types.Strip]) -> None:
    for strip in strips:
        work = work_of(strip)
        if work is not None and not work.progress.state.ended:
            raise UsageError(f"{strip.name!r} is being styled", remedy="wait for it, or cancel it first")


class _Starts(Starts):
    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        scene = compat.sequencer_scene(context)
        if scene is not None and scene.sequence_editor is not None:
            return True
        cls.poll_message_set("Open a sequencer and select a strip")
        return False


def _ordered(context: bpy.types.Context, work_id: str, *, selected: bool, reuse: bool) -> list[Work]:
    scene, strips = _meant(context, work_id, selected=selected)
    return ordered_works(scene, strips, reuse=reuse)


def ordered_works(
    scene: bpy.types.Scene, strips: list[bpy.types.Strip], *, reuse: bool, frames: FrameRange | None = None
) -> list[Work]:
    """Works that style strips into new versions, to be started.

    ``reuse`` takes over what did not change; only ``frames`` of the timeline are painted, all where None.
    Raises :class:`NstError` where one of them cannot be styled, and then leaves no version behind.
    """
    if not bpy.data.filepath:
        raise UsageError("the file was never saved, and results lie beside it", remedy="save it first")
    _refuse_running(strips)
    ordered: list[Ordered] = []
    try:
        for strip in strips:
            ordered.append(order_strip(scene, strip, reuse=reuse, frames=frames))
        save_copies(ordered)
    except NstError:
        for entry in ordered:
            discard(entry.folder)
        raise
    return [work_for(entry) for entry in ordered]


class BRUSHPASS_OT_style_strip(_Starts, bpy.types.Operator):
    """Paint the strip's frames in the background, into a new version above the strip"""

    bl_idname = "brushpass.style_strip"
    bl_label = "Style Strip"
    # Its one step of undo is the result's, which comes later.
    bl_options: ClassVar = {"REGISTER"}

    selected: _all_selected
    work: _which_work

    def works(self, context: bpy.types.Context) -> list[Work]:
        return _ordered(context, self.work, selected=self.selected, reuse=False)


class BRUSHPASS_OT_redo_changed(_Starts, bpy.types.Operator):
    """Style the strip into a new version, and take over what did not change from the one that is shown"""

    bl_idname = "brushpass.redo_changed"
    bl_label = "Redo Changed"
    bl_options: ClassVar = {"REGISTER"}

    selected: _all_selected

    def works(self, context: bpy.types.Context) -> list[Work]:
        return _ordered(context, "", selected=self.selected, reuse=True)


class BRUSHPASS_OT_resume(_Starts, bpy.types.Operator):
    """Go on where the strip's last version stopped, as it was asked for then"""

    bl_idname = "brushpass.resume"
    bl_label = "Resume"
    bl_options: ClassVar = {"REGISTER"}

    work: _which_work

    def works(self, context: bpy.types.Context) -> list[Work]:
        scene, (strip, *_) = _meant(context, self.work, selected=False)
        _refuse_running([strip])
        found = resumable(scene, strip)
        if found is None:
            raise UsageError(f"nothing of {strip.name!r} is unfinished", remedy="use Style Strip or Redo Changed")
        return [work_for(found)]


class BRUSHPASS_OT_cancel(bpy.types.Operator):
    """Stop; finished frames stay, and styling can be resumed from there"""

    bl_idname = "brushpass.cancel"
    bl_label = "Cancel Job"

    work: _which_work

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        # Esc stops playback first, as ever.
        screen = context.screen
        return queue.busy and not (screen is not None and screen.is_animation_playing)

    def execute(self, context: bpy.types.Context) -> set[str]:
        count = queue.cancel(self.work)
        self.report({"INFO"}, "The job is being cancelled" if count == 1 else f"{count} jobs are being cancelled")
        return {"FINISHED"}


class BRUSHPASS_OT_dismiss(bpy.types.Operator):
    """Forget this message"""

    bl_idname = "brushpass.dismiss"
    bl_label = "Dismiss"

    work: _which_work

    def execute(self, context: bpy.types.Context) -> set[str]:
        found = queue.find(self.work)
        if found is None:
            refusal.fault = None
        else:
            queue.dismiss(found)
        return {"FINISHED"}


_CLASSES = (
    BRUSHPASS_OT_style_strip,
    BRUSHPASS_OT_redo_changed,
    BRUSHPASS_OT_resume,
    BRUSHPASS_OT_cancel,
    BRUSHPASS_OT_dismiss,
)
_keys: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def escape_keys() -> Iterator[tuple[str, str]]:
    """Name and region of each of the sequencer's keymaps; 4.5 and 5.x have different ones.

    Esc is a key and no modal operator: while one of those runs, Blender does not save
    automatically, and a job takes hours.
    """
    known = bpy.context.window_manager.keyconfigs.default.keymaps
    yield from ((keymap.name, keymap.region_type) for keymap in known if keymap.space_type == "SEQUENCE_EDITOR")


def register() -> None:
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    own = bpy.context.window_manager.keyconfigs.addon
    if own is None:
        return  # without windows
    for name, region in escape_keys():
        keymap = own.keymaps.new(name, space_type="SEQUENCE_EDITOR", region_type=region)  # type: ignore[arg-type]
        _keys.append((keymap, keymap.keymap_items.new(BRUSHPASS_OT_cancel.bl_idname, "ESC", "PRESS")))


def unregister() -> None:
    for keymap, item in _keys:
        keymap.keymap_items.remove(item)
    _keys.clear()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
