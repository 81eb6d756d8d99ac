"""Enable, disable, enable again; what is registered each time."""

from __future__ import annotations

import addon_utils
import bpy

MODULE = "bl_ext.user_default.brushpass"


def run() -> dict[str, object]:
    """The classes of the add-on, and whether Blender says that it is enabled, after each switch."""
    told: list[list[object]] = [["enabled", *_state()]]
    for _ in range(2):
        addon_utils.disable(MODULE, default_set=True)
        told.append(["disabled", *_state()])
        assert addon_utils.enable(MODULE, default_set=True) is not None
        told.append(["enabled", *_state()])
    return {"states": told, "version": list(bpy.app.version[:2])}


def _state() -> tuple[bool, list[str], list[str]]:
    ours = sorted(
        {
            cls.__name__
            for base in (bpy.types.AddonPreferences, bpy.types.Operator, bpy.types.Panel, bpy.types.PropertyGroup)
            for cls in base.__subclasses__()
            if cls.__module__.startswith(MODULE) and getattr(cls, "is_registered", False)
        }
    )
    properties = sorted(
        f"{owner.__name__}.{known.identifier}"
        for owner in (bpy.types.Strip, bpy.types.Scene, bpy.types.WindowManager)
        for known in owner.bl_rna.properties
        if known.identifier.startswith("brushpass")
    )
    return addon_utils.check(MODULE)[1], ours, properties
