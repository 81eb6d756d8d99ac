"""Every difference between Blender 4.5 and 5.x, and nothing else.

The rest of the add-on is written for 5.2 and asks here for what 4.5 calls otherwise.
"""

from __future__ import annotations

import bpy

__all__ = ["BLENDER_5"]

BLENDER_5 = bpy.app.version >= (5, 0, 0)
