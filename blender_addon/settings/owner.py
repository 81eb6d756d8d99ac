"""Who carries settings: a strip, a node. What the rest of the add-on knows of them.

A property group cannot say its own data path where it hangs on a strip or a
node, so Blender cannot key it. An :class:`Owner` names the data-block and the
path from there. Each kind of owner is announced by a :class:`Host`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import bpy

__all__ = ["Host", "Owner", "active_owner", "add_host", "all_settings", "owner_of", "remove_host"]


@dataclass(frozen=True)
class Owner:
    """One set of settings and how its animation is addressed.

    Not to be kept beyond the call at hand: names and indices change.
    """

    id: bpy.types.ID
    """The data-block that holds the animation."""
    path: str
    """From there to the settings, such as ``sequence_editor.strips_all["Shot"].brushpass``."""
    label: str
    """What the artist calls it."""
    through: str = ""
    """What is selected instead, a result of it; empty where it is selected itself."""

    @property
    def settings(self) -> Any:
        """The :class:`.groups.BrushpassSettings`."""
        return self.id.path_resolve(self.path)

    def option_path(self, region: int, option: str) -> str:
        """The data path of a region's option, from :attr:`id`."""
        return f"{self.path}.regions[{region}].{option}"


class Host(Protocol):
    """A kind of owner."""

    def active(self, context: bpy.types.Context) -> Owner | None:
        """The owner that the artist works on, None where this kind is not shown."""

    def owners(self, id: bpy.types.ID) -> Iterator[Owner]:
        """Every owner that ``id`` holds."""

    def all_settings(self) -> Iterator[Any]:
        """The settings of every owner in this file that are there, and not another file's."""


_hosts: list[Host] = []


def add_host(host: Host) -> None:
    """Announce a kind of owner."""
    _hosts.append(host)


def remove_host(host: Host) -> None:
    """Take back :func:`add_host`."""
    _hosts.remove(host)


def active_owner(context: bpy.types.Context) -> Owner | None:
    """The owner that panels show and operators change."""
    found = (host.active(context) for host in _hosts)
    return next((owner for owner in found if owner is not None), None)


def all_settings() -> Iterator[Any]:
    """All :class:`.groups.BrushpassSettings` of this file; those of linked files are not to be written."""
    for host in _hosts:
        yield from host.all_settings()


def owner_of(region: bpy.types.PropertyGroup) -> tuple[Owner, int] | None:
    """The owner of a region and the region's index there."""
    address, data = region.as_pointer(), region.id_data
    assert data is not None
    for host in _hosts:
        for owner in host.owners(data):
            for index, entry in enumerate(owner.settings.regions):
                if entry.as_pointer() == address:
                    return owner, index
    return None
