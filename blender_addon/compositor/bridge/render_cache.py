"""Where Blender leaves the frame that it rendered, for the bridge: the render cache, in a folder of this process.

The cache's file is named after the .blend and its scene, so two Blenders that render one
file would write each other's: while Blender renders, the preference names a folder
that is this process's own.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import bpy

from ...contract.errors import InputError
from ...scratch import forget_dead, scratch_folder
from .bridge_scene import BRIDGE_NAME

__all__ = ["RenderCache"]

_FOLDER = "brushpass-render-cache"
_OURS = re.compile(rf"[/\\]{_FOLDER}-\d+-\w+[/\\]?$")


class RenderCache:
    """The folder, and the artist's preference meanwhile."""

    def __init__(self) -> None:
        self._before: str | None = None
        self._dirty = False
        self._folder: Path | None = None

    def divert(self) -> None:
        """Let Blender write its cache to a folder of this process, until :meth:`restore`."""
        if self._before is not None:
            return
        preferences = bpy.context.preferences
        self._folder = scratch_folder(_FOLDER)
        self._before, self._dirty = preferences.filepaths.render_cache_directory, preferences.is_dirty
        self._set(str(self._folder) + os.sep)

    def restore(self) -> None:
        """Give the artist's preference back, and the disk."""
        if self._before is None:
            return
        self._set(self._before)
        self._before = None
        self.discard()

    def forget_stale(self) -> None:
        """Clear a preference that was saved while another Blender rendered, and the frame of one that was killed."""
        forget_dead(_FOLDER)
        preferences = bpy.context.preferences
        if _OURS.search(preferences.filepaths.render_cache_directory):
            preferences.filepaths.render_cache_directory = ""

    def clear(self) -> None:
        """Remove what a frame before left, so that :meth:`frame` finds none but the next."""
        for path in self._files():
            path.unlink(missing_ok=True)

    @property
    def has_frame(self) -> bool:
        """Whether Blender has left the frame."""
        return bool(self._files())

    def frame(self) -> Path:
        """The file of the frame that was just rendered; raises :class:`InputError` where there is none."""
        found = self._files()
        if not found:
            raise InputError(
                f"Blender left no render cache in {self._folder}",
                remedy="look whether that disk is full, and whether Cache Result is on in the Output properties",
            )
        return max(found, key=lambda path: path.stat().st_mtime_ns)

    def bridge_frame(self) -> Path | None:
        """The file of the bridge's own passes; None where there is none."""
        return next((path for path in self._found() if BRIDGE_NAME in path.name), None)

    def discard(self) -> None:
        """Remove the folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _files(self) -> list[Path]:
        # Blender caches the bridge's own passes as well.
        return [path for path in self._found() if BRIDGE_NAME not in path.name]

    def _found(self) -> list[Path]:
        return [] if self._folder is None else list(self._folder.glob("*.exr"))

    def _set(self, folder: str) -> None:
        preferences = bpy.context.preferences
        preferences.filepaths.render_cache_directory = folder
        # Blender would save what it takes for the artist's change when it quits.
        preferences.is_dirty = self._dirty
