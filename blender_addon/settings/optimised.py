"""A region's optimisation: the panel's fields and the recipe's options.

The panel shows those that are set most often; the others are kept as a recipe has them.
"""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy

from ..contract.codec import decode, encode
from ..contract.errors import UsageError
from ..contract.optimisation_options import RegionOptimisation
from . import derive
from .optimisation_groups import FEED_FORWARD, OPTIMISATION, SHOWN, STYLE
from .paths import from_recipe, to_recipe
from .training_form import known_loss_network
from .unknown import keep, kept

__all__ = [
    "adopt",
    "assign_optimisation",
    "by_optimisation",
    "chosen_paintings",
    "extra_of",
    "loss_network",
    "read_optimisation",
    "unshown",
    "uses_style",
]

_EARLIER = "optimisation"
"""Among a region's unknown keys: where a version without these properties kept it, its paths absolute."""
_DEFAULTS = {
    name: encode(entry.default)
    for name, entry in derive.fields(RegionOptimisation).items()
    if entry.default is not dataclasses.MISSING
}


def by_optimisation(region: bpy.types.PropertyGroup) -> bool:
    """Whether a region is painted by optimisation."""
    return bool(region.painted_by == OPTIMISATION)


def uses_style(region: bpy.types.PropertyGroup) -> bool:
    """Whether a region's style paints it, or the start of its optimisation."""
    return not by_optimisation(region) or region.optimisation.start == FEED_FORWARD


def chosen_paintings(region: bpy.types.PropertyGroup) -> list[Any]:
    """The paintings of a region that name a file."""
    return [painting for painting in region.optimisation.paintings if painting.path.strip()]


def loss_network(region: bpy.types.PropertyGroup) -> str:
    """The file of a region's loss network as Blender writes paths: its own, else the one that styles are trained with.

    Empty where neither is known.
    """
    return region.optimisation.loss_network.strip() or known_loss_network()


def unshown(region: bpy.types.PropertyGroup) -> dict[str, Any]:
    """What a recipe brought that the panel does not show, by the names of the options."""
    return kept(region.optimisation)


def read_optimisation(region: bpy.types.PropertyGroup, where: str, *, base: Path) -> RegionOptimisation | None:
    """The optimisation of a region for a recipe in the folder ``base``; None where a style paints it.

    Raises :class:`UsageError` that names ``where`` for one that lacks paintings or a loss network.
    """
    earlier = kept(region).get(_EARLIER)
    if earlier is not None and not region.is_property_set("painted_by"):
        return _moved(decode(RegionOptimisation, earlier, _EARLIER, keep_unknown=True), base)
    if not by_optimisation(region):
        return None
    group = region.optimisation
    paintings = chosen_paintings(region)
    beside = unshown(region)
    if not paintings and beside.get("reconstruct") != "content":
        raise UsageError(f"{where} has no painting", remedy="add the picture of one")
    weights = [derive.plain(painting.weight) for painting in paintings]
    if paintings and not any(weights):
        raise UsageError(f"every painting of {where} has the weight 0", remedy="raise the weight of one")
    network = loss_network(region)
    if not network:
        raise UsageError(f"{where} has no loss network", remedy="choose the file of VGG-19's weights in Look")
    told = {
        **beside,
        **derive.read(RegionOptimisation, group, SHOWN),
        "paintings": [to_recipe(painting.path.strip(), base, group) for painting in paintings],
        "style_weights": [] if all(weight == 1.0 for weight in weights) else weights,
        "loss_network": to_recipe(network, base, group),
    }
    return decode(RegionOptimisation, told, f"the optimisation of {where}", keep_unknown=True)


def assign_optimisation(region: bpy.types.PropertyGroup, options: RegionOptimisation | None, *, base: Path) -> None:
    """Set what paints a region from a recipe in the folder ``base``; without ``options`` its style does."""
    region.painted_by = STYLE if options is None else OPTIMISATION
    if options is None:
        return
    group = region.optimisation
    derive.assign(options, group, SHOWN)
    group.loss_network = from_recipe(options.loss_network, base)
    group.paintings.clear()
    weights = options.style_weights or (1.0,) * len(options.paintings)
    for path, weight in zip(options.paintings, weights, strict=True):
        painting = group.paintings.add()
        painting.path, painting.weight = from_recipe(path, base), weight
    shown = {*SHOWN, "paintings", "style_weights", "loss_network"}
    beside = {name: value for name, value in encode(options).items() if name not in shown}
    keep(group, {name: value for name, value in beside.items() if name not in _DEFAULTS or value != _DEFAULTS[name]})


def extra_of(region: bpy.types.PropertyGroup) -> dict[str, Any]:
    """The unknown keys of a region."""
    return {name: value for name, value in kept(region).items() if name != _EARLIER}


def adopt(region: bpy.types.PropertyGroup) -> None:
    """Take into the properties what an earlier version kept without showing it; what is damaged stays where it is."""
    earlier = kept(region).get(_EARLIER)
    if earlier is None or region.is_property_set("painted_by"):
        return
    with suppress(UsageError):
        assign_optimisation(region, decode(RegionOptimisation, earlier, keep_unknown=True), base=Path())
        keep(region, extra_of(region))


def _moved(options: RegionOptimisation, base: Path) -> RegionOptimisation:
    return dataclasses.replace(
        options,
        paintings=tuple(to_recipe(path, base) for path in options.paintings),
        loss_network=to_recipe(options.loss_network, base),
    )
