"""A region's matte: the panel's fields and the recipe's tree.

The panel can say one source, inverted, grown or shrunk. Any other tree is kept
as the recipe wrote it (kind ``CUSTOM``), and so is one whose unknown keys lie
where the panel has no place for them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from ..contract.errors import UsageError
from ..contract.matte_options import (
    BackgroundMatte,
    ClickPoint,
    CryptomatteMatte,
    EverythingMatte,
    Grow,
    ImagesMatte,
    InstancesMatte,
    Matte,
    Shrink,
    Subtract,
)
from . import derive, found_objects
from .groups import CRYPTOMATTE_LAYERS, MASK_INPUTS
from .paths import absolute_path, from_recipe, to_recipe
from .unknown import keep, kept

__all__ = ["MaskPath", "assign_matte", "is_segmenter", "matte_problem", "movie_path", "read_matte", "recipe_model"]

MaskPath = Callable[[bpy.types.PropertyGroup], str]
"""The pattern, as in a recipe, of the frames that a region's mask, strip or movie is rendered to."""
_IN_BLENDER = "blender"
_EVERYTHING = Matte(options=EverythingMatte())
_MOVIES = frozenset(bpy.path.extensions_movie)
_SEGMENTER_SUFFIX = ".segmenter.json"
_MOST_NUMBER = 2**31 - 1
"""That a property of Blender's holds."""


def read_matte(region: bpy.types.PropertyGroup, where: str, *, base: Path, mask_path: MaskPath) -> Matte:
    """The matte of a region for a recipe in the folder ``base``.

    Raises :class:`UsageError` that names ``where`` for a matte with nothing chosen.
    """
    group = region.matte
    if group.kind == "CUSTOM":
        return _custom(group, where, base)
    matte = _source(region, where, base, mask_path)
    if group.invert:
        matte = Matte(options=Subtract(mattes=(_EVERYTHING, matte)))
    distance = derive.plain(group.grow)
    if distance > 0:
        matte = Matte(options=Grow(matte=matte, distance=distance))
    if distance < 0:
        matte = Matte(options=Shrink(matte=matte, distance=-distance))
    return matte


def is_segmenter(model: str) -> bool:
    """Whether a network is named by a file of its own."""
    return model.endswith(_SEGMENTER_SUFFIX)


def recipe_model(model: str, base: Path) -> str:
    """A network of the panel as a recipe in the folder ``base`` names it."""
    name = model.strip()
    return to_recipe(name, base) if is_segmenter(name) else name


def movie_path(region: bpy.types.PropertyGroup) -> str:
    """The movie file that is a region's matte; empty where it is none."""
    group = region.matte
    path = absolute_path(group.path.strip(), group) if group.kind == "IMAGES" else ""
    return path if Path(path).suffix.lower() in _MOVIES else ""


def matte_problem(region: bpy.types.PropertyGroup) -> str:
    """What keeps a region's matte from being made, in a sentence; empty where nothing does."""
    try:
        read_matte(region, "The matte", base=Path(), mask_path=lambda region: "mask.####.png")
    except UsageError as fault:
        return fault.sentence()
    return ""


def assign_matte(region: bpy.types.PropertyGroup, matte: Matte, *, base: Path) -> None:
    """Set a region's matte from a recipe in the folder ``base``."""
    group = region.matte
    if not _assign_simple(group, matte, base):
        group.kind = "CUSTOM"
        tree = _with_paths(matte.to_json(), lambda path: Path(base, path).as_posix())
        group.custom = json.dumps(tree, ensure_ascii=False)


def _custom(group: bpy.types.PropertyGroup, where: str, base: Path) -> Matte:
    try:
        data = json.loads(group.custom)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where} is not a matte", remedy="choose what the region covers") from error
    return Matte.from_json(_with_paths(data, lambda path: to_recipe(path, base, group)), where)


def _source(region: bpy.types.PropertyGroup, where: str, base: Path, mask_path: MaskPath) -> Matte:
    group = region.matte
    extra = kept(group)
    options, beside = extra.get("options", {}), extra.get("matte", {})
    kind = group.kind
    if kind == "EVERYTHING":
        return Matte(options=EverythingMatte(extra=options), extra=beside)
    if kind == "BACKGROUND":
        return Matte(options=BackgroundMatte(extra=options), extra=beside)
    if kind == "IMAGES":
        if not group.path.strip():
            raise UsageError(f"{where} has no file", remedy="choose the picture or sequence of the mask")
        values = derive.read(ImagesMatte, group, ("channel",))
        path = to_recipe(group.path, base, group)
        if movie_path(region):
            path, beside = mask_path(region), {**beside, _IN_BLENDER: {"movie": path}}
        return Matte(options=ImagesMatte(path=path, **values, extra=options), extra=beside)
    if kind == "INPUT":
        return Matte(
            options=ImagesMatte(path=mask_path(region), extra=options),
            extra={**beside, _IN_BLENDER: {"input": group.mask_input}},
        )
    if kind in ("MASK", "STRIP"):
        if kind == "MASK" and group.mask is None:
            raise UsageError(f"{where} has no mask", remedy="choose a mask of this file")
        if kind == "STRIP" and not group.strip:
            raise UsageError(f"{where} has no strip", remedy="choose the strip that is the mask")
        made = {"mask": group.mask.name} if kind == "MASK" else {"strip": group.strip}
        values = derive.read(ImagesMatte, group, ("channel",)) if kind == "STRIP" else {}
        return Matte(
            options=ImagesMatte(path=mask_path(region), **values, extra=options),
            extra={**beside, _IN_BLENDER: made},
        )
    if kind == found_objects.KIND:
        return Matte(options=_read_objects(group.objects, where, base, options), extra=beside)
    names = tuple(entry.name for entry in group.names if entry.name.strip())
    if not names:
        raise UsageError(f"{where} has no names", remedy="add the names that belong to the region")
    layer = CRYPTOMATTE_LAYERS.get(kind, group.layer)
    if not layer.strip():
        raise UsageError(f"{where} has no layer", remedy="name the Cryptomatte layer, such as CryptoObject")
    return Matte(options=CryptomatteMatte(layer=layer, names=names, extra=options), extra=beside)


