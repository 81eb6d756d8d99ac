"""Who finds the objects of an owner's plate. Panels and operators ask here, whatever the owner is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import bpy

from ..contract.errors import NstError
from ..jobs.progress import Progress
from .owner import Owner

__all__ = ["Finder", "Search", "add_finder", "finder_of", "remove_finder"]


@dataclass(frozen=True, kw_only=True)
class Search:
    """How the latest search for an owner's objects is, or ended."""

    job: str = ""
    """To be cancelled by; empty where it never started."""
    progress: Progress = Progress()
    fault: NstError | None = None
    said: str = ""
    """What became of it, in a sentence, where that is neither a fault nor a list."""


class Finder(Protocol):
    """Finds objects for one kind of owner."""

    def serves(self, owner: Owner) -> bool:
        """Whether the owner is of that kind."""

    def find(self, context: bpy.types.Context, owner: Owner, model: str) -> None:
        """Begin to find an owner's objects; without windows, wait for them.

        Raises :class:`NstError` where nothing can be begun, or waiting ended badly.
        """

    def latest(self, owner: Owner, model: str) -> Search | None:
        """The latest search with a network, until it is forgotten."""

    def forget(self, owner: Owner, model: str) -> None:
        """Say no more of a search that has ended."""

    def outdated(self, owner: Owner, found: Any) -> str:
        """Why what was found, a :class:`.object_groups.BrushpassFoundShot`, is to be found again; else empty."""

    def timeline(self, owner: Owner, number: int) -> int:
        """The frame of the timeline that shows a frame of the plate."""


_finders: list[Finder] = []


def add_finder(finder: Finder) -> None:
    """Announce who finds objects for a kind of owner."""
    _finders.append(finder)


def remove_finder(finder: Finder) -> None:
    """Take back :func:`add_finder`."""
    _finders.remove(finder)


def finder_of(owner: Owner) -> Finder | None:
    """Who finds the objects of an owner; None where its plate cannot be looked through."""
    return next((finder for finder in _finders if finder.serves(owner)), None)
