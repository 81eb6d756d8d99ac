"""Keyframe buttons: the operators, and a number drawn with its button."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import bpy

from ..contract.errors import UsageError
from ..contract.recipe import Region
from ..settings import keyframes
from ..settings.derive import description, label
from ..settings.groups import KEYABLE
from ..settings.keyframes import KeyState
from ..settings.owner import Owner, active_owner
from .operator import RegionOperator

__all__ = ["CLASSES", "draw_key_row", "draw_keyed", "draw_still"]

_ICONS: Mapping[KeyState, Literal["KEYFRAME", "DECORATE_ANIMATE", "DECORATE_KEYFRAME"]] = {
    # Blender's own dot does not look like a button, and its right-click menu has no keys for these options.
    KeyState.STILL: "KEYFRAME",
    KeyState.ANIMATED: "DECORATE_ANIMATE",
    KeyState.KEYED: "DECORATE_KEYFRAME",
}
_HELP: Mapping[KeyState, str] = {
    KeyState.STILL: "{} has no keyframes: set one on this frame",
    KeyState.ANIMATED: "{} is animated, without a keyframe here: set one on this frame",
    KeyState.KEYED: "{} has a keyframe on this frame: delete it",
}
_OPTIONS = [(name, label(name), description(Region, name)) for name in KEYABLE]


class BRUSHPASS_OT_key_toggle(RegionOperator, bpy.types.Operator):
    bl_idname = "brushpass.key_toggle"
    bl_label = "Toggle Keyframe"

    option: bpy.props.EnumProperty(name="Option", items=_OPTIONS)

    @classmethod
    def description(cls, context: bpy.types.Context, properties: Any) -> str:
        owner = active_owner(context)
        state = KeyState.STILL if owner is None else _state(context, owner, properties.option)
        return _HELP[state].format(label(properties.option))

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        region, frame = owner.settings.active_region, _clock(context, owner).frame_current_final
        state = _state(context, owner, self.option)
        change = keyframes.remove if state is KeyState.KEYED else keyframes.insert
        change(owner, region, self.option, frame)


class BRUSHPASS_OT_key_jump(RegionOperator, bpy.types.Operator):
    bl_idname = "brushpass.key_jump"
    bl_label = "Jump to Keyframe"
    bl_options: ClassVar = {"UNDO"}

    forward: bpy.props.BoolProperty(name="Forward", default=True)

    @classmethod
    def description(cls, context: bpy.types.Context, properties: Any) -> str:
        return f"Go to the {'next' if properties.forward else 'previous'} keyframe of this region"

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        scene = _clock(context, owner)
        frame = keyframes.neighbour(
            owner, owner.settings.active_region, scene.frame_current_final, forward=self.forward
        )
        if frame is None:
            raise UsageError(f"there is no keyframe {'after' if self.forward else 'before'} this frame")
        scene.frame_set(int(frame // 1), subframe=frame % 1)


class BRUSHPASS_OT_key_clear(RegionOperator, bpy.types.Operator):
    bl_idname = "brushpass.key_clear"
    bl_label = "Clear Keyframes"
    bl_description = "Delete all keyframes of this region; the values stay what they are on this frame"

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        keyframes.clear(owner, owner.settings.active_region)


def draw_keyed(layout: bpy.types.UILayout, owner: Owner, index: int, option: str) -> None:
    """A region's number with its keyframe button."""
    row = layout.row(align=True)
    row.use_property_decorate = False
    row.prop(owner.settings.regions[index], option)
    state = keyframes.key_state(owner, index, option, _clock(bpy.context, owner).frame_current_final)
    row.operator(
        BRUSHPASS_OT_key_toggle.bl_idname, text="", icon=_ICONS[state], depress=state is KeyState.KEYED
    ).option = option


def draw_still(layout: bpy.types.UILayout, group: bpy.types.PropertyGroup, option: str, **options: Any) -> None:
    """An option that cannot be keyed, as wide as those that can."""
    row = layout.row(align=True)
    row.prop(group, option, **options)
    row.label(text="", icon="BLANK1")


def draw_key_row(layout: bpy.types.UILayout, owner: Owner, index: int) -> None:
    """Buttons to walk along a region's keyframes, where it has any."""
    frame = _clock(bpy.context, owner).frame_current_final
    if all(keyframes.key_state(owner, index, option, frame) is KeyState.STILL for option in KEYABLE):
        return
    row = layout.row(align=True)
    jump = BRUSHPASS_OT_key_jump.bl_idname
    row.operator(jump, text="Previous Key", icon="PREV_KEYFRAME").forward = False
    row.operator(jump, text="Next Key", icon="NEXT_KEYFRAME").forward = True
    row.operator(BRUSHPASS_OT_key_clear.bl_idname, text="", icon="X")


def _state(context: bpy.types.Context, owner: Owner, option: str) -> KeyState:
    """Of the active region's option at the playhead."""
    frame = _clock(context, owner).frame_current_final
    return keyframes.key_state(owner, owner.settings.active_region, option, frame)


def _clock(context: bpy.types.Context, owner: Owner) -> bpy.types.Scene:
    """The scene whose frame counts: a strip's own, which need not be the window's."""
    return owner.id if isinstance(owner.id, bpy.types.Scene) else context.scene  # type: ignore[return-value]


CLASSES = (BRUSHPASS_OT_key_toggle, BRUSHPASS_OT_key_jump, BRUSHPASS_OT_key_clear)
