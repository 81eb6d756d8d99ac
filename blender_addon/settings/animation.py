"""The F-curves of an owner's regions: found by data path, moved when the list of regions changes.

A path holds the region's index, so a curve must follow its region. Blender itself
keeps the rest of the path right: renaming, duplicating, pasting, splitting and
removing a strip takes its curves along.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import bpy

from .. import compat
from .channelbags import all_fcurves, ensure_fcurves, fcurves
from .groups import KEYABLE
from .owner import Owner

__all__ = ["copy_region_curves", "curve", "ensure_curve", "owners_curves", "remap", "remove_curve"]


def curve(owner: Owner, region: int, option: str) -> bpy.types.FCurve | None:
    """The F-curve of a region's option in the owner's action."""
    found = fcurves(owner.id)
    return None if found is None else found.find(owner.option_path(region, option))


def ensure_curve(owner: Owner, region: int, option: str) -> bpy.types.FCurve:
    """The F-curve of an option, an empty one where there was none."""
    return curve(owner, region, option) or ensure_fcurves(owner.id).new(owner.option_path(region, option))


def remove_curve(owner: Owner, region: int, option: str) -> None:
    """Drop an option's F-curve; its value stays what it is."""
    found = fcurves(owner.id)
    fcurve = None if found is None else found.find(owner.option_path(region, option))
    if found is not None and fcurve is not None:
        found.remove(fcurve)


def owners_curves(owner: Owner) -> Iterator[tuple[int, str, bpy.types.FCurve]]:
    """Region, option and F-curve of everything that is keyed; action and NLA tracks, not drivers."""
    pattern = _pattern(owner)
    for curves in all_fcurves(owner.id):
        for fcurve in curves:
            match = pattern.fullmatch(fcurve.data_path)
            if match:
                yield int(match[1]), match[2], fcurve


def remap(owner: Owner, place: Callable[[int], int | None]) -> None:
    """Let every curve and driver follow its region to ``place(index)``; None removes it."""
    pattern = _pattern(owner)
    lists = list(all_fcurves(owner.id))
    drivers = owner.id.animation_data.drivers if owner.id.animation_data else None
    for curves in [*lists, *([drivers] if drivers is not None else [])]:
        # All paths are read before one is written: two regions may change places.
        moves = [
            (fcurve, int(match[1]), match[2]) for fcurve in curves if (match := pattern.fullmatch(fcurve.data_path))
        ]
        targets = [(fcurve, place(index), option, index) for fcurve, index, option in moves]
        for fcurve, target, option, index in targets:
            if target is not None and target != index:
                fcurve.data_path = owner.option_path(target, option)
        for fcurve, target, _, _ in targets:
            if target is None:
                curves.remove(fcurve)
    if owner.id.animation_data:
        owner.id.update_tag()


def copy_region_curves(source: Owner, region: int, target: Owner, place: int) -> None:
    """Give a region of ``target`` copies of another region's curves."""
    for option in KEYABLE:
        original = curve(source, region, option)
        if original is not None:
            remove_curve(target, place, option)
            compat.copy_fcurve(original, ensure_fcurves(target.id), target.option_path(place, option))


def _pattern(owner: Owner) -> re.Pattern[str]:
    return re.compile(re.escape(owner.path) + r"\.regions\[(\d+)\]\.(\w+)")
