"""From the beginning of a render to its end: the plan of each frame, the cache, the jobs.

Blender calls the handlers in the thread that renders. A scene strip renders within the render of its timeline.
"""

from __future__ import annotations

import threading

import bpy
from bpy.app.handlers import persistent

from ..session import session
from . import last_render
from .failing import end_process
from .frame_plan import FramePlan, plan_frame, stray_plan
from .node_jobs import NodeJobs
from .render_cache import RenderCache

__all__ = ["Rendering", "register", "rendering", "unregister"]


class Rendering:
    """The state of this Blender's renders; see :data:`rendering`."""

    def __init__(self) -> None:
        self.cache = RenderCache()
        self.jobs = NodeJobs(client=lambda: session().client)
        self._depth = 0
        self._thread = 0
        # By how deep the render is within others.
        self._plans: dict[int, FramePlan] = {}

    def begin(self) -> None:
        """A render begins, perhaps within another."""
        self._depth += 1
        if self._depth > 1:
            return
        self.cache.divert()
        if not bpy.app.background:
            # The artist may have changed anything since.
            self.jobs.begin()

    def begin_frame(self, scene: bpy.types.Scene) -> None:
        """A frame of ``scene`` begins."""
        plan = plan_frame(scene)
        self._plans[self._depth] = plan
        self._thread = threading.get_ident()
        self.cache.clear()
        for node in plan.nodes:
            if node.fault is not None and bpy.app.background:
                # Before a scene is rendered for nothing.
                end_process(plan, node.node, node.fault)

    def due(self) -> FramePlan | None:
        """The plan of the bridge that Blender prepares at this moment; None whenever it asks for a node's sockets.

        It prepares the bridge in the thread that renders, once it has written the cache.
        """
        plan = self._plans.get(self._depth)
        here = threading.get_ident() == self._thread
        return plan if plan is not None and here and self.cache.has_frame else None

    def take_plan(self, frame: int) -> FramePlan:
        """What the bridge has to do at ``frame``; a plan with a fault in every slot where nobody asked for it."""
        plan = self._plans.pop(self._depth, None)
        return plan if plan is not None and plan.frame == frame else stray_plan(frame)

    def end(self) -> None:
        """A render ended."""
        self._plans.pop(self._depth, None)
        self._depth = max(0, self._depth - 1)
        if self._depth == 0:
            self.cache.restore()

    def end_all(self) -> None:
        """Of another file, or of the add-on."""
        self._depth = 0
        self._plans.clear()
        self.cache.restore()
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
def _end(*_arguments: object) -> None:
    rendering.end()


@persistent  # type: ignore[untyped-decorator]
def _end_all(*_arguments: object) -> None:
    rendering.end_all()


_HANDLERS = {
    "render_init": _begin,
    "render_pre": _begin_frame,
    "render_complete": _end,
    "render_cancel": _end,
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
