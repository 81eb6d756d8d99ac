"""What all operators on settings share: an owner, a reason when there is none, faults as one sentence."""

from __future__ import annotations

from typing import Any, ClassVar

import bpy

from ..contract.errors import NstError
from ..settings.owner import Owner, active_owner
from .sections import active_region

__all__ = ["OwnerOperator", "RegionOperator"]


class OwnerOperator:
    """Mixin of an operator that changes the active owner's settings in :meth:`act`."""

    bl_options: ClassVar[Any] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if active_owner(context) is None:
            space = context.space_data
            of_nodes = space is not None and space.type == "NODE_EDITOR"
            cls.poll_message_set(f"Select {'a Style node' if of_nodes else 'a strip with a picture'} first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        owner = active_owner(context)
        if owner is None:
            return {"CANCELLED"}
        try:
            self.act(context, owner)
        except NstError as fault:
            self.report({"ERROR"}, fault.sentence())
            return {"CANCELLED"}
        return {"FINISHED"}

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        """Do it; a fault that is raised is told to the artist, and nothing may be changed then."""
        raise NotImplementedError


class RegionOperator(OwnerOperator):
    """The same, on the region that the list has chosen."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not super().poll(context):
            return False
        owner = active_owner(context)
        if owner is None or active_region(owner) is None:
            cls.poll_message_set("Add a region first")
            return False
        return True
