"""Find objects in the plate, and choose which of them the region covers."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from ..contract.errors import UsageError
from ..settings import found_objects
from ..settings.finder import Finder, finder_of
from ..settings.owner import Owner, active_owner
from .operator import RegionOperator
from .sections import active_region

__all__ = ["CLASSES"]


def _finder(owner: Owner) -> Finder:
    finder = finder_of(owner)
    if finder is None:
        raise UsageError(f"{owner.label!r} has no frames to look through", remedy="select a strip with a picture")
    return finder


def _found(owner: Owner) -> Any:
    found = found_objects.found_in(owner.settings, active_region(owner).matte.objects.model)
    if found is None:
        raise UsageError("no objects were found yet", remedy="use Find Objects")
    return found


class _ObjectsOperator(RegionOperator):
    """On the active region, where it takes found objects."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        owner = active_owner(context)
        if owner is None or active_region(owner).matte.kind != found_objects.KIND:
            cls.poll_message_set("Choose Objects in Footage as the matte's source first")
            return False
        return True


class BRUSHPASS_OT_find_objects(_ObjectsOperator, bpy.types.Operator):
    bl_idname = "brushpass.find_objects"
    bl_label = "Find Objects"
    bl_description = "Look for objects in all frames and follow them through the shot, in the background"
    # Its one step of undo is the list's, which comes later.
    bl_options: ClassVar = {"REGISTER"}

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        _finder(owner).find(context, owner, active_region(owner).matte.objects.model.strip())


class BRUSHPASS_OT_objects_dismiss(_ObjectsOperator, bpy.types.Operator):
    bl_idname = "brushpass.objects_dismiss"
    bl_label = "Dismiss"
    bl_description = "Forget what is said of the last search"
    bl_options: ClassVar = {"REGISTER"}

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        _finder(owner).forget(owner, active_region(owner).matte.objects.model.strip())


class BRUSHPASS_OT_object_toggle(_ObjectsOperator, bpy.types.Operator):
    bl_idname = "brushpass.object_toggle"
    bl_label = "Choose Object"
    bl_description = "Let the region cover this object, or no longer"

    number: bpy.props.IntProperty(name="Object", options={"SKIP_SAVE"})

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        if all(item.id != self.number for item in _found(owner).objects):
            raise UsageError(f"there is no object {self.number}", remedy="choose one of the list")
        found_objects.toggle(active_region(owner).matte.objects, self.number)


class BRUSHPASS_OT_objects_clear(_ObjectsOperator, bpy.types.Operator):
    bl_idname = "brushpass.objects_clear"
    bl_label = "Choose None"
    bl_description = "Choose no object by itself: class, score and area choose again"

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        found_objects.choose_none(active_region(owner).matte.objects)


class BRUSHPASS_OT_object_class_toggle(_ObjectsOperator, bpy.types.Operator):
    bl_idname = "brushpass.object_class_toggle"
    bl_label = "Choose Class"
    bl_description = "Let the region cover objects of this class, or no longer; without any class, all objects"

    name: bpy.props.StringProperty(name="Class", options={"SKIP_SAVE"})

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        matte = active_region(owner).matte.objects
        if self.name:
            found_objects.toggle_class(matte, self.name)
        else:
            matte.classes.clear()


CLASSES = (
    BRUSHPASS_OT_find_objects,
    BRUSHPASS_OT_objects_dismiss,
    BRUSHPASS_OT_object_toggle,
    BRUSHPASS_OT_objects_clear,
    BRUSHPASS_OT_object_class_toggle,
)
