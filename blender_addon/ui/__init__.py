"""Panels, lists and small operators for settings."""

from __future__ import annotations

import bpy

from . import (
    capture_section,
    check_section,
    copy_to_strips,
    data_layer,
    jobs_section,
    key_operators,
    look_section,
    matte_section,
    motion_section,
    node_body,
    object_operators,
    objects_matte,
    optimisation,
    output_section,
    preset_operators,
    preview_section,
    recipe_operators,
    region_operators,
    regions_section,
    result_section,
    sections,
    status_bar,
    style_chooser,
    thumbnails,
    training_section,
)

__all__ = ["register", "unregister"]

_MODULES = (
    region_operators,
    key_operators,
    recipe_operators,
    preset_operators,
    copy_to_strips,
    style_chooser,
    object_operators,
    objects_matte,
    optimisation,
    matte_section,
    regions_section,
    data_layer,
)
_CLASSES = tuple(cls for module in _MODULES for cls in module.CLASSES)
_SECTIONS = tuple(
    module.SECTION
    for module in (
        jobs_section,
        result_section,
        capture_section,
        node_body,
        check_section,
        preview_section,
        regions_section,
        matte_section,
        look_section,
        motion_section,
        output_section,
        training_section,
    )
)
_SEQUENCER = sections.Place(
    name="SEQUENCER",
    space="SEQUENCE_EDITOR",
    nothing="Select a strip with a picture",
    draw_header=preset_operators.draw_presets_button,
)
_COMPOSITOR = sections.Place(
    name="COMPOSITOR",
    space="NODE_EDITOR",
    nothing="Select a Style node",
    shown=lambda context: context.space_data.tree_type == "CompositorNodeTree",
    draw_header=preset_operators.draw_presets_button,
)
_PLACES = (_SEQUENCER, _COMPOSITOR)


def register() -> None:
    thumbnails.register()
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    for place in _PLACES:
        sections.add_place(place)
    for section in _SECTIONS:
        sections.add(section)
    jobs_section.register()
    capture_section.register()
    node_body.register()
    check_section.register()
    status_bar.register()
    training_section.register()


def unregister() -> None:
    training_section.unregister()
    status_bar.unregister()
    check_section.unregister()
    node_body.unregister()
    capture_section.unregister()
    jobs_section.unregister()
    for section in reversed(_SECTIONS):
        sections.remove(section)
    for place in reversed(_PLACES):
        sections.remove_place(place)
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
    thumbnails.unregister()
