"""The names of objects and materials that a region's matte holds: told, and exchanged for others.

Patterns with ``*`` or ``?`` and bare ids name no data-block by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import bpy

from ..contract.matte_options import CryptomatteMatte
from ..contract.name_pattern import as_pattern, plain_name
from .derive import fields
from .groups import CRYPTOMATTE_LAYERS
from .name_memory import Collection, Name

__all__ = ["names_in", "rename_in"]

_COLLECTIONS: Mapping[str, Collection] = {
    CRYPTOMATTE_LAYERS["OBJECT"]: "objects",
    # An asset has the name of its topmost parent.
    CRYPTOMATTE_LAYERS["ASSET"]: "objects",
    CRYPTOMATTE_LAYERS["MATERIAL"]: "materials",
}
_DEFAULT_LAYER = fields(CryptomatteMatte)["layer"].default


def names_in(matte: bpy.types.PropertyGroup) -> Sequence[Name]:
    """Each name that a region's matte holds, in order, with the collection of what it means."""
    if matte.kind == "CUSTOM":
        return _names_in_tree(matte.custom)
    collection = _collection(matte)
    return _plain(collection, [entry.name for entry in matte.names]) if collection is not None else ()


def rename_in(matte: bpy.types.PropertyGroup, names: Iterator[Name]) -> None:
    """Give a region's matte other names, one for each of :func:`names_in`; one that it then has twice goes."""
    if matte.kind == "CUSTOM":
        tree = json.loads(matte.custom or "null")
        for options in _cryptomattes(tree):
            options["names"] = _exchanged(options["names"], names)
        text = json.dumps(tree, ensure_ascii=False)
        if _names_in_tree(text) != _names_in_tree(matte.custom):
            matte.custom = text
    elif _collection(matte) is not None:
        patterns = _exchanged([entry.name for entry in matte.names], names)
        for index in reversed(range(len(patterns), len(matte.names))):
            matte.names.remove(index)
        for entry, pattern in zip(matte.names, patterns, strict=True):
            if entry.name != pattern:
                entry.name = pattern


def _exchanged(patterns: Sequence[str], names: Iterator[Name]) -> list[str]:
    found: dict[str, None] = {}
    for pattern in patterns:
        before = plain_name(pattern)
        now = next(names)[1] if before else before
        found[pattern if now == before or now is None else as_pattern(now)] = None
    return list(found)


def _plain(collection: Collection, patterns: Sequence[str]) -> tuple[Name, ...]:
    return tuple((collection, name) for pattern in patterns if (name := plain_name(pattern)))


def _collection(matte: bpy.types.PropertyGroup) -> Collection | None:
    return _of_layer(CRYPTOMATTE_LAYERS.get(matte.kind, matte.layer if matte.kind == "CRYPTOMATTE" else ""))


def _of_layer(layer: str) -> Collection | None:
    """Whose names a Cryptomatte layer has, given in full or without its view layer; None unless Blender writes it."""
    return _COLLECTIONS.get(layer.rpartition(".")[2])


@lru_cache(maxsize=64)
def _names_in_tree(text: str) -> tuple[Name, ...]:
    try:
        tree = json.loads(text)
        found: list[Name] = []
        for options in _cryptomattes(tree):
            collection = _of_layer(options.get("layer", _DEFAULT_LAYER))
            assert collection is not None
            found += _plain(collection, options["names"])
    except (ValueError, RecursionError):
        # Said where the matte is read.
        return ()
    return tuple(found)


def _cryptomattes(tree: Any) -> Iterator[dict[str, Any]]:
    """The options of each Cryptomatte of Blender's in a tree of mattes, to be changed in place."""
    if isinstance(tree, list):
        for entry in tree:
            yield from _cryptomattes(entry)
    elif isinstance(tree, dict):
        options = tree.get("cryptomatte")
        if isinstance(options, dict) and _is_blenders(options):
            yield options
        for entry in tree.values():
            yield from _cryptomattes(entry)


def _is_blenders(options: Mapping[str, Any]) -> bool:
    layer, names = options.get("layer", _DEFAULT_LAYER), options.get("names")
    named = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return named and isinstance(layer, str) and _of_layer(layer) is not None
