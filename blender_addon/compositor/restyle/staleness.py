"""Whether a picture is still what its node's settings would make of the same frame. Knows nothing of Blender."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ...contract.keyframes import Curve
from ...contract.recipe import Region
from ..bridge.node_plan import NodePlan

__all__ = ["stale_reason"]

_CURVES = {
    field.name: field.default.to_json() for field in dataclasses.fields(Region) if isinstance(field.default, Curve)
}
"""The options of a region that may be keyed, with what they are where a recipe does not say."""
_WORDS = {"plate": "the view layer or its colour space", "temporal": "the motion settings", "compute": "the device"}
_MOST = 3


def stale_reason(made: NodePlan | None, now: NodePlan, frame: int) -> str:
    """Why what ``made`` painted at ``frame`` is not what ``now`` would, in a few words; empty where it is.

    ``made`` is None for a node that had no part in the render.
    """
    if made is None:
        return "it was not in the last render"
    if now.fault is not None:
        known = made.fault is not None and made.fault.sentence() == now.fault.sentence()
        return "" if known else now.fault.sentence()
    if made.fault is not None:
        return "it failed in the last render"
    lacking = [part.socket for part in now.passes if part not in made.passes]
    if lacking:
        return f"{', '.join(lacking)} was not painted"
    assert made.recipe is not None
    assert now.recipe is not None
    changed = _changes(_at(made.recipe, frame), _at(now.recipe, frame))
    if not changed:
        return ""
    more = f" and {len(changed) - _MOST} more" if len(changed) > _MOST else ""
    return f"{', '.join(changed[:_MOST])}{more} changed"


def _at(recipe: Mapping[str, Any], frame: int) -> dict[str, Any]:
    """What of a recipe counts at one frame."""
    plate = {key: value for key, value in recipe["plate"].items() if key != "frames"}
    return {**recipe, "plate": plate, "regions": [_region_at(region, frame) for region in recipe["regions"]]}


def _region_at(region: Mapping[str, Any], frame: int) -> dict[str, Any]:
    values = {name: Curve.from_json(region.get(name, usual), name).at(frame) for name, usual in _CURVES.items()}
    return {**region, **values}


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    found = [_WORDS.get(key, key) for key in _different(before, now) if key != "regions"]
    regions, others = before["regions"], now["regions"]
    if [region["name"] for region in regions] != [region["name"] for region in others]:
        return ["the list of regions", *found]
    for region, other in zip(regions, others, strict=True):
        found += [f"{key.replace('_', ' ')} of {other['name']!r}" for key in _different(region, other)]
    return found


def _different(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [key for key in {**one, **other} if one.get(key) != other.get(key)]
