"""Room for a strip right above another one, in the timeline or in a meta.

Order of channels is order of layers, and an effect must lie above what it takes:
a result fits only right above its original. Where that channel is taken, a channel is
inserted, as editors insert a track: everything above moves up by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import bpy

from .. import compat
from ..contract.errors import UsageError

__all__ = ["MOST_CHANNELS", "add_track", "free_above", "highest", "put_above", "remove_track"]

_Channels: TypeAlias = "bpy.types.bpy_prop_collection[bpy.types.SequenceTimelineChannel]"

MOST_CHANNELS = 128
"""Of a timeline or a meta."""
_SETTINGS = ("name", "lock", "mute")
_MOVING = "Brushpass moves"


def highest(strips: Iterable[bpy.types.Strip]) -> int:
    """The highest channel in use."""
    return max((strip.channel for strip in strips), default=0)


def free_above(strips: Iterable[bpy.types.Strip], strip: bpy.types.Strip) -> bool:
    """Whether the channel above ``strip`` is empty for as long as it lasts."""
    left, right = compat.handles(strip)
    for other in strips:
        first, end = compat.handles(other)
        if other.channel == strip.channel + 1 and first < right and left < end:
            return False
    return strip.channel < MOST_CHANNELS


def add_track(scene: bpy.types.Scene, strips: Iterable[bpy.types.Strip], below: bpy.types.Strip) -> None:
    """Move everything above ``below`` up by one channel, and the channels' names, locks and mutes with it.

    Raises :class:`UsageError` where the uppermost channel is in use.
    """
    top = highest(strips)
    if top >= MOST_CHANNELS:
        raise UsageError(f"channel {MOST_CHANNELS} is in use, and there is no room", remedy="free a channel")
    above = [other for other in strips if other.channel > below.channel]
    # From the top, so that no strip lands on another one.
    for other in sorted(above, key=lambda entry: entry.channel, reverse=True):
        other.channel += 1
    _move_settings(_channels(scene, below), below.channel + 1, top + 1, up=True)


def put_above(
    scene: bpy.types.Scene, strips: Iterable[bpy.types.Strip], below: bpy.types.Strip, strip: bpy.types.Strip
) -> bool:
    """Move ``strip`` down from the uppermost channel to right above ``below``; whether one was added for it."""
    added = not free_above(strips, below)
    if added:
        add_track(scene, strips, below)
    strip.channel = below.channel + 1
    return added


def remove_track(scene: bpy.types.Scene, strips: Iterable[bpy.types.Strip], below: bpy.types.Strip) -> None:
    """Take back :func:`add_track`; a channel that is in use meanwhile stays."""
    number = below.channel + 1
    if any(other.channel == number for other in strips):
        return
    top = highest(strips)
    for other in sorted((entry for entry in strips if entry.channel > number), key=lambda entry: entry.channel):
        other.channel -= 1
    if top > number:
        _move_settings(_channels(scene, below), number, top, up=False)


def _channels(scene: bpy.types.Scene, strip: bpy.types.Strip) -> _Channels:
    parent = strip.parent_meta()
    return scene.sequence_editor.channels if parent is None else parent.channels


def _move_settings(channels: _Channels, first: int, last: int, *, up: bool) -> None:
    """Hand the settings of ``first`` to ``last`` on to the next channel; the one that is left over starts anew."""
    numbers = range(first, last + 1)
    old = {number: [getattr(channels[number], name) for name in _SETTINGS] for number in numbers}
    # Blender numbers names that are there twice, so none may be while they move.
    for number in numbers:
        channels[number].name = f"{_MOVING} {number}"
    for number in numbers:
        source = number - 1 if up else number + 1
        default_name = f"Channel {number}"
        values = old.get(source, [default_name, False, False])
        if values[0] == f"Channel {source}":
            values[0] = default_name
        for name, value in zip(_SETTINGS, values, strict=True):
            setattr(channels[number], name, value)