def _read_objects(group: Any, where: str, base: Path, extra: dict[str, Any]) -> InstancesMatte:
    model = group.model.strip()
    if not model:
        raise UsageError(f"{where} has no network", remedy="choose the one that finds the objects")
    return InstancesMatte(
        model=recipe_model(model, base),
        classes=tuple(entry.name for entry in group.classes),
        ids=tuple(entry.id for entry in group.ids),
        at=tuple(ClickPoint(frame=point.frame, x=point.x, y=point.y) for point in group.at),
        **derive.read(InstancesMatte, group, ("score", "area")),
        extra=extra,
    )


def _assign_objects(group: Any, options: InstancesMatte, base: Path) -> None:
    model = options.model
    group.model = from_recipe(model, base) if is_segmenter(model) else model
    derive.assign(options, group, ("score", "area"))
    for entries in (group.classes, group.ids, group.at):
        entries.clear()
    for name in options.classes:
        group.classes.add().name = name
    for number in options.ids:
        group.ids.add().id = number
    for point in options.at:
        entry = group.at.add()
        entry.frame, entry.x, entry.y = point.frame, point.x, point.y


def _assign_simple(group: bpy.types.PropertyGroup, matte: Matte, base: Path) -> bool:
    source, distance, invert = matte, 0.0, False
    if isinstance(source.options, (Grow, Shrink)) and not source.extra and not source.options.extra:
        if source.options.distance == 0:
            return False
        distance = source.options.distance if isinstance(source.options, Grow) else -source.options.distance
        source = source.options.matte
    if isinstance(source.options, Subtract) and not source.extra:
        first, *others = source.options.mattes
        if first != _EVERYTHING or len(others) != 1:
            return False
        invert, source = True, others[0]
    if not _assign_source(group, source, base):
        return False
    group.grow, group.invert = distance, invert
    return True


def _assign_source(group: bpy.types.PropertyGroup, matte: Matte, base: Path) -> bool:
    options = matte.options
    beside = dict(matte.extra)
    in_blender = beside.pop(_IN_BLENDER, None)
    if isinstance(options, EverythingMatte):
        group.kind = "EVERYTHING"
    elif isinstance(options, BackgroundMatte):
        group.kind = "BACKGROUND"
    elif isinstance(options, CryptomatteMatte):
        kinds = {layer: kind for kind, layer in CRYPTOMATTE_LAYERS.items()}
        group.kind = kinds.get(options.layer, "CRYPTOMATTE")
        group.layer = options.layer
        group.names.clear()
        for name in options.names:
            group.names.add().name = name
    elif isinstance(options, InstancesMatte) and all(0 <= number <= _MOST_NUMBER for number in options.ids):
        group.kind = found_objects.KIND
        _assign_objects(group.objects, options, base)
    elif isinstance(options, ImagesMatte):
        # Also where a mask is found again: the pictures are a choice away.
        group.path, group.channel = from_recipe(options.path, base), options.channel
        if not _assign_in_blender(group, in_blender, base):
            group.kind = "IMAGES"
            if in_blender is not None:
                beside[_IN_BLENDER] = in_blender
        in_blender = None
    else:
        return False
    if in_blender is not None:
        beside[_IN_BLENDER] = in_blender
    extra = {"options": dict(options.extra), "matte": beside}
    keep(group, extra if any(extra.values()) else {})
    return True


def _assign_in_blender(group: bpy.types.PropertyGroup, made: object, base: Path) -> bool:
    """Go back to the mask, strip or movie that the pictures were rendered from, where this file has it."""
    if not isinstance(made, dict):
        return False
    mask, strip, movie = made.get("mask"), made.get("strip"), made.get("movie")
    number = made.get("input")
    if isinstance(number, int) and 1 <= number <= MASK_INPUTS:
        group.kind, group.mask_input = "INPUT", number
        return True
    if isinstance(mask, str) and mask in bpy.data.masks:
        group.kind, group.mask = "MASK", bpy.data.masks[mask]
        return True
    if isinstance(strip, str) and strip:
        group.kind, group.strip = "STRIP", strip
        return True
    if isinstance(movie, str) and Path(movie).suffix.lower() in _MOVIES:
        group.kind, group.path = "IMAGES", from_recipe(movie, base)
        return True
    return False


def _with_paths(data: Any, change: Callable[[str], str]) -> Any:
    """A tree with its files' paths changed."""
    if isinstance(data, list):
        return [_with_paths(entry, change) for entry in data]
    if not isinstance(data, dict):
        return data
    found = {key: _with_paths(entry, change) for key, entry in data.items()}
    for kind, key in (("images", "path"), ("coco", "path"), ("instances", "model")):
        named = found[kind].get(key) if isinstance(found.get(kind), dict) else None
        if isinstance(named, str) and (key == "path" or is_segmenter(named)):
            found[kind] = {**found[kind], key: change(named)}
    return found
