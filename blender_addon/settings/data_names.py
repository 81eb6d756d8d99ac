"""Names of objects and materials by the identity that they keep while Blender runs, through undo too."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

from ..contract.name_pattern import plain_name
from .name_memory import COLLECTIONS, Collection, Moment, NameList, NameMemory

__all__ = ["follow", "forget", "meet"]

_memory = NameMemory()
_compared: tuple[object, ...] = ()


def meet(pattern: str) -> None:
    """A matte was given a name, or a pattern: the data-blocks that have it now are meant."""
    name = plain_name(pattern)
    if not name:
        return
    for collection in COLLECTIONS:
        found = getattr(bpy.data, collection).get(name)
        if found is not None:
            _memory.meet((collection, name), found.session_uid)


def follow(lists: Sequence[NameList], moment: Moment) -> Sequence[NameList]:
    """The lists with the new names of what was renamed; where they name nothing, nothing is looked at."""
    global _compared
    used = {collection for at in lists for collection, _ in at.names}
    blocks = {collection: _names_by_uid(collection) for collection in used}
    compared = lists, [(uids.tobytes(), names) for uids, names in blocks.values()]
    if compared == _compared and moment is Moment.EDIT:
        return lists
    named = {collection: dict(zip(uids.tolist(), names, strict=True)) for collection, (uids, names) in blocks.items()}
    found = _memory.follow(lists, named, moment)
    _compared = found, compared[1]
    return found


def forget() -> None:
    """Of another file."""
    global _memory, _compared
    _memory, _compared = NameMemory(), ()


def _names_by_uid(collection: Collection) -> tuple[np.ndarray, list[str]]:
    blocks = getattr(bpy.data, collection)
    uids = np.empty(len(blocks), np.int32)
    blocks.foreach_get("session_uid", uids)
    return uids, blocks.keys()
