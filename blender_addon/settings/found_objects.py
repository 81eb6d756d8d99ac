"""The objects that networks found in an owner's plate, and which of them a region takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy

from ..contract.errors import UsageError
from ..contract.frames import FrameRange
from . import paths
from .derive import plain
from .owner import Owner

__all__ = [
    "KIND",
    "add_number",
    "choose_none",
    "chosen",
    "counted",
    "drop_numbers",
    "folder_of",
    "found_in",
    "is_chosen",
    "looked_at",
    "names_objects",
    "store",
    "thumbnail_of",
    "toggle",
    "toggle_class",
]

KIND = "INSTANCES"
"""Of the matte that takes found objects."""
_MOST = 5000
"""Objects that the list holds; beyond that no one looks for one by eye."""


def found_in(settings: Any, model: str) -> Any | None:
    """What the network ``model`` found in the plate of an owner's ``settings``; None before it looked."""
    wanted = bpy.path.abspath(model.strip())
    return next((shot for shot in settings.found if bpy.path.abspath(shot.name) == wanted), None)


def folder_of(found: bpy.types.PropertyGroup) -> Path:
    """Where the mattes of what was found lie."""
    return Path(bpy.path.abspath(found.folder))


def thumbnail_of(found: bpy.types.PropertyGroup, item: bpy.types.PropertyGroup) -> Path | None:
    """The picture of an object; None where it has none."""
    # A .blend names no file outside the folder.
    plain_name = item.thumbnail and Path(item.thumbnail).name == item.thumbnail
    return folder_of(found) / "thumbnails" / item.thumbnail if plain_name else None


def looked_at(found: bpy.types.PropertyGroup) -> frozenset[int]:
    """The frames of the plate that were looked at."""
    try:
        return frozenset(FrameRange.parse(found.frames).numbers)
    except UsageError:
        return frozenset()


def store(owner: Owner, model: str, summary: Mapping[str, Any], *, exposure: float) -> tuple[str, ...]:
    """Keep the summary of an ``objects`` request on the owner; what that means for its regions, in sentences.

    A number that now means an object of another class, or none, is taken out of the regions.
    """
    settings = owner.settings
    found = found_in(settings, model)
    known = {} if found is None else {item.id: item.label for item in found.objects}
    anew = found is not None and folder_of(found).name != Path(str(summary["folder"])).name
    found = settings.found.add() if found is None else found
    found.name = model.strip()
    found.folder = paths.from_recipe(str(summary["folder"]), Path())
    found.frames, found.exposure = str(summary["frames"]), exposure
    found.objects.clear()
    listed: Sequence[Mapping[str, Any]] = summary.get("objects", ())
    for entry in listed[:_MOST]:
        item = found.objects.add()
        item.name = f"{entry['label']} {entry['id']}"
        item.id, item.label = entry["id"], entry["label"]
        item.first, item.last, item.frames = entry["first"], entry["last"], entry["frames"]
        item.score, item.area = entry["score"], entry["area"]
        item.thumbnail = entry.get("thumbnail", "")
    now = {item.id: item.label for item in found.objects}
    gone, kept = [], False
    for region in settings.regions:
        matte = region.matte.objects
        if region.matte.kind == KIND and found_in(settings, matte.model) == found:
            gone += [f"{known[number]} {number} of {region.name}" for number in _drop_changed(matte, known, now)]
            kept = kept or len(matte.ids) > 0
    told = [f"{', '.join(gone)}: not found again, and no longer chosen"] if gone else []
    if anew and kept:
        told.append("found anew: see whether the chosen objects are still those that you mean")
    return tuple(told)


def _drop_changed(matte: Any, known: Mapping[int, str], now: Mapping[int, str]) -> list[int]:
    # What was never listed here came with a recipe, and is the backend's to judge.
    gone = [entry.id for entry in matte.ids if entry.id in known and now.get(entry.id) != known[entry.id]]
    _keep_ids(matte, [entry.id for entry in matte.ids if entry.id not in gone], known)
    return gone


def _keep_ids(matte: Any, ids: Sequence[int], labels: Mapping[int, str]) -> None:
    """Leave only ``ids``; where none is left, objects of the same classes, for no choice would mean everything."""
    before = [entry.id for entry in matte.ids]
    if before == list(ids):
        return
    _set_ids(matte, ids)
    if not ids and not len(matte.classes):
        _set_classes(matte, dict.fromkeys(labels[number] for number in before if number in labels))


def names_objects(matte: Any) -> bool:
    """Whether a region names objects outright, so that class, score and area do not count."""
    return bool(len(matte.ids) or len(matte.at))


def is_chosen(matte: Any, item: Any) -> bool:
    """Whether a region takes an object, as the backend chooses; clicked pixels are not looked up."""
    if names_objects(matte):
        return any(entry.id == item.id for entry in matte.ids)
    of_class = not len(matte.classes) or any(entry.name == item.label for entry in matte.classes)
    return of_class and plain(item.score) >= plain(matte.score) and plain(item.area) >= plain(matte.area)


def chosen(matte: Any, found: Any) -> frozenset[int]:
    """Numbers of all that a region takes."""
    return frozenset(item.id for item in found.objects if is_chosen(matte, item))


def choose_none(matte: Any) -> None:
    """Name no object, so that classes, score and area choose."""
    matte.ids.clear()
    matte.at.clear()


def toggle(matte: Any, number: int) -> bool:
    """Take an object into a region, or out of it; whether it is in it now."""
    ids = [entry.id for entry in matte.ids]
    taken = number not in ids
    _set_ids(matte, sorted([*ids, number]) if taken else [entry for entry in ids if entry != number])
    return taken


def add_number(matte: Any, number: int) -> bool:
    """Take an object into a region; whether it was not in it before."""
    return number not in [entry.id for entry in matte.ids] and toggle(matte, number)


def toggle_class(matte: Any, label: str) -> None:
    """Let a region take objects of a class, or no longer; of none means of any."""
    place = matte.classes.find(label)
    if place >= 0:
        matte.classes.remove(place)
    else:
        matte.classes.add().name = label


def counted(found: Any) -> dict[str, int]:
    """How many objects of each class were found, the most first."""
    return dict(Counter(item.label for item in found.objects).most_common())


def drop_numbers(settings: Any) -> tuple[str, ...]:
    """Forget what was found and which of it was chosen, for another plate; the names of the regions that lost a choice.

    Classes, score and area mean something in any plate. A region that has no class takes
    those of the objects that it named.
    """
    losers = []
    for region in settings.regions:
        matte = region.matte.objects
        if region.matte.kind == KIND and names_objects(matte):
            losers.append(region.name)
        found = found_in(settings, matte.model)
        _keep_ids(matte, (), {} if found is None else {item.id: item.label for item in found.objects})
        matte.at.clear()
    settings.found.clear()
    return tuple(losers)


def _set_ids(matte: Any, ids: Iterable[int]) -> None:
    matte.ids.clear()
    for number in ids:
        matte.ids.add().id = number


def _set_classes(matte: Any, names: Iterable[str]) -> None:
    matte.classes.clear()
    for name in names:
        matte.classes.add().name = name
