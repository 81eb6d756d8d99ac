"""Keyframe buttons: insert, delete and find keys of a region's options.

Blender's own key and right-click menu fail on a group that hangs on a strip or a
node, for it cannot name its path; keyed through the data-block it works.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from . import animation
from .groups import KEYABLE
from .owner import Owner

__all__ = ["KeyState", "clear", "insert", "key_state", "neighbour", "remove"]

_SAME_FRAME = 0.01
"""Keys closer than this share a frame, as in Blender's own editors."""


class KeyState(Enum):
    """What an option shows beside its number."""

    STILL = "still"
    ANIMATED = "animated"
    KEYED = "keyed"


def key_state(owner: Owner, region: int, option: str, frame: float) -> KeyState:
    """Whether an option is animated, and whether there is a key on ``frame``."""
    fcurve = animation.curve(owner, region, option)
    if fcurve is None or fcurve.is_empty:
        return KeyState.STILL
    on_frame = any(abs(key.co.x - frame) < _SAME_FRAME for key in fcurve.keyframe_points)
    return KeyState.KEYED if on_frame else KeyState.ANIMATED


def insert(owner: Owner, region: int, option: str, frame: float) -> None:
    """Key an option's present value on ``frame``."""
    owner.id.keyframe_insert(owner.option_path(region, option), frame=frame)


def remove(owner: Owner, region: int, option: str, frame: float) -> None:
    """Delete the key on ``frame``; with the last one the curve goes too, and the value stays."""
    fcurve = animation.curve(owner, region, option)
    if fcurve is None:
        return
    for key in [key for key in fcurve.keyframe_points if abs(key.co.x - frame) < _SAME_FRAME]:
        fcurve.keyframe_points.remove(key)
    fcurve.update()
    if fcurve.is_empty:
        animation.remove_curve(owner, region, option)


def clear(owner: Owner, region: int, options: Iterable[str] = KEYABLE) -> None:
    """Delete all keys of a region's options; the values stay what they are."""
    for option in options:
        animation.remove_curve(owner, region, option)


def neighbour(owner: Owner, region: int, frame: float, *, forward: bool) -> float | None:
    """The frame of the next key after ``frame``, or the last one before it, of any option of a region."""
    curves = (animation.curve(owner, region, option) for option in KEYABLE)
    frames = [key.co.x for fcurve in curves if fcurve is not None for key in fcurve.keyframe_points]
    if forward:
        return min((number for number in frames if number > frame + _SAME_FRAME), default=None)
    return max((number for number in frames if number < frame - _SAME_FRAME), default=None)
