"""The user's own folder of the extension."""

from __future__ import annotations

from pathlib import Path

import bpy

__all__ = ["EXTENSION", "user_folder"]

EXTENSION = __package__.rpartition(".")[0]
"""By which Blender knows it."""


def user_folder(name: str, *, create: bool = False) -> Path:
    """A folder that outlives updates of the extension."""
    return Path(bpy.utils.extension_path_user(EXTENSION, path=name, create=create))
