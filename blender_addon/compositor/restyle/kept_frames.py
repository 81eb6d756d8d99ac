"""The last frame of each scene that was rendered in a window, kept with all its passes for Restyle.

The files lie below Blender's temporary folder, and go with the file that is open, with the scene's
next render and with Blender.
"""

from __future__ import annotations

import itertools
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ..bridge.frame_plan import FramePlan
from ..bridge.node_plan import NodePlan
from ..bridge.render_cache import RenderCache

__all__ = ["KeptFrame", "KeptFrames", "RenderedFrame"]

_FOLDER = "brushpass-last-render"


@dataclass(frozen=True, kw_only=True)
class RenderedFrame:
    """A frame that the bridge has painted."""

    plan: FramePlan
    """What was painted; a node that failed has its fault."""
    size: tuple[int, int]
    """Width and height of its passes, in pixels."""


@dataclass(frozen=True, kw_only=True)
class KeptFrame(RenderedFrame):
    """The same, once its render has ended."""

    plate: Path
    """All passes of the scene."""
    styled: Path
    """All passes of the bridge."""
    render_slot: int
    """The slot of Blender's Render Result that shows it, from 0."""

    def made(self, slot: int) -> NodePlan | None:
        """What made the passes of a node's slot; None where nothing did."""
        return next((node for node in self.plan.nodes if node.slot == slot), None)


class KeptFrames:
    """One for each scene at most."""

    def __init__(self) -> None:
        self._frames: dict[str, KeptFrame] = {}
        self._numbers = itertools.count()

    @property
    def folder(self) -> Path:
        """Below Blender's own temporary folder, which goes with it."""
        return Path(bpy.app.tempdir) / f"{_FOLDER}-{os.getpid()}"

    def find(self, scene: str) -> KeptFrame | None:
        """The last frame of a scene; None where its last render was cancelled, or none was made in this file."""
        return self._frames.get(scene)

    def take(self, rendered: RenderedFrame, cache: RenderCache, render_slot: int) -> None:
        """Move the files of a frame out of the render cache, in place of those of the frame before."""
        scene = rendered.plan.scene
        self.forget(scene)
        passes = cache.bridge_frame()
        if not cache.has_frame or passes is None:
            return
        self._frames[scene] = KeptFrame(
            plan=rendered.plan,
            size=rendered.size,
            plate=self._move(cache.frame()),
            styled=self._move(passes),
            render_slot=render_slot,
        )

    def repaint(self, kept: KeptFrame, plan: FramePlan, cache: RenderCache) -> None:
        """Take the bridge's passes anew, once some were painted as ``plan`` says."""
        passes = cache.bridge_frame()
        assert passes is not None, "the bridge was rendered"
        self._frames[plan.scene] = replace(kept, plan=plan, styled=self._move(passes))
        kept.styled.unlink(missing_ok=True)

    def forget(self, scene: str) -> None:
        """Remove what is kept of a scene."""
        kept = self._frames.pop(scene, None)
        if kept is not None:
            kept.plate.unlink(missing_ok=True)
            kept.styled.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove everything."""
        self._frames.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _move(self, path: Path) -> Path:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The cache may lie in memory, which has no room for frames that stay.
        return Path(shutil.move(path, self.folder / f"{next(self._numbers)}.exr"))
