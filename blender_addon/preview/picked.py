"""A picked name goes into the active region; which layer is picked from follows from that region."""

from __future__ import annotations

from ..contract.errors import UsageError
from ..settings import region_list
from ..settings.groups import CRYPTOMATTE_LAYERS
from ..settings.owner import Owner
from .picker import as_pattern, is_nameless

__all__ = ["add_name", "layer_of"]

_OF_OBJECTS = "OBJECT"


def layer_of(owner: Owner) -> str:
    """The Cryptomatte layer of the active region, by its short or full name; of all others that of objects."""
    settings = owner.settings
    if settings.active_region >= len(settings.regions):
        return CRYPTOMATTE_LAYERS[_OF_OBJECTS]
    matte = settings.regions[settings.active_region].matte
    if matte.kind == "CRYPTOMATTE" and matte.layer.strip():
        return str(matte.layer)
    return CRYPTOMATTE_LAYERS.get(matte.kind, CRYPTOMATTE_LAYERS[_OF_OBJECTS])


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
    if matte.kind not in (*CRYPTOMATTE_LAYERS, "CRYPTOMATTE"):
        matte.kind = _OF_OBJECTS
    pattern = as_pattern(name)
    if any(entry.name == pattern for entry in matte.names):
        return False
    # A name that was added and never filled in is what is meant.
    empty = next((entry for entry in matte.names if not entry.name.strip()), None)
    (empty if empty is not None else matte.names.add()).name = pattern
    return True
