"""Every difference between Blender 4.5 and 5.2 that the demo meets."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import bpy

__all__ = ["leave", "set_multilayer_exr"]


def set_multilayer_exr(scene: bpy.types.Scene) -> None:
    """Multilayer OpenEXR: half colour, ZIP; data passes stay 32-bit float.

    5.2 wants the medium chosen before the format, and writes one part a pass.
    """
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format = "OPEN_EXR_MULTILAYER"
    settings.color_depth = "16"
    settings.exr_codec = "ZIP"


def leave(code: int) -> NoReturn:
    """End the process at once.

    Blender 4.5 as a module can hang while the interpreter shuts down.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
