"""A matte of found objects: the search, its list, and which of it the region takes."""

from __future__ import annotations

from typing import Any

import bpy

from ..settings.finder import Search, finder_of
from ..settings.found_objects import chosen, counted, found_in, is_chosen, names_objects, thumbnail_of
from ..settings.object_groups import MODELS
from ..settings.owner import Owner, active_owner
from .backend_help import draw_open_preferences
from .problem import draw_problem
from .sections import active_region
from .thumbnails import picture

__all__ = ["CLASSES", "draw_objects"]

_ROWS = 3
_MOST_CLASSES = 8
_OF_BACKEND = ("environment", "protocol")


class BRUSHPASS_UL_objects(bpy.types.UIList):
    """Objects that were found, by number; a click takes one into the region or out of it"""

    only_chosen: bpy.props.BoolProperty(name="Chosen Only", description="List only what the region covers")
    by_area: bpy.props.BoolProperty(name="Largest First", description="List the largest objects first")

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: Any,
        item: Any,
        icon: int,
        active_data: Any,
        active_property: str,
    ) -> None:
        matte = _active_objects(context)
        if matte is None:
            return
        owner, taken = active_owner(context), is_chosen(matte, item)
        split = layout.split(factor=0.5)
        split.active = taken
        name = split.row(align=True)
        name.alignment = "LEFT"
        shown = picture(thumbnail_of(data, item))
        icons: dict[str, Any] = {"icon_value": shown} if shown else {"icon": "COMMUNITY"}
        name.operator("brushpass.object_toggle", text=item.name, emboss=False, **icons).number = item.id
        facts = split.row(align=True)
        facts.alignment = "RIGHT"
        facts.label(text=f"{_span(owner, item)}  {item.score:.0%}")
        by_number = any(entry.id == item.id for entry in matte.ids)
        facts.operator(
            "brushpass.object_toggle", text="", icon="CHECKBOX_HLT" if by_number else "CHECKBOX_DEHLT", emboss=False
        ).number = item.id

    def draw_filter(self, context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
        row = layout.row(align=True)
        row.prop(self, "filter_name", text="", icon="VIEWZOOM")
        row.prop(self, "only_chosen", text="", icon="CHECKBOX_HLT")
        row.prop(self, "by_area", text="", icon="SORT_DESC")

    def filter_items(self, context: bpy.types.Context, data: Any, property: str) -> tuple[list[int], list[int]]:
        items = getattr(data, property)
        wanted = self.filter_name.casefold()
        matte = _active_objects(context)
        covered = chosen(matte, data) if matte is not None and self.only_chosen else None
        flags = [
            self.bitflag_filter_item
            if wanted in item.name.casefold() and (covered is None or item.id in covered)
            else 0
            for item in items
        ]
        if not self.by_area:
            return flags, []
        largest = sorted(range(len(items)), key=lambda place: -items[place].area)
        order = [0] * len(items)
        for rank, place in enumerate(largest):
            order[place] = rank
        return flags, order


class BRUSHPASS_MT_object_classes(bpy.types.Menu):
    bl_idname = "BRUSHPASS_MT_object_classes"
    bl_label = "Classes"

    def draw(self, context: bpy.types.Context) -> None:
        owner, matte = active_owner(context), _active_objects(context)
        found = found_in(owner.settings, matte.model) if owner is not None and matte is not None else None
        if matte is None:
            return
        asked = [entry.name for entry in matte.classes]
        known = counted(found) if found is not None else {}
        layout = self.layout
        layout.operator("brushpass.object_class_toggle", text="Any", icon="NONE" if asked else "CHECKMARK").name = ""
        layout.separator()
        for label in dict.fromkeys([*known, *asked]):
            text = f"{label} ({known.get(label, 0)})"
            button = layout.operator(
                "brushpass.object_class_toggle", text=text, icon="CHECKMARK" if label in asked else "NONE"
            )
            button.name = label


def draw_objects(layout: bpy.types.UILayout, owner: Owner, matte: Any) -> None:
    """Draw a matte of found objects, a :class:`.object_groups.BrushpassObjectsMatte`."""
    found, finder = found_in(owner.settings, matte.model), finder_of(owner)
    search = None if finder is None else finder.latest(owner, matte.model.strip())
    running = search is not None and bool(search.job) and not search.progress.state.ended
    row = layout.row(align=True)
    row.prop(matte, "model")
    if found is not None and finder is not None and not running:
        row.operator("brushpass.find_objects", text="", icon="FILE_REFRESH")
    else:
        row.label(text="", icon="BLANK1")
    if running and search is not None:
        row = layout.row(align=True)
        row.progress(factor=search.progress.part, text=search.progress.text().capitalize())
        row.operator("brushpass.cancel", text="", icon="X").work = search.job
    elif found is None and finder is not None:
        layout.operator("brushpass.find_objects", icon="VIEWZOOM")
    if search is not None and not running:
        _draw_ended(layout, search)
    if found is None:
        if finder is None:
            draw_problem(layout, "Objects are found in strips: frames that come one by one cannot be looked through")
        elif search is None:
            draw_problem(layout, "Then choose among what was found. Style Strip finds what is missing", icon="INFO")
    else:
        outdated = finder.outdated(owner, found) if finder is not None and not running else ""
        if outdated:
            row = layout.row(align=True)
            draw_problem(row, outdated, icon="INFO")
            row.operator("brushpass.find_objects", text="Find Again")
        if len(found.objects):
            _draw_list(layout, matte, found)
        else:
            model = MODELS.get(matte.model.strip(), matte.model.strip())
            draw_problem(layout, f"{model} found nothing that it knows in these frames", icon="INFO")
    _draw_conditions(layout, matte)


def _draw_ended(layout: bpy.types.UILayout, search: Search) -> None:
    sentence = search.fault.sentence() if search.fault is not None else search.said
    if not sentence:
        return
    row = layout.row(align=True)
    draw_problem(row, sentence, icon="ERROR" if search.fault is not None else "INFO")
    row.operator("brushpass.objects_dismiss", text="", icon="X", emboss=False)
    if search.fault is None:
        return
    if search.fault.kind in _OF_BACKEND:
        draw_open_preferences(layout)
    elif "BRUSHPASS_OFFLINE" in sentence and not bpy.app.online_access:
        row = layout.row()
        row.operator("screen.userpref_show", text="Allow Online Access…", icon="INTERNET").section = "SYSTEM"


def _draw_list(layout: bpy.types.UILayout, matte: Any, found: Any) -> None:
    rows = min(_ROWS, max(2, len(found.objects)))
    layout.template_list("BRUSHPASS_UL_objects", "", found, "objects", found, "active_object", rows=rows)
    row = layout.row(align=True)
    if names_objects(matte):
        pixels = f" and {len(matte.at)} clicked" if len(matte.at) else ""
        row.label(text=f"{len(matte.ids)} of {len(found.objects)}{pixels} chosen")
        row.operator("brushpass.objects_clear", text="", icon="X", emboss=False)
        return
    count = len(chosen(matte, found))
    row.label(text=f"{count} of {len(found.objects)}: all of")
    if not count:
        there = ", ".join(f"{times} {label}" for label, times in list(counted(found).items())[:_MOST_CLASSES])
        draw_problem(layout, f"No object is like that. There are: {there}")


def _draw_conditions(layout: bpy.types.UILayout, matte: Any) -> None:
    """Class, score and area; they choose where no object is named."""
    column = layout.column(align=True)
    column.active = not names_objects(matte)
    column.use_property_split = False
    column.menu("BRUSHPASS_MT_object_classes", text=", ".join(entry.name for entry in matte.classes) or "Any Class")
    row = column.row(align=True)
    row.prop(matte, "score")
    row.prop(matte, "area")


def _span(owner: Owner | None, item: Any) -> str:
    """The frames of the timeline that an object is seen in, from the first to the last."""
    finder = finder_of(owner) if owner is not None else None
    if owner is None or finder is None:
        return ""
    first, last = (finder.timeline(owner, number) for number in (item.first, item.last))
    return f"{first}-{last}" if last > first else str(first)


def _active_objects(context: bpy.types.Context) -> Any | None:
    owner = active_owner(context)
    region = active_region(owner) if owner is not None else None
    return None if region is None else region.matte.objects


CLASSES = (BRUSHPASS_UL_objects, BRUSHPASS_MT_object_classes)
