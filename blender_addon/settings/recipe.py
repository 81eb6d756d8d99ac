"""Settings to the contract's recipe, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bpy

from ..contract.errors import UsageError
from ..contract.frames import FrameRange
from ..contract.matte_options import EverythingMatte, Matte
from ..contract.recipe import ComputeOptions, OutputOptions, PlateOptions, Recipe, Region, TemporalOptions
from . import derive, paths, region_list
from .groups import KEYABLE
from .mattes import MaskPath, assign_matte, read_matte
from .optimisation_groups import FEED_FORWARD
from .optimised import assign_optimisation, extra_of, read_optimisation
from .owner import Owner
from .sampling import assign_curve, read_curve
from .styles import CARD_SUFFIX
from .unknown import keep, kept

__all__ = ["apply_recipe", "apply_regions", "default_mask_path", "recipe_of_plate", "to_recipe"]

_PLAIN_OPTIONS = ("name", "statistics", "enabled")


def default_mask_path(region: bpy.types.PropertyGroup) -> str:
    """Where a recipe looks for the frames of a region's mask, beside itself."""
    return f"{bpy.path.clean_name(region.name)}.matte.####.png"


def to_recipe(
    owner: Owner,
    *,
    plate: PlateOptions,
    output: str,
    base: Path,
    mask_path: MaskPath = default_mask_path,
    enabled_only: bool = False,
) -> Recipe:
    """The recipe of an owner's settings, for a file in the folder ``base``.

    ``plate`` and the path ``output`` are what the owner cannot know. Regions whose
    matte is a mask or a strip of Blender name the pictures ``mask_path(region)``,
    which someone has to render. ``enabled_only`` leaves out what does not count, so
    that it may be unfinished: regions that are off, and styles that paint nothing.

    Raises :class:`UsageError` that names the region and the option.
    """
    settings = owner.settings
    chosen = [index for index, region in enumerate(settings.regions) if region.enabled or not enabled_only]
    if not chosen:
        problem = "no region is enabled" if len(settings.regions) else "there is no region"
        raise UsageError(problem, remedy="add one in the Style panel, or enable one that is there")
    span = _span(owner, plate)
    regions = tuple(_read_region(owner, index, base, mask_path, span) for index in chosen)
    if enabled_only:
        regions = tuple(map(_without_idle_style, regions))
    plate = _plate(settings, plate)
    try:
        return Recipe(
            plate=plate,
            regions=regions,
            output=OutputOptions(path=output, **_values(OutputOptions, settings.output)),
            temporal=TemporalOptions(**_values(TemporalOptions, settings.motion)),
            compute=ComputeOptions(**_values(ComputeOptions, settings.compute)),
            extra=kept(settings),
        )
    except ValueError as error:
        raise UsageError(str(error), remedy="give each region a name of its own") from error


def recipe_of_plate(owner: Owner) -> dict[str, Any]:
    """A recipe that leaves the plate as it is, and takes it as the owner's settings say; its files are unknown."""
    settings = owner.settings
    recipe = Recipe(
        plate=_plate(settings, PlateOptions(path="plate.####.png")),
        regions=(Region(name="plate", matte=Matte(options=EverythingMatte()), style=None),),
        output=OutputOptions(path="preview.####.png"),
        compute=ComputeOptions(**_values(ComputeOptions, settings.compute)),
    )
    plain = recipe.to_json()
    assert isinstance(plain, dict)
    return plain


def apply_recipe(owner: Owner, recipe: Recipe, *, base: Path) -> None:
    """Make an owner's settings those of a recipe in the folder ``base``; plate and output paths are not taken."""
    settings = owner.settings
    apply_regions(owner, recipe.regions, base=base)
    groups = (
        (recipe.plate, settings.plate),
        (recipe.temporal, settings.motion),
        (recipe.output, settings.output),
        (recipe.compute, settings.compute),
    )
    for options, group in groups:
        derive.assign(options, group)
        keep(group, options.extra)
    keep(settings, recipe.extra)


def apply_regions(owner: Owner, regions: tuple[Region, ...], *, base: Path) -> None:
    """Replace an owner's regions by those of a recipe in the folder ``base``."""
    region_list.clear(owner)
    for index, region in enumerate(regions):
        owner.settings.regions.add()
        group = owner.settings.regions[index]
        derive.assign(region, group, _PLAIN_OPTIONS)
        style = region.style or ""
        group.style = paths.from_recipe(style, base) if style.endswith(CARD_SUFFIX) else style
        assign_optimisation(group, region.optimisation, base=base)
        keep(group, region.extra)
        assign_matte(group, region.matte, base=base)
        for option in KEYABLE:
            assign_curve(owner, index, option, getattr(region, option))
    owner.settings.active_region = 0


def _plate(settings: Any, plate: PlateOptions) -> PlateOptions:
    """``plate`` with what the settings say of it."""
    extra = {**kept(settings.plate), **plate.extra}
    return dataclasses.replace(plate, **derive.read(PlateOptions, settings.plate), extra=extra)


def _values(options: type, group: bpy.types.PropertyGroup) -> Mapping[str, Any]:
    return {**derive.read(options, group), "extra": kept(group)}


def _read_region(owner: Owner, index: int, base: Path, mask_path: MaskPath, span: tuple[int, int]) -> Region:
    group = owner.settings.regions[index]
    where = f"region {group.name!r}"
    style = group.style.strip()
    curves: dict[str, Any] = {
        option: read_curve(owner, index, option, f"{option} of {where}", span) for option in KEYABLE
    }
    return Region(
        **derive.read(Region, group, _PLAIN_OPTIONS),
        matte=read_matte(group, f"the matte of {where}", base=base, mask_path=mask_path),
        style=(paths.to_recipe(style, base, group) if style.endswith(CARD_SUFFIX) else style) or None,
        **curves,
        optimisation=read_optimisation(group, where, base=base),
        extra=extra_of(group),
    )


def _without_idle_style(region: Region) -> Region:
    idle = region.optimisation is not None and region.optimisation.start != FEED_FORWARD
    return dataclasses.replace(region, style=None) if idle else region


def _span(owner: Owner, plate: PlateOptions) -> tuple[int, int]:
    if plate.frames is not None:
        numbers = FrameRange.parse(plate.frames, "plate.frames").numbers
        return numbers[0], numbers[-1]
    scene = owner.id if isinstance(owner.id, bpy.types.Scene) else bpy.context.scene
    return scene.frame_start, scene.frame_end
