"""The bridge: a render engine that draws nothing and asks the backend instead.

Blender calls it after the engine of the scene that is rendered and before that scene's
compositor, for the same frame. Its thread may not write to Blender's data.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any, Literal

import bpy
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import CancelledByUser, InputError, NstError, UsageError, as_fault
from . import last_render
from .bridge_scene import ENGINE_ID
from .failing import end_process
from .frame_plan import FramePlan, NodePlan
from .last_render import Told
from .marking import failure_mark
from .rendering import rendering
from .slots import SLOTS, passes_of

__all__ = ["BrushpassBridge", "register", "unregister"]

Array = NDArray[np.float32]


class BrushpassBridge(bpy.types.RenderEngine):
    """Paints the frame that was just rendered, for the Style nodes of its compositor"""

    bl_idname = ENGINE_ID
    bl_label = "Brushpass Bridge"
    bl_use_preview = False
    # Without it Blender never calls an engine of which the compositor wants passes.
    bl_use_postprocess = True

    def update_render_passes(
        self, scene: bpy.types.Scene | None = None, renderlayer: bpy.types.ViewLayer | None = None
    ) -> None:
        self.register_pass(scene, renderlayer, "Combined", 4, "RGBA", "COLOR")
        plan = rendering.due()
        parts = [part for slot in range(1, SLOTS + 1) for part in passes_of(slot)]
        if plan is not None:
            # Blender makes room for every pass that is registered, and writes it to the cache: 33 MB each at 1080p.
            parts = [part for node in plan.nodes for part in node.passes]
        for part in parts:
            kind: Literal["VALUE", "COLOR"] = "VALUE" if part.part == "matte" else "COLOR"
            self.register_pass(scene, renderlayer, part.name, len(part.channels), part.channels, kind)

    def render(self, depsgraph: bpy.types.Depsgraph) -> None:
        plan = rendering.take_plan(depsgraph.scene.frame_current)
        pictures: list[tuple[NodePlan, Mapping[str, Array] | None]] = []
        for place, node in enumerate(plan.nodes):
            self.update_progress(place / len(plan.nodes))
            try:
                pictures.append((node, self._style(plan, node)))
            except CancelledByUser:
                return
        for node in plan.nodes:
            for part in node.passes:
                self.add_pass(part.name, len(part.channels), part.channels)
        result = self.begin_result(0, 0, self.resolution_x, self.resolution_y)
        width, height = result.resolution_x, result.resolution_y
        passes: Any = result.layers[0].passes
        for node, parts in pictures:
            for part in node.passes:
                picture = None if parts is None else parts[part.part]
                if picture is not None and picture.shape[:2] != (height, width):
                    shown = f"{picture.shape[1]}x{picture.shape[0]}"
                    self._failed(plan, node, InputError(f"the styled frame is {shown} and not {width}x{height}"))
                    picture = None
                if picture is None:
                    mark = failure_mark(width, height)
                    picture = mark[..., 0] if part.part == "matte" else mark
                # Blender's rows go up.
                passes[part.name].rect.foreach_set(np.ascontiguousarray(picture[::-1]).reshape(-1))
        self.end_result(result)
        self.update_stats("", "")

    def _style(self, plan: FramePlan, node: NodePlan) -> Mapping[str, Array] | None:
        """The node's pictures by part; None where it failed."""
        started = time.monotonic()

        def wait() -> bool:
            self.update_stats("Brushpass", f"{node.node}: frame {plan.frame}, {time.monotonic() - started:.0f} s")
            return bool(self.test_break())

        wait()

        try:
            if node.fault is not None:
                raise node.fault
            assert node.recipe is not None
            painted = rendering.jobs.style(
                (node.scene, node.node),
                frame=plan.frame,
                plate=rendering.cache.frame(),
                recipe=node.recipe,
                base=node.base,
                also=tuple(part.part for part in node.passes if part.part != "image"),
                wait=wait,
            )
        except CancelledByUser:
            raise
        except Exception as error:
            fault = as_fault(error)
            if fault is None:
                fault = UsageError(f"a fault of Brushpass, {type(error).__name__}: {error}", remedy="please report it")
                sys.excepthook(*sys.exc_info())
            self._failed(plan, node, fault)
            return None
        notes = (*node.notes, *painted.notes)
        last_render.tell(
            node.scene,
            node.node,
            Told(frame=plan.frame, seconds=time.monotonic() - started, stages=painted.stages, notes=notes),
        )
        if bpy.app.background:
            for note in notes:
                print(f"Brushpass: frame {plan.frame}, {node.node!r}: {note}")
        return painted.parts

    def _failed(self, plan: FramePlan, node: NodePlan, fault: NstError) -> None:
        last_render.tell(node.scene, node.node, Told(frame=plan.frame, fault=fault))
        if bpy.app.background:
            end_process(plan, node.node, fault)
        self.report({"ERROR"}, f"Brushpass: {node.node}, frame {plan.frame}: {fault.sentence()}")


def register() -> None:
    bpy.utils.register_class(BrushpassBridge)


def unregister() -> None:
    bpy.utils.unregister_class(BrushpassBridge)
