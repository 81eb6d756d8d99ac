"""A border makes the frame smaller; strokes and distances stay those of the whole frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...contract.recipe import Region
from ...settings.derive import fields
from .frame_shape import FrameShape

__all__ = ["border_zoom", "enlarged"]

_CURVES = ("scale", "feather")
_DISTANCES = ("grow", "shrink")


def border_zoom(shape: FrameShape) -> float:
    """The lines of a frame by those that are rendered, 1 without a border."""
    if not shape["use_border"]:
        return 1.0
    part = min(max(shape["border_max_y"] - shape["border_min_y"], 0.0), 1.0)
    return 1.0 / part if part > 0 else 1.0


def enlarged(recipe: Mapping[str, Any], zoom: float) -> dict[str, Any]:
    """A recipe whose strokes and distances are ``zoom`` times as large, for a frame of as many fewer lines.

    Limited to what a recipe may say.
    """
    if zoom == 1.0:
        return dict(recipe)
    return {**recipe, "regions": [_region(region, zoom) for region in recipe["regions"]]}


def _region(region: Mapping[str, Any], zoom: float) -> dict[str, Any]:
    found = {**region, "matte": _matte(region["matte"], zoom)}
    for name in _CURVES:
        limit = fields(Region)[name].metadata["maximum"]
        if name in region or name == "scale":
            found[name] = _values(region.get(name, 1.0), lambda value, limit=limit: min(value * zoom, limit))
    return found


def _values(curve: Any, change: Callable[[float], float]) -> Any:
    if isinstance(curve, list):
        return [[frame, change(value)] for frame, value in curve]
    return change(curve)


def _matte(tree: Any, zoom: float) -> Any:
    if isinstance(tree, list):
        return [_matte(entry, zoom) for entry in tree]
    if not isinstance(tree, dict):
        return tree
    found = {key: _matte(value, zoom) for key, value in tree.items()}
    for kind in _DISTANCES:
        if isinstance(found.get(kind), dict) and "distance" in found[kind]:
            found[kind] = {**found[kind], "distance": found[kind]["distance"] * zoom}
    return found
