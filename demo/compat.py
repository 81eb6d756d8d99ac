"""Every difference between Blender 4.5 and 5.2 that the demo meets."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

import bpy

__all__ = ["run_and_leave", "set_multilayer_exr"]


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


def run_and_leave(main: Callable[[list[str]], int]) -> NoReturn:
    """Run a program with its own arguments, those after ``--`` inside Blender, and end the process at once.

    Blender 4.5 as a module can hang while the interpreter shuts down.
    """
    try:
        code = main(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:])
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except Exception:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
