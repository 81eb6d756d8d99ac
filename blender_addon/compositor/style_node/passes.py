"""The passes that Style nodes need: switched on where they are missing, and off again when no node needs them."""

from __future__ import annotations

from collections.abc import Mapping

import bpy

from ...settings.groups import CRYPTOMATTE_LAYERS

__all__ = ["missing_passes", "needed_passes", "register", "set_passes", "unregister"]

_BASE = ("combined", "z", "vector")
_LABELS = {
    "combined": "Combined",
    "z": "Depth",
    "vector": "Vector",
    **{f"cryptomatte_{kind.lower()}": layer for kind, layer in CRYPTOMATTE_LAYERS.items()},
}
"""What Blender calls them, by the end of their property's name."""


def needed_passes(node: bpy.types.Node) -> frozenset[str]:
    """The passes that a Style node reads."""
    found = set(_BASE)
    for region in node.brushpass.regions:
        matte = region.matte
        asked = f"{CRYPTOMATTE_LAYERS.get(matte.kind, '')} {matte.layer if matte.kind == 'CRYPTOMATTE' else ''}"
        if matte.kind == "CUSTOM":
            asked = matte.custom
        found |= {f"cryptomatte_{kind.lower()}" for kind, layer in CRYPTOMATTE_LAYERS.items() if layer in asked}
    return frozenset(found)


def missing_passes(layer: bpy.types.ViewLayer, wanted: frozenset[str]) -> list[str]:
    """Those of ``wanted`` that are off in a view layer, as Blender calls them."""
    return [label for name, label in _LABELS.items() if name in wanted and not getattr(layer, f"use_pass_{name}")]


def set_passes(scene: bpy.types.Scene, needed: Mapping[str, frozenset[str]]) -> list[str]:
    """Switch on what each view layer of ``scene`` needs, and off what was switched on here and is no longer needed.

    Returns what was switched on, in words.
    """
    said = []
    for layer in scene.view_layers:
        wanted = needed.get(layer.name, frozenset())
        ours = set(layer.brushpass_passes.split())
        missing = [name for name in _LABELS if name in wanted and not getattr(layer, f"use_pass_{name}")]
        for name in missing:
            setattr(layer, f"use_pass_{name}", True)
        for name in ours - wanted:
            setattr(layer, f"use_pass_{name}", False)
        kept = " ".join(sorted((ours & wanted) | set(missing)))
        if kept != layer.brushpass_passes:
            layer.brushpass_passes = kept
        if missing:
            said.append(f"{', '.join(_LABELS[name] for name in missing)} of {layer.name}")
    return said


def register() -> None:
    bpy.types.ViewLayer.brushpass_passes = bpy.props.StringProperty(
        description="The passes that Style nodes switched on", options={"HIDDEN"}
    )


def unregister() -> None:
    del bpy.types.ViewLayer.brushpass_passes
