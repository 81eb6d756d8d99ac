"""The list of regions: each change takes the keyframes along."""

from __future__ import annotations

from . import animation
from .groups import unique_name
from .owner import Owner
from .properties import copy_properties

__all__ = ["add", "clear", "copy_settings", "duplicate", "move", "remove"]


def add(owner: Owner, name: str = "Region") -> int:
    """Append a region and make it active; its index."""
    settings = owner.settings
    taken = [region.name for region in settings.regions]
    region = settings.regions.add()
    region.name = unique_name(name, taken)
    settings.active_region = len(settings.regions) - 1
    return settings.active_region


def remove(owner: Owner, index: int) -> None:
    """Remove a region and its keyframes."""
    settings = owner.settings
    settings.regions.remove(index)
    animation.remap(owner, lambda place: None if place == index else place - (place > index))
    settings.active_region = max(
        0, min(settings.active_region - (settings.active_region > index), len(settings.regions) - 1)
    )


def move(owner: Owner, index: int, target: int) -> None:
    """Move a region to another place in the list."""
    settings = owner.settings
    order = list(range(len(settings.regions)))
    order.insert(target, order.pop(index))
    active = order.index(settings.active_region) if settings.active_region in order else 0
    settings.regions.move(index, target)
    animation.remap(owner, order.index)
    settings.active_region = active


def duplicate(owner: Owner, index: int) -> int:
    """Put a copy of a region, keyframes included, behind it and make it active; its index."""
    settings = owner.settings
    taken = [region.name for region in settings.regions]
    settings.regions.add()
    place = len(settings.regions) - 1
    source = settings.regions[index]
    copy = settings.regions[place]
    copy_properties(source, copy)
    copy.name = unique_name(source.name, taken)
    animation.copy_region_curves(owner, index, owner, place)
    move(owner, place, index + 1)
    settings.active_region = index + 1
    return index + 1


def clear(owner: Owner) -> None:
    """Remove all regions and their keyframes."""
    owner.settings.regions.clear()
    animation.remap(owner, lambda place: None)
    owner.settings.active_region = 0


def copy_settings(source: Owner, target: Owner) -> None:
    """Give ``target`` everything that ``source`` has, keyframes included."""
    clear(target)
    copy_properties(source.settings, target.settings)
    for index in range(len(source.settings.regions)):
        animation.copy_region_curves(source, index, target, index)
