"""From the beginning of a render to its end: the plan of each frame, the cache, the jobs, what is kept of it.

Blender calls the handlers in the thread that renders. A scene strip renders within the render of its timeline.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from bpy.app.handlers import persistent
from numpy.typing import NDArray

from ...session import session
from ..restyle.kept_frames import KeptFrames, RenderedFrame
from ..restyle.restyling import Restyling
from . import last_render
from .failing import end_process
from .frame_plan import FramePlan, plan_frame, stray_plan
from .last_render import Told
from .node_jobs import NodeJobs
from .render_cache import RenderCache

__all__ = ["Rendering", "Repaint", "register", "rendering", "unregister"]

_RESULT = "Render Result"


@dataclass
class Repaint:
    """What the bridge is to show where it is rendered by itself: passes that were painted before, some of them new."""

    plan: FramePlan
    """Of the frame, as it is painted then."""
    passes: Path
    """The bridge's passes that stay."""
    pictures: Mapping[str, NDArray[np.float32]]
    """Those in whose place others come, by name, rows from the top."""
    done: bool = False


class Rendering:
    """The state of this Blender's renders; see :data:`rendering`."""

    def __init__(self) -> None:
        self.cache = RenderCache()
        self.jobs = NodeJobs(client=lambda: session().client)
        self.kept = KeptFrames()
        self.keeps = not bpy.app.background
        """Whether the last frame of a render is kept."""
        self.restyling: Restyling | None = None
        """What is under way."""
        self.repaint: Repaint | None = None
        """What the bridge shows in the render that is under way, where that is its own."""
        self._rendered: RenderedFrame | None = None
        self._render_slot = 0
        self._depth = 0
        self._thread = 0
        # By how deep the render is within others.
        self._plans: dict[int, FramePlan] = {}

    def begin(self) -> None:
        """A render begins, perhaps within another."""
        self._depth += 1
        if self._depth > 1 or self.repaint is not None:
            return
        self.cache.divert()
        self._rendered = None
        if self.restyling is not None:
            self.restyling.cancel()
        shown = bpy.data.images.get(_RESULT)
        self._render_slot = 0 if shown is None else shown.render_slots.active_index
        if not bpy.app.background:
            # The artist may have changed anything since.
            self.jobs.begin()

    def begin_frame(self, scene: bpy.types.Scene) -> None:
        """A frame of ``scene`` begins."""
        self._thread = threading.get_ident()
        if self.repaint is not None:
            self._plans[self._depth] = self.repaint.plan
            return
        plan = plan_frame(scene)
        self._plans[self._depth] = plan
        self.cache.clear()
        self.kept.forget(scene.name)
        self._rendered = None
        for node in plan.nodes:
            if node.fault is None:
                continue
            if bpy.app.background:
                # Before a scene is rendered for nothing.
                end_process(plan, node.node, node.fault)
            if not node.passes:
                # The bridge, which would tell, may have nothing to do.
                last_render.tell(node.scene, node.node, Told(frame=plan.frame, fault=node.fault))

    def due(self) -> FramePlan | None:
        """The plan of the bridge that Blender prepares at this moment; None whenever it asks for a node's sockets.

        It prepares the bridge in the thread that renders, once it has written the cache.
        """
        plan = self._plans.get(self._depth)
        here = threading.get_ident() == self._thread
        return plan if plan is not None and here and (self.cache.has_frame or self.repaint is not None) else None

    def take_plan(self, frame: int) -> FramePlan:
        """What the bridge has to do at ``frame``; a plan with a fault in every slot where nobody asked for it."""
        plan = self._plans.pop(self._depth, None)
        return plan if plan is not None and plan.frame == frame else stray_plan(frame)

    def finish_frame(self, frame: RenderedFrame) -> None:
        """The bridge has painted a frame."""
        if self._depth == 1:
            self._rendered = frame

    def end(self, *, complete: bool) -> None:
        """A render ended."""
        self._plans.pop(self._depth, None)
        self._depth = max(0, self._depth - 1)
        if self._depth or self.repaint is not None:
            return
        if complete and self.keeps and self._rendered is not None:
            self.kept.take(self._rendered, self.cache, self._render_slot)
        self._rendered = None
        self.cache.restore()

    @contextmanager
    def repainting(self, repaint: Repaint) -> Iterator[None]:
        """Let the bridge's next render be one of its own, into the cache."""
        self.cache.divert()
        self.repaint = repaint
        try:
            yield
        finally:
            self.repaint = None
            self._depth = 0
            self._plans.clear()
            self.cache.restore()

    def end_all(self) -> None:
        """Of another file, or of the add-on."""
        if self.restyling is not None:
            self.restyling.cancel()
            self.restyling = None
        self._depth = 0
        self._plans.clear()
        self._rendered = None
        self.cache.restore()
        self.kept.clear()
        self.jobs.close()
        last_render.forget()


rendering = Rendering()


@persistent  # type: ignore[untyped-decorator]
def _begin(*_arguments: object) -> None:
    rendering.begin()


@persistent  # type: ignore[untyped-decorator]
def _begin_frame(scene: bpy.types.Scene, *_arguments: object) -> None:
    rendering.begin_frame(scene)


@persistent  # type: ignore[untyped-decorator]
def _complete(*_arguments: object) -> None:
    rendering.end(complete=True)


@persistent  # type: ignore[untyped-decorator]
def _cancel(*_arguments: object) -> None:
    rendering.end(complete=False)


@persistent  # type: ignore[untyped-decorator]
def _end_all(*_arguments: object) -> None:
    rendering.end_all()


_HANDLERS = {
    "render_init": _begin,
    "render_pre": _begin_frame,
    "render_complete": _complete,
    "render_cancel": _cancel,
    "load_pre": _end_all,
}


def register() -> None:
    rendering.cache.forget_stale()
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
    rendering.end_all()
