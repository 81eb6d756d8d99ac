"""What the names in mattes mean, remembered while Blender runs, so that they can follow what is renamed.

Mattes are changed after the step of undo that renamed a data-block. So undo brings back data-blocks and mattes
that do not agree, and may leave either as it is. What a list of names meant is therefore kept by the
list's own text: whichever text comes back, it means what it meant.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal

__all__ = ["COLLECTIONS", "Blocks", "Collection", "Moment", "Name", "NameList", "NameMemory"]

Collection = Literal["objects", "materials"]
COLLECTIONS: tuple[Collection, ...] = ("objects", "materials")
"""Those of ``bpy.data`` whose names a Cryptomatte has."""
Name = tuple[Collection, str]
Blocks = Mapping[Collection, dict[int, str]]
"""Names of data-blocks by their uid; of two with one name the first is meant."""
_MOST_TEXTS = 512


class Moment(Enum):
    """What happened before names and data-blocks are compared."""

    EDIT = "edit"
    UNDO = "undo"
    REDO = "redo"


@dataclass(frozen=True)
class NameList:
    """All names of one owner's mattes in their order; ``data`` tells the lists of one data-block from another's."""

    data: int
    names: tuple[Name, ...]


@dataclass(frozen=True)
class _Known:
    """A data-block, by what stays while Blender runs; ``late``: it got its name after a matte had that."""

    uid: int
    late: bool = False


_Meaning = tuple[_Known | None, ...]
"""What each name of a list means; None where no data-block had the name yet."""


class NameMemory:
    """The data-blocks that lists of names mean."""

    def __init__(self) -> None:
        self._now: dict[NameList, _Meaning] = {}
        self._past: OrderedDict[NameList, _Meaning] = OrderedDict()
        self._met: dict[Name, _Known] = {}

    def meet(self, name: Name, uid: int) -> None:
        """A matte was given a name, which is the data-block's of ``uid``."""
        self._met[name] = _Known(uid)

    def follow(self, lists: Sequence[NameList], blocks: Blocks, moment: Moment = Moment.EDIT) -> list[NameList]:
        """The lists as they should be now."""
        first = {(collection, name): uid for collection in blocks for uid, name in reversed(blocks[collection].items())}
        each = {
            name: known for at in self._now for name, known in zip(at.names, self._now[at], strict=True)
        } | self._met
        self._met.clear()
        now: dict[NameList, _Meaning] = {}
        followed = []
        for at in lists:
            meant = self._now.get(at) if moment is Moment.EDIT else self._now.get(at, self._past.get(at))
            if meant is not None:
                before = meant
            elif moment is Moment.EDIT:
                before = tuple(each.get(name) for name in at.names)
            else:
                before = tuple(None if name in first else each.get(name) for name in at.names)
            if moment is Moment.UNDO:
                before = tuple(_undone(known, name, blocks) for known, name in zip(before, at.names, strict=True))
            known = tuple(
                _found(known, name, first, blocks, late=meant is not None)
                for known, name in zip(before, at.names, strict=True)
            )
            self._remember(at, known)
            named = tuple(_current(entry, name, blocks) for entry, name in zip(known, at.names, strict=True))
            then = NameList(at.data, named)
            if then != at:
                known = self._renamed(then, known)
                self._remember(then, known)
            now[then] = known
            followed.append(then)
        self._now = now
        return followed

    def _renamed(self, at: NameList, known: _Meaning) -> _Meaning:
        """``known`` for the names that it has now: those names were not there before, unless they once were."""
        past = self._past.get(at, (None,) * len(known))
        found: list[_Known | None] = []
        for entry, once in zip(known, past, strict=True):
            same = entry is not None and once is not None and entry.uid == once.uid
            found.append(once if same else entry and _Known(entry.uid))
        return tuple(found)

    def _remember(self, at: NameList, known: _Meaning) -> None:
        self._past[at] = known
        self._past.move_to_end(at)
        while len(self._past) > _MOST_TEXTS:
            self._past.popitem(last=False)


def _undone(known: _Known | None, name: Name, blocks: Blocks) -> _Known | None:
    """What is known once a step is undone: not that a data-block has the name which it got only after the matte."""
    return None if known is not None and known.late and blocks[name[0]].get(known.uid) != name[1] else known


def _found(known: _Known | None, name: Name, first: Mapping[Name, int], blocks: Blocks, *, late: bool) -> _Known | None:
    """``known``, unless it is gone or another data-block comes first of those with the name."""
    current = None if known is None else blocks[name[0]].get(known.uid)
    uid = first.get(name)
    if current not in (None, name[1]) or uid is None or (known is not None and known.uid == uid):
        return known
    return _Known(uid, late)


def _current(known: _Known | None, name: Name, blocks: Blocks) -> Name:
    return name if known is None else (name[0], blocks[name[0]].get(known.uid, name[1]))
