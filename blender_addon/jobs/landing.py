"""Who brings what comes of a work into the file, by the kind of its owner. All of it on the main thread."""

from __future__ import annotations

from typing import Protocol

from ..settings.owner import Owner
from .order import StripOrder
from .work import Work

__all__ = ["Landing", "add_landing", "landing_of", "remove_landing"]


class Landing(Protocol):
    """For one kind of owner."""

    def serves(self, order: StripOrder) -> bool:
        """Whether an order is about that kind."""

    def owner(self, order: StripOrder) -> Owner | None:
        """Whose settings an order is about; None where they are gone, or another file is open."""

    def ready(self, work: Work) -> bool:
        """Whether there is enough to be put in place."""

    def place(self, work: Work) -> str:
        """Put a result in place, the owner is there; the name of that step of undo, empty where it is none.

        Raises :class:`NstError` where it cannot be.
        """

    def refresh(self, work: Work) -> None:
        """Show what arrived since; raises :class:`NstError` where that cannot be."""

    def finish(self, work: Work) -> None:
        """Once, when all of it is there; raises as :meth:`refresh`."""


_landings: list[Landing] = []


def add_landing(landing: Landing) -> None:
    """Announce who serves a kind of owner."""
    _landings.append(landing)


def remove_landing(landing: Landing) -> None:
    """Take back :func:`add_landing`."""
    _landings.remove(landing)


def landing_of(order: StripOrder) -> Landing:
    """Who serves an order."""
    return next(landing for landing in _landings if landing.serves(order))
