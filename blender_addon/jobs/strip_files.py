"""The recipe of a strip once its plate is known: what comes in, what goes out, where motion comes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from ..contract.frames import FrameRange
from ..contract.matte_options import InstancesMatte, Matte
from ..sequencer.plan import Plate
from ..sequencer.versions import PLATE_FOLDER, is_movie, version_name
from .order import Order

__all__ = ["filled_in", "models_in"]

_NEEDS_EXR = ("keep_channels", "mattes")


def filled_in(recipe: Mapping[str, Any], order: Order, plate: Plate) -> dict[str, Any]:
    """``recipe`` with the plate's and the output's files, relative to the shelf, which all versions share.

    Without a wish of the artist's, frames go out as the plate came, which loses nothing
    and needs no other colour space on the strip.
    """
    source = dict(recipe["plate"])
    source["path"] = f"{PLATE_FOLDER}/{plate.pattern}"
    source["frames"] = str(FrameRange.of(range(order.first, order.last + 1)))
    source |= plate.layers

    output = dict(recipe["output"])
    folder = version_name(order.version_pattern, order.version)
    if is_movie(output["path"]):
        output["path"] = f"{folder}/styled{PurePath(output['path']).suffix}"
        output.pop("depth", None)
    else:
        depth = output.get("depth") or ("half" if any(map(output.get, _NEEDS_EXR)) else plate.output["depth"])
        output |= {"path": f"{folder}/styled.####{'.exr' if depth in ('half', 'float') else '.png'}", "depth": depth}
    for name in ("per_frame", "matte"):
        if output.get(name):
            output[name] = f"{folder}/{PurePath(output[name]).name}"

    temporal = dict(recipe.get("temporal", {}))
    if plate.encoding == "passes" and not plate.vector and temporal.get("flow", "auto") in ("auto", "vector"):
        # The pass is there, and is the motion of other frames than these.
        temporal["flow"] = "dis"
    return {**recipe, "plate": source, "output": output, "temporal": temporal}


def models_in(recipe: Mapping[str, Any]) -> tuple[str, ...]:
    """The networks whose objects the enabled regions of a recipe take, each once."""
    found: list[str] = []
    for region in recipe["regions"]:
        if region.get("enabled", True):
            tree = Matte.from_json(region["matte"], "matte")
            found += [node.options.model for node in tree.walk() if isinstance(node.options, InstancesMatte)]
    return tuple(dict.fromkeys(found))
