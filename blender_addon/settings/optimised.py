"""A region's optimisation, kept as a recipe has it: the panel shows none of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import bpy

from ..contract.codec import decode, encode
from ..contract.optimisation_options import RegionOptimisation
from ..contract.recipe import Region
from . import paths
from .unknown import keep, kept

__all__ = ["keep_unshown", "kept_unshown"]

_NAME = "optimisation"


def keep_unshown(group: bpy.types.PropertyGroup, region: Region, *, base: Path) -> None:
    """Remember on ``group`` what it has no properties for of a region of a recipe in the folder ``base``."""
    extra = dict(region.extra)
    if region.optimisation is not None:
        extra[_NAME] = _moved(encode(region.optimisation), lambda path: os.path.normpath(base / path))
    keep(group, extra)


def kept_unshown(group: bpy.types.PropertyGroup, *, base: Path) -> dict[str, Any]:
    """The keywords of a region that :func:`keep_unshown` remembered, for a recipe in ``base``.

    Raises :class:`UsageError` where they are none of this version's.
    """
    extra = kept(group)
    told = extra.pop(_NAME, None)
    if isinstance(told, Mapping):
        told = _moved(told, lambda path: paths.to_recipe(path, base))
    return {_NAME: None if told is None else decode(RegionOptimisation, told, _NAME, keep_unknown=True), "extra": extra}


def _moved(told: Mapping[str, Any], move: Callable[[str], str]) -> dict[str, Any]:
    moved = dict(told)
    if isinstance(told.get("loss_network"), str):
        moved["loss_network"] = move(told["loss_network"])
    if isinstance(told.get("paintings"), (list, tuple)):
        moved["paintings"] = [move(path) if isinstance(path, str) else path for path in told["paintings"]]
    return moved
