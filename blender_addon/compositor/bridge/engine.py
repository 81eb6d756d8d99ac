"""The bridge: a render engine that draws nothing and asks the backend instead.

Blender calls it after the engine of the scene that is rendered and before that scene's
compositor, for the same frame. Its thread may not write to Blender's data.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Literal

import bpy
import numpy as np
from numpy.typing import NDArray

from ...contract.errors import CancelledByUser, NstError
from ..restyle.kept_frames import RenderedFrame
from . import last_render
from .bridge_scene import ENGINE_ID
from .failing import end_process
from .faults import fault_of
from .frame_plan import FramePlan
from .last_render import Told
from .marking import failure_mark
from .node_jobs import Painted
from .node_plan import NodePlan
from .rendering import Repaint, rendering
from .slots import SLOTS, SlotPass, passes_of

__all__ = ["BrushpassBridge", "register", "unregister"]


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
        if rendering.repaint is not None:
            self._repaint(rendering.repaint)
            return
        painted: list[tuple[NodePlan, Painted | NstError]] = []
        for place, node in enumerate(plan.nodes):
            self.update_progress(place / len(plan.nodes))
            try:
                painted.append((node, self._style(plan, node)))
            except CancelledByUser:
                return
        result = self._begin(plan)
        width, height = result.resolution_x, result.resolution_y
        made = []
        for node, found in painted:
            fault = found if isinstance(found, NstError) else found.misfit(width, height)
            if isinstance(found, Painted) and fault is None:
                for part in node.passes:
                    _write(result, part, found.parts[part.part])
                made.append(node)
                continue
            assert fault is not None
            if fault is not found:
                self._failed(plan, node, fault)
            mark = failure_mark(width, height)
            for part in node.passes:
                _write(result, part, mark[..., 0] if part.part == "matte" else mark)
            made.append(replace(node, recipe=None, fault=fault))
        self.end_result(result)
        self.update_stats("", "")
        rendering.finish_frame(RenderedFrame(plan=replace(plan, nodes=tuple(made)), size=(width, height)))

    def _repaint(self, repaint: Repaint) -> None:
        """Show what was painted before, with what has come since."""
        result = self._begin(repaint.plan)
        result.load_from_file(str(repaint.passes))
        for node in repaint.plan.nodes:
            for part in node.passes:
                if part.name in repaint.pictures:
                    _write(result, part, repaint.pictures[part.name])
        self.end_result(result)
        repaint.done = True

    def _begin(self, plan: FramePlan) -> bpy.types.RenderResult:
        for node in plan.nodes:
            for part in node.passes:
                self.add_pass(part.name, len(part.channels), part.channels)
        return self.begin_result(0, 0, self.resolution_x, self.resolution_y)

    def _style(self, plan: FramePlan, node: NodePlan) -> Painted | NstError:
        """The node's pictures, or why there are none, which was told then."""
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
            fault = fault_of(error)
            self._failed(plan, node, fault)
            return fault
        notes = (*node.notes, *painted.notes)
        last_render.tell(
            node.scene,
            node.node,
            Told(frame=plan.frame, seconds=time.monotonic() - started, stages=painted.stages, notes=notes),
        )
        if bpy.app.background:
            for note in notes:
                print(f"Brushpass: frame {plan.frame}, {node.node!r}: {note}")
        return painted

    def _failed(self, plan: FramePlan, node: NodePlan, fault: NstError) -> None:
        last_render.tell(node.scene, node.node, Told(frame=plan.frame, fault=fault))
        if bpy.app.background:
            end_process(plan, node.node, fault)
        self.report({"ERROR"}, f"Brushpass: {node.node}, frame {plan.frame}: {fault.sentence()}")


def _write(result: bpy.types.RenderResult, part: SlotPass, picture: NDArray[np.float32]) -> None:
    passes: Any = result.layers[0].passes
    # Blender's rows go up.
    passes[part.name].rect.foreach_set(np.ascontiguousarray(picture[::-1]).reshape(-1))


def register() -> None:
    bpy.utils.register_class(BrushpassBridge)


def unregister() -> None:
    bpy.utils.unregister_class(BrushpassBridge)
