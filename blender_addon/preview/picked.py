"""A picked name goes into the active region; what is picked from follows from that region."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..contract.errors import UsageError
from ..contract.name_pattern import as_pattern
from ..settings import found_objects, region_list
from ..settings.groups import CRYPTOMATTE_LAYERS
from ..settings.mattes import recipe_model
from ..settings.owner import Owner
from .names import FoundObjects, Layer, NamesSource, is_nameless, number_of

__all__ = ["add_name", "names_of"]

_OF_OBJECTS = "OBJECT"


def names_of(owner: Owner) -> NamesSource:
    """What the active region takes its names from: its Cryptomatte layer, its found objects; else rendered objects."""
    settings = owner.settings
    if settings.active_region >= len(settings.regions):
        return Layer(CRYPTOMATTE_LAYERS[_OF_OBJECTS])
    matte = settings.regions[settings.active_region].matte
    if matte.kind == found_objects.KIND:
        found = found_objects.found_in(settings, matte.objects.model)
        model = recipe_model(bpy.path.abspath(matte.objects.model), Path())
        return FoundObjects(model, "" if found is None else found.folder)
    if matte.kind == "CRYPTOMATTE" and matte.layer.strip():
        return Layer(matte.layer)
    return Layer(CRYPTOMATTE_LAYERS.get(matte.kind, CRYPTOMATTE_LAYERS[_OF_OBJECTS]))


def add_name(owner: Owner, name: str) -> bool:
    """Add a name to the active region's, and make a region where there is none; whether it was new.

    A region that takes no Cryptomatte takes objects from then on. Raises
    :class:`UsageError` for what has no name in the plate.
    """
    if is_nameless(name):
        raise UsageError(
            f"the plate does not tell the name of {name}", remedy="render it anew, with the manifest of its names"
        )
    settings = owner.settings
    if settings.active_region >= len(settings.regions):
        region_list.add(owner, name)
    matte = settings.regions[settings.active_region].matte
    if matte.kind == found_objects.KIND:
        return found_objects.add_number(matte.objects, number_of(name))
    if matte.kind not in (*CRYPTOMATTE_LAYERS, "CRYPTOMATTE"):
        matte.kind = _OF_OBJECTS
    pattern = as_pattern(name)
    if any(entry.name == pattern for entry in matte.names):
        return False
    # A name that was added and never filled in is what is meant.
    empty = next((entry for entry in matte.names if not entry.name.strip()), None)
    (empty if empty is not None else matte.names.add()).name = pattern
    return True
