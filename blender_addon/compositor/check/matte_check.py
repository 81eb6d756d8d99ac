"""What can be told of mattes before a frame is rendered: names that nothing has, pictures that are not there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy

from ...contract.errors import InputError, NstError, UsageError, nearest
from ...contract.frame_pattern import FramePattern, is_pattern, names_in
from ...contract.frames import FrameRange
from ...contract.matte_options import CocoMatte, CryptomatteMatte, ImagesMatte, Matte
from ...contract.name_pattern import has_wildcard, name_pattern
from ..bridge.bridge_scene import BRIDGE_NAME

__all__ = ["absent_objects", "missing_pictures", "unknown_names"]

_RAW_ID = re.compile(r"<[0-9a-f]{8}>")


def unknown_names(recipe: Mapping[str, Any]) -> Iterator[NstError]:
    """Names of Cryptomatte mattes that no object, material or topmost parent of the file has."""
    for where, options in _sources(recipe, CryptomatteMatte):
        kind = options.layer.rpartition(".")[2]
        known = _names_of(kind)
        if known is None:
            continue
        for name in options.names:
            if _RAW_ID.fullmatch(name) or _meant(name, known):
                continue
            what = "matches nothing" if has_wildcard(name) else "is not the name of anything"
            yield UsageError(f"{where}: {name!r} {what} that {kind} of this file has", remedy=nearest(name, known))


def absent_objects(recipe: Mapping[str, Any], scene: bpy.types.Scene) -> Iterator[NstError]:
    """Objects of mattes that the scene does not render, as far as collections tell: geometry nodes may bring them."""
    shown = {item.name: item for item in _objects(scene)}
    for where, options in _sources(recipe, CryptomatteMatte):
        if options.layer.rpartition(".")[2] != "CryptoObject":
            continue
        for name in options.names:
            plain = name.replace("\\*", "*").replace("\\?", "?")
            if has_wildcard(name) or plain not in bpy.data.objects:
                continue
            item = shown.get(plain)
            if item is None:
                yield UsageError(f"{where}: {plain!r} is in no collection of the scene", remedy="link it, or remove it")
            elif item.hide_render:
                yield UsageError(f"{where}: {plain!r} is hidden in renders", remedy="show it, or remove the name")


def missing_pictures(recipe: Mapping[str, Any], base: Path, frames: Sequence[int]) -> Iterator[NstError]:
    """Mattes that are files which are not there, for any of ``frames``; relative paths lie in ``base``."""
    for where, coco in _sources(recipe, CocoMatte):
        if not Path(base, coco.path).is_file():
            yield InputError(f"{where}: there is no file {coco.path!r}", remedy="correct the path")
    for where, options in _sources(recipe, ImagesMatte):
        path = Path(base, options.path)
        if not is_pattern(path):
            if not path.is_file():
                yield InputError(f"{where}: there is no picture {str(path)!r}", remedy="correct the path")
            continue
        try:
            pattern = FramePattern.parse(path)
            there = set(names_in(pattern.folder))
        except NstError as fault:
            yield type(fault)(f"{where}: {fault.problem}", remedy=fault.remedy)
            continue
        missing = [frame for frame in frames if pattern.path(frame).name not in there]
        if missing:
            yield InputError(
                f"{where}: {str(path)!r} has no picture for {_in_words(missing)}",
                remedy="add what is missing, or render other frames",
            )


def _in_words(frames: Sequence[int]) -> str:
    text = str(FrameRange.of(frames))
    return f"the frame {text}" if len(frames) == 1 else f"the frames {text}"


def _sources(recipe: Mapping[str, Any], kind: type[Any]) -> Iterator[tuple[str, Any]]:
    """Every source of a kind in the mattes of a recipe, with where it stands."""
    for region in recipe["regions"]:
        where = f"the matte of region {region['name']!r}"
        for node in Matte.from_json(region["matte"], where).walk():
            if isinstance(node.options, kind):
                yield where, node.options


def _names_of(kind: str) -> frozenset[str] | None:
    """What a kind of Cryptomatte can name; None for layers that are not Blender's."""
    if kind == "CryptoObject":
        return frozenset(item.name for item in bpy.data.objects if item.name != BRIDGE_NAME)
    if kind == "CryptoMaterial":
        return frozenset(material.name for material in bpy.data.materials)
    if kind == "CryptoAsset":
        return frozenset(_topmost(item).name for item in bpy.data.objects if item.name != BRIDGE_NAME)
    return None


def _topmost(item: bpy.types.Object) -> bpy.types.Object:
    while item.parent is not None:
        item = item.parent
    return item


def _meant(name: str, known: Iterable[str]) -> bool:
    pattern = name_pattern(name)
    return any(pattern.fullmatch(entry) for entry in known)


def _objects(scene: bpy.types.Scene) -> Iterator[bpy.types.Object]:
    """The scene's objects, and those of collections that it instances."""
    waiting: list[bpy.types.Object] = list(scene.objects)
    seen: set[bpy.types.Collection] = set()
    while waiting:
        item = waiting.pop()
        yield item
        collection = item.instance_collection
        if collection is not None and collection not in seen:
            seen.add(collection)
            waiting += list(collection.all_objects)
