"""Operators on the list of regions."""

from __future__ import annotations

import bpy

from ..settings import region_list
from ..settings.owner import Owner, active_owner
from .operator import OwnerOperator, RegionOperator

__all__ = ["CLASSES"]


class BRUSHPASS_OT_region_add(OwnerOperator, bpy.types.Operator):
    bl_idname = "brushpass.region_add"
    bl_label = "Add Region"
    bl_description = "Add a region: a part of the picture with a style of its own"

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        region_list.add(owner)


class BRUSHPASS_OT_region_remove(RegionOperator, bpy.types.Operator):
    bl_idname = "brushpass.region_remove"
    bl_label = "Remove Region"
    bl_description = "Remove the region and its keyframes"

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        region_list.remove(owner, owner.settings.active_region)


class BRUSHPASS_OT_region_duplicate(RegionOperator, bpy.types.Operator):
    bl_idname = "brushpass.region_duplicate"
    bl_label = "Duplicate Region"
    bl_description = "Put a copy of the region, keyframes included, behind it"

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        region_list.duplicate(owner, owner.settings.active_region)


class _Move(RegionOperator):
    step = 0

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        settings = active_owner(context).settings
        if not 0 <= settings.active_region + cls.step < len(settings.regions):
            cls.poll_message_set("The region is at the end of the list")
            return False
        return True

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        index = owner.settings.active_region
        region_list.move(owner, index, index + self.step)


class BRUSHPASS_OT_region_forward(_Move, bpy.types.Operator):
    bl_idname = "brushpass.region_forward"
    bl_label = "Bring Region Forward"
    bl_description = "Move the region up the list: it takes its part of the picture before those below it"
    step = -1


class BRUSHPASS_OT_region_backward(_Move, bpy.types.Operator):
    bl_idname = "brushpass.region_backward"
    bl_label = "Send Region Backward"
    bl_description = "Move the region down the list: it gets what those above it leave"
    step = 1


CLASSES = (
    BRUSHPASS_OT_region_add,
    BRUSHPASS_OT_region_remove,
    BRUSHPASS_OT_region_duplicate,
    BRUSHPASS_OT_region_forward,
    BRUSHPASS_OT_region_backward,
)
