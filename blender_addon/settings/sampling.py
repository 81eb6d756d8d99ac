"""F-curves to the recipe's curves and back."""

from __future__ import annotations

import math

from ..contract.errors import UsageError
from ..contract.keyframes import Curve
from ..contract.recipe import Region
from . import animation
from .derive import fields, plain
from .owner import Owner

__all__ = ["assign_curve", "read_curve"]


def read_curve(owner: Owner, region: int, option: str, where: str, span: tuple[int, int]) -> Curve:
    """What Blender plays for a region's option.

    Straight lines between keys are taken as they are. Anything else is sampled at
    whole frames from the first key to the last; a curve that runs on beyond its
    keys (extrapolated, cyclic, noise) over ``span``, first and last frame, too.

    Raises :class:`UsageError` naming ``where`` for what cannot be read off a curve:
    drivers and NLA strips.
    """
    _refuse_others(owner, region, option, where)
    fcurve = animation.curve(owner, region, option)
    silent = fcurve is None or fcurve.mute or (fcurve.group is not None and fcurve.group.mute) or fcurve.is_empty
    if fcurve is None or silent:
        return Curve.constant(plain(getattr(owner.settings.regions[region], option)))
    low, high = _limits(option)
    keys = [(plain(key.co.x), plain(key.co.y)) for key in fcurve.keyframe_points]
    runs_on = any(not modifier.mute for modifier in fcurve.modifiers) or fcurve.extrapolation != "CONSTANT"
    straight = all(key.interpolation == "LINEAR" for key in fcurve.keyframe_points[:-1])
    if keys and straight and not runs_on and all(low <= value <= high for _, value in keys):
        return Curve(tuple(_rising(keys)))
    frames = [frame for frame, _ in keys] or [point.co.x for point in fcurve.sampled_points]
    first, last = math.floor(min(frames)), math.ceil(max(frames))
    if runs_on:
        first, last = min(first, span[0]), max(last, span[1])
    # Blender clips what a curve gives to the property's limits.
    samples = [(float(frame), plain(min(max(fcurve.evaluate(frame), low), high))) for frame in range(first, last + 1)]
    return Curve(tuple(_without_holds(samples)))


def assign_curve(owner: Owner, region: int, option: str, curve: Curve) -> None:
    """Key a region's option as a recipe says; a constant removes its keys."""
    animation.remove_curve(owner, region, option)
    setattr(owner.settings.regions[region], option, curve.keys[0][1])
    if len(curve.keys) == 1:
        return
    fcurve = animation.ensure_curve(owner, region, option)
    fcurve.keyframe_points.add(len(curve.keys))
    for point, key in zip(fcurve.keyframe_points, curve.keys, strict=True):
        point.co = key
        point.interpolation = "LINEAR"
    fcurve.update()


def _limits(option: str) -> tuple[float, float]:
    metadata = fields(Region)[option].metadata
    return metadata["minimum"], metadata["maximum"]


def _refuse_others(owner: Owner, region: int, option: str, where: str) -> None:
    data = owner.id.animation_data
    path = owner.option_path(region, option)
    if data is None:
        return
    if any(driver.data_path == path for driver in data.drivers):
        raise UsageError(
            f"{where} has a driver", remedy="bake it to keyframes (Key > Bake Channels in the Graph Editor)"
        )
    own = animation.curve(owner, region, option)
    for index, name, fcurve in animation.owners_curves(owner):
        if (index, name) == (region, option) and fcurve != own:
            raise UsageError(f"{where} is animated by an NLA strip", remedy="bake the strip to the action")


def _rising(keys: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Keys of one frame each; of several on a frame Blender plays the last."""
    return sorted(dict(keys).items())


def _without_holds(samples: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Samples but for those inside a run of equal values, which a line between its ends says too."""
    inner = range(1, len(samples) - 1)
    held = {i for i in inner if samples[i - 1][1] == samples[i][1] == samples[i + 1][1]}
    return [sample for index, sample in enumerate(samples) if index not in held]
