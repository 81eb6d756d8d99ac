"""A view layer without motion blur beside one with it, for Depth and Vector alone.

Blender leaves the Vector pass empty where a view layer renders motion blur. Cycles blurs each view layer by itself;
EEVEE knows the scene's switch alone, so no layer of its has motion while the scene is blurred.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

__all__ = ["blurs", "make_data_layer", "match_data_layer", "may_have_data_layer"]

_PASSES = ("use_pass_z", "use_pass_vector")
_SHARED = (
    "material_override",
    "world_override",
    "use_sky",
    "use_solid",
    "use_strand",
    "use_volumes",
    "pass_alpha_threshold",
)
"""Of a view layer: what decides which surfaces it shows."""
_COLLECTIONS = ("exclude", "holdout", "indirect_only", "hide_viewport")
_OWN: dict[str, Any] = {
    "use_motion_blur": False,
    # Motion needs no more, and surfaces do not mix at edges.
    "samples": 1,
    "use_ao": False,
    "use_freestyle": False,
}


def blurs(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> bool:
    """Whether a view layer is rendered with motion blur, and so without motion."""
    return scene.render.use_motion_blur and (layer.use_motion_blur or not may_have_data_layer(scene))


def may_have_data_layer(scene: bpy.types.Scene) -> bool:
    """Whether the scene's engine renders one view layer without the blur of another."""
    engine: str = scene.render.engine
    return engine == "CYCLES"


def make_data_layer(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> bpy.types.ViewLayer:
    """Give ``scene`` a view layer that shows what ``layer`` shows; Blender decides on its name where it is taken."""
    data = scene.view_layers.new(f"{layer.name} Data")
    match_data_layer(scene, layer, data)
    return data


def match_data_layer(scene: bpy.types.Scene, layer: bpy.types.ViewLayer, data: bpy.types.ViewLayer) -> None:
    """Let ``data`` show what ``layer`` shows, and be rendered where that is blurred; nothing is written in vain."""
    passes = (entry.identifier for entry in data.bl_rna.properties if entry.identifier.startswith("use_pass_"))
    wanted = {name: name in _PASSES for name in passes}
    wanted |= {name: getattr(layer, name) for name in _SHARED} | _OWN
    wanted["use"] = layer.use and blurs(scene, layer) and may_have_data_layer(scene)
    _assign(data, wanted)
    cycles = getattr(data, "cycles", None)
    if cycles is not None:
        switches = (entry.identifier for entry in cycles.bl_rna.properties if entry.type == "BOOLEAN")
        _assign(
            cycles,
            {name: False for name in switches if name.startswith(("use_pass_", "use_denoising", "denoising_store"))},
        )
    for here, there in _collections(layer.layer_collection, data.layer_collection):
        _assign(there, {name: getattr(here, name) for name in _COLLECTIONS})


def _assign(target: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if getattr(target, name) != value:
            setattr(target, name, value)


def _collections(
    here: bpy.types.LayerCollection, there: bpy.types.LayerCollection
) -> Iterator[tuple[bpy.types.LayerCollection, bpy.types.LayerCollection]]:
    # Parents first: what is set of them goes to their children.
    for child, twin in zip(here.children, there.children, strict=True):
        yield child, twin
        yield from _collections(child, twin)
