"""The Style panel and its sections, in every editor that has one.

A section is a file of its own that draws for an :class:`Owner`, whatever that is,
and is announced with :func:`add`. A place is an editor's side panel, announced
with :func:`add_place`; it shows every section, in the sections' order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import bpy

from ..settings.owner import Owner, active_owner
from .problem import draw_problem

__all__ = ["Place", "Section", "active_region", "add", "add_place", "remove", "remove_place", "whose_settings"]

_CATEGORY = "Style"


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the Style panel."""

    name: str
    """Unique, a part of the panel class's name."""
    label: str
    order: int
    """Sections are shown by rising order."""
    draw: Callable[[bpy.types.UILayout, Owner, bpy.types.Context], None]
    shown: Callable[[Owner], bool] = lambda owner: True
    header: bool = True
    """False for a section that stands in the panel without a heading."""
    closed: bool = False


@dataclass(frozen=True, kw_only=True)
class Place:
    """A side panel that shows the sections."""

    name: str
    """Prefix of the panel classes, in capitals."""
    space: str
    nothing: str
    """What to select where there is no owner."""
    shown: Callable[[bpy.types.Context], bool] = lambda context: True
    """Whether the editor shows what the sections are about."""
    draw_header: Callable[[bpy.types.UILayout], None] = lambda layout: None


_sections: dict[str, Section] = {}
_places: dict[str, Place] = {}
_panels: dict[tuple[str, str], type[bpy.types.Panel]] = {}


def add(section: Section) -> None:
    """Show a section in every place."""
    _sections[section.name] = section
    for place in _places.values():
        _show(place, section)


def remove(section: Section) -> None:
    """Take back :func:`add`."""
    del _sections[section.name]
    for place in _places.values():
        _hide(place, section.name)


def add_place(place: Place) -> None:
    """Show all sections in one more editor."""
    _places[place.name] = place
    root = _root_panel(place)
    bpy.utils.register_class(root)
    _panels[place.name, ""] = root
    for section in _sections.values():
        _show(place, section)


def remove_place(place: Place) -> None:
    """Take back :func:`add_place`."""
    for section in _sections.values():
        _hide(place, section.name)
    _hide(place, "")
    del _places[place.name]


def active_region(owner: Owner) -> bpy.types.PropertyGroup | None:
    """The region that the list has chosen."""
    settings = owner.settings
    inside = 0 <= settings.active_region < len(settings.regions)
    return settings.regions[settings.active_region] if inside else None


def whose_settings(owner: Owner) -> str:
    """Whose settings the panel shows, in a sentence, where that is not what is selected; else empty."""
    return f"{owner.through} is a result: these are the settings of {owner.label}" if owner.through else ""


def _show(place: Place, section: Section) -> None:
    panel = _section_panel(place, section)
    bpy.utils.register_class(panel)
    _panels[place.name, section.name] = panel


def _hide(place: Place, name: str) -> None:
    bpy.utils.unregister_class(_panels.pop((place.name, name)))


def _root_name(place: Place) -> str:
    return f"{place.name}_PT_brushpass"


def _root_panel(place: Place) -> type[bpy.types.Panel]:
    def poll(cls: type[bpy.types.Panel], context: bpy.types.Context) -> bool:
        return place.shown(context)

    def draw_header_preset(self: bpy.types.Panel, context: bpy.types.Context) -> None:
        place.draw_header(self.layout)  # type: ignore[arg-type]

    def draw(self: bpy.types.Panel, context: bpy.types.Context) -> None:
        owner = active_owner(context)
        if owner is None:
            self.layout.label(text=place.nothing, icon="INFO")
        elif whose := whose_settings(owner):
            draw_problem(self.layout, whose, icon="INFO")  # type: ignore[arg-type]

    members = {
        "bl_label": "Brushpass",
        "bl_space_type": place.space,
        "bl_region_type": "UI",
        "bl_category": _CATEGORY,
        "poll": classmethod(poll),
        "draw_header_preset": draw_header_preset,
        "draw": draw,
    }
    return type(_root_name(place), (bpy.types.Panel,), members)


def _section_panel(place: Place, section: Section) -> type[bpy.types.Panel]:
    def poll(cls: type[bpy.types.Panel], context: bpy.types.Context) -> bool:
        owner = active_owner(context)
        return owner is not None and section.shown(owner)

    def draw(self: bpy.types.Panel, context: bpy.types.Context) -> None:
        owner = active_owner(context)
        if owner is not None:
            section.draw(self.layout, owner, context)  # type: ignore[arg-type]

    options = ({"DEFAULT_CLOSED"} if section.closed else set()) | (set() if section.header else {"HIDE_HEADER"})
    members = {
        "bl_label": section.label,
        "bl_space_type": place.space,
        "bl_region_type": "UI",
        "bl_category": _CATEGORY,
        "bl_parent_id": _root_name(place),
        "bl_order": section.order,
        "bl_options": options,
        "poll": classmethod(poll),
        "draw": draw,
    }
    return type(f"{_root_name(place)}_{section.name}", (bpy.types.Panel,), members)
