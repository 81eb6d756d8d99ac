"""The active strip's settings for all that are selected."""

from __future__ import annotations

import bpy

from ..sequencer.record import original_of
from ..sequencer.strip_owner import strip_owner
from ..settings import found_objects, region_list
from ..settings.owner import Owner, active_owner
from .operator import RegionOperator

__all__ = ["CLASSES"]


class BRUSHPASS_OT_copy_to_strips(RegionOperator, bpy.types.Operator):
    bl_idname = "brushpass.copy_to_strips"
    bl_label = "Copy to Selected Strips"
    bl_description = "Give the other selected strips these settings, keyframes included, in place of theirs"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        if not _others(context):
            cls.poll_message_set("Select the strips to copy to, with the source as the active one")
            return False
        return True

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        others = _others(context)
        losers: tuple[str, ...] = ()
        for strip in others:
            target = strip_owner(strip)
            region_list.copy_settings(owner, target)
            losers = found_objects.drop_numbers(target.settings)
        copied = f"Copied to {len(others)} strip{'s' if len(others) > 1 else ''}"
        if losers:
            chose = f"{', '.join(losers)} chose objects of this strip: there, class and score choose"
            self.report({"WARNING"}, f"{copied}. {chose}")
        else:
            self.report({"INFO"}, copied)


def _others(context: bpy.types.Context) -> list[bpy.types.Strip]:
    """The selected strips without the owner, each once; a result means what it was made of."""
    owner = active_owner(context)
    found: dict[str, bpy.types.Strip] = {}
    for strip in getattr(context, "selected_strips", None) or ():
        original = original_of(strip.id_data, strip) if strip.brushpass_result.of else strip
        if owner is not None and original is not None and original.type != "SOUND" and original.name != owner.label:
            found[original.name] = original
    return list(found.values())


CLASSES = (BRUSHPASS_OT_copy_to_strips,)
