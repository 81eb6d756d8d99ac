"""Where a data-block's F-curves lie in layered actions."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

__all__ = ["all_fcurves", "ensure_fcurves", "fcurves"]


def fcurves(id: bpy.types.ID) -> bpy.types.ActionChannelbagFCurves | None:
    """The F-curves of the action that drives ``id``, None where there is none yet."""
    data = id.animation_data
    if data is None or data.action is None or data.action_slot is None:
        return None
    bags = _bags(data.action, data.action_slot)
    return next((bag.fcurves for bag in bags), None)


def ensure_fcurves(id: bpy.types.ID) -> bpy.types.ActionChannelbagFCurves:
    """As :func:`fcurves`; action, slot and layer are made where they are missing."""
    data = id.animation_data or id.animation_data_create()
    if data.action is None:
        data.action = bpy.data.actions.new(f"{id.name} Action")
    if data.action_slot is None:
        data.action_slot = data.action.slots.new(id.id_type, id.name)
    action = data.action
    layer = action.layers[0] if action.layers else action.layers.new("Layer")
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(data.action_slot, ensure=True).fcurves


def all_fcurves(id: bpy.types.ID) -> Iterator[bpy.types.ActionChannelbagFCurves]:
    """The F-curves of every action that ``id`` uses, those of its NLA strips included."""
    data = id.animation_data
    if data is None:
        return
    uses = [(data.action, data.action_slot)]
    uses += [(strip.action, strip.action_slot) for track in data.nla_tracks for strip in track.strips]
    seen = set()
    for action, slot in uses:
        if action is None or slot is None:
            continue
        for bag in _bags(action, slot):
            if bag.as_pointer() not in seen:
                seen.add(bag.as_pointer())
                yield bag.fcurves


def _bags(action: bpy.types.Action, slot: bpy.types.ActionSlot) -> Iterator[bpy.types.ActionChannelbag]:
    for layer in action.layers:
        for strip in layer.strips:
            bag = strip.channelbag(slot)
            if bag is not None:
                yield bag
