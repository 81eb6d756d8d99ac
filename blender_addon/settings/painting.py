"""What keeps regions from being painted, found before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ..contract.errors import InputError, NstError, UsageError
from . import styles
from .optimised import by_optimisation, chosen_paintings, loss_network, read_optimisation, uses_style
from .paths import absolute_path

__all__ = ["check_paintings", "is_there", "optimisation_fault", "painting_fault"]


def check_paintings(settings: Any) -> None:
    """Raises :class:`NstError` for the first region of ``settings`` that counts and cannot be painted."""
    motion = settings.motion
    for region in settings.regions:
        if not region.enabled:
            continue
        where = f"region {region.name!r}"
        fault = painting_fault(region, where)
        if fault is not None:
            raise fault
        follows = by_optimisation(region) and region.optimisation.temporal and motion.flow != "none"
        if follows and motion.mode == "window" and motion.smoothing:
            raise UsageError(
                f"each frame of {where} starts from the one before, which frames in the mode Window do not",
                remedy="set Motion > Mode to Causal, or the region's Temporal to 0",
            )


def painting_fault(region: bpy.types.PropertyGroup, where: str = "the region") -> NstError | None:
    """Why a region cannot be painted as it stands, said of ``where``; None where it can, or no one knows yet."""
    trouble = styles.problem(region.style.strip()) if uses_style(region) else ""
    if trouble:
        return UsageError(f"{where}: {trouble}", remedy="choose another style")
    return optimisation_fault(region, where) if by_optimisation(region) else None


def optimisation_fault(region: bpy.types.PropertyGroup, where: str = "the region") -> NstError | None:
    """The same of what the region's optimisation needs beside the style of its start."""
    try:
        read_optimisation(region, where, base=Path())
    except UsageError as fault:
        return fault
    for painting in chosen_paintings(region):
        if not is_there(painting.path, painting):
            return InputError(
                f"a painting of {where} is gone, {painting.path}", remedy="choose it again, or take it out of the list"
            )
    network = loss_network(region)
    if not is_there(network, region):
        return InputError(f"the loss network of {where} is not at {network}", remedy="choose its file in Look")
    if uses_style(region) and not region.style.strip():
        return UsageError(f"{where} starts from a style and has none", remedy="choose one, or another start")
    return None


def is_there(path: str, holder: bpy.types.PropertyGroup) -> bool:
    """Whether a file is where a path of ``holder`` says."""
    return Path(absolute_path(path.strip(), holder)).is_file()
