"""Finding the strip of an order again: undo, renaming, deletion and other files come between any two looks."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..jobs.order import StripOrder
from .record import result_of

__all__ = ["Target", "find_target", "orders_strip"]


@dataclass(frozen=True)
class Target:
    """Where an order's strip is now. Not to be kept beyond the call at hand."""

    scene: bpy.types.Scene
    strip: bpy.types.Strip

    @property
    def result(self) -> bpy.types.Strip | None:
        return result_of(self.scene, self.strip)


def orders_strip(order: StripOrder, strip: bpy.types.Strip) -> bool:
    """Whether a strip, or the result that it is, is what an order is about."""
    return order.mark in (strip.brushpass_result.mark, strip.brushpass_result.of)


def find_target(order: StripOrder) -> Target | None:
    """The strip that bears the order's mark; of several, the one that has its name too.

    Undo takes a mark back that was given after the step before it: then the name, in
    its file and scene, has to do, and the strip is marked again.
    """
    found = [
        Target(scene, strip)
        for scene in bpy.data.scenes
        if scene.sequence_editor
        for strip in scene.sequence_editor.strips_all
        if strip.brushpass_result.mark == order.mark
    ]
    if found:
        return min(found, key=lambda target: (target.scene.name != order.scene, target.strip.name != order.strip))
    scene = bpy.data.scenes.get(order.scene) if bpy.data.filepath == order.blend else None
    strip = scene.sequence_editor.strips_all.get(order.strip) if scene and scene.sequence_editor else None
    if scene is None or strip is None or strip.brushpass_result.mark or strip.brushpass_result.of:
        return None
    strip.brushpass_result.mark = order.mark
    return Target(scene, strip)
